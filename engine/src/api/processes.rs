//! What is deployed.

use super::Failure;
use crate::{definitions::Definition, describe, world::World};
use proto::{GetProcessReply, GetProcessRequest, ListProcessesReply, ListProcessesRequest, ProcessSummary};
use std::sync::Arc;
use store::definition;
use uuid::Uuid;

pub async fn list(world: &World, request: ListProcessesRequest) -> Result<ListProcessesReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let session = world.store.session().await?;
    let processes = definition::list(&session, tenant).await?;
    Ok(ListProcessesReply { processes: processes.into_iter().map(summary).collect() })
}

pub async fn get(world: &World, request: GetProcessRequest) -> Result<GetProcessReply, Failure> {
    let tenant = super::tenant(&request.tenant)?;
    let definition = find(world, tenant, &request).await?;
    let session = world.store.session().await?;
    let counted = definition::list(&session, tenant).await?;
    let counted = counted.into_iter().find(|process| process.process_id == definition.process_id);
    let process = ProcessSummary {
        process_id: definition.process_id.clone(),
        version: definition.version,
        definition_key: definition.key.0.to_string(),
        name: definition.name.clone(),
        deployed_at: definition.deployed_at.as_millisecond(),
        active_instances: counted.as_ref().map_or(0, |process| process.active_instances as u64),
        open_incidents: counted.as_ref().map_or(0, |process| process.open_incidents as u64),
        is_executable: definition.is_executable,
    };
    Ok(GetProcessReply {
        process: Some(process),
        source: definition.source.clone(),
        bpmn_xml: model::bpmn::write(&definition.model),
        elements: describe::elements(&definition.model),
    })
}

async fn find(world: &World, tenant: &str, request: &GetProcessRequest) -> Result<Arc<Definition>, Failure> {
    let unknown = || Failure::not_found("there is no such process");
    if request.definition_key.is_empty() {
        let found = world.definitions.find(tenant, &request.process_id, request.version).await?;
        return found.ok_or_else(unknown);
    }
    let key: Uuid = request.definition_key.parse().map_err(|_| Failure::invalid("not a definition key"))?;
    match world.definitions.get(key).await {
        Ok(definition) if definition.tenant == tenant => Ok(definition),
        Ok(_) | Err(crate::definitions::DefinitionError::Unknown(_)) => Err(unknown()),
        Err(error) => Err(error.into()),
    }
}

fn summary(process: definition::Summary) -> ProcessSummary {
    ProcessSummary {
        process_id: process.process_id,
        version: process.version as u32,
        definition_key: process.key.to_string(),
        name: process.name,
        deployed_at: process.deployed_at.as_millisecond(),
        active_instances: process.active_instances as u64,
        open_incidents: process.open_incidents as u64,
        is_executable: process.is_executable,
    }
}
