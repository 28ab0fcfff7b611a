//! What becomes of a deployed decision that a business rule task has asked for.

use super::{act, find, reject};
use crate::command::Decided;
use crate::run::{Here, Run};
use crate::{EventKind, Key, Rejection, RejectionCode};

pub(super) fn complete(run: &mut Run<'_>, key: Key, decided: Decided) -> Result<(), Rejection> {
    let here = find_asker(run, key)?;
    let output = decided.output.clone();
    run.emit(EventKind::DecisionMade { key, decided });
    act(run, here, |element, run| element.decided(run, here, output));
    Ok(())
}

/// Resolving the incident asks again: by then the decision may be deployed, or its data right.
pub(super) fn refuse(run: &mut Run<'_>, key: Key, code: &str, message: String) -> Result<(), Rejection> {
    find_asker(run, key)?;
    run.emit(EventKind::DecisionWithdrawn { key });
    run.raise_incident(key, code, message);
    Ok(())
}

pub(super) fn find_asker<'r>(run: &Run<'r>, key: Key) -> Result<Here<'r>, Rejection> {
    let here = find(run, key)?;
    match run.instance.element(key).is_some_and(|element| element.decision.is_some()) {
        true => Ok(here),
        false => Err(reject(RejectionCode::NotFound, format!("{} does not wait for a decision", here.element.id))),
    }
}
