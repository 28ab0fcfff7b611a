//! How the elements of a process or sub-process hang together (BPMN 2.0, 8.4.13, 10.5.2, 10.5.3, 10.5.4).

use super::super::context::{Context, called, children, elements, flag, is, local, name_of};
use super::super::event::{definitions, trigger_name};
use super::super::flow::references;
use super::super::source::Xml;
use std::collections::{HashMap, HashSet};

pub(super) fn check<'a>(scope: Xml<'a>, context: &Context<'a>) {
    let nodes: Vec<Xml<'a>> = elements(scope).filter(|node| context.is_a(*node, "tFlowNode")).collect();
    let uses = Uses::of(&nodes);
    listed(scope, &nodes, context);
    for node in &nodes {
        defaults(*node, context);
        conditions(*node, context);
        compensation(scope, *node, context);
    }
    if is(scope, "adHocSubProcess") {
        return ad_hoc(scope, &nodes, context);
    }
    starts_and_ends(scope, &nodes, &uses, context);
    for node in &nodes {
        connected(*node, &uses, context);
    }
}

/// Whether there are start events and end events.
struct Uses {
    starts: bool,
    ends: bool,
}

impl Uses {
    fn of(nodes: &[Xml<'_>]) -> Self {
        let has = |name: &str| nodes.iter().any(|node| is(*node, name));
        Uses { starts: has("startEvent"), ends: has("endEvent") }
    }
}

/// 8.4.13: a flow node lists the flows that it has, where a file lists them at all.
fn listed<'a>(scope: Xml<'a>, nodes: &[Xml<'a>], context: &Context<'a>) {
    let mut listed: HashMap<(&str, String), Xml<'a>> = HashMap::new();
    for node in nodes {
        for name in ["incoming", "outgoing"] {
            for flow in references(*node, name) {
                let end = if name == "incoming" { "targetRef" } else { "sourceRef" };
                let own = context.resolve(&flow).filter(|flow| is(*flow, "sequenceFlow"));
                if own.is_some_and(|flow| flow.attribute(end).map(local) != node.attribute("id").map(str::trim)) {
                    let message = format!("{} lists the flow `{flow}` as {name}, which it is not", called(*node));
                    context.rule("INCONSISTENT_FLOW", *node, message);
                }
                listed.insert((name, flow), *node);
            }
        }
    }
    if listed.is_empty() {
        return;
    }
    let here: HashSet<_> = nodes.iter().map(|node| node.id()).collect();
    for flow in children(scope, "sequenceFlow") {
        let Some(id) = flow.attribute("id").map(str::trim) else { continue };
        for (name, end) in [("outgoing", "sourceRef"), ("incoming", "targetRef")] {
            let is_here = context.target(flow, end).is_some_and(|node| here.contains(&node.id()));
            if is_here && !listed.contains_key(&(name, id.to_owned())) {
                let node = flow.attribute(end).map(local).unwrap_or_default();
                let message = format!("`{node}` does not list the flow `{id}` as {name}");
                context.rule("INCONSISTENT_FLOW", flow, message);
            }
        }
    }
}

/// 10.2, 10.6: the default flow is one of those that leave the element.
fn defaults<'a>(node: Xml<'a>, context: &Context<'a>) {
    let Some(default) = context.target(node, "default").filter(|flow| is(*flow, "sequenceFlow")) else { return };
    if default.attribute("sourceRef").map(local) != node.attribute("id").map(str::trim) {
        let message = format!("the default flow of {} does not leave it", called(node));
        context.must("DEFAULT_FLOW_NOT_OUTGOING", node, message);
    }
}

/// 8.4.13: an activity that leaves by a condition has another way.
fn conditions<'a>(node: Xml<'a>, context: &Context<'a>) {
    if !context.is_a(node, "tActivity") {
        return;
    }
    if let [only] = context.outgoing(node)
        && children(*only, "conditionExpression").next().is_some()
    {
        let message = format!("the only flow that leaves {} has a condition", called(node));
        context.rule("CONDITION_WITHOUT_ALTERNATIVE", *only, message);
    }
}

/// 10.7.2: a compensation event leads to one activity that is for compensation, by an association.
fn compensation<'a>(scope: Xml<'a>, node: Xml<'a>, context: &Context<'a>) {
    let is_compensation =
        definitions(node, context).iter().any(|definition| trigger_name(*definition) == "compensation");
    if !is(node, "boundaryEvent") || !is_compensation {
        return;
    }
    let id = node.attribute("id").map(str::trim);
    let own = |association: &Xml<'a>| association.attribute("sourceRef").map(local) == id;
    let handlers: Vec<Xml<'a>> = children(scope, "association")
        .filter(own)
        .filter_map(|association| context.target(association, "targetRef"))
        .filter(|handler| context.is_a(*handler, "tActivity"))
        .collect();
    for handler in &handlers {
        if flag(*handler, "isForCompensation") != Some(true) {
            let message = format!("{} compensates, so it must say `isForCompensation=\"true\"`", called(*handler));
            context.rule("NOT_FOR_COMPENSATION", *handler, message);
        }
    }
    if handlers.len() != 1 && context.outgoing(node).is_empty() {
        let message =
            format!("{} leads to {} compensation handlers, and must lead to one", called(node), handlers.len());
        context.rule("COMPENSATION_HANDLER", node, message);
    }
}

/// 10.3.7: there is something to do in it.
fn ad_hoc<'a>(scope: Xml<'a>, nodes: &[Xml<'a>], context: &Context<'a>) {
    if !nodes.iter().any(|node| context.is_a(*node, "tActivity")) {
        let message = format!("the ad-hoc sub-process {} has no activity", called(scope));
        context.rule("AD_HOC_WITHOUT_ACTIVITY", scope, message);
    }
}

/// 10.5.2, 10.5.3: whoever uses start events uses end events, and the other way round.
fn starts_and_ends<'a>(scope: Xml<'a>, nodes: &[Xml<'a>], uses: &Uses, context: &Context<'a>) {
    let starts_otherwise = nodes.iter().any(|node| flag(*node, "instantiate") == Some(true));
    if uses.ends && !uses.starts && !starts_otherwise {
        let message = format!("{} has an end event and no start event", called(scope));
        context.rule("MISSING_START_EVENT", scope, message);
    }
    if uses.starts && !uses.ends {
        let message = format!("{} has a start event and no end event", called(scope));
        context.rule("MISSING_END_EVENT", scope, message);
    }
}

/// 10.5.2, 10.5.3: with start events, everything else is reached by a flow; with end events, everything else is left.
fn connected<'a>(node: Xml<'a>, uses: &Uses, context: &Context<'a>) {
    if node.attribute("id").is_none() {
        return;
    }
    let is_intermediate = matches!(name_of(node), "intermediateCatchEvent" | "intermediateThrowEvent");
    let triggers: Vec<&str> = definitions(node, context).into_iter().map(trigger_name).collect();
    let is_link = triggers.contains(&"link");
    let is_apart = flag(node, "isForCompensation") == Some(true) || flag(node, "triggeredByEvent") == Some(true);
    let instantiates = flag(node, "instantiate") == Some(true);
    let needs_incoming = match name_of(node) {
        "startEvent" | "boundaryEvent" => false,
        "intermediateCatchEvent" if is_link => false,
        "endEvent" => true,
        _ => is_intermediate || uses.starts,
    };
    if needs_incoming && !is_apart && !instantiates && context.incoming(node).is_empty() {
        context.rule("NO_INCOMING_FLOW", node, format!("no sequence flow leads to {}", called(node)));
    }
    let needs_outgoing = match name_of(node) {
        "endEvent" => false,
        "intermediateThrowEvent" if is_link => false,
        "boundaryEvent" if triggers.contains(&"compensation") => false,
        "startEvent" | "boundaryEvent" => true,
        _ => is_intermediate || uses.ends,
    };
    if needs_outgoing && !is_apart && context.outgoing(node).is_empty() {
        context.rule("NO_OUTGOING_FLOW", node, format!("no sequence flow leaves {}", called(node)));
    }
}
