//! Single variables, also those that are too large to travel with a job.

use super::{Failure, instance_id, tenant};
use crate::{convert, world::World};
use interpreter::Key;
use proto::{GetVariableReply, GetVariableRequest};
use uuid::Uuid;

/// NATS carries 1 MiB at a time; the caller asks for the rest.
const PART_BYTES: usize = 512 * 1024;

pub async fn get(world: &World, request: GetVariableRequest) -> Result<GetVariableReply, Failure> {
    let owner = tenant(&request.tenant)?;
    let id = instance_id(&request.instance_id)?;
    let (slot, _) = world.look(owner, id).await?.ok_or_else(|| Failure::not_found("there is no such instance"))?;
    let key = Key(request.key);
    if key != Key::ROOT && slot.instance.element(key).is_none() {
        return Err(Failure::not_found("the element is not active any more"));
    }
    let value = slot.instance.variable_seen(key, &request.name);
    let value = value.ok_or_else(|| Failure::not_found(format!("there is no variable `{}`", request.name)))?;
    let json = convert::json(value);
    let from = usize::try_from(request.offset).unwrap_or(usize::MAX).min(json.len());
    let to = json.len().min(from.saturating_add(PART_BYTES));
    Ok(GetVariableReply {
        part: json.slice(from..to),
        total: json.len() as u64,
        digest: Uuid::new_v5(&Uuid::NAMESPACE_OID, &json).as_bytes().to_vec().into(),
    })
}
