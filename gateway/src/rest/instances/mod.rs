//! Instances: start, list, look, history, cancel, variables.

pub mod history;
pub mod start;
mod view;

use crate::{
    auth::Caller,
    json::{self, Body, Id, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use view::{Instance, InstanceList};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    process_id: Option<String>,
    /// active, completed, terminated, canceled, failed, incident or suspended.
    state: Option<String>,
    business_key: Option<String>,
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetParams {
    /// Wait a moment until the instance has this version: what a command's answer said.
    min_version: Option<u64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelRequest {
    reason: Option<String>,
}

/// What a command answers: committed, as of this version of the instance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Committed {
    instance_id: String,
    version: u64,
}

impl From<proto::CommandReply> for Committed {
    fn from(wire: proto::CommandReply) -> Self {
        Self { instance_id: wire.instance_id, version: wire.version }
    }
}

/// Instances, newest first.
#[utoipa::path(get, path = "/api/v1/instances", params(ListParams), responses((status = 200, body = InstanceList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<ListParams>,
) -> Result<Json<InstanceList>, Problem> {
    let wire = proto::ListInstancesRequest {
        tenant: caller.tenant.to_string(),
        process_id: params.process_id,
        state: params.state,
        business_key: params.business_key,
        limit: super::page_size(params.limit),
        cursor: params.cursor,
    };
    let reply: proto::ListInstancesReply = app.engine.call("list_instances", &wire).await?;
    Ok(Json(reply.into()))
}

/// An instance as it is now: variables, active elements, incidents, children, subscriptions.
#[utoipa::path(get, path = "/api/v1/instances/{id}", params(("id" = String, Path), GetParams),
    responses((status = 200, body = Instance)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(instance_id): Id,
    Params(params): Params<GetParams>,
) -> Result<Json<Instance>, Problem> {
    let wire =
        proto::GetInstanceRequest { tenant: caller.tenant.to_string(), instance_id, min_version: params.min_version };
    let reply: proto::GetInstanceReply = app.engine.call("get_instance", &wire).await?;
    Ok(Json(reply.into()))
}

/// Ends an instance and everything in it.
#[utoipa::path(post, path = "/api/v1/instances/{id}/cancel", params(("id" = String, Path)),
    request_body = CancelRequest, responses((status = 200, body = Committed)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(instance_id): Id,
    Body(request): Body<CancelRequest>,
) -> Result<Json<Committed>, Problem> {
    let wire = proto::CancelInstanceRequest {
        tenant: caller.tenant.to_string(),
        instance_id,
        reason: request.reason,
        by: caller.by.to_string(),
    };
    let reply: proto::CommandReply = app.engine.call("cancel_instance", &wire).await?;
    Ok(Json(reply.into()))
}

/// Sets variables of the root scope; the others stay.
#[utoipa::path(put, path = "/api/v1/instances/{id}/variables", params(("id" = String, Path)),
    request_body(content = Object), responses((status = 200, body = Committed)))]
pub async fn set_variables(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(instance_id): Id,
    Body(variables): Body<Map<String, Value>>,
) -> Result<Json<Committed>, Problem> {
    let wire = proto::SetVariablesRequest {
        tenant: caller.tenant.to_string(),
        instance_id,
        variables: json::object_bytes(&variables),
        by: caller.by.to_string(),
    };
    let reply: proto::CommandReply = app.engine.call("set_variables", &wire).await?;
    Ok(Json(reply.into()))
}
