//! Gateways (BPMN 2.0, 10.6): how many flows they have, and what follows an event-based one.

use super::super::context::{Context, called, children, flag, is, local};
use super::super::event::{definitions, trigger_name};
use super::super::source::Xml;

pub(super) fn check<'a>(node: Xml<'a>, context: &Context<'a>) {
    let (before, after) = (context.incoming(node), context.outgoing(node));
    direction(node, before.len(), after.len(), context);
    if before.len() < 2 && after.len() < 2 && before.len() + after.len() > 0 {
        let message =
            format!("{} neither joins nor splits: it needs several incoming or several outgoing flows", called(node));
        context.rule("GATEWAY_WITHOUT_CHOICE", node, message);
    }
    if is(node, "eventBasedGateway") {
        event_based(node, after, context);
    }
}

/// 8.3.9: `gatewayDirection` holds.
fn direction(node: Xml<'_>, before: usize, after: usize, context: &Context<'_>) {
    let direction = node.attribute("gatewayDirection").unwrap_or("Unspecified");
    let broken = match direction {
        "Converging" => after > 1,
        "Diverging" => before > 1,
        "Mixed" => before < 2 || after < 2,
        _ => false,
    };
    if broken {
        let message = format!("{} is {direction}, and has {before} incoming and {after} outgoing flows", called(node));
        context.rule("GATEWAY_DIRECTION", node, message);
    }
}

/// 10.6.6: what follows waits for this gateway alone.
fn event_based<'a>(node: Xml<'a>, after: &[Xml<'a>], context: &Context<'a>) {
    let instantiates = flag(node, "instantiate") == Some(true);
    let is_parallel = node.attribute("eventGatewayType") == Some("Parallel");
    if is_parallel && !instantiates {
        context.rule(
            "PARALLEL_EVENT_GATEWAY",
            node,
            "only a gateway that starts an instance waits for all of its events",
        );
    }
    if after.len() < 2 {
        let message = format!("{} has {} outgoing flows, and needs two or more", called(node), after.len());
        context.rule("EVENT_GATEWAY_WITHOUT_CHOICE", node, message);
    }
    for target in after.iter().filter_map(|flow| context.target(*flow, "targetRef")) {
        if context.incoming(target).len() > 1 {
            let message = format!("{} follows an event-based gateway, so no other flow leads to it", called(target));
            context.rule("EVENT_GATEWAY_TARGET", target, message);
        }
        if is(target, "receiveTask") && has_boundary_event(target) {
            let message = format!("{} follows an event-based gateway, so nothing is attached to it", called(target));
            context.rule("EVENT_GATEWAY_TARGET", target, message);
        }
        let waits_for_message = is(target, "receiveTask")
            || definitions(target, context).iter().all(|definition| trigger_name(*definition) == "message");
        if is_parallel && !waits_for_message {
            let message =
                format!("{} is not a message, and a parallel event-based gateway waits for messages", called(target));
            context.rule("PARALLEL_EVENT_GATEWAY", target, message);
        }
    }
}

fn has_boundary_event(node: Xml<'_>) -> bool {
    let (Some(scope), Some(id)) = (node.parent_element(), node.attribute("id").map(str::trim)) else { return false };
    children(scope, "boundaryEvent").any(|event| event.attribute("attachedToRef").map(local) == Some(id))
}
