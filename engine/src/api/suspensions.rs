//! Suspending and resuming processes and types of jobs.

use super::{Failure, tenant};
use crate::{audit::Note, world::World};
use proto::{ListSuspensionsReply, ListSuspensionsRequest, SetSuspensionRequest, Suspension, SuspensionReply};
use serde_json::json;
use store::suspension::{self, JOB_TYPE, PROCESS};

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
    session.commit().await?;
    world.suspensions.refresh(&session).await?;
    Ok(SuspensionReply::default())
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
