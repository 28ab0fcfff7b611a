//! The scenario file, as it is written. Every key that is not here is an error with its place.

use super::reading::{Either, OneOrMany};
use crate::Variables;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub scenario: Option<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// A path beside this file.
    pub process: Option<String>,
    /// The documents themselves, or paths of files beside this one.
    pub definitions: Option<Vec<Value>>,
    /// Paths of further files beside this one, which hold decisions.
    pub decisions: Option<Vec<String>>,
    #[serde(default)]
    pub start: OneOrMany<Start>,
    #[serde(default)]
    pub workers: IndexMap<String, Answer>,
    #[serde(default)]
    pub steps: Vec<Step>,
    pub expect: Option<Expect>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub process: Option<String>,
    pub element: Option<String>,
    #[serde(default)]
    pub variables: Variables,
    #[serde(rename = "businessKey")]
    pub business_key: Option<String>,
}

/// How a worker answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Either<Word, Detailed>")]
pub enum Answer {
    Word(Word),
    Detailed(Box<Detailed>),
}

impl From<Either<Word, Detailed>> for Answer {
    fn from(read: Either<Word, Detailed>) -> Self {
        match read {
            Either::Text(word) => Answer::Word(word),
            Either::Map(detailed) => Answer::Detailed(Box::new(detailed)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    Hold,
    Complete,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detailed {
    /// Waits that long before it answers.
    pub after: Option<String>,
    pub complete: Option<Variables>,
    pub error: Option<BpmnError>,
    pub fail: Option<Failure>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BpmnError {
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    #[serde(default)]
    pub message: String,
    /// How many attempts fail before one succeeds; missing: all.
    pub times: Option<u32>,
    #[serde(default = "yes")]
    pub retryable: bool,
}

fn yes() -> bool {
    true
}

/// One step: exactly one of these, and `times` with `advance`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub start: Option<Start>,
    pub complete: Option<Complete>,
    pub fail: Option<Fail>,
    pub error: Option<ThrowError>,
    pub message: Option<Message>,
    pub signal: Option<Signal>,
    pub trigger: Option<String>,
    pub variables: Option<Variables>,
    pub advance: Option<String>,
    pub times: Option<u32>,
    pub cancel: Option<Cancel>,
    pub resolve: Option<Resolve>,
    pub expect: Option<Expect>,
}

/// Cancels every started instance; it has no keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    pub element: String,
    #[serde(default)]
    pub variables: Variables,
    /// Which of several, counted from 0, the oldest first.
    #[serde(default)]
    pub instance: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fail {
    pub element: String,
    #[serde(default)]
    pub message: String,
    /// 0: the failure is not to be retried.
    pub retries: Option<u32>,
    #[serde(default)]
    pub instance: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThrowError {
    pub element: String,
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub variables: Variables,
    #[serde(default)]
    pub instance: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub name: String,
    #[serde(default, rename = "correlationKey")]
    pub correlation_key: Value,
    #[serde(default)]
    pub variables: Variables,
    pub ttl: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    pub name: String,
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// The element whose incident it is.
    pub element: String,
    pub retries: Option<u32>,
    /// Set on the root scope before it is tried again.
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub deployment: Option<Deployment>,
    pub state: Option<State>,
    pub entered: Option<BTreeMap<String, usize>>,
    pub completed: Option<BTreeMap<String, usize>>,
    pub canceled: Option<BTreeMap<String, usize>>,
    #[serde(default)]
    pub exactly: bool,
    pub jobs: Option<BTreeMap<String, usize>>,
    #[serde(default, rename = "ignoreJobs")]
    pub ignore_jobs: Vec<String>,
    pub order: Option<Vec<String>>,
    pub waiting: Option<BTreeMap<String, usize>>,
    pub variables: Option<Variables>,
    pub incidents: Option<BTreeMap<String, String>>,
    #[serde(default, rename = "incidentOrError")]
    pub incident_or_error: bool,
}

/// What a started instance can be at the end, and in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Active,
    /// Active, and an incident of it is open.
    Incident,
    Completed,
    Terminated,
    Canceled,
    Failed,
}

impl State {
    /// `completed` is the wider word: it came to an end by an end event of its own, be it a terminate end event.
    pub fn holds_for(self, state: State) -> bool {
        self == state || (self, state) == (State::Completed, State::Terminated)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The definitions are refused, with these codes among others.
#[derive(Debug, Deserialize)]
#[serde(from = "Either<RejectedWord, RejectedCodes>")]
pub struct Deployment {
    pub rejected: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RejectedWord {
    Rejected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RejectedCodes {
    rejected: Vec<String>,
}

impl From<Either<RejectedWord, RejectedCodes>> for Deployment {
    fn from(read: Either<RejectedWord, RejectedCodes>) -> Self {
        match read {
            Either::Text(RejectedWord::Rejected) => Deployment { rejected: Vec::new() },
            Either::Map(RejectedCodes { rejected }) => Deployment { rejected },
        }
    }
}
