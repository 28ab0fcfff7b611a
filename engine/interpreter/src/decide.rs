//! Making a deployed decision for a business rule task: the one way to do it, of the engine and of scenarios.

use crate::command::Decided;
use crate::{Timestamp, Variables};
use serde_json::{Value, json};

/// As JSON; what a history keeps of why.
const MOST_TRACE_BYTES: usize = 16 * 1024;

/// Why there is no answer, as an incident names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub code: &'static str,
    pub message: String,
}

impl Refused {
    /// `wanted` says which one, for a person.
    pub fn unknown(wanted: &str) -> Refused {
        let message = format!("no decision {wanted} is deployed; deploy it, then resolve this");
        Refused { code: "UNKNOWN_DECISION", message }
    }

    pub fn failed(message: impl Into<String>) -> Refused {
        Refused { code: "DECISION_FAILED", message: message.into() }
    }
}

/// Evaluates `decision_id` of a file's decisions as of `now`. Pure, and bounded by the work that evaluation may do.
pub fn decide(
    decisions: &decision::Compiled,
    decision_id: &str,
    version: u32,
    variables: &Variables,
    now: Timestamp,
) -> Result<Decided, Refused> {
    let at = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    let evaluation = decisions
        .evaluate(decision_id, variables, at)
        .map_err(|error| Refused::failed(format!("{error} (version {version}, {})", error.code.as_str())))?;
    let trace = serde_json::to_value(&evaluation.trace).unwrap_or_default();
    Ok(Decided { decision_id: decision_id.to_owned(), version, output: evaluation.output, trace: bounded(trace) })
}

/// As much of it as a history keeps: of a list the first entries that fit.
fn bounded(trace: Value) -> Value {
    let size = |value: &Value| serde_json::to_vec(value).map_or(usize::MAX, |bytes| bytes.len());
    let bytes = size(&trace);
    if bytes <= MOST_TRACE_BYTES {
        return trace;
    }
    let Value::Array(entries) = trace else { return json!({"omittedBytes": bytes}) };
    let (all, mut room, mut kept) = (entries.len(), MOST_TRACE_BYTES, Vec::new());
    for entry in entries {
        match room.checked_sub(size(&entry)) {
            Some(left) => room = left,
            None => break,
        }
        kept.push(entry);
    }
    kept.push(json!({"omitted": all - kept.len()}));
    Value::Array(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_trace_keeps_its_beginning() {
        let entry = json!({"decision": "d".repeat(1000)});
        let kept = bounded(Value::Array(vec![entry.clone(); 100]));
        let entries = kept.as_array().unwrap();
        assert_eq!((entries.len(), &entries[0], &entries[16]), (17, &entry, &json!({"omitted": 84})));
        assert_eq!(bounded(json!([1])), json!([1]));
    }
}
