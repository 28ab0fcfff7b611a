//! Events: where each kind may stand, what it is attached to, what it refers to (BPMN 2.0, 10.5).

use super::{Scope, Whole, error, is_event_sub_process, sub_process, warning};
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, Element, ElementKind, Located, SubProcessKind, Trigger};
use std::collections::HashSet;

pub(super) fn check(scope: &Scope<'_>, whole: &Whole<'_>, problems: &mut Vec<Diagnostic>) {
    for element in scope.elements {
        match &element.kind {
            ElementKind::StartEvent { trigger, is_interrupting } => {
                start(element, trigger, *is_interrupting, scope, problems);
            }
            ElementKind::BoundaryEvent { trigger, attached_to, cancel_activity } => {
                attached(element, attached_to, trigger, scope, whole, problems);
                interrupting(element, trigger, *cancel_activity, problems);
            }
            ElementKind::EndEvent { trigger } => {
                end(element, trigger, scope, problems);
                compensates(element, trigger, whole, problems);
            }
            ElementKind::IntermediateThrowEvent { trigger } => compensates(element, trigger, whole, problems),
            ElementKind::IntermediateCatchEvent { .. }
            | ElementKind::Activity(_)
            | ElementKind::Gateway(_)
            | ElementKind::Artifact(_) => {}
        }
    }
    links(scope, problems);
}

fn start(
    element: &Element,
    trigger: &Trigger,
    is_interrupting: bool,
    scope: &Scope<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    let handled = matches!(trigger, Trigger::Error { .. } | Trigger::Escalation { .. } | Trigger::Compensation { .. });
    if handled && !scope.is_event_sub_process() {
        let message = format!("a start event with the trigger {} stands only in an event sub-process", trigger.name());
        problems.push(error("START_TRIGGER_NOT_ALLOWED", element, message));
    }
    let always = matches!(trigger, Trigger::Error { .. } | Trigger::Compensation { .. });
    if always && !is_interrupting && scope.is_event_sub_process() {
        let message = format!("a start event with the trigger {} always interrupts", trigger.name());
        problems.push(error("MUST_INTERRUPT", element, message).hint("leave `isInterrupting: false` away"));
    }
}

fn attached(
    element: &Element,
    to: &Located<String>,
    trigger: &Trigger,
    scope: &Scope<'_>,
    whole: &Whole<'_>,
    problems: &mut Vec<Diagnostic>,
) {
    if to.value.is_empty() {
        return;
    }
    let at = |code: &str, message: String| Diagnostic::error(code, to.location, message).on(&element.id);
    let Some(host) = scope.by_id.get(to.value.as_str()) else {
        if whole.elements.contains_key(to.value.as_str()) {
            let message = format!("`{}` stands in another scope than the boundary event", to.value);
            problems.push(at("BOUNDARY_CROSSES_SCOPE", message));
            return;
        }
        let mut problem = at("UNKNOWN_ELEMENT", format!("`{}` is not an element", to.value));
        problem.hint = did_you_mean(&to.value, scope.by_id.keys().copied());
        problems.push(problem);
        return;
    };
    if !matches!(host.kind, ElementKind::Activity(_)) || is_event_sub_process(host) {
        let message = format!("a boundary event is attached to an activity, and `{}` is none", host.id);
        problems.push(at("BOUNDARY_NOT_ON_ACTIVITY", message));
    } else if *trigger == Trigger::Cancel
        && !sub_process(host).is_some_and(|sub| sub.kind == SubProcessKind::Transaction)
    {
        let message = format!("a cancel boundary event is attached to a transaction, and `{}` is none", host.id);
        problems.push(at("CANCEL_OUTSIDE_TRANSACTION", message));
    }
}

fn interrupting(element: &Element, trigger: &Trigger, cancel_activity: bool, problems: &mut Vec<Diagnostic>) {
    if !cancel_activity && matches!(trigger, Trigger::Error { .. } | Trigger::Cancel) {
        let message = format!("a boundary event with the trigger {} always interrupts its activity", trigger.name());
        problems.push(error("MUST_INTERRUPT", element, message).hint("leave `cancelActivity: false` away"));
    }
}

fn end(element: &Element, trigger: &Trigger, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    match trigger {
        Trigger::Cancel if !scope.in_transaction => {
            let message = "a cancel end event stands only inside a transaction";
            problems.push(error("CANCEL_OUTSIDE_TRANSACTION", element, message));
        }
        Trigger::Error { code: None } | Trigger::Escalation { code: None } => {
            let message = format!("the {} has no code, so only an event that catches all catches it", trigger.name());
            problems.push(warning("MISSING_CODE", element, message));
        }
        _ => {}
    }
}

fn compensates(element: &Element, trigger: &Trigger, whole: &Whole<'_>, problems: &mut Vec<Diagnostic>) {
    let Trigger::Compensation { activity_ref: Some(activity), .. } = trigger else { return };
    let message = match whole.elements.get(activity.value.as_str()).map(|element| &element.kind) {
        Some(ElementKind::Activity(_)) => return,
        Some(_) => format!("`{}` is not an activity, so it cannot be compensated", activity.value),
        None => format!("`{}` is not an element", activity.value),
    };
    let mut problem = Diagnostic::error("UNKNOWN_ELEMENT", activity.location, message).on(&element.id);
    problem.hint = did_you_mean(&activity.value, whole.elements.keys().copied());
    problems.push(problem);
}

/// A throwing link event needs one catching one of its name in its scope.
fn links(scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let mut caught = HashSet::new();
    for element in scope.elements {
        if let ElementKind::IntermediateCatchEvent { trigger: Trigger::Link { name } } = &element.kind
            && !caught.insert(name.value.as_str())
        {
            let message = format!("two catching link events are named `{}`", name.value);
            problems.push(error("DUPLICATE_LINK", element, message));
        }
    }
    let mut thrown = HashSet::new();
    for element in scope.elements {
        let ElementKind::IntermediateThrowEvent { trigger: Trigger::Link { name } } = &element.kind else { continue };
        thrown.insert(name.value.as_str());
        if !caught.contains(name.value.as_str()) {
            let message = format!("no catching link event of this scope is named `{}`", name.value);
            let mut problem = error("UNPAIRED_LINK", element, message);
            problem.hint = did_you_mean(&name.value, caught.iter().copied());
            problems.push(problem);
        }
    }
    for element in scope.elements {
        if let ElementKind::IntermediateCatchEvent { trigger: Trigger::Link { name } } = &element.kind
            && !thrown.contains(name.value.as_str())
        {
            let message = format!("no throwing link event of this scope is named `{}`", name.value);
            problems.push(warning("UNPAIRED_LINK", element, message));
        }
    }
}
