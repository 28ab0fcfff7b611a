//! Batches: making them, looking at them, holding and ending them.

use super::{Failure, cursor, limit, part, tenant};
use crate::{audit::Note, batches::Filter, operation::Operation, world::World};
use proto::{BatchReply, ChangeBatchRequest, CreateBatchRequest, GetBatchRequest, ListBatchesRequest};
use serde_json::{Value, json};
use store::{Session, Time, batch};
use uuid::Uuid;

pub async fn create(world: &World, request: CreateBatchRequest) -> Result<BatchReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let operation = Operation::read(&request.operation).map_err(Failure::invalid)?;
    let filter = Filter::read(&request.filter).map_err(Failure::invalid)?;
    check_version(world, owner, &operation, &filter).await?;
    let mut session = world.store.session().await?;
    session.begin().await?;
    let id = Uuid::now_v7();
    let total = insert(&session, owner, &request.by, id, &operation, &filter).await?;
    if request.dry_run {
        session.rollback().await?;
        return Ok(reply(json!({"total": total})));
    }
    session.commit().await?;
    Ok(reply(json!({"batchId": id, "total": total})))
}

/// In a transaction, with its row of the audit log; how many instances it is for.
pub async fn insert(
    session: &Session,
    owner: &str,
    by: &str,
    id: Uuid,
    operation: &Operation,
    filter: &Filter,
) -> Result<i64, Failure> {
    let text = |value: Result<String, serde_json::Error>| value.map_err(|error| Failure::Internal(error.to_string()));
    let (stated, chosen) = (text(serde_json::to_string(operation))?, text(serde_json::to_string(filter))?);
    batch::insert(session, id, owner, by, &stated, &chosen).await?;
    let total = batch::fill(session, id, owner, &filter.rows()).await?;
    let note = Note::new(by, "createBatch", &json!({"operation": operation, "filter": filter, "total": total}));
    note.done(owner, &format!("batch {id}")).insert(session).await?;
    Ok(total)
}

/// A migration is to one version of one process.
async fn check_version(world: &World, owner: &str, operation: &Operation, filter: &Filter) -> Result<(), Failure> {
    let Operation::Migrate { to_version, .. } = operation else { return Ok(()) };
    let Some(process_id) = &filter.process_id else {
        return Err(Failure::invalid("a migration is of one process: the filter says no `processId`"));
    };
    match world.definitions.find(owner, process_id, *to_version).await? {
        Some(_) => Ok(()),
        None => Err(Failure::not_found(format!("no process `{process_id}` (version {to_version}) is deployed"))),
    }
}

pub async fn get(world: &World, request: GetBatchRequest) -> Result<BatchReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let session = world.store.session().await?;
    let found = batch::get(&session, owner, batch_id(&request.batch_id)?).await?;
    let found = found.ok_or_else(no_batch)?;
    let refused = batch::refused(&session, found.id).await?;
    let failures =
        refused.into_iter().map(|it| json!({"instanceId": it.instance, "code": it.code, "message": it.message}));
    let mut told = told(&session, &found).await?;
    told["failures"] = failures.collect();
    Ok(reply(told))
}

pub async fn list(world: &World, request: ListBatchesRequest) -> Result<BatchReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let after = match cursor::<2>(request.cursor.as_deref())? {
        Some([at, id]) => (part::<Time>(&at)?, part(&id)?),
        None => (Time::MAX, Uuid::max()),
    };
    let limit = limit(request.limit);
    let session = world.store.session().await?;
    let rows = batch::list(&session, owner, after, limit).await?;
    let last = rows.last().filter(|_| rows.len() as i64 == limit);
    let next_cursor = last.map(|last| format!("{}_{}", last.created_at, last.id));
    let mut batches = Vec::with_capacity(rows.len());
    for row in &rows {
        batches.push(told(&session, row).await?);
    }
    let mut page = json!({"batches": batches});
    if let Some(next) = next_cursor {
        page["nextCursor"] = next.into();
    }
    Ok(reply(page))
}

pub async fn change(world: &World, request: ChangeBatchRequest) -> Result<BatchReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let id = batch_id(&request.batch_id)?;
    let (state, operation) = match request.change.as_str() {
        "pause" => ("paused", "pauseBatch"),
        "resume" => ("running", "resumeBatch"),
        "cancel" => ("canceled", "cancelBatch"),
        other => return Err(Failure::invalid(format!("a batch can be paused, resumed or canceled, not `{other}`"))),
    };
    let mut session = world.store.session().await?;
    session.begin().await?;
    if !batch::set_state(&session, owner, id, state).await? {
        session.rollback().await?;
        let found = batch::get(&session, owner, id).await?;
        return Err(found.map_or_else(no_batch, |it| Failure::Conflict(format!("the batch is {} already", it.state))));
    }
    Note::new(&request.by, operation, &json!({})).done(owner, &format!("batch {id}")).insert(&session).await?;
    session.commit().await?;
    let found = batch::get(&session, owner, id).await?.ok_or_else(no_batch)?;
    Ok(reply(told(&session, &found).await?))
}

async fn told(session: &Session, batch: &batch::Batch) -> Result<Value, Failure> {
    let counts = batch::count(session, batch.id).await?;
    let of = |state: i16| counts.iter().find(|(at, _)| *at == state).map_or(0, |(_, count)| *count);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let mut told = json!({
        "batchId": batch.id, "by": batch.by, "state": batch.state, "createdAt": batch.created_at,
        "operation": json(&batch.operation), "filter": json(&batch.filter),
        "total": counts.iter().map(|(_, count)| count).sum::<i64>(),
        "open": of(0), "done": of(batch::DONE), "refused": of(batch::REFUSED), "skipped": of(batch::SKIPPED),
    });
    if let Some(at) = batch.ended_at {
        told["endedAt"] = at.to_string().into();
    }
    Ok(told)
}

fn batch_id(id: &str) -> Result<Uuid, Failure> {
    id.parse().map_err(|_| Failure::invalid(format!("`{id}` is not a batch id")))
}

fn no_batch() -> Failure {
    Failure::not_found("there is no such batch")
}

fn reply(told: Value) -> BatchReply {
    BatchReply { batch: told.to_string().into() }
}
