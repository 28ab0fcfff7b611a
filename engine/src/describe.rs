//! What people see of a definition: names and types of its elements, as the process format spells them.

use crate::definitions::{ElementName, FlowName};
use interpreter::Process;
use model::{ActivityKind, Element, ElementKind, Flow, FlowCondition, ProcessDefinition};
use std::collections::HashMap;

/// By element index.
pub fn element_names(model: &ProcessDefinition, process: &Process) -> Vec<ElementName> {
    let mut types = HashMap::new();
    each_element(&model.elements, None, &mut |element, _| {
        types.insert(element.id.clone(), element.kind.type_name());
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
            r#type: element.kind.type_name(),
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
