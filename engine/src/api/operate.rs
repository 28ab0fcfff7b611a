//! Operations on one instance.

use super::{Failure, instance_id, instances, tenant};
use crate::{
    audit::Note,
    definitions::Definition,
    operation::Operation,
    request::{Action, Applied, Request},
    world::World,
};
use interpreter::{InstanceId, migrate, migrate::Migration};
use proto::{OperateReply, OperateRequest};
use std::{collections::BTreeMap, sync::Arc};
use uuid::Uuid;

pub async fn operate(world: &World, request: OperateRequest) -> Result<OperateReply, Failure> {
    let operation = Operation::read(&request.operation).map_err(Failure::invalid)?;
    let id = instance_id(&request.instance_id)?;
    let owner = tenant(&request.tenant)?;
    let mut reply = OperateReply { instance_id: id.to_string(), ..OperateReply::default() };
    if let Operation::Migrate { to_version, mapping } = &operation {
        let (version, plan) = plan(world, owner, id, *to_version, mapping).await?;
        reply.result = serde_json::to_vec(&plan).unwrap_or_default().into();
        reply.version = version;
    }
    if request.dry_run {
        return match operation {
            Operation::Migrate { .. } => Ok(reply),
            _ => Err(Failure::invalid("only a migration has a plan")),
        };
    }
    reply.version = send(world, owner, &request.instance_id, &request.by, operation).await?.version;
    Ok(reply)
}

/// To the lane of the instance, with a note for the audit log.
pub async fn send(world: &World, owner: &str, id: &str, by: &str, operation: Operation) -> Result<Applied, Failure> {
    let id = instance_id(id)?;
    let note = Note::new(by, operation.name(), &operation.arguments());
    let action = action(world, tenant(owner)?, id, operation).await?;
    let (mut request, answered) = Request::answered(owner, InstanceId(id), action);
    request.note = Some(note);
    instances::send(world, request, answered).await
}

/// What the lane is to do.
pub async fn action(world: &World, owner: &str, id: Uuid, operation: Operation) -> Result<Action, Failure> {
    if let Operation::Migrate { to_version, mapping } = operation {
        let definition = target(world, owner, id, to_version).await?;
        return Ok(Action::Migrate { definition, mapping });
    }
    let command = operation.command().ok_or_else(|| Failure::Internal("an operation without a command".to_owned()))?;
    Ok(Action::Step(command))
}

/// The version that an instance is to go to.
async fn target(world: &World, owner: &str, id: Uuid, version: u32) -> Result<Arc<Definition>, Failure> {
    let session = world.store.session().await?;
    let origin = store::instance::origin(&session, owner, id).await?;
    drop(session);
    let (definition, _) = origin.ok_or_else(|| Failure::not_found("there is no such instance"))?;
    let process_id = world.definitions.get(definition).await?.process_id.clone();
    let found = world.definitions.find(owner, &process_id, version).await?;
    found.ok_or_else(|| Failure::not_found(format!("no process `{process_id}` (version {version}) is deployed")))
}

/// The instance's version, and what a migration would do to it as it is now.
async fn plan(
    world: &World,
    owner: &str,
    id: Uuid,
    to_version: u32,
    mapping: &BTreeMap<String, String>,
) -> Result<(u64, migrate::Plan), Failure> {
    let new = target(world, owner, id, to_version).await?;
    let found = world.look(owner, id).await?;
    let (slot, _) = found.ok_or_else(|| Failure::not_found("there is no such instance"))?;
    let (old, definition) = (&slot.definition.process, new.key);
    let migration = Migration { old, new: &new.process, definition, mapping };
    Ok((slot.instance.version, migrate::plan(&migration, &slot.instance)))
}
