//! `POST /agui/{process_id}`: begins an instance, or answers what it waits for, and streams what follows.

use super::{event::Event, input::RunAgentInput, project::Run};
use crate::{
    auth::Caller,
    json::{self, Body, Id},
    live::{connections::Permit, feed::Feed},
    policy::{self, Action},
    problem::Problem,
    state::App,
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use std::{collections::VecDeque, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

pub async fn run(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    Id(process_id): Id,
    Body(input): Body<RunAgentInput>,
) -> Result<Response, Problem> {
    let permit = app.connections.open(address.map(|Extension(info)| info.0.ip()))?;
    let mut run = Run::new(input.thread_id.clone(), input.run_id.clone(), input.messages.clone());
    let instance_id = match instance_of(&app, &caller, &process_id, &input.thread_id).await? {
        Some(instance_id) => instance_id,
        None => start(&app, &caller, process_id, &input).await?,
    };
    let mut feed = Feed::open(&app.sources, &caller.tenant, &instance_id, 1).await?;
    if !input.resume.is_empty() {
        for message in feed.history().await? {
            run.remember(&message);
        }
        answer(&app, &caller, &instance_id, &input).await?;
        for resume in input.resume.iter().filter(|resume| resume.is_resolved()) {
            run.answered(&resume.interrupt_id);
        }
    }
    let ready = run.start().into();
    let heartbeat = app.config.heartbeat();
    let events = Events { run, feed, ready, permit, heartbeat, shutdown: app.shutdown.clone() };
    let sse = Sse::new(frames(events)).keep_alive(KeepAlive::new().interval(heartbeat));
    Ok(([("x-accel-buffering", "no")], sse).into_response())
}

/// The thread's instance, if it has begun.
async fn instance_of(app: &App, caller: &Caller, process: &str, thread: &str) -> Result<Option<String>, Problem> {
    let request = proto::ListInstancesRequest {
        tenant: caller.tenant.to_string(),
        process_id: Some(process.to_owned()),
        business_key: Some(thread.to_owned()),
        limit: 1,
        ..Default::default()
    };
    let reply: proto::ListInstancesReply = app.engine.call("list_instances", &request).await?;
    Ok(reply.instances.into_iter().next().map(|instance| instance.instance_id))
}

async fn start(app: &App, caller: &Caller, process_id: String, input: &RunAgentInput) -> Result<String, Problem> {
    let request = proto::StartInstanceRequest {
        tenant: caller.tenant.to_string(),
        command_id: Some(format!("agui/{process_id}/{}", input.thread_id)),
        process_id,
        variables: json::object_bytes(&input.variables()),
        business_key: Some(input.thread_id.clone()),
        by: caller.by.to_string(),
        ..Default::default()
    };
    let reply: proto::StartInstanceReply = app.engine.call("start_instance", &request).await?;
    Ok(reply.instance_id)
}

/// Completes the user tasks that were answered; one that was cancelled by the client stays open.
async fn answer(app: &App, caller: &Caller, instance_id: &str, input: &RunAgentInput) -> Result<(), Problem> {
    if !policy::allow(caller.role, Action::DoUserTask) {
        return Err(Problem::forbidden("This role may not complete user tasks"));
    }
    for resume in input.resume.iter().filter(|resume| resume.is_resolved()) {
        if resume.interrupt_id.split_once(':').is_none_or(|(instance, _)| instance != instance_id) {
            return Err(Problem::invalid(format!("{} is no interrupt of this thread", resume.interrupt_id)));
        }
        let request = proto::CompleteUserTaskRequest {
            tenant: caller.tenant.to_string(),
            id: resume.interrupt_id.clone(),
            variables: json::object_bytes(&resume.variables()),
            by: caller.by.to_string(),
            command_id: Some(format!("agui/{}", resume.interrupt_id)),
        };
        app.engine.call::<proto::CommandReply>("complete_user_task", &request).await?;
    }
    Ok(())
}

struct Events {
    run: Run,
    feed: Feed,
    ready: VecDeque<Event>,
    permit: Permit,
    heartbeat: Duration,
    shutdown: CancellationToken,
}

fn frames(events: Events) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        let data = serde_json::to_string(&event).unwrap_or_default();
        Some((Ok(sse::Event::default().data(data)), events))
    })
}

impl Events {
    async fn next(&mut self) -> Option<Event> {
        let _held = &self.permit;
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.run.finished() {
                return None;
            }
            if self.feed.is_drained() {
                self.ready.extend(self.run.wait_for_people());
                if self.run.finished() {
                    continue;
                }
            }
            let message = tokio::select! {
                message = self.feed.next() => message.ok()??,
                () = tokio::time::sleep(self.heartbeat) => {
                    self.feed.check().await.ok()?;
                    continue;
                }
                () = self.shutdown.cancelled() => return None,
            };
            self.ready.extend(self.run.project(&message));
        }
    }
}
