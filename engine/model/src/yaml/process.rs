//! A document: its process, its pools, and the processes that are local to it.

use super::fields::{Fields, Problems};
use super::tree::Node;
use super::{element, flow};
use crate::{Bounds, Diagnostic, Lane, Pool, ProcessDefinition, Severity};

/// The three names of one key.
const LOCAL_PROCESSES: [&str; 3] = ["subProcessDefinitions", "subprocess_definitions", "subProcesses"];

/// The process of a document, and after it those that are local to it.
pub(super) fn document(node: &Node, problems: &mut Problems) -> Vec<ProcessDefinition> {
    let mut fields = Fields::of(node, "a document", problems);
    let Some(process_node) = fields.node("process") else {
        problems.push(fields.error("MISSING_PROCESS", node.location, "a document needs the key `process`"));
        fields.finish("UNKNOWN_KEY", "a document", problems);
        return Vec::new();
    };
    let mut processes = process(process_node, None, problems);
    let extra = fields.finish("UNKNOWN_KEY", "a document", problems);
    if let Some(first) = processes.first_mut() {
        first.extra.extend(extra);
    }
    processes
}

pub(crate) fn process(node: &Node, owner: Option<&str>, problems: &mut Problems) -> Vec<ProcessDefinition> {
    let before = problems.len();
    let mut fields = Fields::of(node, "`process`", problems);
    let id = fields.required("id", "a process", problems).value;
    let mut fields = fields.owned_by(&id);
    let mut definition = ProcessDefinition {
        name: fields.plain_text("name", problems),
        is_executable: fields.flag("isExecutable", problems).unwrap_or(true),
        local_to: owner.map(str::to_owned),
        pools: fields.list("pools", problems).iter().map(|node| pool(node, problems)).collect(),
        elements: element::elements(fields.list("elements", problems), problems),
        flows: flow::flows(fields.list("connections", problems), problems),
        location: node.location,
        id: id.clone(),
        ..ProcessDefinition::default()
    };
    if let Some(text) = fields.raw_text("documentation", problems) {
        definition.extra.insert("documentation".into(), text.value.into());
    }
    if let Some(custom) = fields.node("custom") {
        definition.extra.insert("custom".into(), custom.to_json());
    }
    if !definition.is_executable {
        problems.iter_mut().skip(before).for_each(soften);
    }
    let mut locals = Vec::new();
    if owner.is_none() {
        for key in LOCAL_PROCESSES {
            locals.extend(fields.list(key, problems).iter().flat_map(|node| process(node, Some(&id), problems)));
        }
    }
    definition.extra.extend(fields.finish("UNKNOWN_KEY", "a process", problems));
    locals.insert(0, definition);
    locals
}

/// A process that is only a picture need not say what it takes to execute it.
fn soften(problem: &mut Diagnostic) {
    if problem.code == "MISSING_PROPERTY" {
        problem.severity = Severity::Warning;
    }
}

fn pool(node: &Node, problems: &mut Problems) -> Pool {
    let mut fields = Fields::of(node, "a pool", problems);
    let pool = Pool {
        id: fields.required("id", "a pool", problems).value,
        name: fields.plain_text("name", problems),
        bounds: bounds(&mut fields, problems),
        lanes: fields.list("lanes", problems).iter().map(|node| lane(node, problems)).collect(),
    };
    fields.finish("UNKNOWN_KEY", "a pool", problems);
    pool
}

fn lane(node: &Node, problems: &mut Problems) -> Lane {
    let mut fields = Fields::of(node, "a lane", problems);
    let lane = Lane {
        id: fields.required("id", "a lane", problems).value,
        name: fields.plain_text("name", problems),
        height: fields.decimal("height", problems),
    };
    fields.finish("UNKNOWN_KEY", "a lane", problems);
    lane
}

/// `x`, `y`, `width`, `height`; none without a position.
pub(super) fn bounds(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Bounds> {
    let x = fields.decimal("x", problems);
    let y = fields.decimal("y", problems);
    let width = fields.decimal("width", problems).filter(|width| *width > 0.0);
    let height = fields.decimal("height", problems).filter(|height| *height > 0.0);
    Some(Bounds { x: x?, y: y?, width, height })
}
