//! Messages: publishing them, and finding those that wait.
//!
//! A message goes to one instance of each process: to the oldest open subscription, else to the process's own message start
//! event. While an instance that a message with a key has started is active, no other of its process is started by a message
//! of that name and key. What is left of its time to live it waits for the processes that have not got it. Publishing and subscribing under
//! one name and key exclude each other by an advisory lock that lasts until the commit, so a message and a subscription
//! that come at the same time always meet.

use crate::{
    audit::Note,
    convert,
    request::{Addressed, Order},
    seeded::{Bug, is_sown},
    start_together::{self, Came},
    world::World,
    writes::Writes,
};
use interpreter::{CommandKind, DefinitionKey, ElementIndex, InstanceId, Key, Variables, start_together::message_part};
use store::{
    Session, command, command_id, message,
    message_start::{self, MessageStart},
    message_start_lock::{self, Lock},
    message_subscription,
};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// A message to publish, and where to say how many got it.
pub struct Publication {
    pub tenant: String,
    pub name: String,
    pub correlation_key: String,
    /// Of the instances that it starts.
    pub business_key: Option<String>,
    pub variables: Variables,
    pub ttl_ms: u64,
    /// The same id is published once.
    pub message_id: Option<String>,
    /// The order of an instance that this is.
    pub claim: Option<Uuid>,
    pub traceparent: String,
    /// Of who publishes it from outside.
    pub note: Option<Note>,
    pub answer: Option<oneshot::Sender<Result<u32, store::Error>>>,
}

/// Hands publications to the loop that makes them.
#[derive(Clone)]
pub struct Publisher {
    queue: mpsc::Sender<Publication>,
}

impl Publisher {
    pub fn new(capacity: usize) -> (Publisher, mpsc::Receiver<Publication>) {
        let (queue, publications) = mpsc::channel(capacity);
        (Publisher { queue }, publications)
    }

    /// False: too many are waiting.
    pub fn publish(&self, publication: Publication) -> bool {
        self.queue.try_send(publication).is_ok()
    }
}

/// Publishes until the queue is closed. Messages are rare beside steps: each is a transaction.
pub async fn run(world: World, mut publications: mpsc::Receiver<Publication>) {
    while let Some(mut publication) = publications.recv().await {
        let mut result = publish(&world, &publication).await;
        for attempt in 0..5u32 {
            match &result {
                Err(error) if error.is_transient() || (error.is_connection_lost() && publication.is_known_again()) => {
                    tokio::time::sleep(crate::backoff::delay(attempt)).await;
                    result = publish(&world, &publication).await;
                }
                _ => break,
            }
        }
        if let Err(error) = &result {
            tracing::warn!(%error, name = publication.name, "a message could not be published");
        }
        if let Some(answer) = publication.answer.take() {
            let _ = answer.send(result);
        }
    }
}

async fn publish(world: &World, publication: &Publication) -> Result<u32, store::Error> {
    let mut session = world.store.session().await?;
    session.begin().await?;
    let Some(orders) = correlate(world, &session, publication).await? else {
        session.rollback().await?;
        return Ok(0);
    };
    let count = orders.orders.len() as u32;
    crate::persist::outbox(&orders).insert(&session).await?;
    if let Some(note) = &publication.note {
        note.done(&publication.tenant, &publication.name).insert(&session).await?;
    }
    session.commit().await?;
    for order in orders.orders {
        world.lanes.deliver(world, order);
    }
    Ok(count)
}

/// The orders that come of it; none: it was published before.
async fn correlate(
    world: &World,
    session: &Session,
    publication: &Publication,
) -> Result<Option<Writes>, store::Error> {
    let Publication { tenant, name, correlation_key: key, variables, .. } = publication;
    if let Some(claim) = publication.claim
        && command::delete(session, &[claim], &[claim]).await?.is_empty()
    {
        return Ok(None);
    }
    message_subscription::lock(session, &[correlation_hash(tenant, name, key)]).await?;
    if !first_time(session, publication).await? {
        return Ok(None);
    }
    let mut writes = Writes::default();
    let mut correlated = Vec::new();
    for taken in message_subscription::take(session, tenant, name, key).await? {
        let deliver = deliver(Key(taken.key as u64), ElementIndex(taken.target as u32), name, variables.clone());
        writes.send(tenant.clone(), InstanceId(taken.instance), deliver);
        correlated.push(taken.process_id);
    }
    for start in message_start::find(session, tenant, name).await? {
        let instance = Uuid::now_v7();
        let definition = start_together::definition(world, start.definition).await?;
        let is_alone = definition.as_ref().is_none_or(|it| it.process.together(&start.element_id).is_none());
        let lock = publication.start_lock(&start.process_id).filter(|_| is_alone);
        if correlated.contains(&start.process_id) || !is_free(session, lock, instance).await? {
            continue;
        }
        correlated.push(start.process_id.clone());
        let came = Came {
            definition: definition.as_deref(),
            element_id: &start.element_id,
            part: message_part(name),
            correlation_key: Some(key),
            variables,
        };
        let Some(variables) = start_together::come(session, came).await? else { continue };
        let traceparent = publication.traceparent.clone();
        let order = begin(start, publication.business_key.clone(), variables, traceparent);
        writes.send(tenant.clone(), InstanceId(instance), order);
    }
    if publication.ttl_ms > 0 {
        let waiting = message::Message {
            tenant,
            id: Uuid::now_v7(),
            name,
            correlation_key: key,
            variables: &convert::variables_json(variables),
            ttl_ms: i64::try_from(publication.ttl_ms).unwrap_or(i64::MAX).min(MAX_TTL_MS),
            correlated: &correlated,
        };
        message::insert(session, &waiting).await?;
    }
    Ok(Some(writes))
}

async fn is_free(session: &Session, lock: Option<Lock>, instance: Uuid) -> Result<bool, store::Error> {
    match lock {
        Some(lock) => message_start_lock::acquire(session, &lock, instance).await,
        None => Ok(true),
    }
}

fn begin(start: MessageStart, business_key: Option<String>, variables: Variables, traceparent: String) -> Order {
    let MessageStart { definition, element_id, .. } = start;
    Order::StartAt { definition: DefinitionKey(definition), element_id, business_key, variables, traceparent }
}

/// For locks that were let go: the messages that have waited for that. Their advisory locks are held.
pub async fn start_next(session: &Session, released: &[Lock], writes: &mut Writes) -> Result<(), store::Error> {
    for lock in released {
        let Lock { tenant, message_name: name, correlation_key: key, process_id } = lock;
        let starts = message_start::find(session, tenant, name).await?;
        let Some(start) = starts.into_iter().find(|start| start.process_id == *process_id) else { continue };
        let Some((_, variables)) = message::take(session, tenant, name, key, process_id).await? else { continue };
        let variables = convert::parse_variables(&variables).unwrap_or_default(); // we wrote them
        let instance = Uuid::now_v7();
        if message_start_lock::acquire(session, lock, instance).await? {
            writes.send(tenant.clone(), InstanceId(instance), begin(start, None, variables, String::new()));
        }
    }
    Ok(())
}

/// Ten years: what is longer is surely meant as for ever.
const MAX_TTL_MS: i64 = 10 * 365 * 24 * 3600 * 1000;

/// Remembers the message's id; false: it is remembered already.
async fn first_time(session: &Session, publication: &Publication) -> Result<bool, store::Error> {
    let Some(id) = publication.message_id.as_ref().filter(|_| !is_sown(Bug::NoMessageIds)) else { return Ok(true) };
    let (tenant, id) = (publication.tenant.clone(), format!("message:{id}"));
    let mut ids = command_id::CommandIds::default();
    ids.push(command_id::CommandId { tenant: tenant.clone(), id: id.clone() });
    if !ids.find(session).await?.is_empty() {
        return Ok(false);
    }
    let mut answered = command_id::AnsweredCommands::default();
    answered.push(command_id::Answered { tenant, id, reply: Vec::new() });
    answered.insert(session).await?;
    Ok(true)
}

/// For subscriptions that a step has opened: the messages that wait for them. The locks are held, the rows are there.
pub async fn waiting_messages(session: &Session, writes: &mut Writes) -> Result<(), store::Error> {
    let opened: Vec<_> = writes.subscriptions.values().cloned().collect();
    for open in opened {
        let (tenant, name, key) = (&open.tenant, &open.message_name, &open.correlation_key);
        let Some((_, variables)) = message::take(session, tenant, name, key, &open.process_id).await? else { continue };
        message_subscription::take_one(session, open.instance, open.key, open.target).await?;
        let variables = convert::parse_variables(&variables).unwrap_or_default(); // we wrote them
        let order = deliver(Key(open.key as u64), ElementIndex(open.target as u32), name, variables);
        writes.send(tenant.clone(), InstanceId(open.instance), order);
    }
    Ok(())
}

fn deliver(key: Key, target: ElementIndex, name: &str, variables: Variables) -> Order {
    Order::Step(CommandKind::DeliverMessage { key, target, message_name: name.to_owned(), variables })
}

impl Publication {
    /// Whether a publication whose commit was not answered may be made again: an id or a claim tells that it has been.
    fn is_known_again(&self) -> bool {
        self.message_id.is_some() || self.claim.is_some()
    }

    /// With a key, one instance of a process at a time is started; the key of a conversation only says who talks.
    fn start_lock(&self, process_id: &str) -> Option<Lock> {
        let locks = !self.correlation_key.is_empty() && self.business_key.is_none();
        locks.then(|| Lock {
            tenant: self.tenant.clone(),
            message_name: self.name.clone(),
            correlation_key: self.correlation_key.clone(),
            process_id: process_id.to_owned(),
        })
    }

    /// What an instance has ordered to be published: to whoever waits now.
    pub fn ordered(addressed: &Addressed) -> Option<Publication> {
        let Order::Publish { name, correlation_key, business_key, variables, traceparent } = &addressed.order else {
            return None;
        };
        Some(Publication {
            tenant: addressed.tenant.clone(),
            name: name.clone(),
            correlation_key: correlation_key.clone(),
            business_key: business_key.clone(),
            variables: variables.clone(),
            ttl_ms: interpreter::limits::THROWN_MESSAGE_LIFE_MS as u64,
            message_id: None,
            claim: Some(addressed.id),
            traceparent: traceparent.clone(),
            note: None,
            answer: None,
        })
    }
}

/// FNV-1a over the three, with a byte between them that is in none.
pub fn correlation_hash(tenant: &str, name: &str, key: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in [tenant, name, key] {
        for byte in part.bytes().chain([0xFF]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash as i64
}

#[cfg(test)]
mod tests {
    use super::correlation_hash;

    #[test]
    fn the_parts_of_a_hash_do_not_run_into_each_other() {
        assert_ne!(correlation_hash("a", "bc", ""), correlation_hash("ab", "c", ""));
        assert_eq!(correlation_hash("a", "b", "c"), correlation_hash("a", "b", "c"));
    }
}
