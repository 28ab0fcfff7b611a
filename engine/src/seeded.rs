//! Mistakes on purpose, one at a time, each of which the checker of the fault harness has to notice: a checker that was never
//! seen to fail proves nothing. `cargo xtask faults --seeded-bugs` builds the engine with the feature `seeded-bugs` and names
//! one of them in `BATON_SEEDED_BUG`. Without the feature, which nothing that is released has, [`is_sown`] is `false` at compile time
//! and nothing is left of it all.

use interpreter::{CommandKind, Instance};
use proto::JobResult;
use std::borrow::Cow;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A commit whose outcome is unknown is taken for done.
    CommitErrorIsSuccess,
    /// The orders of a step are committed after the step.
    TornCommit,
    /// An instance is written though another replica has moved it on.
    NoVersionFence,
    /// The result of an attempt that is over counts for the present one.
    NoAttemptFence,
    /// Who sends a command again has it carried out again.
    NoCommandIds,
    /// A message that is sent again is another one.
    NoMessageIds,
    /// Orders that were left over by a replica that died are left to themselves.
    NoOutboxSweep,
    /// Jobs that JetStream has lost are not published again.
    NoReconciler,
    /// All attempts of a job have one id in JetStream, which drops what it takes for duplicates.
    ReusedMessageId,
    /// Timers fire before they are due, by up to 400 ms.
    EarlyTimers,
    /// Timers stay when what they were for is over.
    TimersLeft,
    /// Everybody who completes a user task is told that he has.
    EverybodyWins,
    /// Results that come in one message are taken for each other.
    MixedResults,
    /// Operations leave nothing in the audit log.
    Unaudited,
}

#[cfg(not(feature = "seeded-bugs"))]
#[inline(always)]
pub const fn is_sown(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "seeded-bugs")]
pub fn is_sown(bug: Bug) -> bool {
    static SOWN: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("BATON_SEEDED_BUG").ok());
    SOWN.as_ref().is_some_and(|sown| *sown == format!("{bug:?}"))
}

/// A command as the instance is told it.
pub fn as_told<'c>(kind: &'c CommandKind, instance: &Instance) -> Cow<'c, CommandKind> {
    match kind {
        CommandKind::CompleteJob { key, variables, .. } if is_sown(Bug::NoAttemptFence) => {
            let present = instance.element(*key).and_then(|element| element.job.as_ref());
            let (key, variables) = (*key, variables.clone());
            let attempt = present.map_or(0, |job| job.attempt);
            Cow::Owned(CommandKind::CompleteJob { key, attempt, variables })
        }
        _ => Cow::Borrowed(kind),
    }
}

/// [`Bug::MixedResults`].
pub fn mix(first: &mut JobResult, more: &mut [JobResult]) {
    if let Some(second) = more.first_mut() {
        std::mem::swap(&mut first.result, &mut second.result);
    }
}
