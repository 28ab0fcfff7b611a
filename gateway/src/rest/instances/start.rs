//! A new instance.

use crate::{auth::Caller, json, json::Body, problem::Problem, rest::idempotency_key, state::App};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRequest {
    process_id: String,
    /// The latest when absent.
    #[serde(default)]
    version: u32,
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
    business_key: Option<String>,
    /// For processes with several start events.
    start_element_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    instance_id: String,
    version: u64,
    definition_key: String,
    process_version: u32,
}

/// Starts an instance. With an `Idempotency-Key`, the same request starts it once.
#[utoipa::path(post, path = "/api/v1/instances", params(("Idempotency-Key" = Option<String>, Header)),
    request_body = StartRequest, responses((status = 201, body = Started)))]
pub async fn start(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(request): Body<StartRequest>,
) -> Result<(StatusCode, Json<Started>), Problem> {
    let wire = proto::StartInstanceRequest {
        tenant: caller.tenant.to_string(),
        process_id: request.process_id,
        version: request.version,
        variables: json::object_bytes(&request.variables),
        business_key: request.business_key,
        command_id: idempotency_key(&headers)?,
        start_element_id: request.start_element_id,
        by: caller.by.to_string(),
    };
    let reply: proto::StartInstanceReply = app.engine.call("start_instance", &wire).await?;
    let started = Started {
        instance_id: reply.instance_id,
        version: reply.version,
        definition_key: reply.definition_key,
        process_version: reply.process_version,
    };
    Ok((StatusCode::CREATED, Json(started)))
}
