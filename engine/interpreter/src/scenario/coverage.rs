//! How much of a process its scenarios reach: elements entered and sequence flows taken.

use super::facts::{Counts, Happening, add};
use crate::Process;
use crate::elements::Catch;
use crate::process::Element;
use std::collections::BTreeMap;

/// Of one process; what was never reached is there with 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub process: String,
    /// The file that defines it, as the scenario names it; the scenario's own when it defines it itself.
    pub source: String,
    pub elements: Counts,
    pub flows: Counts,
    /// No token enters a compensation boundary event: it is reached when what it leads to is.
    compensated_by: BTreeMap<String, String>,
}

impl Coverage {
    pub fn of(process: &Process, source: &str) -> Coverage {
        let nothing = |id: &String| (id.clone(), 0);
        Coverage {
            process: process.id.clone(),
            source: source.to_owned(),
            elements: process.elements.iter().map(|element| nothing(&element.id)).collect(),
            flows: process.flows.iter().map(|flow| nothing(&flow.id)).collect(),
            compensated_by: process.elements.iter().filter_map(|element| compensation(process, element)).collect(),
        }
    }

    /// Of the same process as another file names it, before anything is merged.
    pub fn none_yet(&self, source: String) -> Coverage {
        let (process, compensated_by) = (self.process.clone(), self.compensated_by.clone());
        Coverage { process, source, elements: Counts::new(), flows: Counts::new(), compensated_by }
    }

    pub fn see(&mut self, happening: &Happening<'_>) {
        match happening {
            Happening::Activated { element, .. } | Happening::Arrived { element } => {
                add(&mut self.elements, element);
                if let Some(event) = self.compensated_by.get(*element) {
                    add(&mut self.elements, event);
                }
            }
            Happening::FlowTaken { flow } => add(&mut self.flows, flow),
            _ => {}
        }
    }

    /// Adds what another run of the same process reached.
    pub fn merge(&mut self, other: &Coverage) {
        for (mine, others) in [(&mut self.elements, &other.elements), (&mut self.flows, &other.flows)] {
            for (id, count) in others {
                *mine.entry(id.clone()).or_default() += count;
            }
        }
    }

    /// Elements and flows that were reached, and all there are.
    pub fn share(&self) -> (usize, usize) {
        let all = || self.elements.values().chain(self.flows.values());
        (all().filter(|count| **count > 0).count(), all().count())
    }

    /// The ids of elements or flows with 0.
    pub fn never(counts: &BTreeMap<String, usize>) -> Vec<&str> {
        counts.iter().filter(|(_, count)| **count == 0).map(|(id, _)| id.as_str()).collect()
    }
}

/// The handler of an activity, and the boundary event that leads to it.
fn compensation(process: &Process, activity: &Element) -> Option<(String, String)> {
    let handler = process.element(activity.compensation_handler?);
    let is_compensation = |event: &&Element| {
        let catches = event.kind.behavior().catches();
        catches.is_some_and(|event| event.definitions.iter().any(|one| matches!(one.catch, Catch::Compensation)))
    };
    let event = activity.boundary.iter().map(|event| process.element(*event)).find(is_compensation)?;
    Some((handler.id.clone(), event.id.clone()))
}
