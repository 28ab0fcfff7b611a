//! `GET /agui/{process_id}/capabilities`: what a process is, as an agent.

use crate::{auth::Caller, json::Id, problem::Problem, state::App};
use agui::{
    AgentCapabilities, ExecutionCapabilities, HumanInTheLoopCapabilities, IdentityCapabilities, MultiAgentCapabilities,
    ReasoningCapabilities, StateCapabilities, SubagentInfo, TransportCapabilities,
};
use axum::{Extension, Json, extract::State};
use serde_json::json;
use std::sync::Arc;

pub async fn capabilities(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(process_id): Id,
) -> Result<Json<AgentCapabilities>, Problem> {
    let request = proto::GetProcessRequest { tenant: caller.tenant.to_string(), process_id, ..Default::default() };
    let reply: proto::GetProcessReply = app.engine.call("get_process", &request).await?;
    Ok(Json(of_process(&reply)))
}

fn of_process(reply: &proto::GetProcessReply) -> AgentCapabilities {
    let process = reply.process.clone().unwrap_or_default();
    let agents = reply.elements.iter().filter(|element| element.r#type == "agenticTask");
    let sub_agents: Vec<_> = agents
        .map(|agent| SubagentInfo {
            name: agent.id.clone(),
            description: Some(agent.name.clone()).filter(|n| !n.is_empty()),
        })
        .collect();
    let has_agents = !sub_agents.is_empty();
    AgentCapabilities {
        identity: Some(IdentityCapabilities {
            name: Some(if process.name.is_empty() { process.process_id.clone() } else { process.name }),
            kind: Some("bpmn-process".to_owned()),
            description: None,
            version: Some(process.version.to_string()),
            provider: Some("Baton".to_owned()),
        }),
        transport: Some(TransportCapabilities { streaming: true, websocket: true, ..Default::default() }),
        state: Some(StateCapabilities { snapshots: true, deltas: true, persistent_state: true }),
        multi_agent: Some(MultiAgentCapabilities { supported: has_agents, subagents: sub_agents }),
        reasoning: Some(ReasoningCapabilities { supported: has_agents, streaming: has_agents, encrypted: false }),
        execution: Some(ExecutionCapabilities { code_execution: true, sandboxed: true, ..Default::default() }),
        human_in_the_loop: Some(HumanInTheLoopCapabilities {
            supported: true,
            approvals: true,
            interventions: true,
            feedback: true,
            interrupts: true,
            approve_with_edits: true,
        }),
        custom: Some(json!({"processId": process.process_id, "protocolVersion": agui::PROTOCOL_VERSION})),
    }
}
