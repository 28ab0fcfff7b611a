//! Headers of a mail that a task may set beside the usual ones: those for lists (RFC 2369, 8058), for threads, and `X-`. Whom a mail
//! is from, to whom it goes and what proves it are not among them.

use lettre::message::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use worker_sdk::JobFailure;

const LONGEST: usize = 900;

pub fn of_task(headers: &Map<String, Value>) -> Result<Vec<HeaderValue>, JobFailure> {
    headers.iter().map(|(name, value)| header(name, value)).collect()
}

fn header(name: &str, value: &Value) -> Result<HeaderValue, JobFailure> {
    let wrong = || {
        JobFailure::bug(format!(
            "`headers.{name}` cannot be set: List-…, X-…, In-Reply-To, References and Precedence can, to one line of text"
        ))
    };
    let lower = name.to_ascii_lowercase();
    let may = lower.starts_with("list-") || lower.starts_with("x-");
    let may = may || matches!(lower.as_str(), "in-reply-to" | "references" | "precedence");
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let text = value.as_str().filter(|text| text.len() <= LONGEST && !text.chars().any(char::is_control));
    match (may && is_name, text, HeaderName::new_from_ascii(name.to_owned())) {
        (true, Some(text), Ok(name)) => Ok(HeaderValue::new(name, text.to_owned())),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::of_task;
    use serde_json::json;

    #[test]
    fn what_proves_a_mail_is_not_the_tasks_to_say() {
        let set = |name: &str, value: &str| of_task(json!({name: value}).as_object().unwrap());
        for name in ["List-Unsubscribe", "list-id", "X-Order", "In-Reply-To", "References"] {
            assert!(set(name, "<a@example.com>").is_ok(), "{name}");
        }
        for name in ["From", "Bcc", "Sender", "DKIM-Signature", "Received", "X-A: b", "X A", "", "Return-Path"] {
            assert!(set(name, "x").is_err(), "{name}");
        }
        for value in ["a\r\nBcc: b@example.com", "a\nb", "\u{0}"] {
            assert!(set("X-Order", value).is_err(), "{value:?}");
        }
    }
}
