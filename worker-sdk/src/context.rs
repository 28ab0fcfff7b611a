//! What a handler is given: the job's data, and the means to show progress and to notice that nobody wants it any more.

use crate::{Answer, JobFailure, Question, Variables, fetch, live::Live, needs::Needs, state::States};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use proto::{LogLine, ModelUsage, Progress, TextDelta, ToolUse, live::Kind};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;
use std::{
    fmt,
    ops::Deref,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Of a log line, in bytes.
const LONGEST_LINE: usize = 4096;

/// A job with its variables as `I`; everything of [`Context`] can be called on it.
#[derive(Debug, Clone)]
pub struct Job<I> {
    /// The variables that the element sees, or what its input mappings made.
    pub input: I,
    /// Everything else of the job.
    pub context: Context,
}

impl<I> Deref for Job<I> {
    type Target = Context;
    fn deref(&self) -> &Context {
        &self.context
    }
}

/// One attempt at one job. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    job: proto::Job,
    /// Read when they are first asked for: many handlers never do, or read them as a type of their own.
    variables: OnceLock<Variables>,
    /// With what was asked for because it did not travel with the job.
    loaded: OnceLock<Variables>,
    task: OnceLock<Variables>,
    traceparent: Option<String>,
    cancellation: CancellationToken,
    live: Live,
    nats: Option<async_nats::Client>,
    states: States,
}

impl Context {
    /// Fails when the job's variables or task are not JSON objects.
    pub(crate) fn new(
        job: proto::Job,
        traceparent: Option<String>,
        live: Live,
        nats: Option<async_nats::Client>,
        states: States,
    ) -> Result<Self, serde_json::Error> {
        check_object(&job.variables)?;
        check_object(&job.task)?;
        let cancellation = CancellationToken::new();
        let (variables, loaded, task) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let inner = Inner { job, variables, loaded, task, traceparent, cancellation, live, nats, states };
        Ok(Context { inner: Arc::new(inner) })
    }

    /// Whether something did not travel with the job and is needed.
    pub(crate) fn lacks(&self, needs: Needs) -> bool {
        self.inner.job.left_out.iter().any(|name| needs.wants(name))
    }

    /// Asks for what did not travel with the job and is needed.
    pub(crate) async fn load(&self, needs: Needs) -> Result<(), JobFailure> {
        let missing: Vec<&String> = self.inner.job.left_out.iter().filter(|name| needs.wants(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut loaded = self.variables().clone();
        for name in missing {
            loaded.insert(name.clone(), self.variable(name).await?);
        }
        let _ = self.inner.loaded.set(loaded);
        Ok(())
    }

    /// The value of one variable as it is now, also of one that is [left out](Self::left_out).
    pub async fn variable(&self, name: &str) -> Result<Value, JobFailure> {
        let Some(nats) = &self.inner.nats else {
            return Err(JobFailure::bug(format!("there is no connection to ask for `{name}` on")));
        };
        let found = fetch::variable(nats, &self.inner.job, name).await;
        found.map_err(|error| JobFailure::retryable(format!("the variable `{name}` cannot be had: {error}")))
    }

    /// The JSON of one variable in parts of some hundred KiB, as they come: nothing of it has to be in memory as a whole.
    /// Give such a variable no field in the input type, or it is loaded all the same.
    pub fn variable_parts(&self, name: &str) -> impl Stream<Item = Result<Bytes, JobFailure>> + Send + Unpin + use<> {
        let (nats, here) = (self.inner.nats.clone(), self.variables().get(name).map(ToString::to_string));
        match (here, nats) {
            (Some(here), _) => stream::iter([Ok(Bytes::from(here))]).boxed(),
            (None, Some(nats)) => fetch::parts(nats, self.inner.job.clone(), name.to_owned()).boxed(),
            (None, None) => {
                stream::iter([Err(JobFailure::bug(format!("there is no connection to ask for `{name}` on")))]).boxed()
            }
        }
    }

    /// What the worker was given by [`state`](crate::Builder::state): of each type one.
    pub fn state<S: Send + Sync + 'static>(&self) -> Result<Arc<S>, JobFailure> {
        self.inner.states.get()
    }

    /// Variables that were too large to travel with the job and were not asked for: [`Context::variable`] has them.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        let names = self.inner.job.left_out.iter().map(String::as_str);
        names.filter(|name| !self.variables().contains_key(*name))
    }

    /// `<instance>:<key>`: the same in every attempt, so the idempotency key towards the outside.
    pub fn id(&self) -> &str {
        &self.inner.job.id
    }

    /// Counts from 1.
    pub fn attempt(&self) -> u32 {
        self.inner.job.attempt
    }

    /// Attempts that are left after this one.
    pub fn retries_left(&self) -> u32 {
        self.inner.job.retries_left
    }

    /// Which life of the database the job belongs to; goes back with the result.
    pub(crate) fn epoch(&self) -> &str {
        &self.inner.job.epoch
    }

    /// Whose it is.
    pub fn tenant(&self) -> &str {
        &self.inner.job.tenant
    }

    /// What it is done by.
    pub fn job_type(&self) -> &str {
        &self.inner.job.r#type
    }

    /// The run of the process that it belongs to.
    pub fn instance_id(&self) -> &str {
        &self.inner.job.instance_id
    }

    /// The process, as its file names it.
    pub fn process_id(&self) -> &str {
        &self.inner.job.process_id
    }

    /// Which of its deployed versions.
    pub fn process_version(&self) -> u32 {
        self.inner.job.process_version
    }

    /// The task, as the process names it.
    pub fn element_id(&self) -> &str {
        &self.inner.job.element_id
    }

    /// The task, as people call it.
    pub fn element_name(&self) -> &str {
        &self.inner.job.element_name
    }

    /// Without a sign of life for this long, the job is given to another worker. The SDK gives the signs.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.inner.job.timeout_ms)
    }

    /// Milliseconds since 1970.
    pub fn created_at(&self) -> i64 {
        self.inner.job.created_at
    }

    /// All variables that came along or were asked for.
    pub fn variables(&self) -> &Variables {
        let travelled = || self.inner.variables.get_or_init(|| object(&self.inner.job.variables));
        self.inner.loaded.get().unwrap_or_else(travelled)
    }

    /// What the definition says of the task: its properties, and `custom`. Keys are in `engine/docs/jobs.md`.
    pub fn task_properties(&self) -> &Variables {
        self.inner.task.get_or_init(|| object(&self.inner.job.task))
    }

    /// The task's properties as a type. A definition that does not fit is a bug of the process: not retryable.
    pub fn task<T: DeserializeOwned>(&self) -> Result<T, JobFailure> {
        T::deserialize(self.task_properties())
            .map_err(|error| JobFailure::bug(format!("the properties of `{}` do not fit: {error}", self.element_id())))
    }

    pub(crate) fn input<I: DeserializeOwned>(&self) -> Result<I, JobFailure> {
        let read = match self.inner.loaded.get() {
            Some(loaded) => I::deserialize(loaded),
            None if self.inner.job.variables.is_empty() => I::deserialize(self.variables()),
            None => serde_json::from_slice(&self.inner.job.variables),
        };
        read.map_err(|error| {
            JobFailure::bug(format!("the variables at `{}` do not fit this worker: {error}", self.element_id()))
        })
    }

    /// Asks a person. With the answer, when it is there (the question is known by its id); without one the attempt is over by
    /// `?`: nothing is held while the person thinks, and the handler begins again, as the next attempt, with the answer.
    pub fn ask(&self, question: Question) -> Result<Answer, JobFailure> {
        self.answer(question.id()).ok_or_else(|| JobFailure::Asks(Box::new(question)))
    }

    /// What a person has answered to the question of that id, or that nobody has in time.
    pub fn answer(&self, question: &str) -> Option<Answer> {
        self.inner.job.answers.iter().rev().find(|answer| answer.question == question).map(Answer::of)
    }

    /// Cancelled when the job is no longer wanted: stop, undo nothing, return anything.
    pub fn cancellation(&self) -> &CancellationToken {
        &self.inner.cancellation
    }

    /// Whether nobody wants the job any more.
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancellation.is_cancelled()
    }

    /// The W3C trace context of this attempt, to be handed on to services that are called.
    pub fn traceparent(&self) -> Option<&str> {
        self.inner.traceparent.as_deref()
    }

    /// The worker's connection; in [`crate::testing`] only what the test gives.
    pub fn nats(&self) -> Option<&async_nats::Client> {
        self.inner.nats.as_ref()
    }

    /// Shows how far the job is (0 to 1) and what it does.
    pub fn progress(&self, progress: f64, message: impl Into<String>) {
        self.status("executing", progress, message);
    }

    /// As [`Context::progress`], with a status of its own: initializing, executing, waiting, retry, error, completed.
    pub fn status(&self, status: impl Into<String>, progress: f64, message: impl Into<String>) {
        let progress = progress.clamp(0.0, 1.0);
        self.show(Kind::Progress(Progress { progress, status: status.into(), message: message.into() }));
    }

    /// A line beside what happens on the page, for whoever watches; not history. Longer than 4 KiB it is cut.
    pub fn log(&self, message: impl Into<String>) {
        self.line("info", message.into());
    }

    /// As [`Context::log`], for what somebody should look at.
    pub fn warn(&self, message: impl Into<String>) {
        self.line("warning", message.into());
    }

    fn line(&self, level: &str, mut message: String) {
        message.truncate(message.floor_char_boundary(LONGEST_LINE));
        self.show(Kind::Log(LogLine { level: level.to_owned(), message }));
    }

    /// Shows that a tool is being called.
    pub fn tool_called(&self, call_id: impl Into<String>, tool: impl Into<String>, arguments: &Value) {
        self.show(Kind::ToolUse(ToolUse {
            call_id: call_id.into(),
            tool: tool.into(),
            arguments: arguments.to_string().into(),
            result: None,
            is_error: false,
        }));
    }

    /// Shows what the tool answered.
    pub fn tool_answered(&self, call_id: impl Into<String>, tool: impl Into<String>, result: &Value, is_error: bool) {
        self.show(Kind::ToolUse(ToolUse {
            call_id: call_id.into(),
            tool: tool.into(),
            arguments: bytes::Bytes::new(),
            result: Some(result.to_string().into()),
            is_error,
        }));
    }

    /// A piece of a text as it comes into being; `done` with the last one.
    pub fn text(&self, message_id: impl Into<String>, delta: impl Into<String>, done: bool) {
        self.show(Kind::Text(TextDelta { message_id: message_id.into(), delta: delta.into(), done }));
    }

    /// A piece of a model's thinking.
    pub fn thinking(&self, message_id: impl Into<String>, delta: impl Into<String>, done: bool) {
        self.show(Kind::Thinking(TextDelta { message_id: message_id.into(), delta: delta.into(), done }));
    }

    /// What a model call has used.
    pub fn usage(&self, model: impl Into<String>, input_tokens: u64, output_tokens: u64) {
        self.show(Kind::Usage(ModelUsage { model: model.into(), input_tokens, output_tokens }));
    }

    fn show(&self, kind: Kind) {
        self.inner.live.show(&self.inner.job, kind);
    }
}

/// Whether it can be read as an object, without doing so.
fn check_object(bytes: &[u8]) -> Result<(), serde_json::Error> {
    if !bytes.is_empty() {
        serde_json::from_slice::<Object>(bytes)?;
    }
    Ok(())
}

/// What was checked before; nothing at all is the empty one.
fn object(bytes: &[u8]) -> Variables {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// Reads any object, and keeps nothing.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Object;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::check_object;

    #[test]
    fn only_objects_are_objects() {
        assert!([r#"{}"#, r#"{"a": [1, {"b": null}]}"#, ""].iter().all(|json| check_object(json.as_bytes()).is_ok()));
        assert!(["[]", "1", r#"{"a"}"#, r#"{"a": 1"#].iter().all(|json| check_object(json.as_bytes()).is_err()));
    }
}
