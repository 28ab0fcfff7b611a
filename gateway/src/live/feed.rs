//! One instance as an endless sequence of messages: what it was, then what it becomes.

use super::{
    Sources,
    follow::Follower,
    hub::{Listener, Signal, Topic},
    message::Message,
};
use crate::problem::Problem;
use std::collections::VecDeque;

pub struct Feed {
    sources: Sources,
    listener: Listener,
    follower: Follower,
    ready: VecDeque<Message>,
}

impl Feed {
    /// Listens first and reads the history then, so that nothing falls between. Fails when there is no such instance.
    pub async fn open(sources: &Sources, tenant: &str, instance_id: &str, from: u64) -> Result<Self, Problem> {
        let mut listener = sources.hub.listener();
        listener.listen(Topic::Instance(tenant.into(), instance_id.into()));
        let mut follower = Follower::new(tenant, instance_id, from);
        let first = follower.next_page(sources).await?;
        let ready = first.unwrap_or_default().into();
        Ok(Self { sources: sources.clone(), listener, follower, ready })
    }

    /// The next message; none after the end of the instance, or when this reader was too slow (it may come again with
    /// what it has).
    pub async fn next(&mut self) -> Result<Option<Message>, Problem> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Ok(Some(message));
            }
            if let Some(page) = self.follower.next_page(&self.sources).await? {
                self.ready.extend(page);
                continue;
            }
            if self.follower.ended() {
                return Ok(None);
            }
            match self.listener.recv().await {
                None => return Ok(None),
                Some(Signal::Batch(batch)) => {
                    self.ready.extend(self.follower.on_batch(&self.sources, &batch).await?);
                }
                Some(Signal::Live(live)) => self.ready.extend(self.follower.on_live(&live)),
                Some(Signal::Resync) => self.ready.extend(self.follower.catch_up(&self.sources).await?),
            }
        }
    }

    /// The whole history so far.
    pub async fn history(&mut self) -> Result<Vec<Message>, Problem> {
        let mut messages: Vec<_> = self.ready.drain(..).collect();
        messages.extend(self.follower.catch_up(&self.sources).await?);
        Ok(messages)
    }

    /// Whether everything that was committed when it was looked last has been told.
    pub fn is_drained(&self) -> bool {
        self.ready.is_empty() && !self.follower.has_more()
    }

    /// Compares with the history: the news of an event may have been lost.
    pub async fn check(&mut self) -> Result<(), Problem> {
        self.ready.extend(self.follower.catch_up(&self.sources).await?);
        Ok(())
    }
}
