//! What every part of the reader needs: the elements by id, the places, and the problems found so far.

use super::schema::{Schema, schema};
use super::source::{Lines, Xml};
use crate::{Diagnostic, Location};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

pub(super) const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The namespaces of the dialects that are understood.
pub(super) const CAMUNDA: &str = "http://camunda.org/schema/1.0/bpmn";
pub(super) const ZEEBE: &str = "http://camunda.org/schema/zeebe/1.0";
pub(super) const BATON: &str = "urn:baton:bpmn";
/// Other engines whose files are written like Camunda's.
const RELATIVES: [&str; 2] = ["http://activiti.org/bpmn", "http://flowable.org/bpmn"];

pub(super) struct Context<'a> {
    pub schema: &'static Schema,
    pub root: Xml<'a>,
    /// Every BPMN element that has an id; of two with one id, the first.
    pub ids: HashMap<&'a str, Xml<'a>>,
    /// The sequence flows by what they leave, and by what they arrive at.
    leaving: HashMap<&'a str, Vec<Xml<'a>>>,
    arriving: HashMap<&'a str, Vec<Xml<'a>>>,
    /// The data objects that something refers to.
    pub referred: HashSet<&'a str>,
    /// A file of the bare standard is held to the standard. One that names the dialect of an engine says there what the
    /// standard wants to be said otherwise (which operation a message is of, for one), and is held to what engines need.
    pub is_standard: bool,
    /// Also when there is no process at all, and so nothing that would be only a picture.
    has_executable: bool,
    lines: &'a Lines<'a>,
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'a> Context<'a> {
    pub fn new(root: Xml<'a>, lines: &'a Lines<'a>) -> Self {
        let mut ids = HashMap::new();
        let mut referred = HashSet::new();
        let (mut leaving, mut arriving): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for node in root.descendants().filter(|node| is_bpmn(*node)) {
            if let Some(id) = node.attribute("id") {
                ids.entry(id.trim()).or_insert(node);
            }
            referred.extend(node.attribute("dataObjectRef").map(local));
            if is(node, "sequenceFlow") {
                for (name, ends) in [("sourceRef", &mut leaving), ("targetRef", &mut arriving)] {
                    ends.entry(local(node.attribute(name).unwrap_or_default())).or_default().push(node);
                }
            }
        }
        let dialects = [CAMUNDA, ZEEBE, BATON].iter().chain(&RELATIVES);
        let is_standard = !dialects.into_iter().any(|uri| names(root, uri));
        let mut processes = elements(root).filter(|node| is(*node, "process")).peekable();
        let is_empty = processes.peek().is_none();
        let has_executable = is_empty || processes.any(|process| flag(process, "isExecutable") == Some(true));
        Context {
            schema: schema(),
            root,
            ids,
            leaving,
            arriving,
            referred,
            is_standard,
            has_executable,
            lines,
            problems: RefCell::default(),
        }
    }

    pub fn location(&self, node: Xml<'_>) -> Location {
        self.lines.location(node.range().start)
    }

    /// Of the attribute, or of the element when it has none of that name.
    pub fn attribute_location(&self, node: Xml<'_>, name: &str) -> Location {
        match node.attribute_node(name) {
            Some(attribute) => self.lines.location(attribute.range().start),
            None => self.location(node),
        }
    }

    pub fn error(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        self.add(owned(Diagnostic::error(code, self.location(node), message), node));
    }

    pub fn warning(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        self.add(owned(Diagnostic::warning(code, self.location(node), message), node));
    }

    /// An error in a file of the bare standard; a warning in one of a dialect, and in a process that is only a picture.
    pub fn rule(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        if self.is_strict(node) { self.error(code, node, message) } else { self.warning(code, node, message) }
    }

    /// An error, unless it is in a process that is only a picture.
    pub fn must(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        if self.is_executable(node) { self.error(code, node, message) } else { self.warning(code, node, message) }
    }

    pub fn is_strict(&self, node: Xml<'_>) -> bool {
        self.is_standard && self.is_executable(node)
    }

    pub fn add(&self, problem: Diagnostic) {
        self.problems.borrow_mut().push(problem);
    }

    pub fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    /// The element that a reference names; its prefix is that of a namespace, and means nothing more here.
    pub fn resolve(&self, reference: &str) -> Option<Xml<'a>> {
        self.ids.get(local(reference)).copied()
    }

    /// The element that the attribute names.
    pub fn target(&self, node: Xml<'a>, attribute: &str) -> Option<Xml<'a>> {
        self.resolve(node.attribute(attribute)?)
    }

    /// The sequence flows that leave an element.
    pub fn outgoing(&self, node: Xml<'a>) -> &[Xml<'a>] {
        at_end(node, &self.leaving)
    }

    /// The sequence flows that arrive at an element.
    pub fn incoming(&self, node: Xml<'a>) -> &[Xml<'a>] {
        at_end(node, &self.arriving)
    }

    /// Whether so much is wrong already that a hint more is no help.
    pub fn is_crowded(&self) -> bool {
        self.problems.borrow().len() > 100
    }

    /// The elements that the children of that name refer to.
    pub fn targets(&self, node: Xml<'a>, child: &str) -> Vec<Xml<'a>> {
        children(node, child).filter_map(|child| self.resolve(text(child).trim())).collect()
    }

    /// Whether the element is of that type or of one that is derived from it.
    pub fn is_a(&self, node: Xml<'_>, type_name: &str) -> bool {
        is_bpmn(node) && self.schema.is_a(node.tag_name().name(), type_name)
    }

    /// The process around an element.
    pub fn process_of<'b>(&self, node: Xml<'b>) -> Option<Xml<'b>> {
        node.ancestors().find(|around| is(*around, "process"))
    }

    /// Whether the element is in a process that says that it is executable; outside of processes, whether any does.
    pub fn is_executable(&self, node: Xml<'_>) -> bool {
        match self.process_of(node) {
            Some(process) => flag(process, "isExecutable").unwrap_or(false),
            None => self.has_executable,
        }
    }
}

fn at_end<'s, 'a>(node: Xml<'a>, ends: &'s HashMap<&'a str, Vec<Xml<'a>>>) -> &'s [Xml<'a>] {
    let id = node.attribute("id").map(str::trim);
    id.and_then(|id| ends.get(id)).map_or(&[], Vec::as_slice)
}

fn names(root: Xml<'_>, uri: &str) -> bool {
    root.descendants().any(|node| node.namespaces().any(|namespace| namespace.uri() == uri))
}

/// Names the nearest element with an id as the one that is concerned.
fn owned(problem: Diagnostic, node: Xml<'_>) -> Diagnostic {
    match node.ancestors().find_map(|around| around.attribute("id")) {
        Some(id) => problem.on(id),
        None => problem,
    }
}

pub(super) fn is_bpmn(node: Xml<'_>) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(BPMN)
}

pub(super) fn is(node: Xml<'_>, name: &str) -> bool {
    is_bpmn(node) && node.tag_name().name() == name
}

pub(super) fn name_of<'a>(node: Xml<'a>) -> &'a str {
    node.tag_name().name()
}

pub(super) fn children<'a>(node: Xml<'a>, name: &'a str) -> impl Iterator<Item = Xml<'a>> {
    node.children().filter(move |child| is(*child, name))
}

pub(super) fn child<'a>(node: Xml<'a>, name: &'a str) -> Option<Xml<'a>> {
    children(node, name).next()
}

pub(super) fn elements<'a>(node: Xml<'a>) -> impl Iterator<Item = Xml<'a>> {
    node.children().filter(|child| is_bpmn(*child))
}

pub(super) fn flag(node: Xml<'_>, name: &str) -> Option<bool> {
    match node.attribute(name)?.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// An element's own text, CDATA sections included, without that of elements inside.
pub(super) fn text(node: Xml<'_>) -> String {
    node.children().filter(|child| child.is_text()).filter_map(|child| child.text()).collect()
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    let name = name.trim();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// How an element is called in messages: its id, or its tag.
pub(super) fn called(node: Xml<'_>) -> String {
    match node.attribute("id") {
        Some(id) => format!("`{id}`"),
        None => format!("this `{}`", node.tag_name().name()),
    }
}
