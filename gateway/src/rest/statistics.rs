//! Throughput, durations, failures and backlog, to be drawn.

use crate::{
    auth::Caller,
    json::{self, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use utoipa::IntoParams;

const SLOTS: u32 = 48;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatisticsParams {
    /// How far back, 1 to 2160; 24 when absent.
    hours: Option<u32>,
    process_id: Option<String>,
}

/// Of the newest 50,000 instances that began meanwhile: `{since, slotSeconds, all, slots, jobs}`.
#[utoipa::path(get, path = "/api/v1/statistics", params(StatisticsParams), responses((status = 200, body = Object)))]
pub async fn statistics(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<StatisticsParams>,
) -> Result<Json<Value>, Problem> {
    let seconds = params.hours.unwrap_or(24).clamp(1, 2160) * 3600;
    let since = Timestamp::now().as_millisecond() - i64::from(seconds) * 1000;
    let wire = proto::GetStatisticsRequest {
        tenant: caller.tenant.to_string(),
        since,
        slot_seconds: seconds / SLOTS,
        process_id: params.process_id,
    };
    let reply: proto::GetStatisticsReply = app.engine.call("get_statistics", &wire).await?;
    let mut told = json::value(&reply.statistics);
    if let Some(told) = told.as_object_mut() {
        told.insert("since".to_owned(), json::time(since).into());
        told.insert("slotSeconds".to_owned(), (seconds / SLOTS).into());
    }
    Ok(Json(told))
}
