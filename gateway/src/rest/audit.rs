//! The audit log: who did what, when, to which instance, with what outcome.

use crate::{
    auth::Caller,
    json::{self, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    instance_id: Option<String>,
    /// Who, as entries name him.
    by: Option<String>,
    /// start, cancel, retry, suspend, modify …
    operation: Option<String>,
    /// ISO 8601: not before.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// ISO 8601: before.
    #[param(value_type = Option<String>)]
    until: Option<Timestamp>,
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    entries: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    id: String,
    at: String,
    by: String,
    operation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<String>,
    /// What else it was about: a process, a job type, a message, a batch.
    #[serde(skip_serializing_if = "String::is_empty")]
    subject: String,
    arguments: Value,
    /// done, or the code of the refusal.
    outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// What was done, newest first.
#[utoipa::path(get, path = "/api/v1/audit", params(ListParams), responses((status = 200, body = Audit)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<ListParams>,
) -> Result<Json<Audit>, Problem> {
    let wire = proto::ListAuditRequest {
        tenant: caller.tenant.to_string(),
        instance_id: params.instance_id,
        by: params.by,
        operation: params.operation,
        from: params.from.map(|from| from.as_millisecond()),
        until: params.until.map(|until| until.as_millisecond()),
        limit: super::page_size(params.limit),
        cursor: params.cursor,
    };
    let reply: proto::ListAuditReply = app.engine.call("list_audit", &wire).await?;
    Ok(Json(Audit { entries: reply.entries.into_iter().map(Into::into).collect(), next_cursor: reply.next_cursor }))
}

impl From<proto::AuditEntry> for Entry {
    fn from(wire: proto::AuditEntry) -> Self {
        Self {
            id: wire.id,
            at: json::time(wire.at),
            by: wire.by,
            operation: wire.operation,
            instance_id: wire.instance_id,
            subject: wire.subject,
            arguments: json::value(&wire.arguments),
            outcome: wire.outcome,
            message: wire.message,
        }
    }
}
