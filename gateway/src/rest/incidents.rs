//! Incidents: elements that wait for a person to repair something.

use crate::{
    auth::Caller,
    json::{self, Body, Id, Params},
    problem::Problem,
    rest::instances::Committed,
    state::App,
};
use axum::{Extension, Json, body::Bytes, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    instance_id: Option<String>,
    process_id: Option<String>,
    /// 1 to 500; 50 when absent.
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncidentList {
    incidents: Vec<Incident>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    id: String,
    instance_id: String,
    process_id: String,
    element_id: String,
    element_instance_key: u64,
    code: String,
    message: String,
    raised_at: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveRequest {
    /// Attempts that a job gets now; the definition's when absent.
    #[serde(default)]
    retries: u32,
    /// Set on the root scope first.
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

/// Open incidents.
#[utoipa::path(get, path = "/api/v1/incidents", params(ListParams), responses((status = 200, body = IncidentList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Params(params): Params<ListParams>,
) -> Result<Json<IncidentList>, Problem> {
    let wire = proto::ListIncidentsRequest {
        tenant: caller.tenant.to_string(),
        instance_id: params.instance_id,
        process_id: params.process_id,
        limit: super::page_size(params.limit),
        cursor: params.cursor,
    };
    let reply: proto::ListIncidentsReply = app.engine.call("list_incidents", &wire).await?;
    let incidents = reply.incidents.into_iter().map(Into::into).collect();
    Ok(Json(IncidentList { incidents, next_cursor: reply.next_cursor }))
}

/// Lets the element try again.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/resolve", params(("id" = String, Path)),
    request_body = ResolveRequest, responses((status = 200, body = Committed)))]
pub async fn resolve(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(id): Id,
    Body(request): Body<ResolveRequest>,
) -> Result<Json<Committed>, Problem> {
    let variables = if request.variables.is_empty() { Bytes::new() } else { json::object_bytes(&request.variables) };
    let wire = proto::ResolveIncidentRequest {
        tenant: caller.tenant.to_string(),
        id,
        retries: request.retries,
        variables,
        by: caller.by.to_string(),
    };
    let reply: proto::CommandReply = app.engine.call("resolve_incident", &wire).await?;
    Ok(Json(reply.into()))
}

impl From<proto::IncidentInfo> for Incident {
    fn from(wire: proto::IncidentInfo) -> Self {
        Self {
            id: wire.id,
            instance_id: wire.instance_id,
            process_id: wire.process_id,
            element_id: wire.element_id,
            element_instance_key: wire.element_instance_key,
            code: wire.code,
            message: wire.message,
            raised_at: json::time(wire.raised_at),
        }
    }
}
