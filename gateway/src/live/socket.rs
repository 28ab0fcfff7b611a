//! The upgrade to a WebSocket: origin, caps, subprotocol.

use super::session::Session;
use crate::{auth::Caller, problem::Problem, state::App};
use axum::{
    Extension,
    extract::{ConnectInfo, FromRequestParts, Request, State, WebSocketUpgrade, ws::WebSocket},
    http::{HeaderMap, header},
    response::Response,
};
use std::{net::SocketAddr, sync::Arc};

const MAX_FRAME: usize = 64 * 1024;
const MAX_MESSAGE: usize = 256 * 1024;
const READ_BUFFER: usize = 4 * 1024;

/// `GET /api/v1/ws`. Browsers send the key as subprotocol `key.<api key>` beside `baton`, never in the URL.
pub async fn websocket(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Problem> {
    let session_app = Arc::clone(&app);
    upgrade(&app, request, move |socket| async move { Session::new(&session_app, caller).run(socket).await }).await
}

/// Takes a WebSocket that may be taken, and serves it within the bounds of this gateway.
pub async fn upgrade<Served: Future<Output = ()> + Send + 'static>(
    app: &App,
    request: Request,
    serve: impl FnOnce(WebSocket) -> Served + Send + 'static,
) -> Result<Response, Problem> {
    check_origin(request.headers(), &app.config.allowed_origins)?;
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let (mut parts, _) = request.into_parts();
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| Problem::invalid("This is a WebSocket: the request must ask for an upgrade"))?;
    let permit = app.connections.open(address)?;
    let upgrade = upgrade.protocols(["baton"]).max_frame_size(MAX_FRAME).max_message_size(MAX_MESSAGE);
    // What is written waits in our own queue, with our own bounds; clients say little, and each has a buffer for it.
    Ok(upgrade.write_buffer_size(0).read_buffer_size(READ_BUFFER).on_upgrade(move |socket| async move {
        serve(socket).await;
        drop(permit);
    }))
}

/// A page of another origin must not speak with its visitor's gateway. Programs send no origin.
pub fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let own = !host.is_empty() && origin.split_once("://").is_some_and(|(_, authority)| authority == host);
    let is_allowed = if allowed.is_empty() { own } else { allowed.iter().any(|one| one == origin) };
    if is_allowed { Ok(()) } else { Err(Problem::forbidden("Pages of this origin may not connect")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_origins_or_ones_own_may_connect() {
        let headers = |origin: &str| {
            HeaderMap::from_iter([
                (header::ORIGIN, origin.parse().unwrap()),
                (header::HOST, "baton.example.com:8080".parse().unwrap()),
            ])
        };
        let listed = ["https://app.example.com".to_owned()];
        for (origin, allowed, expected) in [
            ("http://baton.example.com:8080", &[][..], true),
            ("https://evil.example.com", &[], false),
            ("null", &[], false),
            ("http://baton.example.com:80801", &[], false),
            ("https://app.example.com", &listed, true),
            ("https://app.example.com.evil.example.com", &listed, false),
            ("http://baton.example.com:8080", &listed, false),
        ] {
            assert_eq!(check_origin(&headers(origin), allowed).is_ok(), expected, "{origin}");
        }
        assert!(check_origin(&HeaderMap::new(), &[]).is_ok());
    }
}
