//! What the events and repetitions of a tree are called in the process format, and what they say there.

use crate::block::*;
use crate::draw::collection_of;
use crate::drawing::Node;
use serde_json::{Map, Value, json};

pub fn duration(ms: i64) -> String {
    format!("PT{}.{:03}S", ms / 1000, ms % 1000)
}

#[derive(Clone, Copy)]
pub enum Position {
    Start,
    Boundary,
    Throw,
    End,
}

/// Of an event that catches beside something: at an activity, or for an event sub-process.
pub fn event_type(trigger: Trigger, position: Position) -> &'static str {
    match (trigger, position) {
        (Trigger::Multiple(_) | Trigger::Mixed { .. }, Position::Start) => "multipleStartEvent",
        (Trigger::Multiple(_) | Trigger::Mixed { .. }, _) => "multipleBoundaryEvent",
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
        (Trigger::Instances(_), _) => "signalBoundaryEvent",
        (_, Position::Throw | Position::End) => "",
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
        Trigger::Instances(host) => ("signalRef", json!(done_in(host))),
        Trigger::Multiple(parts) => return parts_properties(parts),
        Trigger::Mixed { outside, code, is_error } => {
            let (name, property) = if is_error { ("error", "errorCode") } else { ("escalation", "escalationCode") };
            let inside = json!({"type": name, property: format!("E{code}")});
            ("eventDefinitions", json!([part_definition(outside), inside]))
        }
    };
    Map::from_iter([(property.0.to_owned(), property.1)])
}

/// The definitions of a multiple event.
pub fn parts_properties(it: Parts) -> Map<String, Value> {
    let definitions = it.parts.map(part_definition);
    let all = [("eventDefinitions", json!(definitions)), ("parallelMultiple", json!(it.are_all_needed))];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn part_definition(part: Part) -> Value {
    match part {
        Part::Timer(after) => json!({"type": "timer", "timerDuration": duration(after)}),
        Part::Message(id) => json!({"type": "message", "messageRef": format!("m_{id}")}),
        Part::Signal(name) => json!({"type": "signal", "signalRef": crate::plan::signal_name(name)}),
        Part::Flag(name) => json!({"type": "conditional", "condition": condition_of(name)}),
    }
}

/// An event that throws this, or all of these.
pub fn thrown_event(mut node: Node, what: &[Thrown], position: Position) -> Node {
    let origin = node.origin.unwrap_or_default();
    let is_end = matches!(position, Position::End);
    let (name, property, value) = match what {
        [Thrown::Escalation(code)] => ("escalation", "escalationCode", json!(format!("E{code}"))),
        [Thrown::Signal(name)] => ("signal", "signalRef", json!(crate::plan::signal_name(*name))),
        [Thrown::Message] => ("message", "messageRef", json!(format!("m_{origin}"))),
        several => {
            let definitions = several.iter().map(|thrown| match thrown {
                Thrown::Escalation(code) => json!({"type": "escalation", "escalationCode": format!("E{code}")}),
                Thrown::Signal(name) => json!({"type": "signal", "signalRef": crate::plan::signal_name(*name)}),
                Thrown::Message => json!({"type": "message", "messageRef": format!("m_{origin}")}),
            });
            ("multiple", "eventDefinitions", definitions.collect())
        }
    };
    node.type_name = match (name, is_end) {
        ("escalation", false) => "escalationIntermediateThrowEvent",
        ("signal", false) => "signalIntermediateThrowEvent",
        ("message", false) => "messageIntermediateThrowEvent",
        (_, false) => "multipleIntermediateThrowEvent",
        ("escalation", true) => "escalationEndEvent",
        ("signal", true) => "signalEndEvent",
        ("message", true) => "messageEndEvent",
        (_, true) => "multipleEndEvent",
    };
    node.with(property, value)
}

pub fn condition_of(flag: u8) -> String {
    format!("{} == true", crate::plan::flag_name(flag))
}

/// The signal that says that instances of an activity are done.
fn done_in(host: Id) -> String {
    format!("i_{host}")
}

/// The variable that an instance has its item in.
fn item_of(id: Id) -> String {
    format!("item_{id}")
}

pub fn repetition(id: Id, repeat: &Repeat) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
    match repeat {
        Repeat::Instances { count, at_once, enough, collects, has_items, tells } => {
            set("isMultiInstance", json!(true));
            set("isSequential", json!(!at_once));
            if *has_items {
                set("inputCollection", json!(crate::plan::list_name(*count)));
                set("inputElement", json!(item_of(id)));
            } else {
                set("loopCardinality", json!(count.to_string()));
            }
            match tells {
                None => {}
                Some(Tells::Each) => {
                    set("behavior", json!("None"));
                    set("noneBehaviorEventRef", json!(done_in(id)));
                }
                Some(Tells::First) => {
                    set("behavior", json!("One"));
                    set("oneBehaviorEventRef", json!(done_in(id)));
                }
                Some(Tells::When(number)) => {
                    let condition = format!("nrOfCompletedInstances == {number}");
                    set("behavior", json!("Complex"));
                    set("complexBehavior", json!([{"condition": condition, "event": done_in(id)}]));
                }
            }
            if let Some(enough) = enough {
                set("completionCondition", json!(format!("nrOfCompletedInstances >= {enough}")));
            }
            if *collects {
                set("outputCollection", json!(collection_of(id)));
                let element = if *has_items { format!("{} + result", item_of(id)) } else { "result".to_owned() };
                set("outputElement", json!(element));
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
