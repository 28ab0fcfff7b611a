//! Signals: one goes to every instance of the tenant that listens to it at that moment, and starts every process that has a
//! start event for it. Nobody waits for one that has passed.

use crate::{
    audit::Note,
    request::{Addressed, Order},
    start_together::{self, Came},
    world::World,
    writes::Writes,
};
use interpreter::{CommandKind, DefinitionKey, InstanceId, Variables, start_together::signal_part};
use store::{Session, command, signal};
use uuid::Uuid;

/// Turns a broadcast of the outbox into orders for those that it is for. Done once: whoever deletes its row does it.
pub async fn broadcast(world: &World, addressed: &Addressed) -> Result<(), store::Error> {
    let Order::Broadcast { signal_name, variables, traceparent } = &addressed.order else { return Ok(()) };
    let mut session = world.store.session().await?;
    session.begin().await?;
    if command::delete(&session, &[addressed.id], &[addressed.id]).await?.is_empty() {
        return session.rollback().await;
    }
    let signal = Signal { tenant: &addressed.tenant, name: signal_name, variables, traceparent, note: None };
    signal.send(world, session, Some(addressed.instance)).await.map(drop)
}

/// A signal from outside; how many instances it reached or started.
pub async fn send(world: &World, signal: Signal<'_>) -> Result<u32, store::Error> {
    let mut session = world.store.session().await?;
    session.begin().await?;
    signal.send(world, session, None).await
}

pub struct Signal<'a> {
    pub tenant: &'a str,
    pub name: &'a str,
    pub variables: &'a Variables,
    pub traceparent: &'a str,
    /// Of who broadcasts it from outside.
    pub note: Option<Note>,
}

impl Signal<'_> {
    /// Commits the orders, then passes them on.
    async fn send(&self, world: &World, session: Session, thrower: Option<InstanceId>) -> Result<u32, store::Error> {
        let mut session = session;
        let writes = self.spread(world, &session, thrower).await?;
        crate::persist::outbox(&writes).insert(&session).await?;
        if let Some(note) = &self.note {
            note.done(self.tenant, self.name).insert(&session).await?;
        }
        session.commit().await?;
        let count = writes.orders.len() as u32;
        for order in writes.orders {
            world.lanes.deliver(world, order);
        }
        Ok(count)
    }

    /// To all but the thrower, which has it already.
    async fn spread(
        &self,
        world: &World,
        session: &Session,
        thrower: Option<InstanceId>,
    ) -> Result<Writes, store::Error> {
        let mut writes = Writes::default();
        for instance in signal::listeners(session, self.tenant, self.name).await? {
            if thrower != Some(InstanceId(instance)) {
                let (signal_name, variables) = (self.name.to_owned(), self.variables.clone());
                let receive = CommandKind::ReceiveSignal { signal_name, variables };
                writes.send(self.tenant.to_owned(), InstanceId(instance), Order::Step(receive));
            }
        }
        for start in signal::starts(session, self.tenant, self.name).await? {
            let definition = start_together::definition(world, start.definition).await?;
            let came = Came {
                definition: definition.as_deref(),
                element_id: &start.element_id,
                part: signal_part(self.name),
                correlation_key: None,
                variables: self.variables,
            };
            let Some(variables) = start_together::come(session, came).await? else { continue };
            let order = Order::StartAt {
                definition: DefinitionKey(start.definition),
                element_id: start.element_id,
                business_key: None,
                variables,
                traceparent: self.traceparent.to_owned(),
            };
            writes.send(self.tenant.to_owned(), InstanceId(Uuid::now_v7()), order);
        }
        Ok(writes)
    }
}
