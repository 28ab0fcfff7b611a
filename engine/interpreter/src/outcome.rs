//! The answer to a command.

use crate::{Effect, Event, Instance};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub instance: Instance,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

/// The asker's fault. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    pub code: RejectionCode,
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RejectionCode {
    /// No such element instance, job, timer, subscription, task or incident: over already, or never there.
    NotFound,
    /// A result for an attempt that is not the current one.
    StaleAttempt,
    /// The instance has ended.
    InstanceEnded,
    /// It exists and the command does not fit it, or its values do not.
    Invalid,
    /// The instance is suspended; it has to be resumed first.
    Suspended,
    /// A limit would be passed.
    LimitExceeded,
}
