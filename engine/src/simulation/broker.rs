//! The stream of jobs, in memory: a work queue that loses, doubles and reorders what it holds, and that can be lost as a whole or
//! fall back to what it was.

use super::chaos::Chaos;
use crate::streams::{ACK_WAIT, Backlog, Seen, Streams};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use jiff::Timestamp;
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub struct Broker {
    chaos: Chaos,
    stream: Mutex<Stream>,
}

#[derive(Clone, Default)]
struct Stream {
    created: i128,
    last_sequence: u64,
    messages: Vec<Message>,
    ids: BTreeSet<String>,
}

#[derive(Clone)]
struct Message {
    sequence: u64,
    published: Timestamp,
    job_type: String,
    payload: Bytes,
    /// With a worker, until then.
    held: Option<Timestamp>,
}

/// A job on its way to a worker, with what it is acknowledged by.
pub struct Delivery {
    pub sequence: u64,
    pub payload: Bytes,
}

impl Broker {
    pub fn new(chaos: Chaos) -> Broker {
        let stream = Stream { created: Timestamp::now().as_nanosecond(), ..Stream::default() };
        Broker { chaos, stream: Mutex::new(stream) }
    }

    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False: it is refused, and whoever publishes knows it.
    pub fn publish(&self, subject: &str, id: String, payload: Bytes) -> bool {
        if self.chaos.happens("a job refused by the stream", 10) {
            return false;
        }
        if self.chaos.happens("a job lost by the stream", 20) {
            return true;
        }
        let copies = if self.chaos.happens("a job published twice", 30) { 2 } else { 1 };
        let job_type = subject.rsplit('.').next().unwrap_or_default().to_owned();
        let mut stream = self.stream();
        if !stream.ids.insert(id) {
            self.chaos.note("a job that was a duplicate");
            return true;
        }
        for _ in 0..copies {
            stream.last_sequence += 1;
            let (sequence, published) = (stream.last_sequence, Timestamp::now());
            let (job_type, payload) = (job_type.clone(), payload.clone());
            stream.messages.push(Message { sequence, published, job_type, payload, held: None });
        }
        true
    }

    /// Mostly the oldest, sometimes any.
    pub fn pull(&self) -> Option<Delivery> {
        let now = Timestamp::now();
        let mut stream = self.stream();
        let free = |message: &Message| message.held.is_none_or(|until| until < now);
        let places: Vec<usize> =
            stream.messages.iter().enumerate().filter(|(_, message)| free(message)).map(|(place, _)| place).collect();
        let mut chosen = *places.first()?;
        if places.len() > 1 && self.chaos.happens("a job out of order", 200) {
            chosen = *places.get(self.chaos.below(places.len() as u64) as usize)?;
        }
        let message = stream.messages.get_mut(chosen)?;
        if message.held.is_some() {
            self.chaos.note("a job delivered again");
        }
        message.held = Some(now + jiff::SignedDuration::try_from(ACK_WAIT).unwrap_or_default());
        Some(Delivery { sequence: message.sequence, payload: message.payload.clone() })
    }

    pub fn acknowledge(&self, sequence: u64) {
        self.stream().messages.retain(|message| message.sequence != sequence);
    }

    /// Everything in it is gone.
    pub fn lose(&self) {
        *self.stream() = Stream { created: Timestamp::now().as_nanosecond(), ..Stream::default() };
    }

    /// What it is now, to be fallen back to.
    pub fn remember(&self) -> impl FnOnce(&Broker) + use<> {
        let before = self.stream().clone();
        move |broker| *broker.stream() = before
    }
}

impl Streams for Broker {
    fn is_connected(&self) -> bool {
        true
    }

    fn look(&self) -> BoxFuture<'_, anyhow::Result<Seen>> {
        let stream = self.stream();
        let (created, last_sequence) = (stream.created, stream.last_sequence);
        let seen = Seen { created, last_sequence, has_messages: !stream.messages.is_empty() };
        async move { Ok(seen) }.boxed()
    }

    fn ensure_consumer<'a>(&'a self, _: &'a str) -> BoxFuture<'a, anyhow::Result<()>> {
        async { Ok(()) }.boxed()
    }

    fn backlog<'a>(&'a self, job_type: &'a str) -> BoxFuture<'a, anyhow::Result<Backlog>> {
        let stream = self.stream();
        let of_type = || stream.messages.iter().filter(|message| message.job_type == job_type);
        let waiting = of_type().find(|message| message.held.is_none()).map(|message| message.published);
        let backlog = match (waiting, of_type().next()) {
            (Some(oldest), _) => Backlog::Waiting(Some(oldest)),
            (None, Some(_)) => Backlog::WithWorkers,
            (None, None) => Backlog::Nothing,
        };
        async move { Ok(backlog) }.boxed()
    }

    fn remove_dead(&self) -> BoxFuture<'_, anyhow::Result<()>> {
        async { Ok(()) }.boxed()
    }
}
