//! What people do to an instance from outside: variables, incidents, cancelling.

use super::{check_size, find, reject};
use crate::run::Run;
use crate::{Effect, EventKind, Key, Rejection, RejectionCode, Variables};

pub(super) fn set_variables(run: &mut Run<'_>, scope: Key, variables: Variables) -> Result<(), Rejection> {
    if scope != Key::ROOT {
        find(run, scope)?;
    }
    check_size(run, &variables)?;
    for (name, value) in variables {
        run.set(scope, name, value);
    }
    Ok(())
}

pub(super) fn resolve_incident(run: &mut Run<'_>, incident: Key, retries: u32) -> Result<(), Rejection> {
    let Some(raised) = run.instance.incidents.get(&incident) else {
        return Err(reject(RejectionCode::NotFound, format!("incident {} is resolved, or never was", incident.0)));
    };
    if raised.element_instance == Key::ROOT {
        run.close_root_incidents();
        run.arm_root_again();
        return Ok(());
    }
    let here = find(run, raised.element_instance)?;
    run.close_incident(here.key);
    run.try_again(here, retries);
    Ok(())
}

pub(super) fn cancel(run: &mut Run<'_>, reason: Option<String>) {
    run.terminate_children(Key::ROOT);
    run.end_instance(EventKind::InstanceCanceled { reason });
    if let Some(parent) = run.instance.parent {
        let message = format!("the called instance {} was canceled", run.instance.id);
        run.effect(Effect::FailParent { parent, code: None, message });
    }
}
