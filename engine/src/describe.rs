//! What people see of a definition: names and types of its elements, as the process format spells them.

use crate::definitions::{ElementName, FlowName};
use interpreter::Process;
use model::{
    ActivityKind, Element, ElementKind, Flow, FlowCondition, Gateway, ProcessDefinition, SubProcessKind, Trigger,
};
use std::collections::HashMap;

/// By element index.
pub fn element_names(model: &ProcessDefinition, process: &Process) -> Vec<ElementName> {
    let mut types = HashMap::new();
    each_element(&model.elements, None, &mut |element, _| {
        types.insert(element.id.clone(), element_type(&element.kind));
    });
    let name = |element: &interpreter::process::Element| ElementName {
        id: element.id.clone(),
        name: element.name.clone().unwrap_or_default(),
        element_type: types.get(&element.id).cloned().unwrap_or_default(),
    };
    process.elements.iter().map(name).collect()
}

/// By flow index.
pub fn flow_names(model: &ProcessDefinition, process: &Process) -> Vec<FlowName> {
    let mut conditions = HashMap::new();
    each_flow(&model.flows, &model.elements, &mut |flow| {
        conditions.insert(flow.id.clone(), condition(flow));
    });
    let name = |flow: &interpreter::process::Flow| FlowName {
        id: flow.id.clone(),
        from: process.element(flow.from).id.clone(),
        to: process.element(flow.to).id.clone(),
        condition: conditions.get(&flow.id).cloned().unwrap_or_default(),
    };
    process.flows.iter().map(name).collect()
}

/// For the API, parents before children.
pub fn elements(model: &ProcessDefinition) -> Vec<proto::ElementInfo> {
    let mut elements = Vec::new();
    each_element(&model.elements, None, &mut |element, parent| {
        elements.push(proto::ElementInfo {
            id: element.id.clone(),
            name: element.name.clone().unwrap_or_default(),
            r#type: element_type(&element.kind),
            properties: serde_json::to_vec(&element.properties).unwrap_or_default().into(),
            parent_id: parent.unwrap_or_default().to_owned(),
        });
    });
    elements
}

fn each_element<'m>(
    elements: &'m [Element],
    parent: Option<&'m str>,
    visit: &mut impl FnMut(&'m Element, Option<&'m str>),
) {
    for element in elements {
        visit(element, parent);
        each_element(element.children(), Some(&element.id), visit);
    }
}

fn each_flow<'m>(flows: &'m [Flow], elements: &'m [Element], visit: &mut impl FnMut(&'m Flow)) {
    flows.iter().for_each(&mut *visit);
    for element in elements {
        if let ElementKind::Activity(activity) = &element.kind
            && let ActivityKind::SubProcess(inner) = &activity.kind
        {
            each_flow(&inner.flows, &inner.elements, visit);
        }
    }
}

fn condition(flow: &Flow) -> String {
    match &flow.condition {
        FlowCondition::Unconditional => String::new(),
        FlowCondition::Default => "default".to_owned(),
        FlowCondition::Expression(expression) => expression.value.clone(),
    }
}

/// `<trigger><Position>` for events; the word of the format for all else.
pub fn element_type(kind: &ElementKind) -> String {
    match kind {
        ElementKind::StartEvent { trigger, .. } => event(trigger, "startEvent"),
        ElementKind::IntermediateCatchEvent { trigger } => event(trigger, "intermediateCatchEvent"),
        ElementKind::IntermediateThrowEvent { trigger: Trigger::None } => "intermediateEvent".to_owned(),
        ElementKind::IntermediateThrowEvent { trigger } => event(trigger, "intermediateThrowEvent"),
        ElementKind::BoundaryEvent { trigger, .. } => event(trigger, "boundaryEvent"),
        ElementKind::EndEvent { trigger } => event(trigger, "endEvent"),
        ElementKind::Activity(activity) => activity_type(&activity.kind).to_owned(),
        ElementKind::Gateway(gateway) => gateway_type(gateway).to_owned(),
        ElementKind::Artifact(name) => name.clone(),
    }
}

fn event(trigger: &Trigger, position: &str) -> String {
    let trigger = match trigger {
        Trigger::None => return position.to_owned(),
        Trigger::Message(_) => "message",
        Trigger::Timer(_) => "timer",
        Trigger::Signal { .. } => "signal",
        Trigger::Error { .. } => "error",
        Trigger::Escalation { .. } => "escalation",
        Trigger::Compensation { .. } => "compensation",
        Trigger::Conditional { .. } => "conditional",
        Trigger::Link { .. } => "link",
        Trigger::Cancel => "cancel",
        Trigger::Terminate => "terminate",
        Trigger::Multiple { .. } => "multiple",
    };
    let mut letters = position.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    format!("{trigger}{}{}", first.map(String::from).unwrap_or_default(), letters.as_str())
}

fn activity_type(kind: &ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Task => "task",
        ActivityKind::UserTask(_) => "userTask",
        ActivityKind::ManualTask => "manualTask",
        ActivityKind::ServiceTask(_) => "serviceTask",
        ActivityKind::ScriptTask(_) => "scriptTask",
        ActivityKind::SendTask(_) => "sendTask",
        ActivityKind::ReceiveTask(_) => "receiveTask",
        ActivityKind::BusinessRuleTask(_) => "businessRuleTask",
        ActivityKind::AgenticTask(_) => "agenticTask",
        ActivityKind::CallActivity(_) => "callActivity",
        ActivityKind::SubProcess(inner) => match inner.kind {
            SubProcessKind::Embedded => "subProcess",
            SubProcessKind::Event => "eventSubProcess",
            SubProcessKind::Transaction => "transaction",
            SubProcessKind::AdHoc { .. } => "adHocSubProcess",
        },
    }
}

fn gateway_type(gateway: &Gateway) -> &'static str {
    match gateway {
        Gateway::Exclusive => "exclusiveGateway",
        Gateway::Parallel => "parallelGateway",
        Gateway::Inclusive => "inclusiveGateway",
        Gateway::EventBased { .. } => "eventBasedGateway",
        Gateway::Complex { .. } => "complexGateway",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trigger_is_written_into_the_type() {
        assert_eq!(event(&Trigger::Terminate, "endEvent"), "terminateEndEvent");
        assert_eq!(event(&Trigger::None, "startEvent"), "startEvent");
        assert_eq!(element_type(&ElementKind::IntermediateThrowEvent { trigger: Trigger::None }), "intermediateEvent");
    }
}
