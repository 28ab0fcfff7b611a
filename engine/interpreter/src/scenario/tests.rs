//! Every key of a scenario file at work, what a failure says, and files that mean no good.

use super::{Options, Report, Verdict, run};

/// Two tasks, one after the other; `charge` is a job, `approve` a person's.
const ORDER: &str = "
definitions:
  - process:
      id: order
      elements:
        - {id: start, type: startEvent}
        - {id: charge, type: serviceTask, properties: {topic: payments}}
        - {id: declined, type: errorBoundaryEvent, attachedToRef: charge, properties: {errorCode: DECLINED}}
        - {id: approve, type: userTask}
        - {id: end, type: endEvent}
        - {id: refused, type: endEvent}
      connections:
        - {id: f1, from: start, to: charge}
        - {id: f2, from: charge, to: approve}
        - {id: f3, from: approve, to: end}
        - {id: f4, from: declined, to: refused}
";

fn play(rest: &str) -> Report {
    run("order.scenario.yaml", &format!("{ORDER}{rest}"), Options::default(), &|_| Err("no file".to_owned()))
}

fn passes(rest: &str) {
    let report = play(rest);
    assert!(report.passed(), "{:?}\n{}", report.verdict, report.log.join("\n"));
}

/// Everything that the failure says.
fn fails(rest: &str) -> String {
    match play(rest).verdict {
        Verdict::Failed(found) => found.iter().map(|it| format!("{it}\n")).collect(),
        other => panic!("it did not fail: {other:?}"),
    }
}

#[test]
fn every_expectation_holds_and_can_fail() {
    let script = "
start: {variables: {total: 12}}
workers: {payments: {complete: {receipt: 'r-${total + 1}'}}}
steps: [{complete: {element: approve, variables: {decision: approved}}}]
expect:
  ";
    let checks = [
        ("state: completed", "state: terminated"),
        ("entered: {start: 1, charge: 1, refused: 0}", "entered: {charge: 2}"),
        ("completed: {charge: 1}", "completed: {refused: 1}"),
        ("canceled: {charge: 0}", "canceled: {charge: 1}"),
        ("{exactly: true, entered: {start: 1, charge: 1, approve: 1, end: 1}}", "{exactly: true, entered: {start: 1}}"),
        ("jobs: {payments: 1}", "jobs: {}"),
        ("{jobs: {}, ignoreJobs: [payments]}", "{jobs: {mails: 1}, ignoreJobs: [payments]}"),
        ("order: [start, approve, end]", "order: [approve, charge]"),
        ("waiting: {approve: 0}", "waiting: {approve: 1}"),
        ("variables: {total: 12, receipt: r-13, nothing: null}", "variables: {total: 13}"),
        ("incidents: {}", "incidents: {charge: JOB_FAILED}"),
        ("incidentOrError: false", "incidentOrError: true"),
    ];
    for (holds, fails_with) in checks {
        passes(&format!("{script}{holds}"));
        let what = fails_with.trim_start_matches('{').split([':', ' ']).next().unwrap_or_default();
        let said = fails(&format!("{script}{fails_with}"));
        let what = if what == "exactly" { "entered" } else { what };
        assert!(said.starts_with(what), "{fails_with}: {said}");
    }
}

#[test]
fn deployment_can_be_expected_to_be_refused() {
    let broken = "definitions: [{process: {id: p, elements: [{id: a, type: serviceTsk}], connections: []}}]\n";
    let verdict = |expect: &str| {
        let text = format!("{broken}expect: {{deployment: {expect}}}");
        run("a", &text, Options::default(), &|_| Err(String::new())).verdict
    };
    assert_eq!(verdict("rejected"), Verdict::Passed);
    assert_eq!(verdict("{rejected: [UNKNOWN_ELEMENT_TYPE]}"), Verdict::Passed);
    assert!(matches!(verdict("{rejected: [SOMETHING_ELSE]}"), Verdict::Failed(_)));
    assert!(fails("expect: {deployment: rejected}").contains("expected rejected, happened accepted"));
}

#[test]
fn workers_answer_fail_throw_wait_and_hold() {
    passes(
        "start: {}\nworkers: {charge: {error: {code: DECLINED, message: no}}}\nexpect: {entered: {refused: 1}, state: completed}",
    );
    passes(
        "start: {}\nworkers: {payments: {fail: {message: busy, times: 2}}}\nsteps: [{advance: PT10S}]\nexpect: {waiting: {approve: 1}}",
    );
    passes(
        "start: {}\nworkers: {payments: {fail: {message: bug, retryable: false}}}\nexpect: {state: incident, incidentOrError: true}",
    );
    passes(
        "start: {}\nworkers: {payments: {after: PT10S}}\nsteps: [{advance: PT9S}, {expect: {waiting: {charge: 1}}}, {advance: PT1S}]\nexpect: {waiting: {approve: 1}}",
    );
    passes("start: {}\nworkers: {payments: hold}\nexpect: {waiting: {charge: 1}, state: active}");
    passes(
        "start: {}\nworkers: {approve: {after: PT1H, complete: {decision: yes}}}\nsteps: [{advance: PT59M}, {expect: {waiting: {approve: 1}}}, {advance: PT1M}]\nexpect: {state: completed}",
    );
}

#[test]
fn steps_reach_held_jobs_and_the_instance() {
    let held = "start: {}\nworkers: {payments: hold}\nsteps:\n  - ";
    passes(&format!("{held}error: {{element: charge, code: DECLINED}}\nexpect: {{entered: {{refused: 1}}}}"));
    passes(&format!("{held}fail: {{element: charge, message: boom, retries: 0}}\nexpect: {{state: incident}}"));
    passes(&format!("{held}trigger: charge\nexpect: {{waiting: {{approve: 1}}}}"));
    passes(&format!("{held}variables: {{x: 1}}\nexpect: {{variables: {{x: 1}}}}"));
    passes(&format!("{held}cancel: {{}}\nexpect: {{state: canceled, canceled: {{charge: 1}}}}"));
    passes(
        "start: [{process: order}, {process: order, businessKey: b}]\nsteps: [{complete: {element: approve, instance: 1}}]\nexpect: {completed: {approve: 1}, waiting: {approve: 1}}",
    );
    passes(
        "steps: [{start: {}}, {start: {element: start}}, {advance: PT1S, times: 90}]\nexpect: {waiting: {approve: 2}}",
    );
}

#[test]
fn near_names_are_suggested_wherever_a_name_is_wrong() {
    let said =
        fails("start: {variables: {total: 1}}\nexpect: {entered: {chrage: 0}, order: [strt], variables: {totl: 1}}");
    for near in ["did you mean `charge`?", "did you mean `start`?", "no such variable (did you mean `total`?)"] {
        assert!(said.contains(near), "{said}");
    }
    assert!(
        fails("start: {}\nsteps: [{complete: {element: aprove}}]")
            .contains("steps[0]: no process has an element `aprove` (did you mean `approve`?)")
    );
    assert!(fails("start: {}\nsteps: [{complete: {element: end}}]").contains("open now: approve"));
    assert!(fails("start: {}\nsteps: [{complete: {element: approve, instance: 3}}]").contains("no instance 3"));
    assert!(fails("start: {process: ordr}").contains("did you mean `order`?"));
    assert!(fails("workers: {paymnts: hold}").contains("did you mean `payments`?"));
}

#[test]
fn coverage_names_what_was_never_reached() {
    let report = play("start: {}");
    let coverage = &report.coverage[0];
    assert_eq!((coverage.process.as_str(), coverage.source.as_str()), ("order", "order.scenario.yaml"));
    assert_eq!(super::Coverage::never(&coverage.elements), ["declined", "end", "refused"]);
    assert_eq!(super::Coverage::never(&coverage.flows), ["f3", "f4"]);
    assert_eq!(coverage.share(), (5, 10));
    let mut both = coverage.clone();
    both.merge(&play("start: {}\nworkers: {charge: {error: {code: DECLINED}}}").coverage[0]);
    assert_eq!(super::Coverage::never(&both.elements), ["end"]);
}

/// A process of elements and flows, and a scenario that starts it.
fn hostile(elements: &str, flows: &str, rest: &str) -> String {
    let text = format!(
        "definitions: [{{process: {{id: p, elements: [{{id: s, type: startEvent}}, {elements}], connections: [{flows}]}}}}]\n{rest}"
    );
    let report = run("hostile", &text, Options::default(), &|_| Err(String::new()));
    assert!(report.log.len() < 500);
    match report.verdict {
        Verdict::Failed(found) => found.iter().map(|it| format!("{it}\n")).collect(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_loop_with_workers_that_never_ends_is_given_up() {
    let said = hostile(
        "{id: a, type: serviceTask, properties: {topic: t}}",
        "{id: f, from: s, to: a}, {id: g, from: a, to: a}",
        "start: {}\nexpect: {state: completed}",
    );
    assert!(said.contains("not at rest") || said.contains("incident"), "{said}");
}

#[test]
fn calls_in_a_circle_end_in_an_incident() {
    let said = hostile(
        "{id: a, type: callActivity, properties: {calledElement: p}}, {id: b, type: callActivity, properties: {calledElement: p}}",
        "{id: f, from: s, to: a}, {id: g, from: s, to: b}",
        "start: {}\nexpect: {state: completed}",
    );
    assert!(said.contains("not at rest") || said.contains("state: expected completed"), "{said}");
}

#[test]
fn times_beyond_all_measure_are_refused_or_end() {
    let timer = "{id: a, type: timerIntermediateCatchEvent, properties: {timerDuration: PT1S}}";
    let flows = "{id: f, from: s, to: a}, {id: g, from: a, to: a}";
    let said = hostile(timer, flows, "start: {}\nsteps: [{advance: P999999999999Y}]");
    assert!(said.contains("advance"), "{said}");
    let said = hostile(timer, flows, "start: {}\nsteps: [{advance: P900Y}]");
    assert!(said.contains("not at rest"), "{said}");
    let said = hostile(timer, flows, "start: {}\nsteps: [{advance: PT-5S}]");
    assert!(said.contains("advance"), "{said}");
}

#[test]
fn a_process_for_its_file_to_call_is_not_what_is_started_unasked() {
    let own = "subProcessDefinitions: [{id: part, elements: [{id: s, type: startEvent}]}]";
    let elements = "[{id: began, type: startEvent}]";
    let text = format!(
        "definitions: [{{process: {{id: whole, elements: {elements}, {own}}}}}]\nstart: {{}}\nexpect: {{entered: {{began: 1, s: 0}}}}"
    );
    let report = run("whole.scenario.yaml", &text, Options::default(), &|_| Err("no file".to_owned()));
    assert!(report.passed(), "{:?}", report.verdict);
}

#[test]
fn a_compensation_boundary_event_is_reached_with_its_handler() {
    let text = "
definitions:
  - process:
      id: p
      elements:
        - {id: s, type: startEvent}
        - {id: book, type: task}
        - {id: undo, type: compensationBoundaryEvent, attachedToRef: book}
        - {id: cancel, type: task, properties: {isForCompensation: true}}
        - {id: e, type: compensationEndEvent}
      connections: [{from: s, to: book}, {from: book, to: e}, {type: association, from: undo, to: cancel}]
start: {}
expect: {entered: {cancel: 1}}";
    let report = run("p.scenario.yaml", text, Options::default(), &|_| Err("no file".to_owned()));
    assert!(report.passed(), "{:?}", report.verdict);
    assert_eq!(report.coverage[0].elements.get("undo"), Some(&1));
}
