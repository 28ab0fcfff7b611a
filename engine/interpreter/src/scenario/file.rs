//! The scenario file, as it is written.

use crate::Variables;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub scenario: Option<String>,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    /// A path beside this file.
    pub process: Option<String>,
    /// The documents themselves, or paths of files beside this one.
    pub definitions: Option<Vec<Value>>,
    #[serde(default)]
    pub start: OneOrMany<Start>,
    #[serde(default)]
    pub workers: IndexMap<String, Answer>,
    #[serde(default)]
    pub steps: Vec<Step>,
    pub expect: Option<Expect>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
    None(()),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany::None(())
    }
}

impl<T> OneOrMany<T> {
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::None(()) => &[],
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    pub process: Option<String>,
    pub element: Option<String>,
    #[serde(default)]
    pub variables: Variables,
    #[serde(rename = "businessKey")]
    pub business_key: Option<String>,
}

/// How a worker answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Word(Word),
    Detailed(Box<Detailed>),
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Hold,
    Complete,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Detailed {
    /// Waits that long before it answers.
    pub after: Option<String>,
    pub complete: Option<Variables>,
    pub error: Option<BpmnError>,
    pub fail: Option<Failure>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BpmnError {
    pub code: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failure {
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
pub(super) struct Step {
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
    pub cancel: Option<Value>,
    pub resolve: Option<Resolve>,
    pub expect: Option<Expect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Complete {
    pub element: String,
    #[serde(default)]
    pub variables: Variables,
    /// Which of several, counted from 0, the oldest first.
    #[serde(default)]
    pub instance: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fail {
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
pub(super) struct ThrowError {
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
pub(super) struct Message {
    pub name: String,
    #[serde(default, rename = "correlationKey")]
    pub correlation_key: Value,
    #[serde(default)]
    pub variables: Variables,
    pub ttl: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signal {
    pub name: String,
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Resolve {
    /// The element whose incident it is.
    pub element: String,
    pub retries: Option<u32>,
    /// Set on the root scope before it is tried again.
    #[serde(default)]
    pub variables: Variables,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub deployment: Option<Deployment>,
    pub state: Option<String>,
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

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Deployment {
    /// `rejected`.
    Word(String),
    Codes {
        rejected: Vec<String>,
    },
}

pub(super) fn read(text: &str) -> Result<Scenario, String> {
    // YAML 1.2: `n`, `no` and `off` are names, not truth values.
    let options = serde_saphyr::options! { strict_booleans: true };
    let scenario: Scenario = serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
    if let Some(index) = scenario.steps.iter().position(|step| step.actions() != 1) {
        return Err(format!("steps[{index}]: a step has exactly one action"));
    }
    match (&scenario.process, &scenario.definitions) {
        (Some(_), None) | (None, Some(_)) => Ok(scenario),
        (Some(_), Some(_)) => Err("`process` and `definitions` exclude each other".to_owned()),
        (None, None) => Err("either `process` or `definitions` is needed".to_owned()),
    }
}
