//! Files of other tools: what becomes of them, and what is said about the rest.

use model::{
    ActivityKind, Backoff, Binding, BusinessRuleTask, Element, ElementKind, FlowCondition, FlowKind, ProcessDefinition,
    Repetition, ServiceTask, Timer, Trigger,
};
use serde_json::json;

const NAMESPACES: &str = "xmlns:b=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" \
    xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" xmlns:di=\"http://www.omg.org/spec/BPMN/20100524/DI\" \
    xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" xmlns:dd=\"http://www.omg.org/spec/DD/20100524/DI\" \
    xmlns:baton=\"urn:baton:bpmn\"";

fn file(beside: &str, process: &str) -> String {
    format!(
        "<b:definitions {NAMESPACES} targetNamespace=\"urn:x\">{beside}\
         <b:process id=\"p\" isExecutable=\"true\">{process}</b:process></b:definitions>"
    )
}

fn read_with(beside: &str, process: &str) -> (ProcessDefinition, Vec<String>) {
    let text = file(beside, process);
    let mut read = model::bpmn::read("f.bpmn", &text);
    let codes = read.diagnostics.iter().map(|problem| problem.code.clone()).collect();
    let process = read.definitions.take().unwrap_or_else(|| panic!("{:#?}", read.diagnostics)).processes.remove(0);
    (process, codes)
}

/// The first element, which is said to be sound.
fn element_with(beside: &str, xml: &str) -> Element {
    read_with(beside, xml).0.elements.remove(0)
}

fn activity(xml: &str) -> model::Activity {
    match element_with("", xml).kind {
        ElementKind::Activity(activity) => *activity,
        other => panic!("{other:?}"),
    }
}

fn extended(tag: &str, attributes: &str, extensions: &str) -> String {
    format!("<b:{tag} id=\"a\" {attributes}><b:extensionElements>{extensions}</b:extensionElements></b:{tag}>")
}

#[test]
fn messages_signals_errors_and_escalations_go_by_their_names_and_codes() {
    let beside = "<b:message id=\"m1\" name=\"paid\"><b:extensionElements><zeebe:subscription correlationKey=\"=order\"/></b:extensionElements></b:message>\
        <b:signal id=\"s1\" name=\"stop\"/><b:error id=\"e1\" errorCode=\"E\"/><b:escalation id=\"x1\" escalationCode=\"X\"/>";
    let trigger = |definition: &str| {
        let xml = format!("<b:intermediateThrowEvent id=\"a\">{definition}</b:intermediateThrowEvent>");
        match element_with(beside, &xml).kind {
            ElementKind::IntermediateThrowEvent { trigger } => trigger,
            other => panic!("{other:?}"),
        }
    };
    let Trigger::Message(message) = trigger("<b:messageEventDefinition messageRef=\"m1\"/>") else { panic!() };
    assert_eq!(message.message_ref.as_deref(), Some("paid"));
    assert_eq!(message.correlation_key.as_deref().map(String::as_str), Some("${order}"));
    assert!(
        matches!(trigger("<b:signalEventDefinition signalRef=\"s1\"/>"), Trigger::Signal { signal_ref } if signal_ref.value == "stop")
    );
    assert_eq!(
        trigger("<b:escalationEventDefinition escalationRef=\"x1\"/>"),
        Trigger::Escalation { code: Some("X".into()) }
    );
    let boundary = "<b:boundaryEvent id=\"a\" attachedToRef=\"t\"><b:errorEventDefinition errorRef=\"e1\"/></b:boundaryEvent><b:task id=\"t\"/>";
    let ElementKind::BoundaryEvent { trigger, cancel_activity, .. } = element_with(beside, boundary).kind else {
        panic!()
    };
    assert_eq!((trigger, cancel_activity), (Trigger::Error { code: Some("E".into()) }, true));
}

#[test]
fn definitions_are_found_by_reference_and_several_make_a_multiple_event() {
    let beside = "<b:timerEventDefinition id=\"t1\"><b:timeCycle>R3/PT1S</b:timeCycle></b:timerEventDefinition><b:signal id=\"s1\"/>";
    let one = "<b:startEvent id=\"a\"><b:eventDefinitionRef>t1</b:eventDefinitionRef></b:startEvent>";
    let ElementKind::StartEvent { trigger, .. } = element_with(beside, one).kind else { panic!() };
    assert!(matches!(trigger, Trigger::Timer(Timer::Cycle(text)) if text.value == "R3/PT1S"));
    let two = "<b:startEvent id=\"a\" parallelMultiple=\"true\"><b:signalEventDefinition signalRef=\"s1\"/><b:eventDefinitionRef>t1</b:eventDefinitionRef></b:startEvent>";
    let ElementKind::StartEvent { trigger: Trigger::Multiple { triggers, parallel }, .. } =
        element_with(beside, two).kind
    else {
        panic!()
    };
    assert!(parallel && triggers.len() == 2);
}

#[test]
fn what_a_multi_instance_activity_throws_goes_by_the_name_of_its_signal() {
    let multi = |attributes: &str, inside: &str| {
        let xml = format!(
            "<b:task id=\"a\"><b:multiInstanceLoopCharacteristics {attributes}><b:loopCardinality>3</b:loopCardinality>{inside}</b:multiInstanceLoopCharacteristics></b:task>"
        );
        let beside = "<b:signal id=\"s1\" name=\"done\"/><b:signalEventDefinition id=\"d1\" signalRef=\"s1\"/>";
        element_with(beside, &xml).properties
    };
    assert_eq!(multi("behavior=\"One\" oneBehaviorEventRef=\"d1\"", "")["oneBehaviorEventRef"], "done");
    let complex = "<b:complexBehaviorDefinition><b:condition>x == 1</b:condition><b:event><b:signalEventDefinition signalRef=\"s1\"/></b:event></b:complexBehaviorDefinition>";
    let entries = json!([{"condition": "x == 1", "event": "done"}]);
    assert_eq!(multi("behavior=\"Complex\"", complex)["complexBehavior"], entries);
}

#[test]
fn camunda_7_tasks_keep_their_topics_people_forms_and_mappings() {
    let ActivityKind::ServiceTask(ServiceTask::External { topic }) =
        activity("<b:serviceTask id=\"a\" camunda:type=\"external\" camunda:topic=\"charge\"/>").kind
    else {
        panic!()
    };
    assert_eq!(topic, "charge");
    let form = "<camunda:formData><camunda:formField id=\"sum\" label=\"Sum\" type=\"long\"/><camunda:formField id=\"way\" type=\"enum\"><camunda:value id=\"x\" name=\"X\"/></camunda:formField></camunda:formData>";
    let xml = extended("userTask", "camunda:assignee=\"#{who}\" camunda:candidateGroups=\"a, b\"", form);
    let (process, codes) = read_with("", &xml);
    assert_eq!(codes, [""; 0]);
    let ElementKind::Activity(task) = &process.elements[0].kind else { panic!() };
    let ActivityKind::UserTask(task) = &task.kind else { panic!() };
    assert_eq!(task.assignee.as_deref().map(String::as_str), Some("${who}"));
    assert_eq!((task.candidate_groups.len(), task.form_fields.len(), task.form_fields[1].options.len()), (2, 2, 1));
    let mappings = "<camunda:inputOutput><camunda:inputParameter name=\"x\">${y + 1}</camunda:inputParameter><camunda:inputParameter name=\"z\">it is \"so\"</camunda:inputParameter></camunda:inputOutput>";
    let element = element_with("", &extended("serviceTask", "", mappings));
    let sources: Vec<&str> = element.input_mappings.iter().map(|mapping| mapping.source.as_str()).collect();
    assert_eq!(sources, ["${y + 1}", "\"it is \\\"so\\\"\""]);
}

#[test]
fn camunda_7_calls_pass_what_they_name() {
    let xml = extended(
        "callActivity",
        "calledElement=\"q\" camunda:calledElementBinding=\"version\" camunda:calledElementVersion=\"3\"",
        "<camunda:in source=\"x\" target=\"y\"/><camunda:in variables=\"all\"/>",
    );
    let ActivityKind::CallActivity(call) = activity(&xml).kind else { panic!() };
    assert_eq!(
        (call.called_element.value.as_str(), call.inherit_variables, call.binding),
        ("q", true, Binding::Version(3))
    );
}

#[test]
fn decisions_are_called_in_both_dialects() {
    let asks = |xml: &str| {
        let element = element_with("", xml);
        let ElementKind::Activity(activity) = element.kind else { panic!() };
        let ActivityKind::BusinessRuleTask(BusinessRuleTask::Decision { decision_ref, binding }) = activity.kind else {
            panic!("{xml}")
        };
        (decision_ref.value, binding, activity.result_variable)
    };
    let attributes = "camunda:decisionRef=\"risk\" camunda:decisionRefBinding=\"version\" camunda:decisionRefVersion=\"2\" camunda:mapDecisionResult=\"singleEntry\" camunda:resultVariable=\"r\"";
    let seven = extended("businessRuleTask", attributes, "");
    assert_eq!(asks(&seven), ("risk".to_owned(), Binding::Version(2), Some("r".to_owned())));
    let called = "<zeebe:calledDecision decisionId=\"=kind\" resultVariable=\"r\" bindingType=\"deployment\"/>";
    let eight = extended("businessRuleTask", "", called);
    assert_eq!(asks(&eight), ("${kind}".to_owned(), Binding::Deployment, Some("r".to_owned())));
}

#[test]
fn camunda_8_tasks_keep_their_types_retries_headers_and_loops() {
    let extensions = "<zeebe:taskDefinition type=\"charge\" retries=\"5\"/><zeebe:taskHeaders><zeebe:header key=\"k\" value=\"v\"/></zeebe:taskHeaders><zeebe:ioMapping><zeebe:input source=\"=a\" target=\"b\"/><zeebe:output source=\"=c\" target=\"d\"/></zeebe:ioMapping>";
    let element = element_with("", &extended("serviceTask", "", extensions));
    assert_eq!(element.custom["headers"], json!({"k": "v"}));
    assert_eq!((element.input_mappings.len(), element.output_mappings.len()), (1, 1));
    let ElementKind::Activity(activity_) = element.kind else { panic!() };
    assert_eq!(activity_.job.retries, Some(5));
    let loops = "<b:serviceTask id=\"a\"><b:multiInstanceLoopCharacteristics isSequential=\"true\"><b:extensionElements><zeebe:loopCharacteristics inputCollection=\"=items\" inputElement=\"item\" outputCollection=\"results\" outputElement=\"=result\"/></b:extensionElements></b:multiInstanceLoopCharacteristics></b:serviceTask>";
    let Some(Repetition::MultiInstance(multi)) = activity(loops).repetition else { panic!() };
    assert!(multi.is_sequential);
    assert_eq!(multi.output_collection.as_deref(), Some("results"));
    let script = extended("scriptTask", "", "<zeebe:script expression=\"=1 + 1\" resultVariable=\"two\"/>");
    let ActivityKind::ScriptTask(script) = activity(&script).kind else { panic!() };
    assert_eq!((script.format, script.script.value.as_str()), (model::ScriptFormat::Feel, "1 + 1"));
}

#[test]
fn our_own_words_come_first_unless_the_file_was_changed_since() {
    let values = "<baton:value of=\"properties.topic\" is=\"&quot;charge&quot;\"/><baton:value of=\"properties.retryBackoff\" is=\"&quot;PT1S&quot;\"/><baton:value of=\"name\" is=\"&quot;old&quot;\" was=\"0\"/>";
    let element = element_with("", &extended("serviceTask", "name=\"new\"", values));
    assert_eq!(element.name.as_deref(), Some("new"));
    assert_eq!(element.properties["topic"], "charge");
    let ElementKind::Activity(activity) = element.kind else { panic!() };
    assert_eq!(activity.job.retry_backoff, Some(Backoff { initial_ms: 1000, factor: 1.0, maximum_ms: 1000 }));
}

#[test]
fn conditions_and_defaults_are_those_of_the_flows() {
    let xml = "<b:exclusiveGateway id=\"g\" default=\"d\"/><b:task id=\"t\"/><b:sequenceFlow id=\"c\" sourceRef=\"g\" targetRef=\"t\"><b:conditionExpression>#{x &gt; 1}</b:conditionExpression></b:sequenceFlow><b:sequenceFlow id=\"d\" sourceRef=\"g\" targetRef=\"t\"/>";
    let (process, _) = read_with("", xml);
    assert!(matches!(&process.flows[0].condition, FlowCondition::Expression(text) if text.value == "${x > 1}"));
    assert_eq!(process.flows[1].condition, FlowCondition::Default);
}

#[test]
fn the_picture_is_kept() {
    let xml = "<b:subProcess id=\"s\"><b:task id=\"t\"/></b:subProcess><b:textAnnotation id=\"n\"><b:text>why</b:text></b:textAnnotation><b:association id=\"f\" sourceRef=\"s\" targetRef=\"n\"/>";
    let shape = |of: &str, x: f64, y: f64, width: f64, height: f64| {
        format!(
            "<di:BPMNShape bpmnElement=\"{of}\"><dc:Bounds x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/></di:BPMNShape>"
        )
    };
    let edge =
        "<di:BPMNEdge bpmnElement=\"f\"><dd:waypoint x=\"1\" y=\"2\"/><dd:waypoint x=\"3.5\" y=\"4\"/></di:BPMNEdge>";
    let plane = format!(
        "<di:BPMNDiagram><di:BPMNPlane>{}{}{edge}</di:BPMNPlane></di:BPMNDiagram>",
        shape("s", 100.0, 100.0, 300.0, 200.0),
        shape("t", 110.0, 120.0, 100.0, 80.0)
    );
    let text = file("", xml).replace("</b:definitions>", &format!("{plane}</b:definitions>"));
    let process = model::bpmn::read("f", &text).definitions.unwrap().processes.remove(0);
    let bounds = process.elements[0].bounds.unwrap();
    assert_eq!((bounds.x, bounds.y, bounds.width, bounds.height), (250.0, 200.0, Some(300.0), Some(200.0)));
    let inner = process.elements[0].children()[0].bounds.unwrap();
    assert_eq!((inner.x, inner.y), (-90.0, -40.0));
    assert_eq!(process.elements[1].properties["text"], "why");
    assert_eq!(process.flows[0].kind, FlowKind::Association);
    assert_eq!(process.flows[0].properties["diagram"]["waypoints"], json!([[1, 2], [3.5, 4]]));
}

#[test]
fn pools_lanes_and_message_flows_are_kept() {
    let beside = "<b:collaboration id=\"c\"><b:participant id=\"own\" name=\"Us\" processRef=\"p\"/><b:participant id=\"other\"/><b:messageFlow id=\"m\" sourceRef=\"t\" targetRef=\"other\"/></b:collaboration>";
    let xml = "<b:laneSet id=\"l\"><b:lane id=\"l1\" name=\"Sales\"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:laneSet><b:task id=\"t\"/>";
    let (process, codes) = read_with(beside, xml);
    assert_eq!(codes, [""; 0]);
    assert_eq!(process.pools.len(), 2);
    assert_eq!(process.pools[0].lanes[0].name.as_deref(), Some("Sales"));
    assert_eq!(process.elements[0].lane_id.as_deref(), Some("l1"));
    assert_eq!(process.flows[0].kind, FlowKind::Message);
}

#[test]
fn what_a_collaboration_says_about_an_element_is_kept_with_it() {
    let beside = "<b:collaboration id=\"c\"><b:participant id=\"own\" processRef=\"p\"/><b:textAnnotation id=\"n\"><b:text>why</b:text></b:textAnnotation><b:association id=\"a\" sourceRef=\"t\" targetRef=\"n\"/></b:collaboration>";
    let (process, codes) = read_with(beside, "<b:task id=\"t\"/>");
    assert_eq!(codes, [""; 0]);
    assert_eq!(process.elements[1].properties["text"], "why");
    assert_eq!(process.flows[0].kind, FlowKind::Association);
}

#[test]
fn what_means_nothing_here_is_named_with_its_place() {
    let xml = "<b:serviceTask id=\"a\" camunda:asyncBefore=\"true\" camunda:class=\"com.example.Charge\"/>\n<b:task id=\"b\" camunda:asyncBefore=\"true\" colour=\"red\"/>";
    let text = file("", xml);
    let said: Vec<(String, u32)> = model::bpmn::read("f", &text)
        .diagnostics
        .into_iter()
        .map(|problem| (problem.code, problem.location.line))
        .collect();
    let expected = [("UNSUPPORTED_EXTENSION", 1), ("UNSUPPORTED_EXTENSION", 1), ("UNKNOWN_ATTRIBUTE", 2)];
    assert_eq!(said, expected.map(|(code, line)| (code.to_owned(), line)));
}
