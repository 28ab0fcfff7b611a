//! Workers of one's own: what the README tells a stranger to type, and the eight examples, each with a real engine.

use crate::running::{Api, Baton, binary, checkout};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A worker process; killed when the test is over.
struct Worker(Child);

impl Worker {
    fn start(program: &Path, nats: &str) -> Worker {
        let started = Command::new(program).env("BATON_NATS_URL", nats).spawn();
        Worker(started.unwrap_or_else(|error| panic!("{} does not start: {error}", program.display())))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address that the server prints, as a person would copy it.
fn nats(baton: &mut Baton) -> String {
    let line = baton.until("  NATS ", Duration::from_secs(10));
    line.split_whitespace().nth(1).expect("the line has an address").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_writes_a_worker_and_sees_it_work() {
    let folder = std::env::temp_dir().join(format!("baton-stranger-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a fresh folder");
    assert!(run(Command::new(binary()).args(["new", "worker", "charge"]).current_dir(&folder)));
    let own = folder.join("charge");
    let main = own.join("src/main.rs");
    let source = std::fs::read_to_string(&main).expect("it has a `main`");
    let edited = source.replace("Hello, ", "Good day, ");
    assert_ne!(source, edited, "the function to edit is there");
    std::fs::write(&main, edited).expect("it can be edited");
    assert!(run(Command::new(binary()).args(["test", "charge.scenario.yaml"]).current_dir(&own)));
    let program = built(&own, "charge");

    let deploy = own.join("charge.yaml").display().to_string();
    let mut baton = Baton::run("dev", &["--deploy", &deploy], &[]);
    let api = baton.api();
    let nats = nats(&mut baton);
    let instance = api.start("charge", json!({"name": "you"})).await;
    let mut page = Page::open(&api, &instance, "greeting you", "Good day, you!");
    let _worker = Worker::start(&program, &nats);
    page.has_shown_it(&baton);
    let ended = api.instance_where(&instance, |found| found["instance"]["state"] == "completed").await;
    assert_eq!(ended["variables"]["greeting"], "Good day, you!");
    std::fs::remove_dir_all(folder).expect("the folder is removed");
}

fn run(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// The page in a browser, beside the test (`tests/browser/worker.mjs`).
struct Page(Child);

impl Page {
    /// Returns when it watches the instance.
    fn open(api: &Api, instance: &str, line: &str, greeting: &str) -> Page {
        let pictures = checkout().join("target/browser");
        std::fs::create_dir_all(&pictures).expect("the folder for screenshots can be made");
        let mut node = Command::new("node");
        node.arg("worker.mjs").current_dir(checkout().join("tests/browser")).stdout(Stdio::piped());
        node.env("BATON_URL", &api.url).env("BATON_KEY", &api.key).env("SCREENSHOTS", &pictures);
        node.env("INSTANCE", instance).env("LINE", line).env("GREETING", greeting);
        let mut node = node.spawn().expect("node runs");
        let mut told = BufReader::new(node.stdout.take().expect("its output is piped")).lines();
        assert_eq!(told.next().and_then(Result::ok).as_deref(), Some("watching"));
        Page(node)
    }

    fn has_shown_it(&mut self, baton: &Baton) {
        let ended = self.0.wait().expect("node ends");
        assert!(ended.success(), "the page does not show it{}", baton.logs());
    }
}

/// `cargo build`, in the target folder where its dependencies are compiled already.
fn built(own: &Path, name: &str) -> PathBuf {
    let target = binary().parent().and_then(Path::parent).expect("the program lies in a target folder").to_owned();
    let build = |more: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        run(cargo.arg("build").args(more).arg("--target-dir").arg(&target).current_dir(own))
    };
    // everything is on this machine already, unless somebody has tidied up
    assert!(build(&["--offline"]) || build(&[]), "what `baton new worker` writes can be built");
    target.join("debug").join(name)
}

/// Of each example: the job type, what it is given, and a variable that it leaves behind. The layers of `middleware` are
/// around all of them.
fn examples() -> Vec<(&'static str, Value, &'static str, Value)> {
    vec![
        ("price", json!({"items": [{"price": 2.5, "quantity": 4}]}), "pieces", json!(4)),
        ("charge", json!({"amount": 9000}), "limit", json!(5000.0)),
        ("ask-carrier", json!({"parcel": "P1"}), "out", json!("P1 is on its way")),
        ("convert-currency", json!({"amount": 10, "currency": "USD"}), "out", json!(8.0)),
        ("count-words", json!({"document": "one two ".repeat(20_000)}), "out", json!(40_000)),
        ("wait-for-courier", json!({"stops": 3}), "out", json!("arrived")),
        ("factorise", json!({"number": 2 * 2 * 97 * 1009}), "out", json!([2, 2, 97, 1009])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eight_examples_do_their_jobs() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let program = binary().with_file_name("example-workers");
    assert!(program.exists(), "{} is not built: run `cargo build --package example-workers`", program.display());
    let _worker = Worker::start(&program, &nats(&mut baton));
    let mut begun = Vec::new();
    for (job_type, given, name, wanted) in examples() {
        begun.push((begin(&api, job_type, given).await, job_type, name, wanted));
    }
    for (instance, job_type, name, wanted) in begun {
        let ended = api.instance_where(&instance, |found| found["instance"]["state"] == "completed").await;
        assert_eq!(ended["variables"][name], wanted, "{job_type}");
    }
}

async fn begin(api: &Api, job_type: &str, given: Value) -> String {
    let work = json!({"implementation": "External", "topic": job_type, "resultVariable": "out"});
    let elements = json!([
        {"id": "start", "type": "startEvent"}, {"id": "work", "type": "serviceTask", "properties": work},
        {"id": "declined", "type": "errorBoundaryEvent", "attachedToRef": "work", "properties": {"errorCode": "DECLINED"}},
        {"id": "end", "type": "endEvent"}, {"id": "end2", "type": "endEvent"},
    ]);
    let connections = json!([
        {"id": "a", "from": "start", "to": "work"}, {"id": "b", "from": "work", "to": "end"},
        {"id": "c", "from": "declined", "to": "end2"},
    ]);
    let process = json!({"process": {"id": job_type, "elements": elements, "connections": connections}});
    let (status, body) = api.deploy(&process.to_string()).await;
    assert_eq!(status, 201, "{body:#}");
    api.start(job_type, given).await
}
