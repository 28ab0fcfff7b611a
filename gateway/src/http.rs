//! What holds for every request: who may pass, how long it may take, what is recorded, and which headers the answer
//! carries.

use crate::{policy, problem::Problem, state::App};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Until an answer begins; a stream may go on for ever after that.
const DEADLINE: Duration = Duration::from_secs(60);
const UPLOAD_DEADLINE: Duration = Duration::from_secs(600);

/// The diagram's library sets styles on elements and carries its font and icons as `data:`; scripts are files only.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The key's tenant and role, and whether that role may do what this route is for.
pub async fn authorize(
    State(app): State<Arc<App>>,
    route: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = app.config.api_keys.authenticate(request.headers())?;
    let Some(action) = policy::action(request.method(), route.as_str()) else {
        return Err(wrong_method(request.method().clone()).await);
    };
    if !policy::allow(caller.role, action) {
        return Err(Problem::forbidden(format!("The role {} may not do this", caller.role.name())));
    }
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    Ok(response)
}

/// A span, a metric and a request id for each request; the id of a proxy is kept.
pub async fn observe(
    State(app): State<Arc<App>>,
    route: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let route = route.map_or_else(|| "none".to_owned(), |route| route.as_str().to_owned());
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id = id.to_str().unwrap_or_default(),
    );
    if let Some(parent) = request.headers().get("traceparent").and_then(|value| value.to_str().ok()) {
        telemetry::propagation::set_traceparent(&span, parent);
    }
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("http.response.status_code", status);
    app.metrics.observe_request(method.as_str(), &route, status, started.elapsed());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn request_id(headers: &HeaderMap) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|id| id.len() <= 100 && id.to_str().is_ok());
    given
        .cloned()
        .or_else(|| HeaderValue::try_from(Uuid::new_v4().to_string()).ok())
        .unwrap_or(HeaderValue::from_static("none"))
}

pub async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

pub async fn deadline(request: Request, next: Next) -> Response {
    let is_upload = request.method() == Method::POST && request.uri().path() == "/api/v1/files";
    let deadline = if is_upload { UPLOAD_DEADLINE } else { DEADLINE };
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem { code: "TIMEOUT".to_owned(), ..Problem::unavailable("This took too long; try again") }
            .into_response(),
    }
}

pub fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause.downcast_ref::<String>().cloned();
    tracing::error!(cause, "a handler panicked");
    Problem::internal().into_response()
}

pub async fn no_such_route(uri: Uri) -> Problem {
    Problem::not_found(format!("There is no route {}", uri.path()))
}

pub async fn wrong_method(method: Method) -> Problem {
    let detail = format!("This route does not take {method}");
    Problem::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
}
