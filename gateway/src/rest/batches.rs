//! Batches: one operation on many instances, with its progress.

use crate::{
    auth::Caller,
    json::{self, Body, Id, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRequest {
    /// cancel, retry, suspend, resume, setVariables, modify or migrate.
    operation: String,
    /// `{processId?, version?, state?, incidentCode?, elementId?, instanceIds?}`
    #[schema(value_type = Object)]
    filter: Map<String, Value>,
    /// Those of the operation.
    #[serde(default)]
    #[schema(value_type = Object)]
    arguments: Map<String, Value>,
    /// Only count.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
    cursor: Option<String>,
}

/// Does one operation to all instances of a filter, in the background.
#[utoipa::path(post, path = "/api/v1/batches", request_body = CreateRequest,
    responses((status = 201, body = Object), (status = 200, description = "A dry run", body = Object)))]
pub async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<CreateRequest>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let status = if request.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    let mut operation = request.arguments;
    operation.insert("operation".to_owned(), request.operation.into());
    let wire = proto::CreateBatchRequest {
        tenant: caller.tenant.to_string(),
        operation: json::object_bytes(&operation),
        filter: json::object_bytes(&request.filter),
        dry_run: request.dry_run,
        by: caller.by.to_string(),
    };
    let reply: proto::BatchReply = app.engine.call("create_batch", &wire).await?;
    Ok((status, Json(json::value(&reply.batch))))
}

/// Batches, newest first.
#[utoipa::path(get, path = "/api/v1/batches", params(ListParams), responses((status = 200, body = Object)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, Problem> {
    let limit = super::page_size(params.limit);
    let wire = proto::ListBatchesRequest { tenant: caller.tenant.to_string(), limit, cursor: params.cursor };
    let reply: proto::BatchReply = app.engine.call("list_batches", &wire).await?;
    Ok(Json(json::value(&reply.batch)))
}

/// A batch: how far it is, and what was refused.
#[utoipa::path(get, path = "/api/v1/batches/{id}", params(("id" = String, Path)), responses((status = 200, body = Object)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(batch_id): Id,
) -> Result<Json<Value>, Problem> {
    let wire = proto::GetBatchRequest { tenant: caller.tenant.to_string(), batch_id };
    let reply: proto::BatchReply = app.engine.call("get_batch", &wire).await?;
    Ok(Json(json::value(&reply.batch)))
}

/// Holds a batch.
#[utoipa::path(post, path = "/api/v1/batches/{id}/pause", params(("id" = String, Path)), responses((status = 200, body = Object)))]
pub async fn pause(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    change(&app, &caller, id, "pause").await
}

/// Lets a batch go on that was paused.
#[utoipa::path(post, path = "/api/v1/batches/{id}/resume", params(("id" = String, Path)), responses((status = 200, body = Object)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    change(&app, &caller, id, "resume").await
}

/// Ends a batch; what it has done stays done.
#[utoipa::path(post, path = "/api/v1/batches/{id}/cancel", params(("id" = String, Path)), responses((status = 200, body = Object)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    change(&app, &caller, id, "cancel").await
}

async fn change(app: &App, caller: &Caller, batch_id: String, change: &str) -> Result<Json<Value>, Problem> {
    let (tenant, by, change) = (caller.tenant.to_string(), caller.by.to_string(), change.to_owned());
    let wire = proto::ChangeBatchRequest { tenant, batch_id, change, by };
    let reply: proto::BatchReply = app.engine.call("change_batch", &wire).await?;
    Ok(Json(json::value(&reply.batch)))
}
