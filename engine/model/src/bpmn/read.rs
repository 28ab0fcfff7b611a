//! The reader of BPMN 2.0 XML.
//!
//! The file becomes a tree that knows its places ([`source`]), is held against the table of the standard ([`schema`]) and
//! against its rules ([`rules`]), and is translated into the tree that the YAML reader makes of a file ([`process`],
//! [`element`] and their like). From there on both spellings are one: the same reader, the same checks, the same definition.
//! What a file says and nothing here understands is reported, never dropped without a word.

mod activity;
mod baton;
mod build;
mod camunda;
mod context;
mod data;
mod drawing;
mod element;
mod event;
mod extensions;
mod flow;
mod process;
mod rules;
mod schema;
mod schema_table;
pub(crate) mod source;
mod zeebe;

pub(super) use baton::digest;
pub use source::decode;

use crate::yaml::tree::Node;
use crate::yaml::{self, ReadResult};
use crate::{Definitions, Diagnostic, Severity, validate};
use context::{BPMN, Context, elements, flag, is};
use drawing::Drawing;
use extensions::Extensions;
use source::{Lines, Xml};

/// Whether a text is meant to be XML: no YAML of a process begins with `<`.
pub fn is_xml(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// Reads a file of BPMN 2.0 XML and checks its structure. `file_name` is only for the diagnostics.
pub fn read(file_name: &str, text: &str) -> ReadResult {
    let lines = Lines::of(text);
    let document = match source::parse(text, &lines) {
        Ok(document) => document,
        Err(problem) => return yaml::finish(file_name, Definitions::default(), vec![*problem]),
    };
    let root = document.root_element();
    let context = Context::new(root, &lines);
    if !is_definitions(root, &context) {
        return yaml::finish(file_name, Definitions::default(), context.into_problems());
    }
    if let Some(process) = processes(&context).nth(yaml::MOST_PROCESSES) {
        let problem = yaml::too_many_processes(lines.location(process.range().start));
        return yaml::finish(file_name, Definitions::default(), vec![problem]);
    }
    schema::check(&context);
    rules::check(&context);
    drawing::check(&context);
    let extensions = Extensions::new();
    let (definitions, mut problems) = convert(&context, &extensions);
    extensions.report(&context);
    problems.extend(context.into_problems());
    yaml::finish(file_name, definitions, once(problems))
}

/// The processes as the tree that the YAML reader makes of a file, without any check, each with the prefix that its ids
/// had; none when this is not BPMN.
pub(super) fn tree(text: &str) -> Vec<(Node, Option<String>)> {
    let lines = Lines::of(text);
    let Ok(document) = source::parse(text, &lines) else { return Vec::new() };
    let context = Context::new(document.root_element(), &lines);
    let drawing = Drawing::of(&context);
    let extensions = Extensions::new();
    let trees = processes(&context).map(|node| {
        let prefix = baton::id_prefix(node, &extensions).map(str::to_owned);
        (process::process(node, &context, &extensions, &drawing), prefix)
    });
    trees.collect()
}

fn is_definitions(root: Xml<'_>, context: &Context<'_>) -> bool {
    if is(root, "definitions") {
        return true;
    }
    let message = if root.tag_name().name() == "definitions" {
        format!("`definitions` must be of the namespace {BPMN}")
    } else {
        format!("`{}` is not BPMN 2.0: the file must begin with `definitions`", root.tag_name().name())
    };
    context.error("NOT_BPMN", root, message);
    false
}

/// The processes of the file, in its order.
fn processes<'a>(context: &Context<'a>) -> impl Iterator<Item = Xml<'a>> + use<'a> {
    elements(context.root).filter(|node| is(*node, "process"))
}

fn convert(context: &Context<'_>, extensions: &Extensions) -> (Definitions, Vec<Diagnostic>) {
    let drawing = Drawing::of(context);
    let mut definitions = Definitions::default();
    let mut problems = Vec::new();
    for node in processes(context) {
        let tree = process::process(node, context, extensions, &drawing);
        let mut found = Vec::new();
        let owner = baton::local_to(node, extensions);
        definitions.processes.extend(yaml::process::process(&tree, owner, &mut found));
        if flag(node, "isExecutable") != Some(true) {
            found.iter_mut().for_each(soften);
        }
        problems.extend(found);
    }
    if processes(context).next().is_none() {
        context.error("MISSING_PROCESS", context.root, "the file holds no process");
    }
    problems.extend(validate::definitions(&definitions));
    (definitions, problems)
}

/// A process that is only a picture need not say what it takes to execute it.
fn soften(problem: &mut Diagnostic) {
    problem.severity = Severity::Warning;
}

/// Several checks may find one problem: the first word about an element at its place is enough.
fn once(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let (own, common): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| !SAID_BY_THE_SCHEMA.contains(&problem.code.as_str()));
    kept.extend(own);
    for problem in common {
        let same_value =
            |other: &Diagnostic| problem.code.starts_with("EXPECTED_") && other.element_id == problem.element_id;
        let is_same = |other: &Diagnostic| other.location == problem.location || same_value(other);
        let is_said = kept.iter().any(|other| other.is_error() && is_same(other));
        if !is_said {
            kept.push(problem);
        }
    }
    kept
}

/// What the common reader says about a value that the schema has refused already.
const SAID_BY_THE_SCHEMA: [&str; 7] = [
    "MISSING_PROPERTY",
    "DUPLICATE_ID",
    "EXPECTED_BOOLEAN",
    "EXPECTED_NUMBER",
    "UNKNOWN_ELEMENT",
    "UNKNOWN_ELEMENT_TYPE",
    "UNKNOWN_TRIGGER",
];
