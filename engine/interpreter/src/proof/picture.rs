//! A process as the proofs see it: the compiled arrays, and beside each element what its author wrote.

use crate::elements::{Catch, Kind};
use crate::process::Starts;
use crate::{ElementIndex, Process};
use model::{ElementKind, Gateway, ProcessDefinition, Trigger};

pub(super) struct Picture<'d> {
    pub process: &'d Process,
    elements: Vec<&'d model::Element>,
    hosts: Vec<Option<ElementIndex>>,
    inside: Vec<Vec<ElementIndex>>,
    top: Vec<ElementIndex>,
}

impl<'d> Picture<'d> {
    pub fn of(definition: &'d ProcessDefinition, process: &'d Process) -> Picture<'d> {
        let count = process.elements.len();
        let mut picture = Picture {
            process,
            elements: Vec::new(),
            hosts: vec![None; count],
            inside: vec![Vec::new(); count],
            top: Vec::new(),
        };
        picture.list(&definition.elements);
        for element in &process.elements {
            match element.parent {
                Some(parent) => picture.inside[at(parent)].push(element.index),
                None => picture.top.push(element.index),
            }
            element.boundary.iter().for_each(|event| picture.hosts[at(*event)] = Some(element.index));
        }
        picture
    }

    /// As the compiler numbers them: document order, parents before children.
    fn list(&mut self, elements: &'d [model::Element]) {
        for element in elements.iter().filter(|element| !matches!(element.kind, ElementKind::Artifact(_))) {
            self.elements.push(element);
            self.list(element.children());
        }
    }

    pub fn element(&self, index: ElementIndex) -> &'d model::Element {
        self.elements[at(index)]
    }

    pub fn id(&self, index: ElementIndex) -> &'d str {
        &self.elements[at(index)].id
    }

    pub fn all(&self) -> impl Iterator<Item = ElementIndex> + use<> {
        (0..self.process.elements.len() as u32).map(ElementIndex)
    }

    /// The activity of a boundary event.
    pub fn host(&self, index: ElementIndex) -> Option<ElementIndex> {
        self.hosts[at(index)]
    }

    /// The process itself, and every sub-process.
    pub fn scopes(&self) -> impl Iterator<Item = Option<ElementIndex>> + '_ {
        let has_inside = |index: &ElementIndex| !self.inside[at(*index)].is_empty();
        std::iter::once(None).chain(self.all().filter(has_inside).map(Some))
    }

    pub fn inside(&self, scope: Option<ElementIndex>) -> &[ElementIndex] {
        match scope {
            Some(scope) => &self.inside[at(scope)],
            None => &self.top,
        }
    }

    pub fn is_ad_hoc(&self, scope: Option<ElementIndex>) -> bool {
        scope.is_some_and(|scope| matches!(self.process.element(scope).kind, Kind::AdHocSubProcess(_)))
    }

    /// What a scope starts with: each list is one way to start, with everything that starts together.
    pub fn starts(&self, scope: Option<ElementIndex>) -> Vec<Vec<ElementIndex>> {
        match scope.map(|scope| &self.process.element(scope).kind) {
            None => self.ways_to_start(&self.process.starts),
            Some(Kind::SubProcess(inner)) => together(&inner.starts),
            Some(Kind::AdHocSubProcess(inner)) => together(&inner.starts),
            Some(_) => Vec::new(),
        }
    }

    fn ways_to_start(&self, starts: &Starts) -> Vec<Vec<ElementIndex>> {
        let named = starts.messages.iter().chain(&starts.signals).map(|(index, _)| *index);
        let others = starts.timers.iter().chain(&starts.conditions).copied();
        let mut first: Vec<ElementIndex> = starts.none.iter().copied().chain(named).chain(others).collect();
        first.sort();
        first.dedup();
        if first.is_empty() {
            return together(starts);
        }
        first.into_iter().map(|start| self.way_to_start(start, starts)).collect()
    }

    /// What an event gateway or a receive task starts, starts alone; a gateway that needs all its events, as a whole.
    fn way_to_start(&self, start: ElementIndex, starts: &Starts) -> Vec<ElementIndex> {
        if matches!(self.element(start).kind, ElementKind::StartEvent { .. }) {
            return std::iter::once(start).chain(starts.implicit.iter().copied()).collect();
        }
        let sources = self.process.element(start).incoming.iter().map(|flow| self.process.flow(*flow).from);
        let whole = sources.into_iter().find(|source| {
            matches!(self.element(*source).kind, ElementKind::Gateway(Gateway::EventBased { parallel: true, .. }))
        });
        vec![whole.unwrap_or(start)]
    }

    /// The boundary events that something can leave by.
    pub fn exits(&self, host: ElementIndex) -> impl Iterator<Item = ElementIndex> + '_ {
        let boundary = self.process.element(host).boundary.iter().copied();
        boundary.filter(|event| match &self.process.element(*event).kind {
            Kind::BoundaryEvent(it) => {
                it.event.definitions.iter().any(|definition| !matches!(definition.catch, Catch::Compensation))
            }
            _ => false,
        })
    }

    pub fn is_interrupting(&self, boundary: ElementIndex) -> bool {
        matches!(&self.process.element(boundary).kind, Kind::BoundaryEvent(it) if it.is_interrupting)
    }

    /// Where a token goes on from here in its scope: by flows and links.
    pub fn follows(&self, index: ElementIndex) -> impl Iterator<Item = ElementIndex> + '_ {
        let element = self.process.element(index);
        let flows = element.outgoing.iter().map(|flow| self.process.flow(*flow).to);
        flows.chain(element.kind.behavior().jumps_to())
    }

    /// The same, and by boundary events.
    pub fn next(&self, index: ElementIndex) -> impl Iterator<Item = ElementIndex> + '_ {
        self.follows(index).chain(self.exits(index))
    }

    pub fn is_end(&self, index: ElementIndex) -> bool {
        self.follows(index).next().is_none()
    }

    /// It ends more than its own token.
    pub fn ends_scope(&self, index: ElementIndex) -> bool {
        matches!(&self.element(index).kind, ElementKind::EndEvent { trigger } if throws_away(trigger))
    }

    /// Whether it matters how often it happens.
    pub fn makes_a_difference(&self, index: ElementIndex) -> bool {
        match &self.element(index).kind {
            ElementKind::EndEvent { trigger } => *trigger != Trigger::None,
            _ => true,
        }
    }
}

pub(super) fn at(index: ElementIndex) -> usize {
    index.0 as usize
}

fn together(starts: &Starts) -> Vec<Vec<ElementIndex>> {
    let all: Vec<ElementIndex> = starts.none.iter().chain(&starts.implicit).copied().collect();
    if all.is_empty() { Vec::new() } else { vec![all] }
}

fn throws_away(trigger: &Trigger) -> bool {
    match trigger {
        Trigger::Error { .. } | Trigger::Terminate | Trigger::Cancel => true,
        Trigger::Multiple { triggers, .. } => triggers.iter().any(throws_away),
        Trigger::None
        | Trigger::Message(_)
        | Trigger::Timer(_)
        | Trigger::Signal { .. }
        | Trigger::Escalation { .. }
        | Trigger::Compensation { .. }
        | Trigger::Conditional { .. }
        | Trigger::Link { .. } => false,
    }
}
