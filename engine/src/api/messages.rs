//! Publishing messages from outside.

use super::{Failure, parse_variables, tenant};
use crate::{audit::Note, messages::Publication, trace, world::World};
use async_nats::HeaderMap;
use proto::{PublishMessageReply, PublishMessageRequest};
use tokio::sync::oneshot;

pub async fn publish(
    world: &World,
    request: PublishMessageRequest,
    caller: Option<&HeaderMap>,
) -> Result<PublishMessageReply, Failure> {
    let tenant = tenant(&request.tenant)?.to_owned();
    if request.name.is_empty() {
        return Err(Failure::invalid("`name` is missing"));
    }
    let (answer, answered) = oneshot::channel();
    let arguments = serde_json::json!({"correlationKey": request.correlation_key, "messageId": request.message_id});
    let note = Note::new(&request.by, "publishMessage", &arguments);
    let publication = Publication {
        tenant,
        variables: parse_variables(world, &request.variables)?,
        name: request.name,
        correlation_key: request.correlation_key,
        ttl_ms: request.ttl_ms,
        message_id: request.message_id.filter(|id| !id.is_empty()),
        business_key: None,
        claim: None,
        traceparent: trace::of_caller(caller),
        note: Some(note),
        answer: Some(answer),
    };
    if !world.publisher.publish(publication) {
        return Err(Failure::Busy);
    }
    let correlated = answered.await.map_err(|_| Failure::Unavailable)??;
    Ok(PublishMessageReply { correlated })
}
