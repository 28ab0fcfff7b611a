//! Our own extensions: what BPMN has no place for, so that a process comes back from XML as it went in.
//!
//! `<baton:value of="properties.topic" is="&quot;charge&quot;"/>` says what a key of the process format is, as JSON. Where the
//! XML itself says something about that key, `was` is the digest of what it said when the file was written: when it says
//! something else now, somebody changed the file in a modeller, and that holds. Without `is`, the key is absent. `order.` and
//! the key of a list gives the ids of its items in their order.

use super::build::Map;
use super::context::BATON;
use super::extensions::Extensions;
use super::process::Conversion;
use super::source::Xml;
use crate::yaml::tree::{Content, Node};
use serde_json::Value;

/// The type that BPMN has no tag for.
pub(super) fn kind<'a>(node: Xml<'a>, conversion: &Conversion<'a, '_>) -> Option<String> {
    conversion.extensions.attribute(node, BATON, "type").map(str::to_owned)
}

/// Applies what an element, a flow, a pool or a process says in `baton:value`.
pub(super) fn patch<'a>(node: Xml<'a>, map: &mut Map, conversion: &Conversion<'a, '_>) {
    let (extensions, context) = (conversion.extensions, conversion.context);
    let mut properties = map.take_map("properties");
    for patch in extensions.children(node, BATON, "value") {
        let Some(of) = extensions.own(patch, "of") else { continue };
        let was = extensions.own(patch, "was");
        let is = extensions.own(patch, "is").map(serde_json::from_str::<Value>);
        if let (Some(list), Some(Ok(Value::Array(ids)))) = (of.strip_prefix("order."), &is) {
            reorder(list, ids, map);
            continue;
        }
        let (target, key) = match of.strip_prefix("properties.") {
            Some(key) => (&mut properties, key),
            None => (&mut *map, of),
        };
        let now = target.get(key).map(|node| digest(&node.to_json()));
        if now.as_deref() != was {
            continue;
        }
        match is {
            Some(Ok(value)) => target.value(key, &value, context.location(patch)),
            Some(Err(error)) => context.warning("INVALID_VALUE", patch, format!("`is` must be JSON: {error}")),
            None => target.remove(key),
        }
    }
    map.map("properties", properties);
}

/// What the schema's order moved goes back to its place.
fn reorder(list: &str, ids: &[Value], map: &mut Map) {
    let mut items = map.take_list(list);
    let place = |item: &Node| {
        let id = item.to_json().get("id").cloned().unwrap_or_default();
        ids.iter().position(|other| *other == id).unwrap_or(usize::MAX)
    };
    items.sort_by_cached_key(place);
    map.list(list, items);
}

/// The process in whose file-local processes this one stands.
pub(super) fn local_to<'a>(process: Xml<'a>, extensions: &Extensions) -> Option<&'a str> {
    extensions.attribute(process, BATON, "localTo")
}

/// The process whose connections a message flow is one of.
pub(super) fn home<'a>(flow: Xml<'a>, extensions: &Extensions) -> Option<&'a str> {
    extensions.attribute(flow, BATON, "process")
}

/// What begins each id of a process in a file whose other processes use the same ids.
pub(super) fn id_prefix<'a>(process: Xml<'a>, extensions: &Extensions) -> Option<&'a str> {
    extensions.attribute(process, BATON, "idPrefix")
}

/// Takes the prefix off every id and every reference to one.
pub(super) fn without_prefix(node: &mut Node, prefix: &str) {
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(|item| without_prefix(item, prefix)),
        Content::Map(entries) => {
            for entry in entries {
                match (entry.key.as_str(), &mut entry.value.content) {
                    ("custom" | "diagram", _) => {}
                    (
                        "id" | "from" | "to" | "attachedToRef" | "activityRef" | "poolId" | "laneId",
                        Content::Scalar { text, .. },
                    ) => {
                        if let Some(rest) = text.strip_prefix(prefix) {
                            *text = rest.to_owned();
                        }
                    }
                    _ => without_prefix(&mut entry.value, prefix),
                }
            }
        }
        Content::Scalar { .. } => {}
    }
}

/// A short name of a value (FNV-1a, 64 bits): to notice that it was changed, not to keep anything out.
pub(in crate::bpmn) fn digest(value: &Value) -> String {
    let seed = 0xcbf2_9ce4_8422_2325_u64;
    let hash =
        value.to_string().bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
