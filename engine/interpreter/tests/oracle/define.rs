//! From a drawing to the definition that the YAML reader would make of it, without writing and reading.
//!
//! Reading takes as long as running, so the models that run are not read; that they would read the same is a test here.

use crate::drawing::{Edge, Node, Scope};
use model::*;
use serde_json::{Map, Value};

pub fn define(drawing: &Scope) -> ProcessDefinition {
    let (elements, flows) = scope(drawing);
    ProcessDefinition { id: "generated".to_owned(), is_executable: true, elements, flows, ..Default::default() }
}

fn scope(scope: &Scope) -> (Vec<Element>, Vec<Flow>) {
    let flows = scope.edges.iter().map(|edge| flow(scope, edge)).collect();
    (scope.nodes.iter().map(element).collect(), flows)
}

fn flow(scope: &Scope, edge: &Edge) -> Flow {
    let condition = match edge.properties.get("condition").and_then(Value::as_str) {
        Some(condition) => FlowCondition::Expression(Located::nowhere(condition.to_owned())),
        None if edge.properties.contains_key("isDefault") => FlowCondition::Default,
        None => FlowCondition::Unconditional,
    };
    let place = scope.edges.iter().position(|other| std::ptr::eq(other, edge)).unwrap_or_default();
    Flow {
        id: format!("{}_{}_{place}", edge.from, edge.to),
        name: edge.name.clone(),
        kind: if edge.is_association { FlowKind::Association } else { FlowKind::Sequence },
        from: Located::nowhere(edge.from.clone()),
        to: Located::nowhere(edge.to.clone()),
        condition,
        properties: Custom::new(),
        location: Location::default(),
    }
}

fn element(node: &Node) -> Element {
    let properties = &node.properties;
    let mapping = |it: &Value| {
        Some(Mapping {
            source: Located::nowhere(it["source"].as_str()?.to_owned()),
            target: it["target"].as_str()?.to_owned(),
        })
    };
    let mappings = |key: &str| {
        let all = properties.get(key).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(mapping).collect()
    };
    Element {
        id: node.id.clone(),
        name: None,
        kind: kind(node),
        documentation: None,
        input_mappings: mappings("inputMappings"),
        output_mappings: mappings("outputMappings"),
        bounds: None,
        pool_id: None,
        lane_id: None,
        custom: Custom::new(),
        properties: properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        location: Location::default(),
    }
}

fn kind(node: &Node) -> ElementKind {
    let (name, properties) = (node.type_name, &node.properties);
    let flag = |key: &str| properties.get(key).and_then(Value::as_bool).unwrap_or(true);
    if let Some(event) = name.strip_suffix("StartEvent").or(name.strip_suffix("startEvent")) {
        return ElementKind::StartEvent {
            trigger: trigger(event, properties),
            is_interrupting: flag("isInterrupting"),
        };
    }
    if let Some(event) = name.strip_suffix("IntermediateCatchEvent") {
        return ElementKind::IntermediateCatchEvent { trigger: trigger(event, properties) };
    }
    if let Some(event) = name.strip_suffix("IntermediateThrowEvent").or(name.strip_suffix("intermediateEvent")) {
        return ElementKind::IntermediateThrowEvent { trigger: trigger(event, properties) };
    }
    if let Some(event) = name.strip_suffix("BoundaryEvent") {
        let attached_to = Located::nowhere(node.attached_to.clone().unwrap_or_default());
        let cancel_activity = flag("cancelActivity");
        return ElementKind::BoundaryEvent { trigger: trigger(event, properties), attached_to, cancel_activity };
    }
    if let Some(event) = name.strip_suffix("EndEvent").or(name.strip_suffix("endEvent")) {
        return ElementKind::EndEvent { trigger: trigger(event, properties) };
    }
    match name {
        "exclusiveGateway" => ElementKind::Gateway(Gateway::Exclusive),
        "parallelGateway" => ElementKind::Gateway(Gateway::Parallel),
        "inclusiveGateway" => ElementKind::Gateway(Gateway::Inclusive),
        "eventBasedGateway" => {
            let instantiate = properties.get("instantiate").and_then(Value::as_bool).unwrap_or(false);
            let parallel = properties.get("eventGatewayType").is_some_and(|kind| kind == "Parallel");
            ElementKind::Gateway(Gateway::EventBased { instantiate, parallel })
        }
        "complexGateway" => {
            let activation_condition = located(properties, "activationCondition");
            ElementKind::Gateway(Gateway::Complex { activation_condition })
        }
        _ => ElementKind::Activity(Box::new(activity(node))),
    }
}

fn trigger(event: &str, properties: &Map<String, Value>) -> Trigger {
    match event {
        "message" => Trigger::Message(message(properties)),
        "timer" => Trigger::Timer(match located(properties, "timerDuration") {
            Some(duration) => Timer::Duration(duration),
            None => Timer::Cycle(located(properties, "timerCycle").unwrap_or_default()),
        }),
        "signal" => Trigger::Signal { signal_ref: located(properties, "signalRef").unwrap_or_default() },
        "error" => Trigger::Error { code: text(properties, "errorCode") },
        "escalation" => Trigger::Escalation { code: text(properties, "escalationCode") },
        "compensation" => {
            let activity_ref = located(properties, "activityRef");
            let waits = properties.get("waitForCompletion").and_then(Value::as_bool);
            Trigger::Compensation { activity_ref, wait_for_completion: waits.unwrap_or(true) }
        }
        "conditional" => Trigger::Conditional { condition: located(properties, "condition").unwrap_or_default() },
        "link" => Trigger::Link { name: located(properties, "linkName").unwrap_or_default() },
        "multiple" => {
            let definitions = properties.get("eventDefinitions").and_then(Value::as_array);
            let definitions = definitions.into_iter().flatten().filter_map(Value::as_object);
            let of = |it: &Map<String, Value>| trigger(it.get("type").and_then(Value::as_str).unwrap_or_default(), it);
            let parallel = properties.get("parallelMultiple").and_then(Value::as_bool).unwrap_or(false);
            Trigger::Multiple { triggers: definitions.map(of).collect(), parallel }
        }
        "cancel" => Trigger::Cancel,
        "terminate" => Trigger::Terminate,
        _ => Trigger::None,
    }
}

fn activity(node: &Node) -> Activity {
    let properties = &node.properties;
    let flag = |key: &str| properties.get(key).and_then(Value::as_bool).unwrap_or(true);
    let quantity = |key: &str| properties.get(key).and_then(Value::as_u64).unwrap_or(1) as u32;
    let kind = match node.type_name {
        "serviceTask" => ActivityKind::ServiceTask(ServiceTask::External { topic: node.id.clone() }),
        "userTask" => ActivityKind::UserTask(UserTask::default()),
        "receiveTask" => {
            let timeout = properties.get("timeout").map(|timeout| Located::nowhere(timeout.to_string()));
            ActivityKind::ReceiveTask(ReceiveTask { message: message(properties), timeout, instantiate: false })
        }
        "callActivity" => {
            let called_element = located(properties, "calledElement").unwrap_or_default();
            ActivityKind::CallActivity(CallActivity {
                called_element,
                inherit_variables: true,
                binding: Binding::Latest,
            })
        }
        "subProcess" => sub_process(node, SubProcessKind::Embedded),
        "eventSubProcess" => sub_process(node, SubProcessKind::Event),
        "transaction" => sub_process(node, SubProcessKind::Transaction),
        "adHocSubProcess" => {
            let is_sequential = text(properties, "ordering").is_some_and(|ordering| ordering == "Sequential");
            let kind = SubProcessKind::AdHoc {
                is_sequential,
                completion_condition: located(properties, "completionCondition"),
                cancel_remaining_instances: flag("cancelRemainingInstances"),
            };
            sub_process(node, kind)
        }
        _ => ActivityKind::Task,
    };
    Activity {
        kind,
        is_for_compensation: properties.contains_key("isForCompensation"),
        repetition: repetition(properties),
        start_quantity: quantity("startQuantity"),
        completion_quantity: quantity("completionQuantity"),
        job: JobOptions::default(),
        result_variable: text(properties, "resultVariable"),
    }
}

fn sub_process(node: &Node, kind: SubProcessKind) -> ActivityKind {
    let (elements, flows) = node.inside.as_ref().map(scope).unwrap_or_default();
    ActivityKind::SubProcess(SubProcess { kind, elements, flows })
}

fn repetition(properties: &Map<String, Value>) -> Option<Repetition> {
    let flag = |key: &str| properties.get(key).and_then(Value::as_bool).unwrap_or(false);
    if flag("isMultiInstance") {
        return Some(Repetition::MultiInstance(MultiInstance {
            is_sequential: flag("isSequential"),
            cardinality: located(properties, "loopCardinality"),
            output_collection: text(properties, "outputCollection"),
            output_element: located(properties, "outputElement"),
            completion_condition: located(properties, "completionCondition"),
            input_collection: located(properties, "inputCollection"),
            input_element: text(properties, "inputElement"),
            behavior: text(properties, "behavior"),
        }));
    }
    let (condition, maximum) = (located(properties, "loopCondition"), properties.get("loopMaximum"));
    let is_loop = condition.is_some() || maximum.is_some();
    let maximum = maximum.and_then(Value::as_u64);
    is_loop.then(|| Repetition::StandardLoop { condition, test_before: flag("testBefore"), maximum })
}

fn message(properties: &Map<String, Value>) -> MessageTrigger {
    let result_variable = text(properties, "resultVariable");
    MessageTrigger { message_ref: text(properties, "messageRef"), correlation_key: None, result_variable }
}

fn text(properties: &Map<String, Value>, key: &str) -> Option<String> {
    properties.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn located(properties: &Map<String, Value>, key: &str) -> Option<Located<String>> {
    text(properties, key).map(Located::nowhere)
}

mod tests {
    use super::*;
    use crate::draw::{Names, draw};
    use crate::generate::generate;

    #[test]
    fn a_drawing_is_defined_as_it_reads() {
        for seed in 0..60 {
            let drawing = draw(&generate(seed), Names::Plain);
            let read = model::yaml::read("generated.yaml", &drawing.yaml());
            let read = read.definitions.unwrap_or_else(|| panic!("{:?}\n{}", read.diagnostics, drawing.yaml()));
            let (read, defined) = (&read.processes[0], define(&drawing));
            same(&read.elements, &defined.elements);
            let ways = |flows: &[Flow]| -> Vec<_> {
                flows.iter().map(|it| (it.from.clone(), it.to.clone(), it.condition.clone(), it.kind)).collect()
            };
            assert_eq!(ways(&read.flows), ways(&defined.flows));
        }
    }

    fn same(read: &[Element], defined: &[Element]) {
        assert_eq!(read.len(), defined.len());
        for (read, defined) in read.iter().zip(defined) {
            same(read.children(), defined.children());
            assert_eq!(read.input_mappings, defined.input_mappings);
            assert_eq!(read.output_mappings, defined.output_mappings);
            assert_eq!(shallow(read), shallow(defined), "{}", read.id);
        }
    }

    /// All but what is inside, and how a timeout is spelled.
    fn shallow(element: &Element) -> ElementKind {
        let mut kind = element.kind.clone();
        if let ElementKind::Activity(activity) = &mut kind {
            match &mut activity.kind {
                ActivityKind::SubProcess(inside) => {
                    inside.elements.clear();
                    inside.flows.clear();
                }
                ActivityKind::ReceiveTask(receive) => receive.timeout = None,
                _ => {}
            }
        }
        kind
    }
}
