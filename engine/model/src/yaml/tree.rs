//! A small tree of a YAML file in which every key and every value knows its place.
//!
//! It is built from the parser's events, so that one reading finds every problem, and within limits, so that a
//! hostile file costs little: see [`MAX_BYTES`], [`MAX_NESTING`], [`MAX_NODES`], [`MAX_ALIASES`].

use crate::{Custom, Diagnostic, Location};
use granit_parser::{Event, Options, Parser, ScalarStyle, Span};
use serde_json::{Number, Value};
use std::collections::HashMap;

pub(crate) const MAX_BYTES: usize = 1024 * 1024;
const MAX_NESTING: usize = 32;
const MAX_NODES: usize = 20_000;
const MAX_ALIASES: usize = 100;

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub location: Location,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// `plain` text may mean a number, a boolean or null; quoted text is text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub location: Location,
    pub value: Node,
}

/// The documents of a text. Problems that leave a tree (a duplicate key, a tag) go to `diagnostics`; the others end
/// the reading.
pub(crate) fn parse(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        diagnostics.push(Diagnostic::error("FILE_TOO_LARGE", Location { line: 1, column: 1 }, message));
        return Vec::new();
    }
    let mut options = Options::default();
    options.emit_comments = false;
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder {
        diagnostics,
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        nodes: 0,
        aliases: 0,
        bytes: 0,
    };
    for next in parser {
        let stop = match next {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(Box::new(syntax_error(&error, text))),
        };
        if let Err(diagnostic) = stop {
            builder.diagnostics.push(*diagnostic);
            break;
        }
    }
    builder.documents
}

impl Node {
    pub fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar { text, plain } => *plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
            Content::List(_) | Content::Map(_) => false,
        }
    }

    /// What stands there, for messages.
    pub fn describe(&self) -> &'static str {
        match &self.content {
            Content::Scalar { .. } if self.is_null() => "nothing",
            Content::Scalar { .. } => "text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// As JSON: plain scalars by YAML's core schema (strictly: `yes` is text), and numbers that JSON cannot spell
    /// (`007`, `.inf`) as text.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar { text, plain: false } => Value::String(text.clone()),
            Content::Scalar { .. } if self.is_null() => Value::Null,
            Content::Scalar { text, plain: true } => plain_to_json(text),
            Content::List(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect())
            }
        }
    }

    /// The entries of a map as free data; empty for anything else.
    pub fn to_custom(&self) -> Custom {
        match &self.content {
            Content::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
            Content::Scalar { .. } | Content::List(_) => Custom::new(),
        }
    }
}

fn plain_to_json(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // JSON's own grammar decides what a number is.
    match serde_json::from_str::<Number>(text) {
        Ok(number) => Value::Number(number),
        Err(_) => Value::String(text.to_owned()),
    }
}

struct Builder<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    aliases: usize,
    /// Of the texts that aliases stand for.
    bytes: usize,
}

/// A list or map that has begun; of a map, the key that waits for its value.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<(String, Location)>,
    /// Of a map, where each key stands.
    places: HashMap<String, usize>,
}

type Step = Result<(), Box<Diagnostic>>;

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Step {
        let location = place(&span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = tag.as_ref().is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
                self.check_tag(tag.as_deref(), location);
                let plain = style == ScalarStyle::Plain && !quoted;
                self.add(Node { location, content: Content::Scalar { text: text.into_owned(), plain } }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), location);
                self.begin(Node { location, content: Content::List(Vec::new()) }, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), location);
                self.begin(Node { location, content: Content::Map(Vec::new()) }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(done) => self.place(done.node, done.anchor),
                None => Ok(()),
            },
            Event::Alias(id) => self.alias(id, location),
            _ => Ok(()),
        }
    }

    fn check_tag(&mut self, tag: Option<&granit_parser::Tag>, location: Location) {
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else { return };
        let message = format!("`{}` is a YAML tag, which nothing here understands", tag.original());
        self.diagnostics.push(
            Diagnostic::error("UNSUPPORTED_TAG", location, message).hint("put text that begins with `!` in quotes"),
        );
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Step {
        if self.open.len() >= MAX_NESTING {
            let message = format!("lists and maps are nested deeper than {MAX_NESTING}");
            return Err(Box::new(Diagnostic::error("NESTING_TOO_DEEP", node.location, message)));
        }
        self.count(1, node.location)?;
        self.open.push(Open { node, anchor, key: None, places: HashMap::new() });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Step {
        self.count(1, node.location)?;
        self.place(node, anchor)
    }

    fn count(&mut self, nodes: usize, location: Location) -> Step {
        self.nodes += nodes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the file has more than {MAX_NODES} values, aliases counted in full");
        Err(Box::new(Diagnostic::error("TOO_MANY_NODES", location, message)))
    }

    fn alias(&mut self, id: usize, location: Location) -> Step {
        self.aliases += 1;
        if self.aliases > MAX_ALIASES {
            let message = format!("the file has more than {MAX_ALIASES} aliases");
            return Err(Box::new(Diagnostic::error("TOO_MANY_ALIASES", location, message)));
        }
        let Some(node) = self.anchors.get(&id).cloned() else {
            let message = "an alias stands inside the value that it names";
            return Err(Box::new(Diagnostic::error("RECURSIVE_ALIAS", location, message)));
        };
        if self.open.len() + depth(&node) > MAX_NESTING {
            let message = format!("lists and maps are nested deeper than {MAX_NESTING}, aliases counted in full");
            return Err(Box::new(Diagnostic::error("NESTING_TOO_DEEP", location, message)));
        }
        self.count(size(&node), location)?;
        self.bytes += bytes(&node);
        if self.bytes > MAX_BYTES {
            let message = format!("aliases stand for more than the {MAX_BYTES} bytes that are read of a file");
            return Err(Box::new(Diagnostic::error("FILE_TOO_LARGE", location, message)));
        }
        self.place(node, 0)
    }

    /// Gives a complete node to the list or map around it.
    fn place(&mut self, node: Node, anchor: usize) -> Step {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut parent.node.content, parent.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(_), None) => parent.key = Some(key_of(node, self.diagnostics)),
            (Content::Map(entries), Some((key, location))) => {
                insert(entries, &mut parent.places, Entry { key, location, value: node }, self.diagnostics);
            }
            (Content::Scalar { .. }, _) => {}
        }
        Ok(())
    }
}

fn key_of(node: Node, diagnostics: &mut Vec<Diagnostic>) -> (String, Location) {
    match node.content {
        Content::Scalar { text, .. } => (text, node.location),
        Content::List(_) | Content::Map(_) => {
            diagnostics.push(
                Diagnostic::error("INVALID_KEY", node.location, format!("a key must be text, not {}", node.describe()))
                    .hint("put text that begins with `{` or `[` in quotes"),
            );
            (String::new(), node.location)
        }
    }
}

/// A key that is there already is an error; `<<: *other` fills in what is not said otherwise.
fn insert(
    entries: &mut Vec<Entry>,
    places: &mut HashMap<String, usize>,
    entry: Entry,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if entry.key == "<<"
        && let Content::Map(defaults) = entry.value.content
    {
        for default in defaults {
            if !places.contains_key(&default.key) {
                places.insert(default.key.clone(), entries.len());
                entries.push(default);
            }
        }
        return;
    }
    if let Some(first) = places.get(&entry.key).and_then(|place| entries.get(*place)) {
        let message = format!("`{}` is written twice; the first is on line {}", entry.key, first.location.line);
        diagnostics.push(Diagnostic::error("DUPLICATE_KEY", entry.location, message));
        return;
    }
    places.insert(entry.key.clone(), entries.len());
    entries.push(entry);
}

fn size(node: &Node) -> usize {
    match &node.content {
        Content::Scalar { .. } => 1,
        Content::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Content::Map(entries) => 1 + entries.iter().map(|entry| 1 + size(&entry.value)).sum::<usize>(),
    }
}

fn bytes(node: &Node) -> usize {
    match &node.content {
        Content::Scalar { text, .. } => text.len(),
        Content::List(items) => items.iter().map(bytes).sum(),
        Content::Map(entries) => entries.iter().map(|entry| entry.key.len() + bytes(&entry.value)).sum(),
    }
}

fn depth(node: &Node) -> usize {
    match &node.content {
        Content::Scalar { .. } => 0,
        Content::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Content::Map(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
    }
}

fn place(span: &Span) -> Location {
    location(&span.start)
}

/// The parser counts lines from 1 and columns from 0.
fn location(marker: &granit_parser::Marker) -> Location {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Location { line: number(marker.line()).max(1), column: number(marker.col()).saturating_add(1) }
}

fn syntax_error(error: &granit_parser::ScanError, text: &str) -> Diagnostic {
    let location = location(error.marker());
    let message = format!("this is not YAML: {}", reason(error));
    let diagnostic = Diagnostic::error("YAML_SYNTAX", location, message);
    let before = (location.line as usize).saturating_sub(2);
    match text.lines().skip(before).take(2).find_map(unquoted) {
        Some(start) => diagnostic.hint(format!("put text that begins with `{start}` in quotes")),
        None => diagnostic,
    }
}

/// The parser's own words, without the place that the diagnostic carries anyway.
fn reason(error: &granit_parser::ScanError) -> String {
    let text = error.to_string();
    match text.find(" at byte ").or_else(|| text.find(" at char ")).or_else(|| text.find(" at line ")) {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}

/// A value that begins with a character that means something in YAML.
fn unquoted(line: &str) -> Option<char> {
    let (_, value) = line.split_once(": ")?;
    value.trim_start().chars().next().filter(|first| "{[!&*%@`'\"".contains(*first))
}
