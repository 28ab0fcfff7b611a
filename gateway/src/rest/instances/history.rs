//! The history of an instance as the engine keeps it: batches of events, one for each step.

use crate::{
    auth::Caller,
    event::describe,
    json::{self, Id, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryParams {
    /// The first sequence number; 1 when absent.
    from: Option<u64>,
    /// Events at most, 1 to 1000; 500 when absent.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    batches: Vec<Batch>,
    /// More is there.
    more: bool,
}

/// The events of one step. The first has the sequence number `firstSeq`, the others follow without gaps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    first_seq: u64,
    events: Vec<HistoryEvent>,
    #[serde(skip_serializing_if = "String::is_empty")]
    traceparent: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// `elementActivated`, `jobFailed` …
    #[serde(rename = "type")]
    kind: &'static str,
    at: String,
    /// The element instance, or the scope.
    key: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    element_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    element_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    element_type: String,
    /// What this kind of event says besides.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// What happened, in order.
#[utoipa::path(get, path = "/api/v1/instances/{id}/history", params(("id" = String, Path), HistoryParams),
    responses((status = 200, body = History)))]
pub async fn history(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(instance_id): Id,
    Params(params): Params<HistoryParams>,
) -> Result<Json<History>, Problem> {
    let wire = proto::GetHistoryRequest {
        tenant: caller.tenant.to_string(),
        instance_id,
        from_seq: params.from.unwrap_or(1).max(1),
        limit: params.limit.unwrap_or(500).clamp(1, 1000),
    };
    let reply: proto::GetHistoryReply = app.engine.call("get_history", &wire).await?;
    Ok(Json(History { batches: reply.batches.into_iter().map(batch).collect(), more: reply.more }))
}

fn batch(wire: proto::EventBatch) -> Batch {
    let events = wire.events.into_iter().map(event).collect();
    Batch { first_seq: wire.first_seq, events, traceparent: wire.traceparent }
}

fn event(wire: proto::Event) -> HistoryEvent {
    let (kind, fields) = wire.kind.as_ref().map_or_else(|| ("unknown", Map::new()), describe);
    HistoryEvent {
        kind,
        at: json::time(wire.at),
        key: wire.key,
        element_id: wire.element_id,
        element_name: wire.element_name,
        element_type: wire.element_type,
        fields,
    }
}
