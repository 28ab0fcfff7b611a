//! For those who write processes: a file as it would be understood, and scenarios. Nothing of either is kept.

use crate::{
    auth::Caller,
    json::{self, Body},
    problem::{Diagnostic, Problem},
    rest::deployments::DeployFile,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// With an error among them the file could not be deployed.
    diagnostics: Vec<Diagnostic>,
    /// What the file holds as BPMN 2.0 with a diagram; empty where it cannot be read.
    bpmn_xml: String,
    /// The same as YAML.
    yaml: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlayRequest {
    /// A scenario as YAML.
    scenario: String,
    /// What it names.
    #[serde(default)]
    files: Vec<DeployFile>,
}

/// What is wrong with a file, and what it holds in both spellings.
#[utoipa::path(post, path = "/api/v1/preview", request_body = DeployFile, responses((status = 200, body = Preview)))]
pub async fn preview(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(file): Body<DeployFile>,
) -> Result<Json<Preview>, Problem> {
    let wire = proto::PreviewRequest { tenant: caller.tenant.to_string(), file: Some(file.into()) };
    let reply: proto::PreviewReply = app.engine.call("preview", &wire).await?;
    let diagnostics = reply.diagnostics.into_iter().map(Into::into).collect();
    Ok(Json(Preview { diagnostics, bpmn_xml: reply.bpmn_xml, yaml: reply.yaml }))
}

/// Plays a scenario in a simulated world, and says how everything stands at its end.
#[utoipa::path(post, path = "/api/v1/scenarios", request_body = PlayRequest, responses((status = 200, body = Object)))]
pub async fn play(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<PlayRequest>,
) -> Result<Json<Value>, Problem> {
    let wire = proto::PlayScenarioRequest {
        tenant: caller.tenant.to_string(),
        scenario: request.scenario,
        files: request.files.into_iter().map(Into::into).collect(),
    };
    let reply: proto::PlayScenarioReply = app.engine.call("play_scenario", &wire).await?;
    Ok(Json(json::value(&reply.report)))
}
