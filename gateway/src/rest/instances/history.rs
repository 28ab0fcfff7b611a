//! The history of an instance as messages: the same as on a live connection, page by page.

use crate::{
    auth::Caller,
    json::{Id, Params},
    live::{Follower, Message},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
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
    /// Messages as on a live connection, in order.
    #[schema(value_type = Vec<Object>)]
    events: Vec<Message>,
    /// `from` of the next page, when more is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
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
    let limit = u64::from(params.limit.unwrap_or(500).clamp(1, 1000));
    let from = params.from.unwrap_or(1).max(1);
    let mut replay = Follower::new(&caller.tenant, &instance_id, from);
    let mut events = Vec::new();
    let last = from.saturating_add(limit);
    while let Some(page) = replay.next_page(&app.sources).await? {
        events.extend(page);
        if replay.next_seq() >= last {
            break;
        }
    }
    let next = (replay.next_seq() > last || replay.has_more()).then_some(last);
    events.retain(|message| message.seq.is_none_or(|seq| seq < last));
    Ok(Json(History { events, next }))
}
