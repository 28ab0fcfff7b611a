//! Errors as RFC 9457 problem details. `code` is stable and for programs; `detail` is for people.

use crate::json;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// A request that failed. There is no `type`: by the standard that is `about:blank`, the code says which it is. Codes: those of the engine (`NOT_FOUND`, `INVALID`, `CONFLICT`, `LIMIT_EXCEEDED`,
/// `DEPLOYMENT_REJECTED`, `INSTANCE_ENDED`, `UNAVAILABLE` …) and of the gateway (`UNAUTHORIZED`, `FORBIDDEN`,
/// `TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `TIMEOUT`, `INTERNAL`).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub title: &'static str,
    pub status: u16,
    pub code: String,
    pub detail: String,
    /// What is wrong with the files of a deployment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

/// A place in a file and what is wrong with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: String,
    pub code: String,
    pub message: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The source line with a caret under the place.
    pub excerpt: String,
}

impl From<proto::Diagnostic> for Diagnostic {
    fn from(wire: proto::Diagnostic) -> Self {
        Self {
            severity: wire.severity,
            code: wire.code,
            message: wire.message,
            file: wire.file,
            line: wire.line,
            column: wire.column,
            element_id: wire.element_id,
            hint: wire.hint,
            excerpt: wire.excerpt,
        }
    }
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            diagnostics: Vec::new(),
            retry_after: None,
        }
    }

    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID", detail)
    }

    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
    }

    pub fn media_type(expected: &str) -> Self {
        let detail = format!("This route takes the content type `{expected}`");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
    }

    /// Nothing is known to have happened; the same request with the same `Idempotency-Key` may be sent again.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail);
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }

    /// What went wrong stays in the log.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "The gateway could not answer; its log says why")
    }
}

impl From<proto::Problem> for Problem {
    fn from(wire: proto::Problem) -> Self {
        let status = u16::try_from(wire.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.filter(|status| status.is_client_error() || status.is_server_error());
        let problem = Self::new(status.unwrap_or_else(|| status_of(&wire.code)), &wire.code, wire.message);
        let overloaded = problem.status == 503 || problem.status == 429;
        Self {
            diagnostics: wire.diagnostics.into_iter().map(Into::into).collect(),
            retry_after: wire
                .retry_after_ms
                .map(Duration::from_millis)
                .or(overloaded.then_some(Duration::from_secs(1))),
            ..problem
        }
    }
}

fn status_of(code: &str) -> StatusCode {
    match code {
        "NOT_FOUND" => StatusCode::NOT_FOUND,
        "INVALID" | "DEPLOYMENT_REJECTED" => StatusCode::UNPROCESSABLE_ENTITY,
        "UNAUTHORIZED" => StatusCode::FORBIDDEN,
        "CONFLICT" | "INSTANCE_ENDED" => StatusCode::CONFLICT,
        "LIMIT_EXCEEDED" => StatusCode::TOO_MANY_REQUESTS,
        "UNAVAILABLE" => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after.map(|after| json::whole_seconds(after).max(1));
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_status_counts_when_it_is_an_error() {
        for (status, code, expected) in
            [(409, "CONFLICT", 409), (200, "NOT_FOUND", 404), (0, "LIMIT_EXCEEDED", 429), (99_999, "SOMETHING", 500)]
        {
            let wire = proto::Problem { status, code: code.to_owned(), ..Default::default() };
            assert_eq!(Problem::from(wire).status, expected, "{status} {code}");
        }
    }

    #[test]
    fn says_when_to_come_again() {
        let wire = proto::Problem { code: "UNAVAILABLE".into(), retry_after_ms: Some(2_500), ..Default::default() };
        let response = Problem::from(wire).into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
