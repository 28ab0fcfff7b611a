//! `GET /agui/threads/{thread_id}/ws`: the same events as JSON texts over a WebSocket, run after run. The client answers
//! with a `RunAgentInput`, as it would with a request.

use super::{
    join::{JoinParams, join},
    opening::{self, From},
    start::go_on,
    stream::Events,
};
use crate::{
    auth::Caller,
    json::{Id, Params},
    live::{rate::Bucket, socket::upgrade},
    problem::Problem,
    state::App,
};
use agui::RunAgentInput;
use axum::{
    Extension,
    extract::{
        Request, State,
        ws::{CloseFrame, Message as Frame, WebSocket},
    },
    response::Response,
};
use futures::{SinkExt, StreamExt, stream::SplitSink};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long one event may take to be sent. Meanwhile nothing is read for this client, so that it costs no memory.
const PATIENCE: Duration = Duration::from_secs(10);

pub async fn websocket(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(thread_id): Id,
    Params(params): Params<JoinParams>,
    request: Request,
) -> Result<Response, Problem> {
    let events = join(&app, &caller, thread_id.clone(), params, &From::Now).await?.that_go_on();
    let served = Arc::clone(&app);
    upgrade(&app, request, move |socket| async move {
        let (sink, mut frames) = socket.split();
        let mut client = Client { app: served, caller, thread_id, sink, bucket: Bucket::full(Instant::now()) };
        let reason = client.serve(events, &mut frames).await;
        let close = reason.map(|(code, reason)| CloseFrame { code, reason: reason.into() });
        let _ = tokio::time::timeout(PATIENCE, client.sink.send(Frame::Close(close))).await;
    })
    .await
}

struct Client {
    app: Arc<App>,
    caller: Caller,
    thread_id: String,
    sink: SplitSink<WebSocket, Frame>,
    bucket: Bucket,
}

type Close = (u16, &'static str);

impl Client {
    /// Until one of the two leaves; the reason is none when it is the client.
    async fn serve(&mut self, first: Events, frames: &mut futures::stream::SplitStream<WebSocket>) -> Option<Close> {
        let mut events = Some(first);
        let heartbeat = self.app.config.heartbeat();
        loop {
            let next = async {
                match &mut events {
                    Some(events) => events.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                told = next => match told {
                    Some((event, _)) => self.send(&event).await?,
                    None => events = None,
                },
                frame = frames.next() => match frame? {
                    Ok(Frame::Text(text)) => match self.answered(&text).await {
                        Ok(next) => events = Some(next),
                        Err(close) => return Some(close),
                    },
                    Ok(Frame::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                },
                () = tokio::time::sleep(heartbeat) => self.ping().await?,
                () = self.app.shutdown.cancelled() => return Some((1001, "the gateway stops; connect again")),
            }
        }
    }

    async fn send(&mut self, event: &agui::Event) -> Option<()> {
        let text = serde_json::to_string(event).unwrap_or_default();
        tokio::time::timeout(PATIENCE, self.sink.send(Frame::Text(text.into()))).await.ok()?.ok()
    }

    async fn ping(&mut self) -> Option<()> {
        tokio::time::timeout(PATIENCE, self.sink.send(Frame::Ping(Default::default()))).await.ok()?.ok()
    }

    /// The client begins the next run.
    async fn answered(&mut self, text: &str) -> Result<Events, Close> {
        if !self.bucket.take(Instant::now()) {
            return Err((1008, "too many messages"));
        }
        let input: RunAgentInput = serde_json::from_str(text).map_err(|_| (1007, "this is no RunAgentInput"))?;
        if input.thread_id != self.thread_id {
            return Err((1008, "this connection is of another thread"));
        }
        let lost = |problem: Problem| {
            tracing::debug!(code = problem.code, "a thread cannot go on");
            (1013, "the thread cannot be read now; connect again")
        };
        let found = opening::find(&self.app, &self.caller, None, &self.thread_id).await.map_err(lost)?;
        let found = found.ok_or((1008, "there is no such thread"))?;
        go_on(&self.app, &self.caller, &found, input).await.map(Events::that_go_on).map_err(lost)
    }
}
