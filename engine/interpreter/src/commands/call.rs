//! What becomes of a called instance.

use super::{act, find, reject};
use crate::run::{Here, Run};
use crate::{EventKind, InstanceId, Key, Rejection, RejectionCode, Variables};

pub(super) fn complete(run: &mut Run<'_>, key: Key, child: InstanceId, variables: Variables) -> Result<(), Rejection> {
    let here = find_call(run, key, Some(child))?;
    run.emit(EventKind::ChildEnded { key, child });
    act(run, here, |element, run| element.child_completed(run, here, variables));
    Ok(())
}

/// It ended by an error, which goes on from here; or it was canceled, which a person has to look at.
pub(super) fn fail(
    run: &mut Run<'_>,
    key: Key,
    child: InstanceId,
    code: Option<String>,
    message: String,
) -> Result<(), Rejection> {
    let here = find_call(run, key, Some(child))?;
    run.emit(EventKind::ChildEnded { key, child });
    match code {
        Some(code) => run.throw(here, code, message),
        None => run.raise_incident(key, "CALLED_INSTANCE_CANCELED", message),
    }
    Ok(())
}

/// It goes on; what it could not handle is handled here, or further out.
pub(super) fn escalate(run: &mut Run<'_>, key: Key, child: InstanceId, code: String) -> Result<(), Rejection> {
    let here = find_call(run, key, Some(child))?;
    run.emit(EventKind::EscalationThrown { key: here.key, code: code.clone() });
    run.escalate(here.key, code);
    Ok(())
}

pub(super) fn refuse(run: &mut Run<'_>, key: Key, code: String, message: String) -> Result<(), Rejection> {
    let here = find_call(run, key, None)?;
    if let Some(child) = run.instance.element(here.key).and_then(|element| element.child) {
        run.emit(EventKind::ChildEnded { key, child });
    }
    run.raise_incident(key, &code, message);
    Ok(())
}

pub(super) fn find_call<'r>(run: &Run<'r>, key: Key, child: Option<InstanceId>) -> Result<Here<'r>, Rejection> {
    let here = find(run, key)?;
    let called = run.instance.element(key).and_then(|element| element.child);
    match called {
        Some(called) if child.is_none_or(|child| child == called) => Ok(here),
        _ => Err(reject(RejectionCode::NotFound, format!("{} does not wait for this instance", here.element.id))),
    }
}
