//! One process in two spellings: YAML to XML and back is the same process, with its picture.

use model::{Definitions, Element, Flow, Location};
use std::path::{Path, PathBuf};

/// Places in files differ between spellings; everything else does not.
fn without_places(mut definitions: Definitions) -> Definitions {
    fn scope(elements: &mut [Element], flows: &mut [Flow]) {
        flows.iter_mut().for_each(|flow| flow.location = Location::default());
        for element in elements {
            element.location = Location::default();
            if let model::ElementKind::Activity(activity) = &mut element.kind
                && let model::ActivityKind::SubProcess(inner) = &mut activity.kind
            {
                scope(&mut inner.elements, &mut inner.flows);
            }
        }
    }
    for process in &mut definitions.processes {
        process.location = Location::default();
        scope(&mut process.elements, &mut process.flows);
    }
    definitions
}

fn read(name: &str, text: &str) -> Definitions {
    let read = if text.starts_with('<') { model::bpmn::read(name, text) } else { model::yaml::read(name, text) };
    without_places(read.definitions.unwrap_or_else(|| panic!("{name}: {:#?}\n{text}", read.diagnostics)))
}

/// Through both writers, each of which may be first.
fn check(name: &str, text: &str) {
    let definitions = read(name, text);
    let yaml = model::yaml::write(&definitions);
    assert_eq!(read(name, &yaml), definitions, "{name}: {yaml}");
    let xml = model::bpmn::write_all(&definitions);
    let again = read(name, &xml);
    assert_eq!(again, definitions, "{name}: {xml}");
    assert_eq!(model::yaml::write(&again).lines().count(), yaml.lines().count(), "{name}");
    assert_eq!(model::bpmn::write_all(&again), xml, "{name}");
    let warnings = model::bpmn::read(name, &xml).diagnostics;
    let ours = ["UNSUPPORTED_EXTENSION", "UNKNOWN_ATTRIBUTE", "FOREIGN_ELEMENT", "ELEMENT_ORDER", "NOT_KEPT"];
    let own: Vec<_> = warnings.iter().filter(|warning| ours.contains(&warning.code.as_str())).collect();
    assert!(own.is_empty(), "{name}: {own:#?}\n{xml}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

#[test]
fn the_examples_are_the_same_in_both_spellings() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"), &mut found);
    let mut count = 0;
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.lines().any(|line| line.trim_end() == "process:") && !path.to_string_lossy().contains(".scenario.") {
            check(&path.to_string_lossy(), &text);
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn what_bpmn_has_no_place_for_comes_back() {
    let elements = "
    - {id: start, type: messageStartEvent, properties: {messageRef: 5, correlationKey: '${a}', documentation: why}}
    - {id: note, type: textAnnotation, name: a note, properties: {text: other words}}
    - {id: work, type: serviceTask, name: \"two\\nlines\", x: 10.5, y: 20, properties: {topic: t, retries: '3', retryBackoff: PT1S, custom: {headers: {k: [1, null, {x: true}]}, odd: \"a\\u0001b\"}}}
    - {id: agent, type: agenticTask, properties: {model: m, confidenceThreshold: 0.5, custom: {mcpTools: [a, b]}}}
    - {id: many, type: task, properties: {isMultiInstance: 'true', loopCardinality: 3, isSequential: 'false'}}
    - {id: again, type: task, properties: {loopCondition: 'n < 3', testBefore: false}}
    - {id: run, type: scriptTask, properties: {scriptFormat: Python, script: \"a = 1\\nif a < 2:\\n  b = 'x & y'\\n\"}}
    - {id: b1, type: errorBoundaryEvent, attachedToRef: work, properties: {cancelActivity: true}}
    - {id: b2, type: compensationBoundaryEvent, attachedToRef: work}
    - {id: undo, type: task, properties: {isForCompensation: true}}
    - {id: choose, type: exclusiveGateway}
    - {id: inner, type: subProcess, laneId: l1, poolId: p1, childElements: [{id: x, type: task}, {id: n2, type: group}, {id: y, type: task}], childConnections: [{from: x, to: y}]}
    - {id: on, type: eventSubProcess, properties: {isInterrupting: false}, childElements: [{id: os, type: timerStartEvent, properties: {timerDuration: 5000}}]}
    - {id: free, type: adHocSubProcess, properties: {ordering: sequential, completionCondition: done}, childElements: [{id: f1, type: task}]}
    - {id: any, type: multipleIntermediateThrowEvent, properties: {eventDefinitions: [{type: signal, signalRef: s}, {type: message, messageRef: m}]}}
    - {id: end, type: escalationEndEvent, unknownKey: 1, properties: {escalationCode: E}}";
    let flows = "
    - {id: f1x, from: start, to: work, properties: {diagram: {waypoints: [[1, 2], [3.5, 4]], label: {x: 1, y: 2, width: 3, height: 4}}}}
    - {id: a1, type: association, from: b2, to: undo}
    - {from: work, to: choose}
    - {from: choose, to: end, name: maybe, properties: {condition: }}
    - {from: choose, to: any, properties: {condition: \"${x > 1}\", custom: {a: 1}}}
    - {id: m1, type: messageFlow, from: p2, to: start}";
    let pools = "[{id: p1, name: Us, x: 0, y: 0, width: 900, height: 400, lanes: [{id: l1, name: A, height: 200}]}, {id: p2, lanes: [{id: l2}]}]";
    let text = format!(
        "process:\n  id: p\n  name: P\n  documentation: |\n    two\n    lines\n  colour: {{a: [1]}}\n  pools: {pools}\n  elements:{elements}\n  connections:{flows}\n"
    );
    check("f.yaml", &text);
}

#[test]
fn several_processes_of_a_file_may_use_the_same_ids() {
    let inside = "elements: [{id: s, type: startEvent}, {id: t, type: task}, {id: b, type: compensationBoundaryEvent, attachedToRef: t}], connections: [{id: f, from: s, to: t}]";
    let text = format!(
        "process:\n  id: p\n  {}\n  subProcessDefinitions:\n  - {{id: q, {inside}}}\n---\nprocess: {{id: r, isExecutable: false, {inside}}}\n",
        inside.replacen(", connections", "\n  connections", 1)
    );
    check("f.yaml", &text);
}

#[test]
fn message_flows_between_processes_are_those_of_a_collaboration() {
    let process = |id: &str, flows: &str| {
        format!(
            "process: {{id: {id}, elements: [{{id: s, type: startEvent}}, {{id: {id}_t, type: sendTask, properties: {{messageRef: m}}}}], connections: [{{id: f, from: s, to: {id}_t}}{flows}]}}\n"
        )
    };
    let there = ", {id: out, name: hello, type: messageFlow, from: p_t, to: q_t, properties: {custom: {a: 1}}}";
    let here = ", {id: in, type: messageFlow, from: q_t, to: p_t}, {id: in2, type: messageFlow, from: q_t, to: s}";
    let text = format!("{}---\n{}", process("p", &format!("{there}{here}")), process("q", ""));
    check("f.yaml", &text);
    let written = model::bpmn::write_all(&read("f.yaml", &text));
    assert_eq!(written.matches("<bpmn:messageFlow").count(), 3, "{written}");
    assert!(written.contains("sourceRef=\"p_t\" targetRef=\"q.q_t\""), "{written}");
    // One picture shows both, and the lines between them.
    assert_eq!(written.matches("<bpmndi:BPMNDiagram").count(), 1, "{written}");
    for shown in ["p-participant", "q-participant", "p_t", "q.q_t", "out", "in", "in2"] {
        assert_eq!(written.matches(&format!("bpmnElement=\"{shown}\"")).count(), 1, "{shown}: {written}");
    }
}

#[test]
fn a_line_of_ones_own_between_processes_stays_where_it_is() {
    let process = |id: &str, y: u32, flows: &str| {
        format!(
            "process: {{id: {id}, elements: [{{id: {id}_t, type: sendTask, x: 200, y: {y}, properties: {{messageRef: m}}}}], connections: [{flows}]}}\n"
        )
    };
    let flow =
        "{id: f, type: messageFlow, from: p_t, to: q_t, properties: {diagram: {waypoints: [[200, 140], [210, 260]]}}}";
    let text = format!("{}---\n{}", process("p", 100, flow), process("q", 300, ""));
    check("f.yaml", &text);
    let written = model::bpmn::write_all(&read("f.yaml", &text));
    assert!(
        written.contains("<di:waypoint x=\"210\" y=\"260\"/>") && !written.contains("of=\"properties.diagram"),
        "{written}"
    );
}

#[test]
fn a_repeated_ad_hoc_sub_process_has_two_completion_conditions() {
    let text = "process: {id: p, elements: [{id: a, type: adHocSubProcess, properties: {completionCondition: '${x > 1}', \
                loopCardinality: 3, multiInstanceCompletionCondition: '${y > 2}'}, childElements: [{id: t, type: task}]}]}";
    check("f.yaml", text);
    let definitions = read("f.yaml", text);
    let model::ElementKind::Activity(activity) = &definitions.processes[0].elements[0].kind else { panic!() };
    let Some(model::Repetition::MultiInstance(multi)) = &activity.repetition else { panic!() };
    assert!(multi.completion_condition.as_ref().is_some_and(|condition| condition.value.contains("y > 2")));
    let written = model::bpmn::write_all(&definitions);
    assert_eq!(written.matches("<bpmn:completionCondition").count(), 2, "{written}");
    assert!(!written.contains("of=\"properties.multiInstance"), "{written}");
}

#[test]
fn a_picture_of_a_modeller_survives_the_way_through_yaml() {
    let shape = |of: &str, x: f64, width: f64| {
        format!(
            "<di:BPMNShape id=\"{of}-d\" bpmnElement=\"{of}\"><dc:Bounds x=\"{x}\" y=\"10.125\" width=\"{width}\" height=\"36\"/><di:BPMNLabel><dc:Bounds x=\"1\" y=\"2\" width=\"3\" height=\"4\"/></di:BPMNLabel></di:BPMNShape>"
        )
    };
    let xml = format!(
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:di=\"http://www.omg.org/spec/BPMN/20100524/DI\" xmlns:dc=\"http://www.omg.org/spec/DD/20100524/DC\" xmlns:dd=\"http://www.omg.org/spec/DD/20100524/DI\" targetNamespace=\"urn:x\"><process id=\"p\" isExecutable=\"true\"><startEvent id=\"s\"/><endEvent id=\"e\"/><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"e\"/></process><di:BPMNDiagram id=\"d\"><di:BPMNPlane id=\"pl\" bpmnElement=\"p\">{}{}<di:BPMNEdge id=\"f-d\" bpmnElement=\"f\"><dd:waypoint x=\"140.33\" y=\"28\"/><dd:waypoint x=\"160\" y=\"90\"/><dd:waypoint x=\"200\" y=\"28\"/></di:BPMNEdge></di:BPMNPlane></di:BPMNDiagram></definitions>",
        shape("s", 104.5, 36.0),
        shape("e", 200.0, 36.0)
    );
    let definitions = read("f.bpmn", &xml);
    let written = model::bpmn::write_all(&read("f.yaml", &model::yaml::write(&definitions)));
    for piece in [
        "x=\"104.5\" y=\"10.125\" width=\"36\" height=\"36\"",
        "x=\"140.33\" y=\"28\"",
        "x=\"160\" y=\"90\"",
        "x=\"1\" y=\"2\" width=\"3\" height=\"4\"",
    ] {
        assert!(written.contains(piece), "{piece}: {written}");
    }
    assert!(!written.contains("baton:value"), "{written}");
}
