//! The writer of the YAML spelling: a definition as the file that it is read from.
//!
//! [`value`] is the file as data, [`write()`] is its text. What stands in `properties` is written as it was read, so nothing that
//! an author said is lost on the way through other spellings.

use super::emit;
use crate::{Bounds, Definitions, Element, ElementKind, Flow, FlowKind, Lane, Pool, ProcessDefinition};
use serde_json::{Map, Number, Value};

/// The text of a file with these processes: one document for each that is not local to another.
pub fn write(definitions: &Definitions) -> String {
    let documents = definitions.processes.iter().filter(|process| process.local_to.is_none());
    let texts = documents.map(|process| {
        let mut whole = value(process);
        let locals = definitions.processes.iter().filter(|other| other.local_to.as_ref() == Some(&process.id));
        let locals: Vec<Value> = locals.map(value).collect();
        if let (Some(map), false) = (whole.as_object_mut(), locals.is_empty()) {
            map.insert("subProcessDefinitions".into(), Value::Array(locals));
        }
        emit::document(&Value::Object(Map::from_iter([("process".to_owned(), whole)])))
    });
    texts.collect::<Vec<_>>().join("---\n")
}

/// What stands under the key `process`, without the processes that are local to it.
pub(crate) fn value(process: &ProcessDefinition) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), process.id.clone().into());
    optional(&mut map, "name", process.name.as_deref());
    if !process.is_executable {
        map.insert("isExecutable".into(), false.into());
    }
    map.extend(process.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
    list(&mut map, "pools", process.pools.iter().map(pool));
    scope(&mut map, ["elements", "connections"], &process.elements, &process.flows);
    Value::Object(map)
}

fn optional(map: &mut Map<String, Value>, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        map.insert(key.into(), text.into());
    }
}

fn list(map: &mut Map<String, Value>, key: &str, items: impl Iterator<Item = Value>) {
    let items: Vec<Value> = items.collect();
    if !items.is_empty() {
        map.insert(key.into(), Value::Array(items));
    }
}

fn scope(map: &mut Map<String, Value>, keys: [&str; 2], elements: &[Element], flows: &[Flow]) {
    list(map, keys[0], elements.iter().map(element));
    list(map, keys[1], flows.iter().map(flow));
}

fn pool(pool: &Pool) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), pool.id.clone().into());
    optional(&mut map, "name", pool.name.as_deref());
    bounds(&mut map, pool.bounds);
    list(&mut map, "lanes", pool.lanes.iter().map(lane));
    Value::Object(map)
}

fn lane(lane: &Lane) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), lane.id.clone().into());
    optional(&mut map, "name", lane.name.as_deref());
    map.extend(lane.height.map(|height| ("height".to_owned(), number(height))));
    Value::Object(map)
}

fn bounds(map: &mut Map<String, Value>, bounds: Option<Bounds>) {
    let Some(Bounds { x, y, width, height }) = bounds else { return };
    let sides = [("x", Some(x)), ("y", Some(y)), ("width", width), ("height", height)];
    map.extend(sides.into_iter().filter_map(|(key, value)| Some((key.to_owned(), number(value?)))));
}

/// A whole number without a fraction, as people write pixels.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Value::Number(Number::from(value as i64));
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

fn element(element: &Element) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), element.id.clone().into());
    map.insert("type".into(), element.kind.type_name().into());
    optional(&mut map, "name", element.name.as_deref());
    bounds(&mut map, element.bounds);
    optional(&mut map, "poolId", element.pool_id.as_deref());
    optional(&mut map, "laneId", element.lane_id.as_deref());
    if let ElementKind::BoundaryEvent { attached_to, .. } = &element.kind {
        optional(&mut map, "attachedToRef", Some(&attached_to.value));
    }
    properties(&mut map, &element.properties);
    if let Some(sub_process) = element.sub_process() {
        scope(&mut map, ["childElements", "childConnections"], &sub_process.elements, &sub_process.flows);
    }
    Value::Object(map)
}

fn properties(map: &mut Map<String, Value>, properties: &crate::Custom) {
    if !properties.is_empty() {
        let written = properties.iter().map(|(key, value)| (key.clone(), value.clone()));
        map.insert("properties".into(), Value::Object(written.collect()));
    }
}

fn flow(flow: &Flow) -> Value {
    let mut map = Map::new();
    map.insert("id".into(), flow.id.clone().into());
    match flow.kind {
        FlowKind::Sequence => {}
        FlowKind::Association => optional(&mut map, "type", Some("association")),
        FlowKind::Message => optional(&mut map, "type", Some("messageFlow")),
    }
    optional(&mut map, "name", flow.name.as_deref());
    map.insert("from".into(), flow.from.value.clone().into());
    map.insert("to".into(), flow.to.value.clone().into());
    properties(&mut map, &flow.properties);
    Value::Object(map)
}
