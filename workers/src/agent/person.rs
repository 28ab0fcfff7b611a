//! Questions of an agent to people: whether a tool may be called, what became of a call that may have happened, and what the
//! model itself wants to know.
//!
//! The intent is recorded, the job ends, and nothing is held. The next attempt finds the question at the end of the record and the
//! answer with the job, records it, and goes on.

use super::{
    provider::{ToolCall, ToolSpec},
    task::Task,
    transcript::{About, Entry, Transcript, now},
};
use proto::FormField;
use serde_json::{Map, Value, json};
use worker_sdk::{Context, JobFailure, Question, Variables};

/// The built-in tool by which a model asks.
pub const ASK_PERSON: &str = "ask_person";
/// Characters of what a person reads first.
const TITLE: usize = 160;

pub const HAPPENED: &str = "it happened";
pub const AGAIN: &str = "call again";

/// What a person has said, as it stands in the record.
#[derive(Debug, Clone)]
pub struct Said {
    /// None: nobody in time.
    pub values: Option<Variables>,
    pub by: Option<String>,
    expires: Option<i64>,
}

impl Said {
    pub fn new(values: Option<Variables>, by: Option<String>, expires: Option<i64>) -> Said {
        Said { values, by, expires }
    }

    pub fn text(&self, name: &str) -> &str {
        self.values.as_ref().and_then(|values| values.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    fn by(&self) -> &str {
        self.by.as_deref().unwrap_or("a person")
    }
}

/// Where a question about a call stands.
pub enum Stage {
    /// Not asked yet, as far as the record goes.
    New,
    /// Asked under this id.
    Asked(String),
}

/// The answer; without one the attempt ends with the question.
pub async fn ask(
    transcript: &mut Transcript,
    job: &Context,
    call: &ToolCall,
    about: About,
    stage: Stage,
    build: impl FnOnce(String) -> Question,
) -> Result<Said, JobFailure> {
    let question = match stage {
        Stage::Asked(question) => question,
        Stage::New => {
            // Steps are counted over everything that was ever recorded: an answer never fits another question.
            let question = format!("step-{}", transcript.next_step());
            let (question, call) = (question, call.id.clone());
            transcript.append(Entry::PersonAsked { question: question.clone(), call, about }).await?;
            question
        }
    };
    let answer = job.ask(build(question.clone()))?;
    let said = Said::new(answer.values, answer.by, answer.expires);
    let (values, by, expires) = (said.values.clone(), said.by.clone(), said.expires);
    transcript.append(Entry::PersonAnswered { question, call: call.id.clone(), values, by, expires }).await?;
    Ok(said)
}

/// Whether the call may be made now, and with which arguments; or what the model is told.
pub fn approved(said: &Said, call: &ToolCall) -> Result<Value, String> {
    let remark = match said.text("comments") {
        "" => String::new(),
        comments => format!(": {comments}"),
    };
    if said.values.is_none() {
        return Err("nobody has approved this call in time; it was not made".to_owned());
    }
    if said.text("decision") != "approve" {
        return Err(format!("{} has rejected this call{remark}; it was not made", said.by()));
    }
    // Looked at here, at the moment of use: between the answer and now may lie days.
    if said.expires.is_some_and(|expires| expires <= now()) {
        return Err("the approval of this call has expired; it was not made".to_owned());
    }
    let edited = said.values.as_ref().and_then(|values| values.get("arguments")).filter(|edited| !edited.is_null());
    match edited {
        None => Ok(call.arguments.clone()),
        Some(Value::Object(fields)) => Ok(Value::Object(fields.clone())),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(Value::Object(fields)),
            _ => Err("the arguments that were approved are not a JSON object; the call was not made".to_owned()),
        },
        Some(_) => Err("the arguments that were approved are not a JSON object; the call was not made".to_owned()),
    }
}

pub fn approval(id: String, task: &Task, call: &ToolCall, is_tainted: bool) -> Question {
    let origin = if is_tainted { " The agent has read what a tool says that is not trusted." } else { "" };
    addressed(Question::new(id, format!("May the agent call {}?", call.name)), task)
        .text(format!("The agent waits for this decision. The arguments can be changed before it goes on.{origin}"))
        .show("tool", &call.name)
        .show("arguments", &call.arguments)
        .field(field("arguments", "Arguments", "json"))
        .choice("decision", ["approve", "reject"])
        .field(field("comments", "Comments", "multiline"))
}

pub fn outcome(id: String, task: &Task, call: &ToolCall, arguments: &Value) -> Question {
    addressed(Question::new(id, format!("Has the call of {} happened?", call.name)), task)
        .text("The worker died between the call and its answer, and the tool does not say that a second call does no harm.")
        .show("tool", &call.name)
        .show("arguments", arguments)
        .choice("decision", [HAPPENED, AGAIN, "fail"])
        .field(field("comments", "What the agent is told", "multiline"))
}

/// What the model asks.
pub fn question(id: String, task: &Task, call: &ToolCall) -> Question {
    let text = call.arguments.get("question").and_then(Value::as_str).unwrap_or("The agent asks for help.");
    let title: String = text.chars().take(TITLE).collect();
    let mut question = addressed(Question::new(id, title), task).text(text);
    for field in fields(&call.arguments) {
        question = question.field(field);
    }
    question
}

/// As the model is told.
pub fn answer(said: &Said) -> Result<String, String> {
    let Some(values) = &said.values else { return Err("nobody has answered in time".to_owned()) };
    let mut told =
        Map::from_iter([("answer".to_owned(), values.get("answer").cloned().unwrap_or_else(|| json!(values)))]);
    told.insert("by".to_owned(), json!(said.by()));
    Ok(Value::Object(told).to_string())
}

pub fn tool() -> ToolSpec {
    ToolSpec {
        name: ASK_PERSON.to_owned(),
        description:
            "Asks a person and waits for the answer, which may take days. For what only a person can know or decide."
                .to_owned(),
        schema: json!({
            "type": "object",
            "required": ["question"],
            "properties": {
                "question": {"type": "string"},
                "choices": {"type": "array", "items": {"type": "string"}, "description": "of which the answer is one"},
                "schema": {"type": "object", "description": "a JSON Schema of an object, for an answer with several fields"},
            },
        }),
    }
}

/// Of the schema's properties, of the choices, or a text.
fn fields(arguments: &Value) -> Vec<FormField> {
    let properties = arguments.get("schema").and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    if let Some(properties) = properties.filter(|properties| (1..=50).contains(&properties.len())) {
        let required = arguments.get("schema").and_then(|schema| schema.get("required")).and_then(Value::as_array);
        let is_required = |name: &String| required.is_some_and(|required| required.iter().any(|it| it == name));
        return properties.iter().map(|(name, schema)| schema_field(name, schema, is_required(name))).collect();
    }
    let options = texts(arguments.get("choices"));
    let kind = if options.is_empty() { "multiline" } else { "select" };
    vec![FormField { options, required: true, ..field("answer", "Answer", kind) }]
}

fn schema_field(name: &str, schema: &Value, required: bool) -> FormField {
    let options = texts(schema.get("enum"));
    let kind = match schema.get("type").and_then(Value::as_str) {
        _ if !options.is_empty() => "select",
        Some("string") | None => "text",
        Some("number" | "integer") => "number",
        Some("boolean") => "boolean",
        Some(_) => "json",
    };
    let label = schema.get("title").or(schema.get("description")).and_then(Value::as_str).unwrap_or(name);
    FormField { options, required, ..field(name, label, kind) }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| Some(item.as_str()?.to_owned())).take(100).collect()
}

fn field(name: &str, label: &str, kind: &str) -> FormField {
    FormField { name: name.to_owned(), label: Some(label.to_owned()), r#type: kind.to_owned(), ..FormField::default() }
}

fn addressed(question: Question, task: &Task) -> Question {
    let (users, groups) = task.approvers();
    question.to_users(users).to_groups(groups).within(task.approval_timeout())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: Value) -> ToolCall {
        ToolCall { id: "c".to_owned(), name: "pay".to_owned(), arguments }
    }

    fn said(values: Value, expires: Option<i64>) -> Said {
        Said::new(values.as_object().cloned(), Some("ann".to_owned()), expires)
    }

    #[test]
    fn only_an_approval_in_time_lets_a_call_through() {
        let call = call(json!({"amount": 5}));
        let check = |values, expires| approved(&said(values, expires), &call);
        assert_eq!(check(json!({"decision": "approve"}), None), Ok(json!({"amount": 5})));
        assert_eq!(check(json!({"decision": "approve", "arguments": {"amount": 4}}), None), Ok(json!({"amount": 4})));
        assert_eq!(
            check(json!({"decision": "approve", "arguments": "{\"amount\": 3}"}), None),
            Ok(json!({"amount": 3}))
        );
        assert!(check(json!({"decision": "approve", "arguments": "{amount"}), None).is_err());
        assert!(
            check(json!({"decision": "reject", "comments": "no"}), None)
                .unwrap_err()
                .contains("rejected this call: no")
        );
        assert!(check(json!({"decision": "approve"}), Some(1)).unwrap_err().contains("expired"));
        assert!(check(Value::Null, None).unwrap_err().contains("nobody"));
    }

    #[test]
    fn a_model_may_ask_for_a_choice_or_a_form() {
        let kinds = |arguments| -> Vec<String> { fields(&arguments).into_iter().map(|field| field.r#type).collect() };
        assert_eq!(kinds(json!({"question": "?"})), ["multiline"]);
        assert_eq!(kinds(json!({"choices": ["a", "b"]})), ["select"]);
        let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"enum": ["x"]}, "c": {"type": "array"}}});
        let mut kinds = kinds(json!({"schema": schema}));
        kinds.sort();
        assert_eq!(kinds, ["json", "number", "select"]);
    }
}
