//! Blocks that need more than the engine and a worker of our own.

use super::{block::job, drawing::Drawing};
use crate::outcome::STEADY;
use serde_json::Value;

/// What [`decision`] asks.
pub const DECISION: &str = "
decision:
  id: faults-decision
  inputs: [coin]
  outputs: [{name: level}]
  rules:
    - {when: '>= 2', then: '\"high\"'}
    - {when: '< 2', then: '\"low\"'}
";

/// What message starts, with the variables that the message brings.
pub const BY_MESSAGE: &str = "faults-by-message";
pub const BEGIN: &str = "faults-begin";

/// Who catches it hears whoever throws it: one hears at least oneself.
pub fn signal(id: &str, drawing: &mut Drawing) {
    let [fork, work, throw, join] = ["fork", "a", "throw", "join"].map(|part| format!("{id}{part}"));
    drawing.then(&fork, "type: parallelGateway");
    drawing.element(id, "type: signalIntermediateCatchEvent, properties: {signalRef: faults-news}");
    drawing.element(&work, &job(STEADY));
    drawing.element(&throw, "type: signalIntermediateThrowEvent, properties: {signalRef: faults-news}");
    drawing.element(&join, "type: parallelGateway");
    for (from, to) in [(&*fork, id), (&fork, &work), (&work, &throw), (id, &join), (&throw, &join)] {
        drawing.connect(from, to);
    }
    drawing.go_on_from(&join);
}

pub fn decision(id: &str) -> String {
    format!("type: businessRuleTask, properties: {{decisionRef: faults-decision, resultVariable: d_{id}}}")
}

pub fn decided(coin: u64) -> &'static str {
    if coin >= 2 { "high" } else { "low" }
}

pub fn script(id: &str) -> String {
    format!(
        "type: scriptTask, properties: {{scriptFormat: python, script: 'result = 1 + seed % 1000', \
         resultVariable: s_{id}, retries: 5, retryBackoff: PT0.3S}}"
    )
}

pub fn computed(seed: u64) -> u64 {
    1 + seed % 1000
}

pub fn agent(id: &str) -> String {
    format!(
        "type: agenticTask, properties: {{model: stand-in, resultVariable: g_{id}, retries: 5, \
         retryBackoff: PT0.3S, custom: {{systemPrompt: Sum it up, inputVariables: [order, coin]}}}}"
    )
}

/// The one process that messages start.
pub fn by_message() -> (&'static str, String) {
    let yaml = format!(
        "process:\n  id: {BY_MESSAGE}\n  elements:\n    \
         - {{id: start, type: messageStartEvent, properties: {{messageRef: {BEGIN}}}}}\n    \
         - {{id: b0, {}}}\n    - {{id: end, type: endEvent}}\n  connections:\n    \
         - {{from: start, to: b0}}\n    - {{from: b0, to: end}}\n",
        job(STEADY)
    );
    (BY_MESSAGE, yaml)
}

/// Whether the job of an element is done by a worker of Baton's, which keeps no ledger.
pub fn is_of_stock(created: &Value) -> bool {
    matches!(created.as_str(), Some("script" | "agent"))
}
