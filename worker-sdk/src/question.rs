//! Questions to people in the midst of a job.
//!
//! ```
//! # use worker_sdk::{Job, JobFailure, Question, testing::TestJob};
//! # use serde_json::{json, Value};
//! async fn refund(job: Job<Value>) -> Result<Value, JobFailure> {
//!     let question = Question::new("refund", "May this be paid back?")
//!         .to_groups(["accounting"])
//!         .show("amount", &job.input["amount"])
//!         .choice("decision", ["approve", "reject"])
//!         .within(std::time::Duration::from_secs(3 * 24 * 3600));
//!     let answer = job.ask(question)?; // nothing is held until somebody has answered
//!     Ok(json!({"paid": answer.value("decision") == Some(&json!("approve"))}))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let asked = TestJob::new("refund").variables(json!({"amount": 5})).run(refund).await;
//! assert!(matches!(asked.result, Err(JobFailure::Asks(_))));
//! let answered = TestJob::new("refund").variables(json!({"amount": 5})).answered("refund", json!({"decision": "approve"}));
//! assert_eq!(answered.run(refund).await.result.unwrap()["paid"], true);
//! # });
//! ```

use crate::Variables;
use proto::FormField;
use serde::Serialize;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A task for a person, in the inbox like any other.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    wire: proto::Question,
    data: Variables,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the person has filled in; none: nobody has answered in time.
    pub values: Option<Variables>,
    /// Who, as the one who was asked to tell it said.
    pub by: Option<String>,
    /// Milliseconds since 1970.
    pub at: i64,
    /// What the answer allows, it allows until then: milliseconds since 1970.
    pub expires: Option<i64>,
}

impl Question {
    /// The id is the worker's own name for it, by which the answer is known again; unique within the job. The title is what the
    /// person reads first.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        let wire = proto::Question { id: id.into(), title: title.into(), ..proto::Question::default() };
        Question { wire, data: Variables::new() }
    }

    /// The worker's own name for it.
    pub fn id(&self) -> &str {
        &self.wire.id
    }

    /// What the person reads first.
    pub fn title(&self) -> &str {
        &self.wire.title
    }

    /// What is to be decided, at more length.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.wire.text = Some(text.into());
        self
    }

    /// Who may answer. Without users and groups everybody may who does tasks.
    #[must_use]
    pub fn to_groups(mut self, groups: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wire.candidate_groups.extend(groups.into_iter().map(Into::into));
        self
    }

    /// Who may answer, by name.
    #[must_use]
    pub fn to_users(mut self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wire.candidate_users.extend(users.into_iter().map(Into::into));
        self
    }

    /// Something to know, beside the form; under the name of a field: what it begins with.
    #[must_use]
    pub fn show(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.data.insert(name.into(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// One of several; has to be answered.
    #[must_use]
    pub fn choice(self, name: impl Into<String>, options: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let options = options.into_iter().map(Into::into).collect();
        self.field(FormField { name: name.into(), r#type: "select".into(), required: true, options, label: None })
    }

    /// A line of text that may stay empty.
    #[must_use]
    pub fn line(self, name: impl Into<String>) -> Self {
        self.field(FormField { name: name.into(), r#type: "text".into(), ..FormField::default() })
    }

    /// Any field of a form; its types are those of user tasks.
    #[must_use]
    pub fn field(mut self, field: FormField) -> Self {
        self.wire.form_fields.push(field);
        self
    }

    /// Nobody is waited for longer than this.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.wire.expires_after_ms = Some(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
        self
    }

    pub(crate) fn into_wire(self) -> proto::Question {
        proto::Question { data: Value::Object(self.data).to_string().into(), ..self.wire }
    }
}

impl Answer {
    pub(crate) fn of(wire: &proto::Answer) -> Answer {
        let values = wire.values.as_ref().map(|values| serde_json::from_slice(values).unwrap_or_default());
        Answer { values, by: wire.by.clone(), at: wire.at, expires: wire.expires }
    }

    /// What the person has given for a field; none for a field that is missing, and when nobody has answered.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.as_ref()?.get(name)
    }

    /// Whether what it allows is not allowed any more, or never was: to be asked just before it is used.
    pub fn is_expired(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
        self.values.is_none() || self.expires.is_some_and(|expires| expires <= now)
    }
}
