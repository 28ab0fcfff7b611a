//! Events: the type is the trigger and the position, `timerBoundaryEvent`.

use super::element::Source;
use super::fields::{Fields, Problems};
use super::tree::{Content, Node};
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, ElementKind, Located, MessageTrigger, Template, Timer, Trigger, duration};

/// Position, and the triggers that it can have (BPMN 2.0, table 10.93); the empty one is the none event.
const POSITIONS: [(&str, &[&str]); 5] = [
    (
        "StartEvent",
        &["", "message", "timer", "signal", "error", "escalation", "compensation", "conditional", "multiple"],
    ),
    ("IntermediateCatchEvent", &["message", "timer", "signal", "conditional", "link", "multiple"]),
    ("IntermediateThrowEvent", &["", "message", "signal", "escalation", "compensation", "link", "multiple"]),
    (
        "BoundaryEvent",
        &["message", "timer", "signal", "error", "escalation", "compensation", "conditional", "cancel", "multiple"],
    ),
    ("EndEvent", &["", "message", "signal", "error", "escalation", "compensation", "cancel", "terminate", "multiple"]),
];

/// The names of all types of event.
pub(super) fn types() -> Vec<String> {
    let named = POSITIONS.iter().flat_map(|(position, triggers)| {
        triggers.iter().filter(|trigger| !trigger.is_empty()).map(move |trigger| format!("{trigger}{position}"))
    });
    named.chain(["startEvent".into(), "intermediateEvent".into(), "endEvent".into()]).collect()
}

/// The event, when the element's type names one.
pub(super) fn event(source: &mut Source<'_>, problems: &mut Problems) -> Option<ElementKind> {
    let (position, name, triggers) = split(&source.kind.value)?;
    if !triggers.contains(&name.as_str()) {
        return None;
    }
    let trigger = trigger(&name, source.name.as_deref(), &mut source.properties, position, problems);
    Some(match position {
        "StartEvent" => ElementKind::StartEvent {
            trigger,
            is_interrupting: source.properties.flag("isInterrupting", problems).unwrap_or(true),
        },
        "IntermediateCatchEvent" => ElementKind::IntermediateCatchEvent { trigger },
        "IntermediateThrowEvent" => ElementKind::IntermediateThrowEvent { trigger },
        "BoundaryEvent" => ElementKind::BoundaryEvent {
            trigger,
            attached_to: source.fields.required("attachedToRef", "a boundary event", problems),
            cancel_activity: source.properties.flag("cancelActivity", problems).unwrap_or(true),
        },
        _ => ElementKind::EndEvent { trigger },
    })
}

fn split(kind: &str) -> Option<(&'static str, String, &'static [&'static str])> {
    let kind = if kind == "intermediateEvent" { "intermediateThrowEvent" } else { kind };
    POSITIONS.iter().find_map(|(position, triggers)| {
        if kind.eq_ignore_ascii_case(position) && kind.starts_with(char::is_lowercase) {
            return Some((*position, String::new(), *triggers));
        }
        kind.strip_suffix(position).map(|trigger| (*position, trigger.to_owned(), *triggers))
    })
}

/// The trigger of that name, from the properties; `name` is the event's, which a link may go by.
fn trigger(
    kind: &str,
    name: Option<&str>,
    properties: &mut Fields<'_>,
    position: &str,
    problems: &mut Problems,
) -> Trigger {
    match kind {
        "message" => {
            check_duration(properties.text("timeout", problems), "timeout", properties, problems);
            Trigger::Message(message(properties, problems))
        }
        "timer" => timer(properties, problems),
        "signal" => Trigger::Signal { signal_ref: properties.required("signalRef", "a signal event", problems) },
        "error" => Trigger::Error { code: properties.plain_text("errorCode", problems) },
        "escalation" => Trigger::Escalation { code: properties.plain_text("escalationCode", problems) },
        "compensation" => Trigger::Compensation {
            activity_ref: properties.text("activityRef", problems),
            wait_for_completion: properties.flag("waitForCompletion", problems).unwrap_or(true),
        },
        "conditional" => {
            Trigger::Conditional { condition: properties.required("condition", "a conditional event", problems) }
        }
        "link" => Trigger::Link { name: link_name(name, properties, problems) },
        "cancel" => Trigger::Cancel,
        "terminate" => Trigger::Terminate,
        "multiple" => multiple(properties, position, problems),
        _ => Trigger::None,
    }
}

fn link_name(name: Option<&str>, properties: &mut Fields<'_>, problems: &mut Problems) -> Located<String> {
    match (properties.text("linkName", problems), name) {
        (Some(text), _) => text,
        (None, Some(name)) => Located::new(name.to_owned(), properties.location),
        (None, None) => properties.required("linkName", "a link event", problems),
    }
}

pub(super) fn message(properties: &mut Fields<'_>, problems: &mut Problems) -> MessageTrigger {
    MessageTrigger {
        message_ref: properties.plain_text("messageRef", problems),
        correlation_key: properties.text("correlationKey", problems),
        result_variable: properties.plain_text("resultVariable", problems),
    }
}

/// Exactly one of the three.
fn timer(properties: &mut Fields<'_>, problems: &mut Problems) -> Trigger {
    let duration = properties.text("timerDuration", problems);
    let date = properties.text("timerDate", problems);
    let cycle = properties.text("timerCycle", problems);
    let given = [&duration, &date, &cycle].into_iter().flatten().count();
    if given != 1 {
        let message = "a timer event needs exactly one of `timerDuration`, `timerDate` and `timerCycle`";
        let code = if given == 0 { "MISSING_PROPERTY" } else { "AMBIGUOUS_TIMER" };
        problems.push(properties.error(code, properties.location, message));
    }
    check_duration(duration.clone(), "timerDuration", properties, problems);
    check_cycle(cycle.as_ref(), properties, problems);
    Trigger::Timer(match (duration, date, cycle) {
        (Some(duration), _, _) => Timer::Duration(normalised(duration)),
        (_, Some(date), _) => Timer::Date(date),
        (_, _, cycle) => Timer::Cycle(cycle.unwrap_or_default()),
    })
}

/// Milliseconds become ISO 8601; everything else stays as it is written.
pub(super) fn normalised(text: Template) -> Template {
    let is_number = text.value.trim().bytes().all(|byte| byte.is_ascii_digit());
    match duration::milliseconds(&text.value) {
        Some(milliseconds) if is_number => Located::new(duration::iso(milliseconds), text.location),
        _ => text,
    }
}

/// A duration that is written out can be checked now; one with holes when it is rendered.
pub(super) fn check_duration(text: Option<Template>, key: &str, properties: &Fields<'_>, problems: &mut Problems) {
    let Some(text) = text.filter(|text| !is_computed(text)) else { return };
    if duration::milliseconds(&text.value).is_none() {
        problems.push(properties.invalid_duration(key, &text));
    }
}

/// `R3/PT10S`; whatever does not begin with `R` is a cron expression, which the engine reads.
fn check_cycle(text: Option<&Template>, properties: &Fields<'_>, problems: &mut Problems) {
    let Some(text) = text.filter(|text| !is_computed(text) && text.value.starts_with('R')) else { return };
    let mut parts = text.value.split('/');
    let count = parts.next().and_then(|repeat| repeat.strip_prefix('R')).unwrap_or_default();
    let counted = count.is_empty() || count == "-1" || count.parse::<u32>().is_ok();
    let interval = parts.next_back().and_then(duration::milliseconds);
    if !counted || interval.is_none() {
        let message = format!("`timerCycle`: `{}` is not a repeating interval", text.value);
        let problem = properties.error("INVALID_CYCLE", text.location, message);
        problems.push(problem.hint("write for example `R3/PT10S`, or a cron expression"));
    }
}

fn is_computed(text: &str) -> bool {
    text.contains("${") || text.trim_start().starts_with('=')
}

fn multiple(properties: &mut Fields<'_>, position: &str, problems: &mut Problems) -> Trigger {
    let nodes = properties.list("eventDefinitions", problems);
    if nodes.is_empty() {
        let message = "a multiple event needs `eventDefinitions`";
        problems.push(properties.error("MISSING_PROPERTY", properties.location, message));
    }
    Trigger::Multiple {
        triggers: nodes.iter().filter_map(|node| definition(node, position, problems)).collect(),
        parallel: properties.flag("parallelMultiple", problems).unwrap_or(false),
    }
}

fn definition(node: &Node, position: &str, problems: &mut Problems) -> Option<Trigger> {
    let mut fields = Fields::of(node, "an event definition", problems);
    if !matches!(node.content, Content::Map(_)) {
        return None;
    }
    fields.text("id", problems);
    let kind = fields.required("type", "an event definition", problems);
    let allowed = allowed_inside(position);
    if !allowed.contains(&kind.value.as_str()) {
        let message = format!("`{}` is not a trigger that an event of this kind can have", kind.value);
        let mut problem = Diagnostic::error("UNKNOWN_TRIGGER", kind.location, message);
        problem.hint = did_you_mean(&kind.value, allowed.iter().copied());
        problems.push(problem);
        return None;
    }
    let trigger = trigger(&kind.value, None, &mut fields, position, problems);
    fields.finish("UNKNOWN_PROPERTY", "an event definition", problems);
    Some(trigger)
}

fn allowed_inside(position: &str) -> Vec<&'static str> {
    let triggers = POSITIONS.iter().find(|(name, _)| *name == position).map_or(&[][..], |(_, triggers)| triggers);
    triggers.iter().copied().filter(|trigger| !trigger.is_empty() && *trigger != "multiple").collect()
}
