//! `/mcp`: streamable HTTP at the gateway. A key is needed as for every route, pages of other origins are refused, and a
//! session belongs to the key that began it.

use super::{Server, api::InProcess};
use crate::{auth::Caller, live::socket::check_origin, problem::Problem, state::App};
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderMap, Method},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use rmcp::transport::streamable_http_server::{
    SessionManager, StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How often those whose sessions have ended are looked for, in sessions begun.
const SWEEP: usize = 256;

/// Whose each session is.
struct Sessions {
    app: Arc<App>,
    manager: Arc<LocalSessionManager>,
    owners: Mutex<HashMap<String, Caller>>,
}

/// The route; `api` is what it calls, with authorization and all.
pub fn routes(app: &Arc<App>, api: Router, max_body: usize) -> Router<Arc<App>> {
    let manager = Arc::<LocalSessionManager>::default();
    let sessions = Arc::new(Sessions { app: Arc::clone(app), manager: Arc::clone(&manager), owners: Mutex::default() });
    // The key decides, not the name by which the gateway is reached; origins are checked below.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_cancellation_token(app.shutdown.child_token())
        .with_max_request_body_bytes(max_body);
    let server = Server::new(Arc::new(InProcess(api)));
    let service = StreamableHttpService::new(move || Ok(server.clone()), manager, config);
    Router::new().route_service("/mcp", service).route_layer(from_fn_with_state(sessions, guard))
}

async fn guard(
    State(sessions): State<Arc<Sessions>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    check_origin(request.headers(), &sessions.app.config.allowed_origins)?;
    let named = session(request.headers());
    let ends = request.method() == Method::DELETE;
    if let Some(id) = &named
        && sessions.owner(id).is_none_or(|owner| owner != caller)
    {
        return Err(Problem::not_found("There is no such session; begin one"));
    }
    let response = next.run(request).await;
    match (named, session(response.headers())) {
        (Some(id), _) if ends => sessions.forget(&id),
        (None, Some(id)) => sessions.begin(id, caller).await,
        _ => {}
    }
    Ok(response)
}

fn session(headers: &HeaderMap) -> Option<String> {
    headers.get("mcp-session-id")?.to_str().ok().map(str::to_owned)
}

impl Sessions {
    fn owner(&self, id: &str) -> Option<Caller> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn forget(&self, id: &str) {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    async fn begin(&self, id: String, caller: Caller) {
        let known: Vec<_> = {
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            owners.insert(id, caller);
            if owners.len().is_multiple_of(SWEEP) { owners.keys().cloned().collect() } else { Vec::new() }
        };
        for id in known {
            if !self.manager.has_session(&id.as_str().into()).await.unwrap_or(true) {
                self.forget(&id);
            }
        }
    }
}
