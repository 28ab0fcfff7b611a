//! Sub-processes: how each kind is started (BPMN 2.0, 10.3.5, 10.5.2).

use super::{Scope, error, warning};
use crate::{Diagnostic, Element, ElementKind, SubProcessKind, Trigger};

pub(super) fn check(scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let Some((owner, kind)) = scope.owner else { return };
    let starts: Vec<(&Element, &Trigger)> = scope.elements.iter().filter_map(start).collect();
    match kind {
        SubProcessKind::Event => event(owner, &starts, problems),
        SubProcessKind::Embedded | SubProcessKind::Transaction => embedded(&starts, problems),
        SubProcessKind::AdHoc { .. } => ad_hoc(scope, problems),
    }
    if scope.elements.is_empty() {
        let message = format!("`{}` has nothing inside, so it is done as soon as it is entered", owner.id);
        problems.push(warning("EMPTY_SUB_PROCESS", owner, message));
    }
}

fn start(element: &Element) -> Option<(&Element, &Trigger)> {
    match &element.kind {
        ElementKind::StartEvent { trigger, .. } => Some((element, trigger)),
        _ => None,
    }
}

fn event(owner: &Element, starts: &[(&Element, &Trigger)], problems: &mut Vec<Diagnostic>) {
    if starts.len() != 1 {
        let message = format!("an event sub-process has exactly one start event; `{}` has {}", owner.id, starts.len());
        problems.push(error("EVENT_SUB_PROCESS_START", owner, message));
    }
    for (element, _) in starts.iter().filter(|(_, trigger)| **trigger == Trigger::None) {
        let message = "the start event of an event sub-process needs a trigger";
        let problem = error("EVENT_SUB_PROCESS_START", element, message);
        problems.push(problem.hint("use for example `timerStartEvent` or `errorStartEvent`"));
    }
}

fn embedded(starts: &[(&Element, &Trigger)], problems: &mut Vec<Diagnostic>) {
    let none = starts.iter().filter(|(_, trigger)| **trigger == Trigger::None);
    for (element, _) in none.skip(1) {
        let message = "a sub-process has at most one none start event";
        problems.push(error("SEVERAL_START_EVENTS", element, message));
    }
    for (element, trigger) in starts.iter().filter(|(_, trigger)| **trigger != Trigger::None) {
        let message =
            format!("nothing triggers this event ({}): a sub-process starts when it is entered", trigger.name());
        problems.push(error("START_TRIGGER_NOT_ALLOWED", element, message).hint("use `startEvent`"));
    }
}

fn ad_hoc(scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    for element in scope.elements {
        if matches!(element.kind, ElementKind::StartEvent { .. } | ElementKind::EndEvent { .. }) {
            let message = "an ad-hoc sub-process has no start and no end events";
            problems.push(error("AD_HOC_EVENT", element, message));
        }
    }
}
