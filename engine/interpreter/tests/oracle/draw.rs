//! Draws a tree: one function per kind of block.
//!
//! A block is drawn after the loose ends that lead into it, and gives back those that lead out of it.

use crate::block::*;
use crate::drawing::{Edge, Node, Scope};
use crate::evaluate_scope::NO_START;
use crate::generate::Model;
use crate::properties::{Position, event_type, thrown_event, trigger_properties};
use crate::random::mix;
use serde_json::{Map, Value, json};

/// A flow that leads nowhere yet.
#[derive(Clone)]
pub struct Loose {
    /// When it was begun: a gateway asks its flows in the order of the file.
    order: u32,
    from: String,
    name: Option<String>,
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
    drawer.scope.begins_with = model.body.first_event().map(|event| drawer.node(event, "").id);
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
pub fn result(it: &Activity, value: u64) -> Value {
    match &it.kind {
        Kind::User if it.says.is_some() => json!({"value": value, "decision": outcome(value, it.says)}),
        _ if it.says.is_some() => json!({"value": value, "outcome": outcome(value, it.says)}),
        Kind::User | Kind::Receive { .. } => json!({"value": value}),
        _ => json!(value),
    }
}

/// The way that it says to go.
pub fn outcome(value: u64, ways: Option<u64>) -> String {
    format!("way{}", value % ways.unwrap_or(1))
}

pub fn test_of(branch: &Branch, split: Option<Id>) -> Test {
    // Without a gateway every flow whose condition holds is taken: only one may.
    if split.is_some() { branch.test } else { Test::Equals }
}

pub struct Drawer {
    names: Names,
    pub scope: Scope,
    pub begun: u32,
}

impl Drawer {
    pub fn whole(&mut self, start: Id, body: &Block, end: Id, events: &[EventSub]) {
        let start = (start != NO_START).then(|| self.node(start, "startEvent"));
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
        node.inside = Some(self.inside(|drawer| drawer.from(Some(start), &it.body, it.end)));
        node
    }

    /// Draws a scope of its own.
    pub fn inside(&mut self, draw: impl FnOnce(&mut Drawer)) -> Scope {
        let outside = std::mem::take(&mut self.scope);
        draw(self);
        std::mem::replace(&mut self.scope, outside)
    }

    fn from(&mut self, start: Option<Node>, body: &Block, end: Id) {
        let ends = start.iter().map(|start| self.loose(&start.id)).collect();
        self.scope.nodes.extend(start);
        let ends = self.block(body, ends);
        if !ends.is_empty() {
            let end = self.node(end, "endEvent");
            self.place(end, ends);
        }
        self.scope.edges.sort_by_key(|edge| edge.order);
    }

    pub fn block(&mut self, block: &Block, ends: Vec<Loose>) -> Vec<Loose> {
        match block {
            Block::Do(activity) => self.guarded(activity, &[], ends),
            Block::Seq(blocks) => {
                blocks.iter().fold(ends, |ends, block| match ends.is_empty() && block.first_event().is_none() {
                    true => ends,
                    false => self.block(block, ends),
                })
            }
            Block::Xor { decide, split, join, branches, has_default, has_labels } => {
                let alternatives = match has_labels {
                    true => self.labels(decide, *split, branches, ends),
                    false => self.exclusive(decide, *split, branches, *has_default, ends),
                };
                self.meet(*join, alternatives)
            }
            Block::Or { decide, split, join, branches, has_default } => {
                self.inclusive(decide, *split, *join, branches, *has_default, ends)
            }
            Block::And { split, join, branches } => self.parallel(*split, *join, branches, ends),
            Block::Race { gateway, join, arms, are_all_needed, begins_with } => {
                let mut node = self.node(*gateway, "eventBasedGateway");
                if *are_all_needed {
                    node = node.with("eventGatewayType", "Parallel");
                }
                if begins_with.is_some() {
                    node = node.with("instantiate", true);
                }
                let alternatives = self.race(node, arms, ends);
                self.meet(*join, alternatives)
            }
            Block::Loop { merge, body, decide, split } => self.back_loop(*merge, body, decide, *split, ends),
            Block::Guarded { host, guards } => self.guarded(host, guards, ends),
            Block::Throw { before, id, what } => self.throw(before, *id, what, ends),
            Block::Link { throws, catches } => self.link(*throws, *catches, ends),
            Block::First { split, join, branches, wanted } => self.first(*split, *join, branches, *wanted, ends),
            Block::Compensate(it) => self.compensate(it, ends),
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

    /// The last is the default; a label is compared without case.
    fn labels(&mut self, decide: &Activity, split: Option<Id>, branches: &[Branch], ends: Vec<Loose>) -> Vec<Loose> {
        let source = self.decision(decide, split, "exclusiveGateway", Value::Null, ends);
        let mut out = Vec::new();
        for (number, branch) in branches.iter().enumerate() {
            let name = match branch.test {
                Test::Equals => format!("Way{number}"),
                Test::UpTo => crate::plan::flag_name(number as u8),
            };
            let flow = match number + 1 < branches.len() {
                true => Loose { name: Some(name), ..self.loose(&source) },
                false => self.otherwise(&source),
            };
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

    fn throw(&mut self, before: &Activity, id: Id, what: &[Thrown], ends: Vec<Loose>) -> Vec<Loose> {
        let ends = self.guarded(before, &[], ends);
        let event = thrown_event(self.node(id, ""), what, Position::Throw);
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

    fn race(&mut self, gateway: Node, arms: &[Arm], ends: Vec<Loose>) -> Vec<Loose> {
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
        let undone_by = host.undone_by.as_deref();
        let host = self.place(node, ends);
        undone_by.into_iter().for_each(|undo| self.undone_by(&host, undo));
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

    fn undone_by(&mut self, host: &str, it: &Undo) {
        let mut event = self.node(it.event, "compensationBoundaryEvent");
        event.attached_to = Some(host.to_owned());
        let handler = self.activity(&it.handler).with("isForCompensation", true);
        let (from, to) = (event.id.clone(), handler.id.clone());
        self.scope.nodes.extend([event, handler]);
        self.begun += 1;
        let order = self.begun;
        self.scope.edges.push(Edge { order, from, to, is_association: true, name: None, properties: Map::new() });
    }

    fn compensate(&mut self, it: &Compensate, ends: Vec<Loose>) -> Vec<Loose> {
        let kind = if it.is_end { "compensationEndEvent" } else { "compensationIntermediateThrowEvent" };
        let mut event = self.node(it.id, kind);
        if let Some(activity) = it.activity {
            let activity = self.node(activity, "").id;
            event = event.with("activityRef", activity);
        }
        if !it.waits {
            event = event.with("waitForCompletion", false);
        }
        let event = self.place(event, ends);
        if it.is_end { Vec::new() } else { vec![self.loose(&event)] }
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
            EndKind::Cancel => self.node(id, "cancelEndEvent"),
            EndKind::Escalation(_) | EndKind::Signal(_) | EndKind::Message | EndKind::Multiple(_) => {
                thrown_event(self.node(id, ""), &kind.thrown(), Position::End)
            }
        };
        self.place(node, ends);
        Vec::new()
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
        let repaired = repaired.as_u64().map(|value| result(decide, value));
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

    pub fn loose(&mut self, from: &str) -> Loose {
        self.begun += 1;
        Loose { order: self.begun, from: from.to_owned(), name: None, properties: Map::new() }
    }

    fn when(&mut self, from: &str, condition: &str) -> Loose {
        Loose { properties: Map::from_iter([("condition".to_owned(), json!(condition))]), ..self.loose(from) }
    }

    fn otherwise(&mut self, from: &str) -> Loose {
        Loose { properties: Map::from_iter([("isDefault".to_owned(), json!(true))]), ..self.loose(from) }
    }

    pub fn place(&mut self, node: Node, ends: Vec<Loose>) -> String {
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
            name: end.name,
            properties: end.properties,
        });
    }

    pub fn node(&self, id: Id, type_name: &'static str) -> Node {
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
