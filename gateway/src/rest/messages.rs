//! Messages for waiting instances, or ones that start new instances.

use crate::{auth::Caller, json, json::Body, problem::Problem, state::App};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublishRequest {
    name: String,
    #[serde(default)]
    correlation_key: String,
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
    /// How long it waits for a receiver, in milliseconds; without it, one must be there now.
    #[serde(default)]
    ttl_ms: u64,
    /// The same id is published once.
    message_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// Receivers that it reached at once; 0: it waits for one.
    correlated: u32,
}

/// Publishes a message.
#[utoipa::path(post, path = "/api/v1/messages", request_body = PublishRequest,
    responses((status = 200, body = Published)))]
pub async fn publish(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<PublishRequest>,
) -> Result<Json<Published>, Problem> {
    let wire = proto::PublishMessageRequest {
        tenant: caller.tenant.to_string(),
        name: request.name,
        correlation_key: request.correlation_key,
        variables: json::object_bytes(&request.variables),
        ttl_ms: request.ttl_ms,
        message_id: request.message_id,
        by: caller.by.to_string(),
    };
    let reply: proto::PublishMessageReply = app.engine.call("publish_message", &wire).await?;
    Ok(Json(Published { correlated: reply.correlated }))
}
