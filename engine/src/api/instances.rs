//! Starting, looking at, and steering instances.

use super::{Failure, cursor, instance_id, limit, operate, parse_variables, part, tenant};
use crate::{
    audit::Note,
    convert,
    operation::Operation,
    request::{Action, Applied, Request},
    seeded::{Bug, is_sown},
    slot::Slot,
    trace,
    world::World,
};
use async_nats::HeaderMap;
use bytes::Bytes;
use interpreter::{InstanceId, Key, command::Start, why};
use proto::*;
use std::time::{Duration, Instant};
use store::{Time, instance};
use uuid::Uuid;

/// Of what is alive in an instance, so much is shown: the oldest.
const MAX_ELEMENTS: usize = 1000;
/// How long a query waits for the version it was asked for.
const WAIT: Duration = Duration::from_secs(5);

pub async fn start(
    world: &World,
    request: StartInstanceRequest,
    caller: Option<&HeaderMap>,
) -> Result<StartInstanceReply, Failure> {
    if let Some(why) = world.admission.refuses(&world.lanes) {
        return Err(Failure::Overloaded(why));
    }
    let owner = tenant(&request.tenant)?;
    let variables = parse_variables(world, &request.variables)?;
    let definition = world.definitions.find(owner, &request.process_id, request.version).await?;
    let definition = definition.ok_or_else(|| {
        Failure::not_found(format!("no process `{}` (version {}) is deployed", request.process_id, request.version))
    })?;
    if !definition.is_executable {
        return Err(Failure::invalid(format!("process `{}` is not executable", definition.process_id)));
    }
    if world.suspensions.has_process(owner, &definition.process_id, definition.version) {
        return Err(Failure::Suspended(format!(
            "process `{}` is suspended: nothing new starts",
            definition.process_id
        )));
    }
    let started = serde_json::json!({"processId": definition.process_id, "version": definition.version});
    let note = (!request.by.is_empty()).then(|| Note::new(&request.by, "start", &started));
    let traceparent = trace::begin_instance(&definition.process_id, caller);
    let start =
        Start { element_id: request.start_element_id, variables, business_key: request.business_key, parent: None };
    let id = start_id(owner, request.command_id.as_deref());
    let (mut command, answered) = Request::answered(owner, id, Action::Start { definition, start, traceparent });
    command.note = note;
    command.command_id = request.command_id.filter(|id| !id.is_empty()).map(|id| format!("start:{id}"));
    let applied = send(world, command, answered).await?;
    Ok(StartInstanceReply {
        instance_id: applied.instance.to_string(),
        version: applied.version,
        definition_key: applied.definition.0.to_string(),
        process_version: applied.process_version,
    })
}

/// The same command reaches the same lane, so that two at a time are one after the other.
fn start_id(tenant: &str, command_id: Option<&str>) -> InstanceId {
    match command_id.filter(|id| !id.is_empty() && !is_sown(Bug::NoCommandIds)) {
        Some(id) => InstanceId(Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{tenant}\u{0}{id}").as_bytes())),
        None => InstanceId(Uuid::now_v7()),
    }
}

/// To the lane, and its answer.
pub async fn send(
    world: &World,
    request: Request,
    answered: tokio::sync::oneshot::Receiver<crate::request::Answer>,
) -> Result<Applied, Failure> {
    world.lanes.send(request).map_err(|_| Failure::Busy)?;
    Ok(answered.await.map_err(|_| Failure::Unavailable)??)
}

pub async fn cancel(world: &World, request: CancelInstanceRequest) -> Result<CommandReply, Failure> {
    let operation = Operation::Cancel { reason: request.reason };
    Ok(reply(operate::send(world, &request.tenant, &request.instance_id, &request.by, operation).await?))
}

pub async fn set_variables(world: &World, request: SetVariablesRequest) -> Result<CommandReply, Failure> {
    let variables = parse_variables(world, &request.variables)?;
    let operation = Operation::SetVariables { variables, scope_key: Key::ROOT };
    Ok(reply(operate::send(world, &request.tenant, &request.instance_id, &request.by, operation).await?))
}

pub fn reply(applied: Applied) -> CommandReply {
    CommandReply { instance_id: applied.instance.to_string(), version: applied.version }
}

pub async fn list(world: &World, request: ListInstancesRequest) -> Result<ListInstancesReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let filter = instance::Filter {
        process_id: request.process_id.as_deref().filter(|id| !id.is_empty()),
        state: request.state.as_deref().filter(|state| !state.is_empty()).map(state_number).transpose()?,
        business_key: request.business_key.as_deref().filter(|key| !key.is_empty()),
    };
    let after = match cursor::<2>(request.cursor.as_deref())? {
        Some([at, id]) => (part::<Time>(&at)?, part(&id)?),
        None => (Time::MAX, Uuid::max()),
    };
    let limit = limit(request.limit);
    let session = world.store.session().await?;
    let rows = instance::list(&session, owner, &filter, after, limit).await?;
    drop(session);
    let is_full = rows.len() as i64 == limit;
    let next_cursor = rows.last().filter(|_| is_full).map(|last| format!("{}_{}", last.created_at, last.row.id));
    let mut instances = Vec::with_capacity(rows.len());
    for row in &rows {
        instances.push(summary(world, row).await?);
    }
    Ok(ListInstancesReply { instances, next_cursor })
}

fn state_number(state: &str) -> Result<i16, Failure> {
    let states = ["active", "completed", "terminated", "canceled", "failed", "incident", "suspended"];
    let number = states.iter().position(|known| *known == state);
    number.map(|number| number as i16).ok_or_else(|| Failure::invalid(format!("there is no state `{state}`")))
}

async fn summary(world: &World, found: &instance::Summary) -> Result<InstanceSummary, Failure> {
    let definition = world.definitions.get(found.row.definition).await?;
    Ok(InstanceSummary {
        instance_id: found.row.id.to_string(),
        process_id: definition.process_id.clone(),
        process_version: definition.version,
        definition_key: definition.key.0.to_string(),
        state: convert::state::state_text(found.row.state).to_owned(),
        business_key: found.row.business_key.clone(),
        version: found.row.version as u64,
        created_at: found.created_at.as_millisecond(),
        ended_at: found.ended_at.map(|at| at.as_millisecond()),
        open_incidents: found.open_incidents as u32,
        parent: found.row.parent.map(|parent| Parent { instance_id: parent.to_string(), ..Parent::default() }),
        process_name: definition.name.clone(),
        traceparent: found.row.traceparent.clone(),
        suspended: found.is_suspended,
    })
}

pub async fn get(world: &World, request: GetInstanceRequest) -> Result<GetInstanceReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let id = instance_id(&request.instance_id)?;
    if let Some(version) = request.min_version {
        wait_for(world, owner, id, version).await?;
    }
    let unknown = || Failure::not_found("there is no such instance");
    let (slot, row) = world.look(owner, id).await?.ok_or_else(unknown)?;
    let mut found = summary(world, &row).await?;
    found.parent = slot.instance.parent.as_ref().map(convert::parent);
    let session = world.store.session().await?;
    let children = instance::children(&session, owner, id).await?;
    let filter = store::incident::Filter { instance: Some(id), process_id: None };
    let incidents = super::incidents::page(&session, owner, &filter, super::incidents::newest(), 500).await?;
    drop(session);
    let alive = &slot.instance.elements;
    Ok(GetInstanceReply {
        instance: Some(found),
        variables: convert::variables_json(&slot.instance.variables_of(Key::ROOT)),
        elements: alive.iter().take(MAX_ELEMENTS).map(|(key, element)| active(&slot, *key, element)).collect(),
        elements_left_out: alive.len().saturating_sub(MAX_ELEMENTS) as u32,
        incidents: super::incidents::infos(world, incidents).await?,
        children: children.iter().map(Uuid::to_string).collect(),
        subscriptions: subscriptions(&slot),
        joins: joins(&slot),
    })
}

/// Polls: replicas do not tell each other, and who waits waits for milliseconds.
async fn wait_for(world: &World, owner: &str, id: Uuid, version: u64) -> Result<(), Failure> {
    let deadline = Instant::now() + WAIT;
    loop {
        let session = world.store.session().await?;
        let now = instance::version(&session, owner, id).await?;
        drop(session);
        if now.is_some_and(|now| now as u64 >= version) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Failure::Conflict(format!("the instance has not reached version {version}")));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn active(slot: &Slot, key: Key, element: &interpreter::ElementInstance) -> ActiveElement {
    let name = slot.definition.element_at(element.element);
    let own = slot.instance.variables_of(key);
    ActiveElement {
        key: key.0,
        element_id: name.id,
        element_name: name.name,
        element_type: name.element_type,
        scope: element.scope.0,
        job_type: element.job.as_ref().map(|job| job.job_type.clone()),
        attempt: element.job.as_ref().map_or(0, |job| job.attempt),
        retries_left: element.job.as_ref().map_or(0, |job| job.retries_left),
        timer_due: element.waits.timers.values().map(|timer| timer.due.0).min(),
        child_id: element.child.map(|child| child.to_string()),
        variables: if own.is_empty() { Bytes::new() } else { convert::variables_json(&own) },
        why: why::of_element(&slot.definition.process, &slot.instance, key).unwrap_or_default(),
    }
}

fn joins(slot: &Slot) -> Vec<WaitingJoin> {
    let waiting = why::of_joins(&slot.definition.process, &slot.instance).into_iter();
    let join = |join: why::WaitingJoin| {
        let name = slot.definition.element_at(join.element);
        WaitingJoin { element_id: name.id, element_name: name.name, scope: join.scope.0, why: join.why }
    };
    waiting.map(join).collect()
}

fn subscriptions(slot: &Slot) -> Vec<OpenSubscription> {
    let mut open = Vec::new();
    let instance = &slot.instance;
    for key in std::iter::once(Key::ROOT).chain(instance.elements.keys().copied()) {
        for (target, subscription) in instance.waits(key).iter().flat_map(|waits| &waits.subscriptions) {
            open.push(OpenSubscription {
                key: key.0,
                element_id: slot.definition.process.owner(*target).id.clone(),
                message_name: subscription.message_name.clone(),
                correlation_key: subscription.correlation_key.clone(),
            });
        }
    }
    open
}
