//! Between the wire and the core: the only place where proto types and interpreter types meet.
//!
//! - [`event`] converts history, [`replay`] reads it back,
//! - [`state`] the control state of an instance, with what it [`waits`] for, large ones in [`pages`], and with its
//!   [`variables`] while they are small,
//! - [`question`] what jobs ask people, and are answered,
//! - this page ids, JSON, times, tasks and problems.

pub mod event;
pub mod pages;
pub mod question;
pub mod replay;
pub mod state;
pub mod variables;
mod waits;

use bytes::Bytes;
use interpreter::{
    CommandKind, InstanceId, Key, Timestamp, Variables,
    effect::UserTask,
    instance::{CompensationId, Parent},
};
use serde_json::Value;
use uuid::Uuid;

/// `<instance uuid>:<key>`, as jobs, user tasks and incidents are called outside.
pub fn id(instance: Uuid, key: u64) -> String {
    format!("{instance}:{key}")
}

pub fn parse_id(id: &str) -> Option<(Uuid, u64)> {
    let (instance, key) = id.split_once(':')?;
    Some((instance.parse().ok()?, key.parse().ok()?))
}

/// Nothing is due before [`store::EARLIEST`].
pub fn time(at: Timestamp) -> store::Time {
    store::Time::from_millisecond(at.0.max(0)).unwrap_or(store::Time::MAX)
}

pub fn json(value: &Value) -> Bytes {
    Bytes::from(serde_json::to_vec(value).unwrap_or_default())
}

pub fn variables_json(variables: &Variables) -> Bytes {
    Bytes::from(serde_json::to_vec(variables).unwrap_or_default())
}

/// A command that is kept, as JSON: variants and fields are only ever added.
pub fn command(command: &CommandKind) -> Bytes {
    Bytes::from(serde_json::to_vec(command).unwrap_or_default())
}

/// For people: `completeJob`.
pub fn command_name(command: &CommandKind) -> String {
    let name = match serde_json::to_value(command) {
        Ok(Value::Object(named)) => named.keys().next().cloned().unwrap_or_default(),
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A JSON object; nothing at all is the empty one.
pub fn parse_variables(bytes: &[u8]) -> Result<Variables, String> {
    if bytes.is_empty() {
        return Ok(Variables::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(variables)) => Ok(variables),
        Ok(_) => Err("the variables are not a JSON object".to_owned()),
        Err(error) => Err(format!("the variables are not JSON: {error}")),
    }
}

pub fn parent(parent: &Parent) -> proto::Parent {
    proto::Parent { instance_id: parent.instance.to_string(), element_key: parent.element.0, depth: parent.depth }
}

fn parse_parent(parent: &proto::Parent) -> Option<Parent> {
    let instance = InstanceId(parent.instance_id.parse().ok()?);
    Some(Parent { instance, element: Key(parent.element_key), depth: parent.depth })
}

pub fn compensation_id(id: &CompensationId) -> proto::CompensationId {
    proto::CompensationId { scope: id.scope.0, order: id.order }
}

pub fn compensations(ids: &[CompensationId]) -> proto::CompensationTriggered {
    proto::CompensationTriggered { compensations: ids.iter().map(compensation_id).collect() }
}

fn parse_compensation_id(id: &proto::CompensationId) -> CompensationId {
    CompensationId { scope: Key(id.scope), order: id.order }
}

pub fn user_task(task: &UserTask) -> proto::UserTask {
    proto::UserTask {
        name: task.name.clone(),
        is_manual: task.is_manual,
        assignee: task.assignee.clone(),
        candidate_groups: task.candidate_groups.clone(),
        candidate_users: task.candidate_users.clone(),
        priority: task.priority.clone(),
        due: task.due.map(|due| due.0),
        form_fields: task.form_fields.iter().map(form_field).collect(),
        question: task.question.as_ref().map(question::asked),
    }
}

fn form_field(field: &model::FormField) -> proto::FormField {
    let field_type = match field.field_type {
        model::FieldType::Text => "text",
        model::FieldType::Multiline => "multiline",
        model::FieldType::Number => "number",
        model::FieldType::Boolean => "boolean",
        model::FieldType::Date => "date",
        model::FieldType::Select => "select",
        model::FieldType::File => "file",
        model::FieldType::Json => "json",
    };
    proto::FormField {
        name: field.name.clone(),
        label: field.label.clone(),
        r#type: field_type.to_owned(),
        required: field.required,
        options: field.options.clone(),
    }
}

/// With the source line and a caret under the place.
pub fn diagnostic(diagnostic: &model::Diagnostic, source: &str) -> proto::Diagnostic {
    proto::Diagnostic {
        severity: if diagnostic.is_error() { "error" } else { "warning" }.to_owned(),
        code: diagnostic.code.clone(),
        message: diagnostic.message.clone(),
        file: diagnostic.file.clone(),
        line: diagnostic.location.line,
        column: diagnostic.location.column,
        element_id: diagnostic.element_id.clone(),
        hint: diagnostic.hint.clone(),
        excerpt: excerpt(source, diagnostic.location),
    }
}

fn excerpt(source: &str, place: model::Location) -> String {
    let line = (place.line as usize).checked_sub(1).and_then(|line| source.lines().nth(line));
    let Some(line) = line else { return String::new() };
    let column = (place.column as usize).saturating_sub(1).min(400);
    let shown: String = line.chars().take(400).collect();
    format!("{shown}\n{}^", " ".repeat(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_written() {
        let instance = Uuid::new_v4();
        assert_eq!(parse_id(&id(instance, 7)), Some((instance, 7)));
        assert_eq!(parse_id("nonsense"), None);
    }

    #[test]
    fn a_caret_stands_under_the_place() {
        assert_eq!(excerpt("a\nbcd", model::Location { line: 2, column: 3 }), "bcd\n  ^");
    }
}
