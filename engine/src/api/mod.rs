//! The engine's API: request/reply on `api.<method>`, one queue group over all replicas. Each request is a task; how many run
//! at a time is bounded, and what comes on top is told to come again.
//!
//! - [`deploy`], [`deploy_check`], [`processes`] and [`decisions`] are about definitions,
//! - [`instances`], [`variables`] and [`history`] about what runs and ran.
//! - [`tasks`], [`incidents`] and [`messages`] about what people and other systems do to it.
//! - [`operate`], [`batches`], [`suspensions`] and [`audit`] about what operators do, and have done.
//! - [`workbench`] is for who writes processes, [`statistics`] for who watches over them.
//! - [`service`] about the engine itself, and what workers need of it.

mod audit;
mod batches;
mod decisions;
mod deploy;
mod deploy_check;
mod deploy_decisions;
mod history;
mod incidents;
mod instances;
mod messages;
pub mod operate;
mod problem;
mod processes;
mod service;
mod signals;
mod statistics;
mod suspensions;
mod tasks;
mod variables;
mod workbench;

pub use deploy_check::lint;
pub use problem::Failure;

use crate::world::World;
use async_nats::{Client, Message as Request};
use bytes::Bytes;
use futures::StreamExt;
use prost::Message;
use proto::{ApiReply, api_reply::Reply, subject::ENGINE_GROUP};
use std::{sync::Arc, time::Instant};
use tokio::sync::Semaphore;

const AT_ONCE: usize = 512;

pub type Answer = Result<Bytes, Failure>;

/// Until the subscription ends.
pub async fn run(world: World, client: Client) -> anyhow::Result<()> {
    let mut requests = client.queue_subscribe("api.*", ENGINE_GROUP.to_owned()).await?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(request) = requests.next().await {
        let (world, client) = (world.clone(), client.clone());
        match room.clone().try_acquire_owned() {
            Ok(permit) => drop(tokio::spawn(async move {
                let began = Instant::now();
                let answer = answer(&world, &request).await;
                world.metrics.answered(answer.as_ref().map_or_else(Failure::kind, |_| "ok"), began.elapsed());
                reply(&client, request, answer).await;
                drop(permit);
            })),
            Err(_) => drop(tokio::spawn(async move { reply(&client, request, Err(Failure::Busy)).await })),
        }
    }
    Ok(())
}

async fn reply(client: &Client, request: Request, answer: Answer) {
    let Some(inbox) = request.reply else { return };
    let reply = match answer {
        Ok(ok) => Reply::Ok(ok),
        Err(failure) => Reply::Problem(failure.into_problem(&request.subject)),
    };
    let mut bytes = ApiReply { reply: Some(reply) }.encode_to_vec();
    let allowed = client.server_info().max_payload;
    if bytes.len() > allowed {
        let problem = Failure::too_large(bytes.len(), allowed).into_problem(&request.subject);
        bytes = ApiReply { reply: Some(Reply::Problem(problem)) }.encode_to_vec();
    }
    let _ = client.publish(inbox, bytes.into()).await; // who asked has gone, or asks again
}

pub async fn answer(world: &World, request: &Request) -> Answer {
    let payload = request.payload.clone();
    let method = request.subject.strip_prefix("api.").unwrap_or_default();
    let caller = request.headers.as_ref();
    match method {
        "deploy" => call(payload, |request| deploy::deploy(world, request)).await,
        "list_processes" => call(payload, |request| processes::list(world, request)).await,
        "get_process" => call(payload, |request| processes::get(world, request)).await,
        "list_decisions" => call(payload, |request| decisions::list(world, request)).await,
        "get_decision" => call(payload, |request| decisions::get(world, request)).await,
        "evaluate_decision" => call(payload, |request| decisions::evaluate(world, request)).await,
        "start_instance" => call(payload, |request| instances::start(world, request, caller)).await,
        "list_instances" => call(payload, |request| instances::list(world, request)).await,
        "get_instance" => call(payload, |request| instances::get(world, request)).await,
        "cancel_instance" => call(payload, |request| instances::cancel(world, request)).await,
        "set_variables" => call(payload, |request| instances::set_variables(world, request)).await,
        "get_variable" => call(payload, |request| variables::get(world, request)).await,
        "get_history" => call(payload, |request| history::get(world, request)).await,
        "publish_message" => call(payload, |request| messages::publish(world, request, caller)).await,
        "broadcast_signal" => call(payload, |request| signals::broadcast(world, request, caller)).await,
        "list_user_tasks" => call(payload, |request| tasks::list(world, request)).await,
        "get_user_task" => call(payload, |request| tasks::get(world, request)).await,
        "claim_user_task" => call(payload, |request| tasks::claim(world, request)).await,
        "complete_user_task" => call(payload, |request| tasks::complete(world, request)).await,
        "list_incidents" => call(payload, |request| incidents::list(world, request)).await,
        "resolve_incident" => call(payload, |request| incidents::resolve(world, request)).await,
        "operate" => call(payload, |request| operate::operate(world, request)).await,
        "create_batch" => call(payload, |request| batches::create(world, request)).await,
        "get_batch" => call(payload, |request| batches::get(world, request)).await,
        "list_batches" => call(payload, |request| batches::list(world, request)).await,
        "change_batch" => call(payload, |request| batches::change(world, request)).await,
        "set_suspension" => call(payload, |request| suspensions::set(world, request)).await,
        "list_suspensions" => call(payload, |request| suspensions::list(world, request)).await,
        "list_audit" => call(payload, |request| audit::list(world, request)).await,
        "preview" => call(payload, workbench::preview).await,
        "play_scenario" => call(payload, workbench::play).await,
        "get_statistics" => call(payload, |request| statistics::get(world, request)).await,
        "status" => call(payload, |request| service::status(world, request)).await,
        "register_worker" => call(payload, |request| service::register_worker(world, request)).await,
        "heartbeat" => call(payload, |request| service::heartbeat(world, request)).await,
        _ => Err(Failure::not_found(format!("there is no method `{method}`"))),
    }
}

async fn call<Q: Message + Default, R: Message, F: Future<Output = Result<R, Failure>>>(
    payload: Bytes,
    method: impl FnOnce(Q) -> F,
) -> Answer {
    let request =
        Q::decode(payload).map_err(|error| Failure::invalid(format!("the request cannot be read: {error}")))?;
    Ok(method(request).await?.encode_to_vec().into())
}

/// Whose it is has to be said; nothing is assumed.
fn tenant(tenant: &str) -> Result<&str, Failure> {
    if tenant.is_empty() { Err(Failure::invalid("`tenant` is missing".to_owned())) } else { Ok(tenant) }
}

fn instance_id(id: &str) -> Result<uuid::Uuid, Failure> {
    id.parse().map_err(|_| Failure::invalid(format!("`{id}` is not an instance id")))
}

/// Of a job, a user task or an incident.
fn part_id(id: &str) -> Result<(uuid::Uuid, u64), Failure> {
    crate::convert::parse_id(id)
        .ok_or_else(|| Failure::invalid(format!("`{id}` is not an id of the form <instance>:<key>")))
}

fn parse_variables(world: &World, bytes: &[u8]) -> Result<interpreter::Variables, Failure> {
    if bytes.len() > world.config.max_variables_bytes {
        let (size, allowed) = (bytes.len(), world.config.max_variables_bytes);
        return Err(Failure::LimitExceeded(format!("the variables have {size} bytes; {allowed} are allowed")));
    }
    crate::convert::parse_variables(bytes).map_err(Failure::invalid)
}

/// 0 means the usual number.
fn limit(asked: u32) -> i64 {
    if asked == 0 { 50 } else { i64::from(asked.min(500)) }
}

/// Cursors are the sort key of the last row, as text.
fn cursor<const N: usize>(cursor: Option<&str>) -> Result<Option<[String; N]>, Failure> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let parts: Vec<String> = cursor.split('_').map(str::to_owned).collect();
    parts.try_into().map(Some).map_err(|_| bad_cursor())
}

fn part<T: std::str::FromStr>(part: &str) -> Result<T, Failure> {
    part.parse().map_err(|_| bad_cursor())
}

fn bad_cursor() -> Failure {
    Failure::invalid("this is not a cursor of ours".to_owned())
}
