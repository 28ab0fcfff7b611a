//! The structural rules of BPMN 2.0: one picture for each, and the codes that it earns.

/// Elements and connections as YAML flow sequences.
fn check(elements: &str, connections: &str, expected: &[&str]) {
    let text = format!("process: {{id: p, elements: [{elements}], connections: [{connections}]}}");
    let codes: Vec<String> =
        model::yaml::read("f", &text).diagnostics.into_iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, expected, "{text}");
}

const TASKS: &str = "{id: a, type: task}, {id: b, type: task}";

#[test]
fn ids_are_unique_in_a_process() {
    check("{id: a, type: task}, {id: a, type: task}", "", &["DUPLICATE_ID"]);
    check(TASKS, "{id: a, from: a, to: b}", &["DUPLICATE_ID"]);
    check(
        "{id: a, type: task}, {id: s, type: subProcess, childElements: [{id: a, type: task}]}",
        "",
        &["DUPLICATE_ID"],
    );
}

#[test]
fn flows_join_elements_of_one_scope() {
    check(TASKS, "{from: a, to: b}", &[]);
    check(TASKS, "{from: a, to: c}", &["UNKNOWN_ELEMENT"]);
    let sub_process = "{id: a, type: task}, {id: s, type: subProcess, childElements: [{id: c, type: task}]}";
    check(sub_process, "{from: a, to: c}", &["FLOW_CROSSES_SCOPE"]);
    check("{id: a, type: task}, {id: t, type: textAnnotation}", "{from: a, to: t}", &["FLOW_AT_ARTIFACT"]);
    check("{id: a, type: task}, {id: t, type: textAnnotation}", "{type: association, from: a, to: t}", &[]);
}

#[test]
fn events_have_flows_on_their_own_side_only() {
    check("{id: a, type: task}, {id: s, type: startEvent}", "{from: a, to: s}", &["START_EVENT_INCOMING"]);
    check("{id: a, type: task}, {id: e, type: endEvent}", "{from: e, to: a}", &["END_EVENT_OUTGOING"]);
    let boundary = "{id: a, type: task}, {id: b, type: errorBoundaryEvent, attachedToRef: a}";
    check(boundary, "{from: b, to: a}", &[]);
    check(boundary, "{from: a, to: b}", &["BOUNDARY_EVENT_INCOMING"]);
}

#[test]
fn a_boundary_event_is_attached_to_an_activity_of_its_scope() {
    let attached = |to: &str, expected: &[&str]| {
        let elements = format!(
            "{{id: b, type: errorBoundaryEvent, attachedToRef: {to}}}, {{id: task, type: task}}, {{id: e, type: endEvent}}, {{id: s, type: subProcess, childElements: [{{id: inner, type: task}}]}}"
        );
        check(&elements, "", expected);
    };
    attached("task", &[]);
    attached("s", &[]);
    attached("tsk", &["UNKNOWN_ELEMENT"]);
    attached("e", &["BOUNDARY_NOT_ON_ACTIVITY"]);
    attached("inner", &["BOUNDARY_CROSSES_SCOPE"]);
    attached("''", &["MISSING_PROPERTY"]);
    let calm =
        "{id: a, type: task}, {id: b, type: errorBoundaryEvent, attachedToRef: a, properties: {cancelActivity: false}}";
    check(calm, "", &["MUST_INTERRUPT"]);
}

#[test]
fn conditions_and_defaults_leave_what_can_choose() {
    let gateway = "{id: g, type: exclusiveGateway}, {id: p1, type: parallelGateway}, {id: a, type: task}";
    check(gateway, "{from: g, to: p1}, {from: p1, to: a, properties: {condition: x}}", &["CONDITION_NOT_ALLOWED"]);
    check(
        gateway,
        "{from: g, to: p1}, {from: p1, to: a, properties: {isDefault: true}}",
        &["DEFAULT_FLOW_NOT_ALLOWED"],
    );
    let defaults = "{from: g, to: a, properties: {isDefault: true}}, {from: g, to: p1, properties: {isDefault: true}}";
    check(gateway, defaults, &["SEVERAL_DEFAULT_FLOWS"]);
    let labels = "{from: g, to: a, name: yes}, {from: g, to: p1, properties: {isDefault: true}}";
    check(gateway, labels, &["LABEL_AS_CONDITION"]);
}

#[test]
fn gateways_are_connected_and_event_based_ones_lead_to_what_waits() {
    check("{id: g, type: parallelGateway}", "", &["UNCONNECTED_GATEWAY"]);
    let elements = "{id: g, type: eventBasedGateway}, {id: t, type: timerIntermediateCatchEvent, properties: {timerDuration: PT1S}}, {id: r, type: receiveTask}, {id: u, type: userTask}, {id: m, type: messageIntermediateCatchEvent}";
    check(elements, "{from: g, to: t}, {from: g, to: r}", &[]);
    check(elements, "{from: g, to: t}, {from: g, to: u}", &["EVENT_GATEWAY_TARGET"]);
    check(elements, "{from: g, to: m}, {from: g, to: r}", &["EVENT_GATEWAY_MIXED"]);
    check(elements, "{from: g, to: t}", &["EVENT_GATEWAY_WITHOUT_CHOICE"]);
}

#[test]
fn sub_processes_start_as_their_kind_does() {
    let inside = |kind: &str, children: &str, expected: &[&str]| {
        check(&format!("{{id: s, type: {kind}, childElements: [{children}]}}"), "", expected);
    };
    let (none, other) = ("{id: x, type: startEvent}", "{id: y, type: startEvent}");
    let signal = "{id: z, type: signalStartEvent, properties: {signalRef: q}}";
    inside("subProcess", none, &[]);
    inside("subProcess", &format!("{none}, {other}"), &["SEVERAL_START_EVENTS"]);
    inside("subProcess", signal, &["START_TRIGGER_NOT_ALLOWED"]);
    inside("eventSubProcess", signal, &[]);
    inside("eventSubProcess", none, &["EVENT_SUB_PROCESS_START"]);
    inside("eventSubProcess", "{id: t, type: task}", &["EVENT_SUB_PROCESS_START"]);
    inside(
        "eventSubProcess",
        "{id: e, type: errorStartEvent, properties: {isInterrupting: false}}",
        &["MUST_INTERRUPT"],
    );
    inside("adHocSubProcess", none, &["AD_HOC_EVENT"]);
    check("{id: e, type: errorStartEvent}", "", &["START_TRIGGER_NOT_ALLOWED"]);
    let flowing = format!("{{id: a, type: task}}, {{id: s, type: eventSubProcess, childElements: [{signal}]}}");
    check(&flowing, "{from: a, to: s}", &["EVENT_SUB_PROCESS_FLOW"]);
}

#[test]
fn what_starts_an_instance_is_not_reached() {
    let receive = "{id: a, type: task}, {id: r, type: receiveTask, properties: {instantiate: true}}";
    check(receive, "{from: r, to: a}", &[]);
    check(receive, "{from: a, to: r}", &["INSTANTIATE_INCOMING"]);
}

#[test]
fn cancel_events_belong_to_transactions() {
    check("{id: e, type: cancelEndEvent}", "", &["CANCEL_OUTSIDE_TRANSACTION"]);
    let transaction = "{id: t, type: transaction, childElements: [{id: e, type: cancelEndEvent}]}, {id: b, type: cancelBoundaryEvent, attachedToRef: t}";
    check(transaction, "", &[]);
    check(
        "{id: a, type: task}, {id: b, type: cancelBoundaryEvent, attachedToRef: a}",
        "",
        &["CANCEL_OUTSIDE_TRANSACTION"],
    );
}

#[test]
fn links_are_paired_and_compensation_names_an_activity() {
    let throw = "{id: t, type: linkIntermediateThrowEvent, properties: {linkName: x}}";
    let catch = "{id: c, type: linkIntermediateCatchEvent, properties: {linkName: x}}";
    check(&format!("{throw}, {catch}"), "", &[]);
    check(throw, "", &["UNPAIRED_LINK"]);
    check(&format!("{throw}, {catch}, {}", catch.replace("id: c", "id: d")), "", &["DUPLICATE_LINK"]);
    check("{id: e, type: compensationEndEvent, properties: {activityRef: nobody}}", "", &["UNKNOWN_ELEMENT"]);
}

#[test]
fn events_at_message_flows_have_a_message() {
    let events =
        "{id: a, type: sendTask, properties: {messageRef: m}}, {id: e, type: endEvent}, {id: s, type: startEvent}";
    check(events, "{type: messageFlow, from: a, to: s}", &["MESSAGE_FLOW_END"]);
    check(events, "{type: messageFlow, from: e, to: a}", &["MESSAGE_FLOW_END"]);
    let events = "{id: a, type: task}, {id: s, type: messageStartEvent, properties: {messageRef: m}}";
    check(events, "{type: messageFlow, from: a, to: s}", &[]);
}
