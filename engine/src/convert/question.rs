//! What jobs ask people, and what they are answered, to and from the wire.

use super::{form_field, parse_variables, variables_json};
use interpreter::{
    Key, Timestamp, Variables,
    command::Question,
    effect::{AskedInJob, UserTask},
    instance::{Answer, OpenQuestion},
};

/// As a worker asks it; the error is for people.
pub fn parse(question: proto::Question) -> Result<Question, String> {
    let form_fields = question.form_fields.into_iter().map(parse_form_field).collect::<Result<_, _>>()?;
    Ok(Question {
        id: question.id,
        title: question.title,
        text: question.text,
        assignee: question.assignee,
        candidate_groups: question.candidate_groups,
        candidate_users: question.candidate_users,
        priority: question.priority,
        form_fields,
        data: parse_variables(&question.data)?,
        expires_after_ms: question.expires_after_ms,
    })
}

fn parse_form_field(field: proto::FormField) -> Result<model::FormField, String> {
    let field_type = match field.r#type.as_str() {
        "" | "text" => model::FieldType::Text,
        "multiline" => model::FieldType::Multiline,
        "number" => model::FieldType::Number,
        "boolean" => model::FieldType::Boolean,
        "date" => model::FieldType::Date,
        "select" => model::FieldType::Select,
        "file" => model::FieldType::File,
        "json" => model::FieldType::Json,
        other => return Err(format!("a form has no fields of the type `{other}`")),
    };
    let proto::FormField { name, label, required, options, .. } = field;
    Ok(model::FormField { name, label, field_type, required, options })
}

pub(super) fn asked(asked: &AskedInJob) -> proto::AskedInJob {
    proto::AskedInJob {
        element_instance: asked.element_instance.0,
        id: asked.id.clone(),
        text: asked.text.clone(),
        data: variables_json(&asked.data),
    }
}

/// Of a task in the history, what the state of the job that asks depends on.
pub(super) fn replayed(task: &proto::UserTask) -> UserTask {
    let Some(asked) = &task.question else { return UserTask::default() };
    let question = AskedInJob {
        element_instance: Key(asked.element_instance),
        id: asked.id.clone(),
        text: None,
        data: Variables::new(),
    };
    let form_fields = task.form_fields.iter().cloned().filter_map(|field| parse_form_field(field).ok()).collect();
    UserTask { name: task.name.clone(), form_fields, question: Some(question), ..UserTask::default() }
}

pub fn answer(answer: &Answer) -> proto::Answer {
    proto::Answer {
        question: answer.question.clone(),
        values: answer.values.as_ref().map(variables_json),
        by: answer.by.clone(),
        at: answer.at.0,
        expires: answer.expires.map(|expires| expires.0),
    }
}

/// We wrote it ourselves.
pub(super) fn parse_answer(answer: proto::Answer) -> Answer {
    Answer {
        question: answer.question,
        values: answer.values.and_then(|values| parse_variables(&values).ok()),
        by: answer.by,
        at: Timestamp(answer.at),
        expires: answer.expires.map(Timestamp),
    }
}

pub(super) fn open(question: &OpenQuestion) -> proto::OpenQuestion {
    proto::OpenQuestion {
        id: question.id.clone(),
        task: question.task.0,
        title: question.title.clone(),
        form_fields: question.form_fields.iter().map(form_field).collect(),
    }
}

pub(super) fn parse_open(question: proto::OpenQuestion) -> OpenQuestion {
    let form_fields = question.form_fields.into_iter().filter_map(|field| parse_form_field(field).ok()).collect();
    OpenQuestion { id: question.id, task: Key(question.task), title: question.title, form_fields }
}
