//! Draws a tree: one function per kind of block.
//!
//! A block is drawn after the loose ends that lead into it, and gives back those that lead out of it.

use crate::block::*;
use crate::drawing::{Edge, Node, Scope};
use crate::generate::Model;
use crate::properties::{Position, condition_of, duration, event_type, repetition, trigger_properties};
use crate::random::mix;
use serde_json::{Map, Value, json};

/// A flow that leads nowhere yet.
#[derive(Clone)]
struct Loose {
    /// When it was begun: a gateway asks its flows in the order of the file.
    order: u32,
    from: String,
    properties: Map<String, Value>,
}

/// How elements are called.
#[derive(Clone, Copy)]
pub enum Names {
    Plain,
    Renamed(u64),
}

pub fn draw(model: &Model, names: Names) -> Scope {
    let mut drawer = Drawer { names, scope: Scope::default(), begun: 0 };
    drawer.whole(model.start, &model.body, model.end, &model.events);
    drawer.scope
}

/// The variable that an element leaves its result in.
pub fn result_of(id: Id) -> String {
    format!("v_{id}")
}

pub fn tally_of(id: Id) -> String {
    format!("n_{id}")
}

pub fn collection_of(id: Id) -> String {
    format!("c_{id}")
}

/// What it leaves there.
pub fn result(kind: &Kind, value: u64) -> Value {
    match kind {
        Kind::User | Kind::Receive { .. } => json!({"value": value}),
        _ => json!(value),
    }
}

pub fn test_of(branch: &Branch, split: Option<Id>) -> Test {
    // Without a gateway every flow whose condition holds is taken: only one may.
    if split.is_some() { branch.test } else { Test::Equals }
}

struct Drawer {
    names: Names,
    scope: Scope,
    begun: u32,
}

impl Drawer {
    fn whole(&mut self, start: Id, body: &Block, end: Id, events: &[EventSub]) {
        let start = self.node(start, "startEvent");
        self.from(start, body, end);
        for event in events {
            let node = self.event_sub_process(event);
            self.scope.nodes.push(node);
        }
    }

    fn event_sub_process(&mut self, it: &EventSub) -> Node {
        let mut start = self.node(it.start, event_type(it.trigger, Position::Start));
        start.properties = trigger_properties(it.start, it.trigger);
        start.properties.insert("isInterrupting".to_owned(), json!(it.interrupts));
        let mut node = self.node(it.id, "eventSubProcess");
        node.inside = Some(self.inside(|drawer| drawer.from(start, &it.body, it.end)));
        node
    }

    /// Draws a scope of its own.
    fn inside(&mut self, draw: impl FnOnce(&mut Drawer)) -> Scope {
        let outside = std::mem::take(&mut self.scope);
        draw(self);
        std::mem::replace(&mut self.scope, outside)
    }

    fn from(&mut self, start: Node, body: &Block, end: Id) {
        let ends = vec![self.loose(&start.id)];
        self.scope.nodes.push(start);
        let ends = self.block(body, ends);
        if !ends.is_empty() {
            let end = self.node(end, "endEvent");
            self.place(end, ends);
        }
        self.scope.edges.sort_by_key(|edge| edge.order);
    }

    fn block(&mut self, block: &Block, ends: Vec<Loose>) -> Vec<Loose> {
        match block {
            Block::Do(activity) => self.guarded(activity, &[], ends),
            Block::Seq(blocks) => blocks.iter().fold(ends, |ends, block| match ends.is_empty() {
                true => ends,
                false => self.block(block, ends),
            }),
            Block::Xor { decide, split, join, branches, has_default } => {
                let alternatives = self.exclusive(decide, *split, branches, *has_default, ends);
                self.meet(*join, alternatives)
            }
            Block::Or { decide, split, join, branches, has_default } => {
                self.inclusive(decide, *split, *join, branches, *has_default, ends)
            }
            Block::And { split, join, branches } => self.parallel(*split, *join, branches, ends),
            Block::Race { gateway, join, arms } => {
                let alternatives = self.race(*gateway, arms, ends);
                self.meet(*join, alternatives)
            }
            Block::Loop { merge, body, decide, split } => self.back_loop(*merge, body, decide, *split, ends),
            Block::Guarded { host, guards } => self.guarded(host, guards, ends),
            Block::Throw { before, id, code } => self.throw(before, *id, *code, ends),
            Block::Link { throws, catches } => self.link(*throws, *catches, ends),
            Block::First { split, join, branches, wanted } => self.first(*split, *join, branches, *wanted, ends),
            Block::End { before, id, kind } => self.end(before.as_ref(), *id, *kind, ends),
        }
    }

    fn exclusive(
        &mut self,
        decide: &Activity,
        split: Option<Id>,
        branches: &[Branch],
        has_default: bool,
        ends: Vec<Loose>,
    ) -> Vec<Loose> {
        let source = self.decision(decide, split, "exclusiveGateway", json!(0), ends);
        let conditions = branches.len() - usize::from(has_default);
        let mut out = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let comparison = match test_of(branch, split) {
                Test::Equals => "==",
                Test::UpTo => "<=",
            };
            let condition = format!("{} % {} {comparison} {number}", asked(decide), conditions + 1);
            let flow = if number < conditions { self.when(&source, &condition) } else { self.otherwise(&source) };
            out.extend(self.block(&branch.block, vec![flow]));
        }
        out
    }

    fn inclusive(
        &mut self,
        decide: &Activity,
        split: Option<Id>,
        join: Id,
        branches: &[Block],
        has_default: bool,
        ends: Vec<Loose>,
    ) -> Vec<Loose> {
        let source = self.decision(decide, split, "inclusiveGateway", json!(1), ends);
        let mut out = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let condition = format!("{} % {} >= {}", asked(decide), 2 << number, 1 << number);
            let is_default = has_default && number + 1 == branches.len();
            let flow = if is_default { self.otherwise(&source) } else { self.when(&source, &condition) };
            let branch_ends = self.block(branch, vec![flow]);
            out.extend(self.one(branch_ends));
        }
        self.gateway_if_any(join, "inclusiveGateway", out)
    }

    fn throw(&mut self, before: &Activity, id: Id, code: u8, ends: Vec<Loose>) -> Vec<Loose> {
        let ends = self.guarded(before, &[], ends);
        let event = self.node(id, "escalationIntermediateThrowEvent").with("escalationCode", format!("E{code}"));
        let event = self.place(event, ends);
        vec![self.loose(&event)]
    }

    fn link(&mut self, throws: Id, catches: Id, ends: Vec<Loose>) -> Vec<Loose> {
        let name = format!("l_{throws}");
        let throws = self.node(throws, "linkIntermediateThrowEvent").with("linkName", name.clone());
        self.place(throws, ends);
        let catches = self.node(catches, "linkIntermediateCatchEvent").with("linkName", name);
        let catches = self.place(catches, Vec::new());
        vec![self.loose(&catches)]
    }

    fn first(&mut self, split: Id, join: Id, branches: &[Block], wanted: u32, ends: Vec<Loose>) -> Vec<Loose> {
        let out = self.fork(split, branches, ends);
        if out.is_empty() {
            return out;
        }
        let condition = format!("activationCount >= {wanted}");
        let join = self.node(join, "complexGateway").with("activationCondition", condition);
        let join = self.place(join, out);
        vec![self.loose(&join)]
    }

    fn parallel(&mut self, split: Id, join: Id, branches: &[Block], ends: Vec<Loose>) -> Vec<Loose> {
        let out = self.fork(split, branches, ends);
        self.gateway_if_any(join, "parallelGateway", out)
    }

    fn fork(&mut self, split: Id, branches: &[Block], ends: Vec<Loose>) -> Vec<Loose> {
        let gateway = self.node(split, "parallelGateway");
        let ends = self.one(ends);
        let source = self.place(gateway, ends);
        let mut out = Vec::new();
        for branch in branches {
            let flow = self.loose(&source);
            let branch_ends = self.block(branch, vec![flow]);
            out.extend(self.one(branch_ends));
        }
        out
    }

    fn race(&mut self, gateway: Id, arms: &[Arm], ends: Vec<Loose>) -> Vec<Loose> {
        let gateway = self.node(gateway, "eventBasedGateway");
        let source = self.place(gateway, ends);
        let mut out = Vec::new();
        for arm in arms {
            let event = self.waiting(arm.id, arm.wait);
            let flow = self.loose(&source);
            let event = self.place(event, vec![flow]);
            let flow = self.loose(&event);
            out.extend(self.block(&arm.then, vec![flow]));
        }
        out
    }

    fn back_loop(&mut self, merge: Id, body: &Block, decide: &Activity, split: Id, ends: Vec<Loose>) -> Vec<Loose> {
        let merge = self.node(merge, "exclusiveGateway");
        let merge = self.place(merge, ends);
        let flow = self.loose(&merge);
        let ends = self.block(body, vec![flow]);
        let split = self.decision(decide, Some(split), "exclusiveGateway", json!(0), ends);
        let back = self.when(&split, &format!("{} % 3 == 0", asked(decide)));
        self.connect(back, &merge);
        vec![self.otherwise(&split)]
    }

    fn guarded(&mut self, host: &Activity, guards: &[Guard], ends: Vec<Loose>) -> Vec<Loose> {
        let node = self.activity(host);
        let host = self.place(node, ends);
        let mut out = vec![self.loose(&host)];
        for guard in guards {
            let mut event = self
                .node(guard.id, event_type(guard.trigger, Position::Boundary))
                .with("cancelActivity", guard.interrupts);
            event.properties.extend(trigger_properties(guard.id, guard.trigger));
            event.attached_to = Some(host.clone());
            let event_id = event.id.clone();
            self.scope.nodes.push(event);
            let flow = self.loose(&event_id);
            let mut ends = self.block(&guard.then, vec![flow]);
            if guard.rejoins {
                out.append(&mut ends);
            } else if !ends.is_empty() {
                let end = Node::new(format!("{event_id}_end"), None, "endEvent");
                self.place(end, ends);
            }
        }
        out
    }

    fn end(&mut self, before: Option<&Activity>, id: Id, kind: EndKind, ends: Vec<Loose>) -> Vec<Loose> {
        let ends = match before {
            Some(activity) => self.guarded(activity, &[], ends),
            None => ends,
        };
        let node = match kind {
            EndKind::None => self.node(id, "endEvent"),
            EndKind::Terminate => self.node(id, "terminateEndEvent"),
            EndKind::Error(code) => self.node(id, "errorEndEvent").with("errorCode", format!("E{code}")),
            EndKind::Escalation(code) => self.node(id, "escalationEndEvent").with("escalationCode", format!("E{code}")),
            EndKind::Cancel => self.node(id, "cancelEndEvent"),
        };
        self.place(node, ends);
        Vec::new()
    }

    fn activity(&mut self, it: &Activity) -> Node {
        let mut node = match &it.kind {
            Kind::Instant => self.node(it.id, "task"),
            Kind::Job => self.node(it.id, "serviceTask").with("resultVariable", result_of(it.id)),
            Kind::User => self.node(it.id, "userTask").with("resultVariable", result_of(it.id)),
            Kind::Call => self.node(it.id, "callActivity").with("calledElement", "other"),
            Kind::Catch(wait) => self.waiting(it.id, *wait),
            Kind::Receive { timeout } => {
                let mut node = self.waiting(it.id, Wait::ReceiveTask).with("resultVariable", result_of(it.id));
                node.properties.extend(timeout.map(|timeout| ("timeout".to_owned(), json!(timeout))));
                node
            }
            Kind::Sub { start, body, end, events, is_transaction } => {
                let mut node = self.node(it.id, if *is_transaction { "transaction" } else { "subProcess" });
                node.inside = Some(self.inside(|drawer| drawer.whole(*start, body, *end, events)));
                node
            }
            Kind::Undo { start, at_once, steps, throws, end } => {
                let mut node = self.node(it.id, "subProcess");
                node.inside = Some(self.inside(|drawer| drawer.undo(*start, *at_once, steps, *throws, *end)));
                node
            }
            Kind::AdHoc { items, is_sequential } => {
                let ordering = if *is_sequential { "Sequential" } else { "Parallel" };
                let mut node = self.node(it.id, "adHocSubProcess").with("ordering", ordering);
                node.inside = Some(self.inside(|drawer| {
                    for item in items {
                        let item = drawer.activity(item);
                        drawer.scope.nodes.push(item);
                    }
                }));
                node
            }
        };
        if let Some(repeat) = &it.repeat {
            node.properties.extend(repetition(it.id, repeat));
        }
        if it.tallies {
            let tally = tally_of(it.id);
            node =
                node.with("outputMappings", json!([{"source": format!("default({tally}, 0) + 1"), "target": tally}]));
        }
        node
    }

    fn undo(&mut self, start: Id, at_once: Option<(Id, Id)>, steps: &[Step], throws: Id, end: Id) {
        let start = self.node(start, "startEvent");
        let done = steps.iter().map(|step| Block::Do(step.activity.clone())).collect();
        let body = match at_once {
            Some((split, join)) => Block::And { split, join, branches: done },
            None => Block::Seq(done),
        };
        let flow = self.loose(&start.id);
        self.scope.nodes.push(start);
        let ends = self.block(&body, vec![flow]);
        for step in steps {
            let mut event = self.node(step.event, "compensationBoundaryEvent");
            event.attached_to = Some(self.node(step.activity.id, "").id);
            let handler = self.activity(&step.handler).with("isForCompensation", true);
            let (from, to) = (event.id.clone(), handler.id.clone());
            self.scope.nodes.extend([event, handler]);
            self.begun += 1;
            let order = self.begun;
            self.scope.edges.push(Edge { order, from, to, is_association: true, properties: Map::new() });
        }
        let throws = self.node(throws, "compensationIntermediateThrowEvent");
        let throws = self.place(throws, ends);
        let (end, flow) = (self.node(end, "endEvent"), self.loose(&throws));
        self.place(end, vec![flow]);
        self.scope.edges.sort_by_key(|edge| edge.order);
    }

    fn waiting(&self, id: Id, wait: Wait) -> Node {
        match wait {
            Wait::Timer(after) => self.node(id, "timerIntermediateCatchEvent").with("timerDuration", duration(after)),
            Wait::Message => self.node(id, "messageIntermediateCatchEvent").with("messageRef", format!("m_{id}")),
            Wait::Signal(name) => {
                self.node(id, "signalIntermediateCatchEvent").with("signalRef", crate::plan::signal_name(name))
            }
            Wait::Flag(name) => {
                self.node(id, "conditionalIntermediateCatchEvent").with("condition", condition_of(name))
            }
            Wait::ReceiveTask => self.node(id, "receiveTask").with("messageRef", format!("m_{id}")),
        }
    }

    /// The activity that leaves a number, and what chooses by it.
    fn decision(
        &mut self,
        decide: &Activity,
        split: Option<Id>,
        gateway: &'static str,
        repaired: Value,
        ends: Vec<Loose>,
    ) -> String {
        let repaired = repaired.as_u64().map(|value| result(&decide.kind, value));
        let repair = repaired.map(|value| (result_of(decide.id), value));
        let mut activity = self.activity(decide);
        match split {
            None => {
                activity.repair = repair;
                self.place(activity, ends)
            }
            Some(split) => {
                let activity = self.place(activity, ends);
                let mut gateway = self.node(split, gateway);
                gateway.repair = repair;
                let flow = self.loose(&activity);
                self.place(gateway, vec![flow])
            }
        }
    }

    fn meet(&mut self, join: Option<Id>, ends: Vec<Loose>) -> Vec<Loose> {
        match join {
            Some(join) => self.gateway_if_any(join, "exclusiveGateway", ends),
            None => ends,
        }
    }

    fn gateway_if_any(&mut self, id: Id, gateway: &'static str, ends: Vec<Loose>) -> Vec<Loose> {
        if ends.is_empty() {
            return ends;
        }
        let gateway = self.node(id, gateway);
        let gateway = self.place(gateway, ends);
        vec![self.loose(&gateway)]
    }

    /// At most one loose end, so that it is one flow of a join.
    fn one(&mut self, ends: Vec<Loose>) -> Vec<Loose> {
        if ends.len() < 2 {
            return ends;
        }
        let name = format!("{}_merge{}", ends[0].from, self.begun);
        let merge = Node::new(name, None, "exclusiveGateway");
        let merge = self.place(merge, ends);
        vec![self.loose(&merge)]
    }

    fn loose(&mut self, from: &str) -> Loose {
        self.begun += 1;
        Loose { order: self.begun, from: from.to_owned(), properties: Map::new() }
    }

    fn when(&mut self, from: &str, condition: &str) -> Loose {
        Loose { properties: Map::from_iter([("condition".to_owned(), json!(condition))]), ..self.loose(from) }
    }

    fn otherwise(&mut self, from: &str) -> Loose {
        Loose { properties: Map::from_iter([("isDefault".to_owned(), json!(true))]), ..self.loose(from) }
    }

    fn place(&mut self, node: Node, ends: Vec<Loose>) -> String {
        let id = node.id.clone();
        self.scope.nodes.push(node);
        for end in ends {
            self.connect(end, &id);
        }
        id
    }

    fn connect(&mut self, end: Loose, to: &str) {
        self.scope.edges.push(Edge {
            order: end.order,
            from: end.from,
            to: to.to_owned(),
            is_association: false,
            properties: end.properties,
        });
    }

    fn node(&self, id: Id, type_name: &'static str) -> Node {
        let name = match self.names {
            Names::Plain => format!("e{id}"),
            Names::Renamed(salt) => format!("r{:08x}_{id}", mix(&[salt, u64::from(id)]) as u32),
        };
        Node::new(name, Some(id), type_name)
    }
}

/// The number that `decide` has left, in an expression.
fn asked(decide: &Activity) -> String {
    match decide.kind {
        Kind::User => format!("{}.value", result_of(decide.id)),
        _ => result_of(decide.id),
    }
}
