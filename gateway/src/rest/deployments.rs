//! New versions of processes and decisions.

use crate::{
    auth::Caller,
    json::Body,
    problem::{Diagnostic, Problem},
    state::App,
};
use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployRequest {
    files: Vec<DeployFile>,
    /// Only check.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeployFile {
    /// The ending says what it is: `.yaml`, `.yml`, `.bpmn`, `.xml`, `.dmn`.
    name: String,
    content: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    processes: Vec<DeployedProcess>,
    decisions: Vec<DeployedDecision>,
    warnings: Vec<Diagnostic>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployedProcess {
    process_id: String,
    version: u32,
    definition_key: String,
    name: String,
    /// An unchanged file keeps its version.
    is_new: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeployedDecision {
    decision_id: String,
    version: u32,
    decision_key: String,
    name: String,
    /// An unchanged file keeps its version.
    is_new: bool,
}

/// Deploys files, all or none. Refused files answer `DEPLOYMENT_REJECTED` with `diagnostics`.
#[utoipa::path(post, path = "/api/v1/deployments", request_body = DeployRequest,
    responses((status = 201, body = Deployment), (status = 200, description = "A dry run", body = Deployment)))]
pub async fn deploy(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<DeployRequest>,
) -> Result<(StatusCode, Json<Deployment>), Problem> {
    let status = if request.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    let wire = proto::DeployRequest {
        tenant: caller.tenant.to_string(),
        files: request.files.into_iter().map(Into::into).collect(),
        dry_run: request.dry_run,
        by: caller.by.to_string(),
    };
    let reply: proto::DeployReply = app.engine.call("deploy", &wire).await?;
    Ok((status, Json(deployment(reply))))
}

impl From<DeployFile> for proto::File {
    fn from(file: DeployFile) -> Self {
        Self { name: file.name, content: file.content.into() }
    }
}

fn deployment(reply: proto::DeployReply) -> Deployment {
    let processes = reply.processes.into_iter().map(|process| DeployedProcess {
        process_id: process.process_id,
        version: process.version,
        definition_key: process.definition_key,
        name: process.name,
        is_new: process.is_new,
    });
    let decisions = reply.decisions.into_iter().map(|decision| DeployedDecision {
        decision_id: decision.decision_id,
        version: decision.version,
        decision_key: decision.decision_key,
        name: decision.name,
        is_new: decision.is_new,
    });
    Deployment {
        processes: processes.collect(),
        decisions: decisions.collect(),
        warnings: reply.warnings.into_iter().map(Into::into).collect(),
    }
}
