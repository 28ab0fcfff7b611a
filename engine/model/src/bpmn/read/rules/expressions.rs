//! Expressions of an executable process are formal ones, and say something (BPMN 2.0, 8.4.6).

use super::super::context::{Context, XSI, called, is_bpmn, local, name_of, text};
use super::super::source::Xml;

const EXPRESSIONS: [&str; 11] = [
    "conditionExpression",
    "condition",
    "timeDate",
    "timeDuration",
    "timeCycle",
    "loopCondition",
    "loopCardinality",
    "completionCondition",
    "activationCondition",
    "from",
    "to",
];
/// What the schema says is a formal one.
const FORMAL: [&str; 4] = ["transformation", "messagePath", "dataPath", "formalExpression"];

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    let name = name_of(node);
    let is_formal = FORMAL.contains(&name) || is_condition_of_behavior(node);
    if !is_formal && !EXPRESSIONS.contains(&name) || !is_used(node, context) {
        return;
    }
    let says_formal = node.attribute((XSI, "type")).map(local) == Some("tFormalExpression");
    let owner = node.parent_element().filter(|parent| is_bpmn(*parent)).map(called).unwrap_or_default();
    if !is_formal && !says_formal {
        let message = format!("`{name}` of {owner} is to be executed, so its type is `tFormalExpression`");
        context.rule("NOT_FORMAL_EXPRESSION", node, message);
    }
    if text(node).trim().is_empty() {
        context.rule("EMPTY_EXPRESSION", node, format!("`{name}` of {owner} says nothing"));
    }
}

fn is_condition_of_behavior(node: Xml<'_>) -> bool {
    node.parent_element().is_some_and(|parent| name_of(parent) == "complexBehaviorDefinition")
        && name_of(node) == "condition"
}

/// In an executable process, or in a definition that any process may use.
fn is_used<'a>(node: Xml<'a>, context: &Context<'a>) -> bool {
    let is_shared = || node.ancestors().any(|around| context.is_a(around, "tEventDefinition"));
    context.is_executable(node) && (context.process_of(node).is_some() || is_shared())
}
