//! The REST routes, one file per resource, and the OpenAPI 3.1 document that is made from them.

mod agents;
mod audit;
mod batches;
mod decisions;
mod deployments;
mod events;
mod files;
mod incidents;
mod instances;
mod mail;
mod me;
mod messages;
mod openapi;
mod operations;
mod processes;
mod signals;
mod statistics;
mod suspensions;
mod user_tasks;
mod workbench;

use crate::{problem::Problem, state::App};
use axum::http::HeaderMap;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use agents::{Record, conversation, transcript_of};
pub use files::MAX_UPLOAD;
pub use openapi::openapi;
pub use operations::call as operation;
pub use user_tasks::FormField;

/// Every documented route but the files' (their bodies are larger).
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(me::me))
        .routes(routes!(deployments::deploy))
        .routes(routes!(workbench::preview))
        .routes(routes!(workbench::play))
        .routes(routes!(statistics::statistics))
        .routes(routes!(processes::list))
        .routes(routes!(processes::get))
        .routes(routes!(decisions::list))
        .routes(routes!(decisions::get))
        .routes(routes!(decisions::evaluate))
        .routes(routes!(instances::start::start, instances::list))
        .routes(routes!(instances::get))
        .routes(routes!(instances::history::history))
        .routes(routes!(instances::cancel))
        .routes(routes!(instances::set_variables))
        .routes(routes!(operations::suspend))
        .routes(routes!(operations::resume))
        .routes(routes!(operations::retry))
        .routes(routes!(operations::modify))
        .routes(routes!(operations::migrate))
        .routes(routes!(suspensions::suspend_process))
        .routes(routes!(suspensions::resume_process))
        .routes(routes!(suspensions::suspend_job_type))
        .routes(routes!(suspensions::resume_job_type))
        .routes(routes!(suspensions::list))
        .routes(routes!(audit::list))
        .routes(routes!(batches::create, batches::list))
        .routes(routes!(batches::get))
        .routes(routes!(batches::pause))
        .routes(routes!(batches::resume))
        .routes(routes!(batches::cancel))
        .routes(routes!(events::events))
        .routes(routes!(messages::publish))
        .routes(routes!(signals::broadcast))
        .routes(routes!(user_tasks::list))
        .routes(routes!(user_tasks::get))
        .routes(routes!(user_tasks::claim))
        .routes(routes!(user_tasks::complete))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::resolve))
        .routes(routes!(agents::transcript))
        .routes(routes!(mail::mail))
}

/// The routes of files, whose body limit is their own.
pub fn file_routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(files::upload)).routes(routes!(files::download))
}

/// The `Idempotency-Key` header: the same key carries the command out once and gets the same answer.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=200).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::invalid("`Idempotency-Key` is text of 1 to 200 characters")),
    }
}

/// Rows a page of a list has when the request does not say.
fn page_size(limit: Option<u32>) -> u32 {
    limit.unwrap_or(50).clamp(1, 500)
}
