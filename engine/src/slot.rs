//! One instance in a lane: its state, and what is needed to step it and to tell about it.

use crate::{
    convert::{
        event::{Places, stored},
        pages::{self, Pages},
        variables::{self, Changed},
    },
    definitions::Definition,
    writes::Writes,
};
use interpreter::{
    Command, CommandKind, ElementIndex, Event, EventKind, Instance, InstanceId, InstanceState, Key, Rejection,
    RejectionCode, Timestamp, effect::UserTask, migrate::Migration,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// What the database has beside the row of an instance.
#[derive(Debug, Default, Clone, Copy)]
pub struct Stored {
    pub is_paged: bool,
    pub has_variable_rows: bool,
}

pub struct Slot {
    pub instance: Instance,
    pub definition: Arc<Definition>,
    pub tenant: String,
    pub traceparent: String,
    /// The version that the database has; 0: it has none of it.
    pub stored_version: u64,
    /// What happened since.
    pub events: Vec<proto::Event>,
    pages: Pages,
    changed_variables: Changed,
    places: HashMap<Key, ElementIndex>,
    incidents: HashMap<Key, Key>,
    /// Of what happened since: the definitions before the events of these numbers.
    former: Vec<(u64, Arc<Definition>)>,
    /// Scopes other than the root that have variables in the database.
    local_scopes: HashSet<Key>,
}

impl Slot {
    pub fn new(id: InstanceId, definition: Arc<Definition>, tenant: String, traceparent: String) -> Slot {
        let instance = Instance::new(id, definition.key);
        Slot::of(instance, Stored::default(), definition, tenant, traceparent)
    }

    /// Around an instance as the database has it.
    pub fn of(
        mut instance: Instance,
        stored: Stored,
        definition: Arc<Definition>,
        tenant: String,
        traceparent: String,
    ) -> Slot {
        Slot {
            pages: Pages::of(&mut instance, stored.is_paged),
            changed_variables: Changed::none(stored.has_variable_rows),
            stored_version: instance.version,
            places: places(&instance),
            incidents: instance.incidents.iter().map(|(key, incident)| (*key, incident.element_instance)).collect(),
            local_scopes: instance.variables.keys().copied().filter(|scope| *scope != Key::ROOT).collect(),
            former: Vec::new(),
            instance,
            definition,
            tenant,
            traceparent,
            events: Vec::new(),
        }
    }

    /// Whether there may be a lock that ends with it.
    pub fn may_be_started_by_a_message(&self) -> bool {
        self.instance.parent.is_none() && !self.definition.process.starts.messages.is_empty()
    }

    /// Steps, and adds what is to be written. A rejected command changes nothing.
    pub fn step(&mut self, kind: CommandKind, now: Timestamp, writes: &mut Writes) -> Result<(), Rejection> {
        let was_suspended = self.instance.is_suspended();
        let command = Command { now, kind };
        let stepped = interpreter::advance(&self.definition.process, &mut self.instance, command)?;
        for event in &stepped.events {
            self.happened(event, writes);
        }
        if self.instance.is_suspended() != was_suspended {
            writes.suspended.insert(self.instance.id.0, !was_suspended);
        }
        for effect in stepped.effects {
            writes.add(self, effect, now);
        }
        Ok(())
    }

    /// Goes on by another version of its process, or is as it was.
    pub fn migrate(
        &mut self,
        definition: &Arc<Definition>,
        mapping: &BTreeMap<String, String>,
        now: Timestamp,
        writes: &mut Writes,
    ) -> Result<(), Rejection> {
        let former = self.definition.clone();
        check_versions(&former, definition)?;
        let (old, new) = (&former.process, &definition.process);
        let migration = Migration { old, new, definition: definition.key, mapping };
        let stepped = interpreter::migrate::migrate(&migration, &mut self.instance, now)?;
        for event in &stepped.events {
            if let EventKind::InstanceMigrated { elements, .. } = &event.kind {
                let seq = self.stored_version + self.events.len() as u64 + 1;
                let map: HashMap<ElementIndex, ElementIndex> = elements.iter().copied().collect();
                self.places.values_mut().for_each(|place| *place = map.get(place).copied().unwrap_or(*place));
                self.former.push((seq, former.clone()));
                self.definition = definition.clone();
                writes.migrate(self.instance.id.0, seq, (former.key.0, definition.key.0), elements);
            }
            self.happened(event, writes);
        }
        for effect in stepped.effects {
            writes.add(self, effect, now);
        }
        Ok(())
    }

    fn happened(&mut self, event: &Event, writes: &mut Writes) {
        match &event.kind {
            EventKind::VariableSet { scope, name, .. } => {
                if *scope != Key::ROOT {
                    self.local_scopes.insert(*scope);
                }
                self.changed_variables.set(*scope, name);
            }
            EventKind::ElementActivated { key, element, .. } => drop(self.places.insert(*key, *element)),
            EventKind::IncidentRaised { incident, element_instance, .. } => {
                self.incidents.insert(*incident, *element_instance);
            }
            // A question stands under a key of its own.
            EventKind::UserTaskCreated { key, task: UserTask { question: Some(_), element: Some(element), .. } } => {
                self.places.insert(*key, *element);
            }
            EventKind::JobCompleted { .. } => writes.completed_jobs += 1,
            kind => {
                if let Some(state) = begun_or_ended(kind) {
                    writes.count_instance(&self.definition.process_id, state);
                }
            }
        }
        let event_to_store = stored(event, self);
        self.events.push(event_to_store);
        match &event.kind {
            EventKind::ElementCompleted { key }
            | EventKind::ElementTerminated { key }
            | EventKind::CompensationCompleted { key }
            | EventKind::CompensationDiscarded { key, .. } => {
                self.places.remove(key);
                // What can be compensated keeps its variables beyond its end.
                if !self.instance.variables.contains_key(key) && self.local_scopes.remove(key) {
                    self.changed_variables.end(*key);
                }
            }
            EventKind::CompensationStarted { reopens: false, .. } => self.end_scopes_without_variables(),
            EventKind::IncidentResolved { incident } => drop(self.incidents.remove(incident)),
            _ => {}
        }
    }

    /// What a handler has begun to undo is remembered no more, nor is what was in it.
    fn end_scopes_without_variables(&mut self) {
        let variables = &self.instance.variables;
        let gone = self.local_scopes.iter().copied().filter(|scope| !variables.contains_key(scope));
        for scope in gone.collect::<Vec<_>>() {
            self.local_scopes.remove(&scope);
            self.changed_variables.end(scope);
        }
    }

    /// What is to be written of its state, and of its variables.
    pub fn state(&mut self) -> (pages::Written, variables::Written) {
        let variables = self.changed_variables.write(&self.instance);
        (self.pages.write(&mut self.instance, variables.in_state), variables)
    }

    /// Of what happened since it was stored, as it is published: with names.
    pub fn batch(&mut self) -> proto::EventBatch {
        let mut events = std::mem::take(&mut self.events);
        let first_seq = self.stored_version + 1;
        for (event, seq) in events.iter_mut().zip(first_seq..) {
            let former = self.former.iter().find(|(migrated, _)| seq < *migrated).map(|(_, former)| former);
            crate::convert::event::fill_names(event, former.unwrap_or(&self.definition));
        }
        self.former.clear();
        proto::EventBatch {
            tenant: self.tenant.clone(),
            instance_id: self.instance.id.to_string(),
            process_id: self.definition.process_id.clone(),
            process_version: self.definition.version,
            first_seq,
            events,
            traceparent: self.traceparent.clone(),
        }
    }
}

/// Where everything stands that is alive, and that asks a person.
fn places(instance: &Instance) -> HashMap<Key, ElementIndex> {
    let elements = instance.elements.iter().map(|(key, element)| (*key, element.element));
    let questions = instance.questions.iter().filter_map(|(task, key)| Some((*task, instance.element(*key)?.element)));
    elements.chain(questions).collect()
}

/// Only to another version of the same process.
fn begun_or_ended(kind: &EventKind) -> Option<InstanceState> {
    match kind {
        EventKind::InstanceCreated { .. } => Some(InstanceState::Active),
        EventKind::InstanceCompleted => Some(InstanceState::Completed),
        EventKind::InstanceTerminated => Some(InstanceState::Terminated),
        EventKind::InstanceCanceled { .. } => Some(InstanceState::Canceled),
        EventKind::InstanceFailed { .. } => Some(InstanceState::Failed),
        _ => None,
    }
}

fn check_versions(former: &Definition, definition: &Definition) -> Result<(), Rejection> {
    let message = if former.process_id != definition.process_id {
        format!("the instance is one of `{}`, not of `{}`", former.process_id, definition.process_id)
    } else if former.key == definition.key {
        format!("the instance goes by version {} already", definition.version)
    } else {
        return Ok(());
    };
    Err(Rejection { code: RejectionCode::Invalid, message })
}

impl Places for Slot {
    fn element_of(&self, key: Key) -> Option<ElementIndex> {
        let active = || self.instance.element(key).map(|element| element.element);
        self.places.get(&key).copied().or_else(active)
    }

    fn subject_of(&self, incident: Key) -> Option<Key> {
        self.incidents.get(&incident).copied()
    }
}
