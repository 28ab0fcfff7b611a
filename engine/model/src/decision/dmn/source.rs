//! What every part of the reader needs: places, names, references, and the problems found so far.

use super::super::Variable;
use crate::bpmn::read::source::{Lines, Xml};
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, Located, Location};
use std::cell::RefCell;

pub(super) struct Source<'a> {
    lines: &'a Lines<'a>,
    /// Of DMN, as the file says it.
    dmn: Option<&'a str>,
    /// Of the file's own elements.
    namespace: Option<&'a str>,
    /// Whether texts are FEEL where nothing else is said.
    language: &'a str,
    problems: RefCell<Vec<Diagnostic>>,
}

/// Children of every element that have no effect.
const WITHOUT_EFFECT: [&str; 2] = ["description", "extensionElements"];

impl<'a> Source<'a> {
    pub fn new(root: Xml<'a>, lines: &'a Lines<'a>) -> Self {
        Source {
            lines,
            dmn: root.tag_name().namespace(),
            namespace: root.attribute("namespace"),
            language: root.attribute("expressionLanguage").unwrap_or("feel"),
            problems: RefCell::default(),
        }
    }

    pub fn location(&self, node: Xml<'_>) -> Location {
        self.lines.location(node.range().start)
    }

    pub fn attribute_location(&self, node: Xml<'_>, name: &str) -> Location {
        match node.attribute_node(name) {
            Some(attribute) => self.lines.location(attribute.range().start),
            None => self.location(node),
        }
    }

    pub fn error(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        self.add(node, Diagnostic::error(code, self.location(node), message));
    }

    pub fn refuse(&self, code: &str, node: Xml<'_>, message: impl Into<String>, hint: &str) {
        self.add(node, Diagnostic::error(code, self.location(node), message).hint(hint));
    }

    pub fn warning(&self, code: &str, node: Xml<'_>, message: impl Into<String>) {
        self.add(node, Diagnostic::warning(code, self.location(node), message));
    }

    /// Names the nearest element with an id as the one that is concerned.
    pub fn add(&self, node: Xml<'_>, problem: Diagnostic) {
        let owner = node.ancestors().find_map(|around| around.attribute("id"));
        let problem = match owner {
            Some(id) => problem.on(id),
            None => problem,
        };
        self.problems.borrow_mut().push(problem);
    }

    pub fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    pub fn is(&self, node: Xml<'_>, name: &str) -> bool {
        self.is_dmn(node) && node.tag_name().name() == name
    }

    fn is_dmn(&self, node: Xml<'_>) -> bool {
        node.is_element() && node.tag_name().namespace() == self.dmn
    }

    /// The children that are DMN's.
    pub fn elements(&self, node: Xml<'a>) -> impl Iterator<Item = Xml<'a>> {
        node.children().filter(|child| self.is_dmn(*child))
    }

    pub fn children(&self, node: Xml<'a>, name: &str) -> impl Iterator<Item = Xml<'a>> {
        node.children().filter(move |child| self.is(*child, name))
    }

    pub fn child(&self, node: Xml<'a>, name: &str) -> Option<Xml<'a>> {
        self.children(node, name).next()
    }

    /// Warns of children that are none of these.
    pub fn expect(&self, node: Xml<'a>, known: &[&str]) {
        for child in self.elements(node) {
            let name = child.tag_name().name();
            if known.contains(&name) || WITHOUT_EFFECT.contains(&name) {
                continue;
            }
            let message = format!("`{name}` means nothing in `{}`; it has no effect", node.tag_name().name());
            let mut problem = Diagnostic::warning("UNKNOWN_ELEMENT", self.location(child), message);
            problem.hint = did_you_mean(name, known.iter().copied());
            self.add(child, problem);
        }
    }

    /// Without an id, which the schema allows, its name stands for it.
    pub fn id(&self, node: Xml<'_>) -> String {
        let given = |name: &str| node.attribute(name).map(str::trim).filter(|text| !text.is_empty());
        let Some(id) = given("id").or_else(|| given("name")) else {
            self.error("MISSING_PROPERTY", node, format!("this `{}` needs `id`", node.tag_name().name()));
            return String::new();
        };
        id.to_owned()
    }

    pub fn attribute(&self, node: Xml<'_>, name: &str) -> Option<Located<String>> {
        let value = node.attribute(name)?.trim();
        (!value.is_empty()).then(|| Located::new(value.to_owned(), self.attribute_location(node, name)))
    }

    /// The name of a type, without the prefix that DMN 1.1 wrote before it.
    pub fn type_ref(&self, node: Xml<'_>) -> Option<Located<String>> {
        self.attribute(node, "typeRef").map(without_prefix)
    }

    /// A name; where there is none, the id.
    pub fn name(&self, node: Xml<'_>) -> Located<String> {
        let name = self.attribute(node, "name").or_else(|| self.attribute(node, "id"));
        name.map(one_spaced).unwrap_or_else(|| Located::new(String::new(), self.location(node)))
    }

    /// What `variable` says, or else the element itself.
    pub fn variable(&self, node: Xml<'a>) -> Variable {
        match self.child(node, "variable") {
            Some(variable) if variable.attribute("name").is_some_and(|name| !name.trim().is_empty()) => {
                self.item(variable)
            }
            Some(variable) => Variable { name: self.name(node), type_ref: self.type_ref(variable) },
            None => Variable { name: self.name(node), type_ref: None },
        }
    }

    /// An information item, which needs a name.
    pub fn item(&self, node: Xml<'_>) -> Variable {
        let name = self.attribute(node, "name").map(one_spaced);
        if name.is_none() {
            self.error("MISSING_PROPERTY", node, format!("this `{}` needs `name`", node.tag_name().name()));
        }
        Variable { name: name.unwrap_or_default(), type_ref: self.type_ref(node) }
    }

    /// The id that a reference names: `#id`, or with the file's own namespace before it.
    pub fn reference(&self, node: Xml<'_>) -> Option<Located<String>> {
        let Some(href) = self.attribute(node, "href") else {
            self.error("MISSING_PROPERTY", node, format!("this `{}` needs `href`", node.tag_name().name()));
            return None;
        };
        match href.value.rsplit_once('#') {
            Some((of, id)) if of.is_empty() || Some(of) == self.namespace => {
                Some(Located::new(id.to_owned(), href.location))
            }
            Some((of, _)) => {
                let message = format!("`{}` is of another model, {of}", href.value);
                self.refuse("IMPORT_NOT_SUPPORTED", node, message, "put what is needed into one file");
                None
            }
            None => Some(href),
        }
    }

    pub fn references(&self, node: Xml<'a>, name: &str) -> Vec<Located<String>> {
        self.children(node, name).filter_map(|child| self.reference(child)).collect()
    }

    /// The text of the child `text`, and where it begins.
    pub fn text(&self, node: Xml<'a>) -> Option<Located<String>> {
        self.child(node, "text").map(|text| self.own_text(text))
    }

    /// An element's own text, CDATA sections included, without the space around it.
    pub fn own_text(&self, node: Xml<'a>) -> Located<String> {
        let mut parts = node.children().filter(|child| child.is_text()).peekable();
        let location = parts.peek().map_or(self.location(node), |first| self.text_location(*first));
        let text: String = parts.filter_map(|child| child.text()).collect();
        Located::new(text.trim().to_owned(), location)
    }

    fn text_location(&self, text: Xml<'_>) -> Location {
        let begun = text.range().start;
        let written = &text.document().input_text()[text.range()];
        let written = written.strip_prefix("<![CDATA[").map_or((0, written), |inner| (9, inner));
        let space = written.1.len() - written.1.trim_start().len();
        self.lines.location(begun + written.0 + space)
    }

    /// Refuses what is not FEEL.
    pub fn check_language(&self, node: Xml<'_>) {
        let language = node.attribute("expressionLanguage").unwrap_or(self.language);
        if !language.to_lowercase().contains("feel") && !language.is_empty() {
            let location = self.attribute_location(node, "expressionLanguage");
            let message = format!("expressions in `{language}` are not carried out");
            let problem = Diagnostic::error("EXPRESSION_LANGUAGE_NOT_SUPPORTED", location, message);
            self.add(node, problem.hint("write it in FEEL, the language of DMN"));
        }
    }
}

/// DMN 1.1 wrote `feel:string`.
pub(super) fn without_prefix(name: Located<String>) -> Located<String> {
    let local = name.value.rsplit_once(':').map_or(name.value.as_str(), |(_, local)| local).trim().to_owned();
    Located::new(local, name.location)
}

/// Names are the same however many spaces are between their words (10.3.1.4).
fn one_spaced(name: Located<String>) -> Located<String> {
    let words: Vec<&str> = name.value.split_whitespace().collect();
    Located::new(words.join(" "), name.location)
}
