//! Deployed decisions: what there is, one with its file, and asking one for its answer.

use super::Failure;
use crate::{convert, decisions::Decision, world::World};
use proto::{
    DecisionSummary, EvaluateDecisionReply, EvaluateDecisionRequest, GetDecisionReply, GetDecisionRequest,
    ListDecisionsReply, ListDecisionsRequest,
};
use std::sync::Arc;

pub async fn list(world: &World, request: ListDecisionsRequest) -> Result<ListDecisionsReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let session = world.store.session().await?;
    let decisions = store::decision::list(&session, tenant).await?.into_iter().map(|row| DecisionSummary {
        decision_id: row.decision_id,
        version: row.version as u32,
        decision_key: row.key.to_string(),
        name: row.name,
        deployed_at: row.deployed_at.as_millisecond(),
    });
    Ok(ListDecisionsReply { decisions: decisions.collect() })
}

pub async fn get(world: &World, request: GetDecisionRequest) -> Result<GetDecisionReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let found = find(world, tenant, &request.decision_id, request.version).await?;
    let session = world.store.session().await?;
    let versions = store::decision::versions(&session, tenant, &request.decision_id).await?;
    let row = &found.row;
    let decision = DecisionSummary {
        decision_id: row.decision_id.clone(),
        version: row.version as u32,
        decision_key: row.key.to_string(),
        name: row.name.clone(),
        deployed_at: row.deployed_at.as_millisecond(),
    };
    Ok(GetDecisionReply {
        decision: Some(decision),
        file_name: row.file_name.clone(),
        source: row.source.clone(),
        versions: versions.into_iter().map(|version| version as u32).collect(),
    })
}

/// Nothing is kept of it.
pub async fn evaluate(world: &World, request: EvaluateDecisionRequest) -> Result<EvaluateDecisionReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let variables = super::parse_variables(world, &request.variables)?;
    let found = find(world, tenant, &request.decision_id, request.version).await?;
    let made = world.decisions.evaluate(&found, variables, world.clock.now()).await;
    let decided = made.map_err(|refused| Failure::Decision(refused.message))?;
    Ok(EvaluateDecisionReply {
        decision_id: decided.decision_id,
        version: decided.version,
        output: convert::json(&decided.output),
        trace: convert::json(&decided.trace),
    })
}

async fn find(world: &World, tenant: &str, decision_id: &str, version: u32) -> Result<Arc<Decision>, Failure> {
    let found = world.decisions.find(tenant, decision_id, version).await?;
    found.ok_or_else(|| Failure::not_found("there is no such decision"))
}
