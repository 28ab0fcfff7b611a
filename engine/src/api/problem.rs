//! Why a request was not carried out, as codes that programs may rely on.

use crate::{definitions::DefinitionError, request::Refusal, world::Revival};
use interpreter::{Rejection, RejectionCode};
use proto::{Diagnostic, Problem};

#[derive(Debug)]
pub enum Failure {
    NotFound(String),
    Invalid(String),
    Conflict(String),
    LimitExceeded(String),
    /// It speaks a version of the wire that is no longer understood.
    WorkerTooOld(String),
    InstanceEnded(String),
    /// It has to be resumed first.
    Suspended(String),
    /// A decision has no answer for what it was told.
    Decision(String),
    /// Everything that is wrong with the files.
    Deployment(Vec<Diagnostic>),
    /// Too much at once.
    Busy,
    /// Nothing new is let in, and why.
    Overloaded(&'static str),
    /// A server that we need is away.
    Unavailable,
    /// A newer engine has moved the instance on, or it is damaged: another engine may be able to.
    Unreadable(String),
    /// Ours; what it was is in the log.
    Internal(String),
}

impl Failure {
    pub fn not_found(message: impl Into<String>) -> Failure {
        Failure::NotFound(message.into())
    }

    pub fn invalid(message: impl Into<String>) -> Failure {
        Failure::Invalid(message.into())
    }

    /// The answer is more than NATS carries.
    pub fn too_large(bytes: usize, allowed: usize) -> Failure {
        Failure::LimitExceeded(format!(
            "the answer has {bytes} bytes, and the NATS server carries {allowed}: ask for less, or raise its `max_payload`"
        ))
    }

    /// refused: what was asked cannot be; later: not now; failed: something is wrong here.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Internal(_) => "failed",
            Failure::Busy | Failure::Overloaded(_) | Failure::Unavailable | Failure::Unreadable(_) => "later",
            _ => "refused",
        }
    }

    pub fn into_problem(self, subject: &str) -> Problem {
        let (code, status, message) = match self {
            Failure::NotFound(message) => ("NOT_FOUND", 404, message),
            Failure::Invalid(message) => ("INVALID", 400, message),
            Failure::Conflict(message) => ("CONFLICT", 409, message),
            Failure::LimitExceeded(message) => ("LIMIT_EXCEEDED", 413, message),
            Failure::WorkerTooOld(message) => ("WORKER_TOO_OLD", 426, message),
            Failure::InstanceEnded(message) => ("INSTANCE_ENDED", 409, message),
            Failure::Suspended(message) => ("SUSPENDED", 409, message),
            Failure::Decision(message) => ("DECISION_FAILED", 422, message),
            Failure::Deployment(diagnostics) => return rejected(diagnostics),
            Failure::Overloaded(why) => return overloaded(why),
            Failure::Busy => return later("too much is waiting"),
            Failure::Unavailable => return later("the engine cannot reach a server that it needs"),
            Failure::Unreadable(why) => {
                tracing::error!(subject, why, "an instance cannot be read");
                return later(&why);
            }
            Failure::Internal(why) => {
                tracing::error!(subject, why, "a request failed");
                ("INTERNAL", 500, "something is wrong in the engine; its log says what".to_owned())
            }
        };
        Problem { code: code.to_owned(), status, message, ..Problem::default() }
    }
}

fn rejected(diagnostics: Vec<Diagnostic>) -> Problem {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == "error").count();
    Problem {
        code: "DEPLOYMENT_REJECTED".to_owned(),
        status: 422,
        message: format!("nothing was deployed: {errors} problem{}", if errors == 1 { "" } else { "s" }),
        diagnostics,
        ..Problem::default()
    }
}

fn overloaded(why: &str) -> Problem {
    Problem {
        code: "LIMIT_EXCEEDED".to_owned(),
        status: 429,
        message: format!("nothing new can be started now: {why}"),
        retry_after_ms: Some(2_000),
        ..Problem::default()
    }
}

fn later(message: &str) -> Problem {
    Problem {
        code: "UNAVAILABLE".to_owned(),
        status: 503,
        message: message.to_owned(),
        retry_after_ms: Some(1_000),
        ..Problem::default()
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        if error.is_connection_lost() || error.is_transient() {
            tracing::warn!(%error, "Postgres could not answer");
            return Failure::Unavailable;
        }
        Failure::Internal(error.to_string())
    }
}

impl From<DefinitionError> for Failure {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::Store(error) => error.into(),
            other => Failure::Internal(other.to_string()),
        }
    }
}

impl From<Revival> for Failure {
    fn from(error: Revival) -> Self {
        match error {
            Revival::Store(error) => error.into(),
            Revival::Unreadable(why) => Failure::Unreadable(why),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(Rejection { code, message }) => match code {
                RejectionCode::NotFound => Failure::NotFound(message),
                RejectionCode::StaleAttempt => Failure::Conflict(message),
                RejectionCode::InstanceEnded => Failure::InstanceEnded(message),
                RejectionCode::Suspended => Failure::Suspended(message),
                RejectionCode::Invalid => Failure::Invalid(message),
                RejectionCode::LimitExceeded => Failure::LimitExceeded(message),
            },
            Refusal::UnknownInstance => Failure::not_found("there is no such instance"),
            Refusal::NotThere => Failure::Conflict("nothing is active at that element".to_owned()),
            Refusal::Gone => Failure::Conflict("it was done already".to_owned()),
            Refusal::OtherEpoch | Refusal::Unavailable => Failure::Unavailable,
            Refusal::Unreadable(why) => Failure::Unreadable(why),
            Refusal::Failed(why) => Failure::Internal(why),
        }
    }
}
