//! One instance, history first and then live, joined by sequence number: nothing twice, nothing left out.

use super::{
    Sources,
    activity::Activity,
    message::{Body, Message},
    project::Projection,
};
use crate::{json, problem::Problem};
use proto::{EventBatch, Live};
use std::sync::Arc;

/// Events asked of the engine at a time.
const PAGE: u32 = 200;

pub struct Follower {
    tenant: Arc<str>,
    instance_id: Arc<str>,
    projection: Projection,
    activity: Activity,
    /// Earlier events are read for their meaning (when did it begin?) but not told.
    from: u64,
    more: bool,
}

impl Follower {
    /// From its first event, telling those with a sequence number of at least `from`.
    pub fn new(tenant: &str, instance_id: &str, from: u64) -> Self {
        Self::starting_at(tenant, instance_id, 1, from)
    }

    /// From the first event that is heard of: what was before stays unknown.
    pub fn from_first_heard(batch: &EventBatch) -> Self {
        Self::starting_at(&batch.tenant, &batch.instance_id, batch.first_seq, batch.first_seq)
    }

    fn starting_at(tenant: &str, instance_id: &str, next: u64, from: u64) -> Self {
        Self {
            tenant: tenant.into(),
            instance_id: instance_id.into(),
            projection: Projection::starting_at(next),
            activity: Activity::default(),
            from,
            more: true,
        }
    }

    /// The sequence number that is expected next.
    pub fn next_seq(&self) -> u64 {
        self.projection.next()
    }

    /// Whether the history has more that was not read yet, as far as is known.
    pub fn has_more(&self) -> bool {
        self.more
    }

    pub fn ended(&self) -> bool {
        self.projection.ended()
    }

    /// From here on everything is told.
    pub fn tell_all(&mut self) {
        self.from = 0;
    }

    /// The messages of the next page of history; none when it is read to its end.
    pub async fn next_page(&mut self, sources: &Sources) -> Result<Option<Vec<Message>>, Problem> {
        if !self.more {
            return Ok(None);
        }
        let request = proto::GetHistoryRequest {
            tenant: self.tenant.to_string(),
            instance_id: self.instance_id.to_string(),
            from_seq: self.next_seq(),
            limit: PAGE,
        };
        // The semaphore is never closed.
        let _turn = sources.pages.acquire().await.ok();
        let reply: proto::GetHistoryReply = sources.engine.call("get_history", &request).await?;
        let before = self.next_seq();
        let mut messages = Vec::new();
        for batch in &reply.batches {
            messages.extend(self.accept(sources, batch).await?);
        }
        self.more = reply.more && self.next_seq() > before;
        Ok(Some(messages))
    }

    /// The rest of the history.
    pub async fn catch_up(&mut self, sources: &Sources) -> Result<Vec<Message>, Problem> {
        self.more = true;
        let mut messages = Vec::new();
        while let Some(page) = self.next_page(sources).await? {
            messages.extend(page);
        }
        Ok(messages)
    }

    /// The messages of a live batch, after those that were missed before it.
    pub async fn on_batch(&mut self, sources: &Sources, batch: &EventBatch) -> Result<Vec<Message>, Problem> {
        let mut messages = Vec::new();
        if batch.first_seq > self.next_seq() {
            messages = self.catch_up(sources).await?;
        }
        messages.extend(self.accept(sources, batch).await?);
        Ok(messages)
    }

    pub fn on_live(&mut self, live: &Live) -> Vec<Message> {
        self.activity.project(live)
    }

    async fn accept(&mut self, sources: &Sources, batch: &EventBatch) -> Result<Vec<Message>, Problem> {
        let next = self.next_seq();
        if batch.first_seq.saturating_add(batch.events.len() as u64) <= next {
            return Ok(Vec::new());
        }
        let shape = sources.shapes.of(batch).await?;
        let gap = (batch.first_seq > next).then(|| self.gap(next, batch.first_seq));
        self.projection.skip_to(batch.first_seq);
        let mut messages = self.projection.project(&shape, batch);
        messages.retain(|message| message.seq >= Some(self.from));
        Ok(gap.into_iter().filter(|_| batch.first_seq > self.from).chain(messages).collect())
    }

    fn gap(&self, from: u64, until: u64) -> Message {
        Message {
            body: Body::HistoryGap { from, to: until.saturating_sub(1) },
            timestamp: json::now(),
            instance_id: Arc::clone(&self.instance_id),
            tenant: Arc::clone(&self.tenant),
            seq: None,
            sub: None,
            subs: None,
        }
    }
}
