//! Extension elements and attributes, with a memory of which were read, so that the others are reported.

use super::context::{BPMN, CAMUNDA, Context, XSI, is, is_bpmn};
use super::source::Xml;
use crate::Diagnostic;
use roxmltree::NodeId;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

pub(super) struct Extensions {
    elements: RefCell<HashSet<NodeId>>,
    attributes: RefCell<HashSet<(NodeId, String)>>,
}

/// The namespaces in which Camunda 7, and the engines that it comes from and that come from it, write the same things.
const FAMILY: [&str; 3] = [CAMUNDA, "http://activiti.org/bpmn", "http://flowable.org/bpmn"];

impl Extensions {
    pub fn new() -> Self {
        Extensions { elements: RefCell::default(), attributes: RefCell::default() }
    }

    /// The children of that name in the element's `extensionElements`.
    pub fn children<'a>(&self, node: Xml<'a>, uri: &str, name: &str) -> Vec<Xml<'a>> {
        let within = node.children().filter(|child| is(*child, "extensionElements")).flat_map(|outer| outer.children());
        let found: Vec<Xml<'a>> = within.filter(|child| is_extension(*child, uri, name)).collect();
        self.elements.borrow_mut().extend(found.iter().map(|child| child.id()));
        found
    }

    pub fn child<'a>(&self, node: Xml<'a>, uri: &str, name: &str) -> Option<Xml<'a>> {
        self.children(node, uri, name).into_iter().next()
    }

    /// The same in any of the namespaces of Camunda 7's family.
    pub fn family_children<'a>(&self, node: Xml<'a>, name: &str) -> Vec<Xml<'a>> {
        FAMILY.iter().flat_map(|uri| self.children(node, uri, name)).collect()
    }

    /// The children of that name in an extension element.
    pub fn inner<'a>(&self, node: Xml<'a>, name: &str) -> Vec<Xml<'a>> {
        let named = |child: &Xml<'a>| child.is_element() && child.tag_name().name() == name;
        let found: Vec<Xml<'a>> = node.children().filter(named).collect();
        self.elements.borrow_mut().extend(found.iter().map(|child| child.id()));
        found
    }

    /// An extension element's own attribute.
    pub fn own<'a>(&self, node: Xml<'a>, name: &str) -> Option<&'a str> {
        self.attributes.borrow_mut().insert((node.id(), name.to_owned()));
        node.attribute(name).filter(|value| !value.trim().is_empty())
    }

    /// An attribute of another namespace at an element of BPMN.
    pub fn attribute<'a>(&self, node: Xml<'a>, uri: &str, name: &str) -> Option<&'a str> {
        self.attributes.borrow_mut().insert((node.id(), name.to_owned()));
        node.attribute((uri, name)).filter(|value| !value.trim().is_empty())
    }

    pub fn family_attribute<'a>(&self, node: Xml<'a>, name: &str) -> Option<&'a str> {
        FAMILY.iter().find_map(|uri| self.attribute(node, uri, name))
    }

    /// Warns of everything that was not read: once for each name, at its first place, with how often it stands there.
    pub fn report(&self, context: &Context<'_>) {
        let mut found: Vec<(String, Xml<'_>, usize)> = Vec::new();
        let mut index: HashMap<String, usize> = HashMap::new();
        for (name, node) in self.unread(context.root) {
            match index.get(&name).and_then(|at| found.get_mut(*at)) {
                Some(entry) => entry.2 += 1,
                None => {
                    index.insert(name.clone(), found.len());
                    found.push((name, node, 1));
                }
            }
        }
        for (name, node, count) in found {
            let more = if count > 1 { format!(" (there are {} more of these)", count - 1) } else { String::new() };
            let message = format!("{name} has no meaning here and is left out{more}");
            let mut problem = Diagnostic::warning("UNSUPPORTED_EXTENSION", context.location(node), message);
            problem.element_id = node
                .ancestors()
                .filter(|around| is_bpmn(*around))
                .find_map(|around| around.attribute("id"))
                .map(str::to_owned);
            context.add(problem);
        }
    }

    fn unread<'a>(&self, root: Xml<'a>) -> Vec<(String, Xml<'a>)> {
        let (elements, attributes) = (self.elements.borrow(), self.attributes.borrow());
        let mut unread = Vec::new();
        for node in root.descendants().filter(|node| node.is_element()) {
            let is_own = is_bpmn(node);
            let was_read = elements.contains(&node.id());
            if !is_own && !was_read {
                // What stands inside an element that was not read goes without saying.
                let parent = node.parent_element();
                if parent.is_some_and(|parent| is(parent, "extensionElements") || elements.contains(&parent.id())) {
                    unread.push((format!("the extension element `{}`", node.tag_name().name()), node));
                }
                continue;
            }
            for attribute in node.attributes() {
                let is_foreign = match attribute.namespace() {
                    None => !is_own,
                    Some(uri) => uri != BPMN && uri != XSI && !uri.starts_with("http://www.w3.org/"),
                };
                if is_foreign && !attributes.contains(&(node.id(), attribute.name().to_owned())) {
                    unread.push((format!("the extension attribute `{}`", attribute.name()), node));
                }
            }
        }
        unread
    }
}

fn is_extension(node: Xml<'_>, uri: &str, name: &str) -> bool {
    node.is_element() && node.tag_name().namespace() == Some(uri) && node.tag_name().name() == name
}
