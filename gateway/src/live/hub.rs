//! One subscription to the bus for the whole gateway, handed out to every listener. It never waits: a listener whose
//! queue is full is cut off, and finds out by the end of its queue.

use crate::metrics::Metrics;
use async_nats::{Client, Subscriber};
use futures::StreamExt;
use prost::Message;
use proto::{EventBatch, Live};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Batches that a listener may be behind.
const QUEUE: usize = 1_024;
/// Instances whose process is remembered, for what workers say of them.
const REMEMBERED: usize = 100_000;

#[derive(Debug, Clone)]
pub enum Signal {
    Batch(Arc<EventBatch>),
    Live(Arc<Live>),
    /// Something may have been lost: compare with the history.
    Resync,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    Instance(Arc<str>, Arc<str>),
    Process(Arc<str>, Arc<str>),
    Tenant(Arc<str>),
}

#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    listeners: Mutex<Listeners>,
    next_id: AtomicU64,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Listeners {
    queues: HashMap<u64, mpsc::Sender<Signal>>,
    by_topic: HashMap<Topic, HashSet<u64>>,
    process_of: HashMap<Arc<str>, Arc<str>>,
}

impl Hub {
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self { inner: Arc::new(Inner { listeners: Mutex::default(), next_id: AtomicU64::new(1), metrics }) }
    }

    /// Subscribes to the bus and hands out until shutdown.
    pub async fn start(&self, client: &Client, shutdown: CancellationToken) -> anyhow::Result<()> {
        let events = client.subscribe("events.>").await?;
        let live = client.subscribe("live.>").await?;
        let hub = self.clone();
        let until = shutdown.clone();
        tokio::spawn(async move { each(events, until, |payload| hub.on_events(payload)).await });
        let hub = self.clone();
        tokio::spawn(async move { each(live, shutdown, |payload| hub.on_live(payload)).await });
        Ok(())
    }

    /// The bus was away, or dropped something.
    pub fn resync(&self) {
        let mut listeners = self.lock();
        let all: Vec<_> = listeners.queues.keys().copied().collect();
        self.send(&mut listeners, all, &Signal::Resync);
    }

    pub fn listener(&self) -> Listener {
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        let (queue, signals) = mpsc::channel(QUEUE);
        self.lock().queues.insert(id, queue);
        Listener { id, signals, topics: HashSet::new(), hub: self.clone() }
    }

    fn on_events(&self, payload: &[u8]) {
        let Ok(batch) = EventBatch::decode(payload) else {
            tracing::warn!("an event batch of another version was left out");
            return;
        };
        if let Some(event) = batch.events.last() {
            self.inner.metrics.observe_fan_out(event.at);
        }
        let (tenant, process, instance): (Arc<str>, Arc<str>, Arc<str>) =
            (batch.tenant.as_str().into(), batch.process_id.as_str().into(), batch.instance_id.as_str().into());
        let topics = [
            Topic::Instance(Arc::clone(&tenant), Arc::clone(&instance)),
            Topic::Process(Arc::clone(&tenant), Arc::clone(&process)),
            Topic::Tenant(tenant),
        ];
        let mut listeners = self.lock();
        if listeners.process_of.len() >= REMEMBERED {
            listeners.process_of.clear();
        }
        listeners.process_of.insert(instance, process);
        let to = listeners.of(&topics);
        self.send(&mut listeners, to, &Signal::Batch(Arc::new(batch)));
    }

    fn on_live(&self, payload: &[u8]) {
        let Ok(live) = Live::decode(payload) else { return };
        let (tenant, instance): (Arc<str>, Arc<str>) = (live.tenant.as_str().into(), live.instance_id.as_str().into());
        let mut listeners = self.lock();
        let process = listeners.process_of.get(&instance).cloned();
        let mut topics = vec![Topic::Instance(Arc::clone(&tenant), instance), Topic::Tenant(Arc::clone(&tenant))];
        topics.extend(process.map(|process| Topic::Process(tenant, process)));
        let to = listeners.of(&topics);
        self.send(&mut listeners, to, &Signal::Live(Arc::new(live)));
    }

    fn send(&self, listeners: &mut Listeners, to: Vec<u64>, signal: &Signal) {
        for id in to {
            let full = listeners.queues.get(&id).is_some_and(|queue| queue.try_send(signal.clone()).is_err());
            if full {
                listeners.queues.remove(&id);
                self.inner.metrics.dropped_clients.inc();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.inner.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listeners {
    /// Who listens to any of the topics, each once.
    fn of(&self, topics: &[Topic]) -> Vec<u64> {
        let listening: Vec<_> = topics.iter().filter_map(|topic| self.by_topic.get(topic)).collect();
        match listening.as_slice() {
            [] => Vec::new(),
            [one] => one.iter().copied().collect(),
            several => several.iter().flat_map(|ids| ids.iter().copied()).collect::<HashSet<_>>().into_iter().collect(),
        }
    }
}

async fn each(mut messages: Subscriber, shutdown: CancellationToken, on_message: impl Fn(&[u8])) {
    loop {
        tokio::select! {
            message = messages.next() => match message {
                Some(message) => on_message(&message.payload),
                None => break,
            },
            () = shutdown.cancelled() => break,
        }
    }
}

/// One client's ear on the hub.
pub struct Listener {
    id: u64,
    signals: mpsc::Receiver<Signal>,
    topics: HashSet<Topic>,
    hub: Hub,
}

impl Listener {
    pub fn listen(&mut self, topic: Topic) {
        self.hub.lock().by_topic.entry(topic.clone()).or_default().insert(self.id);
        self.topics.insert(topic);
    }

    pub fn unlisten(&mut self, topic: &Topic) {
        if self.topics.remove(topic) {
            self.remove(topic);
        }
    }

    pub fn listens_to(&self, topic: &Topic) -> bool {
        self.topics.contains(topic)
    }

    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// The next signal; none when the listener was too slow and is cut off.
    pub async fn recv(&mut self) -> Option<Signal> {
        self.signals.recv().await
    }

    fn remove(&self, topic: &Topic) {
        let mut listeners = self.hub.lock();
        if let Some(ids) = listeners.by_topic.get_mut(topic) {
            ids.remove(&self.id);
            if ids.is_empty() {
                listeners.by_topic.remove(topic);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        for topic in &self.topics {
            self.remove(topic);
        }
        self.hub.lock().queues.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Hub {
        Hub::new(Arc::new(Metrics::default()))
    }

    fn batch(instance: &str) -> Vec<u8> {
        let batch = EventBatch {
            tenant: "t".into(),
            process_id: "p".into(),
            instance_id: instance.into(),
            first_seq: 1,
            ..Default::default()
        };
        batch.encode_to_vec()
    }

    #[tokio::test]
    async fn a_listener_hears_its_topics_once_each() {
        let hub = hub();
        let mut both = hub.listener();
        both.listen(Topic::Instance("t".into(), "i".into()));
        both.listen(Topic::Tenant("t".into()));
        let mut other = hub.listener();
        other.listen(Topic::Tenant("other".into()));
        hub.on_events(&batch("i"));
        let live = Live { tenant: "t".into(), instance_id: "i".into(), ..Default::default() };
        hub.on_live(&live.encode_to_vec());
        assert!(matches!(both.recv().await, Some(Signal::Batch(_))));
        assert!(matches!(both.recv().await, Some(Signal::Live(_))));
        assert!(both.signals.try_recv().is_err(), "and nothing twice");
        assert!(other.signals.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_listener_that_does_not_listen_is_cut_off_and_the_others_go_on() {
        let hub = hub();
        let (mut slow, mut quick) = (hub.listener(), hub.listener());
        slow.listen(Topic::Process("t".into(), "p".into()));
        quick.listen(Topic::Process("t".into(), "p".into()));
        for _ in 0..QUEUE + 10 {
            hub.on_events(&batch("i"));
            assert!(quick.recv().await.is_some());
        }
        for _ in 0..QUEUE {
            assert!(slow.recv().await.is_some());
        }
        assert!(slow.recv().await.is_none());
        drop((slow, quick));
        assert!(hub.lock().by_topic.is_empty() && hub.lock().queues.is_empty(), "nothing is left behind");
    }
}
