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
    let done = commands::obey(&mut run, command.kind);
    debug_assert!(done.is_ok() || run.instance.version == before, "a rejected command has changed something");
    done?;
    if !run.instance.is_suspended() {
        run.run_to_rest();
    }
    Ok(Advance { events: run.events, effects: run.effects })
}

#[cfg(test)]
mod tests {
    use crate::limits::{ACTIVATIONS_PER_STEP, BYTES_PER_WRITE};
    use crate::testing::*;
    use crate::{CommandKind, Effect, InstanceState, Key, RejectionCode};
    use model::Gateway;
    use serde_json::json;

    #[test]
    fn a_step_does_its_share_and_puts_the_rest_off() {
        let elements = vec![start("s"), gateway("x", Gateway::Exclusive), task("t"), end("e")];
        let mut hand = Hand::started(elements, &["s -> x -> t", "t -> x", "x -> e ? ${stop}"], json!({"stop": false}));
        assert_eq!(hand.effects, [Effect::Continue]);
        assert_eq!(hand.entered().len() as u32, ACTIVATIONS_PER_STEP + 1);
        assert_eq!(hand.instance.deferred.len(), 1);
        hand.does(CommandKind::Continue);
        assert_eq!(hand.entered().len() as u32, 2 * ACTIVATIONS_PER_STEP + 1);
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"stop": true})) });
        assert!(hand.is_completed());
    }

    #[test]
    fn an_end_that_concerns_others_is_reached_beside_a_loop_without_end() {
        let terminate = end_by("stop", model::Trigger::Terminate);
        let elements = vec![start("s"), gateway("x", Gateway::Exclusive), task("t"), terminate];
        let hand = Hand::started(elements, &["s -> x -> t", "t -> x", "s -> stop"], json!({}));
        assert_eq!(hand.instance.state, InstanceState::Terminated);
    }

    #[test]
    fn canceling_ends_everything() {
        let inside = sub_process("sub", vec![start("s2"), service("a"), user("b")], &["s2 -> a", "s2 -> b"]);
        let mut hand = Hand::started(vec![start("s"), inside], &["s -> sub"], json!({}));
        hand.does(CommandKind::Cancel { reason: None });
        assert_eq!(hand.instance.state, InstanceState::Canceled);
        assert!(hand.waiting().is_empty());
        assert!(hand.effects.iter().any(|effect| matches!(effect, Effect::CloseUserTask { completed: false, .. })));
        assert_eq!(hand.tries(CommandKind::Continue).unwrap_err().code, RejectionCode::InstanceEnded);
    }

    #[test]
    fn too_many_bytes_of_variables_are_rejected_from_people_and_an_incident_from_workers() {
        let mut hand = Hand::started(vec![start("s"), service("work"), end("e")], &["s -> work -> e"], json!({}));
        let large = json!({"x": "x".repeat(BYTES_PER_WRITE as usize)});
        let set = CommandKind::SetVariables { scope: Key::ROOT, variables: variables(large.clone()) };
        assert_eq!(hand.tries(set).unwrap_err().code, RejectionCode::LimitExceeded);
        hand.completes("work", large);
        assert_eq!(hand.incident(), Some("VARIABLES_TOO_LARGE"));
        hand.resolves("work", 0);
        hand.completes("work", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_join_that_cannot_fire_keeps_the_instance_active() {
        let elements = vec![
            start("s"),
            gateway("x", Gateway::Exclusive),
            task("a"),
            task("b"),
            gateway("join", Gateway::Parallel),
        ];
        let hand = Hand::started(
            elements,
            &["s -> x", "x -> a ? ${true}", "x -> b ? default", "a -> join", "b -> join"],
            json!({}),
        );
        assert_eq!(hand.instance.state, InstanceState::Active);
        assert!(hand.waiting().is_empty());
    }

    #[test]
    fn leaving_that_failed_is_tried_again_without_working_again() {
        let elements = vec![start("s"), service("work"), end("a"), end("b")];
        let mut hand =
            Hand::started(elements, &["s -> work", "work -> a ? ${n == 1}", "work -> b ? ${n == 2}"], json!({}));
        hand.completes("work", json!({"n": 3}));
        assert_eq!(hand.incident(), Some("NO_FLOW_MATCHES"));
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"n": 2})) });
        hand.resolves("work", 0);
        assert_eq!(hand.entered(), ["s", "work", "b"]);
        assert!(hand.is_completed());
    }
}
