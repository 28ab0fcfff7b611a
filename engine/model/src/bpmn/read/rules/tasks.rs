//! What activities, annotations and roles say about themselves (BPMN 2.0, 8.3.1, 8.4.1, 10.2, 10.3).

use super::super::context::{Context, called, child, children, name_of};
use super::super::process::written;
use super::super::source::Xml;

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    if context.is_a(node, "tActivity") {
        quantities(node, context);
    }
    if context.is_a(node, "tResourceRole") {
        role(node, context);
    }
    match name_of(node) {
        "textAnnotation" | "documentation" => text_format(node, context),
        "scriptTask" => script(node, context),
        "multiInstanceLoopCharacteristics" => behavior(node, context),
        "timerEventDefinition" => timer(node, context),
        _ => {}
    }
}

/// Table 10.3: tokens are counted from one.
fn quantities(node: Xml<'_>, context: &Context<'_>) {
    for name in ["startQuantity", "completionQuantity"] {
        let quantity: Option<i64> = written(node, name).and_then(|text| text.parse().ok());
        if quantity.is_some_and(|quantity| quantity < 1) {
            context.rule("INVALID_QUANTITY", node, format!("`{name}` of {} is less than 1", called(node)));
        }
    }
}

/// 10.2.1: a resource with its parameters, or an expression, not both.
fn role(node: Xml<'_>, context: &Context<'_>) {
    let by_reference = child(node, "resourceRef").or_else(|| child(node, "resourceParameterBinding"));
    if let (Some(_), Some(expression)) = (by_reference, child(node, "resourceAssignmentExpression")) {
        let message = format!("{} names a resource, so it cannot have an expression too", called(node));
        context.must("RESOURCE_AND_EXPRESSION", expression, message);
    }
}

/// Tables 8.3 and 8.20: a MIME type.
fn text_format(node: Xml<'_>, context: &Context<'_>) {
    if let Some(format) = written(node, "textFormat").filter(|format| !is_mime(format)) {
        let message = format!("`textFormat` must be a MIME type such as `text/plain`, not `{format}`");
        context.rule("INVALID_VALUE", node, message);
    }
}

/// `type/subtype`, with or without parameters.
fn is_mime(text: &str) -> bool {
    let name = text.split(';').next().unwrap_or_default().trim();
    let is_token = |part: &str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "!#$&-^_.+".contains(letter))
    };
    name.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// Table 10.15: who gives a script says in which language it is.
fn script(node: Xml<'_>, context: &Context<'_>) {
    let has_script = child(node, "script").is_some();
    if has_script && written(node, "scriptFormat").is_none_or(str::is_empty) {
        let message = format!("{} has a script and no `scriptFormat`", called(node));
        context.must("MISSING_SCRIPT_FORMAT", node, message);
    }
}

/// 10.3.8: how often is said in one way; which events are thrown, `behavior` says.
fn behavior(node: Xml<'_>, context: &Context<'_>) {
    if child(node, "loopCardinality").is_some() && child(node, "loopDataInputRef").is_some() {
        let message = "how often is said by `loopCardinality` or by `loopDataInputRef`, not by both";
        context.rule("MULTI_INSTANCE_COUNT", node, message);
    }
    let behavior = written(node, "behavior").unwrap_or("All");
    if behavior != "Complex" {
        for definition in children(node, "complexBehaviorDefinition") {
            let message = format!("`complexBehaviorDefinition` belongs to the behavior Complex, not to {behavior}");
            context.must("MULTI_INSTANCE_BEHAVIOR", definition, message);
        }
    }
    for (name, kind) in [("noneBehaviorEventRef", "None"), ("oneBehaviorEventRef", "One")] {
        let is_given = written(node, name).is_some();
        if is_given && behavior != kind {
            let message = format!("`{name}` belongs to the behavior {kind}, not to {behavior}");
            context.must("MULTI_INSTANCE_BEHAVIOR", node, message);
        }
        if !is_given && behavior == kind && context.is_standard && context.is_executable(node) {
            context.must("MULTI_INSTANCE_BEHAVIOR", node, format!("the behavior {kind} needs `{name}`"));
        }
    }
    if behavior == "Complex" && child(node, "complexBehaviorDefinition").is_none() {
        context.rule("MULTI_INSTANCE_BEHAVIOR", node, "the behavior Complex needs `complexBehaviorDefinition`");
    }
}

/// Table 10.101: one of the three.
fn timer<'a>(node: Xml<'a>, context: &Context<'a>) {
    let times =
        ["timeDate", "timeDuration", "timeCycle"].into_iter().filter(|name| child(node, name).is_some()).count();
    if times > 1 {
        context.error("AMBIGUOUS_TIMER", node, "a timer has one of `timeDate`, `timeDuration` and `timeCycle`");
    } else if times == 0 {
        context.must("MISSING_TIME", node, "a timer needs one of `timeDate`, `timeDuration` and `timeCycle`");
    }
}
