//! What the events and repetitions of a tree are called in the process format, and what they say there.

use crate::block::*;
use crate::draw::collection_of;
use serde_json::{Map, Value, json};

pub fn duration(ms: i64) -> String {
    format!("PT{}.{:03}S", ms / 1000, ms % 1000)
}

#[derive(Clone, Copy)]
pub enum Position {
    Start,
    Boundary,
}

pub fn event_type(trigger: Trigger, position: Position) -> &'static str {
    match (trigger, position) {
        (Trigger::Timer { .. }, Position::Start) => "timerStartEvent",
        (Trigger::Timer { .. }, Position::Boundary) => "timerBoundaryEvent",
        (Trigger::Message, Position::Start) => "messageStartEvent",
        (Trigger::Message, Position::Boundary) => "messageBoundaryEvent",
        (Trigger::Signal(_), Position::Start) => "signalStartEvent",
        (Trigger::Signal(_), Position::Boundary) => "signalBoundaryEvent",
        (Trigger::Flag(_), Position::Start) => "conditionalStartEvent",
        (Trigger::Flag(_), Position::Boundary) => "conditionalBoundaryEvent",
        (Trigger::Error(_), Position::Start) => "errorStartEvent",
        (Trigger::Error(_), Position::Boundary) => "errorBoundaryEvent",
        (Trigger::Escalation(_), Position::Start) => "escalationStartEvent",
        (Trigger::Escalation(_), Position::Boundary) => "escalationBoundaryEvent",
        // An event sub-process has no cancel event; no model says so.
        (Trigger::Cancel, _) => "cancelBoundaryEvent",
    }
}

pub fn trigger_properties(id: Id, trigger: Trigger) -> Map<String, Value> {
    let property = match trigger {
        Trigger::Timer { after, times: 1 } => ("timerDuration", json!(duration(after))),
        Trigger::Timer { after, times } => ("timerCycle", json!(format!("R{times}/{}", duration(after)))),
        Trigger::Message => ("messageRef", json!(format!("m_{id}"))),
        Trigger::Signal(name) => ("signalRef", json!(crate::plan::signal_name(name))),
        Trigger::Flag(name) => ("condition", json!(condition_of(name))),
        Trigger::Error(Some(code)) => ("errorCode", json!(format!("E{code}"))),
        Trigger::Escalation(Some(code)) => ("escalationCode", json!(format!("E{code}"))),
        Trigger::Error(None) | Trigger::Escalation(None) | Trigger::Cancel => return Map::new(),
    };
    Map::from_iter([(property.0.to_owned(), property.1)])
}

pub fn condition_of(flag: u8) -> String {
    format!("{} == true", crate::plan::flag_name(flag))
}

pub fn repetition(id: Id, repeat: &Repeat) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
    match repeat {
        Repeat::Instances { count, at_once, enough, collects } => {
            set("isMultiInstance", json!(true));
            set("isSequential", json!(!at_once));
            set("loopCardinality", json!(count.to_string()));
            if let Some(enough) = enough {
                set("completionCondition", json!(format!("nrOfCompletedInstances >= {enough}")));
            }
            if *collects {
                set("outputCollection", json!(collection_of(id)));
                set("outputElement", json!("result"));
            }
        }
        Repeat::While { test_before, below, maximum } => {
            set("testBefore", json!(test_before));
            if let Some(below) = below {
                set("loopCondition", json!(format!("nrOfCompletedInstances < {below}")));
            }
            if let Some(maximum) = maximum {
                set("loopMaximum", json!(maximum));
            }
        }
    }
    properties
}
