//! Lanes: instances are shared out by their id, so that the commands to one instance follow each other and those to many
//! travel in one transaction. Each lane is one task with one connection.

use crate::{
    decisions,
    messages::Publication,
    queue::Queue,
    request::{Action, Addressed, Claim, Order, Request},
    signals,
    world::World,
};
use interpreter::{CommandKind, DefinitionKey, command::Start, instance::Parent, limits::CALL_DEPTH};
use model::Binding;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub struct Lanes {
    queues: Arc<Vec<Arc<Queue>>>,
}

impl Lanes {
    /// `depth`: requests that may wait in each.
    pub fn new(count: usize, depth: usize) -> (Lanes, Vec<Arc<Queue>>) {
        let queues: Vec<_> = (0..count.max(1)).map(|_| Arc::new(Queue::new(depth))).collect();
        (Lanes { queues: Arc::new(queues.clone()) }, queues)
    }

    /// To the instance's lane; the request comes back when too many are waiting.
    pub fn send(&self, request: Request) -> Result<(), Box<Request>> {
        let (high, low) = request.instance.0.as_u64_pair();
        let lane = (high ^ low).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        self.queues[lane as usize % self.queues.len()].push(request)
    }

    /// Requests that may wait.
    pub fn capacity(&self) -> usize {
        self.queues.iter().map(|queue| queue.depth()).sum()
    }

    /// Requests that wait.
    pub fn backlog(&self) -> usize {
        self.queues.iter().map(|queue| queue.len()).sum()
    }

    /// An order of the outbox, to whom it is for. What finds no room stays in the outbox and is swept.
    pub fn deliver(&self, world: &World, addressed: Addressed) {
        if let Some(publication) = Publication::ordered(&addressed) {
            world.publisher.publish(publication);
            return;
        }
        let Addressed { id, tenant, instance, order } = addressed;
        let claim = Claim::Command(id);
        match order {
            Order::Step(kind) => {
                let _ = self.send(Request::internal(instance, kind, claim));
            }
            Order::StartChild { .. } | Order::StartAt { .. } => {
                let world = world.clone();
                tokio::spawn(async move {
                    let order = Addressed { id, tenant, instance, order };
                    if let Err(error) = start(&world, order).await {
                        tracing::warn!(%error, %instance, "an ordered start is put off");
                    }
                });
            }
            Order::EvaluateDecision { .. } => {
                let world = world.clone();
                tokio::spawn(async move {
                    let order = Addressed { id, tenant, instance, order };
                    if let Err(error) = decisions::answer(&world, order).await {
                        tracing::warn!(%error, %instance, "a decision is put off");
                    }
                });
            }
            Order::Broadcast { .. } => {
                let world = world.clone();
                tokio::spawn(async move {
                    let order = Addressed { id, tenant, instance, order };
                    if let Err(error) = signals::broadcast(&world, &order).await {
                        tracing::warn!(%error, %instance, "a signal is put off");
                    }
                });
            }
            Order::Publish { .. } => {} // was a publication, above
        }
    }
}

/// Finds the definition, and sends the start to its lane, or the refusal to the caller's.
async fn start(world: &World, addressed: Addressed) -> Result<(), crate::definitions::DefinitionError> {
    let Addressed { id, tenant, instance, order } = addressed;
    let (definition, start, traceparent) = match order {
        Order::StartAt { definition, element_id, business_key, variables, traceparent } => {
            let definition = world.definitions.get(definition.0).await?;
            let start = Start { element_id: Some(element_id), business_key, variables, parent: None };
            (definition, start, traceparent)
        }
        Order::StartChild { caller, called_element, binding, variables, parent, traceparent } => {
            match called(world, &tenant, caller, &called_element, binding, parent).await? {
                Ok(definition) => {
                    let start = Start { variables, parent: Some(parent), ..Start::default() };
                    (definition, start, traceparent)
                }
                Err((code, message)) => {
                    let refuse = CommandKind::RefuseChild { key: parent.element, code: code.to_owned(), message };
                    let _ = world.lanes.send(Request::internal(parent.instance, refuse, Claim::Command(id)));
                    return Ok(());
                }
            }
        }
        Order::Step(_) | Order::EvaluateDecision { .. } | Order::Publish { .. } | Order::Broadcast { .. } => {
            return Ok(());
        }
    };
    if world.suspensions.has_process(&tenant, &definition.process_id, definition.version) {
        return Ok(()); // it stays in the outbox until its process is resumed
    }
    let action = Action::Start { definition, start, traceparent };
    let request = Request {
        tenant: Some(tenant),
        instance,
        action,
        claim: Claim::Command(id),
        command_id: None,
        only_at: None,
        epoch: None,
        note: None,
        answer: None,
    };
    let _ = world.lanes.send(request); // no room: it is in the outbox
    Ok(())
}

type Called = Result<Arc<crate::definitions::Definition>, (&'static str, String)>;

async fn called(
    world: &World,
    tenant: &str,
    caller: DefinitionKey,
    process_id: &str,
    binding: Binding,
    parent: Parent,
) -> Result<Called, crate::definitions::DefinitionError> {
    if parent.depth > CALL_DEPTH {
        let message =
            format!("`{process_id}` would be call number {} in a row; {CALL_DEPTH} are allowed", parent.depth);
        return Ok(Err(("CALL_DEPTH_EXCEEDED", message)));
    }
    let key: Option<Uuid> = match binding {
        Binding::Latest => world.definitions.latest_key(tenant, process_id).await?,
        Binding::Version(version) => {
            let session = world.store.session().await?;
            store::definition::version_key(&session, tenant, process_id, version as i32).await?
        }
        Binding::Deployment => {
            let session = world.store.session().await?;
            store::definition::member_key(&session, tenant, caller.0, process_id).await?
        }
    };
    match key {
        Some(key) => world.definitions.get(key).await.map(Ok),
        None => Ok(Err(("CALLED_PROCESS_NOT_FOUND", format!("no process `{process_id}` is deployed ({binding:?})")))),
    }
}
