//! Suspended instances: nothing moves, and nothing is lost.
//!
//! Timers are called off and set anew when the instance is resumed, later by the time that it was suspended. Its subscriptions are
//! closed meanwhile, so that messages wait where messages wait. What is on its way to it already, and would not come a
//! second time, is **held**: results of jobs, ends of called instances, signals, messages that were correlated before. It is
//! carried out in its order when the instance is resumed; what does not fit any more then is dropped, as it would have been.

use super::{call, carry_out, decision, job, reject};
use crate::instance::{Subscription, TimerState, Waits};
use crate::run::Run;
use crate::{CommandKind, Effect, ElementIndex, EventKind, InstanceState, Key, Rejection, RejectionCode, Timestamp};

pub(super) fn suspend(run: &mut Run<'_>) {
    run.emit(EventKind::InstanceSuspended);
    for (key, waits) in all_waits(run) {
        for target in waits.timers.into_keys() {
            run.effect(Effect::CancelTimer { key, target });
        }
        for target in waits.subscriptions.into_keys() {
            run.effect(Effect::CloseSubscription { key, target });
        }
    }
}

/// What a command does to a suspended instance.
pub(super) fn obey(run: &mut Run<'_>, command: CommandKind) -> Result<(), Rejection> {
    match &command {
        CommandKind::Resume => {
            resume(run);
            Ok(())
        }
        CommandKind::Suspend | CommandKind::Continue => Ok(()),
        CommandKind::Cancel { .. } | CommandKind::SetVariables { .. } | CommandKind::Start(_) => {
            carry_out(run, command)
        }
        CommandKind::FireTimer { .. } => Err(reject(RejectionCode::NotFound, "its timers stand still")),
        CommandKind::TriggerEvent { .. }
        | CommandKind::CompleteUserTask { .. }
        | CommandKind::ResolveIncident { .. }
        | CommandKind::Retry { .. }
        | CommandKind::Modify(_) => {
            Err(reject(RejectionCode::Suspended, "the instance is suspended; it has to be resumed first"))
        }
        CommandKind::CompleteJob { key, attempt, .. }
        | CommandKind::FailJob { key, attempt, .. }
        | CommandKind::AskPerson { key, attempt, .. }
        | CommandKind::ThrowJobError { key, attempt, .. } => {
            let (key, attempt) = (*key, *attempt);
            job::find_open(run, key, attempt)?;
            if run.instance.held.iter().any(|held| is_result(held, key)) {
                return Err(reject(
                    RejectionCode::StaleAttempt,
                    format!("attempt {attempt} of this job has its result"),
                ));
            }
            run.effect(Effect::RemoveJob { key, attempt, tell_worker: false });
            hold(run, command)
        }
        CommandKind::RetryJob { .. } => hold(run, command),
        CommandKind::DeliverMessage { key, target, .. } => {
            super::waits(run, *key)?
                .subscriptions
                .get(target)
                .map_or_else(|| Err(super::not_awaited(run, *target, "message")), |_| Ok(()))?;
            hold(run, command)
        }
        CommandKind::ReceiveSignal { signal_name, .. } => match run.instance.awaits_signal(signal_name) {
            true => hold(run, command),
            false => Err(reject(RejectionCode::NotFound, format!("nothing listens to the signal `{signal_name}`"))),
        },
        CommandKind::CompleteChild { key, child, .. }
        | CommandKind::FailChild { key, child, .. }
        | CommandKind::EscalateChild { key, child, .. } => {
            call::find_call(run, *key, Some(*child))?;
            hold(run, command)
        }
        CommandKind::CompleteDecision { key, .. } | CommandKind::RefuseDecision { key, .. } => {
            decision::find_asker(run, *key)?;
            hold(run, command)
        }
        CommandKind::RefuseChild { key, .. } => {
            call::find_call(run, *key, None)?;
            hold(run, command)
        }
    }
}

fn is_result(command: &CommandKind, job: Key) -> bool {
    match command {
        CommandKind::CompleteJob { key, .. }
        | CommandKind::FailJob { key, .. }
        | CommandKind::AskPerson { key, .. }
        | CommandKind::ThrowJobError { key, .. } => *key == job,
        _ => false,
    }
}

fn hold(run: &mut Run<'_>, command: CommandKind) -> Result<(), Rejection> {
    run.emit(EventKind::CommandHeld { command: Box::new(command) });
    Ok(())
}

fn resume(run: &mut Run<'_>) {
    let since = run.instance.suspended_at.unwrap_or(run.now);
    let passed = run.now.0.saturating_sub(since.0).max(0);
    let awaited = awaited_messages(run);
    run.emit(EventKind::InstanceResumed);
    for (key, waits) in all_waits(run) {
        for (target, TimerState { due, repetitions_left }) in waits.timers {
            let due = Timestamp(due.0.saturating_add(passed));
            run.emit(EventKind::TimerScheduled { key, target, due, repetitions_left });
            run.effect(Effect::ScheduleTimer { key, target, due });
        }
        // A message that is held has it already.
        let free = waits.subscriptions.into_iter().filter(|(target, _)| !awaited.contains(&(key, *target)));
        for (target, Subscription { message_name, correlation_key }) in free {
            run.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
        }
    }
    run.look_at_everything_again();
    while let Some(command) = run.instance.held.front().cloned() {
        run.emit(EventKind::CommandReleased);
        // What does not fit any more is over.
        let done = carry_out(run, command.clone());
        if run.instance.state != InstanceState::Active {
            return;
        }
        if let (Err(_), CommandKind::DeliverMessage { key, target, .. }) = (done, command) {
            open_again(run, key, target);
        }
    }
}

/// The message that had the subscription could not be delivered after all.
fn open_again(run: &mut Run<'_>, key: Key, target: ElementIndex) {
    let open = run.instance.waits(key).and_then(|waits| waits.subscriptions.get(&target)).cloned();
    if let Some(Subscription { message_name, correlation_key }) = open {
        run.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
    }
}

/// Subscriptions that a held message is for.
fn awaited_messages(run: &Run<'_>) -> Vec<(Key, ElementIndex)> {
    let target = |held: &CommandKind| match held {
        CommandKind::DeliverMessage { key, target, .. } => Some((*key, *target)),
        _ => None,
    };
    run.instance.held.iter().filter_map(target).collect()
}

fn all_waits(run: &Run<'_>) -> Vec<(Key, Waits)> {
    let instance = &run.instance;
    let inside = instance.elements.iter().map(|(key, element)| (*key, &element.waits));
    let all = std::iter::once((Key::ROOT, &instance.waits)).chain(inside);
    all.filter(|(_, waits)| !waits.is_empty()).map(|(key, waits)| (key, waits.clone())).collect()
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CommandKind, Effect, InstanceState, Key, RejectionCode, Timestamp, Variables};
    use serde_json::json;

    fn result(hand: &Hand, id: &str, with: serde_json::Value) -> CommandKind {
        CommandKind::CompleteJob { key: hand.key(id), attempt: 1, variables: variables(with) }
    }

    #[test]
    fn results_are_kept_and_applied_when_it_is_resumed() {
        let mut hand = Hand::started(vec![start("s"), service("a"), user("b")], &["s -> a -> b"], json!({}));
        hand.does(CommandKind::Suspend);
        let done = result(&hand, "a", json!({"n": 7}));
        hand.does(done.clone());
        assert_eq!(hand.tries(done).unwrap_err().code, RejectionCode::StaleAttempt);
        assert_eq!((hand.waiting(), hand.variable("n")), (vec!["a"], json!(null)));
        hand.does(CommandKind::Resume);
        assert_eq!((hand.waiting(), hand.variable("n")), (vec!["b"], json!(7)));
        assert!(hand.instance.held.is_empty());
    }

    #[test]
    fn timers_keep_the_time_that_was_left() {
        let limit = boundary("limit", "a", true, after("PT1H"));
        let mut hand =
            Hand::started(vec![start("s"), user("a"), limit, end("e")], &["s -> a -> e", "limit -> e"], json!({}));
        let (key, target) = (hand.key("a"), hand.index("limit"));
        let due = hand.instance.elements[&key].waits.timers[&target].due;
        hand.does(CommandKind::Suspend);
        assert_eq!(hand.effects.last(), Some(&Effect::CancelTimer { key, target }));
        assert_eq!(hand.tries(CommandKind::FireTimer { key, target }).unwrap_err().code, RejectionCode::NotFound);
        hand.now = Timestamp(hand.now.0 + 5_000);
        hand.does(CommandKind::Resume);
        let later = Timestamp(due.0 + 5_000);
        assert_eq!(hand.instance.elements[&key].waits.timers[&target].due, later);
        assert_eq!(hand.effects.last(), Some(&Effect::ScheduleTimer { key, target, due: later }));
        hand.fires("a", "limit");
        assert!(hand.is_completed());
    }

    #[test]
    fn messages_wait_and_one_that_was_on_its_way_is_kept() {
        let mut hand =
            Hand::started(vec![start("s"), catch("m", message("paid")), end("e")], &["s -> m -> e"], json!({}));
        let (key, target) = (hand.key("m"), hand.index("m"));
        hand.does(CommandKind::Suspend);
        assert_eq!(hand.effects.last(), Some(&Effect::CloseSubscription { key, target }));
        let mut idle = Hand {
            effects: Vec::new(),
            instance: hand.instance.clone(),
            ..Hand::new(vec![start("s"), catch("m", message("paid")), end("e")], &["s -> m -> e"])
        };
        idle.history.clone_from(&hand.history);
        idle.does(CommandKind::Resume);
        assert!(matches!(idle.effects.last(), Some(Effect::OpenSubscription { .. })));
        hand.receives("m", "m", json!({"sum": 3}));
        assert_eq!(hand.waiting(), ["m"]);
        hand.does(CommandKind::Resume);
        assert!(hand.is_completed() && hand.variable("sum") == json!(3));
    }

    #[test]
    fn people_are_told_and_may_cancel() {
        let mut hand = Hand::started(vec![start("s"), user("a"), end("e")], &["s -> a -> e"], json!({}));
        hand.does(CommandKind::Suspend);
        let key = hand.key("a");
        let done = CommandKind::CompleteUserTask { key, variables: Variables::new(), by: None };
        assert_eq!(hand.tries(done).unwrap_err().code, RejectionCode::Suspended);
        hand.does(CommandKind::Suspend);
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"x": 1})) });
        hand.does(CommandKind::Cancel { reason: None });
        assert_eq!(hand.instance.state, InstanceState::Canceled);
        assert!(!hand.instance.is_suspended());
    }

    #[test]
    fn work_that_was_put_off_goes_on_afterwards() {
        let elements = vec![start("s"), gateway("x", model::Gateway::Exclusive), task("t"), end("e")];
        let mut hand = Hand::started(elements, &["s -> x -> t", "t -> x", "x -> e ? ${stop}"], json!({"stop": false}));
        hand.does(CommandKind::Suspend);
        hand.does(CommandKind::Continue);
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"stop": true})) });
        assert_eq!(hand.instance.state, InstanceState::Active);
        hand.does(CommandKind::Resume);
        assert!(hand.is_completed());
    }

    #[test]
    fn conditions_are_looked_at_when_it_goes_on() {
        let condition = model::Trigger::Conditional { condition: text("${ready}") };
        let mut hand =
            Hand::started(vec![start("s"), catch("c", condition), end("e")], &["s -> c -> e"], json!({"ready": false}));
        hand.does(CommandKind::Suspend);
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"ready": true})) });
        assert_eq!(hand.waiting(), ["c"]);
        hand.does(CommandKind::Resume);
        assert!(hand.is_completed());
    }

    #[test]
    fn everything_that_waits_is_tried_again_at_once() {
        let elements = vec![start("s"), service("a"), service("b"), user("c")];
        let mut hand = Hand::started(elements, &["s -> a", "s -> b", "s -> c"], json!({}));
        assert_eq!(hand.tries(CommandKind::Retry { retries: 0 }).unwrap_err().code, RejectionCode::Invalid);
        hand.fails("a", "boom", false);
        hand.fails("b", "later", true);
        hand.does(CommandKind::Retry { retries: 0 });
        let attempts = ["a", "b"].map(|id| hand.instance.elements[&hand.key(id)].job.as_ref().map(|job| job.attempt));
        assert_eq!(attempts, [Some(2), Some(2)]);
        assert_eq!(hand.incident(), None);
    }
}
