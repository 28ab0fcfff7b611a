//! Open incidents, and resolving them.

use super::{Failure, cursor, instance_id, instances, limit, parse_variables, part, part_id, tenant};
use crate::{
    audit::Note,
    convert,
    request::{Action, Request},
    world::World,
};
use interpreter::{InstanceId, Key};
use proto::{CommandReply, IncidentInfo, ListIncidentsReply, ListIncidentsRequest, ResolveIncidentRequest};
use store::{Session, Time, incident};
use uuid::Uuid;

pub fn newest() -> (Time, Uuid, i64) {
    (Time::MAX, Uuid::max(), i64::MAX)
}

pub async fn page(
    session: &Session,
    owner: &str,
    filter: &incident::Filter<'_>,
    after: (Time, Uuid, i64),
    limit: i64,
) -> Result<Vec<incident::Stored>, Failure> {
    Ok(incident::list(session, owner, filter, after, limit).await?)
}

pub async fn list(world: &World, request: ListIncidentsRequest) -> Result<ListIncidentsReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let filter = incident::Filter {
        instance: request.instance_id.as_deref().filter(|id| !id.is_empty()).map(instance_id).transpose()?,
        process_id: request.process_id.as_deref().filter(|id| !id.is_empty()),
    };
    let after = match cursor::<3>(request.cursor.as_deref())? {
        Some([at, id, key]) => (part::<Time>(&at)?, part(&id)?, part(&key)?),
        None => newest(),
    };
    let limit = limit(request.limit);
    let session = world.store.session().await?;
    let rows = page(&session, owner, &filter, after, limit).await?;
    drop(session);
    let is_full = rows.len() as i64 == limit;
    let last = rows.last().filter(|_| is_full);
    let next_cursor = last.map(|last| format!("{}_{}_{}", last.raised_at, last.instance, last.incident));
    Ok(ListIncidentsReply { incidents: infos(world, rows).await?, next_cursor })
}

pub async fn infos(world: &World, rows: Vec<incident::Stored>) -> Result<Vec<IncidentInfo>, Failure> {
    let mut incidents = Vec::with_capacity(rows.len());
    for row in rows {
        let definition = world.definitions.get(row.definition).await?;
        incidents.push(IncidentInfo {
            id: convert::id(row.instance, row.incident as u64),
            instance_id: row.instance.to_string(),
            process_id: definition.process_id.clone(),
            element_id: definition.element(row.element as u32).map(|element| element.id.clone()).unwrap_or_default(),
            element_instance_key: row.element_instance as u64,
            code: row.code,
            message: row.message,
            raised_at: row.raised_at.as_millisecond(),
        });
    }
    Ok(incidents)
}

pub async fn resolve(world: &World, request: ResolveIncidentRequest) -> Result<CommandReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let (instance, incident) = part_id(&request.id)?;
    let variables = parse_variables(world, &request.variables)?;
    let arguments = serde_json::json!({"incident": incident, "retries": request.retries, "variables": variables});
    let note = Note::new(&request.by, "resolveIncident", &arguments);
    let action = Action::Resolve { incident: Key(incident), retries: request.retries, variables };
    let (mut command, answered) = Request::answered(owner, InstanceId(instance), action);
    command.note = Some(note);
    Ok(instances::reply(instances::send(world, command, answered).await?))
}
