//! What goes into the audit log: who asked for what. Commands to instances are noted in the transaction that carries them out (or
//! finds that the instance refuses them); what is done outside of lanes notes itself in its own transaction.

use crate::request::Refusal;
use serde::Serialize;
use store::audit::{Entries, Entry};
use uuid::Uuid;

/// Longer arguments are not kept: what came of them is in the history.
const MAX_ARGUMENTS: usize = 16 * 1024;
const DONE: &str = "done";

/// Who asks for what.
#[derive(Debug, Clone)]
pub struct Note {
    pub by: String,
    pub operation: &'static str,
    /// JSON
    pub arguments: String,
    /// What else it is about, of a command to an instance: the batch that it is part of.
    pub subject: String,
}

impl Note {
    pub fn new(by: &str, operation: &'static str, arguments: &impl Serialize) -> Note {
        let mut arguments = serde_json::to_string(arguments).unwrap_or_default();
        if arguments.len() > MAX_ARGUMENTS {
            arguments = format!("{{\"leftOut\":{}}}", arguments.len());
        }
        Note { by: by.to_owned(), operation, arguments, subject: String::new() }
    }

    /// The row of a command to an instance; none for what says nothing about it.
    pub fn of_command(&self, tenant: &str, instance: Uuid, refusal: Option<&Refusal>) -> Option<Entry> {
        let (outcome, message) = match refusal {
            None => (DONE.to_owned(), String::new()),
            Some(Refusal::Rejected(rejection)) => (code(rejection.code), rejection.message.clone()),
            Some(_) => return None,
        };
        Some(self.entry(tenant, Some(instance), &self.subject, outcome, message))
    }

    /// One row, of what was done.
    pub fn done(&self, tenant: &str, subject: &str) -> Entries {
        let mut entries = Entries::default();
        entries.push(self.entry(tenant, None, subject, DONE.to_owned(), String::new()));
        entries
    }

    /// The same about an instance.
    pub fn done_to(&self, tenant: &str, instance: Uuid) -> Entries {
        let mut entries = Entries::default();
        entries.push(self.entry(tenant, Some(instance), "", DONE.to_owned(), String::new()));
        entries
    }

    fn entry(&self, tenant: &str, instance: Option<Uuid>, subject: &str, outcome: String, message: String) -> Entry {
        // Postgres keeps no zeros in texts.
        let clean = |text: &str| text.replace('\0', "");
        Entry {
            tenant: tenant.to_owned(),
            id: Uuid::now_v7(),
            by: clean(&self.by),
            operation: self.operation.to_owned(),
            instance,
            subject: clean(subject),
            arguments: self.arguments.clone(),
            outcome,
            message: clean(&message),
        }
    }
}

/// `INSTANCE_ENDED`
pub fn code(code: interpreter::RejectionCode) -> String {
    serde_json::to_value(code).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}
