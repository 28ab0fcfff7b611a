//! AG-UI 1.0: an instance as a conversation that any AG-UI client can follow and answer.
//!
//! A thread is an instance (its business key is the thread's id, or the thread's id is the instance's), a run is a stretch
//! of it: from a start, an answer or the moment somebody joins, until the instance ends or waits for people only. The
//! events are a projection of the same [`crate::live`] messages that a browser gets; what AG-UI has no word for is a
//! `CUSTOM` event that carries the message as it is. `engine/docs/ag-ui.md` is the manual.
//!
//! - [`run`]: messages to events, with [`state`] (what the client sees as state), [`speech`] (what agents say) and
//!   [`activity`] (what is drawn beside the elements).
//! - [`interrupt`]: what an instance waits for, and who may answer it; [`answer`]: the answers.
//! - [`mod@conversation`]: what an agent has said before, from its transcript.
//! - [`opening`]: which part of the history a run begins with; [`stream`]: a run as a stream; [`start`], [`join`],
//!   [`socket`], [`capabilities`]: the routes.

mod activity;
mod answer;
mod capabilities;
mod conversation;
mod interrupt;
mod join;
mod opening;
mod run;
#[cfg(test)]
mod run_tests;
mod socket;
mod speech;
mod start;
mod state;
mod stream;

pub use conversation::conversation;

use crate::state::App;
use axum::{
    Router,
    routing::{get, post},
};
use std::sync::Arc;

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/agui/{process_id}", post(start::start))
        .route("/agui/{process_id}/capabilities", get(capabilities::capabilities))
        .route("/agui/threads/{thread_id}/events", get(join::events))
        .route("/agui/threads/{thread_id}/ws", get(socket::websocket))
}
