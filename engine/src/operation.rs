//! Operations on instances, as they are asked for: one by one, or for many at a time by a batch.

use interpreter::{CommandKind, Key, Variables, command::Modification};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Operation {
    Cancel {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Everything that has an incident, and jobs that wait for their next attempt.
    Retry {
        #[serde(default)]
        retries: u32,
    },
    /// Of the root scope, or of one inside.
    SetVariables {
        variables: Variables,
        #[serde(default = "root")]
        scope_key: Key,
    },
    Suspend,
    Resume,
    Modify(Modification),
    /// To another version of its process.
    Migrate {
        to_version: u32,
        #[serde(default)]
        mapping: BTreeMap<String, String>,
    },
}

fn root() -> Key {
    Key::ROOT
}

impl Operation {
    /// From JSON; what is wrong with it otherwise.
    pub fn read(json: &[u8]) -> Result<Operation, String> {
        serde_json::from_slice(json).map_err(|error| format!("this is no operation: {error}"))
    }

    /// As the audit log has it.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Cancel { .. } => "cancel",
            Operation::Retry { .. } => "retry",
            Operation::SetVariables { .. } => "setVariables",
            Operation::Suspend => "suspend",
            Operation::Resume => "resume",
            Operation::Modify(_) => "modify",
            Operation::Migrate { .. } => "migrate",
        }
    }

    /// Without its name.
    pub fn arguments(&self) -> Value {
        let mut arguments = serde_json::to_value(self).unwrap_or_default();
        if let Value::Object(fields) = &mut arguments {
            fields.remove("operation");
        }
        arguments
    }

    /// What the core is told. A migration is none of its commands: it needs the other version.
    pub fn command(self) -> Option<CommandKind> {
        Some(match self {
            Operation::Cancel { reason } => CommandKind::Cancel { reason },
            Operation::Retry { retries } => CommandKind::Retry { retries },
            Operation::SetVariables { variables, scope_key: scope } => CommandKind::SetVariables { scope, variables },
            Operation::Suspend => CommandKind::Suspend,
            Operation::Resume => CommandKind::Resume,
            Operation::Modify(modification) => CommandKind::Modify(modification),
            Operation::Migrate { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_read_from_json() {
        let read = |json: Value| Operation::read(json.to_string().as_bytes());
        assert_eq!(read(json!({"operation": "suspend"})), Ok(Operation::Suspend));
        let retry = read(json!({"operation": "retry"})).unwrap();
        assert_eq!((retry.name(), retry.arguments()), ("retry", json!({"retries": 0})));
        let begin = json!([{"element": "a", "scopeKey": 3}]);
        let modify = read(json!({"operation": "modify", "begin": begin})).unwrap();
        assert!(matches!(modify, Operation::Modify(it) if it.begin[0].scope_key == Some(Key(3)) && it.end.is_empty()));
        assert!(read(json!({"operation": "explode"})).is_err());
        assert!(read(json!({"operation": "modify", "start": []})).is_err());
    }
}
