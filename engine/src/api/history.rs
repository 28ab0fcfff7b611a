//! What happened to an instance, from the rows of its steps.

use super::{Failure, instance_id, limit, tenant};
use crate::{convert, definitions::Definition, world::World};
use prost::Message;
use proto::{EventBatch, GetHistoryReply, GetHistoryRequest};
use std::sync::Arc;
use store::{history, instance, instance_migration};
use uuid::Uuid;

/// NATS carries 1 MiB at a time; the caller asks for the rest.
const MAX_REPLY_BYTES: usize = 768 * 1024;

pub async fn get(world: &World, request: GetHistoryRequest) -> Result<GetHistoryReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let id = instance_id(&request.instance_id)?;
    let session = world.store.session().await?;
    let origin = instance::origin(&session, owner, id).await?;
    let (definition, traceparent) = origin.ok_or_else(|| Failure::not_found("there is no such instance"))?;
    let limit = limit(request.limit);
    let from = request.from_seq.max(1).min(i64::MAX as u64) as i64;
    let mut rows = history::list(&session, id, from, limit + 1).await?;
    let migrations = instance_migration::list(&session, id).await?;
    drop(session);
    let mut more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    rows.retain(|row| row.last_seq >= from);
    let definitions = Definitions::of(world, migrations, definition).await?;
    let mut batches: Vec<EventBatch> = Vec::with_capacity(rows.len());
    let mut bytes = 0;
    for stored in rows {
        let unreadable = |error| Failure::Internal(format!("history of {id} from {}: {error}", stored.first_seq));
        let mut events = EventBatch::decode(stored.events.as_slice()).map_err(unreadable)?.events;
        for (event, seq) in events.iter_mut().zip(stored.first_seq..) {
            convert::event::fill_names(event, definitions.at(seq));
        }
        let definition = definitions.at(stored.last_seq);
        let batch = EventBatch {
            tenant: owner.to_owned(),
            instance_id: id.to_string(),
            process_id: definition.process_id.clone(),
            process_version: definition.version,
            first_seq: stored.first_seq as u64,
            events,
            traceparent: traceparent.clone(),
        };
        bytes += batch.encoded_len();
        if bytes > MAX_REPLY_BYTES && !batches.is_empty() {
            more = true;
            break;
        }
        batches.push(batch);
    }
    Ok(GetHistoryReply { batches, more })
}

/// Which definition the instance went by when.
struct Definitions {
    /// The number of the event with which each was left.
    former: Vec<(i64, Arc<Definition>)>,
    present: Arc<Definition>,
}

impl Definitions {
    async fn of(world: &World, migrations: Vec<(i64, Uuid)>, present: Uuid) -> Result<Definitions, Failure> {
        let mut former = Vec::with_capacity(migrations.len());
        for (seq, definition) in migrations {
            former.push((seq, world.definitions.get(definition).await?));
        }
        Ok(Definitions { former, present: world.definitions.get(present).await? })
    }

    fn at(&self, seq: i64) -> &Definition {
        let former = self.former.iter().find(|(left, _)| seq < *left).map(|(_, definition)| definition);
        former.unwrap_or(&self.present)
    }
}
