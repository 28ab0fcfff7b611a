//! [AG-UI](https://docs.ag-ui.com) 1.0 for servers: how an agent tells a user interface what it does, and asks it.
//!
//! - [`Event`] and [`Kind`]: the 31 events, each with its shape and its place in the specification.
//! - [`RunAgentInput`]: what a client sends to begin a run, or to answer an interrupted one with [`Resume`].
//! - [`Message`]: the conversation; [`Outcome`] and [`Interrupt`]: how a run ends, and what it waits for.
//! - [`Verifier`]: the order that the events of a stream must keep, checked strictly: what the official client only
//!   warns of or passes over in silence is an error here.
//! - [`Thread`]: what a client makes of a stream: its state, its messages, the interrupts that are open.
//! - [`frame`]: an event as a server-sent event that the official client reads.
//! - [`AgentCapabilities`]: what an agent says of itself.
//!
//! A stream is a sequence of runs of one thread. It is valid when each run begins with `RUN_STARTED`, ends with
//! `RUN_FINISHED` or `RUN_ERROR`, and leaves nothing open in between:
//!
//! ```
//! use agui::{Event, Kind, Outcome, Verifier};
//!
//! let events = [
//!     Kind::run_started("thread-1", "run-1"),
//!     Kind::step_started("charge"),
//!     Kind::step_finished("charge"),
//!     Kind::run_finished("thread-1", "run-1", Outcome::Success { pending_tool_call_ids: Vec::new() }),
//! ]
//! .map(Event::from);
//!
//! let mut verifier = Verifier::default();
//! for event in &events {
//!     verifier.accept(event)?;
//! }
//! verifier.finish()?;
//! # Ok::<(), agui::Violation>(())
//! ```
//!
//! On the wire field names are in camel case, absent fields are left out (`null` is refused by clients), ids are
//! texts, and a timestamp is a whole number of milliseconds since 1970. Types are open where the specification says
//! `any`: those fields are [`serde_json::Value`].
//!
//! Deliberately absent: the binary encoding (no client asks for it), and the `THINKING_*` events of drafts before 1.0.

mod capabilities;
mod event;
mod input;
mod message;
mod outcome;
mod patch;
mod reference;
mod thread;
mod verify;

pub use capabilities::{
    AgentCapabilities, ExecutionCapabilities, HumanInTheLoopCapabilities, IdentityCapabilities, MultiAgentCapabilities,
    ReasoningCapabilities, StateCapabilities, SubagentInfo, TransportCapabilities,
};
pub use event::{EncryptedSubtype, Event, Kind, ReasoningRole, ToolRole, frame};
pub use input::{Context, Resume, ResumeStatus, RunAgentInput, Tool};
pub use message::{Body, Content, ContentPart, FunctionCall, Message, PartKind, Source, TextRole, ToolCall};
pub use outcome::{Interrupt, Outcome, SubagentOutcome, TokenUsage};
pub use patch::{Operation, PatchError, apply};
pub use reference::{Field, Row, reference};
pub use thread::{Thread, ThreadError};
pub use verify::{Verifier, Violation};

/// The version of the protocol that is spoken here, as `RUN_STARTED` says it.
pub const PROTOCOL_VERSION: &str = "1.0";
