//! Collaborations, conversations and choreographies (BPMN 2.0, chapters 9 and 11), and what a process may be.

use super::super::context::{Context, called, children, elements, flag, is, is_bpmn, name_of};
use super::super::source::Xml;

pub(super) fn check(context: &Context<'_>) {
    for node in context.root.descendants().filter(|node| is_bpmn(*node)) {
        match name_of(node) {
            "participantMultiplicity" => multiplicity(node, context),
            "globalConversation" => global_conversation(node, context),
            "choreography" | "globalChoreographyTask" => choreography(node, context),
            "process" => process(node, context),
            "import" => {
                let message = "nothing is imported: a file is deployed with what stands in it";
                context.warning("NOT_EXECUTED", node, message);
            }
            _ => {}
        }
        if context.is_a(node, "tChoreographyActivity") && context.process_of(node).is_some() {
            let message = format!("{} is of a choreography, and a process holds none of it", called(node));
            context.error("CHOREOGRAPHY_IN_PROCESS", node, message);
        }
        identity(node, context);
    }
}

/// 9.2.1: at least none, at most one or more, and not more at least than at most.
fn multiplicity(node: Xml<'_>, context: &Context<'_>) {
    let number = |name: &str, otherwise: i64| {
        node.attribute(name).and_then(|text| text.trim().parse().ok()).unwrap_or(otherwise)
    };
    let (minimum, maximum) = (number("minimum", 0), number("maximum", 1));
    if minimum < 0 || maximum < 1 || maximum < minimum {
        let message = format!("there cannot be from {minimum} to {maximum} of a participant");
        context.error("INVALID_MULTIPLICITY", node, message);
    }
}

/// 9.4.5: a global conversation holds participants, message flows and correlation keys, and nothing else.
fn global_conversation(node: Xml<'_>, context: &Context<'_>) {
    let allowed = ["documentation", "extensionElements", "participant", "messageFlow", "correlationKey"];
    for inner in elements(node).filter(|inner| !allowed.contains(&name_of(*inner))) {
        let message = format!("a global conversation holds no `{}`", name_of(inner));
        context.error("ELEMENT_NOT_ALLOWED", inner, message);
    }
}

/// 11.1: a choreography is not defined by other choreographies. None is executed.
fn choreography(node: Xml<'_>, context: &Context<'_>) {
    for reference in children(node, "choreographyRef") {
        context.error("ELEMENT_NOT_ALLOWED", reference, "a choreography refers to no other choreography");
    }
    context.warning("NOT_EXECUTED", node, "a choreography is kept out: only processes are executed");
}

/// 10.1: what others see of a process is not what is executed.
fn process(node: Xml<'_>, context: &Context<'_>) {
    if node.attribute("processType") == Some("Public") && flag(node, "isExecutable") == Some(true) {
        context.rule("PUBLIC_PROCESS_EXECUTABLE", node, "a public process is not executable: a private one is");
    }
}

/// 8.3.1: what can be referred to has an id. Here it is also how an element is told from the others.
fn identity(node: Xml<'_>, context: &Context<'_>) {
    if node.attribute("id").is_some_and(|id| !id.trim().is_empty()) {
        return;
    }
    let is_needed =
        is(node, "process") || context.is_a(node, "tFlowElement") && node.parent_element().is_some_and(holds_elements);
    if is(node, "sequenceFlow") {
        context.rule("MISSING_ID", node, "a sequence flow needs an `id`");
    } else if is_needed {
        context.error("MISSING_ID", node, format!("a `{}` needs an `id`", name_of(node)));
    }
}

fn holds_elements(parent: Xml<'_>) -> bool {
    matches!(name_of(parent), "process" | "subProcess" | "transaction" | "adHocSubProcess")
}
