//! Where variables are stored. While all of an instance together are small they are a part of its control state, which is
//! written anyway: most instances have a few, and a row for each costs more than everything else in a step. As soon as they
//! are larger they become rows, of which a step writes those that it changed, and stay rows.

use super::json;
use interpreter::{Instance, Key};
use std::collections::BTreeSet;

/// As [`Instance::variable_bytes`] counts them.
const SMALL: u64 = 512;

/// What has changed since the database was written, and where the database has it.
pub struct Changed {
    is_rows: bool,
    set: BTreeSet<(Key, String)>,
    ended: BTreeSet<Key>,
}

/// What is to be written beside the control state.
#[derive(Default)]
pub struct Written {
    /// Whether the control state has the variables.
    pub in_state: bool,
    /// Scope, name, JSON.
    pub rows: Vec<(Key, String, Vec<u8>)>,
    pub ended_scopes: Vec<Key>,
}

impl Changed {
    /// Of an instance that was just read, or of a new one: its variables are not rows.
    pub fn none(is_rows: bool) -> Changed {
        Changed { is_rows, set: BTreeSet::new(), ended: BTreeSet::new() }
    }

    pub fn set(&mut self, scope: Key, name: &str) {
        self.set.insert((scope, name.to_owned()));
    }

    pub fn end(&mut self, scope: Key) {
        self.ended.insert(scope);
    }

    /// What makes the database's variables those of `instance`, when it is as this remembers it.
    pub fn write(&mut self, instance: &Instance) -> Written {
        let (set, ended) = (std::mem::take(&mut self.set), std::mem::take(&mut self.ended));
        if !self.is_rows && instance.variable_bytes <= SMALL {
            return Written { in_state: true, ..Written::default() };
        }
        if !std::mem::replace(&mut self.is_rows, true) {
            return Written { rows: all(instance), ..Written::default() };
        }
        let value = |scope, name: &str| instance.variables.get(&scope)?.get(name);
        let row = |(scope, name): (Key, String)| {
            let value = json(value(scope, &name)?).to_vec();
            Some((scope, name, value))
        };
        let rows = set.into_iter().filter_map(row).collect();
        Written { in_state: false, rows, ended_scopes: ended.into_iter().collect() }
    }
}

fn all(instance: &Instance) -> Vec<(Key, String, Vec<u8>)> {
    let scopes = instance.variables.iter();
    let rows =
        scopes.flat_map(|(scope, own)| own.iter().map(|(name, value)| (*scope, name.clone(), json(value).to_vec())));
    rows.collect()
}

/// All of them, for the control state.
pub fn stored(instance: &Instance) -> Vec<proto::StoredVariable> {
    let scopes = instance.variables.iter();
    let of_scope = |(scope, own): (&Key, &interpreter::Variables)| {
        let scope = scope.0;
        let stored = own.iter().map(move |(name, value)| (scope, name.clone(), json(value)));
        stored.map(|(scope, name, value)| proto::StoredVariable { scope, name, value }).collect::<Vec<_>>()
    };
    scopes.flat_map(of_scope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use interpreter::{DefinitionKey, InstanceId};
    use serde_json::json;

    fn set(instance: &mut Instance, changed: &mut Changed, scope: Key, name: &str, value: serde_json::Value) {
        instance.variable_bytes += value.to_string().len() as u64;
        instance.variables.entry(scope).or_default().insert(name.to_owned(), value);
        changed.set(scope, name);
    }

    #[test]
    fn small_variables_are_no_rows_and_large_ones_stay_rows() {
        let id = uuid::Uuid::from_u128(1);
        let mut instance = Instance::new(InstanceId(id), DefinitionKey(id));
        let mut changed = Changed::none(false);
        set(&mut instance, &mut changed, Key::ROOT, "a", json!(1));
        set(&mut instance, &mut changed, Key(7), "b", json!("x"));
        let written = changed.write(&instance);
        assert!(written.in_state && written.rows.is_empty());
        assert_eq!(stored(&instance).len(), 2);

        set(&mut instance, &mut changed, Key::ROOT, "large", json!("x".repeat(1000)));
        let written = changed.write(&instance);
        assert!(!written.in_state, "they are no longer small");
        assert_eq!(written.rows.len(), 3, "all of them become rows");

        set(&mut instance, &mut changed, Key::ROOT, "a", json!(2));
        instance.variables.remove(&Key(7));
        instance.variable_bytes = 10;
        changed.end(Key(7));
        let written = changed.write(&instance);
        assert_eq!(written.rows, [(Key::ROOT, "a".to_owned(), b"2".to_vec())]);
        assert_eq!(written.ended_scopes, [Key(7)]);
    }
}
