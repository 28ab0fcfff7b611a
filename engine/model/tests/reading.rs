//! Files as people write them, and what the reader says to each.

use model::yaml::read;
use model::{ActivityKind, Backoff, Element, ElementKind, FlowCondition, Repetition, SubProcessKind, Trigger};

/// A process around these elements and connections (YAML in flow or block style, without indentation).
fn process(elements: &str, connections: &str) -> String {
    let indent = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!("process:\n  id: p\n  elements:\n{}  connections:\n{}", indent(elements), indent(connections))
}

/// The codes of all diagnostics of `text`, in the order of the file, errors and warnings alike.
fn codes(text: &str) -> Vec<String> {
    read("file.yaml", text).diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect()
}

fn check(elements: &str, connections: &str, expected: &[&str]) {
    let text = process(elements, connections);
    assert_eq!(codes(&text), expected, "{text}");
}

/// The only element of a file that has no problems.
fn element(yaml: &str) -> Element {
    let text = process(yaml, "");
    let result = read("file.yaml", &text);
    assert_eq!(result.diagnostics, [], "{text}");
    result.definitions.unwrap().processes.remove(0).elements.remove(0)
}

fn activity(yaml: &str) -> model::Activity {
    match element(yaml).kind {
        ElementKind::Activity(activity) => *activity,
        other => panic!("{other:?} is not an activity"),
    }
}

#[test]
fn every_problem_is_reported_at_its_place_with_the_near_miss() {
    let text = process(
        "- {id: start, type: startEvnt}\n- {id: target_1, type: userTask, properties: {asignee: x, retries: many}}",
        "- {id: f, from: start, to: targt_1}",
    );
    let result = read("file.yaml", &text);
    assert!(result.definitions.is_none());
    let shown: Vec<String> = result.diagnostics.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "file.yaml:4:25: error[UNKNOWN_ELEMENT_TYPE]: `startEvnt` is not a type of element (did you mean `startEvent`?)",
            "file.yaml:5:51: warning[UNKNOWN_PROPERTY]: `asignee` means nothing to `userTask`; it is kept and has no effect (did you mean `assignee`?)",
            "file.yaml:5:72: error[EXPECTED_NUMBER]: `retries` must be a whole number, not `many`",
            "file.yaml:7:32: error[UNKNOWN_ELEMENT]: `targt_1` is not an element (did you mean `target_1`?)",
        ]
    );
}

#[test]
fn yaml_that_swallows_text_is_explained() {
    for (condition, code) in [("!done", "UNSUPPORTED_TAG"), ("{amount} > 5", "YAML_SYNTAX"), ("[a]", "EXPECTED_TEXT")] {
        let connection = format!("- id: f\n  from: a\n  to: a\n  properties:\n    condition: {condition}");
        let result = read("f", &process("- {id: a, type: task}", &connection));
        let problem = result.diagnostics.iter().find(|problem| problem.code == code);
        let hint = problem.and_then(|problem| problem.hint.clone()).unwrap_or_default();
        assert!(hint.contains("quotes"), "{condition}: {:?}", result.diagnostics);
    }
}

#[test]
fn duplicate_keys_are_errors() {
    check("- {id: a, type: task, name: x, name: y}", "", &["DUPLICATE_KEY"]);
}

#[test]
fn numbers_and_booleans_may_be_texts() {
    let multi = activity(
        "- {id: a, type: task, properties: {isMultiInstance: 'true', isSequential: 'false', loopCardinality: 3}}",
    );
    let Some(Repetition::MultiInstance(multi)) = multi.repetition else { panic!("not multi-instance") };
    assert!(!multi.is_sequential);
    assert_eq!(multi.cardinality.as_deref().map(String::as_str), Some("3"));
    let looped = activity("- {id: a, type: task, properties: {loopCondition: 'n < 3', loopMaximum: '5'}}");
    assert!(matches!(looped.repetition, Some(Repetition::StandardLoop { maximum: Some(5), test_before: false, .. })));
}

#[test]
fn job_options_take_milliseconds_durations_and_growing_delays() {
    let text = "- {id: a, type: serviceTask, properties: {retries: '2', jobTimeout: PT1M, retryBackoff: 'exponential(PT1S, 2, PT1M)'}}";
    let job = activity(text).job;
    assert_eq!((job.retries, job.timeout_ms), (Some(2), Some(60_000)));
    assert_eq!(job.retry_backoff, Some(Backoff { initial_ms: 1000, factor: 2.0, maximum_ms: 60_000 }));
    check("- {id: a, type: task, properties: {retryBackoff: soon}}", "", &["INVALID_BACKOFF"]);
    check("- {id: a, type: receiveTask, properties: {timeout: soon}}", "", &["INVALID_DURATION"]);
}

#[test]
fn a_timeout_in_milliseconds_becomes_iso_8601() {
    let ActivityKind::ReceiveTask(task) =
        activity("- {id: a, type: receiveTask, properties: {timeout: '300000'}}").kind
    else {
        panic!("not a receive task")
    };
    assert_eq!(task.timeout.as_deref().map(String::as_str), Some("PT5M"));
}

#[test]
fn groups_and_form_fields_have_short_and_long_forms() {
    let yaml = "- {id: a, type: userTask, properties: {candidateGroups: 'x, y', candidateUsers: [z],\n  custom: {formFields: [one, {name: two, type: select, options: [a, b], required: 'true'}]}}}";
    let ActivityKind::UserTask(task) = activity(yaml).kind else { panic!("not a user task") };
    assert_eq!(task.candidate_groups.len(), 2);
    assert_eq!(task.candidate_users.len(), 1);
    let names: Vec<&str> = task.form_fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
    assert!(task.form_fields[1].required);
}

#[test]
fn every_type_is_read_and_keeps_its_name() {
    for (name, properties) in [
        ("startEvent", ""),
        ("timerStartEvent", "timerCycle: R3/PT10S"),
        ("messageStartEvent", ""),
        ("conditionalStartEvent", "condition: a"),
        ("timerIntermediateCatchEvent", "timerDate: '2030-01-01T00:00:00Z'"),
        ("intermediateEvent", ""),
        ("signalIntermediateThrowEvent", "signalRef: s"),
        ("multipleIntermediateThrowEvent", "eventDefinitions: [{type: signal, signalRef: s}]"),
        ("endEvent", ""),
        ("terminateEndEvent", ""),
        ("errorEndEvent", "errorCode: e"),
        ("task", ""),
        ("manualTask", ""),
        ("sendTask", "to: a"),
        ("scriptTask", "script: x"),
        ("businessRuleTask", "decisionRef: d"),
        ("agenticTask", "confidenceThreshold: '0.5'"),
        ("callActivity", "calledElement: q"),
        ("textAnnotation", "text: hello"),
    ] {
        let element = element(&format!("- {{id: a, type: {name}, properties: {{{properties}}}}}"));
        assert_eq!(element.kind.type_name(), name);
    }
}

#[test]
fn the_interruption_of_an_event_sub_process_holds_for_its_start_event() {
    let yaml = "- {id: e, type: eventSubProcess, properties: {isInterrupting: false}, childElements: [\n    {id: s, type: signalStartEvent, properties: {signalRef: x}}]}";
    let ActivityKind::SubProcess(sub_process) = activity(yaml).kind else { panic!("not a sub-process") };
    assert_eq!(sub_process.kind, SubProcessKind::Event);
    let ElementKind::StartEvent { trigger: Trigger::Signal { .. }, is_interrupting: false } =
        sub_process.elements[0].kind
    else {
        panic!("{:?}", sub_process.elements[0].kind)
    };
}

#[test]
fn an_empty_condition_means_the_default_flow() {
    let elements = "- {id: a, type: task}\n- {id: b, type: task}";
    let flows = "- {from: a, to: b, properties: {condition: 'x > 1'}}\n- {from: a, to: b, properties: {condition: }}\n- {from: a, to: b}";
    let definitions = read("f", &process(elements, flows)).definitions.unwrap();
    let conditions: Vec<&FlowCondition> = definitions.processes[0].flows.iter().map(|flow| &flow.condition).collect();
    assert!(matches!(conditions[0], FlowCondition::Expression(text) if text.value == "x > 1"));
    assert_eq!(conditions[1], &FlowCondition::Default);
    assert_eq!(conditions[2], &FlowCondition::Unconditional);
}

#[test]
fn local_processes_have_three_names_and_documents_may_be_several() {
    for key in ["subProcessDefinitions", "subprocess_definitions", "subProcesses"] {
        let text = format!("process:\n  id: p\n  {key}: [{{id: q}}]\n---\nprocess: {{id: r}}\n");
        let processes = read("f", &text).definitions.unwrap().processes;
        let ids: Vec<(&str, Option<&str>)> =
            processes.iter().map(|process| (process.id.as_str(), process.local_to.as_deref())).collect();
        assert_eq!(ids, [("p", None), ("q", Some("p")), ("r", None)]);
    }
}

#[test]
fn unknown_keys_are_kept_and_reported() {
    let result = read("f", "process: {id: p, colour: blue}");
    assert_eq!(result.diagnostics[0].code, "UNKNOWN_KEY");
    assert_eq!(result.definitions.unwrap().processes[0].extra["colour"], "blue");
}

#[test]
fn files_beyond_the_limits_are_refused() {
    let deep = format!("process: {{id: p, custom: {}{}}}", "[".repeat(40), "]".repeat(40));
    let many = format!("process: {{id: p, custom: [{}]}}", "1,".repeat(20_001));
    let aliases = format!("process: {{id: p, custom: [&a 1, {}]}}", "*a ,".repeat(101));
    let laughs = "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    for (text, code) in [
        (deep.as_str(), "NESTING_TOO_DEEP"),
        (many.as_str(), "TOO_MANY_NODES"),
        (aliases.as_str(), "TOO_MANY_ALIASES"),
        (laughs, "TOO_MANY_NODES"),
        ("process: {id: p, custom: &a [*a]}", "RECURSIVE_ALIAS"),
        (&"#".repeat(1_048_577), "FILE_TOO_LARGE"),
        ("", "EMPTY_FILE"),
        ("other: 1", "MISSING_PROCESS"),
    ] {
        assert!(codes(text).iter().any(|found| found == code), "{code}: {:?}", codes(text));
    }
}

/// Every prefix, and every single letter replaced by one that means something in YAML.
#[test]
fn mutated_files_never_panic() {
    let source = process(
        "- id: a\n  type: timerBoundaryEvent\n  attachedToRef: b\n  properties: {timerDuration: PT5S}\n- id: b\n  type: subProcess\n  childElements: [{id: c, type: userTask, properties: {custom: {formFields: [x]}}}]",
        "- {id: f, from: a, to: b, properties: {condition: \"${x}\"}}",
    );
    for index in 0..source.len() {
        read("f", &source[..index]);
        for replacement in ["{", "[", ":", "&a ", "*a", "!", "-", "\n", "\t", "'", "\u{0}", "ü", "9e999"] {
            read("f", &format!("{}{replacement}{}", &source[..index], &source[index + 1..]));
        }
    }
}

#[test]
fn properties_that_an_element_needs_are_asked_for() {
    for (element, code) in [
        ("{id: a, type: timerStartEvent}", "MISSING_PROPERTY"),
        ("{id: a, type: timerStartEvent, properties: {timerDuration: PT1S, timerCycle: R3/PT1S}}", "AMBIGUOUS_TIMER"),
        ("{id: a, type: timerStartEvent, properties: {timerCycle: R3}}", "INVALID_CYCLE"),
        ("{id: a, type: conditionalStartEvent}", "MISSING_PROPERTY"),
        ("{id: a, type: signalStartEvent}", "MISSING_PROPERTY"),
        ("{id: a, type: callActivity}", "MISSING_PROPERTY"),
        ("{id: a, type: serviceTask, properties: {implementation: Web Service}}", "MISSING_PROPERTY"),
        ("{id: a, type: task, properties: {isMultiInstance: true}}", "MISSING_PROPERTY"),
        ("{id: a, type: scriptTask, properties: {scriptFormat: cobol, script: x}}", "INVALID_VALUE"),
        ("{id: a, type: agenticTask, properties: {confidenceThreshold: 80}}", "INVALID_VALUE"),
        ("{id: a}", "MISSING_PROPERTY"),
        ("{type: task}", "MISSING_PROPERTY"),
    ] {
        check(&format!("- {element}"), "", &[code]);
    }
}

#[test]
fn a_web_service_is_called_in_one_of_several_ways() {
    for custom in ["endpoint: 'https://example.com'", "operation: 'https://example.com/api.yaml#get'", "sql: select 1"]
    {
        let properties = format!("{{implementation: Web Service, custom: {{{custom}}}}}");
        check(&format!("- {{id: a, type: serviceTask, properties: {properties}}}"), "", &[]);
    }
}
