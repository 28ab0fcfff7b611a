//! Connections: sequence flows, associations and message flows.

use super::fields::{Fields, Problems};
use super::tree::Node;
use crate::near_miss::did_you_mean;
use crate::{Flow, FlowCondition, FlowKind, Located};

const TYPES: [&str; 3] = ["sequenceFlow", "association", "messageFlow"];

pub(super) fn flows(nodes: &[Node], problems: &mut Problems) -> Vec<Flow> {
    nodes.iter().enumerate().map(|(index, node)| flow(index, node, problems)).collect()
}

fn flow(index: usize, node: &Node, problems: &mut Problems) -> Flow {
    let mut fields = Fields::of(node, "a connection", problems);
    let id = fields.plain_text("id", problems);
    let mut fields = match &id {
        Some(id) => fields.owned_by(id),
        None => fields,
    };
    let kind = kind(&mut fields, problems);
    let from = fields.required("from", "a connection", problems);
    let to = fields.required("to", "a connection", problems);
    let id = id.unwrap_or_else(|| format!("{}_to_{}_{}", from.value, to.value, index + 1));
    let name = fields.plain_text("name", problems);
    let raw = fields.node("properties").map(Node::to_custom).unwrap_or_default();
    let mut properties = fields.map("properties", problems);
    let condition = condition(&mut properties, problems);
    properties.raw_text("documentation", problems);
    properties.entry("custom");
    properties.entry("diagram");
    properties.finish("UNKNOWN_PROPERTY", "a connection", problems);
    fields.finish("UNKNOWN_KEY", "a connection", problems);
    Flow { id, name, kind, from, to, condition, properties: raw, location: node.location }
}

fn kind(fields: &mut Fields<'_>, problems: &mut Problems) -> FlowKind {
    let Some(text) = fields.text("type", problems) else { return FlowKind::Sequence };
    match text.value.as_str() {
        "sequenceFlow" => FlowKind::Sequence,
        "association" => FlowKind::Association,
        "messageFlow" => FlowKind::Message,
        other => {
            let message = format!("`{other}` is not a type of connection");
            let mut problem = fields.error("UNKNOWN_CONNECTION_TYPE", text.location, message);
            problem.hint = did_you_mean(other, TYPES);
            problems.push(problem);
            FlowKind::Sequence
        }
    }
}

/// A condition that is there and empty means the default flow, as `isDefault` does.
fn condition(properties: &mut Fields<'_>, problems: &mut Problems) -> FlowCondition {
    let is_default = properties.flag("isDefault", problems).unwrap_or(false);
    let written = properties.entry("condition").is_some();
    match properties.raw_text("condition", problems) {
        Some(text) if !text.value.trim().is_empty() => {
            if is_default {
                let message = "a default flow is taken when no other is, so its condition has no effect";
                problems.push(properties.warning("CONDITION_ON_DEFAULT_FLOW", text.location, message));
                return FlowCondition::Default;
            }
            FlowCondition::Expression(Located::new(text.value, text.location))
        }
        _ if is_default || written => FlowCondition::Default,
        _ => FlowCondition::Unconditional,
    }
}
