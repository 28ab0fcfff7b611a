//! What people do to an instance from outside: variables, incidents, cancelling.

use super::{check_size, find, reject};
use crate::run::Run;
use crate::{Effect, ElementInstance, EventKind, Key, Rejection, RejectionCode, Variables};

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

/// Resolves every incident, and cuts every backoff short.
pub(super) fn retry(run: &mut Run<'_>, retries: u32) -> Result<(), Rejection> {
    let incidents: Vec<Key> = run.instance.incidents.keys().copied().collect();
    let waits = |element: &ElementInstance| element.job.as_ref().is_some_and(|job| job.retry_at.is_some());
    let elements = run.instance.elements.iter().filter(|(_, element)| waits(element));
    let backoffs: Vec<Key> = elements.map(|(key, _)| *key).collect();
    if incidents.is_empty() && backoffs.is_empty() {
        return Err(reject(RejectionCode::Invalid, "nothing waits to be tried again"));
    }
    for incident in incidents {
        // One may have gone with another.
        let _ = resolve_incident(run, incident, retries);
    }
    for key in backoffs {
        if let Some(here) = run.here(key).filter(|_| run.instance.element(key).is_some_and(waits)) {
            run.retry_job(here, 0);
        }
    }
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
