//! The requests of one transaction, and the instances they are for.

use crate::{
    convert, order_id,
    request::{Action, Answer, Applied, Claim, Refusal, Request},
    seeded::{self, Bug, is_sown},
    slot::Slot,
    writes::Writes,
};
use interpreter::{CommandKind, Instance, Key, Rejection, RejectionCode, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::{command_id, instance_page, timer, variable};
use uuid::Uuid;

/// A batch on its way through one transaction. The requests themselves stay with the lane, to be tried again.
pub struct Batch<'r> {
    pub requests: &'r [Request],
    /// In id order: so are rows locked. Boxed, since they go to and fro between here and the lane's memory.
    pub slots: BTreeMap<Uuid, Box<Slot>>,
    pub writes: Writes,
    pub answers: Vec<Answer>,
    gone: HashSet<usize>,
    /// Instances that were not read in this transaction.
    remembered: HashSet<Uuid>,
    answered: HashMap<(String, String), Applied>,
    /// Instances that could not be read, and why.
    pub unreadable: HashMap<Uuid, String>,
    /// Instances that were ordered and will never be.
    refused: Vec<Uuid>,
}

/// What must be asked of the database before the steps.
#[derive(Default)]
pub struct Questions {
    pub instances: Vec<Uuid>,
    pub commands: Vec<Uuid>,
    /// Where the orders begin that come before each of them.
    pub firsts: Vec<Uuid>,
    pub timers: timer::TimerIds,
    pub batch_items: store::batch::Items,
    pub command_ids: command_id::CommandIds,
}

impl Questions {
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
            && self.commands.is_empty()
            && self.timers.is_empty()
            && self.batch_items.is_empty()
            && self.command_ids.is_empty()
    }
}

impl<'r> Batch<'r> {
    /// Takes what the cache has; the rest becomes questions.
    pub fn gather(
        requests: &'r [Request],
        mut cached: impl FnMut(Uuid) -> Option<Box<Slot>>,
    ) -> (Batch<'r>, Questions) {
        let mut batch = Batch {
            requests,
            slots: BTreeMap::new(),
            writes: Writes::default(),
            answers: Vec::new(),
            gone: HashSet::new(),
            remembered: HashSet::new(),
            answered: HashMap::new(),
            unreadable: HashMap::new(),
            refused: Vec::new(),
        };
        let mut questions = Questions::default();
        for request in requests {
            batch.ask(request, &mut cached, &mut questions);
        }
        questions.instances.sort_unstable();
        questions.instances.dedup();
        questions.commands.sort_unstable();
        questions.firsts = questions.commands.iter().map(|id| order_id::first_of_pair(*id)).collect();
        (batch, questions)
    }

    fn ask(
        &mut self,
        request: &Request,
        cached: &mut impl FnMut(Uuid) -> Option<Box<Slot>>,
        questions: &mut Questions,
    ) {
        let instance = request.instance.0;
        // a new instance has a new id; only a called one can be there already, when its caller's order comes twice
        let is_new = matches!(&request.action, Action::Start { start, .. } if start.parent.is_none());
        if !is_new && !self.slots.contains_key(&instance) {
            match cached(instance) {
                Some(slot) => {
                    self.remembered.insert(instance);
                    self.slots.insert(instance, slot);
                }
                None => questions.instances.push(instance),
            }
        }
        match request.claim {
            Claim::None => {}
            Claim::Command(id) => questions.commands.push(id),
            Claim::Batch(batch) => questions.batch_items.push(store::batch::Item { batch, instance }),
            Claim::Timer { key, target } => {
                questions.timers.push(timer::TimerId { instance, key: key.0 as i64, target });
            }
        }
        if let (Some(tenant), Some(id)) = (&request.tenant, &request.command_id) {
            questions.command_ids.push(command_id::CommandId { tenant: tenant.clone(), id: id.clone() });
        }
    }

    /// Requests whose claim was not there any more count for nothing.
    pub fn keep_claimed(&mut self, commands: &[Uuid], timers: &[timer::TimerId], batch_items: &[(Uuid, Uuid)]) {
        let commands: HashSet<Uuid> = commands.iter().copied().collect();
        let timers: HashSet<_> = timers.iter().map(|timer| (timer.instance, timer.key, timer.target)).collect();
        for (index, request) in self.requests.iter().enumerate() {
            let is_there = match request.claim {
                Claim::None => true,
                Claim::Command(id) => commands.contains(&id),
                Claim::Batch(batch) => batch_items.contains(&(batch, request.instance.0)),
                Claim::Timer { key, target } => timers.contains(&(request.instance.0, key.0 as i64, target)),
            };
            if !is_there {
                self.gone.insert(index);
            }
        }
    }

    pub fn take_answered(&mut self, answered: Vec<command_id::Answered>) {
        for row in answered {
            if let Ok(applied) = serde_json::from_slice(&row.reply) {
                self.answered.insert((row.tenant, row.id), applied);
            }
        }
    }

    /// Why a timer, an order or an item of a batch would be gone with the commit, and nothing done: its instance cannot be read.
    pub fn would_lose_a_claim(&self) -> Option<String> {
        let claimed = self
            .requests
            .iter()
            .enumerate()
            .filter(|(index, request)| request.claim != Claim::None && !self.gone.contains(index));
        claimed.filter_map(|(_, request)| self.unreadable.get(&request.instance.0)).next().cloned()
    }

    /// All requests, in the order they came.
    pub fn step(&mut self, now: Timestamp, epoch: Uuid) {
        for (index, request) in self.requests.iter().enumerate() {
            let answer = match request.epoch {
                Some(other) if other != epoch && !epoch.is_nil() => Err(Refusal::OtherEpoch),
                _ if self.gone.contains(&index) => Err(Refusal::Gone),
                _ => self.step_one(request, now),
            };
            self.answers.push(answer);
        }
    }

    fn step_one(&mut self, request: &Request, now: Timestamp) -> Answer {
        let id = request.tenant.clone().zip(request.command_id.clone()).filter(|_| !is_sown(Bug::NoCommandIds));
        if let Some(applied) = id.as_ref().and_then(|id| self.answered.get(id)) {
            return Ok(applied.clone());
        }
        let answer = match self.is_where_it_should(request) {
            true => self.apply(request, now),
            false => Err(Refusal::NotThere),
        };
        self.note(request, &answer);
        if request.orders_an_instance() && matches!(answer, Err(Refusal::Rejected(_))) {
            self.refused.push(request.instance.0);
        }
        if let Some((key, target)) = request.subscription() {
            self.renew_subscription(request.instance.0, (key, target), now);
        }
        if let (Some((tenant, id)), Ok(applied)) = (id, &answer) {
            let reply = serde_json::to_vec(applied).unwrap_or_default();
            self.writes.answered.push(command_id::Answered { tenant: tenant.clone(), id: id.clone(), reply });
            self.answered.insert((tenant, id), applied.clone());
        }
        answer
    }

    fn is_where_it_should(&self, request: &Request) -> bool {
        let Some(id) = &request.only_at else { return true };
        let Some(slot) = self.slots.get(&request.instance.0) else { return true };
        let wanted = slot.definition.process.find(id);
        slot.instance.elements.values().any(|element| Some(element.element) == wanted)
    }

    fn note(&mut self, request: &Request, answer: &Answer) {
        if let Claim::Batch(batch) = request.claim
            && let Some(ended) = crate::batches::ended(batch, request.instance.0, answer)
        {
            self.writes.batch_items.push(ended);
        }
        if is_sown(Bug::Unaudited) {
            return;
        }
        let Some((note, tenant)) = request.note.as_ref().zip(request.tenant.as_deref()) else { return };
        if let Some(entry) = note.of_command(tenant, request.instance.0, answer.as_ref().err()) {
            self.writes.audit.push(entry);
        }
    }

    fn apply(&mut self, request: &Request, now: Timestamp) -> Answer {
        let id = request.instance.0;
        if let Some(why) = self.unreadable.get(&id) {
            return Err(Refusal::Unreadable(why.clone()));
        }
        match &request.action {
            Action::Start { definition, start, traceparent } => {
                if self.slots.contains_key(&id) {
                    return Err(Refusal::Gone);
                }
                let tenant = request.tenant.clone().unwrap_or_else(|| definition.tenant.clone());
                let mut slot = Box::new(Slot::new(request.instance, definition.clone(), tenant, traceparent.clone()));
                slot.step(CommandKind::Start(start.clone()), now, &mut self.writes).map_err(Refusal::Rejected)?;
                let applied = applied(&slot);
                self.slots.insert(id, slot);
                Ok(applied)
            }
            Action::Step(kind) => {
                let (slot, writes) = self.slot(request)?;
                let kind = seeded::as_told(kind, &slot.instance);
                let now = timely(&kind, &slot.instance, now);
                slot.step(kind.into_owned(), now, writes).map_err(Refusal::Rejected)?;
                Ok(applied(slot))
            }
            Action::Resolve { incident, retries, variables } => {
                let (slot, writes) = self.slot(request)?;
                if !slot.instance.incidents.contains_key(incident) {
                    return Err(Refusal::Rejected(no_such_incident()));
                }
                if !variables.is_empty() {
                    let set = CommandKind::SetVariables { scope: Key::ROOT, variables: variables.clone() };
                    slot.step(set, now, writes).map_err(Refusal::Rejected)?;
                }
                let resolve = CommandKind::ResolveIncident { incident: *incident, retries: *retries };
                slot.step(resolve, now, writes).map_err(Refusal::Rejected)?;
                Ok(applied(slot))
            }
            Action::Migrate { definition, mapping } => {
                let (slot, writes) = self.slot(request)?;
                slot.migrate(definition, mapping, now, writes).map_err(Refusal::Rejected)?;
                Ok(applied(slot))
            }
        }
    }

    /// The instance, when it is the asker's.
    fn slot(&mut self, request: &Request) -> Result<(&mut Slot, &mut Writes), Refusal> {
        let slot = self.slots.get_mut(&request.instance.0).ok_or(Refusal::UnknownInstance)?;
        match &request.tenant {
            Some(tenant) if *tenant != slot.tenant => Err(Refusal::UnknownInstance),
            _ => Ok((slot.as_mut(), &mut self.writes)),
        }
    }

    /// A message was delivered, or came too late. Events that stay subscribed get their row back, and with it the next
    /// message that waits; the others lose it.
    fn renew_subscription(&mut self, id: Uuid, (key, target): (Key, interpreter::ElementIndex), now: Timestamp) {
        let moving = self.slots.get(&id).filter(|slot| !slot.instance.is_suspended());
        let open = moving.and_then(|slot| {
            let open = slot.instance.waits(key)?.subscriptions.get(&target)?;
            Some((slot, open.clone()))
        });
        match open {
            Some((slot, open)) => {
                self.writes.subscribe(slot, (key, target), open.message_name, open.correlation_key, now);
            }
            None => self.writes.unsubscribe(id, key, target),
        }
    }

    /// The rows of the instances that moved, and their history.
    pub fn rows(&mut self, now: Timestamp) -> Rows {
        let never = std::mem::take(&mut self.refused);
        let mut rows = Rows { unmoved: self.unmoved(), ended: never, ..Rows::default() };
        for (id, slot) in self.slots.iter_mut().filter(|(_, slot)| !slot.events.is_empty()) {
            rows.history.push(history_row(*id, slot, now));
            if slot.instance.state != interpreter::InstanceState::Active && slot.may_be_started_by_a_message() {
                rows.ended.push(*id);
            }
            let (state, variables) = slot.state();
            for (scope, name, value) in variables.rows {
                rows.variables.push(variable::Variable { instance: *id, scope: scope.0 as i64, name, value });
            }
            for scope in variables.ended_scopes {
                rows.ended_scopes.push(variable::Scope { instance: *id, scope: scope.0 as i64 });
            }
            for (number, content) in state.pages {
                rows.pages.push(instance_page::Page { instance: *id, number, content });
            }
            for number in state.ended_pages {
                rows.ended_pages.push(instance_page::PageId { instance: *id, number });
            }
            if slot.stored_version == 0 {
                rows.inserts.push(insert_row(*id, slot, state.control, now));
            } else {
                rows.updates.push(update_row(*id, slot, state.control, now));
            }
        }
        rows
    }
}

impl Batch<'_> {
    /// Remembered instances in which nothing happened though something was asked of them. No update fences these, and what
    /// was refused may be right for the instance as it is by now.
    fn unmoved(&self) -> store::instance::AllRemembered {
        let asked = self.requests.iter().enumerate().filter(|(index, _)| !self.gone.contains(index));
        let asked: BTreeSet<Uuid> = asked.map(|(_, request)| request.instance.0).collect();
        let mut unmoved = store::instance::AllRemembered::default();
        for id in asked.into_iter().filter(|id| self.remembered.contains(id)) {
            if let Some(slot) = self.slots.get(&id).filter(|slot| slot.events.is_empty()) {
                unmoved.push(store::instance::Remembered { id, version: slot.stored_version as i64 });
            }
        }
        unmoved
    }
}

/// What a batch makes of its instances themselves; what their steps ask for is in [`Writes`].
#[derive(Default)]
pub struct Rows {
    pub inserts: store::instance::Inserts,
    pub updates: store::instance::Updates,
    pub pages: instance_page::Pages,
    pub ended_pages: instance_page::PageIds,
    pub variables: variable::Variables,
    pub ended_scopes: variable::Scopes,
    /// Those that have ended or were refused, of such as messages start: they hold no key any more.
    pub ended: Vec<Uuid>,
    pub history: store::history::Batches,
    /// To be confirmed: what was decided about them was decided from memory.
    pub unmoved: store::instance::AllRemembered,
}

/// A timer is never fired before it is due, whatever is lost between milliseconds and microseconds.
fn timely(kind: &CommandKind, instance: &Instance, now: Timestamp) -> Timestamp {
    let CommandKind::FireTimer { key, target } = kind else { return now };
    let timer = instance.waits(*key).and_then(|waits| waits.timers.get(target));
    timer.map_or(now, |timer| now.max(timer.due))
}

fn applied(slot: &Slot) -> Applied {
    Applied {
        instance: slot.instance.id,
        version: slot.instance.version,
        definition: slot.definition.key,
        process_version: slot.definition.version,
    }
}

fn no_such_incident() -> Rejection {
    Rejection {
        code: RejectionCode::NotFound,
        message: "there is no such incident, or it is resolved already".to_owned(),
    }
}

fn ended_at(slot: &Slot, now: Timestamp) -> Option<store::Time> {
    (slot.instance.state != interpreter::InstanceState::Active).then(|| convert::time(now))
}

fn insert_row(id: Uuid, slot: &Slot, control: Vec<u8>, now: Timestamp) -> store::instance::Insert {
    store::instance::Insert {
        id,
        tenant: slot.tenant.clone(),
        definition: slot.definition.key.0,
        state: convert::state::state_number(slot.instance.state),
        version: slot.instance.version as i64,
        control,
        business_key: slot.instance.business_key.clone(),
        parent: slot.instance.parent.map(|parent| parent.instance.0),
        traceparent: slot.traceparent.clone(),
        created_at: convert::time(now),
        ended_at: ended_at(slot, now),
    }
}

fn update_row(id: Uuid, slot: &Slot, control: Vec<u8>, now: Timestamp) -> store::instance::Update {
    store::instance::Update {
        id,
        old_version: slot.stored_version as i64,
        version: slot.instance.version as i64,
        state: convert::state::state_number(slot.instance.state),
        control,
        ended_at: ended_at(slot, now),
    }
}

fn history_row(id: Uuid, slot: &mut Slot, now: Timestamp) -> store::history::Batch {
    use prost::Message;
    let batch = proto::EventBatch { events: std::mem::take(&mut slot.events), ..Default::default() };
    let events = batch.encode_to_vec();
    slot.events = batch.events;
    store::history::Batch {
        instance: id,
        first_seq: slot.stored_version as i64 + 1,
        last_seq: slot.instance.version as i64,
        at: convert::time(now),
        events,
    }
}
