//! Start: creates the instance and activates what starts it.

use super::{check_size, reject};
use crate::elements::Kind;
use crate::process::Starts;
use crate::run::Run;
use crate::{ElementIndex, EventKind, Key, Rejection, RejectionCode, command::Start};

pub(super) fn start(run: &mut Run<'_>, start: Start) -> Result<(), Rejection> {
    if run.instance.version > 0 {
        return Err(reject(RejectionCode::Invalid, "the instance has been started already"));
    }
    check_size(run, &start.variables)?;
    let starts = starts(run, start.element_id.as_deref())?;
    let (id, definition) = (run.instance.id, run.instance.definition);
    run.emit(EventKind::InstanceCreated { id, definition, business_key: start.business_key, parent: start.parent });
    for (name, value) in start.variables {
        run.set(Key::ROOT, name, value);
    }
    run.start_scope(Key::ROOT, &starts);
    Ok(())
}

/// Several start events are alternatives: one of them starts an instance (BPMN 2.0, 10.5.2); what no flow leads to starts
/// with it.
fn starts(run: &Run<'_>, element_id: Option<&str>) -> Result<Starts, Rejection> {
    let process = run.process;
    let all = &process.starts;
    let start = match element_id {
        Some(id) => Some(named(run, id)?),
        None => match all.none.as_slice() {
            [] if !all.implicit.is_empty() => None,
            [] => {
                return Err(invalid(format!(
                    "process `{}` has no none start event; name one of its start events",
                    process.id
                )));
            }
            [start] => Some(*start),
            _ => {
                return Err(invalid(format!(
                    "process `{}` has several none start events; name one of them",
                    process.id
                )));
            }
        },
    };
    let implicit = all.implicit.iter().copied().filter(|element| Some(*element) != start);
    Ok(Starts { none: start.into_iter().collect(), implicit: implicit.collect(), ..Starts::default() })
}

fn named(run: &Run<'_>, id: &str) -> Result<ElementIndex, Rejection> {
    let found = run.process.find(id).map(|index| run.process.element(index));
    match found {
        Some(element) if element.parent.is_none() => {
            let is_start = matches!(element.kind, Kind::StartEvent(_));
            let is_implicit = run.process.starts.implicit.contains(&element.index);
            match is_start || is_implicit {
                true => Ok(element.index),
                false => Err(invalid(format!("`{id}` does not start the process"))),
            }
        }
        _ => Err(invalid(format!("`{id}` is no start event of process `{}`", run.process.id))),
    }
}

fn invalid(message: String) -> Rejection {
    reject(RejectionCode::Invalid, message)
}
