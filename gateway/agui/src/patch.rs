//! JSON Patch (RFC 6902) on JSON values, for `STATE_DELTA` and `ACTIVITY_DELTA`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation. Paths are JSON Pointers (RFC 6901): `~` is written `~0`, `/` is written `~1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub enum Operation {
    /// Into an object in place of what is there, into a list before that place, `-` at its end.
    Add {
        path: String,
        value: Value,
    },
    Remove {
        path: String,
    },
    Replace {
        path: String,
        value: Value,
    },
    Move {
        from: String,
        path: String,
    },
    Copy {
        from: String,
        path: String,
    },
    /// Nothing of the patch holds when this is not there.
    Test {
        path: String,
        value: Value,
    },
}

/// Why a patch cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    #[error("there is nothing at `{0}`")]
    Missing(String),
    #[error("`{0}` is no JSON pointer")]
    Pointer(String),
    #[error("`{0}` has another value than the one that is tested for")]
    Differs(String),
}

impl Operation {
    pub fn add(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self::Add { path: path.into(), value: value.into() }
    }

    pub fn remove(path: impl Into<String>) -> Self {
        Self::Remove { path: path.into() }
    }
}

/// Applies all of them, or none.
pub fn apply(document: &mut Value, operations: &[Operation]) -> Result<(), PatchError> {
    let mut changed = document.clone();
    for operation in operations {
        apply_one(&mut changed, operation)?;
    }
    *document = changed;
    Ok(())
}

fn apply_one(document: &mut Value, operation: &Operation) -> Result<(), PatchError> {
    match operation {
        Operation::Add { path, value } => add(document, path, value.clone()),
        Operation::Remove { path } => remove(document, path).map(|_| ()),
        Operation::Replace { path, value } => {
            *at(document, path)? = value.clone();
            Ok(())
        }
        Operation::Move { from, path } => {
            let value = remove(document, from)?;
            add(document, path, value)
        }
        Operation::Copy { from, path } => {
            let value = at(document, from)?.clone();
            add(document, path, value)
        }
        Operation::Test { path, value } => {
            let found = at(document, path)?;
            if found == value { Ok(()) } else { Err(PatchError::Differs(path.clone())) }
        }
    }
}

fn at<'a>(document: &'a mut Value, path: &str) -> Result<&'a mut Value, PatchError> {
    document.pointer_mut(path).ok_or_else(|| PatchError::Missing(path.to_owned()))
}

/// The container of a path, and the last token of it.
fn parent<'a>(document: &'a mut Value, path: &str) -> Result<(&'a mut Value, String), PatchError> {
    let (container, token) = path.rsplit_once('/').ok_or_else(|| PatchError::Pointer(path.to_owned()))?;
    let token = token.replace("~1", "/").replace("~0", "~");
    Ok((at(document, container)?, token))
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), PatchError> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let missing = || PatchError::Missing(path.to_owned());
    match parent(document, path)? {
        (Value::Object(fields), name) => {
            fields.insert(name, value);
            Ok(())
        }
        (Value::Array(items), place) => {
            let place = if place == "-" { items.len() } else { place.parse().map_err(|_| missing())? };
            if place > items.len() {
                return Err(missing());
            }
            items.insert(place, value);
            Ok(())
        }
        _ => Err(missing()),
    }
}

fn remove(document: &mut Value, path: &str) -> Result<Value, PatchError> {
    let missing = || PatchError::Missing(path.to_owned());
    match parent(document, path)? {
        (Value::Object(fields), name) => fields.shift_remove(&name).ok_or_else(missing),
        (Value::Array(items), place) => {
            let place = place.parse().ok().filter(|place| *place < items.len()).ok_or_else(missing)?;
            Ok(items.remove(place))
        }
        _ => Err(missing()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(document: Value, patch: Value) -> Result<Value, PatchError> {
        let mut document = document;
        let operations: Vec<Operation> = serde_json::from_value(patch).unwrap();
        apply(&mut document, &operations).map(|()| document)
    }

    #[test]
    fn each_operation_does_what_the_standard_says() {
        for (document, operation, expected) in [
            (json!({}), json!({"op": "add", "path": "/a~1b", "value": 1}), json!({"a/b": 1})),
            (json!({"l": [1, 3]}), json!({"op": "add", "path": "/l/1", "value": 2}), json!({"l": [1, 2, 3]})),
            (json!({"l": []}), json!({"op": "add", "path": "/l/-", "value": 1}), json!({"l": [1]})),
            (json!({"a": 1}), json!({"op": "add", "path": "", "value": 2}), json!(2)),
            (json!({"a": [1, 2]}), json!({"op": "remove", "path": "/a/0"}), json!({"a": [2]})),
            (json!({"a": 1}), json!({"op": "replace", "path": "/a", "value": null}), json!({"a": null})),
            (json!({"a": 1}), json!({"op": "move", "from": "/a", "path": "/b"}), json!({"b": 1})),
            (json!({"a": 1}), json!({"op": "copy", "from": "/a", "path": "/b"}), json!({"a": 1, "b": 1})),
            (json!({"a": 1}), json!({"op": "test", "path": "/a", "value": 1}), json!({"a": 1})),
        ] {
            assert_eq!(patched(document, json!([operation])), Ok(expected), "{operation}");
        }
    }

    #[test]
    fn a_patch_that_fails_changes_nothing() {
        for (operation, expected) in [
            (json!({"op": "remove", "path": "/b"}), PatchError::Missing("/b".into())),
            (json!({"op": "replace", "path": "/b", "value": 1}), PatchError::Missing("/b".into())),
            (json!({"op": "add", "path": "/l/2", "value": 1}), PatchError::Missing("/l/2".into())),
            (json!({"op": "add", "path": "/x/y", "value": 1}), PatchError::Missing("/x".into())),
            (json!({"op": "add", "path": "b", "value": 1}), PatchError::Pointer("b".into())),
            (json!({"op": "test", "path": "/l", "value": 1}), PatchError::Differs("/l".into())),
        ] {
            let mut document = json!({"l": [1]});
            let first = Operation::add("/new", 1);
            let second: Operation = serde_json::from_value(operation).unwrap();
            assert_eq!(apply(&mut document, &[first, second]), Err(expected));
            assert_eq!(document, json!({"l": [1]}));
        }
    }
}
