//! The rules of the token game, checked on the history: no token appears or vanishes except by one of them.
//!
//! The ledger keeps its own books: who is active, which tokens are on flows, which wait at joins. It knows the gateways'
//! rules, not how the engine goes about them.

use crate::drawing::Node;
use crate::shape::Shape;
use interpreter::{ElementIndex, Event, EventKind, FlowIndex, Instance, InstanceState, Key, Process};
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Ledger {
    active: BTreeMap<Key, (ElementIndex, Key)>,
    on_flows: BTreeMap<(Key, FlowIndex), u32>,
    waiting: BTreeMap<(Key, ElementIndex, FlowIndex), u32>,
    last_key: u64,
    /// Who has completed just now and may send tokens, and those that it has sent.
    leaving: Option<(Key, ElementIndex, bool, Vec<FlowIndex>)>,
    /// The join that has consumed its tokens just now.
    fired: Option<(Key, ElementIndex)>,
    /// The link that a token has just gone out by.
    jumped: Option<(Key, Option<Value>)>,
    /// In this step: who was entered, whose boundary events may take over, and whose terminate end event was reached.
    begun: Vec<Key>,
    interrupted: Vec<(Key, ElementIndex)>,
    ended_scopes: Vec<Key>,
    /// What can be undone: by its scope and the number of the event that said so.
    undoable: BTreeMap<(Key, u64), (Key, ElementIndex)>,
    followed: u64,
    is_over: bool,
}

type Checked = Result<(), String>;

impl Ledger {
    /// Follows the events of one step.
    pub fn follow(&mut self, process: &Process, shape: &Shape, events: &[Event]) -> Checked {
        self.begun.clear();
        self.interrupted.clear();
        self.ended_scopes.clear();
        for event in events {
            self.followed += 1;
            self.one(process, shape, &event.kind).map_err(|problem| format!("{problem}, at {:?}", event.kind))?;
        }
        self.settle_leaving(process, shape)
    }

    fn one(&mut self, process: &Process, shape: &Shape, kind: &EventKind) -> Checked {
        if self.is_over {
            return Err("something happens after the end".to_owned());
        }
        if !matches!(kind, EventKind::FlowTaken { .. }) {
            self.settle_leaving(process, shape)?;
        }
        match kind {
            EventKind::ElementActivated { key, element, scope, flow } => {
                self.activated(process, shape, *key, *element, *scope, *flow)
            }
            EventKind::FlowTaken { flow, scope, .. } => self.taken(process, shape, *flow, *scope),
            EventKind::TokenArrived { element, flow, scope } => self.arrived(process, shape, *element, *flow, *scope),
            EventKind::TokensConsumed { element, flows, scope } => {
                self.consumed(process, shape, *element, flows, *scope)
            }
            EventKind::ElementCompleted { key } => self.gone(process, shape, *key, true),
            EventKind::ElementTerminated { key } => self.gone(process, shape, *key, false),
            EventKind::ScopeInterrupted { scope } => self.emptied(*scope),
            EventKind::InstanceCompleted => {
                self.is_over = true;
                let is_empty = self.active.is_empty() && self.on_flows.is_empty() && self.waiting.is_empty();
                is_empty.then_some(()).ok_or_else(|| "the instance completes while something is alive".to_owned())
            }
            EventKind::InstanceTerminated => {
                self.is_over = true;
                self.on_flows.clear();
                self.waiting.clear();
                let is_right = self.active.is_empty() && self.ended_scopes.contains(&Key::ROOT);
                is_right.then_some(()).ok_or_else(|| "the instance terminates without cause or with a rest".to_owned())
            }
            EventKind::CompensationAvailable { key, .. } => {
                let (element, scope) = *self.active.get(key).ok_or("what is over can be undone")?;
                self.undoable.insert((scope, self.followed), (*key, element));
                Ok(())
            }
            EventKind::CompensationStarted { compensation, reopens, .. } => {
                let undone = self.undoable.remove(&(compensation.scope, compensation.order));
                let (key, element) = undone.ok_or("something is undone twice")?;
                if *reopens {
                    self.active.insert(key, (element, compensation.scope));
                    self.begun.push(key);
                }
                Ok(())
            }
            EventKind::CompensationCompleted { key } => {
                let is_empty = !self.active.values().any(|(_, scope)| scope == key);
                let is_right = self.active.remove(key).is_some() && is_empty;
                is_right.then_some(()).ok_or_else(|| "a scope is closed again that is not empty or not open".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn activated(
        &mut self,
        process: &Process,
        shape: &Shape,
        key: Key,
        element: ElementIndex,
        scope: Key,
        flow: Option<FlowIndex>,
    ) -> Checked {
        if key.0 <= self.last_key {
            return Err("a key is given out twice".to_owned());
        }
        self.last_key = key.0;
        let around = self.active.get(&scope).map(|(element, _)| *element);
        if scope != Key::ROOT && around.is_none() {
            return Err("something begins in a scope that is over".to_owned());
        }
        let is_repeated = around == Some(element);
        // The handler of a repeated activity begins for one of its instances: in the repetition.
        let is_handler = shape.node(element).properties.contains_key("isForCompensation");
        let is_beside = |around: ElementIndex| process.element(around).parent == process.element(element).parent;
        let is_for_instance = is_handler && around.is_some_and(is_beside);
        if !is_repeated && !is_for_instance && process.element(element).parent != around {
            return Err("it begins in a scope that is not its own".to_owned());
        }
        self.cause(process, shape, element, scope, flow, is_repeated)?;
        self.active.insert(key, (element, scope));
        self.begun.push(key);
        Ok(())
    }

    /// What gives an element the right to begin.
    fn cause(
        &mut self,
        process: &Process,
        shape: &Shape,
        element: ElementIndex,
        scope: Key,
        flow: Option<FlowIndex>,
        is_repeated: bool,
    ) -> Checked {
        if let Some(flow) = flow {
            if process.flow(flow).to != element {
                return Err("it is entered by a flow that leads elsewhere".to_owned());
            }
            if shape.joins(process, element) {
                return Err("a join is entered by a token alone".to_owned());
            }
            return less(&mut self.on_flows, (scope, flow), "a flow is used by a token that is not on it");
        }
        if self.fired.take().is_some_and(|fired| fired == (scope, element)) || is_repeated {
            return Ok(());
        }
        if shape.is_boundary(element) {
            let is_host = |(host, of): (ElementIndex, Key)| of == scope && shape.hosts(host, element);
            let lives = self.active.values().any(|(host, of)| is_host((*host, *of)));
            let was_interrupted = self.interrupted.iter().any(|(of, host)| is_host((*host, *of)));
            return (lives || was_interrupted)
                .then_some(())
                .ok_or_else(|| "a boundary event without its activity".to_owned());
        }
        let node = shape.node(element);
        let around = self.active.get(&scope).map(|(around, _)| shape.node(*around).type_name);
        let jumped =
            self.jumped.take().is_some_and(|jumped| jumped == (scope, node.properties.get("linkName").cloned()));
        match node.type_name {
            "eventSubProcess" => return Ok(()),
            _ if node.properties.contains_key("isForCompensation") => return Ok(()),
            "linkIntermediateCatchEvent" if jumped => return Ok(()),
            _ if around == Some("adHocSubProcess") && process.element(element).incoming.is_empty() => return Ok(()),
            _ => {}
        }
        let begins_with_scope = scope == Key::ROOT || self.begun.contains(&scope);
        match begins_with_scope && process.element(element).incoming.is_empty() {
            true => Ok(()),
            false => Err("a token appears from nowhere".to_owned()),
        }
    }

    /// An event sub-process or the cancel of a transaction has ended everything in a scope, but not the scope.
    fn emptied(&mut self, scope: Key) -> Checked {
        self.on_flows.retain(|(of, _), _| *of != scope);
        self.waiting.retain(|(of, _, _), _| *of != scope);
        match self.active.values().any(|(_, of)| *of == scope) {
            true => Err("something survives an interrupted scope".to_owned()),
            false => Ok(()),
        }
    }

    fn taken(&mut self, process: &Process, shape: &Shape, flow: FlowIndex, scope: Key) -> Checked {
        let from = process.flow(flow).from;
        let source = shape.node(from);
        let waits_for_all = source.properties.get("eventGatewayType").is_some_and(|kind| kind == "Parallel");
        let sends_early = source.type_name == "complexGateway" || waits_for_all || goes_on_at_once(source);
        if sends_early && self.leaving.is_none() && self.active.values().any(|it| *it == (from, scope)) {
            // It is left by these flows and waits for its reset.
            *self.on_flows.entry((scope, flow)).or_default() += 1;
            return Ok(());
        }
        match &mut self.leaving {
            Some((of, element, _, flows)) if *of == scope && process.flow(flow).from == *element => {
                flows.push(flow);
                *self.on_flows.entry((scope, flow)).or_default() += 1;
                Ok(())
            }
            _ => Err("a flow is taken and nobody has been left".to_owned()),
        }
    }

    /// Whether who was left has sent the tokens that its kind sends.
    fn settle_leaving(&mut self, process: &Process, shape: &Shape) -> Checked {
        let Some((_, element, is_repeated, mut flows)) = self.leaving.take() else { return Ok(()) };
        let (node, outgoing) = (shape.node(element), &process.element(element).outgoing);
        let all = flows.len();
        flows.sort_unstable();
        flows.dedup();
        let wanted = match node.type_name {
            _ if outgoing.is_empty() || is_repeated => 0..=0,
            "parallelGateway" => outgoing.len()..=outgoing.len(),
            "exclusiveGateway" | "eventBasedGateway" => 1..=1,
            "complexGateway" => 0..=outgoing.len(),
            _ if goes_on_at_once(node) => 0..=outgoing.len(),
            _ => 1..=outgoing.len(),
        };
        // Each as often as its quantity says.
        let quantity = process.element(element).completion_quantity as usize;
        let is_full = if is_repeated { all == 0 } else { all == flows.len() * quantity };
        let all = flows.len();
        match is_full && wanted.contains(&all) {
            true => Ok(()),
            false => Err(format!("{} ({}) sends {all} tokens over {} flows", node.id, node.type_name, flows.len())),
        }
    }

    fn arrived(
        &mut self,
        process: &Process,
        shape: &Shape,
        element: ElementIndex,
        flow: FlowIndex,
        scope: Key,
    ) -> Checked {
        if !shape.joins(process, element) || process.flow(flow).to != element {
            return Err("a token waits where there is no join".to_owned());
        }
        *self.waiting.entry((scope, element, flow)).or_default() += 1;
        less(&mut self.on_flows, (scope, flow), "a token arrives that is not on its flow")
    }

    fn consumed(
        &mut self,
        process: &Process,
        shape: &Shape,
        element: ElementIndex,
        flows: &[FlowIndex],
        scope: Key,
    ) -> Checked {
        let mut distinct = flows.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let mut incoming = process.element(element).incoming.clone();
        incoming.sort_unstable();
        let waiting = self.waiting_at(scope, element);
        let quantity = process.element(element).start_quantity as usize;
        if quantity > 1 {
            self.fired = Some((scope, element));
            (flows.len() == quantity).then_some(()).ok_or_else(|| format!("it starts with {} tokens", flows.len()))?;
            let mut all = flows.iter();
            return all
                .try_for_each(|flow| less(&mut self.waiting, (scope, element, *flow), "it takes what is not there"));
        }
        let is_right = match shape.node(element).type_name {
            "parallelGateway" => distinct == incoming,
            "complexGateway" => distinct == waiting,
            _ => distinct == waiting && !self.is_awaited(process, shape, scope, element),
        };
        if !is_right || distinct.len() != flows.len() {
            return Err(format!("the join fires with {flows:?} of {incoming:?}, while {waiting:?} wait"));
        }
        self.fired = Some((scope, element));
        flows
            .iter()
            .try_for_each(|flow| less(&mut self.waiting, (scope, element, *flow), "a join consumes what does not wait"))
    }

    fn waiting_at(&self, scope: Key, element: ElementIndex) -> Vec<FlowIndex> {
        self.waiting.keys().filter(|(of, at, _)| (*of, *at) == (scope, element)).map(|(_, _, flow)| *flow).collect()
    }

    /// BPMN 2.0, 13.4.3: whether some token can come to a flow that none waits on, and to none that one waits on.
    fn is_awaited(&self, process: &Process, shape: &Shape, scope: Key, join: ElementIndex) -> bool {
        let taken = self.waiting_at(scope, join);
        let incoming = &process.element(join).incoming;
        let elements = self.active.values().filter(|(_, of)| *of == scope).map(|(element, _)| *element);
        let waiting = self.waiting.keys().filter(|(of, at, _)| *of == scope && *at != join).map(|(_, at, _)| *at);
        let moving = self.on_flows.keys().filter(|(of, _)| *of == scope).map(|(_, flow)| *flow);
        let places = elements.chain(waiting).map(|at| (at, None));
        let mut places = places.chain(moving.map(|flow| (process.flow(flow).to, Some(flow))));
        places.any(|(place, flow)| {
            // By sequence flows, or by boundary events too: only to flows that none waits on.
            [false, true].iter().any(|by_boundary| {
                let mut ahead = shape.ahead(process, place, join, *by_boundary);
                ahead.extend(flow);
                let mut comes_to = incoming.iter().filter(|flow| ahead.contains(flow)).peekable();
                comes_to.peek().is_some() && comes_to.all(|flow| !taken.contains(flow))
            })
        })
    }

    fn gone(&mut self, process: &Process, shape: &Shape, key: Key, completed: bool) -> Checked {
        let Some((element, scope)) = self.active.remove(&key) else { return Err("it is over already".to_owned()) };
        if self.active.values().any(|(_, of)| *of == key) {
            return Err("a scope ends before what is in it".to_owned());
        }
        let tokens = self.on_flows.keys().any(|(of, _)| *of == key) || self.waiting.keys().any(|(of, _, _)| *of == key);
        if tokens && completed && !self.ended_scopes.contains(&key) {
            return Err("a scope completes with tokens in it".to_owned());
        }
        self.on_flows.retain(|(of, _), _| *of != key);
        self.waiting.retain(|(of, _, _), _| *of != key);
        let is_repeated = self.active.get(&scope).is_some_and(|(around, _)| *around == element);
        if !completed {
            self.interrupted.push((scope, element));
            return Ok(());
        }
        let node = shape.node(element);
        match node.type_name {
            "terminateEndEvent" => self.ended_scopes.push(scope),
            "linkIntermediateThrowEvent" => self.jumped = Some((scope, node.properties.get("linkName").cloned())),
            _ => {}
        }
        let _ = process;
        self.leaving = Some((scope, element, is_repeated, Vec::new()));
        Ok(())
    }

    /// Whether the state keeps the same books, and nothing rests that could move.
    pub fn compare(&self, process: &Process, shape: &Shape, instance: &Instance) -> Checked {
        let active = instance.elements.iter().map(|(key, it)| (*key, (it.element, it.scope)));
        same("active elements", &self.active, &active.collect())?;
        same("tokens at joins", &self.waiting, &instance.waiting_tokens)?;
        let mut deferred = BTreeMap::new();
        for token in &instance.deferred {
            *deferred.entry((token.scope, token.flow)).or_default() += 1;
        }
        same("tokens on flows", &self.on_flows, &deferred)?;
        if instance.state == InstanceState::Active {
            self.count(instance)?;
        }
        for scope in instance.variables.keys().filter(|scope| **scope != Key::ROOT) {
            let can_be_undone = instance.compensable.values().any(|it| it.key == *scope);
            (can_be_undone || self.active.contains_key(scope))
                .then_some(())
                .ok_or("variables of a scope that is over")?;
        }
        for (key, incident) in &instance.incidents {
            let raised = instance.element(incident.element_instance).and_then(|element| element.incident);
            (raised == Some(*key)).then_some(()).ok_or("an incident of nobody")?;
        }
        if instance.deferred.is_empty() && instance.state == InstanceState::Active {
            self.rest(process, shape)?;
        }
        Ok(())
    }

    fn count(&self, instance: &Instance) -> Checked {
        let mut alive: BTreeMap<Key, u32> = BTreeMap::new();
        self.active.values().for_each(|(_, scope)| *alive.entry(*scope).or_default() += 1);
        self.on_flows.iter().for_each(|((scope, _), count)| *alive.entry(*scope).or_default() += count);
        self.waiting.iter().for_each(|((scope, _, _), count)| *alive.entry(*scope).or_default() += count);
        let mut counted: BTreeMap<Key, u32> = instance.elements.iter().map(|(key, it)| (*key, it.children)).collect();
        counted.insert(Key::ROOT, instance.children);
        counted.retain(|_, count| *count > 0);
        same("what is alive in each scope", &alive, &counted)
    }

    fn rest(&self, process: &Process, shape: &Shape) -> Checked {
        for (scope, join, _) in self.waiting.keys() {
            let can_fire = match shape.node(*join).type_name {
                "parallelGateway" => self.waiting_at(*scope, *join).len() == process.element(*join).incoming.len(),
                "complexGateway" => false,
                _ if process.element(*join).start_quantity > 1 => {
                    let here = self.waiting.iter().filter(|((of, at, _), _)| (of, at) == (scope, join));
                    here.map(|(_, count)| *count).sum::<u32>() >= process.element(*join).start_quantity
                }
                _ => !self.is_awaited(process, shape, *scope, *join),
            };
            if can_fire {
                return Err(format!("{} could fire and rests", shape.node(*join).id));
            }
        }
        if self.active.is_empty() && self.waiting.is_empty() {
            return Err("nothing is alive and the instance is active".to_owned());
        }
        Ok(())
    }
}

/// A compensation event that does not wait.
fn goes_on_at_once(node: &Node) -> bool {
    node.properties.get("waitForCompletion").is_some_and(|waits| waits == false)
}

fn less<K: Ord>(books: &mut BTreeMap<K, u32>, place: K, problem: &str) -> Checked {
    let Some(count) = books.get_mut(&place) else { return Err(problem.to_owned()) };
    *count -= 1;
    if *count == 0 {
        books.remove(&place);
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, books: &T, state: &T) -> Checked {
    match books == state {
        true => Ok(()),
        false => Err(format!("{what}: {books:?} by the books, {state:?} in the state")),
    }
}
