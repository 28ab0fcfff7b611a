//! What operators do to instances: suspend, resume, retry, modify, migrate. Each is in the audit log.

use crate::{
    auth::Caller,
    json::{self, Body, Id},
    problem::Problem,
    rest::instances::Committed,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryRequest {
    /// Attempts that jobs with an incident get now; the definition's when absent.
    #[serde(default)]
    retries: u32,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ModifyRequest {
    /// Keys of element instances to end, with everything in them.
    #[serde(default)]
    end: Vec<u64>,
    #[serde(default)]
    begin: Vec<Beginning>,
}

/// A token at an element.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Beginning {
    /// Its id.
    element: String,
    /// The scope that it begins in, or one around that; needed where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope_key: Option<u64>,
    /// Its own, set before it begins.
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MigrateRequest {
    to_version: u32,
    /// By ids of elements: old and new, where they differ.
    #[serde(default)]
    mapping: BTreeMap<String, String>,
    /// Only plan.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    instance_id: String,
    version: u64,
    /// `{moves: [{from, to, count}], kept, renewed, ended, problems: [{elementId, message}]}`; kept, renewed and ended are ids of events.
    #[schema(value_type = Object)]
    plan: Value,
}

/// Stops an instance: nothing moves until it is resumed, and nothing is lost.
#[utoipa::path(post, path = "/api/v1/instances/{id}/suspend", params(("id" = String, Path)),
    responses((status = 200, body = Committed)))]
pub async fn suspend(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Committed>, Problem> {
    operate(&app, &caller, id, &json!({"operation": "suspend"})).await
}

/// Lets a suspended instance go on, its timers with the time that they had left.
#[utoipa::path(post, path = "/api/v1/instances/{id}/resume", params(("id" = String, Path)),
    responses((status = 200, body = Committed)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Committed>, Problem> {
    operate(&app, &caller, id, &json!({"operation": "resume"})).await
}

/// Tries everything again that waits for it: what has an incident, and jobs between two attempts.
#[utoipa::path(post, path = "/api/v1/instances/{id}/retry", params(("id" = String, Path)),
    request_body = RetryRequest, responses((status = 200, body = Committed)))]
pub async fn retry(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Body(request): Body<RetryRequest>,
) -> Result<Json<Committed>, Problem> {
    operate(&app, &caller, id, &json!({"operation": "retry", "retries": request.retries})).await
}

/// Moves and adds tokens: ends element instances, and begins others.
#[utoipa::path(post, path = "/api/v1/instances/{id}/modify", params(("id" = String, Path)),
    request_body = ModifyRequest, responses((status = 200, body = Committed)))]
pub async fn modify(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Body(request): Body<ModifyRequest>,
) -> Result<Json<Committed>, Problem> {
    let operation = json!({"operation": "modify", "end": request.end, "begin": request.begin});
    operate(&app, &caller, id, &operation).await
}

/// Lets an instance go on by another version of its process, or says what that would do.
#[utoipa::path(post, path = "/api/v1/instances/{id}/migrate", params(("id" = String, Path)),
    request_body = MigrateRequest, responses((status = 200, body = Migration)))]
pub async fn migrate(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Body(request): Body<MigrateRequest>,
) -> Result<Json<Migration>, Problem> {
    let MigrateRequest { to_version, mapping, dry_run } = request;
    let operation = json!({"operation": "migrate", "toVersion": to_version, "mapping": mapping});
    let reply = call(&app, &caller, id, &operation, dry_run).await?;
    let plan = json::value(&reply.result);
    Ok(Json(Migration { instance_id: reply.instance_id, version: reply.version, plan }))
}

async fn operate(app: &App, caller: &Caller, id: String, operation: &Value) -> Result<Json<Committed>, Problem> {
    let reply = call(app, caller, id, operation, false).await?;
    Ok(Json(proto::CommandReply { instance_id: reply.instance_id, version: reply.version }.into()))
}

pub async fn call(
    app: &App,
    caller: &Caller,
    instance_id: String,
    operation: &Value,
    dry_run: bool,
) -> Result<proto::OperateReply, Problem> {
    let wire = proto::OperateRequest {
        tenant: caller.tenant.to_string(),
        instance_id,
        operation: operation.to_string().into(),
        dry_run,
        by: caller.by.to_string(),
    };
    app.engine.call("operate", &wire).await
}
