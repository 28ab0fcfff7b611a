//! Operations on one instance.

use super::{Failure, instance_id, instances, tenant};
use crate::{
    audit::Note,
    operation::Operation,
    request::{Action, Request},
    world::World,
};
use interpreter::InstanceId;
use proto::{OperateReply, OperateRequest};

pub async fn operate(world: &World, request: OperateRequest) -> Result<OperateReply, Failure> {
    let operation = Operation::read(&request.operation).map_err(Failure::invalid)?;
    let applied = send(world, &request.tenant, &request.instance_id, &request.by, operation).await?;
    Ok(OperateReply { instance_id: applied.instance.to_string(), version: applied.version, ..OperateReply::default() })
}

/// To the lane of the instance, with a note for the audit log.
pub async fn send(
    world: &World,
    owner: &str,
    id: &str,
    by: &str,
    operation: Operation,
) -> Result<crate::request::Applied, Failure> {
    let id = InstanceId(instance_id(id)?);
    let note = Note::new(by, operation.name(), &operation.arguments());
    let (mut request, answered) = Request::answered(tenant(owner)?, id, Action::Step(operation.command()));
    request.note = Some(note);
    instances::send(world, request, answered).await
}
