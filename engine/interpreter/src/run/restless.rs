//! Work that never rests: an instance that goes round and round without waiting for anything.
//!
//! Each step does its share and puts the rest off, so such an instance holds up nobody; but it would write history without
//! end. After [`STEPS_WITHOUT_REST`] steps in a row that put work off, with nothing come from outside, every token that has just
//! come round a loop stops before its next element, in an incident that names the loop. What else moves in the instance
//! goes on. Who resolves the incident lets it go round as often again.
//!
//! The loop is read from what the step has done: what activated each element, backwards, until an element comes twice.

use super::{Here, Run};
use crate::elements::{Join, Repetition};
use crate::instance::Deferred;
use crate::limits::{ACTIVATIONS_PER_STEP, STEPS_WITHOUT_REST};
use crate::process::Process;
use crate::{ElementIndex, EventKind, FlowIndex, Key};
use std::collections::HashSet;

/// Elements of a loop that its name has.
const MOST_NAMED: usize = 20;
/// How many times in a row conditions may change each other before anything else happens.
const MOST_ROUNDS_OF_CONDITIONS: u32 = 1_000;

impl<'r> Run<'r> {
    pub(super) fn has_not_rested(&self) -> bool {
        self.instance.deferrals >= STEPS_WITHOUT_REST
    }

    /// Stops every token that goes round a loop; whether there was one.
    pub(super) fn stop_loops(&mut self) -> bool {
        let happened = self.events.len();
        let found: Vec<(Deferred, Vec<ElementIndex>)> = self
            .instance
            .deferred
            .iter()
            .filter_map(|token| Some((token.clone(), self.loop_of(token, happened)?)))
            .collect();
        let is_late = self.activations >= 2 * ACTIVATIONS_PER_STEP;
        let (stops, joins): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|(token, _)| is_late || !self.is_at_join(token));
        for (token, path) in &stops {
            self.stop(token, path);
        }
        match joins.into_iter().next() {
            // When the incident is resolved, a join would be left by the one token: it stops behind it.
            Some((token, _)) if stops.is_empty() => {
                self.arrive(token);
                true
            }
            _ => !stops.is_empty(),
        }
    }

    fn is_at_join(&self, token: &Deferred) -> bool {
        let target = self.process.element(self.process.flow(token.flow).to);
        let joins = target.incoming.len() > 1 && !matches!(target.kind.behavior().join(), Join::None);
        joins || target.start_quantity > 1
    }

    fn stop(&mut self, token: &Deferred, path: &[ElementIndex]) {
        let target = self.process.flow(token.flow).to;
        let Some(here) = self.begin(target, token.scope, Some(token.flow)) else { return };
        let message = endless(&self.drawn(path));
        self.raise_incident(here.key, "ENDLESS_LOOP", message);
    }

    /// A loop activity without an end of its own.
    pub(super) fn stop_repetition(&mut self, here: Here<'r>) -> bool {
        let is_open = matches!(&here.element.repetition, Some(Repetition::Loop(it)) if it.maximum.is_none());
        if is_open {
            let message = endless(&self.drawn(&[here.element.index, here.element.index]));
            self.raise_incident(here.key, "ENDLESS_LOOP", message);
        }
        is_open
    }

    /// Conditions are looked at before anything else moves: whether they keep each other moving.
    pub(super) fn stop_conditions(&mut self) -> bool {
        self.rounds_of_conditions += 1;
        if self.rounds_of_conditions <= MOST_ROUNDS_OF_CONDITIONS {
            return false;
        }
        self.rounds_of_conditions = 0;
        self.changed_scopes.clear();
        self.unseen_conditions.clear();
        let alive = |at: &usize| self.activated_at(*at).is_some_and(|it| self.instance.elements.contains_key(&it.key));
        if let Some(last) = (0..self.events.len()).rev().find(alive).and_then(|at| self.activated_at(at)) {
            let (key, path) = (last.key, self.loop_through(self.events.len() - 1, last.element));
            let path = path.unwrap_or_else(|| vec![last.element, last.element]);
            let message = endless(&self.drawn(&path));
            self.raise_incident(key, "ENDLESS_LOOP", message);
        }
        true
    }

    /// ` in a → b → a`, or nothing: the loop that the last activated element stands in, as it was gone or as it is drawn.
    pub(super) fn loop_in_words(&self, element: ElementIndex) -> String {
        let last = self.events.len().saturating_sub(1);
        match self.loop_through(last, element).or_else(|| drawn_loop(self.process, element)) {
            Some(path) => format!(" (`{}`)", self.drawn(&path)),
            None => String::new(),
        }
    }

    /// Where a token has come round, from its target to its target.
    fn loop_of(&self, token: &Deferred, before: usize) -> Option<Vec<ElementIndex>> {
        let target = self.process.flow(token.flow).to;
        let from = self.last_activation(token.flow, token.scope, before)?;
        self.go_back(from, target)
    }

    fn loop_through(&self, at: usize, element: ElementIndex) -> Option<Vec<ElementIndex>> {
        let own = (0..=at).rev().find(|at| self.activated_at(*at).is_some_and(|it| it.element == element))?;
        self.go_back(self.cause_of(own)?, element)
    }

    /// From the activation at `at` back to one of `target`; none when that is not behind it.
    fn go_back(&self, mut at: usize, target: ElementIndex) -> Option<Vec<ElementIndex>> {
        let (mut path, mut seen) = (vec![target], HashSet::new());
        loop {
            let activated = self.activated_at(at)?;
            path.push(activated.element);
            if activated.element == target {
                path.reverse();
                return Some(path);
            }
            if !seen.insert(activated.element) {
                return None;
            }
            at = self.cause_of(at)?;
        }
    }

    /// The activation that led to the one at `at`.
    fn cause_of(&self, at: usize) -> Option<usize> {
        let Activated { element, scope, flow, .. } = self.activated_at(at)?;
        if let Some(flow) = flow {
            return self.last_activation(flow, scope, at);
        }
        (0..at).rev().find_map(|before| match &self.events[before].kind {
            EventKind::TokensConsumed { element: joined, flows, .. } if *joined == element => {
                flows.last().and_then(|flow| self.last_activation(*flow, scope, before))
            }
            EventKind::SignalThrown { key, .. }
            | EventKind::EscalationThrown { key, .. }
            | EventKind::ErrorThrown { key, .. }
            | EventKind::ElementCompleted { key } => self.activation_of(*key, before).filter(|cause| {
                let jumps = self
                    .activated_at(*cause)
                    .and_then(|it| self.process.element(it.element).kind.behavior().jumps_to());
                !matches!(self.events[before].kind, EventKind::ElementCompleted { .. }) || jumps == Some(element)
            }),
            EventKind::ElementActivated { key, .. } if *key == scope => Some(before),
            _ => None,
        })
    }

    fn last_activation(&self, flow: FlowIndex, scope: Key, before: usize) -> Option<usize> {
        let from = self.process.flow(flow).from;
        let is_it = |at: &usize| self.activated_at(*at).is_some_and(|it| it.element == from && it.scope == scope);
        (0..before).rev().find(is_it)
    }

    fn activation_of(&self, key: Key, before: usize) -> Option<usize> {
        (0..before).rev().find(|at| self.activated_at(*at).is_some_and(|it| it.key == key))
    }

    fn activated_at(&self, at: usize) -> Option<Activated> {
        match &self.events.get(at)?.kind {
            EventKind::ElementActivated { key, element, scope, flow } => {
                Some(Activated { key: *key, element: *element, scope: *scope, flow: *flow })
            }
            _ => None,
        }
    }

    fn drawn(&self, path: &[ElementIndex]) -> String {
        let ids: Vec<&str> = path.iter().map(|it| self.process.element(*it).id.as_str()).collect();
        match ids.len() {
            0..=MOST_NAMED => ids.join(" → "),
            all => {
                let (head, tail) = (&ids[..MOST_NAMED / 2], &ids[all - MOST_NAMED / 2..]);
                format!("{} → … {} more … → {}", head.join(" → "), all - MOST_NAMED, tail.join(" → "))
            }
        }
    }
}

struct Activated {
    key: Key,
    element: ElementIndex,
    scope: Key,
    flow: Option<FlowIndex>,
}

fn endless(path: &str) -> String {
    format!("goes round without end and waits for nothing: `{path}`; resolving this lets it go on for a while")
}

/// The shortest way from an element to itself, along flows, links and boundary events.
fn drawn_loop(process: &Process, from: ElementIndex) -> Option<Vec<ElementIndex>> {
    let mut came_from = vec![None; process.elements.len()];
    let mut open = std::collections::VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        let element = process.element(at);
        let along_flows = element.outgoing.iter().map(|flow| process.flow(*flow).to);
        let next = along_flows.chain(element.kind.behavior().jumps_to()).chain(element.boundary.iter().copied());
        for next in next {
            if next == from {
                let back = std::iter::successors(Some(at), |at| came_from[at.0 as usize].filter(|_| *at != from));
                let mut path: Vec<ElementIndex> = std::iter::once(from).chain(back).collect();
                path.reverse();
                return Some(path);
            }
            if came_from[next.0 as usize].is_none() {
                came_from[next.0 as usize] = Some(at);
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::limits::{ACTIVATIONS_PER_STEP, STEPS_WITHOUT_REST};
    use crate::testing::*;
    use crate::{CommandKind, Effect, InstanceState, Key};
    use model::{Element, ElementKind, Gateway, MultiInstance, Repetition, SubProcess, SubProcessKind, Trigger};
    use serde_json::json;

    /// Goes on as long as the engine would; ids and messages of the incidents.
    fn run(hand: &mut Hand) -> Vec<(String, String)> {
        for _ in 0..5_000 {
            if hand.effects.last() != Some(&Effect::Continue) {
                let incidents = hand.instance.incidents.values();
                return incidents.map(|it| (it.code.clone(), it.message.clone())).collect();
            }
            hand.effects.clear();
            hand.does_unchecked(CommandKind::Continue);
        }
        panic!("it does not rest: {:?}", hand.waiting());
    }

    fn stops(elements: Vec<Element>, flows: &[&str], named: &str) -> Hand {
        let mut hand = Hand::started(elements, flows, json!({"yes": true}));
        let incidents = run(&mut hand);
        assert_eq!(incidents.len(), 1, "{incidents:?}");
        let (code, message) = &incidents[0];
        assert_eq!(code, "ENDLESS_LOOP");
        assert!(message.contains(&format!("`{named}`")), "{message}");
        // A token may begin a scope and what starts in it.
        let bound = 3 * ACTIVATIONS_PER_STEP * (STEPS_WITHOUT_REST + 2);
        assert!(hand.instance.activated < u64::from(bound), "{}", hand.instance.activated);
        hand
    }

    fn event_sub_process(id: &str, inner: Vec<Element>, flows: &[&str]) -> Element {
        let mut around = sub_process(id, inner, flows);
        if let ElementKind::Activity(activity) = &mut around.kind
            && let model::ActivityKind::SubProcess(SubProcess { kind, .. }) = &mut activity.kind
        {
            *kind = SubProcessKind::Event;
        }
        around
    }

    #[test]
    fn a_loop_of_flows_is_named_and_what_is_beside_it_goes_on() {
        let elements =
            vec![start("s"), gateway("x", Gateway::Exclusive), task("a"), task("b"), service("work"), end("e")];
        let flows = ["s -> x -> a -> b", "b -> x ? ${yes}", "b -> e ? default", "s -> work"];
        let mut hand = stops(elements, &flows, "a → b → x → a");
        hand.completes("work", json!({}));
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables: variables(json!({"yes": false})) });
        let stopped = *hand.instance.incidents.values().next().map(|it| &it.element_instance).unwrap();
        let id = hand.process.element(hand.instance.elements[&stopped].element).id.clone();
        hand.resolves(&id, 0);
        assert!(hand.is_completed());
    }

    #[test]
    fn resolving_lets_it_go_on_for_a_while() {
        let elements = vec![start("s"), gateway("x", Gateway::Exclusive), task("a"), end("e")];
        let mut hand = stops(elements, &["s -> x -> a -> x", "x -> e ? ${!yes}"], "x → a → x");
        let stopped = *hand.instance.incidents.values().next().map(|it| &it.element_instance).unwrap();
        let id = hand.process.element(hand.instance.elements[&stopped].element).id.clone();
        hand.resolves(&id, 0);
        assert_eq!(run(&mut hand).len(), 1);
    }

    #[test]
    fn a_loop_of_links_is_named() {
        let link = || Trigger::Link { name: text("again") };
        let throw = element("there", ElementKind::IntermediateThrowEvent { trigger: link() });
        let elements = vec![start("s"), catch("here", link()), task("a"), throw];
        stops(elements, &["s -> a -> there", "here -> a"], "a → there → here → a");
    }

    #[test]
    fn an_event_sub_process_that_throws_what_starts_it_is_named() {
        let signal = || Trigger::Signal { signal_ref: text("S") };
        let begin = element("begin", ElementKind::StartEvent { trigger: signal(), is_interrupting: false });
        let own = event_sub_process("own", vec![begin, end_by("throw", signal())], &["begin -> throw"]);
        let elements = vec![start("s"), user("wait"), end_by("first", signal()), own];
        stops(elements, &["s -> wait", "s -> first"], "throw → own → begin → throw");
    }

    #[test]
    fn a_loop_that_splits_is_stopped_everywhere() {
        let elements = vec![start("s"), gateway("x", Gateway::Exclusive), gateway("fork", Gateway::Parallel)];
        let mut hand = Hand::started(elements, &["s -> x -> fork", "fork -> x", "fork -> x"], json!({}));
        let incidents = run(&mut hand);
        assert!(
            incidents.iter().all(|(code, message)| code == "ENDLESS_LOOP" && message.contains("x → fork → x")
                || message.contains("fork → x → fork")),
            "{:?}",
            incidents[0]
        );
        assert_eq!(hand.instance.state, InstanceState::Active);
    }

    #[test]
    fn a_loop_activity_without_an_end_is_stopped() {
        let mut looped = task("a");
        if let ElementKind::Activity(activity) = &mut looped.kind {
            let condition = Some(text("yes"));
            activity.repetition = Some(Repetition::StandardLoop { condition, test_before: false, maximum: None });
        }
        stops(vec![start("s"), looped, end("e")], &["s -> a -> e"], "a → a");
    }

    #[test]
    fn more_instances_than_there_can_be_are_refused() {
        let mut many = task("a");
        if let ElementKind::Activity(activity) = &mut many.kind {
            let instances = MultiInstance { cardinality: Some(text("1000000000")), ..Default::default() };
            activity.repetition = Some(Repetition::MultiInstance(instances));
        }
        let hand = Hand::started(vec![start("s"), many, end("e")], &["s -> a -> e"], json!({}));
        let incident = hand.instance.incidents.values().next().unwrap();
        assert_eq!(incident.code, "ELEMENT_LIMIT_EXCEEDED");
        assert!(incident.message.contains("1000000000 times (`a → a`)"), "{}", incident.message);
        assert_eq!(hand.instance.activated, 2);
    }

    #[test]
    fn conditions_that_change_each_other_are_stopped() {
        let flips = |id: &str, inner: &str, condition: &str, to: &str| {
            let trigger = Trigger::Conditional { condition: text(condition) };
            let mut begin = element(inner, ElementKind::StartEvent { trigger, is_interrupting: false });
            begin.output_mappings.push(mapping(to, "yes"));
            event_sub_process(id, vec![begin], &[])
        };
        let elements = vec![start("s"), user("wait"), flips("A", "a", "yes", "false"), flips("B", "b", "!yes", "true")];
        let mut hand = Hand::started(elements, &["s -> wait"], json!({"yes": true}));
        let incidents = run(&mut hand);
        assert!(incidents.iter().all(|(code, _)| code == "ENDLESS_LOOP"), "{incidents:?}");
    }

    #[test]
    fn many_instances_that_wait_are_no_loop() {
        let mut many = service("work");
        if let ElementKind::Activity(activity) = &mut many.kind {
            let instances = MultiInstance { cardinality: Some(text("15000")), ..Default::default() };
            activity.repetition = Some(Repetition::MultiInstance(instances));
        }
        let mut hand = Hand::started(vec![start("s"), many, end("e")], &["s -> work -> e"], json!({}));
        assert!(run(&mut hand).is_empty());
        assert_eq!(hand.instance.activated, 15_002);
    }
}
