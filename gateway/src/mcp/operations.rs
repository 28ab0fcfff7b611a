//! What the API can do besides starting, as tools: a table of routes. A role is shown those that it may use.

use super::api::Call;
use crate::policy::{self, Role};
use axum::http::{HeaderMap, Method};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

/// One route as a tool.
pub struct Operation {
    name: &'static str,
    description: &'static str,
    method: Method,
    /// As routed; what is in braces is an argument.
    path: &'static str,
    /// The other arguments: name, JSON type, whether it is required. A query for GET, a body for the others.
    arguments: &'static [(&'static str, &'static str, bool)],
    /// What it does cannot be taken back.
    is_destructive: bool,
}

const PAGE: [(&str, &str, bool); 2] = [("limit", "integer", false), ("cursor", "string", false)];

const fn read(
    name: &'static str,
    description: &'static str,
    path: &'static str,
    arguments: &'static [(&'static str, &'static str, bool)],
) -> Operation {
    Operation { name, description, method: Method::GET, path, arguments, is_destructive: false }
}

const fn write(
    name: &'static str,
    description: &'static str,
    path: &'static str,
    arguments: &'static [(&'static str, &'static str, bool)],
) -> Operation {
    Operation { name, description, method: Method::POST, path, arguments, is_destructive: false }
}

pub const OPERATIONS: [Operation; 14] = [
    read("baton_list_processes", "Deployed processes, the latest version of each", "/processes", &[]),
    read(
        "baton_list_instances",
        "Instances, newest first. state: active, completed, terminated, canceled, failed, incident or suspended",
        "/instances",
        &[
            ("processId", "string", false),
            ("state", "string", false),
            ("businessKey", "string", false),
            PAGE[0],
            PAGE[1],
        ],
    ),
    read(
        "baton_get_instance",
        "An instance: variables, active elements and why each waits, incidents",
        "/instances/{id}",
        &[],
    ),
    read(
        "baton_get_history",
        "What happened in an instance, event by event",
        "/instances/{id}/history",
        &[("from", "integer", false), PAGE[0]],
    ),
    read(
        "baton_list_user_tasks",
        "Open tasks of people",
        "/user-tasks",
        &[("instanceId", "string", false), ("user", "string", false), ("groups", "string", false), PAGE[0], PAGE[1]],
    ),
    read(
        "baton_list_incidents",
        "Open incidents",
        "/incidents",
        &[("instanceId", "string", false), ("processId", "string", false), PAGE[0], PAGE[1]],
    ),
    write(
        "baton_complete_user_task",
        "Completes a task of a person with the values of its form. Only when that person said so",
        "/user-tasks/{id}/complete",
        &[("variables", "object", false), ("by", "string", false)],
    ),
    write(
        "baton_resolve_incident",
        "Resolves an incident: what failed is tried again",
        "/incidents/{id}/resolve",
        &[("retries", "integer", false), ("variables", "object", false)],
    ),
    write(
        "baton_retry_instance",
        "Tries everything in an instance again that has an incident",
        "/instances/{id}/retry",
        &[("retries", "integer", false)],
    ),
    Operation {
        name: "baton_cancel_instance",
        description: "Ends an instance and everything in it, for good",
        method: Method::POST,
        path: "/instances/{id}/cancel",
        arguments: &[("reason", "string", false)],
        is_destructive: true,
    },
    write(
        "baton_suspend_instance",
        "Nothing of the instance moves until it is resumed",
        "/instances/{id}/suspend",
        &[],
    ),
    write("baton_resume_instance", "Lets a suspended instance go on", "/instances/{id}/resume", &[]),
    write(
        "baton_publish_message",
        "Publishes a message to the instances that wait for it",
        "/messages",
        &[
            ("name", "string", true),
            ("correlationKey", "string", false),
            ("variables", "object", false),
            ("ttlMs", "integer", false),
            ("messageId", "string", false),
        ],
    ),
    write(
        "baton_deploy",
        "Deploys files of processes and decisions, each {name, content}; with dryRun only checks them",
        "/deployments",
        &[("files", "array", true), ("dryRun", "boolean", false)],
    ),
];

impl Operation {
    pub fn named(name: &str) -> Option<&'static Operation> {
        const { &OPERATIONS }.iter().find(|operation| operation.name == name)
    }

    pub fn is_for(&self, role: Role) -> bool {
        let action = policy::action(&self.method, &format!("/api/v1{}", self.path));
        action.is_some_and(|action| policy::allow(role, action))
    }

    pub fn tool(&self) -> Tool {
        let is_read = self.method == Method::GET;
        let annotations = ToolAnnotations::new().read_only(is_read).destructive(self.is_destructive).open_world(false);
        Tool::new(self.name, self.description, self.schema()).with_annotations(annotations)
    }

    fn schema(&self) -> JsonObject {
        let mut properties = Map::new();
        let mut required = Vec::new();
        if self.has_id() {
            properties.insert("id".to_owned(), json!({"type": "string"}));
            required.push("id");
        }
        for (name, kind, is_required) in self.arguments {
            properties.insert((*name).to_owned(), json!({"type": kind}));
            required.extend(is_required.then_some(*name));
        }
        let schema = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        });
        schema.as_object().cloned().unwrap_or_default()
    }

    fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// The request that these arguments ask for.
    pub fn call(&self, mut arguments: JsonObject, credentials: HeaderMap) -> Result<Call, String> {
        let mut path = self.path.to_owned();
        if self.has_id() {
            let id = arguments.remove("id");
            let id = id.as_ref().and_then(Value::as_str).ok_or("`id` is missing")?;
            path = path.replace("{id}", &segment(id)?);
        }
        if self.method != Method::GET {
            let body = (!self.arguments.is_empty()).then_some(Value::Object(arguments));
            return Ok(Call { method: self.method.clone(), path, body, credentials });
        }
        let pairs: Vec<_> = arguments.iter().filter(|(_, value)| !value.is_null()).map(pair).collect();
        if !pairs.is_empty() {
            path = format!("{path}?{}", pairs.join("&"));
        }
        Ok(Call { method: Method::GET, path, body: None, credentials })
    }
}

fn pair((name, value): (&String, &Value)) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("{}={}", encoded(name), encoded(&text))
}

/// Text as one segment of a path, and never as another path.
pub fn segment(text: &str) -> Result<String, String> {
    match text {
        "" | "." | ".." => Err(format!("`{text}` is no id")),
        text => Ok(encoded(text)),
    }
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_a_documented_route_with_its_policy() {
        let document = serde_json::to_value(crate::openapi()).unwrap();
        for operation in &OPERATIONS {
            let route = &document["paths"][format!("/api/v1{}", operation.path)];
            let method = operation.method.as_str().to_lowercase();
            assert!(route[&method].is_object(), "{}", operation.name);
            assert!(operation.is_for(Role::Admin), "{}", operation.name);
        }
    }

    #[test]
    fn each_role_is_shown_what_it_may_use() {
        let shown = |role| OPERATIONS.iter().filter(|operation| operation.is_for(role)).count();
        assert_eq!(Role::ALL.map(shown), [14, 13, 7, 6]);
    }

    #[test]
    fn arguments_become_a_request_and_never_another_one() {
        let get = |name: &str, arguments: Value| {
            let arguments = arguments.as_object().cloned().unwrap();
            Operation::named(name).unwrap().call(arguments, HeaderMap::new()).map(|call| (call.path, call.body))
        };
        let listed = get("baton_list_instances", json!({"processId": "a&b", "limit": 3})).unwrap();
        assert_eq!(listed, ("/instances?processId=a%26b&limit=3".to_owned(), None));
        assert_eq!(get("baton_get_instance", json!({"id": "a/../b?c"})).unwrap().0, "/instances/a%2F..%2Fb%3Fc");
        for id in ["", ".", ".."] {
            assert!(get("baton_get_instance", json!({"id": id})).is_err());
        }
        assert!(get("baton_cancel_instance", json!({})).is_err());
        let (path, body) = get("baton_cancel_instance", json!({"id": "i", "reason": "r"})).unwrap();
        assert_eq!((path.as_str(), body), ("/instances/i/cancel", Some(json!({"reason": "r"}))));
    }
}
