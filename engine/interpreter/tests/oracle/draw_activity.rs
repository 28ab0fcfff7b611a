//! Draws activities, and what catches: one node each, with what is inside it.

use crate::block::*;
use crate::draw::{Drawer, result_of, tally_of};
use crate::drawing::Node;
use crate::properties::{condition_of, duration, parts_properties, repetition};
use serde_json::json;

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
        node.says = it.says;
        if it.tallies {
            let (tally, own) = (tally_of(it.id), format!("in_{}", it.id));
            let more = format!("default({tally}, 0) + 1");
            if it.maps {
                node = node.with("inputMappings", json!([{"source": more, "target": own}]));
                node = node.with("outputMappings", json!([{"source": own, "target": tally}]));
            } else {
                node = node.with("outputMappings", json!([{"source": more, "target": tally}]));
            }
        }
        node
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
