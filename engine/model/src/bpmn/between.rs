//! The message flows between the processes of a file, as a collaboration of their own.

use super::Xml;
use crate::{Definitions, Element, Flow, FlowKind, ProcessDefinition};
use quick_xml::Writer;
use std::io;

/// A process with what begins its ids in the XML.
pub(super) type Prefixed<'d> = (&'d ProcessDefinition, Option<String>);

pub(super) const COLLABORATION: &str = "baton-collaboration";

/// Those that join two processes, with the ids that they have in the XML.
pub(super) fn flows<'d>(definitions: &'d Definitions, prefixes: &[Option<String>]) -> Vec<Between<'d>> {
    let processes: Vec<Prefixed<'_>> = definitions.processes.iter().zip(prefixes.iter().cloned()).collect();
    let mut flows = Vec::new();
    for home in &processes {
        let between = home.0.flows.iter().filter(|flow| flow.kind == FlowKind::Message);
        flows.extend(between.filter_map(|flow| Between::of(flow, home, &processes)));
    }
    flows
}

/// The collaboration that the flows stand in.
pub(super) fn collaboration(definitions: &Definitions, flows: &[Between<'_>]) -> String {
    let mut xml = Writer::new(Vec::new());
    let _ = write(flows, &definitions.processes, &mut xml); // writing into memory does not fail
    String::from_utf8(xml.into_inner()).unwrap_or_default()
}

/// Of the participant that stands for a process without pools.
pub(super) fn participant(process: &ProcessDefinition) -> String {
    format!("{}-participant", process.id)
}

fn write(flows: &[Between<'_>], processes: &[ProcessDefinition], xml: &mut Xml) -> io::Result<()> {
    let start = xml.create_element("bpmn:collaboration").with_attribute(("id", COLLABORATION));
    start.write_inner_content(|xml| {
        // Those with pools are shown by one of them.
        for process in processes.iter().filter(|process| process.pools.is_empty()) {
            let id = participant(process);
            let element = xml.create_element("bpmn:participant").with_attribute(("id", id.as_str()));
            element.with_attribute(("processRef", process.id.as_str())).write_empty()?;
        }
        flows.iter().try_for_each(|flow| flow.write(xml))
    })?;
    Ok(())
}

pub(super) struct Between<'d> {
    pub flow: &'d Flow,
    pub id: String,
    pub from: String,
    pub to: String,
    home: &'d str,
}

impl<'d> Between<'d> {
    /// None: it stays inside of its process, or an end of it is none.
    fn of(flow: &'d Flow, home: &Prefixed<'d>, processes: &[Prefixed<'d>]) -> Option<Between<'d>> {
        let (from, to) = (end(&flow.from, home, processes), end(&flow.to, home, processes));
        let is_inside = [&from, &to].into_iter().all(|end| matches!(end, Some((process, _)) if *process == home.0.id));
        match (from, to) {
            (Some((_, from)), Some((_, to))) if !is_inside => {
                Some(Between { flow, id: prefixed(home, &flow.id), from, to, home: &home.0.id })
            }
            _ => None,
        }
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let ends = [("id", self.id.as_str()), ("sourceRef", self.from.as_str()), ("targetRef", self.to.as_str())];
        let mut element = xml.create_element("bpmn:messageFlow").with_attributes(ends);
        if let Some(name) = &self.flow.name {
            element = element.with_attribute(("name", name.as_str()));
        }
        element.with_attribute(("baton:process", self.home)).write_empty().map(|_| ())
    }
}

/// The process that an end is in, its own one first, and its id in the XML.
fn end<'d>(id: &str, home: &Prefixed<'d>, processes: &[Prefixed<'d>]) -> Option<(&'d str, String)> {
    let all = [home].into_iter().chain(processes);
    let found = all.into_iter().find(|(process, _)| holds(process, id))?;
    Some((found.0.id.as_str(), prefixed(found, id)))
}

fn holds(process: &ProcessDefinition, id: &str) -> bool {
    process.pools.iter().any(|pool| pool.id == id) || is_among(&process.elements, id)
}

fn is_among(elements: &[Element], id: &str) -> bool {
    elements.iter().any(|element| element.id == id || is_among(element.children(), id))
}

fn prefixed((_, prefix): &Prefixed<'_>, id: &str) -> String {
    format!("{}{id}", prefix.as_deref().unwrap_or_default())
}
