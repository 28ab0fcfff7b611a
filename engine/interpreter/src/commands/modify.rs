//! Moving and adding tokens: element instances are ended with everything in them, and others begun, by a person who knows better.
//!
//! Everything is checked first. What begins, begins before the others end, so that no scope is left empty between them.

use super::reject;
use crate::command::{Beginning, Modification};
use crate::elements::{Fault, Kind};
use crate::process::Element;
use crate::run::{Here, Run};
use crate::{ElementIndex, Key, Rejection, RejectionCode};
use std::collections::BTreeSet;

/// Where something begins.
enum Place {
    In(Key),
    /// In a sub-process that has to be begun first, there.
    InNew(ElementIndex, Box<Place>),
}

pub(super) fn modify(run: &mut Run<'_>, modification: Modification) -> Result<(), Rejection> {
    let Modification { end, begin } = modification;
    if end.is_empty() && begin.is_empty() {
        return Err(invalid("nothing is to end and nothing to begin"));
    }
    let ending: BTreeSet<Key> = end.iter().copied().collect();
    end.iter().try_for_each(|key| check_end(run, *key))?;
    for beginning in &begin {
        super::check_size(run, &beginning.variables)?;
        check_begin(run, beginning, &ending)?;
    }
    for beginning in begin {
        if let Ok((element, place)) = check_begin(run, &beginning, &ending) {
            start(run, element, place, beginning);
        }
    }
    for key in end {
        run.terminate(key);
    }
    Ok(())
}

fn check_end(run: &Run<'_>, key: Key) -> Result<(), Rejection> {
    let here = super::find(run, key)?;
    let id = &here.element.id;
    let Some(element) = run.instance.element(key) else { return Ok(()) };
    if element.is_reopened || element.compensates_for.is_some() || element.compensating.is_some() {
        return Err(invalid(format!("{id} ({}) takes part in a compensation, which cannot be ended in parts", key.0)));
    }
    let repetition = run.instance.element(here.scope).and_then(|around| around.repetition);
    if element.loop_counter.is_some() && repetition.is_some_and(|repetition| !repetition.at_once) {
        let message = format!("{id} ({}) is one of a sequence; end the whole of it ({})", key.0, here.scope.0);
        return Err(invalid(message));
    }
    Ok(())
}

fn check_begin<'r>(
    run: &Run<'r>,
    beginning: &Beginning,
    ending: &BTreeSet<Key>,
) -> Result<(&'r Element, Place), Rejection> {
    let Beginning { element: id, scope_key, .. } = beginning;
    let process = run.process;
    let found = process.find(id).map(|index| process.element(index));
    let element = found.ok_or_else(|| invalid(format!("there is no element `{id}` in process `{}`", process.id)))?;
    if let Some(why) = cannot_begin(run, element) {
        return Err(invalid(format!("`{id}` cannot be begun: {why}")));
    }
    if let Some(key) = scope_key.filter(|key| *key != Key::ROOT) {
        let scope = super::find(run, key)?;
        if !around(run, element).contains(&scope.element.index) {
            let message = format!("`{id}` does not stand in `{}` ({})", scope.element.id, key.0);
            return Err(invalid(message));
        }
    }
    let within = scope_key.unwrap_or(Key::ROOT);
    Ok((element, place(run, id, element.parent, within, ending)?))
}

/// Why nobody can put a token there.
fn cannot_begin(run: &Run<'_>, element: &Element) -> Option<&'static str> {
    let is_handler = |other: &Element| other.compensation_handler == Some(element.index);
    match &element.kind {
        Kind::BoundaryEvent(_) => Some("a boundary event happens to its activity; begin where it leads to"),
        Kind::StartEvent(start) if start.event.is_some() && element.parent.is_some() => {
            Some("its event has to happen; begin what comes after it")
        }
        Kind::SubProcess(inner) if inner.is_event_sub_process => Some("its start event has to happen"),
        Kind::ComplexGateway(_) => {
            Some("a complex gateway counts the tokens on its flows; begin what comes before or after")
        }
        _ if run.process.elements.iter().any(is_handler) => Some("it compensates another activity"),
        _ => None,
    }
}

/// The sub-processes around an element, from inside out.
fn around(run: &Run<'_>, element: &Element) -> Vec<ElementIndex> {
    std::iter::successors(element.parent, |parent| run.process.element(*parent).parent).collect()
}

fn place(
    run: &Run<'_>,
    id: &str,
    parent: Option<ElementIndex>,
    within: Key,
    ending: &BTreeSet<Key>,
) -> Result<Place, Rejection> {
    let Some(parent) = parent else { return open(run, id, Key::ROOT) };
    let active: Vec<Key> = active_scopes(run, parent, within, ending);
    match active.as_slice() {
        [scope] => open(run, id, *scope),
        [] => {
            let scope = run.process.element(parent);
            if let Some(why) = cannot_be_created(scope) {
                return Err(invalid(format!("`{id}` cannot be begun: `{}` is not active, and {why}", scope.id)));
            }
            let around = place(run, &scope.id, scope.parent, within, ending)?;
            Ok(Place::InNew(parent, Box::new(around)))
        }
        several => {
            let keys: Vec<String> = several.iter().map(|key| key.0.to_string()).collect();
            let scope = &run.process.element(parent).id;
            let message = format!("`{scope}` is active several times; say in which `{id}` begins: {}", keys.join(", "));
            Err(invalid(message))
        }
    }
}

/// The active scopes of a sub-process in which things can begin.
fn active_scopes(run: &Run<'_>, parent: ElementIndex, within: Key, ending: &BTreeSet<Key>) -> Vec<Key> {
    let instance = &run.instance;
    let is_scope = |key: &Key| {
        let is_open = |it: &crate::ElementInstance| it.element == parent && it.repetition.is_none() && !it.is_reopened;
        let mut chain = instance.scopes_of(*key).chain([Key::ROOT]);
        instance.element(*key).is_some_and(is_open)
            && chain.any(|scope| scope == within)
            && !instance.scopes_of(*key).any(|scope| ending.contains(&scope))
    };
    instance.elements.keys().copied().filter(is_scope).collect()
}

fn open(run: &Run<'_>, id: &str, scope: Key) -> Result<Place, Rejection> {
    if run.is_interrupted(scope) {
        return Err(invalid(format!("`{id}` cannot be begun: an event has interrupted the scope around it")));
    }
    Ok(Place::In(scope))
}

fn cannot_be_created(scope: &Element) -> Option<&'static str> {
    match &scope.kind {
        _ if scope.repetition.is_some() => Some("it repeats: begin it as a whole"),
        Kind::AdHocSubProcess(_) => Some("it begins its activities itself: begin it as a whole"),
        Kind::SubProcess(inner) if inner.is_event_sub_process => Some("its start event has to happen"),
        _ => None,
    }
}

fn start<'r>(run: &mut Run<'r>, element: &'r Element, place: Place, beginning: Beginning) {
    let Some(scope) = make(run, place) else { return };
    let Some(here) = run.begin(element.index, scope, None) else { return };
    for (name, value) in beginning.variables {
        run.set(here.key, name, value);
    }
    run.stir(scope);
    run.enter(here);
}

/// Begins the scopes that are missing; what stands first in them does not begin.
fn make(run: &mut Run<'_>, place: Place) -> Option<Key> {
    match place {
        Place::In(scope) => Some(scope),
        Place::InNew(element, around) => {
            let around = make(run, *around)?;
            let here = run.begin(element, around, None)?;
            let armed = arm(run, here);
            run.act(here, armed.map(|()| crate::elements::Next::Wait));
            Some(here.key)
        }
    }
}

fn arm<'r>(run: &mut Run<'r>, here: Here<'r>) -> Result<(), Fault> {
    run.map_input(here)?;
    run.arm_boundary(here)?;
    run.arm_event_sub_processes(here.key, &here.element.event_sub_processes)
}

fn invalid(message: impl Into<String>) -> Rejection {
    reject(RejectionCode::Invalid, message)
}

#[cfg(test)]
mod tests {
    use crate::command::{Beginning, Modification};
    use crate::testing::*;
    use crate::{CommandKind, EventKind, Key, RejectionCode};
    use model::Gateway;
    use serde_json::json;

    fn begin(element: &str) -> Beginning {
        Beginning { element: element.to_owned(), scope_key: None, variables: Default::default() }
    }

    fn modify(end: Vec<Key>, begin: Vec<Beginning>) -> CommandKind {
        CommandKind::Modify(Modification { end, begin })
    }

    fn nested() -> Hand {
        let inner = sub_process("inner", vec![start("s3"), user("c"), user("d")], &["s3 -> c -> d"]);
        let outer = sub_process("outer", vec![start("s2"), user("b"), inner], &["s2 -> b -> inner"]);
        Hand::started(vec![start("s"), user("a"), outer, end("e")], &["s -> a -> outer -> e"], json!({}))
    }

    #[test]
    fn a_token_moves() {
        let elements = vec![start("s"), service("a"), service("b"), end("e")];
        let mut hand = Hand::started(elements, &["s -> a -> b -> e"], json!({}));
        let a = hand.key("a");
        hand.does(modify(vec![a], vec![begin("b")]));
        assert_eq!(hand.waiting(), ["b"]);
        assert!(hand.history.iter().any(|event| event.kind == EventKind::ElementTerminated { key: a }));
        hand.completes("b", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn scopes_that_are_missing_are_begun_once() {
        let mut hand = nested();
        let a = hand.key("a");
        let mut with = begin("d");
        with.variables = variables(json!({"own": 1}));
        hand.does(modify(vec![a], vec![with, begin("c")]));
        assert_eq!(hand.waiting(), ["outer", "inner", "d", "c"]);
        assert_eq!(hand.instance.variable(hand.key("d"), "own"), Some(&json!(1)));
        hand.completes("d", json!({}));
        hand.completes("c", json!({}));
        hand.completes("d", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_scope_that_ends_is_not_begun_in() {
        let mut hand = nested();
        hand.completes("a", json!({}));
        let outer = hand.key("outer");
        hand.does(modify(vec![outer], vec![begin("c")]));
        assert_eq!(hand.waiting(), ["outer", "inner", "c"]);
        assert!(hand.instance.element(outer).is_none());
    }

    #[test]
    fn among_several_scopes_one_has_to_be_named() {
        let inside = several(sub_process("sub", vec![start("s2"), user("a"), user("b")], &["s2 -> a -> b"]), 2);
        let mut hand = Hand::started(vec![start("s"), inside, end("e")], &["s -> sub -> e"], json!({}));
        let refused = hand.tries(modify(vec![], vec![begin("b")])).unwrap_err();
        assert_eq!(refused.code, RejectionCode::Invalid);
        assert!(refused.message.contains("several times"), "{}", refused.message);
        let scope = hand.instance.element(hand.key("a")).unwrap().scope;
        let named = Beginning { scope_key: Some(scope), ..begin("b") };
        let a = hand.key("a");
        hand.does(modify(vec![a], vec![named]));
        for id in ["b", "a", "b"] {
            hand.completes(id, json!({}));
        }
        assert!(hand.is_completed());
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        let limit = boundary("limit", "a", true, after("PT1H"));
        let mut hand =
            Hand::started(vec![start("s"), user("a"), limit, end("e")], &["s -> a -> e", "limit -> e"], json!({}));
        for (element, why) in [("nowhere", "no element"), ("limit", "boundary event")] {
            let refused = hand.tries(modify(vec![], vec![begin(element)])).unwrap_err();
            assert!(refused.message.contains(why), "{}", refused.message);
        }
        assert_eq!(hand.tries(modify(vec![Key(99)], vec![])).unwrap_err().code, RejectionCode::NotFound);
        assert_eq!(hand.tries(modify(vec![], vec![])).unwrap_err().code, RejectionCode::Invalid);
    }

    #[test]
    fn an_inclusive_join_sees_what_has_moved() {
        let elements = vec![
            start("s"),
            gateway("split", Gateway::Inclusive),
            user("a"),
            user("b"),
            gateway("join", Gateway::Inclusive),
            user("after"),
        ];
        let flows =
            ["s -> split", "split -> a ? ${true}", "split -> b ? ${true}", "a -> join", "b -> join", "join -> after"];
        let mut hand = Hand::started(elements, &flows, json!({}));
        hand.completes("a", json!({}));
        let b = hand.key("b");
        hand.does(modify(vec![b], vec![]));
        assert_eq!(hand.waiting(), ["after"]);
    }

    #[test]
    fn ending_the_last_ends_the_instance() {
        let mut hand = Hand::started(vec![start("s"), user("a"), end("e")], &["s -> a -> e"], json!({}));
        let a = hand.key("a");
        hand.does(modify(vec![a], vec![]));
        assert!(hand.is_completed());
    }
}
