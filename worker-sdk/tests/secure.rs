//! A NATS server that asks for TLS, a certificate, a user and a password: a worker gets in with what its environment names, and
//! only so. The worker is this very program, started again.

mod common;

use common::{Engine, double};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};
use test_harness::{Nats, tls};
use worker_sdk::{CancellationToken, Rate, Worker};

const URL: &str = "BATON_SECURE_NATS_URL";

/// Not a test of its own: what the test starts.
#[tokio::test(flavor = "multi_thread")]
async fn worker_process() {
    if let Ok(url) = std::env::var(URL) {
        let _telemetry = worker_sdk::start_telemetry("secure");
        let worker = Worker::builder(url).job("double", double).shared_rate("a bank", Rate::per_second(100));
        let ended = worker.run(CancellationToken::new()).await;
        ended.unwrap_or_else(|error| panic!("{error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_gets_in_with_what_its_environment_names() {
    let (authority, certificate, key) = (text(&tls::authority()), text(&tls::certificate()), text(&tls::key()));
    let files = ["--tls", "--tlsverify", "--tlscacert", &authority, "--tlscert", &certificate, "--tlskey", &key];
    let arguments = [files.as_slice(), &["--user", "worker", "--pass", "a password"]].concat();
    let nats = Nats::start_with(&std::env::temp_dir(), &arguments).unwrap();
    let url = format!("tls://localhost:{}", nats.port());
    let client = async_nats::ConnectOptions::new()
        .add_root_certificates(tls::authority())
        .add_client_certificate(tls::certificate(), tls::key())
        .user_and_password("worker".into(), "a password".into());
    let engine = Engine::on(client.connect(&url).await.unwrap()).await;
    engine.publish("double", 21).await;

    let start = |password: &str, certificate: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["worker_process", "--exact", "--nocapture"]).env(URL, &url);
        command.env("BATON_NATS_USER", "worker").env("BATON_NATS_PASSWORD", password);
        command.env("BATON_NATS_CA", &authority).env("BATON_NATS_CERT", certificate).env("BATON_NATS_KEY", &key);
        command
    };
    let mut refused = start("another", &certificate).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(refused.stderr.take().unwrap()).lines();
    let line = told.find_map(|line| line.ok().filter(|line| line.contains("NATS"))).unwrap();
    assert!(line.contains("authorization violation") && !line.contains("another"), "{line}");
    assert!(engine.reported.lock().unwrap().is_empty());

    let mut worker = start("a password", &certificate).spawn().unwrap();
    engine.until_reported(1).await;
    for process in [&mut refused, &mut worker] {
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

/// What `engine/docs/workers.md` says that a worker's user needs, and no more.
const PUBLISH: [&str; 13] = [
    "api.register_worker",
    "api.heartbeat",
    "api.get_variable",
    "results.*",
    "live.>",
    "$JS.API.CONSUMER.MSG.NEXT.JOBS.worker-double",
    "$JS.ACK.JOBS.worker-double.>",
    "$JS.ACK.*.*.JOBS.worker-double.>",
    "$KV.BATON_LIMITS.>",
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.KV_BATON_LIMITS",
    "$JS.API.STREAM.CREATE.KV_BATON_LIMITS",
    "$JS.API.DIRECT.GET.KV_BATON_LIMITS.>",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_needs_the_rights_that_are_written_down_and_no_others() {
    let allowed = format!("publish: {{allow: {PUBLISH:?}}}, subscribe: {{allow: [\"_INBOX.>\", \"cancel.double\"]}}");
    let users = format!("{{user: engine, password: e}}, {{user: worker, password: w, permissions: {{{allowed}}}}}");
    let config = std::env::temp_dir().join(format!("baton-rights-{}.conf", std::process::id()));
    std::fs::write(&config, format!("authorization {{users: [{users}]}}\n")).unwrap();
    let nats = Nats::start_with(&std::env::temp_dir(), &["--config", &text(&config)]).unwrap();
    let as_user = |user: &str, password: &str| {
        let options = async_nats::ConnectOptions::with_user_and_password(user.into(), password.into());
        options.connect(nats.url())
    };
    let engine = Engine::on(as_user("engine", "e").await.unwrap()).await;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["worker_process", "--exact", "--nocapture"]).env(URL, nats.url());
    command.env("BATON_NATS_USER", "worker").env("BATON_NATS_PASSWORD", "w").stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    for n in 20..32 {
        engine.publish("double", n).await;
    }
    engine.until_reported(12).await;
    worker.kill().unwrap();
    let said = std::io::read_to_string(worker.stderr.take().unwrap()).unwrap();
    worker.wait().unwrap();
    std::fs::remove_file(config).unwrap();
    assert!(!said.to_lowercase().contains("permissions violation"), "{said}");
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
