//! The rules of BPMN 2.0 that only XML can break: those of the common checks ([`crate::validate`]) hold for it too.
//!
//! A rule that engines live without, because their dialects say it otherwise or because nothing hangs on it, is an error in
//! a file of the bare standard and a warning in a file of a dialect ([`Context::rule`]).

mod collaboration;
mod connections;
mod data;
mod data_sets;
mod events;
mod expressions;
mod gateways;
mod links;
mod message_flows;
mod operations;
mod tasks;

use super::context::{Context, is, is_bpmn};

pub(super) fn check(context: &Context<'_>) {
    collaboration::check(context);
    for node in context.root.descendants().filter(|node| is_bpmn(*node)) {
        tasks::check(node, context);
        expressions::check(node, context);
        data::check(node, context);
        data_sets::check(node, context);
        operations::check(node, context);
        if context.is_a(node, "tEvent") {
            events::check(node, context);
        }
        if context.is_a(node, "tGateway") {
            gateways::check(node, context);
        }
        if is(node, "messageFlow") {
            message_flows::check(node, context);
        }
        if is(node, "process") || context.is_a(node, "tSubProcess") {
            connections::check(node, context);
        }
    }
    links::check(context);
}
