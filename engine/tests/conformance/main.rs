//! What every SDK does alike, over the wire: one list of cases, run against a worker process of each SDK with a real
//! engine, Postgres and NATS. The wire is described in `engine/docs/wire.md`.
//!
//! The worker in Rust is this very program, started again. For the one in Python `BATON_PYTHONPATH` names the folder with
//! `nats-py` (`cargo xtask test` brings it).

#[path = "../common/mod.rs"]
mod common;
mod worker;

use common::{Engine, TENANT, eventually};
use futures::StreamExt;
use prost::Message;
use proto::{
    CancelInstanceRequest, CommandReply, CompleteUserTaskRequest, GetUserTaskReply, GetUserTaskRequest,
    ListUserTasksReply, ListUserTasksRequest, Live, live::Kind, subject,
};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};
use test_harness::{Servers, process::free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const WORKER_URL: &str = "BATON_CONFORMANCE_NATS_URL";

/// Not a test of its own: what the tests start.
#[tokio::test(flavor = "multi_thread")]
async fn worker_process() -> anyhow::Result<()> {
    match std::env::var(WORKER_URL) {
        Ok(url) => worker::run(url).await,
        Err(_) => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rust() -> anyhow::Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["worker_process", "--exact", "--nocapture"]);
    conforms(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn python() -> anyhow::Result<()> {
    let Some(packages) = std::env::var_os("BATON_PYTHONPATH") else {
        let why =
            "the Python SDK is NOT TESTED: BATON_PYTHONPATH does not say where nats-py is; `cargo xtask test` does";
        anyhow::ensure!(std::env::var_os("BATON_TEST_ALL").is_none(), why);
        // past the harness, which shows nothing of what passes
        writeln!(std::io::stderr(), "{why}")?;
        return Ok(());
    };
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../worker-sdk/python");
    let path = std::env::join_paths([sdk.clone().into_os_string(), packages])?;
    let units = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests", "-p", "test_*.py"])
        .current_dir(&sdk)
        .env("PYTHONPATH", &path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    anyhow::ensure!(units.success(), "the SDK's own tests fail");
    let mut command = Command::new("python3");
    command.arg(sdk.join("tests/conformance_worker.py")).env("PYTHONPATH", path).env("PYTHONDONTWRITEBYTECODE", "1");
    conforms(command).await
}

/// A worker process; killed when the test is over.
struct Process(Child);

impl Process {
    fn start(command: &mut Command, url: &str) -> anyhow::Result<Process> {
        Ok(Process(command.env(WORKER_URL, url).env("BATON_NATS_URL", url).spawn()?))
    }

    fn terminate(&self) -> anyhow::Result<()> {
        let killed = Command::new("kill").arg(self.0.id().to_string()).status()?;
        anyhow::ensure!(killed.success(), "the worker has ended by itself");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn conforms(mut command: Command) -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    let http = format!("127.0.0.1:{}", free_port()?);
    let mut process = Process::start(command.env("BATON_HTTP_ADDR", &http), &servers.nats_url())?;
    for case in CASES {
        case.run(&engine).await.map_err(|error| error.context(case.topic))?;
    }
    keeps_to_a_shared_rate_within_its_middleware(&engine).await?;
    asks_a_person_and_goes_on_with_the_answer(&engine).await?;
    serves_health_and_metrics(&http).await?;
    is_told_that_nobody_wants_the_job(&engine).await?;
    registers_again_when_the_consumer_is_lost(&engine).await?;
    finishes_what_runs_before_it_ends(&engine, &mut process).await
}

/// An instance with one job of a type, and what becomes of it.
struct Case {
    topic: &'static str,
    given: fn() -> Value,
    then: Then,
}

enum Then {
    /// The variable `out` gets this.
    Result(fn() -> Value),
    /// The boundary event is taken, and the variable has this value.
    Boundary(&'static str, i64),
    /// An incident whose message holds this, without another attempt.
    Incident(&'static str),
}

const LARGE: usize = 200_000;

const CASES: &[Case] = &[
    Case { topic: "double", given: || json!({"n": 21}), then: Then::Result(|| json!(42)) },
    Case { topic: "double", given: || json!({"n": "many"}), then: Then::Incident("do not fit") },
    Case { topic: "double", given: || json!({}), then: Then::Incident("do not fit") },
    Case { topic: "object", given: || json!({}), then: Then::Result(|| json!({"attempt": 1, "task": "object"})) },
    Case { topic: "bpmn-error", given: || json!({}), then: Then::Boundary("missing", 12) },
    Case { topic: "second-time", given: || json!({}), then: Then::Result(|| json!(2)) },
    Case { topic: "crash-once", given: || json!({}), then: Then::Result(|| json!(2)) },
    Case { topic: "bug", given: || json!({}), then: Then::Incident("trying again cannot help") },
    Case { topic: "large", given: document, then: Then::Result(|| json!(LARGE)) },
    // with the quotation marks
    Case { topic: "parts", given: document, then: Then::Result(|| json!(LARGE + 2)) },
];

fn document() -> Value {
    json!({"n": 1, "document": "d".repeat(LARGE)})
}

impl Case {
    async fn run(&self, engine: &Engine) -> anyhow::Result<()> {
        let id = begin(engine, self.topic, (self.given)()).await?;
        match self.then {
            Then::Result(wanted) => {
                engine.in_state(&id, "completed").await?;
                let mut variables = engine.variables(&id).await?;
                if let Some(out) = variables["out"].as_object_mut() {
                    let job = out.remove("id").unwrap_or_default();
                    anyhow::ensure!(job.as_str().is_some_and(|job| job.starts_with(&format!("{id}:"))), "{job}");
                }
                anyhow::ensure!(variables["out"] == wanted(), "`out` is {}", variables["out"]);
            }
            Then::Boundary(name, value) => {
                engine.in_state(&id, "completed").await?;
                let variables = engine.variables(&id).await?;
                anyhow::ensure!(variables[name] == value, "{variables}");
                anyhow::ensure!(variables["caught"] == true, "the boundary event was not taken: {variables}");
            }
            Then::Incident(text) => {
                let incident = eventually("there is an incident", || async {
                    engine.instance(&id).await.ok()?.incidents.into_iter().next()
                })
                .await?;
                anyhow::ensure!(incident.message.contains(text), "{}", incident.message);
            }
        }
        Ok(())
    }
}

async fn begin(engine: &Engine, topic: &str, variables: Value) -> anyhow::Result<String> {
    let process = format!("with-{topic}");
    let task = format!(
        "{{id: work, type: serviceTask, properties: {{implementation: External, topic: {topic}, resultVariable: out, retries: 3, retryBackoff: PT0.1S}}}}"
    );
    let yaml = format!(
        "process:\n  id: {process}\n  elements:\n    - {{id: start, type: startEvent}}\n    - {task}\n    - {{id: caught, type: errorBoundaryEvent, attachedToRef: work, properties: {{errorCode: NO_MONEY}}}}\n    - {{id: note, type: scriptTask, properties: {{scriptFormat: expression, script: 'true', resultVariable: caught}}}}\n    - {{id: end, type: endEvent}}\n    - {{id: end2, type: endEvent}}\n  connections:\n    - {{id: a, from: start, to: work}}\n    - {{id: b, from: work, to: end}}\n    - {{id: c, from: caught, to: note}}\n    - {{id: d, from: note, to: end2}}\n"
    );
    engine.deploy(&yaml).await?;
    Ok(engine.begin(&process, &variables.to_string()).await?.instance_id)
}

async fn keeps_to_a_shared_rate_within_its_middleware(engine: &Engine) -> anyhow::Result<()> {
    let mut live = engine.client.subscribe("live.>").await?;
    engine.client.flush().await?;
    let begun = Instant::now();
    let mut instances = Vec::new();
    for _ in 0..9 {
        instances.push(begin(engine, "marked", json!({})).await?);
    }
    shows(&mut live, &instances[0], "inside the middleware").await?;
    for id in &instances {
        engine.in_state(id, "completed").await?;
    }
    // three at once, each other a tenth of a second after the one before
    anyhow::ensure!(begun.elapsed() >= Duration::from_millis(6 * 100), "all began within {:?}", begun.elapsed());
    Ok(())
}

async fn asks_a_person_and_goes_on_with_the_answer(engine: &Engine) -> anyhow::Result<()> {
    let id = begin(engine, "asks", json!({})).await?;
    let (tenant, groups) = (TENANT.to_owned(), vec!["bosses".to_owned()]);
    let list =
        ListUserTasksRequest { tenant: tenant.clone(), user: Some("ann".to_owned()), groups, ..Default::default() };
    let task = eventually("the question is a task", || async {
        engine.call::<ListUserTasksReply>("list_user_tasks", &list).await.ok()?.tasks.into_iter().next()
    })
    .await?;
    let get = GetUserTaskRequest { tenant: tenant.clone(), id: task.id.clone() };
    let seen: GetUserTaskReply = engine.call("get_user_task", &get).await?;
    anyhow::ensure!(serde_json::from_slice::<Value>(&seen.variables)?["amount"] == 7, "what the question shows");
    let variables = json!({"decision": "approve"}).to_string().into();
    let answer = CompleteUserTaskRequest { tenant, id: task.id, variables, by: "ann".to_owned(), command_id: None };
    engine.call::<CommandReply>("complete_user_task", &answer).await?;
    engine.in_state(&id, "completed").await?;
    let out = &engine.variables(&id).await?["out"];
    anyhow::ensure!(*out == json!({"decision": "approve", "by": "ann", "attempt": 2}), "{out}");
    Ok(())
}

async fn serves_health_and_metrics(addr: &str) -> anyhow::Result<()> {
    for (path, wanted) in [
        ("/healthz/live", " 200 "),
        ("/healthz/ready", " 200 "),
        ("/metrics", "baton_worker_jobs_total{job_type=\"bug\",outcome=\"bug\"} 1"),
        ("/metrics", "baton_worker_jobs_in_flight{job_type=\"double\"} 0"),
        ("/metrics", "baton_worker_job_duration_seconds_count{job_type=\"double\"} "),
    ] {
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        anyhow::ensure!(answer.contains(wanted), "{path}: {wanted} is not in {answer}");
    }
    Ok(())
}

async fn is_told_that_nobody_wants_the_job(engine: &Engine) -> anyhow::Result<()> {
    let mut live = engine.client.subscribe("live.>").await?;
    engine.client.flush().await?;
    let id = begin(engine, "until-cancelled", json!({})).await?;
    shows(&mut live, &id, "waiting").await?;
    let request = CancelInstanceRequest { tenant: TENANT.to_owned(), instance_id: id.clone(), ..Default::default() };
    let _: CommandReply = engine.call("cancel_instance", &request).await?;
    shows(&mut live, &id, "noticed").await
}

async fn shows(live: &mut async_nats::Subscriber, instance: &str, wanted: &str) -> anyhow::Result<()> {
    let shown = async {
        while let Some(message) = live.next().await {
            let live = Live::decode(message.payload)?;
            let said = match &live.kind {
                Some(Kind::Progress(progress)) => progress.message.as_str(),
                Some(Kind::Log(line)) => line.message.as_str(),
                _ => "",
            };
            if live.instance_id == instance && said == wanted {
                return Ok(());
            }
        }
        anyhow::bail!("the connection is closed")
    };
    tokio::time::timeout(Duration::from_secs(60), shown).await?
}

async fn registers_again_when_the_consumer_is_lost(engine: &Engine) -> anyhow::Result<()> {
    let jetstream = async_nats::jetstream::new(engine.client.clone());
    let stream = jetstream.get_stream(subject::JOBS_STREAM).await?;
    stream.delete_consumer(&subject::consumer("double")).await?;
    CASES[0].run(engine).await
}

async fn finishes_what_runs_before_it_ends(engine: &Engine, process: &mut Process) -> anyhow::Result<()> {
    let mut live = engine.client.subscribe("live.>").await?;
    engine.client.flush().await?;
    let id = begin(engine, "slow", json!({})).await?;
    shows(&mut live, &id, "begun").await?;
    process.terminate()?;
    engine.in_state(&id, "completed").await?;
    let ended = eventually("the worker ends", || {
        let ended = process.0.try_wait().ok().flatten();
        async move { ended }
    })
    .await?;
    anyhow::ensure!(ended.success(), "the worker ended with {ended}");
    Ok(())
}
