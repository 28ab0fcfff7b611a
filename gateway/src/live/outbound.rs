//! What waits to be sent to one client, with bounds: a client that does not read costs a known amount of memory and
//! nobody else's time.

use axum::extract::ws::{CloseFrame, Message as Frame, Utf8Bytes, WebSocket};
use futures::{SinkExt, stream::SplitSink};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// Messages that may wait.
pub const MAX_MESSAGES: usize = 256;
/// Bytes that may wait. A thousand slow clients cost a quarter of a GiB.
pub const MAX_BYTES: usize = 256 * 1024;
/// How long one message may take to be sent, and a replay may wait for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// The queue is full: the client reads too slowly.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

#[derive(Clone, Default)]
pub struct Outbound {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    /// Something is to be sent.
    filled: Notify,
    /// There is room again.
    drained: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
    close: Option<CloseFrame>,
    /// The writer is gone.
    broken: bool,
}

impl Queue {
    fn has_room(&self, bytes: usize) -> bool {
        // One message larger than the bound goes alone.
        self.frames.is_empty() || (self.frames.len() < MAX_MESSAGES && self.bytes + bytes <= MAX_BYTES)
    }

    fn push(&mut self, frame: Frame, bytes: usize) {
        self.bytes += bytes;
        self.frames.push_back(frame);
    }
}

impl Outbound {
    /// Queues a live message, at once or not at all.
    pub fn push(&self, text: String) -> Result<(), Full> {
        let bytes = text.len();
        self.queue_frame(Frame::Text(text.into()), bytes)
    }

    pub fn ping(&self) -> Result<(), Full> {
        self.queue_frame(Frame::Ping(Default::default()), 0)
    }

    fn queue_frame(&self, frame: Frame, bytes: usize) -> Result<(), Full> {
        let mut queue = self.lock();
        if !queue.has_room(bytes) {
            return Err(Full);
        }
        queue.push(frame, bytes);
        drop(queue);
        self.inner.filled.notify_one();
        Ok(())
    }

    /// Queues a message of a replay, which may wait for room: the history does not run away.
    pub async fn push_waiting(&self, text: String) -> Result<(), Full> {
        let bytes = text.len();
        let room = async {
            loop {
                let drained = self.inner.drained.notified();
                {
                    let queue = self.lock();
                    if queue.has_room(bytes) || queue.broken {
                        return;
                    }
                }
                drained.await;
            }
        };
        tokio::time::timeout(PATIENCE, room).await.map_err(|_| Full)?;
        self.push(text)
    }

    /// Closes the connection; what still waits is not sent when the client was too slow for it.
    pub fn close(&self, code: u16, reason: &str, discard: bool) {
        let mut queue = self.lock();
        if discard {
            queue.frames.clear();
            queue.bytes = 0;
        }
        queue.close = Some(CloseFrame { code, reason: Utf8Bytes::from(reason) });
        drop(queue);
        self.inner.filled.notify_one();
        self.inner.drained.notify_waiters();
    }

    pub fn is_broken(&self) -> bool {
        self.lock().broken
    }

    /// Sends what is queued until the close or a failure.
    pub async fn write(self, mut sink: SplitSink<WebSocket, Frame>) {
        loop {
            let filled = self.inner.filled.notified();
            let (frame, last) = self.take();
            let Some(frame) = frame else {
                filled.await;
                continue;
            };
            let sent = tokio::time::timeout(PATIENCE, sink.send(frame)).await;
            self.inner.drained.notify_waiters();
            if last || !matches!(sent, Ok(Ok(()))) {
                break;
            }
        }
        self.lock().broken = true;
        self.inner.drained.notify_waiters();
    }

    /// The next frame, and whether it is the last.
    fn take(&self) -> (Option<Frame>, bool) {
        let mut queue = self.lock();
        if let Some(frame) = queue.frames.pop_front() {
            if let Frame::Text(text) = &frame {
                queue.bytes -= text.len();
            }
            return (Some(frame), false);
        }
        let close = queue.close.take();
        (close.map(|close| Frame::Close(Some(close))), true)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_full_at_256_messages() {
        let outbound = Outbound::default();
        for _ in 0..MAX_MESSAGES {
            assert_eq!(outbound.push("x".into()), Ok(()));
        }
        assert_eq!(outbound.push("x".into()), Err(Full));
        assert!(outbound.take().0.is_some());
        assert_eq!(outbound.push("x".into()), Ok(()));
    }

    #[test]
    fn is_full_at_256_kib() {
        let outbound = Outbound::default();
        assert_eq!(outbound.push("x".repeat(2 * MAX_BYTES)), Ok(()), "a large message goes alone");
        assert_eq!(outbound.push("x".into()), Err(Full));
        outbound.take();
        assert_eq!(outbound.push("x".repeat(MAX_BYTES)), Ok(()));
        assert_eq!(outbound.push("x".into()), Err(Full));
    }

    #[test]
    fn a_close_discards_what_a_slow_client_did_not_read() {
        let outbound = Outbound::default();
        outbound.push("x".into()).unwrap();
        outbound.close(4008, "slow", true);
        let (frame, last) = outbound.take();
        assert!(matches!(frame, Some(Frame::Close(Some(close))) if close.code == 4008));
        assert!(last);
    }
}
