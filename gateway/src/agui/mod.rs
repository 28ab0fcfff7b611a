//! AG-UI 1.0: an instance as a conversation that any AG-UI client can follow and answer.
//!
//! A thread is an instance (its business key is the thread's id), a run is a stretch of it: from a start or an answer
//! until the instance ends or waits for people only. The events are a projection of the same [`crate::live`] messages
//! that a browser gets; what AG-UI has no word for is a `CUSTOM` event that carries the message as it is.

mod event;
mod input;
mod project;
mod run;

pub use run::run;
