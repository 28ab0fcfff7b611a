//! The secrets that one job has read, which are taken out of everything that it says.

use super::{SCHEME, Secret, SecretError, Secrets, Seen, references};
use serde_json::{Map, Value};
use worker_sdk::JobFailure;

pub struct Opened<'a> {
    secrets: &'a Secrets,
    tenant: String,
    seen: Seen,
}

impl<'a> Opened<'a> {
    pub(super) fn new(secrets: &'a Secrets, tenant: &str) -> Self {
        Opened { secrets, tenant: tenant.to_owned(), seen: Seen::default() }
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
        self.seen.remember(text);
    }

    pub fn hide(&self, text: &str) -> String {
        self.seen.hide(text)
    }

    pub fn hide_in(&self, value: Value) -> Value {
        self.seen.hide_in(value)
    }

    /// What the job leaves behind, without the secrets that it has read.
    pub fn guard(&self, outcome: Result<Map<String, Value>, JobFailure>) -> Result<Map<String, Value>, JobFailure> {
        if self.seen.is_empty() {
            return outcome;
        }
        match outcome {
            Ok(variables) => Ok(self.seen.hide_fields(variables)),
            Err(JobFailure::Retryable { message, after }) => {
                Err(JobFailure::Retryable { message: self.hide(&message), after })
            }
            Err(JobFailure::BpmnError { code, message, variables }) => Err(JobFailure::BpmnError {
                code: self.hide(&code),
                message: self.hide(&message),
                variables: self.seen.hide_fields(variables),
            }),
            Err(JobFailure::Bug { message }) => Err(JobFailure::Bug { message: self.hide(&message) }),
            // No worker that reads secrets asks people.
            Err(question @ JobFailure::Asks(_)) => Err(question),
        }
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
