//! Batches: one operation on many instances, by any replica, at a pace that leaves room for what runs.
//!
//! Which instances it is for is settled when it is made. Replicas claim a few of them at a time, send them through the ordinary
//! lanes, and wait for them before they claim more. What became of an instance is written in the transaction of its
//! step, so that a crash loses nothing and nothing is done twice.

use crate::{
    api::{Failure, operate},
    audit::Note,
    operation::Operation,
    request::{Answer, Claim, Refusal, Request},
    world::World,
};
use futures::future::join_all;
use interpreter::InstanceId;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use store::batch::{self, Ended, EndedItems};
use uuid::Uuid;

/// Instances that a replica has at hand of one batch; between these it waits.
const AT_ONCE: i64 = 50;
const BREATH: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_secs(1);

/// Which instances: all active ones of which all that is said is so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// `incident` (of any code), `suspended` or `running`, which is not suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_code: Option<String>,
    /// Something is active there: looked at when its turn comes, and skipped otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_ids: Option<Vec<Uuid>>,
}

impl Filter {
    pub fn read(json: &[u8]) -> Result<Filter, String> {
        let filter: Filter = serde_json::from_slice(json).map_err(|error| format!("this is no filter: {error}"))?;
        match filter.state.as_deref() {
            None | Some("incident" | "suspended" | "running") => {}
            Some(other) => return Err(format!("there is no state `{other}`: incident, suspended or running")),
        }
        let is_narrow = filter.process_id.is_some() || filter.incident_code.is_some() || filter.instance_ids.is_some();
        match is_narrow || filter.state.is_some() {
            true => Ok(filter),
            false => Err("a filter says at least one of processId, state, incidentCode and instanceIds".to_owned()),
        }
    }

    pub fn rows(&self) -> batch::Filter<'_> {
        let state = self.state.as_deref();
        batch::Filter {
            process_id: self.process_id.as_deref(),
            version: self.version.map(|version| i32::try_from(version).unwrap_or(i32::MAX)),
            incident: self.incident_code.as_deref().or((state == Some("incident")).then_some("")),
            is_suspended: match state {
                Some("suspended") => Some(true),
                Some("running") => Some(false),
                _ => None,
            },
            instances: self.instance_ids.as_deref(),
        }
    }
}

/// Works on batches for ever.
pub async fn run(world: World) {
    loop {
        match work(&world).await {
            Ok(true) => tokio::time::sleep(BREATH).await,
            Ok(false) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::debug!(%error, "batches cannot be worked on");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// A share of each; whether there was something to do.
async fn work(world: &World) -> Result<bool, store::Error> {
    let session = world.store.session().await?;
    let running = batch::running(&session).await?;
    drop(session);
    let mut has_worked = false;
    for batch in running {
        // what runs goes first
        if world.admission.refuses(&world.lanes).is_some() {
            return Ok(false);
        }
        has_worked |= share(world, &batch).await?;
    }
    Ok(has_worked)
}

async fn share(world: &World, batch: &batch::Batch) -> Result<bool, store::Error> {
    let session = world.store.session().await?;
    let claimed = batch::claim(&session, batch.id, AT_ONCE).await?;
    if claimed.is_empty() {
        if batch::complete(&session, batch.id).await? {
            tracing::info!(batch = %batch.id, "a batch is done");
        }
        return Ok(false);
    }
    drop(session);
    let read = (Operation::read(batch.operation.as_bytes()), Filter::read(batch.filter.as_bytes()));
    let mut failed = EndedItems::default();
    match read {
        (Ok(operation), Ok(filter)) => {
            let each = claimed.iter().map(|id| one(world, batch, *id, &operation, &filter));
            let ended = join_all(each).await.into_iter().flatten();
            ended.for_each(|ended| failed.push(ended));
        }
        // a newer replica wrote it, and does it
        (Err(why), _) | (_, Err(why)) => tracing::warn!(batch = %batch.id, why, "a batch is not readable"),
    }
    failed.end(&world.store.session().await?).await?;
    Ok(true)
}

/// What is to be noted of an instance that its lane could not note itself.
async fn one(world: &World, batch: &batch::Batch, id: Uuid, operation: &Operation, filter: &Filter) -> Option<Ended> {
    let refused = |code: &str, message: String| {
        Some(Ended { batch: batch.id, instance: id, state: batch::REFUSED, code: code.to_owned(), message })
    };
    let action = match operate::action(world, &batch.tenant, id, operation.clone()).await {
        Ok(action) => action,
        Err(Failure::NotFound(message)) => return refused("NOT_FOUND", message),
        Err(_) => return None, // it comes again
    };
    let (mut request, answered) = Request::answered(&batch.tenant, InstanceId(id), action);
    request.claim = Claim::Batch(batch.id);
    request.only_at.clone_from(&filter.element_id);
    let mut note = Note::new(&batch.by, operation.name(), &operation.arguments());
    note.subject = format!("batch {}", batch.id);
    request.note = Some(note);
    world.lanes.send(request).ok()?;
    match answered.await {
        Ok(Err(Refusal::Failed(message))) => refused("INTERNAL", message),
        _ => None,
    }
}

/// The end of an item, as its transaction writes it; none: it comes again.
pub fn ended(batch: Uuid, instance: Uuid, answer: &Answer) -> Option<Ended> {
    let (state, code, message) = match answer {
        Ok(_) => (batch::DONE, String::new(), String::new()),
        Err(Refusal::Rejected(rejection)) => {
            (batch::REFUSED, crate::audit::code(rejection.code), rejection.message.replace('\0', ""))
        }
        Err(Refusal::NotThere) => (batch::SKIPPED, String::new(), String::new()),
        Err(Refusal::UnknownInstance) => (batch::REFUSED, "NOT_FOUND".to_owned(), String::new()),
        Err(
            Refusal::Gone | Refusal::OtherEpoch | Refusal::Unavailable | Refusal::Unreadable(_) | Refusal::Failed(_),
        ) => return None,
    };
    Some(Ended { batch, instance, state, code, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_says_something() {
        let read = |json: serde_json::Value| Filter::read(json.to_string().as_bytes());
        assert!(read(json!({})).is_err());
        assert!(read(json!({"elementId": "a"})).is_err());
        assert!(read(json!({"state": "asleep"})).is_err());
        let filter = read(json!({"processId": "p", "version": 2, "state": "incident"})).unwrap();
        let rows = filter.rows();
        assert_eq!((rows.process_id, rows.version, rows.incident), (Some("p"), Some(2), Some("")));
    }
}
