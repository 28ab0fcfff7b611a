//! Draws activities, and what catches: one node each, with what is inside it.

use crate::block::*;
use crate::draw::{Drawer, result_of, tally_of};
use crate::drawing::{Edge, Node};
use crate::properties::{condition_of, duration, parts_properties, repetition};
use serde_json::{Map, json};

impl Drawer {
    pub fn activity(&mut self, it: &Activity) -> Node {
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
            Kind::AdHoc { items, is_sequential, enough, finishes } => {
                let ordering = if *is_sequential { "Sequential" } else { "Parallel" };
                let mut node = self.node(it.id, "adHocSubProcess").with("ordering", ordering);
                let tally = format!("k_{}", it.id);
                if let Some(enough) = enough {
                    node = node.with("completionCondition", format!("{tally} >= {enough}"));
                    node = node.with("cancelRemainingInstances", !finishes);
                    node = node.with("inputMappings", json!([{"source": "0", "target": tally}]));
                }
                node.inside = Some(self.inside(|drawer| {
                    for item in items {
                        let mut item = drawer.activity(item);
                        if enough.is_some() {
                            let counts = json!([{"source": format!("{tally} + 1"), "target": tally}]);
                            item = item.with("outputMappings", counts);
                        }
                        drawer.scope.nodes.push(item);
                    }
                }));
                node
            }
        };
        if let Some(repeat) = &it.repeat {
            node.properties.extend(repetition(it.id, repeat));
        }
        for (name, quantity) in [("startQuantity", it.takes), ("completionQuantity", it.gives)] {
            if quantity > 1 {
                node = node.with(name, quantity);
            }
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

    pub fn waiting(&self, id: Id, wait: Wait) -> Node {
        match wait {
            Wait::Timer(after) => self.node(id, "timerIntermediateCatchEvent").with("timerDuration", duration(after)),
            Wait::Message => self.node(id, "messageIntermediateCatchEvent").with("messageRef", format!("m_{id}")),
            Wait::Signal(name) => {
                self.node(id, "signalIntermediateCatchEvent").with("signalRef", crate::plan::signal_name(name))
            }
            Wait::Flag(name) => {
                self.node(id, "conditionalIntermediateCatchEvent").with("condition", condition_of(name))
            }
            Wait::Multiple(parts) => {
                let mut node = self.node(id, "multipleIntermediateCatchEvent");
                node.properties = parts_properties(parts);
                node
            }
            Wait::ReceiveTask => self.node(id, "receiveTask").with("messageRef", format!("m_{id}")),
        }
    }
}
