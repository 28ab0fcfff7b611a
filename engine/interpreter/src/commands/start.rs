//! Start: creates the instance and activates what starts it.

use super::{check_size, reject};
use crate::elements::Kind;
use crate::process::Starts;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, RejectionCode, Variables, command::Start};

pub(super) fn start(run: &mut Run<'_>, start: Start) -> Result<(), Rejection> {
    if run.instance.version > 0 {
        return Err(reject(RejectionCode::Invalid, "the instance has been started already"));
    }
    check_size(run, &start.variables)?;
    let first = first(run, start.element_id.as_deref())?;
    let (id, definition) = (run.instance.id, run.instance.definition);
    run.emit(EventKind::InstanceCreated { id, definition, business_key: start.business_key, parent: start.parent });
    for (name, value) in start.variables {
        run.set(Key::ROOT, name, value);
    }
    run.arm_root_again();
    run.look_at_conditions(Key::ROOT);
    match first {
        First::Entered(starts) => run.start_inside(Key::ROOT, &starts),
        First::Happened(event) => happened(run, event),
    }
    Ok(())
}

/// How the instance begins.
enum First {
    /// With these, which are entered.
    Entered(Starts),
    /// With what this event waits for, which has come already.
    Happened(ElementIndex),
}

/// Several start events are alternatives: one of them starts an instance (BPMN 2.0, 10.5.2); what no flow leads to starts
/// with it.
fn first(run: &Run<'_>, element_id: Option<&str>) -> Result<First, Rejection> {
    let all = &run.process.starts;
    let start = match element_id {
        Some(id) => Some(named(run, id)?),
        None => only_start(run)?,
    };
    if let Some(event) = start.filter(|start| is_instantiated(run, *start)) {
        return Ok(First::Happened(event));
    }
    let implicit = all.implicit.iter().copied().filter(|element| Some(*element) != start);
    Ok(First::Entered(Starts { none: start.into_iter().collect(), implicit: implicit.collect(), ..Starts::default() }))
}

fn only_start(run: &Run<'_>) -> Result<Option<ElementIndex>, Rejection> {
    let (process, all) = (run.process, &run.process.starts);
    match all.none.as_slice() {
        [] if !all.implicit.is_empty() => Ok(None),
        [] => Err(invalid(format!("process `{}` has no none start event; name one of its start events", process.id))),
        [start] => Ok(Some(*start)),
        _ => Err(invalid(format!("process `{}` has several none start events; name one of them", process.id))),
    }
}

fn named(run: &Run<'_>, id: &str) -> Result<ElementIndex, Rejection> {
    let found = run.process.find(id).map(|index| run.process.element(index));
    match found {
        Some(element) if element.parent.is_none() => {
            let is_start = matches!(element.kind, Kind::StartEvent(_));
            let is_implicit = run.process.starts.implicit.contains(&element.index);
            match is_start || is_implicit || is_instantiated(run, element.index) {
                true => Ok(element.index),
                false => Err(invalid(format!("`{id}` does not start the process"))),
            }
        }
        _ => Err(invalid(format!("`{id}` is no start event of process `{}`", run.process.id))),
    }
}

/// Whether it starts an instance without being a start event.
fn is_instantiated(run: &Run<'_>, event: ElementIndex) -> bool {
    let starts = &run.process.starts;
    let mut named = starts.messages.iter().chain(&starts.signals).map(|(index, _)| index);
    let is_listed = named.any(|index| *index == event) || starts.timers.contains(&event);
    is_listed && !matches!(run.process.element(event).kind, Kind::StartEvent(_))
}

fn happened(run: &mut Run<'_>, event: ElementIndex) {
    let process = run.process;
    let source = process.element(event).incoming.first().map(|flow| process.element(process.flow(*flow).from));
    let Some((gateway, kind)) = source.and_then(|source| match &source.kind {
        Kind::EventBasedGateway(kind) => Some((source, kind)),
        _ => None,
    }) else {
        if let Some(here) = run.begin(event, Key::ROOT, None) {
            run.leave(here, None);
        }
        return;
    };
    let Some(gateway) = run.begin(gateway.index, Key::ROOT, None) else { return };
    if kind.is_parallel {
        run.enter(gateway);
    }
    kind.happened(run, gateway, event, Variables::new());
}

fn invalid(message: String) -> Rejection {
    reject(RejectionCode::Invalid, message)
}
