//! Broadcasting signals from outside.

use super::{Failure, parse_variables, tenant};
use crate::{
    audit::Note,
    signals::{self, Signal},
    trace,
    world::World,
};
use async_nats::HeaderMap;
use proto::{BroadcastSignalReply, BroadcastSignalRequest};

pub async fn broadcast(
    world: &World,
    request: BroadcastSignalRequest,
    caller: Option<&HeaderMap>,
) -> Result<BroadcastSignalReply, Failure> {
    let tenant = tenant(&request.tenant)?;
    if request.name.is_empty() {
        return Err(Failure::invalid("`name` is missing"));
    }
    let (variables, traceparent) = (parse_variables(world, &request.variables)?, trace::of_caller(caller));
    let note = Some(Note::new(&request.by, "broadcastSignal", &serde_json::json!({})));
    let signal = Signal { tenant, name: &request.name, variables: &variables, traceparent: &traceparent, note };
    Ok(BroadcastSignalReply { reached: signals::send(world, signal).await? })
}
