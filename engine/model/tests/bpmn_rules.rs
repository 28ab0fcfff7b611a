//! The rules of BPMN 2.0 XML: one small file for each, and the codes of the errors that it earns, each once.

/// A file of the bare standard with one executable process, and what stands beside it.
fn file(beside: &str, process: &str) -> String {
    format!(
        "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" targetNamespace=\"http://example.com\">{beside}\
         <process id=\"p\" isExecutable=\"true\">{process}</process></definitions>"
    )
}

fn errors(text: &str) -> Vec<String> {
    let read = model::bpmn::read("f.bpmn", text);
    assert!(read.diagnostics.iter().all(|problem| problem.location.line > 0), "{:?}", read.diagnostics);
    let mut codes: Vec<String> =
        read.diagnostics.into_iter().filter(model::Diagnostic::is_error).map(|problem| problem.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn check_with(beside: &str, process: &str, expected: &[&str]) {
    let text = file(beside, process);
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(errors(&text), expected, "{text}");
}

fn check(process: &str, expected: &[&str]) {
    check_with("", process, expected);
}

/// `a` to `b` to `c`, as flows.
fn flows(ids: &str) -> String {
    let ids: Vec<&str> = ids.split_whitespace().collect();
    let flow =
        |pair: &[&str]| format!("<sequenceFlow id=\"{0}-{1}\" sourceRef=\"{0}\" targetRef=\"{1}\"/>", pair[0], pair[1]);
    ids.windows(2).map(flow).collect()
}

/// A start event `s`, what is given, and an end event `e`, in a row with the middle called `m`.
fn row(middle: &str) -> String {
    format!("<startEvent id=\"s\"/>{middle}<endEvent id=\"e\"/>{}", flows("s m e"))
}

const TIMER: &str =
    "<timerEventDefinition><timeDuration xsi:type=\"tFormalExpression\">PT1S</timeDuration></timerEventDefinition>";

#[test]
fn a_sound_file_has_no_errors() {
    check(&row("<task id=\"m\"/>"), &[]);
    check(&row(&format!("<intermediateCatchEvent id=\"m\">{TIMER}</intermediateCatchEvent>")), &[]);
}

#[test]
fn what_has_no_meaning_without_a_process_is_refused() {
    let root = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" targetNamespace=\"urn:x\"/>";
    assert_eq!(errors(root), ["MISSING_PROCESS"]);
    assert_eq!(errors("<definitions/>"), ["NOT_BPMN"]);
    assert_eq!(errors("<html/>"), ["NOT_BPMN"]);
    assert_eq!(errors(""), ["XML_SYNTAX"]);
}

#[test]
fn the_schema_holds() {
    check(&row("<task/>"), &["MISSING_ID", "UNKNOWN_ELEMENT"]);
    check(&row("<tsk id=\"m\"/>"), &["UNKNOWN_ELEMENT_TYPE", "UNKNOWN_ELEMENT"]);
    check(&row("<task id=\"m\" isForCompensation=\"yes\"/>"), &["INVALID_VALUE"]);
    check(&row("<task id=\"m\" completionQuantity=\"-5\"/>"), &["INVALID_QUANTITY"]);
    check(&row("<task id=\"m\"><message/></task>"), &["ELEMENT_NOT_ALLOWED"]);
    check(&row("<task id=\"1m\"/>").replace("\"m\"", "\"1m\""), &["INVALID_VALUE"]);
    check(
        "<startEvent id=\"s\"/><endEvent id=\"e\"/><sequenceFlow id=\"f\" sourceRef=\"s\"/>",
        &["MISSING_ATTRIBUTE", "NO_INCOMING_FLOW"],
    );
    check(
        "<association id=\"a\" sourceRef=\"x\" targetRef=\"y\"/><task id=\"x\"/>",
        &["UNKNOWN_REFERENCE", "ELEMENT_ORDER"],
    );
    check(
        &row(
            "<task id=\"m\"><standardLoopCharacteristics/><multiInstanceLoopCharacteristics><loopCardinality xsi:type=\"tFormalExpression\">2</loopCardinality></multiInstanceLoopCharacteristics></task>",
        ),
        &["TOO_MANY_ELEMENTS"],
    );
    check(&row("<transaction id=\"m\" method=\"% no\"/>"), &["INVALID_VALUE"]);
    check(&(row("<task id=\"m\"/>") + "<task id=\"m\"/>"), &["DUPLICATE_ID"]);
}

#[test]
fn references_name_what_they_should() {
    check_with("<message id=\"x\" itemRef=\"p\"/>", &row("<task id=\"m\"/>"), &["WRONG_REFERENCE"]);
    check_with("<message id=\"x\" itemRef=\"y\"/>", &row("<task id=\"m\"/>"), &["UNKNOWN_REFERENCE"]);
    check(&row("<receiveTask id=\"m\" messageRef=\"s\"/>"), &["WRONG_REFERENCE"]);
    check(&row("<task id=\"m\"><incoming>s</incoming></task>"), &["WRONG_REFERENCE", "INCONSISTENT_FLOW"]);
}

#[test]
fn flows_are_listed_where_they_are_if_they_are_listed_at_all() {
    check(&row("<task id=\"m\"><incoming>s-m</incoming></task>"), &["INCONSISTENT_FLOW"]);
    check(&row("<task id=\"m\"><incoming>m-e</incoming><outgoing>m-e</outgoing></task>"), &["INCONSISTENT_FLOW"]);
    check(
        &row("<exclusiveGateway id=\"m\" default=\"s-m\"/>"),
        &["GATEWAY_WITHOUT_CHOICE", "DEFAULT_FLOW_NOT_OUTGOING"],
    );
}

#[test]
fn start_and_end_events_hold_the_rest_together() {
    check(&(row("<task id=\"m\"/>") + "<task id=\"x\"/>"), &["NO_INCOMING_FLOW", "NO_OUTGOING_FLOW"]);
    check(
        "<task id=\"a\"/><endEvent id=\"e\"/><sequenceFlow id=\"f\" sourceRef=\"a\" targetRef=\"e\"/>",
        &["MISSING_START_EVENT"],
    );
    check(
        "<startEvent id=\"s\"/><task id=\"a\"/><sequenceFlow id=\"f\" sourceRef=\"s\" targetRef=\"a\"/>",
        &["MISSING_END_EVENT"],
    );
    let boundary = format!("<task id=\"m\"/><boundaryEvent id=\"b\" attachedToRef=\"m\">{TIMER}</boundaryEvent>");
    check(&row(&boundary), &["NO_OUTGOING_FLOW"]);
    check(&row("<receiveTask id=\"m\" instantiate=\"true\"/>"), &["INSTANTIATE_INCOMING"]);
}

#[test]
fn events_have_their_triggers() {
    check(&row("<intermediateCatchEvent id=\"m\"/>"), &["EVENT_WITHOUT_TRIGGER"]);
    check(
        &row("<intermediateThrowEvent id=\"m\"><cancelEventDefinition/></intermediateThrowEvent>"),
        &["EVENT_TRIGGER_NOT_ALLOWED"],
    );
    check_with(
        "<timerEventDefinition id=\"t\"/>",
        &row("<intermediateCatchEvent id=\"m\"><eventDefinitionRef>t</eventDefinitionRef></intermediateCatchEvent>"),
        &["MISSING_TIME", "MISSING_PROPERTY"],
    );
    check_with(
        "<message id=\"g\"/>",
        &row("<intermediateCatchEvent id=\"m\"><messageEventDefinition messageRef=\"g\"/></intermediateCatchEvent>"),
        &["MISSING_OPERATION"],
    );
    check(
        &row("<task id=\"m\"/>")
            .replace("<endEvent id=\"e\"/>", "<endEvent id=\"e\"><errorEventDefinition/></endEvent>"),
        &["MISSING_CODE"],
    );
    check(
        &row(
            "<intermediateCatchEvent id=\"m\"><conditionalEventDefinition><condition>words</condition></conditionalEventDefinition></intermediateCatchEvent>",
        ),
        &["NOT_FORMAL_EXPRESSION"],
    );
}

#[test]
fn gateways_choose_and_their_directions_hold() {
    check(&row("<parallelGateway id=\"m\"/>"), &["GATEWAY_WITHOUT_CHOICE"]);
    let both = "<task id=\"m\"/><task id=\"n\"/><parallelGateway id=\"g\" gatewayDirection=\"Diverging\"/>";
    let text = format!("<startEvent id=\"s\"/>{both}<endEvent id=\"e\"/>{}{}", flows("s m g e"), flows("s n g"));
    check(&text, &["GATEWAY_DIRECTION"]);
    let waits = |id: &str| format!("<intermediateCatchEvent id=\"{id}\">{TIMER}</intermediateCatchEvent>");
    let gateway = format!("<eventBasedGateway id=\"m\"/>{}{}", waits("a"), waits("b"));
    let text = format!(
        "<startEvent id=\"s\"/>{gateway}<endEvent id=\"e\"/>{}{}{}",
        flows("s m a e"),
        flows("m b e"),
        flows("s b")
    );
    check(&text, &["EVENT_GATEWAY_TARGET"]);
}

#[test]
fn messages_flow_between_pools() {
    let pools = "<collaboration id=\"c\"><participant id=\"a\" processRef=\"p\"/><participant id=\"b\"/>";
    let with = |flow: &str, expected: &[&str]| {
        check_with(
            &format!("{pools}<messageFlow id=\"f\" {flow}/></collaboration>"),
            &row("<sendTask id=\"m\"/>"),
            expected,
        );
    };
    with("sourceRef=\"m\" targetRef=\"b\"", &[]);
    with("sourceRef=\"m\" targetRef=\"a\"", &["MESSAGE_FLOW_IN_POOL"]);
    with("sourceRef=\"b\" targetRef=\"s\"", &["MESSAGE_FLOW_END"]);
    with("sourceRef=\"s\" targetRef=\"b\"", &["MESSAGE_FLOW_DIRECTION"]);
    check_with(
        "<collaboration id=\"c\"><participant id=\"a\"><participantMultiplicity minimum=\"-1\" maximum=\"2\"/></participant></collaboration>",
        &row("<task id=\"m\"/>"),
        &["INVALID_MULTIPLICITY"],
    );
}

#[test]
fn data_comes_in_sets_and_fits() {
    let task = |io: &str, more: &str, expected: &[&str]| {
        let items = "<itemDefinition id=\"one\" structureRef=\"a\"/><itemDefinition id=\"other\" structureRef=\"b\"/><itemDefinition id=\"many\" isCollection=\"true\"/>";
        let data = "<dataObject id=\"o\" name=\"o\" itemSubjectRef=\"one\"/>";
        check_with(
            items,
            &row(&format!("{data}<task id=\"m\"><ioSpecification>{io}</ioSpecification>{more}</task>")),
            expected,
        );
    };
    let sets = "<inputSet><dataInputRefs>i</dataInputRefs></inputSet><outputSet/>";
    let association = "<dataInputAssociation><sourceRef>o</sourceRef><targetRef>i</targetRef></dataInputAssociation>";
    task(&format!("<dataInput id=\"i\" itemSubjectRef=\"one\"/>{sets}"), association, &[]);
    task(&format!("<dataInput id=\"i\" itemSubjectRef=\"other\"/>{sets}"), association, &["ITEM_MISMATCH"]);
    task(&format!("<dataInput id=\"i\" itemSubjectRef=\"many\"/>{sets}"), "", &["COLLECTION_MISMATCH"]);
    task("<dataInput id=\"i\"/><inputSet/><outputSet/>", "", &["DATA_WITHOUT_SET"]);
    task(
        &format!(
            "<dataInput id=\"i\"/>{}",
            sets.replace("</inputSet>", "<optionalInputRefs>j</optionalInputRefs></inputSet>")
        ),
        "",
        &["UNKNOWN_REFERENCE", "DATA_SET_MISMATCH"],
    );
    check(
        &row("<subProcess id=\"m\"><ioSpecification><inputSet/><outputSet/></ioSpecification></subProcess>"),
        &["SUB_PROCESS_DATA"],
    );
}

#[test]
fn a_picture_need_not_be_complete_and_a_dialect_says_things_its_own_way() {
    let text = file("", &row("<parallelGateway id=\"m\"/>"));
    assert_eq!(errors(&text), ["GATEWAY_WITHOUT_CHOICE"]);
    assert_eq!(errors(&text.replace("isExecutable=\"true\"", "")), [""; 0]);
    let camunda = "<definitions xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" ";
    assert_eq!(errors(&text.replace("<definitions ", camunda)), [""; 0]);
}
