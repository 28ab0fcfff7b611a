//! Start event: where a scope begins (BPMN 2.0, 13.5.1).
//!
//! A process starts at its none start event, or at the one that was asked for. What starts it from outside, a message, a
//! signal or a timer, or all of several (see [`start_together`](crate::start_together)), is the engine's to watch (see
//! [`Starts`](crate::process::Starts)); here it has happened already. The
//! start event of an event sub-process is waited for by the scope around it (see [`crate::run`]).

use super::{Acted, Behavior, CatchEvent, Next, catch};
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Trigger;

#[derive(Debug)]
pub(crate) struct StartEvent {
    /// None: it waits for nothing.
    pub event: Option<CatchEvent>,
}

pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element, trigger: &Trigger) -> Option<StartEvent> {
    let event = match trigger {
        Trigger::None => None,
        Trigger::Multiple { parallel: true, triggers } if compiler.starts_process(element) => {
            if let Some(why) = cannot_come_together(triggers) {
                let message = format!("`{}` cannot wait for all of this together: {why}", element.id);
                return compiler.reject(element, "NOT_SUPPORTED_YET", message);
            }
            Some(catch::compile(compiler, element, trigger)?)
        }
        trigger => Some(catch::compile(compiler, element, trigger)?),
    };
    Some(StartEvent { event })
}

/// Messages, signals and one timer can come before there is an instance.
fn cannot_come_together(triggers: &[Trigger]) -> Option<&'static str> {
    let timers = triggers.iter().filter(|trigger| matches!(trigger, Trigger::Timer(_))).count();
    if triggers.iter().any(|trigger| matches!(trigger, Trigger::Conditional { .. })) {
        return Some(
            "the condition must not ask for data of the instance, which is not there yet (BPMN 2.0, 10.5.2), and there is \
             nothing else that it could ask for",
        );
    }
    (timers > 1).then_some("one of them at most may be a timer")
}

impl Behavior for StartEvent {
    fn enter<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    fn is_instant(&self) -> bool {
        true
    }

    fn catches(&self) -> Option<&CatchEvent> {
        self.event.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Start;
    use crate::testing::*;
    use crate::{CommandKind, RejectionCode};
    use model::Gateway;

    fn start_at(hand: &mut Hand, id: Option<&str>) -> Result<(), crate::Rejection> {
        hand.tries(CommandKind::Start(Start { element_id: id.map(str::to_owned), ..Default::default() }))
    }

    #[test]
    fn several_start_events_are_alternatives() {
        let mut hand = Hand::new(vec![start("a"), start("b"), end("e")], &["a -> e", "b -> e"]);
        assert_eq!(start_at(&mut hand, None).unwrap_err().code, RejectionCode::Invalid);
        start_at(&mut hand, Some("b")).unwrap();
        assert_eq!(hand.entered(), ["b", "e"]);
    }

    #[test]
    fn what_nothing_leads_to_starts_with_the_process() {
        let elements = vec![task("t"), start("s"), gateway("join", Gateway::Parallel)];
        let mut hand = Hand::new(elements, &["t -> join", "s -> join"]);
        start_at(&mut hand, None).unwrap();
        assert_eq!(hand.entered(), ["s", "t", "join"]);
        assert!(hand.is_completed());
    }

    #[test]
    fn an_element_that_does_not_start_anything_is_refused() {
        let mut hand = Hand::new(vec![start("s"), task("t")], &["s -> t"]);
        assert_eq!(start_at(&mut hand, Some("t")).unwrap_err().code, RejectionCode::Invalid);
        assert_eq!(start_at(&mut hand, Some("x")).unwrap_err().code, RejectionCode::Invalid);
    }
}
