//! What the message flows of a file are said to be.

use super::MessageFlows;

/// Code and flow of each diagnostic of a file of such processes.
fn problems(processes: &[&str]) -> Vec<(String, String)> {
    let documents: Vec<String> = processes.iter().map(|process| format!("process: {{{process}}}\n")).collect();
    let read = model::yaml::read("f.yaml", &documents.join("---\n"));
    let definitions = read.definitions.unwrap_or_else(|| panic!("{:?}", read.diagnostics));
    let found = MessageFlows::of(&definitions).diagnostics.into_iter();
    found.map(|problem| (problem.code, problem.element_id.unwrap_or_default())).collect()
}

fn problem(code: &str, flow: &str) -> (String, String) {
    (code.to_owned(), flow.to_owned())
}

#[test]
fn what_carries_nothing_is_said_unless_a_mail_does() {
    let one = "id: one, pools: [{id: p}, {id: q}], elements: [{id: w, type: serviceTask}, {id: e, type: endEvent}, {id: m, type: sendTask, properties: {to: a@example.com}}, {id: r, type: receiveTask}]
        , connections: [{id: a, type: messageFlow, from: e, to: q}, {id: b, type: messageFlow, from: m, to: q}, {id: c, type: messageFlow, from: w, to: x}, {id: d, type: messageFlow, from: e, to: r}, {id: f, type: messageFlow, from: q, to: r}]";
    let two = "id: two, elements: [{id: x, type: receiveTask}]";
    let expected = ["a", "c", "d"].map(|flow| problem("MESSAGE_FLOW_DRAWN_ONLY", flow));
    assert_eq!(problems(&[one, two]), expected);
}

#[test]
fn those_that_are_started_apart_need_a_key() {
    let sender = |properties: &str| {
        format!(
            "id: one, elements: [{{id: s, type: startEvent}}, {{id: t, type: sendTask, properties: {{{properties}}}}}]
            , connections: [{{from: s, to: t}}, {{id: f, type: messageFlow, from: t, to: r}}]"
        )
    };
    let receiver = "id: two, elements: [{id: r, type: receiveTask}]";
    assert_eq!(problems(&[&sender(""), receiver]), [problem("MESSAGE_FLOW_WITHOUT_KEY", "f")]);
    assert_eq!(problems(&[&sender("correlationKey: k"), receiver]), []);
    assert_eq!(problems(&[&sender("messageRef: m"), receiver]), []);
}

#[test]
fn equal_ids_are_told_apart_by_the_process_that_sends() {
    let inside = "elements: [{id: s, type: startEvent}, {id: e, type: endEvent}]";
    let sending = format!("id: one, {inside}, connections: [{{id: f, type: messageFlow, from: e, to: s}}]");
    let (two, three) = (format!("id: two, {inside}"), format!("id: three, {inside}"));
    assert_eq!(problems(&[&sending, &two]), []);
    assert_eq!(problems(&[&sending, &two, &three]), [problem("AMBIGUOUS_MESSAGE_FLOW", "f")]);
}
