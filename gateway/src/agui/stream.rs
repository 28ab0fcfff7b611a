//! A run as a stream of events, from what is at hand to what comes.

use super::{
    opening,
    run::{Run, Told},
};
use crate::{
    live::{connections::Permit, feed::Feed, message::Message},
    state::App,
};
use axum::response::{
    IntoResponse, Response,
    sse::{self, KeepAlive, Sse},
};
use futures::{Stream, stream};
use std::{
    collections::{HashSet, VecDeque},
    convert::Infallible,
    sync::Arc,
};
use uuid::Uuid;

pub struct Events {
    app: Arc<App>,
    run: Run,
    /// None when the run could not begin.
    feed: Option<Feed>,
    ready: VecDeque<Told>,
    backlog: VecDeque<Message>,
    /// Questions whose conversations have been read.
    read: HashSet<String>,
    /// Begins the next run itself when the instance goes on after an interrupt.
    goes_on: bool,
}

impl Events {
    pub fn new(app: &Arc<App>, mut run: Run, feed: Feed, backlog: Vec<Message>) -> Self {
        let ready = run.start().into();
        let (app, backlog) = (Arc::clone(app), backlog.into());
        Self { app, run, feed: Some(feed), ready, backlog, read: HashSet::new(), goes_on: false }
    }

    pub fn refused(app: &Arc<App>, mut run: Run, refusal: super::answer::Refusal) -> Self {
        let ready = run.refuse(refusal.message, refusal.code).into();
        let (app, backlog, read) = (Arc::clone(app), VecDeque::new(), HashSet::new());
        Self { app, run, feed: None, ready, backlog, read, goes_on: false }
    }

    pub fn that_go_on(self) -> Self {
        Self { goes_on: true, ..self }
    }

    /// The next event; none when the run is over, or its source is lost.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.ready.pop_front() {
                return Some(told);
            }
            if self.run.finished() && !self.goes_on {
                return None;
            }
            if let Some(message) = self.backlog.pop_front() {
                self.tell(&message);
                continue;
            }
            if self.feed.as_ref()?.is_drained() && !self.run.finished() {
                self.read_questions().await;
                self.ready.extend(self.run.wait_for_people());
                if !self.ready.is_empty() {
                    continue;
                }
            }
            let message = self.wait().await?;
            self.tell(&message);
        }
    }

    fn tell(&mut self, message: &Message) {
        if self.run.finished() {
            self.run.renew(Uuid::new_v4().to_string());
            self.ready.extend(self.run.start());
        }
        self.ready.extend(self.run.project(message));
    }

    async fn wait(&mut self) -> Option<Message> {
        let feed = self.feed.as_mut()?;
        loop {
            tokio::select! {
                message = feed.next() => return message.ok()?,
                () = tokio::time::sleep(self.app.config.heartbeat()) => feed.check().await.ok()?,
                () = self.app.shutdown.cancelled() => return None,
            }
        }
    }

    /// An approval names the call that it is for: the transcript knows which.
    async fn read_questions(&mut self) {
        for (task, job) in self.run.questions() {
            if self.read.insert(task)
                && let Err(problem) = opening::learn(&self.app, &mut self.run, &job).await
            {
                tracing::debug!(code = problem.code, job, "the question is asked without its conversation");
            }
        }
    }
}

/// Server-sent events. The client reads nothing but `data:`; `id:` is the sequence number of the history, for those who
/// come again with `Last-Event-ID`.
pub fn respond(events: Events, permit: Permit) -> Response {
    let heartbeat = events.app.config.heartbeat();
    let sse = Sse::new(frames(events, permit)).keep_alive(KeepAlive::new().interval(heartbeat));
    // Proxies that buffer would hold everything back.
    ([("x-accel-buffering", "no")], sse).into_response()
}

fn frames(events: Events, permit: Permit) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold((events, permit), |(mut events, permit)| async move {
        let (event, id) = events.next().await?;
        let frame = sse::Event::default().data(serde_json::to_string(&event).unwrap_or_default());
        let frame = if let Some(id) = id { frame.id(id.to_string()) } else { frame };
        Some((Ok(frame), (events, permit)))
    })
}
