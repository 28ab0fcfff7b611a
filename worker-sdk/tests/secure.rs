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
use worker_sdk::{CancellationToken, Worker};

const URL: &str = "BATON_SECURE_NATS_URL";

/// Not a test of its own: what the test starts.
#[tokio::test(flavor = "multi_thread")]
async fn worker_process() {
    if let Ok(url) = std::env::var(URL) {
        let _telemetry = worker_sdk::start_telemetry("secure");
        let ended = Worker::builder(url).job("double", double).run(CancellationToken::new()).await;
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

fn text(path: &Path) -> String {
    path.display().to_string()
}
