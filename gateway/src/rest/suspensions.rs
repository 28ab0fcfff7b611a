//! Suspended processes, of which nothing new starts, and suspended types of jobs, which wait.

use crate::{
    auth::Caller,
    json::{self, Body, Id},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProcessRequest {
    /// One version; all when absent.
    #[serde(default)]
    version: u32,
    /// What runs too, by a batch.
    #[serde(default)]
    with_instances: bool,
}

/// What has begun or ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    name: String,
    suspended: bool,
    /// The batch that does it to what runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    batch_id: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suspensions {
    suspensions: Vec<Suspension>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// process or jobType.
    kind: String,
    name: String,
    /// Of a process; 0: all.
    version: u32,
    since: String,
    by: String,
}

/// Nothing new of a process starts until it is resumed.
#[utoipa::path(post, path = "/api/v1/processes/{id}/suspend", params(("id" = String, Path)),
    request_body = ProcessRequest, responses((status = 200, body = Changed)))]
pub async fn suspend_process(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(name): Id,
    Body(request): Body<ProcessRequest>,
) -> Result<Json<Changed>, Problem> {
    set(&app, &caller, "process", name, request, true).await
}

/// What was ordered meanwhile starts now.
#[utoipa::path(post, path = "/api/v1/processes/{id}/resume", params(("id" = String, Path)),
    request_body = ProcessRequest, responses((status = 200, body = Changed)))]
pub async fn resume_process(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(name): Id,
    Body(request): Body<ProcessRequest>,
) -> Result<Json<Changed>, Problem> {
    set(&app, &caller, "process", name, request, false).await
}

/// Jobs of this type wait until it is resumed.
#[utoipa::path(post, path = "/api/v1/job-types/{id}/suspend", params(("id" = String, Path)),
    responses((status = 200, body = Changed)))]
pub async fn suspend_job_type(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(name): Id,
) -> Result<Json<Changed>, Problem> {
    set(&app, &caller, "jobType", name, ProcessRequest::default(), true).await
}

/// Jobs of this type that have waited go to workers.
#[utoipa::path(post, path = "/api/v1/job-types/{id}/resume", params(("id" = String, Path)),
    responses((status = 200, body = Changed)))]
pub async fn resume_job_type(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(name): Id,
) -> Result<Json<Changed>, Problem> {
    set(&app, &caller, "jobType", name, ProcessRequest::default(), false).await
}

async fn set(
    app: &App,
    caller: &Caller,
    kind: &str,
    name: String,
    request: ProcessRequest,
    suspended: bool,
) -> Result<Json<Changed>, Problem> {
    let wire = proto::SetSuspensionRequest {
        tenant: caller.tenant.to_string(),
        kind: kind.to_owned(),
        name: name.clone(),
        version: request.version,
        suspended,
        with_instances: request.with_instances,
        by: caller.by.to_string(),
    };
    let reply: proto::SuspensionReply = app.engine.call("set_suspension", &wire).await?;
    Ok(Json(Changed { name, suspended, batch_id: reply.batch_id }))
}

/// What is suspended.
#[utoipa::path(get, path = "/api/v1/suspensions", responses((status = 200, body = Suspensions)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Suspensions>, Problem> {
    let wire = proto::ListSuspensionsRequest { tenant: caller.tenant.to_string() };
    let reply: proto::ListSuspensionsReply = app.engine.call("list_suspensions", &wire).await?;
    let suspensions = reply.suspensions.into_iter().map(|it| Suspension {
        kind: it.kind,
        name: it.name,
        version: it.version,
        since: json::time(it.since),
        by: it.by,
    });
    Ok(Json(Suspensions { suspensions: suspensions.collect() }))
}
