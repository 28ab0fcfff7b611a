//! Gateways: they join or split something, and what follows an event-based one can wait (BPMN 2.0, 10.6).

use super::{Scope, error, warning};
use crate::{ActivityKind, Diagnostic, Element, ElementKind, Gateway, Trigger};

pub(super) fn check(scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    for element in scope.elements {
        let ElementKind::Gateway(gateway) = &element.kind else { continue };
        if scope.incoming(element).is_empty() && scope.outgoing(element).is_empty() {
            let message = format!("the gateway `{}` has neither an incoming nor an outgoing flow", element.id);
            problems.push(error("UNCONNECTED_GATEWAY", element, message));
        }
        if matches!(gateway, Gateway::EventBased { .. }) {
            event_based(element, scope, problems);
        }
    }
}

fn event_based(element: &Element, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) {
    let outgoing = scope.outgoing(element);
    if outgoing.len() < 2 {
        let message = "an event-based gateway chooses between at least two events";
        problems.push(warning("EVENT_GATEWAY_WITHOUT_CHOICE", element, message));
    }
    let (mut messages, mut receivers) = (false, false);
    for flow in outgoing {
        let Some(target) = scope.by_id.get(flow.to.value.as_str()) else { continue };
        messages |= matches!(&target.kind, ElementKind::IntermediateCatchEvent { trigger: Trigger::Message(_) });
        receivers |= is_receive_task(target);
        if !can_wait(target) {
            let message = format!("an event-based gateway leads to `{}`, which waits for nothing", target.id);
            let problem = Diagnostic::error("EVENT_GATEWAY_TARGET", flow.to.location, message).on(&flow.id);
            problems.push(problem.hint("only catching events and receive tasks may follow it"));
        }
    }
    if messages && receivers {
        let message = "after an event-based gateway, messages are received by events or by tasks, not by both";
        problems.push(error("EVENT_GATEWAY_MIXED", element, message));
    }
}

fn can_wait(element: &Element) -> bool {
    match &element.kind {
        ElementKind::IntermediateCatchEvent { trigger } => !matches!(trigger, Trigger::Link { .. }),
        _ => is_receive_task(element),
    }
}

fn is_receive_task(element: &Element) -> bool {
    matches!(&element.kind, ElementKind::Activity(activity) if matches!(activity.kind, ActivityKind::ReceiveTask(_)))
}
