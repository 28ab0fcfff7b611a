//! Functions of contexts (DMN 1.5, 10.3.4.10).

use super::{Builtin, list, plain, text};
use crate::value::{Context, Value};
use std::sync::Arc;

pub const FUNCTIONS: &[Builtin] = &[
    plain("get value", &["m, key", "context, key"], |of| context(of, 0)?.get(&**text(of, 1)?).cloned()),
    plain("get entries", &["m", "context"], |of| {
        let entry = |(name, value): (&String, &Value)| {
            let parts = [("key".to_owned(), Value::text(name.as_str())), ("value".to_owned(), value.clone())];
            Value::context(Context::from(parts))
        };
        Some(Value::list(context(of, 0)?.iter().map(entry).collect()))
    }),
    plain("context", &["entries"], |of| {
        let mut made = Context::new();
        for entry in list(of, 0)? {
            let Value::Context(entry) = entry else { return None };
            let Value::String(key) = entry.get("key")? else { return None };
            if made.insert(key.to_string(), entry.get("value")?.clone()).is_some() {
                return None;
            }
        }
        Some(Value::context(made))
    }),
    plain("context put", &["context, key, value", "context, keys, value"], |of| {
        let keys = match of.get(1)? {
            Value::List(keys) => &keys[..],
            key => std::slice::from_ref(key),
        };
        put(of.first()?, keys, of.get(2)?)
    }),
    plain("context merge", &["contexts"], |of| {
        let mut merged = Context::new();
        for one in list(of, 0)? {
            let Value::Context(one) = one else { return None };
            merged.extend(one.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        Some(Value::context(merged))
    }),
];

fn context(arguments: &[Value], index: usize) -> Option<&Arc<Context>> {
    match arguments.get(index)?.single() {
        Value::Context(context) => Some(context),
        _ => None,
    }
}

/// A copy with the value at the end of the path of keys.
fn put(into: &Value, keys: &[Value], value: &Value) -> Option<Value> {
    let (Value::String(key), rest) = keys.split_first()? else { return None };
    let Value::Context(context) = into else { return None };
    let mut copy = Context::clone(context);
    let inner = match (rest.is_empty(), copy.get(&**key)) {
        (true, _) => value.clone(),
        (false, Some(inner)) => put(inner, rest, value)?,
        (false, None) => put(&Value::context(Context::new()), rest, value)?,
    };
    copy.insert(key.to_string(), inner);
    Some(Value::context(copy))
}
