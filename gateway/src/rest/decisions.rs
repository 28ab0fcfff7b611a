//! Deployed decisions: what there is, one with its file, and asking one for its answer.

use crate::{
    auth::Caller,
    json::{self, Body, Id, Params},
    problem::Problem,
    state::App,
};
use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

use super::processes::VersionParams;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionList {
    decisions: Vec<DecisionSummary>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionSummary {
    decision_id: String,
    version: u32,
    decision_key: String,
    name: String,
    deployed_at: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    decision: DecisionSummary,
    file_name: String,
    /// The file as deployed; it may hold others too.
    source: String,
    /// All that there are, the first first.
    versions: Vec<u32>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluateDecision {
    /// The latest when absent.
    #[serde(default)]
    version: u32,
    /// What the decision is told, by the names of its inputs.
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: Map<String, Value>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    decision_id: String,
    version: u32,
    output: Value,
    /// The rules that matched.
    trace: Value,
}

/// The latest version of each decision.
#[utoipa::path(get, path = "/api/v1/decisions", responses((status = 200, body = DecisionList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<DecisionList>, Problem> {
    let wire = proto::ListDecisionsRequest { tenant: caller.tenant.to_string() };
    let reply: proto::ListDecisionsReply = app.engine.call("list_decisions", &wire).await?;
    Ok(Json(DecisionList { decisions: reply.decisions.into_iter().map(summary).collect() }))
}

/// One version of a decision: its file, and which versions there are.
#[utoipa::path(get, path = "/api/v1/decisions/{id}", params(("id" = String, Path), VersionParams),
    responses((status = 200, body = Decision)))]
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(decision_id): Id,
    Params(params): Params<VersionParams>,
) -> Result<Json<Decision>, Problem> {
    let (tenant, version) = (caller.tenant.to_string(), params.version.unwrap_or(0));
    let wire = proto::GetDecisionRequest { tenant, decision_id, version };
    let reply: proto::GetDecisionReply = app.engine.call("get_decision", &wire).await?;
    Ok(Json(Decision {
        decision: summary(reply.decision.unwrap_or_default()),
        file_name: reply.file_name,
        source: reply.source,
        versions: reply.versions,
    }))
}

/// What a decision says to these variables, and why. Nothing is kept of it. One that has no answer is `DECISION_FAILED`.
#[utoipa::path(post, path = "/api/v1/decisions/{id}/evaluate", params(("id" = String, Path)),
    request_body = EvaluateDecision, responses((status = 200, body = Evaluation)))]
pub async fn evaluate(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(decision_id): Id,
    Body(request): Body<EvaluateDecision>,
) -> Result<Json<Evaluation>, Problem> {
    let wire = proto::EvaluateDecisionRequest {
        tenant: caller.tenant.to_string(),
        decision_id,
        version: request.version,
        variables: Value::Object(request.variables).to_string().into(),
    };
    let reply: proto::EvaluateDecisionReply = app.engine.call("evaluate_decision", &wire).await?;
    Ok(Json(Evaluation {
        decision_id: reply.decision_id,
        version: reply.version,
        output: json::value(&reply.output),
        trace: json::value(&reply.trace),
    }))
}

fn summary(wire: proto::DecisionSummary) -> DecisionSummary {
    DecisionSummary {
        decision_id: wire.decision_id,
        version: wire.version,
        decision_key: wire.decision_key,
        name: wire.name,
        deployed_at: json::time(wire.deployed_at),
    }
}
