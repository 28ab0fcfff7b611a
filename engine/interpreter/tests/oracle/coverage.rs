//! What a normal run must have seen: every construct, in every way that it can come out.

use crate::campaign::Tally;

/// Constructs as [`Tally::cells`] names them.
const CELLS: [(&str, &[&str]); 83] = [
    ("JOB_FAILED", &["resolved", "stays"]),
    ("UNCAUGHT_ERROR", &["resolved", "stays"]),
    ("ad-hoc sub-process, parallel", &["completed", "interrupted", "stays"]),
    ("ad-hoc sub-process, sequential", &["completed", "interrupted", "stays"]),
    ("back loop", &["again", "leaves"]),
    ("boundary cancel", &["not triggered", "triggered"]),
    ("boundary cycle beside", &["not triggered", "triggered", "triggered again"]),
    ("boundary error", &["not triggered", "triggered"]),
    ("boundary error, any", &["not triggered", "triggered"]),
    ("boundary escalation", &["not triggered", "triggered"]),
    ("boundary escalation beside", &["not triggered", "triggered", "triggered again"]),
    ("boundary message", &["not triggered", "triggered"]),
    ("boundary message beside", &["not triggered", "triggered", "triggered again"]),
    ("boundary signal", &["not triggered", "triggered"]),
    ("boundary signal beside", &["not triggered", "triggered", "triggered again"]),
    ("boundary timer", &["not triggered", "triggered"]),
    ("boundary timer beside", &["not triggered", "triggered"]),
    ("call activity", &["CALL_REFUSED", "UNCAUGHT_ERROR", "completed", "escalates", "interrupted", "stays"]),
    ("cancel end event", &["undoes nothing", "undoes what has completed", "undoes what is under way"]),
    ("compensation", &["by a handler", "of what is inside"]),
    ("compensation event", &["finds nothing", "undoes a scope", "undoes an activity"]),
    ("ad-hoc sub-process until", &["all are done", "cancels the rest", "finishes the rest"]),
    ("boundary event of instances", &["not triggered", "triggered"]),
    ("boundary event of instances beside", &["not triggered", "triggered", "triggered again"]),
    ("parallel event-based gateway", &["completed", "stays"]),
    ("start quantity", &["leftover", "starts"]),
    ("conditional catch event", &["completed", "stays"]),
    ("boundary condition", &["triggered"]),
    ("boundary condition beside", &["triggered"]),
    ("event sub-process, condition", &["interrupts", "runs beside"]),
    ("complex gateway", &["is not reset", "is reset", "stays"]),
    ("drawing", &["renamed", "shuffled", "through XML", "with more gateways"]),
    ("error", &["caught by an event sub-process", "caught by its activity", "caught outside"]),
    ("error end event", &["caught", "uncaught"]),
    ("escalation", &["heard", "interrupts", "uncaught"]),
    ("event sub-process, error", &["interrupts"]),
    ("event sub-process, escalation", &["interrupts", "runs beside"]),
    ("event sub-process, message", &["interrupts", "runs beside"]),
    ("event sub-process, signal", &["interrupts", "runs beside"]),
    ("event sub-process, timer", &["interrupts", "runs beside"]),
    ("event-based gateway begins", &["message", "receive task", "signal"]),
    ("parallel event-based gateway begins", &["completed", "stays"]),
    ("event-based gateway", &["condition", "message", "multiple", "receive task", "signal", "timer"]),
    ("exclusive gateway", &["condition", "default"]),
    ("inclusive gateway", &["default", "one", "several", "two"]),
    ("inclusive join", &["death", "last arrival", "stays"]),
    ("job", &["held", "retried"]),
    ("labels", &["condition", "default"]),
    ("link", &["goes on"]),
    ("loop, tested after", &["completed", "interrupted", "stays"]),
    ("loop, tested before", &["completed", "interrupted", "stays"]),
    ("message catch event", &["completed", "stays"]),
    ("no matching flow", &["resolved", "stays"]),
    ("none task", &["completed"]),
    ("parallel instances", &["completed", "interrupted", "stays"]),
    ("parallel instances until", &["completed", "interrupted", "stays"]),
    ("parallel join", &["fires", "leftover"]),
    ("process", &["active", "completed", "terminated"]),
    ("receive task", &["completed", "interrupted", "stays", "timeout"]),
    ("sequential instances", &["completed", "interrupted", "stays"]),
    ("sequential instances until", &["completed", "interrupted", "stays"]),
    ("service task", &["completed", "interrupted", "stays"]),
    ("signal catch event", &["completed", "stays"]),
    ("sub-process", &["completed", "interrupted", "stays"]),
    ("terminate end event", &["process", "sub-process"]),
    ("timer catch event", &["completed"]),
    ("transaction", &["completed", "interrupted", "stays"]),
    ("boundary multiple", &["not triggered", "triggered"]),
    ("boundary multiple beside", &["triggered", "triggered again"]),
    ("boundary multiple with an error", &["not triggered", "triggered"]),
    ("boundary multiple with an escalation", &["not triggered", "triggered"]),
    ("boundary multiple with an escalation beside", &["triggered"]),
    ("boundary parallel multiple", &["not triggered", "triggered"]),
    ("boundary parallel multiple beside", &["not triggered", "triggered", "triggered again"]),
    ("event sub-process, multiple", &["interrupts", "runs beside"]),
    ("event sub-process, multiple from inside", &["interrupts", "runs beside"]),
    ("event sub-process, parallel multiple", &["interrupts", "runs beside"]),
    ("message throw event", &["publishes"]),
    ("multiple catch event", &["completed"]),
    ("multiple event", &["throws"]),
    ("parallel multiple catch event", &["completed", "stays"]),
    ("signal throw event", &["goes on", "is ended by it"]),
    ("user task", &["completed", "interrupted", "stays"]),
];

/// How often a campaign of so many models must have seen each cell: 50 times in a full one.
pub fn least(models: u64) -> u64 {
    match models {
        FULL.. => 50,
        _ => (models * 50 / FULL).max(1),
    }
}

/// The models of a full campaign.
const FULL: u64 = 200_000;

/// What was seen less than that.
pub fn missing(tally: &Tally, least: u64) -> Vec<(&'static str, &'static str)> {
    let all = CELLS.iter().flat_map(|(construct, outcomes)| outcomes.iter().map(move |outcome| (*construct, *outcome)));
    let all = all.filter(|cell| tally.cells.get(cell).is_none_or(|count| *count < least));
    // A full campaign must have seen often what it has seen at all.
    let rare = tally.cells.iter().filter(|(_, count)| least >= 50 && **count < least).map(|(cell, _)| *cell);
    let missing: std::collections::BTreeSet<_> = all.chain(rare).collect();
    missing.into_iter().collect()
}
