//! Suspending and resuming processes and types of jobs.

use super::{Failure, batches, tenant};
use crate::{audit::Note, batches::Filter, operation::Operation, world::World};
use proto::{ListSuspensionsReply, ListSuspensionsRequest, SetSuspensionRequest, Suspension, SuspensionReply};
use serde_json::json;
use store::{
    Session,
    suspension::{self, JOB_TYPE, PROCESS},
};
use uuid::Uuid;

pub async fn set(world: &World, request: SetSuspensionRequest) -> Result<SuspensionReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let (kind, name) = check(world, owner, &request).await?;
    let version = i32::try_from(request.version).unwrap_or(i32::MAX);
    let note = Note::new(&request.by, operation(kind, request.suspended), &json!({"version": request.version}));
    let mut session = world.store.session().await?;
    session.begin().await?;
    if request.suspended {
        suspension::insert(&session, owner, kind, name, version, &request.by).await?;
    } else if !suspension::delete(&session, owner, kind, name, version).await? {
        session.rollback().await?;
        return Err(Failure::not_found(format!("`{name}` is not suspended")));
    }
    note.done(owner, name).insert(&session).await?;
    let batch_id = match request.with_instances && kind == PROCESS {
        true => with_instances(&session, owner, &request).await?.to_string(),
        false => String::new(),
    };
    session.commit().await?;
    world.suspensions.refresh(&session).await?;
    Ok(SuspensionReply { batch_id })
}

/// What runs is suspended, or resumed, by a batch.
async fn with_instances(session: &Session, owner: &str, request: &SetSuspensionRequest) -> Result<Uuid, Failure> {
    let filter = Filter {
        process_id: Some(request.name.clone()),
        version: Some(request.version).filter(|version| *version > 0),
        state: Some(if request.suspended { "running" } else { "suspended" }.to_owned()),
        ..Filter::default()
    };
    let operation = if request.suspended { Operation::Suspend } else { Operation::Resume };
    let id = Uuid::now_v7();
    batches::insert(session, owner, &request.by, id, &operation, &filter).await?;
    Ok(id)
}

async fn check<'r>(
    world: &World,
    owner: &str,
    request: &'r SetSuspensionRequest,
) -> Result<(&'static str, &'r str), Failure> {
    let name = request.name.as_str();
    match request.kind.as_str() {
        JOB_TYPE if !name.is_empty() && request.version == 0 => Ok((JOB_TYPE, name)),
        PROCESS => match world.definitions.find(owner, name, request.version).await? {
            Some(_) => Ok((PROCESS, name)),
            None => Err(Failure::not_found(format!("no process `{name}` (version {}) is deployed", request.version))),
        },
        _ => Err(Failure::invalid("a process or a jobType with a name is suspended")),
    }
}

fn operation(kind: &str, suspended: bool) -> &'static str {
    match (kind, suspended) {
        (JOB_TYPE, true) => "suspendJobType",
        (JOB_TYPE, false) => "resumeJobType",
        (_, true) => "suspendProcess",
        (_, false) => "resumeProcess",
    }
}

pub async fn list(world: &World, request: ListSuspensionsRequest) -> Result<ListSuspensionsReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let session = world.store.session().await?;
    let rows = suspension::list(&session).await?.into_iter().filter(|row| row.tenant == owner);
    let suspensions = rows.map(|row| Suspension {
        kind: row.kind,
        name: row.name,
        version: row.version as u32,
        since: row.since.as_millisecond(),
        by: row.by,
    });
    Ok(ListSuspensionsReply { suspensions: suspensions.collect() })
}
