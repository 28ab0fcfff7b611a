//! What a worker is doing right now, on `live.*`: best effort. A handler never waits for it, and what does not fit into
//! the queue is dropped.

use prost::Message;
use proto::{Job, live::Kind, subject};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;

const QUEUE: usize = 4096;

#[derive(Debug, Clone)]
pub(crate) enum Live {
    Published(mpsc::Sender<proto::Live>),
    /// For tests without servers.
    Collected(Arc<Mutex<Vec<proto::Live>>>),
}

impl Live {
    /// Publishes until the last sender is gone.
    pub fn published(nats: async_nats::Client) -> Self {
        let (sender, mut queue) = mpsc::channel::<proto::Live>(QUEUE);
        tokio::spawn(async move {
            while let Some(live) = queue.recv().await {
                let subject = subject::live(&live.tenant, &live.instance_id);
                let _ = nats.publish(subject, live.encode_to_vec().into()).await;
            }
        });
        Live::Published(sender)
    }

    pub fn show(&self, job: &Job, kind: Kind) {
        let live = proto::Live {
            tenant: job.tenant.clone(),
            instance_id: job.instance_id.clone(),
            element_id: job.element_id.clone(),
            job_id: job.id.clone(),
            attempt: job.attempt,
            at: now(),
            kind: Some(kind),
        };
        match self {
            Live::Published(queue) => drop(queue.try_send(live)),
            Live::Collected(all) => all.lock().unwrap_or_else(PoisonError::into_inner).push(live),
        }
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
