//! Message flows join two pools, and only what sends to what receives (BPMN 2.0, 7.6.2, 9.3, 10.5).

use super::super::context::{Context, called, is, name_of};
use super::super::event::{definitions, trigger_name};
use super::super::flow::owner;
use super::super::source::Xml;

pub(super) fn check<'a>(flow: Xml<'a>, context: &Context<'a>) {
    let (source, target) = (context.target(flow, "sourceRef"), context.target(flow, "targetRef"));
    for (end, is_source) in [(source, true), (target, false)] {
        let Some(end) = end else { continue };
        if !may_talk(end, context) {
            let message = format!("a message flow cannot join {}, which is a `{}`", called(end), name_of(end));
            context.must("MESSAGE_FLOW_END", flow, message);
        } else if context.is_a(end, "tEvent") {
            event(end, flow, is_source, context);
        }
    }
    let (Some(source), Some(target)) = (source, target) else { return };
    let pools = (pool(source, context), pool(target, context));
    if pools.0.is_some() && pools.0 == pools.1 {
        let message =
            format!("{} and {} are in one pool, and a message flow joins two", called(source), called(target));
        context.rule("MESSAGE_FLOW_IN_POOL", flow, message);
    }
}

fn may_talk<'a>(end: Xml<'a>, context: &Context<'a>) -> bool {
    let talks = ["tParticipant", "tActivity", "tEvent", "tConversationNode"];
    talks.into_iter().any(|kind| context.is_a(end, kind))
}

/// The process is the pool; a closed pool is itself.
fn pool<'a>(end: Xml<'a>, context: &Context<'a>) -> Option<roxmltree::NodeId> {
    let process = owner(end, context).map(|process| process.id());
    process.or_else(|| is(end, "participant").then(|| end.id()))
}

/// Start, catching and boundary events receive, others send; all of them by a message trigger.
fn event<'a>(end: Xml<'a>, flow: Xml<'a>, is_source: bool, context: &Context<'a>) {
    let sends = matches!(name_of(end), "endEvent" | "intermediateThrowEvent");
    let has_message = definitions(end, context).iter().any(|definition| trigger_name(*definition) == "message");
    if sends != is_source {
        let message =
            format!("{} (`{}`) {} messages", called(end), name_of(end), if is_source { "receives" } else { "sends" });
        context.rule("MESSAGE_FLOW_DIRECTION", flow, message);
    } else if !has_message {
        let message = format!("a message flow joins {}, which has no message", called(end));
        context.rule("MESSAGE_FLOW_END", flow, message);
    }
}
