//! The table of the README: what of the notation runs, found out by reading and compiling one process of each kind.
//!
//! `BATON_UPDATE=1 cargo test -p interpreter --test notation` writes it anew.

use model::Diagnostic;
use std::{fmt::Write, fs, path::PathBuf};

const BEGIN: &str = "<!-- notation: written by engine/interpreter/tests/notation.rs -->\n";
const END: &str = "<!-- end of notation -->";

/// The triggers of BPMN 2.0 (table 10.93), with what each needs.
const TRIGGERS: [(&str, &str); 12] = [
    ("", ""),
    ("message", "messageRef: m"),
    ("timer", "timerDuration: PT1H"),
    ("error", "errorCode: E"),
    ("escalation", "escalationCode: E"),
    ("cancel", ""),
    ("compensation", ""),
    ("conditional", "condition: \"${x > 1}\""),
    ("link", "linkName: l"),
    ("signal", "signalRef: s"),
    ("terminate", ""),
    ("multiple", "eventDefinitions: [{type: message, messageRef: m}, {type: signal, signalRef: s}]"),
];

const PARALLEL: &str = "parallelMultiple: true, ";

/// A position of an event, as a process around it.
struct Position {
    title: &'static str,
    suffix: &'static str,
    draw: fn(event: &str) -> String,
    more: &'static str,
}

const POSITIONS: [Position; 8] = [
    Position { title: "start", suffix: "StartEvent", draw: at_start, more: "" },
    Position { title: "start of an event sub-process", suffix: "StartEvent", draw: in_event_sub_process, more: "" },
    Position {
        title: "… not interrupting",
        suffix: "StartEvent",
        draw: in_event_sub_process,
        more: "isInterrupting: false, ",
    },
    Position { title: "catch", suffix: "IntermediateCatchEvent", draw: in_between, more: "" },
    Position { title: "boundary", suffix: "BoundaryEvent", draw: at_boundary, more: "" },
    Position {
        title: "… not interrupting",
        suffix: "BoundaryEvent",
        draw: at_boundary,
        more: "cancelActivity: false, ",
    },
    Position { title: "throw", suffix: "IntermediateThrowEvent", draw: in_between, more: "" },
    Position { title: "end", suffix: "EndEvent", draw: at_end, more: "" },
];

fn process(elements: &str, connections: &str) -> String {
    format!("process:\n  id: p\n  elements: [{elements}]\n  connections: [{connections}]\n")
}

fn at_start(event: &str) -> String {
    process(&format!("{{id: it, {event}}}, {{id: e, type: endEvent}}"), "{from: it, to: e}")
}

fn in_event_sub_process(event: &str) -> String {
    let inside = format!("{{id: on, type: eventSubProcess, childElements: [{{id: it, {event}}}]}}");
    let around = format!("{{id: sub, type: subProcess, childElements: [{{id: t, type: userTask}}, {inside}]}}");
    process(&format!("{{id: s, type: startEvent}}, {around}"), "{from: s, to: sub}")
}

/// With both ends of a link.
fn in_between(event: &str) -> String {
    let source = "{id: source, type: linkIntermediateThrowEvent, properties: {linkName: l}}";
    let target = "{id: target, type: linkIntermediateCatchEvent, properties: {linkName: l}}, {id: last, type: task}";
    let start = "{id: s, type: startEvent}";
    if event.contains("linkIntermediateCatchEvent") {
        return process(
            &format!("{start}, {source}, {{id: it, {event}}}, {{id: t, type: task}}"),
            "{from: s, to: source}, {from: it, to: t}",
        );
    }
    if event.contains("linkIntermediateThrowEvent") {
        return process(
            &format!("{start}, {{id: it, {event}}}, {target}"),
            "{from: s, to: it}, {from: target, to: last}",
        );
    }
    process(&format!("{start}, {{id: it, {event}}}, {{id: t, type: task}}"), "{from: s, to: it}, {from: it, to: t}")
}

/// On a transaction, since only there all triggers have a meaning; a compensation event with its handler.
fn at_boundary(event: &str) -> String {
    let (handler, to_handler) = match event.contains("compensation") {
        true => (", properties: {isForCompensation: true}", "{type: association, from: it, to: t}"),
        false => ("", "{from: it, to: t}"),
    };
    let cancel = "{id: c, type: cancelEndEvent}";
    let around = format!(
        "{{id: sub, type: transaction, childElements: [{{id: u, type: userTask}}, {cancel}], childConnections: [{{from: u, to: c}}]}}"
    );
    let elements = format!(
        "{{id: s, type: startEvent}}, {around}, {{id: it, {event}, attachedToRef: sub}}, {{id: t, type: task{handler}}}"
    );
    process(&elements, &format!("{{from: s, to: sub}}, {to_handler}"))
}

/// In a transaction, for the same reason.
fn at_end(event: &str) -> String {
    let inside = format!("{{id: u, type: userTask}}, {{id: it, {event}}}");
    let around =
        format!("{{id: sub, type: transaction, childElements: [{inside}], childConnections: [{{from: u, to: it}}]}}");
    process(&format!("{{id: s, type: startEvent}}, {around}"), "{from: s, to: sub}")
}

/// The codes of what is wrong with it; none: it runs.
fn refusals(source: &str) -> Vec<String> {
    let errors = |problems: Vec<Diagnostic>| -> Vec<String> {
        problems.into_iter().filter(Diagnostic::is_error).map(|problem| problem.code).collect()
    };
    let read = model::yaml::read("table.yaml", source);
    match read.definitions.filter(|_| !read.diagnostics.iter().any(Diagnostic::is_error)) {
        Some(definitions) => {
            definitions.processes.iter().filter_map(|it| interpreter::compile(it).err()).flat_map(errors).collect()
        }
        None => errors(read.diagnostics),
    }
}

/// Whether BPMN has it is a matter of the reader and of the structural rules; whether it runs, of the compiler.
fn cell(source: &str) -> String {
    match refusals(source).as_slice() {
        [] => "✓".to_owned(),
        codes if codes.iter().any(|code| code == "NOT_SUPPORTED_YET") => "not yet".to_owned(),
        _ => String::new(),
    }
}

fn events() -> String {
    let mut table = "| trigger |".to_owned();
    POSITIONS.iter().for_each(|position| write!(table, " {} |", position.title).unwrap());
    table += "\n|---|";
    table += &"---|".repeat(POSITIONS.len());
    let rows = TRIGGERS.iter().map(|(trigger, needs)| (*trigger, *trigger, String::new(), *needs));
    let parallel = ("parallel multiple", "multiple", PARALLEL.to_owned(), TRIGGERS[11].1);
    for (title, trigger, more, needs) in rows.chain([parallel]) {
        write!(table, "\n| {} |", if title.is_empty() { "none" } else { title }).unwrap();
        for position in &POSITIONS {
            let name = match (trigger, position.suffix) {
                ("", "IntermediateThrowEvent") => "intermediateEvent".to_owned(),
                ("", suffix) => suffix.replacen(|c: char| c.is_uppercase(), &suffix[..1].to_lowercase(), 1),
                (trigger, suffix) => format!("{trigger}{suffix}"),
            };
            let event = format!("type: {name}, properties: {{{more}{}{needs}}}", position.more);
            // who throws several throws them all
            let is_said = more.is_empty() || !matches!(position.suffix, "IntermediateThrowEvent" | "EndEvent");
            let cell = if is_said { cell(&(position.draw)(&event)) } else { String::new() };
            write!(table, " {cell} |").unwrap();
        }
    }
    table + "\n"
}

/// Type, what it needs, and in which section of BPMN 2.0.2 what it does is said.
const ACTIVITIES: [(&str, &str, &str); 13] = [
    ("task", "", "13.3.3"),
    ("userTask", "", "13.3.3"),
    ("manualTask", "", "13.3.3"),
    ("serviceTask", "implementation: External, topic: t", "13.3.3"),
    ("scriptTask", "scriptFormat: python, script: pass", "13.3.3"),
    ("sendTask", "messageType: Message, messageRef: m", "13.3.3"),
    ("receiveTask", "messageRef: m", "13.3.3"),
    ("businessRuleTask", "", "13.3.3"),
    ("agenticTask", "agentType: a", "Baton's own; a service task in XML"),
    ("callActivity", "calledElement: other", "13.3.4"),
    ("subProcess", "", "13.3.4"),
    ("transaction", "", "13.3.4, 13.5.2"),
    ("adHocSubProcess", "", "13.3.5"),
];

const MARKERS: [(&str, &str); 4] = [
    ("loop", "loopCondition: \"${x > 1}\", "),
    ("multi-instance, parallel", "isMultiInstance: true, loopCardinality: 2, "),
    ("multi-instance, sequential", "isMultiInstance: true, isSequential: true, loopCardinality: 2, "),
    ("compensation handler", "isForCompensation: true, "),
];

fn activities() -> String {
    let mut table = "| activity | runs |".to_owned();
    MARKERS.iter().for_each(|(marker, _)| write!(table, " {marker} |").unwrap());
    table += " BPMN 2.0.2 |\n|---|---|";
    table += &"---|".repeat(MARKERS.len() + 1);
    for (name, needs, section) in ACTIVITIES {
        let children = if name.ends_with("ubProcess") || name == "transaction" {
            ", childElements: [{id: c, type: userTask}]"
        } else {
            ""
        };
        let row = |marker: &str| {
            let it = format!("{{id: it, type: {name}, properties: {{{marker}{needs}}}{children}}}");
            cell(&match marker.contains("isForCompensation") {
                true => process(
                    &format!(
                        "{{id: s, type: startEvent}}, {{id: u, type: userTask}}, {{id: b, type: compensationBoundaryEvent, attachedToRef: u}}, {it}"
                    ),
                    "{from: s, to: u}, {type: association, from: b, to: it}",
                ),
                false => process(&format!("{{id: s, type: startEvent}}, {it}"), "{from: s, to: it}"),
            })
        };
        write!(table, "\n| `{name}` | {} |", row("")).unwrap();
        MARKERS.iter().for_each(|(_, marker)| write!(table, " {} |", row(marker)).unwrap());
        write!(table, " {section} |").unwrap();
    }
    table + "\n"
}

const GATEWAYS: [(&str, &str, &str); 5] = [
    ("exclusiveGateway", "", "13.4.2"),
    ("parallelGateway", "", "13.4.1"),
    ("inclusiveGateway", "", "13.4.3"),
    ("eventBasedGateway", "", "13.4.4"),
    ("complexGateway", "activationCondition: \"${activationCount >= 1}\"", "13.4.5"),
];

fn gateways() -> String {
    let mut table = "| gateway | runs | BPMN 2.0.2 |\n|---|---|---|".to_owned();
    for (name, needs, section) in GATEWAYS {
        let after = ["a", "b"]
            .map(|id| format!("{{id: {id}, type: timerIntermediateCatchEvent, properties: {{timerDuration: PT1H}}}}"));
        let elements = format!(
            "{{id: s, type: startEvent}}, {{id: it, type: {name}, properties: {{{needs}}}}}, {}",
            after.join(", ")
        );
        let runs = cell(&process(&elements, "{from: s, to: it}, {from: it, to: a}, {from: it, to: b}"));
        write!(table, "\n| `{name}` | {runs} | {section} |").unwrap();
    }
    table + "\n"
}

#[test]
fn the_readme_says_what_runs() {
    let table = format!("{BEGIN}\n{}\n{}\n{}\n", events(), activities(), gateways());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let wanted = format!("{before}{table}{END}{after}");
    if std::env::var_os("BATON_UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == wanted, "README.md is not up to date; it should say\n{table}");
}
