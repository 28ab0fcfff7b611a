//! The jobs in hand: keeping their leases (in-progress acknowledgements and heartbeats), cancelling those that are no
//! longer wanted, and remembering those just finished, in case an acknowledgement was lost and they come again.

use crate::{Context, worker::Shared};
use async_nats::jetstream::{AckKind, message::Acker};
use futures::StreamExt;
use prost::Message;
use proto::{CancelJob, Heartbeat, HeartbeatReply, subject};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// Finished jobs that are remembered.
const REMEMBERED: usize = 4096;
/// Jobs in one heartbeat.
const HEARTBEAT_BATCH: usize = 1000;
/// A plain NAK would come back at once, to a worker that may be stopping too.
const GIVEN_BACK_AFTER: Duration = Duration::from_millis(500);
const LONGEST_ACK_WAIT: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Running {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By job id.
    jobs: HashMap<Arc<str>, Held>,
    /// The last attempt of each job that has been finished, and the jobs in the order of their ends.
    finished: HashMap<Arc<str>, u32>,
    order: VecDeque<Arc<str>>,
    /// The shortest of the consumers'.
    ack_wait: Option<Duration>,
}

#[derive(Clone)]
struct Held {
    attempt: u32,
    acker: Arc<Acker>,
    cancellation: CancellationToken,
}

impl Running {
    /// The attempt that is in hand already, if the job is.
    pub fn hold(&self, context: &Context, acker: Arc<Acker>) -> Result<(), u32> {
        let held = Held { attempt: context.attempt(), acker, cancellation: context.cancellation().clone() };
        let mut state = self.state();
        if let Some(already) = state.jobs.get(context.id()) {
            return Err(already.attempt);
        }
        state.jobs.insert(context.id().into(), held);
        Ok(())
    }

    /// The job is over, and remembered.
    pub fn release(&self, context: &Context) {
        let mut state = self.state();
        let held = state.jobs.remove_entry(context.id());
        let id: Arc<str> = held.map_or_else(|| context.id().into(), |(id, _)| id);
        if state.finished.insert(id.clone(), context.attempt()).is_none() {
            state.order.push_back(id);
        }
        if state.order.len() > REMEMBERED
            && let Some(oldest) = state.order.pop_front()
        {
            state.finished.remove(&oldest);
        }
    }

    pub fn has_finished(&self, job_id: &str, attempt: u32) -> bool {
        self.state().finished.get(job_id).is_some_and(|done| *done >= attempt)
    }

    /// Gives every job in hand to other workers, after a moment.
    pub async fn give_back_all(&self) {
        for (_, held) in self.held() {
            let _ = held.acker.ack_with(AckKind::Nak(Some(GIVEN_BACK_AFTER))).await;
        }
    }

    pub fn consumer_waits(&self, ack_wait: Duration) {
        let mut state = self.state();
        state.ack_wait = Some(state.ack_wait.map_or(ack_wait, |known| known.min(ack_wait)));
    }

    /// Attempt 0 stands for any.
    fn cancel(&self, job_id: &str, attempt: u32) {
        if let Some(held) = self.state().jobs.get(job_id)
            && (attempt == 0 || held.attempt == attempt)
        {
            tracing::info!(job = job_id, "the job is no longer wanted");
            held.cancellation.cancel();
        }
    }

    /// Well within the acknowledgement wait: three signs may be lost.
    fn sign_interval(&self) -> Duration {
        let ack_wait = self.state().ack_wait.unwrap_or(LONGEST_ACK_WAIT).min(LONGEST_ACK_WAIT);
        (ack_wait / 4).max(Duration::from_millis(100))
    }

    fn held(&self) -> Vec<(Arc<str>, Held)> {
        self.state().jobs.iter().map(|(id, held)| (id.clone(), held.clone())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the signs of life of every job in hand, until stopped.
pub(crate) async fn keep_leases(shared: Arc<Shared>, stopped: CancellationToken) {
    loop {
        tokio::select! {
            () = stopped.cancelled() => return,
            () = tokio::time::sleep(shared.running.sign_interval()) => {}
        }
        let held = shared.running.held();
        for (_, job) in &held {
            let _ = job.acker.ack_with(AckKind::Progress).await;
        }
        for jobs in held.chunks(HEARTBEAT_BATCH) {
            let ids = jobs.iter().map(|(id, _)| id.to_string()).collect();
            for canceled in still_wanted(&shared, ids).await {
                shared.running.cancel(&canceled, 0);
            }
        }
    }
}

/// Tells the engine that these jobs are being worked on; it answers with those that nobody wants any more.
/// No answer means that all are wanted.
pub(crate) async fn still_wanted(shared: &Shared, job_ids: Vec<String>) -> Vec<String> {
    let heartbeat = Heartbeat { worker: shared.worker.clone(), job_ids };
    let asked = shared.nats.request(subject::api("heartbeat"), heartbeat.encode_to_vec().into());
    match tokio::time::timeout(Duration::from_secs(2), asked).await {
        Ok(Ok(reply)) => heartbeat_reply(&reply.payload).unwrap_or_default(),
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

fn heartbeat_reply(payload: &[u8]) -> Option<Vec<String>> {
    let reply = crate::pull::ok(payload).ok()?;
    Some(HeartbeatReply::decode(reply).ok()?.canceled_job_ids)
}

/// Listens to `cancel.<type>` until stopped.
pub(crate) async fn heed_cancels(shared: Arc<Shared>, job_type: String, stopped: CancellationToken) {
    let Ok(mut cancels) = shared.nats.subscribe(subject::cancel(&job_type)).await else { return };
    loop {
        tokio::select! {
            () = stopped.cancelled() => return,
            message = cancels.next() => match message {
                Some(message) => if let Ok(cancel) = CancelJob::decode(message.payload) {
                    shared.running.cancel(&cancel.job_id, cancel.attempt);
                },
                None => return,
            },
        }
    }
}
