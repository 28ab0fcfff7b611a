//! Which instance a thread is, and with which part of its history a run begins: what was before is known, not told.

use super::{
    conversation::{conversation, waiting_call},
    run::Run,
};
use crate::{
    auth::Caller,
    live::{
        feed::Feed,
        message::{Body, Message},
    },
    problem::Problem,
    rest,
    state::App,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Jobs of agents whose conversations are brought along, the newest.
const CONVERSATIONS: usize = 20;

/// From where the history is told.
pub enum From<'a> {
    Beginning,
    /// The event with this sequence number is known.
    After(u64),
    Now,
    /// Since the first of these was answered; if none was, from now on.
    Answers(&'a HashSet<&'a str>),
}

/// The instance of a thread.
pub struct Found {
    pub instance_id: String,
    pub has_ended: bool,
}

/// The newest instance that has the thread's id as its business key, else the one that has it as its own id.
pub async fn find(app: &App, caller: &Caller, process: Option<&str>, thread: &str) -> Result<Option<Found>, Problem> {
    let request = proto::ListInstancesRequest {
        tenant: caller.tenant.to_string(),
        process_id: process.map(str::to_owned),
        business_key: Some(thread.to_owned()),
        limit: 1,
        ..Default::default()
    };
    let reply: proto::ListInstancesReply = app.engine.call("list_instances", &request).await?;
    let found = reply.instances.into_iter().next();
    let found = match found {
        None if thread.parse::<Uuid>().is_ok() => by_id(app, caller, thread).await?,
        found => found,
    };
    let fits = |instance: &proto::InstanceSummary| process.is_none_or(|process| instance.process_id == process);
    Ok(found
        .filter(fits)
        .map(|instance| Found { has_ended: instance.ended_at.is_some(), instance_id: instance.instance_id }))
}

async fn by_id(app: &App, caller: &Caller, id: &str) -> Result<Option<proto::InstanceSummary>, Problem> {
    let request =
        proto::GetInstanceRequest { tenant: caller.tenant.to_string(), instance_id: id.to_owned(), min_version: None };
    match app.engine.call::<proto::GetInstanceReply>("get_instance", &request).await {
        Ok(reply) => Ok(reply.instance),
        Err(problem) if problem.status == 404 => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Listens, reads the history, and lets the run know what is before it. The rest is still to be told.
pub async fn open(
    app: &App,
    caller: &Caller,
    instance_id: &str,
    run: &mut Run,
    from: &From<'_>,
) -> Result<(Feed, Vec<Message>), Problem> {
    let mut feed = Feed::open(&app.sources, &caller.tenant, instance_id, 1).await?;
    let mut known = feed.history().await?;
    let jobs = agents(&known);
    let rest = known.split_off(place(&known, from));
    for message in &known {
        run.remember(message);
    }
    for job in jobs {
        learn(app, run, &job).await?;
    }
    Ok((feed, rest))
}

/// What has been said in a job.
pub async fn learn(app: &App, run: &mut Run, job: &str) -> Result<(), Problem> {
    let records = rest::transcript_of(app, job).await?;
    run.know(job, conversation(job, &records), waiting_call(job, &records));
    Ok(())
}

fn place(history: &[Message], from: &From<'_>) -> usize {
    let told = |message: &Message| match from {
        From::Beginning => true,
        From::After(seq) => message.seq > Some(*seq),
        From::Now => false,
        From::Answers(ids) => match &message.body {
            Body::UserTaskCompleted { task_id, .. } => ids.contains(task_id.as_str()),
            Body::IncidentResolved { incident_id, .. } => ids.contains(incident_id.as_str()),
            _ => false,
        },
    };
    history.iter().position(told).unwrap_or(history.len())
}

fn agents(history: &[Message]) -> Vec<String> {
    let jobs = history.iter().rev().filter_map(|message| match &message.body {
        Body::TaskProgress { job_id: Some(job), job_type: Some(kind), .. } if kind == "agent" => Some(job.clone()),
        _ => None,
    });
    let mut jobs: Vec<_> = jobs.take(CONVERSATIONS).collect();
    jobs.reverse();
    jobs
}
