//! Variables: where a name is looked up, where a value is written, and how much there may be.
//!
//! Every element instance is a scope; a name is looked up from the innermost outwards, the root ([`Key::ROOT`]) last. A
//! write goes to the scope that declares the name, else to the root.

use crate::expression::Scope;
use crate::instance::Repetition;
use crate::limits::{BYTES_PER_INSTANCE, BYTES_PER_WRITE};
use crate::{Instance, Key, Process, Timestamp, Variables};
use indexmap::IndexMap;
use serde::Serializer;
use serde_json::Value;
use std::borrow::Cow;

/// What an expression sees at one place of an instance.
pub(crate) struct View<'a> {
    pub process: &'a Process,
    pub instance: &'a Instance,
    pub key: Key,
    pub now: Timestamp,
}

impl Scope for View<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        match self.instance.variable(self.key, name) {
            Some(value) => Some(Cow::Borrowed(value)),
            None => built_in(self.process, self.instance, self.key, name).map(Cow::Owned),
        }
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

/// The same, and one more name.
pub(crate) struct With<'a> {
    pub scope: View<'a>,
    pub name: &'a str,
    pub value: Value,
}

impl Scope for With<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name == self.name {
            true => Some(Cow::Borrowed(&self.value)),
            false => self.scope.variable(name),
        }
    }

    fn now(&self) -> Timestamp {
        self.scope.now
    }
}

/// Begins the names of what the interpreter keeps among the variables and nobody else sees.
pub(crate) const HIDDEN: char = '#';

/// Scope variables that exist without being set, also as scripts spell them.
pub(crate) const BUILT_IN: [&str; 12] = [
    "workflowInstanceId",
    "workflow_instance_id",
    "instanceId",
    "instance_id",
    "processId",
    "process_id",
    "taskId",
    "task_id",
    "loopCounter",
    "nrOfInstances",
    "nrOfActiveInstances",
    "nrOfCompletedInstances",
];

fn built_in(process: &Process, instance: &Instance, key: Key, name: &str) -> Option<Value> {
    match name {
        "workflowInstanceId" | "workflow_instance_id" | "instanceId" | "instance_id" => {
            Some(Value::String(instance.id.to_string()))
        }
        "processId" | "process_id" => Some(Value::String(process.id.clone())),
        "taskId" | "task_id" => {
            instance.element(key).map(|element| Value::String(process.element(element.element).id.clone()))
        }
        "loopCounter" => {
            let mut around = instance.scopes_of(key).filter_map(|key| instance.element(key));
            around.find_map(|element| element.loop_counter).map(Value::from)
        }
        "nrOfInstances" => repetition(instance, key).map(|(it, _)| Value::from(it.planned.unwrap_or(it.started))),
        "nrOfActiveInstances" => repetition(instance, key).map(|(_, active)| Value::from(active)),
        "nrOfCompletedInstances" => repetition(instance, key).map(|(it, _)| Value::from(it.completed)),
        _ => None,
    }
}

/// The innermost repetition around `key`, and how many of its instances are active.
fn repetition(instance: &Instance, key: Key) -> Option<(Repetition, u32)> {
    let mut around = instance.scopes_of(key).filter_map(|key| instance.element(key));
    around.find_map(|element| Some((element.repetition?, element.children)))
}

/// The variables that `key` sees, inner ones before outer ones of the same name, the outermost first.
pub(crate) fn visible_names(instance: &Instance, key: Key) -> IndexMap<&str, &Value> {
    let scopes: Vec<Key> = instance.scopes_of(key).collect();
    let mut all = IndexMap::new();
    for scope in scopes.iter().rev() {
        let local = instance.variables.get(scope).into_iter().flatten();
        all.extend(local.filter(|(name, _)| !name.starts_with(HIDDEN)).map(|(name, value)| (name.as_str(), value)));
    }
    all
}

/// Everything that `key` sees.
pub(crate) fn visible(instance: &Instance, key: Key) -> Variables {
    visible_names(instance, key).into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// Everything of a name that is `wanted` that `key` sees, and the built-in names for a worker's script: as a JSON object.
pub(crate) fn visible_json(process: &Process, instance: &Instance, key: Key, wanted: impl Fn(&str) -> bool) -> Vec<u8> {
    let named = visible_names(instance, key);
    let free = BUILT_IN.into_iter().filter(|name| !named.contains_key(name));
    let built_in = free.filter_map(|name| Some((name, Cow::Owned(built_in(process, instance, key, name)?))));
    let all = named.iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (*name, Cow::Borrowed(*value)));
    let mut json = Vec::with_capacity(512);
    let _ = serde_json::Serializer::new(&mut json).collect_map(all.chain(built_in)); // JSON values are JSON
    json
}

impl Instance {
    /// The variables of this scope itself, without what the engine keeps there for its own use.
    pub fn variables_of(&self, scope: Key) -> Variables {
        let own = self.variables.get(&scope).into_iter().flatten();
        own.filter(|(name, _)| !name.starts_with(HIDDEN)).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The value of `name` as seen from `key`.
    pub fn variable(&self, key: Key, name: &str) -> Option<&Value> {
        self.scopes_of(key).find_map(|scope| self.variables.get(&scope)?.get(name))
    }

    /// The same for outsiders, who do not see what the engine keeps there for its own use.
    pub fn variable_seen(&self, key: Key, name: &str) -> Option<&Value> {
        self.variable(key, name).filter(|_| !name.starts_with(HIDDEN))
    }

    /// The scope that a write of `name` from `key` goes to.
    pub(crate) fn declaring_scope(&self, key: Key, name: &str) -> Key {
        let declares = |scope: &Key| self.variables.get(scope).is_some_and(|variables| variables.contains_key(name));
        self.scopes_of(key).find(declares).unwrap_or(Key::ROOT)
    }
}

/// Whether `written` may be written: its own size, and what the instance then holds (counting it as new).
pub(crate) fn check_size<'a>(
    instance: &Instance,
    written: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<(), String> {
    let bytes: u64 = written.into_iter().map(|(name, value)| size_of(name, value)).sum();
    if bytes > BYTES_PER_WRITE {
        return Err(format!(
            "{bytes} bytes of variables are more than the {BYTES_PER_WRITE} that may be written at once; keep large data in files"
        ));
    }
    let total = instance.variable_bytes + bytes;
    if total > BYTES_PER_INSTANCE {
        return Err(format!(
            "the instance would hold {total} bytes of variables, more than the {BYTES_PER_INSTANCE} allowed; keep large data in files"
        ));
    }
    Ok(())
}

/// About the bytes of `"name":value,` in JSON; without writing it.
pub(crate) fn size_of(name: &str, value: &Value) -> u64 {
    name.len() as u64 + 4 + size(value)
}

fn size(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) => 4,
        Value::Number(_) => 8,
        Value::String(text) => text.len() as u64 + 2,
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<u64>(),
        Value::Object(fields) => 2 + fields.iter().map(|(name, value)| size_of(name, value)).sum::<u64>(),
    }
}
