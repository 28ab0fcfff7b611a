//! `step`: one command in, what happened out.

use crate::commands::{self, check_active};
use crate::run::Run;
use crate::{Command, CommandKind, Effect, Event, Instance, Outcome, Process, Rejection};

/// What a step made of an instance that it changed in place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Advance {
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

/// Carries out a command. A rejected one has changed nothing.
pub fn step(process: &Process, mut instance: Instance, command: Command) -> Result<Outcome, Rejection> {
    let Advance { events, effects } = advance(process, &mut instance, command)?;
    Ok(Outcome { instance, events, effects })
}

/// Carries out a command on an instance in place, which is as it was when the command is rejected: for who carries out
/// several commands in a row and does not want to copy the instance for each.
pub fn advance(process: &Process, instance: &mut Instance, command: Command) -> Result<Advance, Rejection> {
    let mut run = Run::new(process, instance, command.now);
    if !matches!(command.kind, CommandKind::Start(_)) {
        check_active(&run)?;
    }
    let before = run.instance.version;
    let done = commands::carry_out(&mut run, command.kind);
    debug_assert!(done.is_ok() || run.instance.version == before, "a rejected command has changed something");
    done?;
    run.run_to_rest();
    Ok(Advance { events: run.events, effects: run.effects })
}
