//! The secrets that one job has read, which are taken out of everything that it says.

use super::{HIDDEN, SCHEME, Secret, SecretError, Secrets, references};
use serde_json::{Map, Value};
use std::sync::{Mutex, PoisonError};
use worker_sdk::JobFailure;

/// Shorter ones are in any text by chance, and protect nothing.
const SHORTEST_HIDDEN: usize = 4;

pub struct Opened<'a> {
    secrets: &'a Secrets,
    tenant: String,
    seen: Mutex<Vec<String>>,
}

impl<'a> Opened<'a> {
    pub(super) fn new(secrets: &'a Secrets, tenant: &str) -> Self {
        Opened { secrets, tenant: tenant.to_owned(), seen: Mutex::default() }
    }

    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The text with every `secret://name` in it replaced.
    pub fn text(&self, text: &str) -> Result<Secret, JobFailure> {
        let filled = fill(text, |name| {
            let secret = self.secrets.of_tenant(&self.tenant, name)?;
            self.remember(secret.expose());
            Ok(secret)
        });
        filled.map_err(SecretError::failure)
    }

    /// What must be one reference and nothing else, because it names whom the worker trusts.
    pub fn only(&self, key: &str, text: &str) -> Result<Secret, JobFailure> {
        let text = text.trim();
        match references(text).next() {
            Some((place, _)) if place == (0..text.len()) => self.text(text),
            _ => Err(JobFailure::bug(format!("`{key}` is to be a secret: `{SCHEME}name`"))),
        }
    }

    /// Something made of a secret, to be hidden as well.
    pub fn remember(&self, text: &str) {
        if text.len() >= SHORTEST_HIDDEN {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if !seen.iter().any(|known| known == text) {
                seen.push(text.to_owned());
                // what contains another is hidden whole
                seen.sort_by_key(|known| std::cmp::Reverse(known.len()));
            }
        }
    }

    pub fn hide(&self, text: &str) -> String {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().fold(text.to_owned(), |text, secret| {
            let escaped = Value::from(secret.as_str()).to_string();
            text.replace(secret.as_str(), HIDDEN).replace(escaped.trim_matches('"'), HIDDEN)
        })
    }

    pub fn hide_in(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.hide_in(value)).collect(),
            Value::Object(fields) => Value::Object(self.hide_fields(fields)),
            other => other,
        }
    }

    /// What the job leaves behind, without the secrets that it has read.
    pub fn guard(&self, outcome: Result<Map<String, Value>, JobFailure>) -> Result<Map<String, Value>, JobFailure> {
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return outcome;
        }
        match outcome {
            Ok(variables) => Ok(self.hide_fields(variables)),
            Err(JobFailure::Retryable { message, after }) => {
                Err(JobFailure::Retryable { message: self.hide(&message), after })
            }
            Err(JobFailure::BpmnError { code, message, variables }) => Err(JobFailure::BpmnError {
                code: self.hide(&code),
                message: self.hide(&message),
                variables: self.hide_fields(variables),
            }),
            Err(JobFailure::Bug { message }) => Err(JobFailure::Bug { message: self.hide(&message) }),
            // No worker that reads secrets asks people.
            Err(question @ JobFailure::Asks(_)) => Err(question),
        }
    }

    fn hide_fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        fields.into_iter().map(|(name, value)| (self.hide(&name), self.hide_in(value))).collect()
    }
}

/// Replaces references once: what a secret contains is not looked at again.
pub(super) fn fill(text: &str, read: impl Fn(&str) -> Result<Secret, SecretError>) -> Result<Secret, SecretError> {
    let (mut filled, mut from) = (String::new(), 0);
    for (place, name) in references(text) {
        filled.push_str(text.get(from..place.start).unwrap_or_default());
        filled.push_str(read(name)?.expose());
        from = place.end;
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    Ok(Secret::new(filled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Config;
    use serde_json::json;

    fn secrets() -> Secrets {
        let config = Config { secrets_tenants: vec!["*".into()], ..Config::default() };
        Secrets::new(&config).environment(|name| match name {
            "BATON_SECRET_TOKEN" => Some("t0ken\"quoted".into()),
            "BATON_SECRET_SLY" => Some("secret://token".into()),
            _ => None,
        })
    }

    #[test]
    fn what_was_read_is_hidden_in_what_is_said() {
        let secrets = secrets();
        let opened = secrets.open("acme");
        assert_eq!(opened.text("Bearer secret://token!").unwrap().expose(), "Bearer t0ken\"quoted!");
        let said = json!({"a": ["x t0ken\"quoted"], "t0ken\"quoted": 1, "raw": "{\"k\": \"t0ken\\\"quoted\"}"});
        let told = opened.guard(Ok(said.as_object().unwrap().clone())).unwrap();
        assert_eq!(Value::Object(told), json!({"a": ["x [secret]"], "[secret]": 1, "raw": "{\"k\": \"[secret]\"}"}));
        let failed = opened.guard(Err(JobFailure::bug("no t0ken\"quoted here"))).unwrap_err();
        assert_eq!(failed, JobFailure::bug("no [secret] here"));
    }

    #[test]
    fn a_secret_is_filled_in_once_and_must_be_known() {
        let secrets = secrets();
        let opened = secrets.open("acme");
        assert_eq!(opened.text("secret://sly").unwrap().expose(), "secret://token");
        assert!(matches!(opened.text("secret://other"), Err(JobFailure::Bug { .. })));
        assert!(opened.only("connection", "x secret://token").is_err());
        assert!(opened.only("connection", "secret://token").is_ok());
    }
}
