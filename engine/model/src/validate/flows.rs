//! Connections: both ends exist, in one scope, and may have such a flow (BPMN 2.0, 7.6, 8.4.13).

use super::{Scope, Whole, is_event_sub_process};
use crate::near_miss::did_you_mean;
use crate::{ActivityKind, Diagnostic, Element, ElementKind, Flow, FlowCondition, FlowKind, Gateway, Located, Trigger};

pub(super) fn check(scope: &Scope<'_>, whole: &Whole<'_>, problems: &mut Vec<Diagnostic>) {
    for flow in scope.flows {
        for end in [&flow.from, &flow.to] {
            known(flow, end, scope, whole, problems);
        }
        if flow.kind == FlowKind::Sequence {
            leave(flow, scope, problems);
            arrive(flow, scope, problems);
        }
    }
    for element in scope.elements {
        choices(element, scope, problems);
    }
}

fn known(flow: &Flow, end: &Located<String>, scope: &Scope<'_>, whole: &Whole<'_>, problems: &mut Vec<Diagnostic>) {
    let id = end.value.as_str();
    if id.is_empty() || scope.by_id.contains_key(id) {
        return;
    }
    let elsewhere = match flow.kind {
        FlowKind::Sequence => whole.elements.contains_key(id),
        // An association may also lead to another connection.
        FlowKind::Association if scope.flows.iter().any(|other| other.id == id) => return,
        FlowKind::Association if whole.elements.contains_key(id) => return,
        FlowKind::Message if whole.ends.contains_key(id) => return,
        FlowKind::Association | FlowKind::Message => false,
    };
    if elsewhere {
        let message =
            format!("`{id}` stands in another scope: a sequence flow does not cross the border of a sub-process");
        problems.push(Diagnostic::error("FLOW_CROSSES_SCOPE", end.location, message).on(&flow.id));
        return;
    }
    let message = format!("`{id}` is not an element");
    let mut problem = Diagnostic::error("UNKNOWN_ELEMENT", end.location, message).on(&flow.id);
    problem.hint =
        did_you_mean(id, scope.by_id.keys().copied()).or_else(|| did_you_mean(id, whole.elements.keys().copied()));
    problems.push(problem);
}

fn leave(flow: &Flow, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(source) = scope.by_id.get(flow.from.value.as_str()) else { return };
    let refused = match &source.kind {
        ElementKind::EndEvent { .. } => Some(("END_EVENT_OUTGOING", "an end event has no outgoing flow")),
        ElementKind::BoundaryEvent { trigger: Trigger::Compensation { .. }, .. } => {
            handler(flow, problems);
            None
        }
        ElementKind::IntermediateThrowEvent { trigger: Trigger::Link { .. } } => {
            Some(("LINK_FLOW", "a throwing link event has no outgoing flow: it goes on at the catching one"))
        }
        _ => at_either_end(source),
    };
    refuse(refused, flow, &flow.from, problems);
    if flow.condition != FlowCondition::Unconditional && !may_choose(source) {
        let (code, what) = match flow.condition {
            FlowCondition::Default => ("DEFAULT_FLOW_NOT_ALLOWED", "default"),
            FlowCondition::Expression(_) | FlowCondition::Unconditional => ("CONDITION_NOT_ALLOWED", "conditional"),
        };
        let message = format!("`{}` ({}) cannot have a {what} flow", source.id, source.kind.type_name());
        let problem = Diagnostic::error(code, flow.location, message).on(&flow.id);
        problems.push(problem.hint("activities and exclusive, inclusive and complex gateways can"));
    }
}

fn arrive(flow: &Flow, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(target) = scope.by_id.get(flow.to.value.as_str()) else { return };
    let refused = match &target.kind {
        ElementKind::StartEvent { .. } => Some(("START_EVENT_INCOMING", "a start event has no incoming flow")),
        ElementKind::BoundaryEvent { .. } => Some(("BOUNDARY_EVENT_INCOMING", "a boundary event has no incoming flow")),
        ElementKind::IntermediateCatchEvent { trigger: Trigger::Link { .. } } => {
            Some(("LINK_FLOW", "a catching link event has no incoming flow: it is reached by the throwing one"))
        }
        _ if starts_an_instance(target) => {
            Some(("INSTANTIATE_INCOMING", "what starts an instance is not reached by a sequence flow"))
        }
        _ => at_either_end(target),
    };
    refuse(refused, flow, &flow.to, problems);
}

/// A receive task or an event-based gateway may, instead of a start event (10.3.3, 10.6.6).
fn starts_an_instance(element: &Element) -> bool {
    match &element.kind {
        ElementKind::Activity(activity) => {
            matches!(&activity.kind, ActivityKind::ReceiveTask(task) if task.instantiate)
        }
        ElementKind::Gateway(gateway) => matches!(gateway, Gateway::EventBased { instantiate: true, .. }),
        _ => false,
    }
}

/// People draw the way to a compensation handler as a sequence flow; what they mean is clear.
fn handler(flow: &Flow, problems: &mut Vec<Diagnostic>) {
    let message = "a compensation boundary event leads to its handler by an association, not by a sequence flow";
    let problem = Diagnostic::warning("COMPENSATION_FLOW", flow.location, message).on(&flow.id);
    problems.push(problem.hint("write `type: association`"));
}

/// What can neither be left nor reached by a sequence flow.
fn at_either_end(element: &Element) -> Option<(&'static str, &'static str)> {
    match &element.kind {
        ElementKind::Artifact(_) => Some((
            "FLOW_AT_ARTIFACT",
            "an artifact is drawn and never executed, so no sequence flow leads to or from it",
        )),
        ElementKind::Activity(_) if is_event_sub_process(element) => {
            Some(("EVENT_SUB_PROCESS_FLOW", "an event sub-process has no flows: its own start event starts it"))
        }
        ElementKind::Activity(activity) if activity.is_for_compensation => {
            Some(("COMPENSATION_FLOW", "a compensation handler has no sequence flows"))
        }
        _ => None,
    }
}

fn refuse(refused: Option<(&str, &str)>, flow: &Flow, end: &Located<String>, problems: &mut Vec<Diagnostic>) {
    if let Some((code, message)) = refused {
        let message = format!("`{}`: {message}", end.value);
        problems.push(Diagnostic::error(code, end.location, message).on(&flow.id));
    }
}

fn may_choose(element: &Element) -> bool {
    match &element.kind {
        ElementKind::Activity(_) => true,
        ElementKind::Gateway(gateway) => match gateway {
            Gateway::Exclusive | Gateway::Inclusive | Gateway::Complex { .. } => true,
            Gateway::Parallel | Gateway::EventBased { .. } => false,
        },
        _ => false,
    }
}

/// At most one default flow; and a label where a condition would be clearer is worth a word.
fn choices(element: &Element, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let outgoing = scope.outgoing(element);
    let mut defaults = outgoing.iter().filter(|flow| flow.condition == FlowCondition::Default);
    if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
        let message = format!("`{}` has two default flows, `{}` and `{}`", element.id, first.id, second.id);
        problems.push(Diagnostic::error("SEVERAL_DEFAULT_FLOWS", second.location, message).on(&second.id));
    }
    let labels = matches!(element.kind, ElementKind::Gateway(Gateway::Exclusive | Gateway::Inclusive));
    if !labels || outgoing.len() < 2 {
        return;
    }
    for flow in outgoing.iter().filter(|flow| flow.condition == FlowCondition::Unconditional) {
        let Some(name) = &flow.name else { continue };
        let message = format!("the flow is chosen by its name `{name}`, because it has no condition");
        let problem = Diagnostic::warning("LABEL_AS_CONDITION", flow.location, message).on(&flow.id);
        problems.push(problem.hint("a `condition` says more clearly when it is taken"));
    }
}
