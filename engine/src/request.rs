//! What reaches a lane: a command to one instance, and how it is answered. [`Order`] is the form in which instances send
//! commands to one another; it outlives the process that wrote it.

use crate::{audit::Note, definitions::Definition, order_id};
use interpreter::{
    CommandKind, DefinitionKey, ElementIndex, InstanceId, Key, Rejection, Timestamp, Variables, command::Start,
    instance::Parent,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::oneshot;
use uuid::Uuid;

pub struct Request {
    /// Checked against the instance's; none: the command comes from inside (a timer knows its instance only).
    pub tenant: Option<String>,
    pub instance: InstanceId,
    pub action: Action,
    pub claim: Claim,
    /// Idempotency, within the tenant.
    pub command_id: Option<String>,
    /// Only when an element of this id is active.
    pub only_at: Option<String>,
    /// Only in this life of the database.
    pub epoch: Option<Uuid>,
    /// For the audit log.
    pub note: Option<Note>,
    pub answer: Option<oneshot::Sender<Answer>>,
}

pub enum Action {
    Start {
        definition: Arc<Definition>,
        start: Start,
        traceparent: String,
    },
    Step(CommandKind),
    /// Sets variables of the root scope first, if the incident is there.
    Resolve {
        incident: Key,
        retries: u32,
        variables: Variables,
    },
    /// To another version of the same process.
    Migrate {
        definition: Arc<Definition>,
        mapping: BTreeMap<String, String>,
    },
}

/// What must still be there, and is deleted in the same transaction, for the request to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    None,
    Command(Uuid),
    Timer {
        key: Key,
        target: i32,
    },
    /// Still to be done in this batch.
    Batch(Uuid),
}

pub type Answer = Result<Applied, Refusal>;

/// What a command did. Kept as JSON for those who ask again by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub instance: InstanceId,
    pub version: u64,
    pub definition: DefinitionKey,
    pub process_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Rejected(Rejection),
    UnknownInstance,
    /// Done by someone else already.
    Gone,
    /// Nothing is active at the element that it was to be at.
    NotThere,
    /// It is about something that the database does not know since it was restored.
    OtherEpoch,
    /// The engine cannot now.
    Unavailable,
    /// A newer engine has moved it on, or it is damaged: others may be able to.
    Unreadable(String),
    /// Our fault, or the database's; logged.
    Failed(String),
}

/// A command from one instance to another, as the outbox keeps it. Variants and fields are only ever added.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Order {
    Step(CommandKind),
    StartChild {
        caller: DefinitionKey,
        called_element: String,
        binding: model::Binding,
        variables: Variables,
        parent: Parent,
        traceparent: String,
    },
    /// For the business rule task `key` of this instance, which is one of the process version `asker`.
    EvaluateDecision {
        asker: DefinitionKey,
        key: Key,
        decision_id: String,
        binding: model::Binding,
        variables: Variables,
        now: Timestamp,
    },
    /// Of a message or timer start event.
    StartAt {
        definition: DefinitionKey,
        element_id: String,
        #[serde(default)]
        business_key: Option<String>,
        variables: Variables,
        traceparent: String,
    },
    /// Of an instance: a signal for everybody else.
    Broadcast {
        signal_name: String,
        variables: Variables,
        traceparent: String,
    },
    Publish {
        name: String,
        correlation_key: String,
        /// Of the instances that it starts.
        #[serde(default)]
        business_key: Option<String>,
        variables: Variables,
        traceparent: String,
    },
}

/// An order with its address, as it goes from a commit to its lane.
pub struct Addressed {
    pub id: Uuid,
    pub tenant: String,
    pub instance: InstanceId,
    pub order: Order,
}

impl Request {
    /// A command from inside.
    pub fn internal(instance: InstanceId, kind: CommandKind, claim: Claim) -> Request {
        Request {
            tenant: None,
            instance,
            action: Action::Step(kind),
            claim,
            command_id: None,
            only_at: None,
            epoch: None,
            note: None,
            answer: None,
        }
    }

    /// A command from outside, and where its answer will be.
    pub fn answered(tenant: &str, instance: InstanceId, action: Action) -> (Request, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let tenant = Some(tenant.to_owned());
        let claim = Claim::None;
        (
            Request {
                tenant,
                instance,
                action,
                claim,
                command_id: None,
                only_at: None,
                epoch: None,
                note: None,
                answer: Some(answer),
            },
            answered,
        )
    }

    /// Among what has come at once: orders of one instance to another keep their order, whichever came first.
    pub fn place(&self) -> u64 {
        match self.claim {
            Claim::Command(id) => order_id::place(id),
            Claim::None | Claim::Timer { .. } | Claim::Batch(_) => 0,
        }
    }

    pub fn answer(&mut self, answer: Answer) {
        if let Some(sender) = self.answer.take() {
            let _ = sender.send(answer); // nobody waits any more: nothing to do
        }
    }

    /// Whether it is the order to start an instance that nobody has called.
    pub fn orders_an_instance(&self) -> bool {
        let is_ordered = matches!(self.claim, Claim::Command(_));
        is_ordered && matches!(&self.action, Action::Start { start, .. } if start.parent.is_none())
    }

    /// The subscription that a delivered message was for.
    pub fn subscription(&self) -> Option<(Key, ElementIndex)> {
        match &self.action {
            Action::Step(CommandKind::DeliverMessage { key, target, .. }) => Some((*key, *target)),
            _ => None,
        }
    }
}
