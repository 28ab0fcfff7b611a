//! Between the wire's bytes and times, and the JSON that people see.

use crate::problem::Problem;
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::time::Duration;

/// ISO 8601 of milliseconds since 1970; a time outside the calendar becomes 1970.
pub fn time(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default().to_string()
}

pub fn now() -> String {
    Timestamp::now().round(jiff::Unit::Millisecond).unwrap_or_default().to_string()
}

pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}

/// A wire field that holds JSON. Empty is an empty object; what is not JSON is shown as text.
pub fn value(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Object(Map::new());
    }
    text_or_value(bytes)
}

/// A wire field that holds JSON or text.
pub fn text_or_value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}

/// A JSON object for the wire; an absent one is empty.
pub fn object_bytes(object: &Map<String, Value>) -> Bytes {
    serde_json::to_vec(object).unwrap_or_default().into()
}

/// Lower-case.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A JSON body: the content type must be `application/json`, and errors are problems.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::media_type("application/json"));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|error| match error.status().as_u16() {
            413 => Problem::too_large("The body is larger than 1 MiB"),
            _ => Problem::invalid(error.body_text()),
        })?;
        serde_json::from_slice(&bytes).map(Body).map_err(|error| Problem::invalid(format!("The body: {error}")))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Query parameters; errors are problems.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        query.map(|Query(params)| Params(params)).map_err(|error| Problem::invalid(error.body_text()))
    }
}

/// The `{id}` of a path; errors are problems.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(id)| Id(id)).map_err(|error| Problem::invalid(error.body_text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(1_732_320_000_123), "2024-11-23T00:00:00.123Z");
        assert_eq!(time(i64::MAX), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn bytes_become_json() {
        assert_eq!(value(b""), json!({}));
        assert_eq!(value(br#"{"a":1}"#), json!({"a": 1}));
        assert_eq!(text_or_value(b"plain"), json!("plain"));
    }
}
