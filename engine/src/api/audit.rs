//! The audit log, for who wants to know.

use super::{Failure, cursor, instance_id, limit, part, tenant};
use crate::{convert, world::World};
use interpreter::Timestamp;
use proto::{AuditEntry, ListAuditReply, ListAuditRequest};
use store::{Time, audit};
use uuid::Uuid;

pub async fn list(world: &World, request: ListAuditRequest) -> Result<ListAuditReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let filter = audit::Filter {
        instance: request.instance_id.as_deref().filter(|id| !id.is_empty()).map(instance_id).transpose()?,
        by: request.by.as_deref().filter(|by| !by.is_empty()),
        operation: request.operation.as_deref().filter(|operation| !operation.is_empty()),
        from: request.from.map_or(store::EARLIEST, |from| convert::time(Timestamp(from))),
        until: request.until.map_or(Time::MAX, |until| convert::time(Timestamp(until))),
    };
    let after = match cursor::<2>(request.cursor.as_deref())? {
        Some([at, id]) => (part::<Time>(&at)?, part(&id)?),
        None => (Time::MAX, Uuid::max()),
    };
    let limit = limit(request.limit);
    let session = world.store.session().await?;
    let rows = audit::list(&session, owner, &filter, after, limit).await?;
    drop(session);
    let last = rows.last().filter(|_| rows.len() as i64 == limit);
    let next_cursor = last.map(|last| format!("{}_{}", last.at, last.id));
    Ok(ListAuditReply { entries: rows.into_iter().map(entry).collect(), next_cursor })
}

fn entry(row: audit::Stored) -> AuditEntry {
    AuditEntry {
        id: row.id.to_string(),
        at: row.at.as_millisecond(),
        by: row.by,
        operation: row.operation,
        instance_id: row.instance.map(|instance| instance.to_string()),
        subject: row.subject,
        arguments: row.arguments.into(),
        outcome: row.outcome,
        message: row.message,
    }
}
