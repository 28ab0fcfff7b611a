//! One instance's messages as server-sent events.

use crate::{
    auth::Caller,
    json::{Id, Params},
    live::{Message, connections::Permit, feed::Feed},
    problem::Problem,
    state::App,
};
use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde::Deserialize;
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsParams {
    /// The first sequence number; 1 when absent. `Last-Event-ID` goes before it.
    from: Option<u64>,
}

/// What happened and what happens, until the instance ends. `id:` is the sequence number.
#[utoipa::path(get, path = "/api/v1/instances/{id}/events",
    params(("id" = String, Path), EventsParams, ("Last-Event-ID" = Option<u64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn events(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Id(instance_id): Id,
    Params(params): Params<EventsParams>,
) -> Result<Response, Problem> {
    let permit = app.connections.open(address.map(|Extension(info)| info.0.ip()))?;
    let from = last_event_id(&headers)?.map(|last| last.saturating_add(1)).or(params.from).unwrap_or(1);
    let feed = Feed::open(&app.sources, &caller.tenant, &instance_id, from).await?;
    let heartbeat = app.config.heartbeat();
    let body = frames(Frames { feed, permit, heartbeat, shutdown: app.shutdown.clone() });
    let sse = Sse::new(body).keep_alive(KeepAlive::new().interval(heartbeat));
    // Proxies that buffer would hold everything back.
    Ok(([("x-accel-buffering", "no")], sse).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    text.parse().map(Some).map_err(|_| Problem::invalid("`Last-Event-ID` is a sequence number"))
}

struct Frames {
    feed: Feed,
    permit: Permit,
    heartbeat: Duration,
    shutdown: CancellationToken,
}

fn frames(frames: Frames) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(frames, |mut frames| async move {
        let message = frames.next().await?;
        Some((Ok(event(&message)), frames))
    })
}

impl Frames {
    async fn next(&mut self) -> Option<Message> {
        let _held = &self.permit;
        loop {
            let quiet = tokio::time::sleep(self.heartbeat);
            let next = tokio::select! {
                next = self.feed.next() => next,
                () = quiet => match self.feed.check().await {
                    Ok(()) => continue,
                    Err(problem) => Err(problem),
                },
                () = self.shutdown.cancelled() => return None,
            };
            match next {
                Ok(message) => return message,
                Err(problem) => {
                    tracing::warn!(code = problem.code, "an event stream ends: the history cannot be read");
                    return None;
                }
            }
        }
    }
}

/// The id comes with the last message of an event, so that a reader that comes again misses none of the others.
fn event(message: &Message) -> Event {
    let event = Event::default().data(serde_json::to_string(message).unwrap_or_default());
    match message.seq.filter(|_| message.ends_event()) {
        Some(seq) => event.id(seq.to_string()),
        None => event,
    }
}
