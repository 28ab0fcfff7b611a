//! The state of one run. Small: what is over is not here but in the history.

use crate::{
    CommandKind, DefinitionKey, ElementIndex, FlowIndex, InstanceId, Key, Timestamp, Variables,
    elements_by_key::ElementsByKey,
};
use model::FormField;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: InstanceId,
    pub definition: DefinitionKey,
    pub business_key: Option<String>,
    pub parent: Option<Parent>,
    pub state: InstanceState,
    /// Sequence number of the last event; 0 before the first.
    pub version: u64,
    /// The next [`Key`] to give out.
    pub next_key: u64,
    /// The active ones, by key: tasks, events that wait, scopes.
    pub elements: ElementsByKey,
    /// How much is alive in the root scope itself (see [`ElementInstance::children`]).
    pub children: u32,
    /// How many element instances there have ever been.
    pub activated: u64,
    /// Tokens waiting at joins: per scope, element and flow, how many.
    #[serde(with = "pairs")]
    pub waiting_tokens: BTreeMap<(Key, ElementIndex, FlowIndex), u32>,
    /// By scope, then by name. A scope without variables has no entry.
    pub variables: BTreeMap<Key, Variables>,
    /// The size of all variables as JSON, in bytes, roughly.
    pub variable_bytes: u64,
    pub incidents: BTreeMap<Key, Incident>,
    /// Tokens on their flows, oldest first: empty between steps, unless a step has put work off.
    pub deferred: VecDeque<Deferred>,
    /// How many steps in a row have put work off, with nothing from outside between them.
    pub deferrals: u32,
    /// What the event sub-processes of the root scope wait for.
    pub waits: Waits,
    /// Completed activities that can still be compensated, in the order of their completion within each scope.
    #[serde(with = "pairs")]
    pub compensable: BTreeMap<CompensationId, Compensable>,
    /// Since when nothing moves.
    pub suspended_at: Option<Timestamp>,
    /// What came from outside since then, oldest first.
    pub held: VecDeque<CommandKind>,
    /// By the key of the task: the element instance whose job waits for a person.
    pub questions: BTreeMap<Key, Key>,
}

/// The call activity that waits for this instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    pub instance: InstanceId,
    pub element: Key,
    /// How many calls deep: 1 for a process called by a root.
    pub depth: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstanceState {
    Active,
    Completed,
    Terminated,
    Canceled,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementInstance {
    pub element: ElementIndex,
    pub scope: Key,
    /// The flow that its token came by.
    pub arrived_by: Option<FlowIndex>,
    /// The outcome of the activity that its token came from, where a label asks for it.
    pub outcome: Option<Value>,
    /// Its work is done; it could not leave (see [`ElementCompleting`](crate::EventKind::ElementCompleting)), and
    /// `outcome` is its own.
    pub completing: bool,
    /// How much is alive in it, for scopes: active children, tokens on flows, tokens waiting at joins.
    pub children: u32,
    /// Of an activity that repeats: how far it is. Its instances are its children.
    pub repetition: Option<Repetition>,
    /// Of one instance of an activity that repeats: which one, from 0.
    pub loop_counter: Option<u32>,
    pub job: Option<Job>,
    /// The called instance.
    pub child: Option<InstanceId>,
    /// The deployed decision that it has asked for, by its id.
    pub decision: Option<String>,
    pub user_task: bool,
    /// By target: the element itself or its boundary events.
    pub waits: Waits,
    /// It waits for this incident to be resolved.
    pub incident: Option<Key>,
    /// What it has set out to compensate and has not begun with; the last is next. None: it does not compensate.
    pub compensating: Option<Vec<CompensationId>>,
    /// Who waits until it is done: it is a compensation handler, or a scope that was reopened to be compensated.
    pub compensates_for: Option<Key>,
    /// A completed scope in which compensation runs: it is not left again.
    pub is_reopened: bool,
}

/// What an element instance waits for, by target: the element itself, one of its boundary events, the start event of one of
/// its event sub-processes, or one definition of an event that has several (see
/// [`Process::owner`](crate::Process::owner)).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Waits {
    pub timers: BTreeMap<ElementIndex, TimerState>,
    pub subscriptions: BTreeMap<ElementIndex, Subscription>,
    /// Names of signals.
    pub signals: BTreeMap<ElementIndex, String>,
    /// Conditions, and whether each was true when it was last looked at.
    pub conditions: BTreeMap<ElementIndex, bool>,
}

/// A completed activity that can be compensated: `order` grows with every completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CompensationId {
    pub scope: Key,
    pub order: u64,
}

/// The element instance that it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compensable {
    pub key: Key,
    pub element: ElementIndex,
    /// What is in it is compensated, and not it as a whole.
    pub in_parts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repetition {
    /// None when only a condition says how many.
    pub planned: Option<u32>,
    pub at_once: bool,
    pub started: u32,
    pub completed: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub job_type: String,
    /// Counts from 1; the fencing token.
    pub attempt: u32,
    pub retries_left: u32,
    /// Set while it waits for its next attempt.
    pub retry_at: Option<Timestamp>,
    /// Set while it waits for a person.
    pub question: Option<OpenQuestion>,
    /// What it has been answered, oldest first; of many, or large ones, the newest.
    pub answers: VecDeque<Answer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenQuestion {
    pub id: String,
    /// The key of the person's task.
    pub task: Key,
    pub title: String,
    pub form_fields: Vec<FormField>,
}

/// What became of a question that a job has asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The id of the question.
    pub question: String,
    /// What the person has filled in; none: nobody has answered in time.
    pub values: Option<Variables>,
    pub by: Option<String>,
    pub at: Timestamp,
    /// What the answer allows, it allows until then.
    pub expires: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerState {
    pub due: Timestamp,
    pub repetitions_left: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    pub message_name: String,
    pub correlation_key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub element_instance: Key,
    pub code: String,
    pub message: String,
}

impl Waits {
    pub fn is_empty(&self) -> bool {
        self.timers.is_empty() && self.subscriptions.is_empty() && self.signals.is_empty() && self.conditions.is_empty()
    }

    pub fn has(&self, target: ElementIndex) -> bool {
        self.timers.contains_key(&target)
            || self.subscriptions.contains_key(&target)
            || self.signals.contains_key(&target)
            || self.conditions.contains_key(&target)
    }

    /// Everything that is waited for, each target once.
    pub fn targets(&self) -> Vec<ElementIndex> {
        let all = self.timers.keys().chain(self.subscriptions.keys()).chain(self.signals.keys());
        let mut targets: Vec<ElementIndex> = all.chain(self.conditions.keys()).copied().collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }
}

impl Repetition {
    /// Whether it has an instance to start, or to decide about.
    pub(crate) fn is_due(&self) -> bool {
        let has_more = self.planned.is_none_or(|planned| self.started < planned);
        has_more && (self.at_once || self.started == self.completed)
    }
}

impl Job {
    pub(crate) fn new(job_type: String, retries: u32) -> Job {
        let (question, answers) = (None, VecDeque::new());
        Job { job_type, attempt: 1, retries_left: retries, retry_at: None, question, answers }
    }

    /// Whether a worker's answer to the current attempt counts.
    pub fn is_open(&self) -> bool {
        self.retries_left > 0 && self.retry_at.is_none() && self.question.is_none()
    }
}

/// A token on `flow` in `scope` that has not arrived yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deferred {
    pub scope: Key,
    pub flow: FlowIndex,
    pub outcome: Option<Value>,
}

impl Instance {
    /// An instance before its first event.
    pub fn new(id: InstanceId, definition: DefinitionKey) -> Self {
        Instance {
            id,
            definition,
            business_key: None,
            parent: None,
            state: InstanceState::Active,
            version: 0,
            next_key: 1,
            elements: ElementsByKey::default(),
            children: 0,
            activated: 0,
            waiting_tokens: BTreeMap::new(),
            variables: BTreeMap::new(),
            variable_bytes: 0,
            incidents: BTreeMap::new(),
            deferred: VecDeque::new(),
            deferrals: 0,
            waits: Waits::default(),
            compensable: BTreeMap::new(),
            suspended_at: None,
            held: VecDeque::new(),
            questions: BTreeMap::new(),
        }
    }

    /// What an element instance, or the root scope, waits for.
    pub fn waits(&self, key: Key) -> Option<&Waits> {
        match key {
            Key::ROOT => Some(&self.waits),
            key => self.elements.get(&key).map(|element| &element.waits),
        }
    }

    /// Whoever listens to signals or conditions, the root last.
    pub(crate) fn listening(&self) -> impl Iterator<Item = (Key, &Waits)> {
        let inside = self.elements.listening().filter_map(|key| Some((key, self.waits(key)?)));
        inside.chain(std::iter::once((Key::ROOT, &self.waits)))
    }

    /// Whether `key` can be compensated, asked when it has just been remembered and before anything else in its scope is.
    pub(crate) fn is_remembered(&self, key: Key, scope: Key) -> bool {
        self.compensable_in(scope).next_back().is_some_and(|(_, last)| last.key == key)
    }

    /// The element instance whose job waits for the answer to the task `task`.
    pub fn asker(&self, task: Key) -> Option<Key> {
        self.questions.get(&task).copied()
    }

    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    /// Whether a signal of this name would be caught.
    pub fn awaits_signal(&self, name: &str) -> bool {
        self.state == InstanceState::Active
            && self.listening().any(|(_, waits)| waits.signals.values().any(|signal| signal == name))
    }

    /// What can be compensated in a scope, oldest first.
    pub(crate) fn compensable_in(
        &self,
        scope: Key,
    ) -> impl DoubleEndedIterator<Item = (CompensationId, &Compensable)> + '_ {
        let all = CompensationId { scope, order: 0 }..=CompensationId { scope, order: u64::MAX };
        self.compensable.range(all).map(|(id, it)| (*id, it))
    }

    pub fn element(&self, key: Key) -> Option<&ElementInstance> {
        self.elements.get(&key)
    }

    /// The scopes around `key`, from itself outwards, the root last.
    pub fn scopes_of(&self, key: Key) -> impl Iterator<Item = Key> + '_ {
        std::iter::successors(Some(key), |key| self.elements.get(key).map(|element| element.scope))
    }
}

/// Maps whose keys are not text, as lists of pairs, so that the state can be written as JSON too.
mod pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    pub fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
