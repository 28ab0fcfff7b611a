//! What goes out over NATS: the queue that all may fill, and the loop that publishes.
//!
//! Lanes never wait for NATS. They hand over what is to be published; when NATS is away or slow, events are dropped (who
//! misses them reads history) and jobs are marked as unpublished for the reconciler. Acknowledgements are collected
//! beside the publishing.
//!
//! The jobs of a commit are published as a group of which only the last asks for an acknowledgement: the server works off
//! what a connection sends in order, so it answers for all. When it is refused, all count as unpublished. So they do when
//! the stream has not grown by as many as they are since the group before: one was refused although the last was taken (a
//! little room can come between them). What another replica publishes meanwhile can hide that; the reconciler finds it then,
//! like any other loss. While the server says that it has no room, every job asks for itself.

use crate::{
    admission::Admission,
    streams::{Nats, Streams},
};
use async_nats::{
    HeaderMap,
    jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind},
};
use bytes::Bytes;
use futures::{StreamExt, stream::FuturesOrdered};
use std::{future::IntoFuture, sync::Arc, time::Duration};
use store::{Store, job};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use uuid::Uuid;

const QUEUE: usize = 65_536;
/// Jobs that share an acknowledgement.
const GROUP: usize = 128;
/// Jobs whose acknowledgement has not come: the server keeps no more than 10,000 of a stream in hand.
const UNACKNOWLEDGED: usize = 4_096;

/// Instance, key, attempt.
pub type AttemptId = (Uuid, i64, i32);

pub enum Outgoing {
    /// On core NATS.
    Message { subject: String, payload: Bytes },
    /// On the stream.
    Jobs(Vec<OutgoingJob>),
}

pub struct OutgoingJob {
    pub subject: String,
    pub message_id: String,
    pub traceparent: String,
    pub payload: Bytes,
    pub attempt: AttemptId,
}

#[derive(Clone)]
pub struct Bus {
    pub streams: Arc<dyn Streams>,
    queue: mpsc::Sender<Outgoing>,
    failed: mpsc::UnboundedSender<AttemptId>,
    admission: Admission,
}

/// The other ends, for [`run`].
pub struct Queues {
    pub outgoing: mpsc::Receiver<Outgoing>,
    pub failed: mpsc::UnboundedReceiver<AttemptId>,
}

impl Bus {
    pub fn new(streams: Arc<dyn Streams>, admission: Admission) -> (Bus, Queues) {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let (failed, failures) = mpsc::unbounded_channel();
        (Bus { streams, queue, failed, admission }, Queues { outgoing, failed: failures })
    }

    pub fn is_connected(&self) -> bool {
        self.streams.is_connected()
    }

    pub fn send(&self, outgoing: Outgoing) {
        if let Err(error) = self.queue.try_send(outgoing) {
            let (mpsc::error::TrySendError::Full(outgoing) | mpsc::error::TrySendError::Closed(outgoing)) = error;
            self.drop_outgoing(outgoing);
        }
    }

    /// A job that is not to be published now: it is noted as such, for the reconciler.
    pub fn put_off(&self, attempt: AttemptId) {
        let _ = self.failed.send(attempt);
    }

    fn drop_outgoing(&self, outgoing: Outgoing) {
        if let Outgoing::Jobs(jobs) = outgoing {
            self.unpublished(jobs.into_iter().map(|job| job.attempt));
        }
    }

    fn unpublished(&self, attempts: impl IntoIterator<Item = AttemptId>) {
        for attempt in attempts {
            let _ = self.failed.send(attempt); // received as long as the engine runs
        }
    }
}

/// Publishes until the queue is closed.
pub async fn run(bus: Bus, nats: Nats, store: Store, queues: Queues) {
    let (acks, acknowledged) = mpsc::unbounded_channel();
    tokio::spawn(collect(acknowledged, bus.clone()));
    tokio::spawn(mark_unpublished(store, queues.failed));
    let room = Arc::new(Semaphore::new(UNACKNOWLEDGED));
    let mut outgoing = queues.outgoing;
    while let Some(next) = outgoing.recv().await {
        if !bus.is_connected() {
            bus.drop_outgoing(next);
            continue;
        }
        match next {
            Outgoing::Message { subject, payload } => {
                let _ = nats.client.publish(subject, payload).await; // best effort by design
            }
            Outgoing::Jobs(mut jobs) => {
                while !jobs.is_empty() {
                    let size = if bus.admission.is_nats_well() { GROUP.min(jobs.len()) } else { 1 };
                    let rest = jobs.split_off(size);
                    publish(&bus, &nats, &room, std::mem::replace(&mut jobs, rest), &acks).await;
                }
            }
        }
    }
}

/// A group whose last message was sent, and its answer.
struct Published {
    attempts: Vec<AttemptId>,
    acknowledgement: PublishAckFuture,
    _room: Option<OwnedSemaphorePermit>,
}

async fn publish(
    bus: &Bus,
    nats: &Nats,
    room: &Arc<Semaphore>,
    jobs: Vec<OutgoingJob>,
    acks: &mpsc::UnboundedSender<Published>,
) {
    let room = room.clone().acquire_many_owned(jobs.len() as u32).await.ok();
    let attempts: Vec<AttemptId> = jobs.iter().map(|job| job.attempt).collect();
    let last = jobs.len().saturating_sub(1);
    for (number, OutgoingJob { subject, message_id, traceparent, payload, .. }) in jobs.into_iter().enumerate() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", message_id);
        if !traceparent.is_empty() {
            headers.insert("traceparent", traceparent);
        }
        if number < last {
            if nats.client.publish_with_headers(subject, headers, payload).await.is_err() {
                return bus.unpublished(attempts);
            }
            continue;
        }
        match nats.jetstream.publish_with_headers(subject, headers, payload).await {
            Ok(acknowledgement) => {
                drop(acks.send(Published { attempts, acknowledgement, _room: room }));
                return;
            }
            Err(_) => return bus.unpublished(attempts),
        }
    }
}

/// Waits for acknowledgements, each for itself, and looks at them in the order of publishing.
async fn collect(mut published: mpsc::UnboundedReceiver<Published>, bus: Bus) {
    let mut waiting = FuturesOrdered::new();
    let mut growth = Growth::default();
    loop {
        tokio::select! {
            next = published.recv() => match next {
                Some(Published { attempts, acknowledgement, _room: room }) => waiting.push_back(async move {
                    let acknowledged = acknowledgement.into_future().await;
                    drop(room);
                    (acknowledged, attempts)
                }),
                None => return,
            },
            Some((acknowledged, attempts)) = waiting.next(), if !waiting.is_empty() => match acknowledged {
                Ok(taken) if taken.duplicate || growth.holds(taken.sequence, attempts.len()) => {}
                Ok(_) => {
                    tracing::debug!(jobs = attempts.len(), "some of these jobs were not taken by the stream");
                    bus.unpublished(attempts);
                }
                Err(error) => {
                    tracing::debug!(%error, jobs = attempts.len(), "jobs were not taken by the stream");
                    if is_full(&error) {
                        bus.admission.job_refused();
                    }
                    bus.unpublished(attempts);
                }
            },
        }
    }
}

/// How far the stream was with the last group.
#[derive(Default)]
struct Growth {
    sequence: Option<u64>,
}

impl Growth {
    /// Whether so many can have been added before this one, and it.
    fn holds(&mut self, sequence: u64, jobs: usize) -> bool {
        let before = self.sequence.replace(sequence);
        before.is_none_or(|before| sequence.saturating_sub(before) >= jobs as u64)
    }
}

/// The server has answered, and refused: there is no room.
fn is_full(error: &PublishError) -> bool {
    error.kind() == PublishErrorKind::Other
}

/// Tells the reconciler, by way of the database, which jobs were not published.
pub async fn mark_unpublished(store: Store, mut failed: mpsc::UnboundedReceiver<AttemptId>) {
    let mut attempts = Vec::new();
    while failed.recv_many(&mut attempts, 1_000).await > 0 {
        let mut rows = job::Attempts::default();
        for (instance, key, attempt) in attempts.drain(..) {
            rows.push(job::Attempt { instance, key, attempt });
        }
        // without the mark they are found by their age
        if let Ok(session) = store.session().await
            && let Err(error) = rows.unpublished(&session).await
        {
            tracing::debug!(%error, "unpublished jobs were not marked");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::Growth;

    #[test]
    fn a_stream_that_has_grown_by_less_than_a_group_has_not_taken_all_of_it() {
        let mut growth = Growth::default();
        assert!(growth.holds(40, 20), "nothing is known before the first");
        assert!(growth.holds(60, 20));
        assert!(growth.holds(100, 20), "others publish too");
        assert!(!growth.holds(119, 20), "one is missing");
        assert!(!growth.holds(3, 3), "another stream");
        assert!(growth.holds(6, 3));
    }
}
