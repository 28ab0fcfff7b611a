//! Errors of the crate `genai` in our two kinds: those that another try can help, and those that it cannot.

use super::super::ProviderError;
use ::genai::Error;
use std::time::Duration;

const LONGEST_MESSAGE: usize = 500;
/// A provider that asks for more is not waited for that long.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

pub fn unavailable(provider: &str, message: &str) -> ProviderError {
    ProviderError::Unavailable { message: told(provider, message), retry_after: None }
}

pub fn of(provider: &str, error: &Error) -> ProviderError {
    let error = within(error);
    let message = told(provider, &error.to_string());
    if let Some(status) = error.status() {
        return match status.as_u16() {
            408 | 409 | 425 | 429 | 500.. => ProviderError::Unavailable { message, retry_after: retry_after(error) },
            _ => ProviderError::Refused(message),
        };
    }
    if is_refusal(error) { ProviderError::Refused(message) } else { unavailable(provider, &error.to_string()) }
}

/// Streams wrap what the response said.
fn within(error: &Error) -> &Error {
    match error {
        Error::WebStream { error: inner, .. } => inner.downcast_ref::<Error>().map_or(error, within),
        _ => error,
    }
}

/// What would be the same at the next try. Of another crate's errors only these few matter; all others are taken for
/// troubles on the way.
fn is_refusal(error: &Error) -> bool {
    match error {
        // An event in the stream instead of a status.
        Error::ChatResponse { body, .. } => {
            const REFUSALS: [&str; 4] = ["invalid_request", "authentication", "permission", "not_found"];
            let kind = ["type", "code"].iter().find_map(|key| body.get(key)?.as_str()).unwrap_or_default();
            REFUSALS.iter().any(|refusal| kind.starts_with(refusal))
        }
        Error::ChatReqHasNoMessages { .. }
        | Error::LastChatMessageIsNotUser { .. }
        | Error::MessageRoleNotSupported { .. }
        | Error::MessageContentTypeNotSupported { .. }
        | Error::RequiresApiKey { .. }
        | Error::NoAuthResolver { .. }
        | Error::NoAuthData { .. }
        | Error::Resolver { .. }
        | Error::AdapterNotSupported { .. }
        | Error::ClientBuildFail { .. } => true,
        _ => false,
    }
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date.
fn retry_after(error: &Error) -> Option<Duration> {
    let header = |name: &str| error.headers()?.get(name)?.to_str().ok().map(str::trim);
    let milliseconds = header("retry-after-ms").and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let wait = milliseconds.or_else(|| {
        let text = header("retry-after")?;
        let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.or_else(|| until(text))
    });
    wait.map(|wait| wait.min(LONGEST_WAIT))
}

fn until(date: &str) -> Option<Duration> {
    let at = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

fn told(provider: &str, message: &str) -> String {
    let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = message.chars().take(LONGEST_MESSAGE).collect();
    format!("{provider}: {short}")
}
