//! Scenario files on a running engine: the same file that passes without a server passes with one.

use crate::running::{Baton, binary, checkout};
use serde_json::Value;
use std::{
    path::Path,
    process::{Command, Output},
    time::Duration,
};

const ORDER: &str = "
process:
  id: live-order
  elements:
    - {id: start, type: startEvent}
    - {id: charge, type: serviceTask, properties: {topic: scenario-payments}}
    - {id: declined, type: errorBoundaryEvent, attachedToRef: charge, properties: {errorCode: DECLINED}}
    - {id: approve, type: userTask}
    - {id: paid, type: messageIntermediateCatchEvent, properties: {messageRef: scenario-paid, correlationKey: '${order}'}}
    - {id: end, type: endEvent}
    - {id: refused, type: endEvent}
  connections:
    - {id: a, from: start, to: charge}
    - {id: b, from: charge, to: approve}
    - {id: c, from: approve, to: paid}
    - {id: d, from: paid, to: end}
    - {id: e, from: declined, to: refused}
";

/// Name of the file, and what is in it.
const SCENARIOS: [(&str, &str); 7] = [
    (
        "happy",
        "process: order.yaml
start: {variables: {order: '7', total: 12}}
workers: {scenario-payments: {complete: {receipt: 'r-${total + 1}'}}}
steps:
  - expect: {waiting: {approve: 1}, variables: {receipt: r-13}}
  - complete: {element: approve, variables: {decision: approved}}
  - message: {name: scenario-paid, correlationKey: '7', variables: {amount: 12}}
expect:
  state: completed
  entered: {start: 1, charge: 1, approve: 1, paid: 1, end: 1}
  exactly: true
  order: [charge, approve, end]
  jobs: {scenario-payments: 1}
  variables: {amount: 12}
  incidents: {}",
    ),
    (
        "signal",
        "definitions:
  - process:
      id: live-alarm
      elements:
        - {id: start, type: startEvent}
        - {id: alarm, type: signalIntermediateCatchEvent, properties: {signalRef: scenario-alarm}}
        - {id: end, type: endEvent}
      connections: [{id: a, from: start, to: alarm}, {id: b, from: alarm, to: end}]
start: [{}, {}]
steps: [{signal: {name: scenario-alarm, variables: {level: 3}}}]
expect: {state: completed, completed: {alarm: 2}, variables: {level: 3}}",
    ),
    (
        "declined",
        "process: order.yaml
start: {variables: {order: '8'}}
workers: {charge: {error: {code: DECLINED, message: no money}}}
expect: {state: completed, canceled: {charge: 1}, entered: {refused: 1, approve: 0}}",
    ),
    (
        "held",
        "process: order.yaml
start: [{variables: {order: '9'}}, {variables: {order: '10'}}]
workers: {charge: hold, approve: {complete: {decision: 'for ${order}'}}}
steps:
  - expect: {waiting: {charge: 2}, state: active}
  - complete: {element: charge}
  - fail: {element: charge, message: broken, retries: 0}
  - expect: {incidentOrError: true, waiting: {charge: 1, paid: 1}}
  - resolve: {element: charge, variables: {x: 1}}
  - error: {element: charge, code: DECLINED}
  - cancel: {}
expect: {entered: {refused: 1}, canceled: {paid: 1}}",
    ),
    (
        "refused",
        "definitions: [{process: {id: broken, elements: [{id: a, type: tusk}], connections: []}}]\nexpect: {deployment: {rejected: [UNKNOWN_ELEMENT_TYPE]}}",
    ),
    (
        "clock",
        "process: order.yaml\nstart: {variables: {order: '1'}}\nsteps: [{advance: PT1S}]\nexpect: {state: active}",
    ),
    ("typo", "process: order.yaml\nexpekt: {}"),
];

const WRONG: &str = "process: order.yaml
start: {variables: {order: '11'}}
expect: {waiting: {approve: 2}, entered: {chrage: 1}}";

fn test(folder: &Path, arguments: &[&str]) -> (Output, Value) {
    let results = folder.join("results.json");
    let mut command = Command::new(binary());
    command.arg("test").arg(folder).arg("--json").arg(&results).args(arguments).current_dir(checkout());
    let output = command.output().expect("baton runs");
    let text = std::fs::read_to_string(&results).expect("the results are written");
    (output, serde_json::from_str(&text).expect("the results are JSON"))
}

/// Name without its ending, and verdict.
fn verdicts(results: &Value) -> Vec<(&str, &str)> {
    let all = results["scenarios"].as_array().expect("there are results").iter();
    all.map(|it| (name(it), it["verdict"].as_str().unwrap_or_default())).collect()
}

fn name(scenario: &Value) -> &str {
    scenario["name"].as_str().unwrap_or_default().trim_end_matches(".scenario.yaml")
}

#[tokio::test(flavor = "multi_thread")]
async fn scenario_files_are_played_on_a_running_engine() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let nats = baton.until("  NATS ", Duration::from_secs(10));
    let nats = nats.split_whitespace().last().expect("the line ends with the address");
    let folder = baton.data.join("scenarios");
    std::fs::create_dir_all(&folder).expect("the folder is made");
    std::fs::write(folder.join("order.yaml"), ORDER).expect("the process is written");
    for (name, text) in SCENARIOS {
        std::fs::write(folder.join(format!("{name}.scenario.yaml")), text).expect("the scenario is written");
    }

    let live = ["--against", &api.url, "--key", &api.key, "--nats", nats];
    let expected = [
        ("clock", "skipped"),
        ("declined", "passed"),
        ("happy", "passed"),
        ("held", "passed"),
        ("refused", "passed"),
        ("signal", "passed"),
        ("typo", "failed"),
    ];
    let (output, results) = test(&folder, &live);
    assert_eq!(verdicts(&results), expected, "{results:#}");
    assert_eq!(output.status.code(), Some(1));

    // What does not come about is waited for no longer than told.
    std::fs::write(folder.join("wrong.scenario.yaml"), WRONG).expect("the scenario is written");
    let (output, results) = test(&folder, &[&live[..], &["--filter", "wrong", "--timeout", "1"]].concat());
    assert_eq!(verdicts(&results), [("wrong", "failed")], "{results:#}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("waiting.approve: expected 2, happened 1"));

    // Nothing of it runs on.
    let left = api.get("/instances?processId=live-order&state=active").await;
    assert_eq!(left["instances"].as_array().map(Vec::len), Some(0), "{left:#}");

    // What each of them did is a stream of AG-UI.
    let streams = crate::agui::check_all(&api).await;
    assert!(streams >= 6, "{streams} instances have ended");

    // Without a server the same files pass or fail alike, and nothing is skipped for the clock.
    let (output, results) = test(&folder, &["--coverage"]);
    assert_eq!(results["summary"]["failed"], 2, "{results:#}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("did you mean `charge`?") && text.contains("did you mean `expect`?"), "{text}");
    assert!(text.contains("100 %  live-order"), "{text}");
    assert!(text.trim_end().ends_with("8 scenarios: 6 passed, 2 failed, 0 skipped"), "{text}");
}

/// What `helm test` plays after an installation.
#[tokio::test(flavor = "multi_thread")]
async fn the_charts_own_test_passes_on_a_running_system() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let folder = baton.data.join("installed");
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let template = checkout().join("helm/baton/templates/tests/process.yaml");
    let template = std::fs::read_to_string(template).expect("the chart's test");
    for name in ["installed.yaml", "installed.scenario.yaml"] {
        let from = template.split(&format!("  {name}: |\n")).nth(1).expect("the file is in the template");
        let lines = from.lines().take_while(|line| line.starts_with("    "));
        let text: Vec<&str> = lines.map(|line| &line[4..]).collect();
        std::fs::write(folder.join(name), text.join("\n")).expect("the file is written");
    }
    let mut command = Command::new(binary());
    command.arg("test").arg(folder.join("installed.scenario.yaml")).arg("--live").current_dir(checkout());
    let output = command.env("BATON_URL", &api.url).env("BATON_API_KEY", &api.key).output().expect("baton runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
