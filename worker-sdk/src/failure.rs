//! The three ways a job can fail. They differ in who has to act: nobody (it is tried again), the process (a modelled
//! BPMN error), or a person (a bug, an incident at once).

use crate::Question;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{error::Error, fmt, time::Duration};

/// Why a handler could not do its job.
///
/// Any [`std::error::Error`] turns into a retryable failure by `?`, its causes in the message.
#[derive(Debug, Clone, PartialEq)]
pub enum JobFailure {
    /// Trying again can help. The engine counts attempts and waits as the definition says; `after` overrides the wait.
    Retryable {
        /// For people.
        message: String,
        /// When the next attempt begins; as the definition says when missing.
        after: Option<Duration>,
    },
    /// What the process expects to go wrong: caught by the error boundary event with this code.
    BpmnError {
        /// What boundary events catch it by.
        code: String,
        /// For people.
        message: String,
        /// Set before the boundary event is taken.
        variables: Map<String, Value>,
    },
    /// Trying again cannot help: an incident at once, for a person to resolve.
    Bug {
        /// Shown with the incident.
        message: String,
    },
    /// No failure: a person has to answer before it can go on. What [`Context::ask`](crate::Context::ask) gives.
    Asks(Box<Question>),
}

impl JobFailure {
    /// It may work next time.
    pub fn retryable(message: impl Into<String>) -> Self {
        JobFailure::Retryable { message: message.into(), after: None }
    }

    /// The process has a way for this: the error boundary event with this code.
    pub fn bpmn_error(code: impl Into<String>, message: impl Into<String>) -> Self {
        JobFailure::BpmnError { code: code.into(), message: message.into(), variables: Map::new() }
    }

    /// A person has to look at it.
    pub fn bug(message: impl Into<String>) -> Self {
        JobFailure::Bug { message: message.into() }
    }

    /// The next attempt begins after this long. Means something for a retryable failure only.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        if let JobFailure::Retryable { after, .. } = &mut self {
            *after = Some(wait);
        }
        self
    }

    /// Variables that a BPMN error brings along: an object. Anything else, and other failures, bring none.
    #[must_use]
    pub fn with(mut self, brought: impl Serialize) -> Self {
        if let JobFailure::BpmnError { variables, .. } = &mut self
            && let Ok(Value::Object(brought)) = serde_json::to_value(brought)
        {
            variables.extend(brought);
        }
        self
    }

    /// Retryable, with the error and its causes as the message.
    pub(crate) fn of_error(error: &(dyn Error + 'static)) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message.push_str(": ");
            message.push_str(&error.to_string());
            cause = error.source();
        }
        JobFailure::retryable(message)
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        match self {
            JobFailure::Retryable { message, .. }
            | JobFailure::BpmnError { message, .. }
            | JobFailure::Bug { message } => message,
            JobFailure::Asks(question) => question.title(),
        }
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JobFailure::Retryable { message, .. } => write!(f, "{message} (can be tried again)"),
            JobFailure::BpmnError { code, message, .. } => write!(f, "BPMN error {code}: {message}"),
            JobFailure::Bug { message } => write!(f, "{message} (trying again cannot help)"),
            JobFailure::Asks(question) => write!(f, "it waits for a person: {}", question.title()),
        }
    }
}

impl<E: Error + 'static> From<E> for JobFailure {
    fn from(error: E) -> Self {
        JobFailure::of_error(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_keeps_what_belongs_to_it() {
        let wait = Duration::from_secs(3);
        let retryable = JobFailure::retryable("busy").after(wait).with(json!({"a": 1}));
        assert_eq!(retryable, JobFailure::Retryable { message: "busy".into(), after: Some(wait) });
        let JobFailure::BpmnError { code, variables, .. } = JobFailure::bpmn_error("E", "m").with(json!({"a": 1}))
        else {
            panic!("not a BPMN error");
        };
        assert_eq!((code.as_str(), variables.get("a")), ("E", Some(&json!(1))));
        assert_eq!(JobFailure::bug("no").after(wait), JobFailure::Bug { message: "no".into() });
    }

    #[test]
    fn other_errors_are_retryable() {
        let failure: JobFailure = std::io::Error::other("the disk").into();
        assert_eq!(failure, JobFailure::retryable("the disk"));
    }
}
