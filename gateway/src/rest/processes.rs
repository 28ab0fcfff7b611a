//! Deployed processes: what there is, and one with its picture.

use crate::{
    auth::Caller,
    json::{self, Id, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessList {
    processes: Vec<ProcessSummary>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessSummary {
    process_id: String,
    version: u32,
    definition_key: String,
    name: String,
    deployed_at: String,
    active_instances: u64,
    open_incidents: u64,
    is_executable: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    process: ProcessSummary,
    /// The file as deployed.
    source: String,
    /// BPMN 2.0 with a diagram.
    bpmn_xml: String,
    elements: Vec<Element>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Element {
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    properties: Value,
    /// The sub-process it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionParams {
    /// The latest when absent.
    pub(super) version: Option<u32>,
}

/// The latest version of each process.
#[utoipa::path(get, path = "/api/v1/processes", responses((status = 200, body = ProcessList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<ProcessList>, Problem> {
    let wire = proto::ListProcessesRequest { tenant: caller.tenant.to_string() };
    let reply: proto::ListProcessesReply = app.engine.call("list_processes", &wire).await?;
    Ok(Json(ProcessList { processes: reply.processes.into_iter().map(summary).collect() }))
}

/// One version of a process: its file, its picture and its elements.
#[utoipa::path(get, path = "/api/v1/processes/{id}", params(("id" = String, Path), VersionParams),
    responses((status = 200, body = Process)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(process_id): Id,
    Params(params): Params<VersionParams>,
) -> Result<Json<Process>, Problem> {
    let wire = proto::GetProcessRequest {
        tenant: caller.tenant.to_string(),
        process_id,
        version: params.version.unwrap_or(0),
        definition_key: String::new(),
    };
    let reply: proto::GetProcessReply = app.engine.call("get_process", &wire).await?;
    Ok(Json(Process {
        process: summary(reply.process.unwrap_or_default()),
        source: reply.source,
        bpmn_xml: reply.bpmn_xml,
        elements: reply.elements.into_iter().map(element).collect(),
    }))
}

fn summary(wire: proto::ProcessSummary) -> ProcessSummary {
    ProcessSummary {
        process_id: wire.process_id,
        version: wire.version,
        definition_key: wire.definition_key,
        name: wire.name,
        deployed_at: json::time(wire.deployed_at),
        active_instances: wire.active_instances,
        open_incidents: wire.open_incidents,
        is_executable: wire.is_executable,
    }
}

fn element(wire: proto::ElementInfo) -> Element {
    Element {
        id: wire.id,
        name: wire.name,
        kind: wire.r#type,
        properties: json::value(&wire.properties),
        parent_id: Some(wire.parent_id).filter(|id| !id.is_empty()),
    }
}
