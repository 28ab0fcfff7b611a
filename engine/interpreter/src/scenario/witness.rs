//! What the simulated world has seen, as facts.

use super::coverage::Coverage;
use super::facts::{Counts, Facts, Happening};
use super::file::State;
use super::world::{Run, World};
use crate::{Event, EventKind, Instance, InstanceState, Key};

impl World<'_> {
    pub(super) fn facts(&self) -> Facts {
        let roots = || self.runs.iter().filter(|run| run.is_root);
        let root_scope = |run: &Run| run.instance.variables.get(&Key::ROOT).cloned().unwrap_or_default();
        Facts {
            waiting: self.waiting_now(),
            roots: roots().map(|run| state(&run.instance)).collect(),
            variables: roots().next_back().map(root_scope).map(|variables| variables.into_iter().collect()),
            incidents: self.open_incidents(),
            known: self.element_ids().map(str::to_owned).collect(),
            ..Facts::count(&self.happenings())
        }
    }

    pub(super) fn coverage(&self, sources: &[String]) -> Vec<Coverage> {
        let pairs = self.processes.iter().zip(sources);
        let mut all: Vec<Coverage> = pairs.map(|(process, source)| Coverage::of(process, source)).collect();
        for (run, happening) in self.happenings() {
            let process = self.runs.get(run).map(|run| run.process);
            if let Some(coverage) = process.and_then(|process| all.get_mut(process)) {
                coverage.see(&happening);
            }
        }
        all
    }

    pub(super) fn element_ids(&self) -> impl Iterator<Item = &str> {
        self.processes.iter().flat_map(|process| process.elements.iter().map(|element| element.id.as_str()))
    }

    pub(super) fn waiting_now(&self) -> Counts {
        let mut counts = Counts::new();
        for (run, state) in self.runs.iter().enumerate() {
            for element in state.instance.elements.values().filter(|element| element.repetition.is_none()) {
                *counts.entry(self.element_id(run, element.element).to_owned()).or_default() += 1;
            }
            for ((_, element, _), tokens) in &state.instance.waiting_tokens {
                *counts.entry(self.element_id(run, *element).to_owned()).or_default() += *tokens as usize;
            }
        }
        counts
    }

    pub(super) fn open_incidents(&self) -> Vec<(String, String)> {
        let runs = self.runs.iter().enumerate();
        let open = runs.flat_map(|(run, state)| state.instance.incidents.values().map(move |incident| (run, incident)));
        open.map(|(run, it)| (self.id_of(run, it.element_instance).to_owned(), it.code.clone())).collect()
    }

    pub(super) fn happenings(&self) -> Vec<(usize, Happening<'_>)> {
        self.log.iter().filter_map(|(run, event)| Some((*run, self.happening(*run, event)?))).collect()
    }

    fn happening<'w>(&'w self, run: usize, event: &'w Event) -> Option<Happening<'w>> {
        Some(match &event.kind {
            EventKind::ElementActivated { key, element, .. } => {
                Happening::Activated { key: key.0, element: self.element_id(run, *element) }
            }
            EventKind::TokenArrived { element, .. } => Happening::Arrived { element: self.element_id(run, *element) },
            EventKind::LoopStarted { key, .. } => Happening::Repeats { key: key.0 },
            EventKind::ElementCompleted { key } => Happening::Completed { key: key.0 },
            EventKind::ElementTerminated { key } => Happening::Terminated { key: key.0 },
            EventKind::FlowTaken { flow, .. } => {
                let process = self.runs.get(run).and_then(|run| self.processes.get(run.process))?;
                Happening::FlowTaken { flow: &process.flow(*flow).id }
            }
            EventKind::JobCreated { job_type, .. } => Happening::JobCreated { job_type },
            EventKind::IncidentRaised { .. } | EventKind::InstanceFailed { .. } => Happening::WentWrong,
            _ => return None,
        })
    }
}

pub(super) fn state(instance: &Instance) -> State {
    match instance.state {
        InstanceState::Active if instance.incidents.is_empty() => State::Active,
        InstanceState::Active => State::Incident,
        InstanceState::Completed => State::Completed,
        InstanceState::Terminated => State::Terminated,
        InstanceState::Canceled => State::Canceled,
        InstanceState::Failed => State::Failed,
    }
}
