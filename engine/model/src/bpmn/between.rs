//! The message flows between the processes of a file, as a collaboration of their own. Each process is drawn by itself, so
//! they are not in the pictures.

use super::Xml;
use crate::{Definitions, Element, Flow, FlowKind, ProcessDefinition};
use quick_xml::Writer;
use std::io;

/// A process with what begins its ids in the XML.
pub(super) type Prefixed<'d> = (&'d ProcessDefinition, Option<String>);

/// The collaboration, if there is any flow to stand in it.
pub(super) fn collaboration(definitions: &Definitions, prefixes: &[Option<String>]) -> Option<String> {
    let processes: Vec<Prefixed<'_>> = definitions.processes.iter().zip(prefixes.iter().cloned()).collect();
    let mut flows = Vec::new();
    for home in &processes {
        let between = home.0.flows.iter().filter(|flow| flow.kind == FlowKind::Message);
        flows.extend(between.filter_map(|flow| Between::of(flow, home, &processes)));
    }
    if flows.is_empty() {
        return None;
    }
    let mut xml = Writer::new(Vec::new());
    let _ = write(&flows, &processes, &mut xml); // writing into memory does not fail
    String::from_utf8(xml.into_inner()).ok()
}

fn write(flows: &[Between<'_>], processes: &[Prefixed<'_>], xml: &mut Xml) -> io::Result<()> {
    let start = xml.create_element("bpmn:collaboration").with_attribute(("id", "baton-collaboration"));
    start.write_inner_content(|xml| {
        // Those with pools are shown by one of them.
        for (process, _) in processes.iter().filter(|(process, _)| process.pools.is_empty()) {
            let id = format!("{}-participant", process.id);
            let participant = xml.create_element("bpmn:participant").with_attribute(("id", id.as_str()));
            participant.with_attribute(("processRef", process.id.as_str())).write_empty()?;
        }
        flows.iter().try_for_each(|flow| flow.write(xml))
    })?;
    Ok(())
}

struct Between<'d> {
    flow: &'d Flow,
    id: String,
    from: String,
    to: String,
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
