//! What happened to an instance, from the rows of its steps.

use super::{Failure, instance_id, limit, tenant};
use crate::{convert, world::World};
use prost::Message;
use proto::{EventBatch, GetHistoryReply, GetHistoryRequest};
use store::{history, instance};

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
    drop(session);
    let mut more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    rows.retain(|row| row.last_seq >= from);
    let definition = world.definitions.get(definition).await?;
    let mut batches: Vec<EventBatch> = Vec::with_capacity(rows.len());
    let mut bytes = 0;
    for stored in rows {
        let unreadable = |error| Failure::Internal(format!("history of {id} from {}: {error}", stored.first_seq));
        let mut events = EventBatch::decode(stored.events.as_slice()).map_err(unreadable)?.events;
        events.iter_mut().for_each(|event| convert::event::fill_names(event, &definition));
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
