//! Holds a file against the table of what may stand where (BPMN 2.0, chapters 8 to 15).
//!
//! Elements of other namespaces are free inside `extensionElements`, `documentation` and texts; attributes of other
//! namespaces are free everywhere. References are looked up in the file and must name what the type asks for.

use super::context::{BPMN, Context, XSI, elements, is_bpmn, local, name_of, text};
use super::schema_table::{GROUPS, TYPES};
use super::source::Xml;
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, Location};
use std::collections::HashMap;
use std::sync::LazyLock;

pub(super) struct Schema {
    types: HashMap<&'static str, Type>,
    /// The group that an element is a member of.
    groups: HashMap<&'static str, &'static str>,
}

struct Type {
    base: &'static str,
    attributes: Vec<Attribute>,
    children: Vec<Child>,
    is_open: bool,
}

struct Attribute {
    name: &'static str,
    kind: &'static str,
    required: bool,
}

struct Child {
    name: &'static str,
    /// Its own type, where it is not the element of that name.
    kind: Option<&'static str>,
    least: usize,
    most: usize,
}

pub(super) fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::of_table);
    &SCHEMA
}

impl Schema {
    fn of_table() -> Schema {
        let lines = TYPES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let types = lines.filter_map(type_of_line).collect();
        let lines = GROUPS.lines().filter_map(|line| line.split_once(": "));
        let groups = lines.flat_map(|(group, names)| names.split(' ').map(move |name| (name, group))).collect();
        Schema { types, groups }
    }

    /// The type of an element by its name, where it is one that stands for itself.
    pub fn type_of(&self, element: &str) -> Option<&'static str> {
        let name = match element {
            "ioSpecification" => "tInputOutputSpecification".to_owned(),
            "ioBinding" => "tInputOutputBinding".to_owned(),
            _ => format!("t{}{}", element.get(..1)?.to_uppercase(), element.get(1..)?),
        };
        self.types.get_key_value(name.as_str()).map(|(name, _)| *name)
    }

    pub fn is_a(&self, element: &str, type_name: &str) -> bool {
        self.type_of(element).is_some_and(|name| self.derives(name, type_name))
    }

    fn derives(&self, name: &'static str, base: &str) -> bool {
        self.line(name).any(|ancestor| ancestor == base)
    }

    /// A type and those that it is derived from.
    fn line(&self, name: &'static str) -> impl Iterator<Item = &'static str> {
        let next = |name: &&'static str| self.types.get(name).map(|kind| kind.base).filter(|base| !base.is_empty());
        std::iter::successors(Some(name), next)
    }

    fn attributes(&self, name: &'static str) -> impl Iterator<Item = &Attribute> {
        self.line(name).filter_map(|name| self.types.get(name)).flat_map(|kind| &kind.attributes)
    }

    /// In order: what the base says comes first.
    fn children(&self, name: &'static str) -> Vec<&Child> {
        let mut line: Vec<&'static str> = self.line(name).collect();
        line.reverse();
        line.into_iter().filter_map(|name| self.types.get(name)).flat_map(|kind| &kind.children).collect()
    }

    fn is_member(&self, element: &str, name: &str) -> bool {
        element == name || self.groups.get(element).is_some_and(|group| self.is_member(group, name))
    }
}

fn type_of_line(line: &'static str) -> Option<(&'static str, Type)> {
    let (name, rest) = line.split_once(" <")?;
    let mut columns = rest.split(" |");
    let base = columns.next()?.trim();
    let attributes = columns.next()?.split_whitespace().filter_map(attribute).collect();
    let listed = columns.next().unwrap_or_default();
    let children = listed.split_whitespace().filter(|word| *word != "#any").map(child).collect();
    Some((name, Type { base, attributes, children, is_open: listed.contains("#any") }))
}

fn attribute(word: &'static str) -> Option<Attribute> {
    let (name, kind) = word.split_once(':')?;
    let required = name.ends_with('!');
    Some(Attribute { name: name.trim_end_matches('!'), kind, required })
}

fn child(word: &'static str) -> Child {
    let (word, least, most) = match word {
        word if word.ends_with('?') => (word.trim_end_matches('?'), 0, 1),
        word if word.ends_with('*') => (word.trim_end_matches('*'), 0, usize::MAX),
        word if word.ends_with('+') => (word.trim_end_matches('+'), 1, usize::MAX),
        word => match word.split_once('{') {
            Some((name, "2,}")) => (name, 2, usize::MAX),
            Some((name, _)) => (name, 1, 2),
            None => (word, 1, 1),
        },
    };
    match word.split_once('=') {
        Some((name, kind)) => Child { name, kind: Some(kind), least, most },
        None => Child { name: word, kind: None, least, most },
    }
}

/// Checks the whole file.
pub(super) fn check(context: &Context<'_>) {
    unique_ids(context);
    if let Some(kind) = context.schema.type_of(name_of(context.root)) {
        element(context.root, kind, context);
    }
}

fn unique_ids(context: &Context<'_>) {
    for node in context.root.descendants().filter(|node| is_bpmn(*node)) {
        let Some(id) = node.attribute("id") else { continue };
        if let Some(first) = context.ids.get(id.trim()).filter(|first| first.id() != node.id()) {
            let line = context.location(*first).line;
            let location = context.attribute_location(node, "id");
            let message = format!("the id `{id}` is taken already, on line {line}");
            context.add(Diagnostic::error("DUPLICATE_ID", location, message).on(id));
        }
    }
}

fn element<'a>(node: Xml<'a>, kind: &'static str, context: &Context<'a>) {
    attributes(node, kind, context);
    let Some(own) = context.schema.types.get(kind) else { return };
    if own.is_open {
        return;
    }
    let allowed = context.schema.children(kind);
    let mut counts = vec![0usize; allowed.len()];
    let mut reached = 0;
    for inner in elements(node) {
        let Some(at) = allowed.iter().position(|child| context.schema.is_member(name_of(inner), child.name)) else {
            unknown(inner, node, &allowed, context);
            continue;
        };
        if at < reached {
            let before = allowed.get(reached).map_or("", |child| child.name);
            let message = format!("in {}, `{}` stands before `{before}`", called_tag(node), name_of(inner));
            context.rule("ELEMENT_ORDER", inner, message);
        }
        reached = reached.max(at);
        counts[at] += 1;
        if allowed.get(at).is_some_and(|child| counts[at] == child.most.saturating_add(1)) {
            let message = format!("{} has more than one `{}`", called_tag(node), name_of(inner));
            context.must("TOO_MANY_ELEMENTS", inner, message);
        }
        content(inner, node, allowed.get(at).and_then(|child| child.kind), context);
    }
    for (child, count) in allowed.iter().zip(counts) {
        if count < child.least {
            let message = format!("{} needs `{}`", called_tag(node), child.name);
            context.rule("MISSING_ELEMENT", node, message);
        }
    }
    foreign(node, context);
}

/// A child: a reference in its text, or an element with a type of its own.
fn content<'a>(inner: Xml<'a>, node: Xml<'a>, kind: Option<&'static str>, context: &Context<'a>) {
    match kind {
        Some(kind) if kind.starts_with('>') => {
            let reference = text(inner);
            refers(inner, node, name_of(inner), reference.trim(), kind, context);
        }
        Some(kind) => element(inner, derived(inner, kind, context), context),
        None => {
            if let Some(kind) = context.schema.type_of(name_of(inner)) {
                element(inner, kind, context);
            }
        }
    }
}

/// `xsi:type` names a type that is derived from the one that stands there.
fn derived(inner: Xml<'_>, kind: &'static str, context: &Context<'_>) -> &'static str {
    let written = inner.attribute((XSI, "type")).map(local);
    let named = written.and_then(|name| context.schema.types.get_key_value(name)).map(|(name, _)| *name);
    named.filter(|name| context.schema.derives(name, kind)).unwrap_or(kind)
}

fn unknown(inner: Xml<'_>, node: Xml<'_>, allowed: &[&Child], context: &Context<'_>) {
    let name = name_of(inner);
    let message = match context.schema.type_of(name) {
        Some(_) => format!("`{name}` does not belong into {}", called_tag(node)),
        None => format!("`{name}` is not an element of BPMN 2.0"),
    };
    let code = if context.schema.type_of(name).is_some() { "ELEMENT_NOT_ALLOWED" } else { "UNKNOWN_ELEMENT_TYPE" };
    let mut problem = Diagnostic::error(code, context.location(inner), message);
    let members = context.schema.groups.iter().filter(|(_, group)| allowed.iter().any(|child| child.name == **group));
    problem.hint = did_you_mean(name, allowed.iter().map(|child| child.name).chain(members.map(|(name, _)| *name)));
    problem.element_id = node.attribute("id").map(str::to_owned);
    context.add(problem);
}

/// Elements of other namespaces have their place inside `extensionElements`.
fn foreign(node: Xml<'_>, context: &Context<'_>) {
    for other in node.children().filter(|child| child.is_element() && !is_bpmn(*child)) {
        let is_drawing = other.tag_name().namespace().is_some_and(|uri| uri.contains("/BPMN/20100524/DI"));
        if !is_drawing {
            let message = format!("`{}` is not of BPMN and has no effect here", name_of(other));
            context.warning("FOREIGN_ELEMENT", other, message);
        }
    }
}

fn attributes<'a>(node: Xml<'a>, kind: &'static str, context: &Context<'a>) {
    let known: Vec<&Attribute> = context.schema.attributes(kind).collect();
    for written in node.attributes().filter(|written| written.namespace().is_none_or(|uri| uri == BPMN)) {
        let name = written.name();
        let Some(attribute) = known.iter().find(|attribute| attribute.name == name) else {
            let message = format!("`{name}` is not an attribute of {}", called_tag(node));
            let mut problem = Diagnostic::warning("UNKNOWN_ATTRIBUTE", context.attribute_location(node, name), message);
            problem.hint = did_you_mean(name, known.iter().map(|attribute| attribute.name));
            problem.element_id = node.attribute("id").map(str::to_owned);
            context.add(problem);
            continue;
        };
        value(node, attribute, written.value(), context);
    }
    for attribute in known.iter().filter(|attribute| attribute.required) {
        if node.attribute(attribute.name).is_none_or(|value| value.trim().is_empty()) {
            let message = format!("{} needs the attribute `{}`", called_tag(node), attribute.name);
            match attribute.kind.starts_with('>') {
                true => context.must("MISSING_ATTRIBUTE", node, message),
                false => context.rule("MISSING_ATTRIBUTE", node, message),
            }
        }
    }
}

fn value<'a>(node: Xml<'a>, attribute: &Attribute, written: &str, context: &Context<'a>) {
    let trimmed = written.trim();
    let name = attribute.name;
    let sound = match attribute.kind {
        "boolean" => matches!(trimmed, "true" | "false" | "1" | "0"),
        "integer" => trimmed.parse::<i64>().is_ok(),
        "uri" => is_uri(trimmed),
        "id" => is_name(trimmed),
        "implementation" => trimmed.starts_with("##") || is_uri(trimmed),
        "method" => ["##Compensate", "##Image", "##Store"].contains(&trimmed) || is_uri(trimmed),
        kind if kind.starts_with('(') => kind.trim_matches(['(', ')']).split('|').any(|choice| choice == trimmed),
        kind if kind.starts_with('>') => {
            return refers(node, node, name, trimmed, kind, context);
        }
        _ => true,
    };
    if sound {
        return;
    }
    let message = format!("`{name}` must be {}, not `{written}`", wanted(attribute.kind));
    let location = context.attribute_location(node, name);
    // An engine reads ids and addresses as text; the standard's own types are XML's.
    let is_text = matches!(attribute.kind, "uri" | "id" | "implementation");
    let is_error = if is_text { context.is_strict(node) } else { context.is_executable(node) };
    let mut problem = graded("INVALID_VALUE", location, message, is_error);
    problem.element_id = node.attribute("id").map(str::to_owned);
    if attribute.kind.starts_with('(') {
        problem.hint = did_you_mean(trimmed, attribute.kind.trim_matches(['(', ')']).split('|'));
    }
    context.add(problem);
}

fn graded(code: &str, location: Location, message: String, is_error: bool) -> Diagnostic {
    if is_error { Diagnostic::error(code, location, message) } else { Diagnostic::warning(code, location, message) }
}

fn wanted(kind: &str) -> String {
    match kind {
        "boolean" => "true or false".into(),
        "integer" => "a whole number".into(),
        "id" => "a name (letters, digits, `-`, `_` and `.`, not beginning with a digit)".into(),
        kind if kind.starts_with('(') => format!("one of {}", kind.trim_matches(['(', ')']).replace('|', ", ")),
        _ => "a URI".into(),
    }
}

/// A URI reference has no spaces and no letters that it must escape, and a `%` is followed by two digits.
pub(super) fn is_uri(text: &str) -> bool {
    let refused = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"{}|\\^`".contains(letter);
    let escapes = text.split('%').skip(1).all(|rest| {
        let mut digits = rest.chars();
        (0..2).all(|_| digits.next().is_some_and(|digit| digit.is_ascii_hexdigit()))
    });
    escapes && !text.contains(refused)
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let starts = letters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
    starts && letters.all(|letter| letter.is_alphanumeric() || "-_.·".contains(letter))
}

/// A reference names something of the file, of the right type.
fn refers<'a>(at: Xml<'a>, owner: Xml<'a>, what: &str, reference: &str, kind: &'static str, context: &Context<'a>) {
    let wanted = kind.trim_start_matches('>');
    if matches!(wanted, "foreign" | "element") || (reference.is_empty() && at.id() == owner.id()) {
        return;
    }
    let Some(target) = context.resolve(reference) else {
        if wanted != "called" && !is_imported(at, reference) {
            dangling(at, owner, what, reference, wanted, context);
        }
        return;
    };
    let fits = match wanted {
        "any" => true,
        "called" => context.is_a(target, "tCallableElement"),
        "item" => ITEMS.iter().any(|item| context.is_a(target, item)),
        _ => wanted.split('|').any(|kind| context.is_a(target, kind)),
    };
    if !fits {
        let message = format!("`{what}` cannot name `{}`, which is a `{}`", local(reference), name_of(target));
        let location = reference_location(at, owner, what, context);
        let mut problem = graded("WRONG_REFERENCE", location, message, context.is_executable(owner));
        problem.element_id = owner.attribute("id").map(str::to_owned);
        context.add(problem);
    }
}

/// What data associations join (BPMN 2.0, 10.4.1: item-aware elements).
const ITEMS: [&str; 7] = [
    "tDataInput",
    "tDataOutput",
    "tDataObject",
    "tDataObjectReference",
    "tDataStoreReference",
    "tDataStore",
    "tProperty",
];

fn dangling<'a>(at: Xml<'a>, owner: Xml<'a>, what: &str, reference: &str, wanted: &str, context: &Context<'a>) {
    let message = format!("`{what}` names `{}`, which is not in the file", local(reference));
    let location = reference_location(at, owner, what, context);
    // What only points back, or is only drawn, is no reason for an engine to refuse a file.
    let is_back = matches!(what, "incoming" | "outgoing" | "flowNodeRef" | "categoryValueRef");
    let is_error = if is_back { context.is_strict(owner) } else { context.is_executable(owner) };
    let mut problem = graded("UNKNOWN_REFERENCE", location, message, is_error);
    let fits = |node: &Xml<'_>| wanted.split('|').any(|kind| kind == "any" || context.is_a(*node, kind));
    let names = context.ids.iter().filter(|(_, node)| fits(node)).map(|(name, _)| *name);
    problem.hint = if context.is_crowded() { None } else { did_you_mean(local(reference), names) };
    problem.element_id = owner.attribute("id").map(str::to_owned);
    context.add(problem);
}

/// A prefix of another namespace than the file's own names something of an imported file.
fn is_imported(at: Xml<'_>, reference: &str) -> bool {
    let Some((prefix, _)) = reference.split_once(':') else { return false };
    let target = at.document().root_element().attribute("targetNamespace");
    at.lookup_namespace_uri(Some(prefix)).is_some_and(|uri| Some(uri) != target && uri != BPMN)
}

fn reference_location(at: Xml<'_>, owner: Xml<'_>, what: &str, context: &Context<'_>) -> Location {
    if at.id() == owner.id() { context.attribute_location(owner, what) } else { context.location(at) }
}

fn called_tag(node: Xml<'_>) -> String {
    match node.attribute("id") {
        Some(id) => format!("`{}` (`{id}`)", name_of(node)),
        None => format!("`{}`", name_of(node)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_table_is_in_the_table() {
        let schema = schema();
        for (name, kind) in &schema.types {
            assert!(kind.base.is_empty() || schema.types.contains_key(kind.base), "{name}: {}", kind.base);
            for child in &kind.children {
                let is_own = schema.type_of(child.name).is_some() || child.kind.is_some();
                assert!(is_own || child.name == "BPMNDiagram", "{name}: {}", child.name);
            }
        }
        assert!(schema.is_a("userTask", "tFlowNode"));
        assert!(schema.is_member("globalConversation", "rootElement"));
    }

    #[test]
    fn addresses_and_names() {
        assert!(
            is_uri("http://www.w3.org/1999/XPath") && is_uri("a%20b") && !is_uri("_invalid_uri%$!") && !is_uri("a b")
        );
        assert!(is_name("_1") && is_name("Aufgabe-ü.2") && !is_name("1") && !is_name("a b") && !is_name(""));
    }
}
