//! Writes processes so that they read back as they were: what BPMN has no place for travels in extension elements.
//!
//! The file is written, read again, and compared with what it should say; every difference becomes a `baton:value` in the
//! element that it is about (see the reader's `baton` module). So no list of what has a place in BPMN must be kept in step with
//! the two sides. It takes a few rounds: what is inside comes first.

use super::{between, joint, read, write};
use crate::yaml::write::value;
use crate::{Definitions, Element, ElementKind, Flow, ProcessDefinition, Trigger};
use roxmltree::{Document, Node};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Rounds of comparing; a list in a list in a list takes one each, and nesting is bounded by the readers.
const ROUNDS: usize = 70;

/// One BPMN 2.0 document with all of the processes.
pub fn write_all(definitions: &Definitions) -> String {
    let (mut taken, mut prefixes, mut drawn) = (HashSet::new(), Vec::new(), Vec::new());
    let mut text = String::new();
    for process in &definitions.processes {
        let (renamed, prefix) = unique(process, &mut taken);
        let own = printable(&write(&renamed));
        let attributes = [("idPrefix", prefix.as_deref()), ("localTo", process.local_to.as_deref())];
        let own = with_attributes(own, &process.id, &attributes);
        text = if text.is_empty() { own } else { merged(&text, &own, &process.id) };
        prefixes.push(prefix);
        drawn.push((renamed, between::participant(process)));
    }
    let flows = between::flows(definitions, &prefixes);
    if !flows.is_empty() {
        let at = text.find("<bpmn:process").unwrap_or(text.len());
        text.insert_str(at, &format!("{}\n  ", printable(&between::collaboration(definitions, &flows))));
        let is_inside = |flow: &Flow| flows.iter().all(|between| between.id != flow.id);
        drawn.iter_mut().for_each(|(process, _)| process.flows.retain(is_inside));
        text = with_picture(&text, &printable(&joint::picture(&drawn, &flows, between::COLLABORATION)));
    }
    for _ in 0..ROUNDS {
        let patches = differences(&text, definitions);
        if patches.is_empty() {
            break;
        }
        text = insert(&text, &patches);
    }
    text
}

/// One picture instead of those of each process.
fn with_picture(text: &str, picture: &str) -> String {
    let Ok(document) = Document::parse(text) else { return text.to_owned() };
    let diagrams = document.root_element().children().filter(|node| node.tag_name().name() == "BPMNDiagram");
    let mut ranges: Vec<_> = diagrams.map(|node| node.range()).collect();
    let mut text = text.to_owned();
    while let Some(range) = ranges.pop() {
        text.replace_range(range, if ranges.is_empty() { picture } else { "" });
    }
    text
}

/// XML 1.0 has no place for most control characters.
fn printable(text: &str) -> String {
    let is_good = |c: &char| matches!(c, '\n' | '\t' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().filter(is_good).collect()
}

/// The ids of a YAML file are unique in their process, those of XML in their file: where one is taken, all of this process
/// get a prefix.
fn unique(process: &ProcessDefinition, taken: &mut HashSet<String>) -> (ProcessDefinition, Option<String>) {
    let mut ids = Vec::new();
    collect(&process.elements, &process.flows, &mut ids);
    ids.extend(
        process.pools.iter().flat_map(|pool| pool.lanes.iter().map(|lane| lane.id.clone()).chain([pool.id.clone()])),
    );
    let clashes = ids.iter().any(|id| *id == process.id || taken.contains(id));
    taken.insert(process.id.clone());
    if !clashes {
        taken.extend(ids);
        return (process.clone(), None);
    }
    let prefix = format!("{}.", process.id);
    let mut renamed = process.clone();
    prefix_all(&mut renamed.elements, &mut renamed.flows, &prefix);
    for pool in &mut renamed.pools {
        pool.id.insert_str(0, &prefix);
        pool.lanes.iter_mut().for_each(|lane| lane.id.insert_str(0, &prefix));
    }
    taken.extend(ids.into_iter().map(|id| format!("{prefix}{id}")));
    (renamed, Some(prefix))
}

fn collect(elements: &[Element], flows: &[Flow], ids: &mut Vec<String>) {
    ids.extend(elements.iter().map(|element| element.id.clone()).chain(flows.iter().map(|flow| flow.id.clone())));
    for sub_process in elements.iter().filter_map(Element::sub_process) {
        collect(&sub_process.elements, &sub_process.flows, ids);
    }
}

fn prefix_all(elements: &mut [Element], flows: &mut [Flow], prefix: &str) {
    for element in elements {
        element.id.insert_str(0, prefix);
        for id in [&mut element.pool_id, &mut element.lane_id].into_iter().flatten() {
            id.insert_str(0, prefix);
        }
        match &mut element.kind {
            ElementKind::BoundaryEvent { attached_to, trigger, .. } => {
                attached_to.value.insert_str(0, prefix);
                prefix_trigger(trigger, prefix);
            }
            ElementKind::EndEvent { trigger } | ElementKind::IntermediateThrowEvent { trigger } => {
                prefix_trigger(trigger, prefix);
            }
            ElementKind::Activity(activity) => {
                if let crate::ActivityKind::SubProcess(sub_process) = &mut activity.kind {
                    prefix_all(&mut sub_process.elements, &mut sub_process.flows, prefix);
                }
            }
            _ => {}
        }
    }
    for flow in flows {
        flow.id.insert_str(0, prefix);
        flow.from.value.insert_str(0, prefix);
        flow.to.value.insert_str(0, prefix);
    }
}

fn prefix_trigger(trigger: &mut Trigger, prefix: &str) {
    match trigger {
        Trigger::Compensation { activity_ref: Some(activity), .. } => activity.value.insert_str(0, prefix),
        Trigger::Multiple { triggers, .. } => triggers.iter_mut().for_each(|trigger| prefix_trigger(trigger, prefix)),
        _ => {}
    }
}

/// Adds attributes of our own to a process.
fn with_attributes(text: String, process: &str, attributes: &[(&str, Option<&str>)]) -> String {
    let written: String = attributes
        .iter()
        .filter_map(|(name, value)| Some(format!(" baton:{name}=\"{}\"", escaped((*value)?))))
        .collect();
    let Ok(document) = Document::parse(&text) else { return text };
    let is_it = |node: &Node<'_, '_>| node.tag_name().name() == "process" && node.attribute("id") == Some(process);
    let Some(node) = document.root_element().children().find(is_it) else { return text };
    let at = node.range().start + "<bpmn:process".len();
    format!("{}{written}{}", text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default())
}

/// The content of `other` behind that of `text`; what both name at the top (a message) stands there once.
fn merged(text: &str, other: &str, process: &str) -> String {
    let (Ok(first), Ok(second)) = (Document::parse(text), Document::parse(other)) else { return text.to_owned() };
    let known: HashSet<&str> = first.root_element().children().filter_map(|node| node.attribute("id")).collect();
    let is_new = |node: &Node<'_, '_>| {
        node.is_element() && node.attribute("id").is_none_or(|id| !known.contains(id) || id == "baton-diagram")
    };
    let own: Vec<&str> =
        second.root_element().children().filter(is_new).filter_map(|node| other.get(node.range())).collect();
    let own = own.join("\n  ").replace("id=\"baton-diagram\"", &format!("id=\"{process}-diagram\""));
    let own = own.replace("id=\"baton-plane\"", &format!("id=\"{process}-plane\""));
    // Diagrams come last in the schema.
    let diagram = first.root_element().children().find(|node| node.tag_name().name() == "BPMNDiagram");
    let (before, after) = match own.find("<bpmndi:BPMNDiagram") {
        Some(at) => own.split_at(at),
        None => (own.as_str(), ""),
    };
    let end = text.rfind("</bpmn:definitions>").unwrap_or(text.len());
    let middle = diagram.map_or(end, |node| node.range().start);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    format!("{}{before}\n  {}  {after}\n{}", part(0..middle), part(middle..end), part(end..text.len()))
}

/// A `baton:value`, by the id of the element that it is about.
struct Patch {
    id: String,
    of: String,
    is: Option<Value>,
    was: Option<String>,
}

fn differences(text: &str, definitions: &Definitions) -> Vec<Patch> {
    let mut patches = Vec::new();
    let trees = read::tree(text);
    for (process, (tree, prefix)) in definitions.processes.iter().zip(trees) {
        let compare = Comparison { prefix: prefix.unwrap_or_default(), process: &process.id };
        compare.node(&process.id, &tree.to_json(), &value(process), &mut patches);
    }
    patches
}

struct Comparison<'a> {
    prefix: String,
    process: &'a str,
}

/// Lists whose items have extension elements of their own.
const LISTS: [&str; 5] = ["elements", "connections", "childElements", "childConnections", "pools"];

impl Comparison<'_> {
    /// `id` is that of the element in the process, without the prefix of the file.
    fn node(&self, id: &str, now: &Value, wanted: &Value, patches: &mut Vec<Patch>) {
        let before = patches.len();
        let nothing = Map::new();
        let (now, wanted) = (now.as_object().unwrap_or(&nothing), wanted.as_object().unwrap_or(&nothing));
        for list in LISTS {
            self.items(now.get(list), wanted.get(list), patches);
        }
        if patches.len() > before {
            return;
        }
        let properties =
            |map: &Map<String, Value>| map.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        self.keys(id, "properties.", &properties(now), &properties(wanted), patches);
        let plain = |map: &Map<String, Value>| {
            let keys = map.iter().filter(|(key, _)| key.as_str() != "properties");
            keys.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>()
        };
        self.keys(id, "", &plain(now), &plain(wanted), patches);
    }

    /// Items that are on both sides, by their id.
    fn items(&self, now: Option<&Value>, wanted: Option<&Value>, patches: &mut Vec<Patch>) {
        let items = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
        let now = items(now);
        let by_id: HashMap<&str, &Value> =
            now.iter().filter_map(|item| Some((item.get("id")?.as_str()?, item))).collect();
        for item in items(wanted) {
            let Some(id) = item.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()) else { continue };
            if let Some(now) = by_id.get(id) {
                self.node(id, now, &item, patches);
            }
        }
    }

    fn keys(
        &self,
        id: &str,
        prefix: &str,
        now: &Map<String, Value>,
        wanted: &Map<String, Value>,
        patches: &mut Vec<Patch>,
    ) {
        let keys: Vec<&String> = wanted.keys().chain(now.keys().filter(|key| !wanted.contains_key(*key))).collect();
        for key in keys {
            let (is, was) = (wanted.get(key), now.get(key));
            if is == was
                || (prefix.is_empty() && key == "isExecutable" && is.is_none() && was == Some(&Value::Bool(true)))
            {
                continue;
            }
            let id = if id == self.process { id.to_owned() } else { format!("{}{id}", self.prefix) };
            patches.push(match prefix.is_empty().then(|| order(is, was)).flatten() {
                Some(ids) => Patch { id, of: format!("order.{key}"), is: Some(ids), was: None },
                None => Patch { id, of: format!("{prefix}{key}"), is: is.cloned(), was: was.map(read::digest) },
            });
        }
    }
}

/// The ids of a list that has the right items in another order.
fn order(is: Option<&Value>, was: Option<&Value>) -> Option<Value> {
    let (is, was) = (is?.as_array()?, was?.as_array()?);
    let by_id = |items: &[Value]| {
        let mut items: Vec<(String, Value)> =
            items.iter().filter_map(|item| Some((item.get("id")?.as_str()?.to_owned(), item.clone()))).collect();
        items.sort_by(|a, b| a.0.cmp(&b.0));
        items
    };
    let same = by_id(is).len() == is.len() && by_id(is) == by_id(was);
    same.then(|| is.iter().filter_map(|item| item.get("id").cloned()).collect())
}

/// Writes the patches into their elements, from the last to the first, so that places stay what they are.
fn insert(text: &str, patches: &[Patch]) -> String {
    let Ok(document) = Document::parse(text) else { return text.to_owned() };
    let mut by_id: HashMap<&str, String> = HashMap::new();
    for patch in patches {
        by_id.entry(&patch.id).or_default().push_str(&written(patch));
    }
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    let is_drawing = |node: &Node<'_, '_>| node.tag_name().namespace().is_some_and(|uri| uri.ends_with("/DI"));
    for node in document.descendants().filter(|node| node.is_element() && !is_drawing(node)) {
        if let Some(values) = node.attribute("id").and_then(|id| by_id.remove(id)) {
            edits.push(edit(node, text, &values));
        }
    }
    let mut text = text.to_owned();
    edits.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    for (start, end, with) in edits {
        text.replace_range(start..end, &with);
    }
    text
}

fn written(patch: &Patch) -> String {
    let json = |value: &Value| value.to_string().replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    let is = patch.is.as_ref().map(|is| format!(" is=\"{}\"", escaped(&json(is)))).unwrap_or_default();
    let was = patch.was.as_ref().map(|was| format!(" was=\"{was}\"")).unwrap_or_default();
    format!("<baton:value of=\"{}\"{is}{was}/>", escaped(&patch.of))
}

/// Into its extension elements; else behind its documentation; else as its first child.
fn edit(node: Node<'_, '_>, text: &str, values: &str) -> (usize, usize, String) {
    let range = node.range();
    let child = |name: &str| node.children().rfind(|child| child.tag_name().name() == name);
    if let Some(extensions) = child("extensionElements") {
        let end = extensions.range().end - "</bpmn:extensionElements>".len();
        return (end, end, values.to_owned());
    }
    let whole = format!("<bpmn:extensionElements>{values}</bpmn:extensionElements>");
    if let Some(documentation) = child("documentation") {
        let end = documentation.range().end;
        return (end, end, whole);
    }
    let own = text.get(range.clone()).unwrap_or_default();
    let tag = own
        .get(1..)
        .unwrap_or_default()
        .split(|letter: char| letter.is_whitespace() || letter == '/' || letter == '>')
        .next()
        .unwrap_or_default();
    if node.first_child().is_none() && own.ends_with("/>") {
        return (range.end - 2, range.end, format!(">{whole}</{tag}>"));
    }
    let start = node.first_child().map_or(range.end - tag.len() - 3, |child| child.range().start);
    (start, start, whole)
}

fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\n' => written.push_str("&#10;"),
            '\t' => written.push_str("&#9;"),
            '\r' => written.push_str("&#13;"),
            letter => written.push(letter),
        }
    }
    written
}
