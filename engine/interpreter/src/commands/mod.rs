//! Commands: each is checked first and rejected whole, or carried out; one file per kind.

mod call;
mod decision;
mod instance;
mod job;
mod message;
mod modify;
mod question;
mod signal;
mod start;
mod suspension;
mod timer;
mod user_task;

use crate::elements::{Acted, Behavior};
use crate::instance::Waits;
use crate::run::{Here, Run};
use crate::{CommandKind, ElementIndex, InstanceState, Key, Rejection, RejectionCode, Variables, variables};

/// While an instance is suspended, what moves it is kept or refused.
pub(crate) fn obey(run: &mut Run<'_>, command: CommandKind) -> Result<(), Rejection> {
    match run.instance.is_suspended() {
        true => suspension::obey(run, command),
        false => carry_out(run, command),
    }
}

fn carry_out(run: &mut Run<'_>, command: CommandKind) -> Result<(), Rejection> {
    match command {
        CommandKind::Start(start) => start::start(run, start),
        CommandKind::CompleteJob { key, attempt, variables } => job::complete(run, key, attempt, variables),
        CommandKind::FailJob { key, attempt, message, retryable, retry_after_ms } => {
            job::fail(run, key, attempt, job::Failure { message, retryable, retry_after_ms })
        }
        CommandKind::ThrowJobError { key, attempt, code, message, variables } => {
            job::throw(run, key, attempt, job::Thrown { code, message, variables })
        }
        CommandKind::AskPerson { key, attempt, question } => question::ask(run, key, attempt, *question),
        CommandKind::RetryJob { key } => job::retry(run, key),
        CommandKind::FireTimer { key, target } => timer::fire(run, key, target),
        CommandKind::DeliverMessage { key, target, message_name, variables } => {
            message::deliver(run, key, target, message_name, variables)
        }
        CommandKind::ReceiveSignal { signal_name, variables } => signal::receive(run, &signal_name, &variables),
        CommandKind::TriggerEvent { key, target } => signal::trigger(run, key, target),
        CommandKind::CompleteUserTask { key, variables, by } => user_task::complete(run, key, variables, by),
        CommandKind::CompleteChild { key, child, variables } => call::complete(run, key, child, variables),
        CommandKind::FailChild { key, child, code, message } => call::fail(run, key, child, code, message),
        CommandKind::EscalateChild { key, child, code } => call::escalate(run, key, child, code),
        CommandKind::RefuseChild { key, code, message } => call::refuse(run, key, code, message),
        CommandKind::CompleteDecision { key, decided } => decision::complete(run, key, decided),
        CommandKind::RefuseDecision { key, code, message } => decision::refuse(run, key, &code, message),
        CommandKind::SetVariables { scope, variables } => instance::set_variables(run, scope, variables),
        CommandKind::ResolveIncident { incident, retries } => instance::resolve_incident(run, incident, retries),
        CommandKind::Cancel { reason } => {
            instance::cancel(run, reason);
            Ok(())
        }
        CommandKind::Retry { retries } => instance::retry(run, retries),
        CommandKind::Suspend => {
            suspension::suspend(run);
            Ok(())
        }
        CommandKind::Resume => Err(reject(RejectionCode::Invalid, "the instance is not suspended")),
        CommandKind::Modify(modification) => modify::modify(run, modification),
        CommandKind::Continue => Ok(()),
    }
}

pub(crate) fn check_active(run: &Run<'_>) -> Result<(), Rejection> {
    match run.instance.state {
        InstanceState::Active if run.instance.version > 0 => Ok(()),
        InstanceState::Active => Err(reject(RejectionCode::NotFound, "the instance has not been started")),
        _ => Err(reject(RejectionCode::InstanceEnded, "the instance has ended")),
    }
}

fn reject(code: RejectionCode, message: impl Into<String>) -> Rejection {
    Rejection { code, message: message.into() }
}

fn find<'r>(run: &Run<'r>, key: Key) -> Result<Here<'r>, Rejection> {
    let message = || format!("element instance {} is over, or never was", key.0);
    run.here(key).ok_or_else(|| reject(RejectionCode::NotFound, message()))
}

/// What `key` waits for, as of now.
fn waits<'i>(run: &'i Run<'_>, key: Key) -> Result<&'i Waits, Rejection> {
    let message = || format!("element instance {} is over, or never was", key.0);
    run.instance.waits(key).ok_or_else(|| reject(RejectionCode::NotFound, message()))
}

fn not_awaited(run: &Run<'_>, target: ElementIndex, what: &str) -> Rejection {
    reject(RejectionCode::NotFound, format!("{} does not wait for this {what}", run.process.owner(target).id))
}

fn check_size(run: &Run<'_>, variables: &Variables) -> Result<(), Rejection> {
    variables::check_size(run.instance, variables).map_err(|message| reject(RejectionCode::LimitExceeded, message))
}

/// Lets the element act, and does what it wants.
fn act<'r>(run: &mut Run<'r>, here: Here<'r>, act: impl FnOnce(&'r dyn Behavior, &mut Run<'r>) -> Acted) {
    let acted = act(here.element.kind.behavior(), run);
    run.act(here, acted);
}
