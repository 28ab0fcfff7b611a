//! The worker of a scenario: it answers as the scenario says, and holds what a step will answer.

use super::skip;
use interpreter::Timestamp;
use interpreter::Variables;
use interpreter::expression::Scope;
use interpreter::scenario::file::{Answer, Detailed, Word};
use interpreter::scenario::{Plan, Reply, reply};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use worker_sdk::{Job, JobFailure, Worker};

/// Jobs that wait for a step, by job id; their ids begin with the instance's.
#[derive(Default, Clone)]
pub struct Held(Arc<Mutex<BTreeMap<String, Waiting>>>);

struct Waiting {
    element: String,
    answer: oneshot::Sender<Reply>,
}

impl Held {
    /// Answers the `nth` held job of the element, of these instances in their order; false when there is none.
    pub fn answer(&self, instances: &[String], element: &str, nth: usize, reply: Reply) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, waiting| !waiting.answer.is_closed());
        let of = |instance: &String| {
            let all = held.iter().filter(move |(id, it)| it.element == element && belongs(id, instance));
            let mut keys: Vec<(u64, String)> = all.map(|(id, _)| (key(id), id.clone())).collect();
            keys.sort();
            keys
        };
        let found = instances.iter().flat_map(of).nth(nth);
        let waiting = found.and_then(|(_, id)| held.remove(&id));
        waiting.is_some_and(|waiting| waiting.answer.send(reply).is_ok())
    }

    /// Whether the job of this element instance waits here.
    pub fn has(&self, instance: &str, element_key: u64) -> bool {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().any(|(id, it)| belongs(id, instance) && key(id) == element_key && !it.answer.is_closed())
    }

    fn hold(&self, id: &str, element: &str) -> oneshot::Receiver<Reply> {
        let (answer, answered) = oneshot::channel();
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.to_owned(), Waiting { element: element.to_owned(), answer });
        answered
    }
}

fn belongs(job: &str, instance: &str) -> bool {
    job.split_once(':').is_some_and(|(of, _)| of == instance)
}

fn key(job: &str) -> u64 {
    job.rsplit_once(':').and_then(|(_, key)| key.parse().ok()).unwrap_or_default()
}

/// Does the scenario's jobs until shutdown; nothing when it has none.
pub fn start(plan: &Arc<Plan>, nats: Option<&str>, held: &Held, shutdown: CancellationToken) {
    let types = skip::job_types(plan);
    let Some(nats) = nats.filter(|_| !types.is_empty()) else { return };
    // No drain: what a step has not answered nobody will.
    let mut worker = Worker::builder(nats).name("baton-test").drain(Duration::from_millis(200));
    for job_type in types {
        let (plan, held) = (plan.clone(), held.clone());
        worker = worker.job(job_type, move |job: Job<Variables>| answer(plan.clone(), held.clone(), job));
    }
    tokio::spawn(async move {
        if let Err(error) = worker.run(shutdown).await {
            eprintln!("the worker of the scenario: {error:#}");
        }
    });
}

async fn answer(plan: Arc<Plan>, held: Held, job: Job<Variables>) -> Result<Variables, JobFailure> {
    if !plan.processes.iter().any(|process| process.id == job.process_id()) {
        let message =
            format!("`baton test` does the jobs `{}` just now, and knows no {}", job.job_type(), job.process_id());
        return Err(JobFailure::retryable(message).after(Duration::from_secs(1)));
    }
    let nothing = Answer::Word(Word::Complete);
    let reply = match plan.answer(job.element_id(), job.job_type()).unwrap_or(&nothing) {
        Answer::Word(Word::Complete) => Reply::Complete(Variables::new()),
        Answer::Word(Word::Hold) => {
            let answered = held.hold(job.id(), job.element_id());
            tokio::select! {
                reply = answered => reply.map_err(|_| JobFailure::retryable("the scenario is over"))?,
                () = job.cancellation().cancelled() => return Err(JobFailure::retryable("not wanted any more")),
            }
        }
        Answer::Detailed(answer) => fill(answer, job.attempt(), &job.input).map_err(JobFailure::bug)?,
    };
    match reply {
        Reply::Complete(variables) => Ok(variables),
        Reply::Fail { message, retryable: true } => Err(JobFailure::retryable(message)),
        Reply::Fail { message, retryable: false } => Err(JobFailure::bug(message)),
        Reply::Error { code, message, variables } => Err(JobFailure::bpmn_error(code, message).with(variables)),
    }
}

/// The answer, filled from what the element sees.
pub fn fill(answer: &Detailed, attempt: u32, variables: &Variables) -> Result<Reply, String> {
    reply(answer, attempt, &Seen(variables)).map_err(|error| format!("workers: {error}"))
}

struct Seen<'v>(&'v Variables);

impl Scope for Seen<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.0.get(name).map(Cow::Borrowed)
    }

    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
