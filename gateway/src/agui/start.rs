//! `POST /agui/{process_id}`: begins an instance, or answers what it waits for, and streams what follows.

use super::{
    answer::Asked,
    interrupt::Who,
    opening::{self, Found, From},
    run::Run,
    stream::{self, Events},
};
use crate::{
    auth::Caller,
    json::{self, Body, Id},
    problem::Problem,
    state::App,
};
use agui::RunAgentInput;
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    response::Response,
};
use serde_json::{Map, Value};
use std::{collections::HashSet, net::SocketAddr, sync::Arc};

pub async fn start(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    Id(process_id): Id,
    Body(input): Body<RunAgentInput>,
) -> Result<Response, Problem> {
    let permit = app.connections.open(address.map(|Extension(info)| info.0.ip()))?;
    let found = opening::find(&app, &caller, Some(&process_id), &input.thread_id).await?;
    let events = match found {
        Some(found) if !found.has_ended || !input.resume.is_empty() => go_on(&app, &caller, &found, input).await?,
        _ => begin(&app, &caller, process_id, input).await?,
    };
    Ok(stream::respond(events, permit))
}

/// A new instance. The same run of the thread, asked for again, is the same instance.
async fn begin(app: &Arc<App>, caller: &Caller, process_id: String, input: RunAgentInput) -> Result<Events, Problem> {
    let request = proto::StartInstanceRequest {
        tenant: caller.tenant.to_string(),
        command_id: Some(format!("agui/{process_id}/{}/{}", input.thread_id, input.run_id)),
        process_id,
        variables: json::object_bytes(&variables(&input)),
        business_key: Some(input.thread_id.clone()),
        by: caller.by.to_string(),
        ..Default::default()
    };
    let reply: proto::StartInstanceReply = app.engine.call("start_instance", &request).await?;
    let who = who(caller, &input);
    let mut run = Run::new(input.thread_id, input.run_id, who, input.messages);
    let (feed, rest) = opening::open(app, caller, &reply.instance_id, &mut run, &From::Beginning).await?;
    Ok(Events::new(app, run, feed, rest))
}

/// The next run of a thread: with the answers to what it waits for, or from where it is.
pub async fn go_on(app: &Arc<App>, caller: &Caller, found: &Found, input: RunAgentInput) -> Result<Events, Problem> {
    let who = who(caller, &input);
    let mut run = Run::new(input.thread_id, input.run_id, who.clone(), input.messages);
    let answered: HashSet<_> = input.resume.iter().map(|answer| answer.interrupt_id.as_str()).collect();
    let from = From::Answers(&answered);
    let (feed, rest) = opening::open(app, caller, &found.instance_id, &mut run, &from).await?;
    let asked = Asked { app, caller, who: &who, instance_id: &found.instance_id };
    match asked.answer(&mut run, &rest, &input.resume).await {
        Ok(()) => Ok(Events::new(app, run, feed, rest)),
        Err(refusal) => Ok(Events::refused(app, run, refusal)),
    }
}

/// `forwardedProps.user` and `.groups`: for whom the client acts.
fn who(caller: &Caller, input: &RunAgentInput) -> Who {
    let props = input.forwarded_props.as_ref().unwrap_or(&Value::Null);
    let groups = props["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    Who::new(caller, props["user"].as_str().map(str::to_owned), groups.collect())
}

/// The variables of a new instance: `forwardedProps.variables`, and as `message` what the person said last.
fn variables(input: &RunAgentInput) -> Map<String, Value> {
    let props = input.forwarded_props.as_ref().unwrap_or(&Value::Null);
    let mut variables = props["variables"].as_object().cloned().unwrap_or_default();
    if let Some(said) = input.said() {
        variables.entry("message").or_insert(said.into());
    }
    variables
}
