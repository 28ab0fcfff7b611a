//! The pure core: what BPMN means.
//!
//! No clock, no random numbers, no I/O, no tokio, SQL, NATS or logging: time and fresh ids come in with the command,
//! and everything that must happen outside goes out as an [`effect::Effect`].
//!
//! ```text
//! Definitions ── compile ──▶ Process          (arrays and indexes; nothing is looked up by name while running)
//! step(&Process, Instance, Command) ──▶ Outcome { instance, events, effects }  |  Rejection
//! Instance::apply(&Event)                     the only way state changes; folding the history gives the state
//! ```

mod apply;
pub mod command;
mod commands;
mod compile;
pub mod decide;
pub mod decision;
pub mod effect;
mod elements;
pub mod elements_by_key;
pub mod event;
pub mod expression;
mod form;
pub mod ids;
pub mod instance;
pub mod job;
pub mod limits;
mod message_flows;
pub mod migrate;
pub mod outcome;
pub mod process;
mod proof;
mod run;
pub mod scenario;
pub mod start_together;
mod step;
pub mod template;
#[cfg(test)]
mod testing;
pub mod time;
mod variables;
pub mod why;

pub use command::{Command, CommandKind};
pub use compile::{compile, compile_among};
pub use effect::Effect;
pub use event::{Event, EventKind};
pub use ids::{DefinitionKey, ElementIndex, FlowIndex, InstanceId, Key, Timestamp};
pub use instance::{ElementInstance, Instance, InstanceState};
pub use job::{Baggage, JobError, JobPayload, job_payload};
pub use message_flows::MessageFlows;
pub use outcome::{Outcome, Rejection, RejectionCode};
pub use process::Process;
pub use proof::prove;
pub use step::{Advance, advance, step};

/// Variables by name, in the order they were given.
pub type Variables = serde_json::Map<String, serde_json::Value>;
