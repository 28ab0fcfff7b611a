//! Signals for everything that listens, and for what they start.

use crate::{auth::Caller, json, json::Body, problem::Problem, state::App};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignalRequest {
    name: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reached {
    /// Instances that listened, and that it started.
    reached: u32,
}

/// Broadcasts a signal.
#[utoipa::path(post, path = "/api/v1/signals", request_body = SignalRequest,
    responses((status = 200, body = Reached)))]
pub async fn broadcast(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<SignalRequest>,
) -> Result<Json<Reached>, Problem> {
    let wire = proto::BroadcastSignalRequest {
        tenant: caller.tenant.to_string(),
        name: request.name,
        variables: json::object_bytes(&request.variables),
        by: caller.by.to_string(),
    };
    let reply: proto::BroadcastSignalReply = app.engine.call("broadcast_signal", &wire).await?;
    Ok(Json(Reached { reached: reply.reached }))
}
