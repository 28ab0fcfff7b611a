//! A `baton` process of a test, with a data folder of its own.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, channel},
    },
    time::{Duration, Instant},
};

/// One system at a time: two would only make each other slow.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static COUNTER: AtomicU32 = AtomicU32::new(0);

pub struct Baton {
    child: Child,
    lines: Receiver<String>,
    /// Everything printed so far.
    pub printed: String,
    pub data: PathBuf,
    turn: Option<MutexGuard<'static, ()>>,
}

pub fn checkout() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the checkout").to_owned()
}

pub fn binary() -> PathBuf {
    let built = || checkout().join("target/debug/baton");
    let binary = std::env::var_os("BATON_BIN").map_or_else(built, PathBuf::from);
    assert!(binary.exists(), "{} is not built: run `cargo build --package baton`", binary.display());
    binary
}

impl Baton {
    /// `baton <command> --data <own folder> <arguments>`, run in the checkout.
    pub fn run(command: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Baton {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let n = COUNTER.fetch_add(1, Ordering::Relaxed);
        let data = std::env::temp_dir().join(format!("baton-test-{}-{n}", std::process::id()));
        Baton::on(turn, data, command, arguments, environment)
    }

    /// Stops it, and starts it again on the same data.
    pub fn again(mut self, command: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Baton {
        self.stop();
        let turn = self.turn.take().expect("it is running");
        Baton::on(turn, std::mem::take(&mut self.data), command, arguments, environment)
    }

    fn on(
        turn: MutexGuard<'static, ()>,
        data: PathBuf,
        command: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Baton {
        let mut baton = Command::new(binary());
        baton.arg(command).arg("--data").arg(&data).args(["--port", "0"]).args(arguments);
        baton.envs(environment.iter().copied()).current_dir(checkout()).stdout(Stdio::piped());
        let mut child = baton.spawn().expect("baton starts");
        let (send, lines) = channel();
        let output = child.stdout.take().expect("its output is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Baton { child, lines, printed: String::new(), data, turn: Some(turn) }
    }

    /// The next line that it prints; none at its end.
    pub fn line(&mut self, within: Duration) -> Option<String> {
        let line = self.lines.recv_timeout(within).ok()?;
        println!("{line}");
        self.printed.push_str(&line);
        self.printed.push('\n');
        Some(line)
    }

    /// Reads on until a line holds `text`, and returns that line.
    pub fn until(&mut self, text: &str, within: Duration) -> String {
        let deadline = Instant::now() + within;
        while let Some(line) = self.line(deadline.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
        }
        panic!("baton did not print {text:?} within {within:?}; it printed:\n{}{}", self.printed, self.logs());
    }

    /// Reads on to the end and says whether it succeeded.
    pub fn succeeds(&mut self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        while self.line(deadline.saturating_duration_since(Instant::now())).is_some() {}
        let ended = self.child.try_wait().expect("its state can be asked").or_else(|| {
            std::thread::sleep(Duration::from_millis(500));
            self.child.try_wait().ok().flatten()
        });
        ended.is_some_and(|status| status.success())
    }

    /// Kills one of its programs (`engine`, `postgres`, `worker-agent` …) without warning.
    pub fn kill(&self, program: &str) {
        let pid = std::fs::read_to_string(self.data.join("pids").join(program)).expect("the program has a pid file");
        let killed = Command::new("kill").args(["-9", pid.trim()]).status().expect("kill runs");
        println!("        † {program} ({})", if killed.success() { "killed" } else { "was gone" });
    }

    /// The ends of its logs, for a failure's message.
    pub fn logs(&self) -> String {
        let mut text = String::new();
        for entry in std::fs::read_dir(self.data.join("logs")).into_iter().flatten().flatten() {
            let log = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(15)..].join("\n");
            text.push_str(&format!("\n── {}\n{tail}\n", entry.file_name().to_string_lossy()));
        }
        text
    }

    pub fn stop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
    }

    /// Waits for the development server's address, and returns a client of it.
    pub fn api(&mut self) -> Api {
        let line = self.until("  page ", Duration::from_secs(90));
        let address = line.split_whitespace().last().expect("the line ends with the address");
        let (url, key) = address.split_once("/#key=").expect("the address holds the key");
        Api { url: url.to_owned(), key: key.to_owned(), http: reqwest::Client::new() }
    }
}

impl Drop for Baton {
    fn drop(&mut self) {
        self.stop();
        if self.turn.is_some() {
            let _ = std::fs::remove_dir_all(&self.data);
        }
    }
}

/// The REST API of a running server.
pub struct Api {
    pub url: String,
    pub key: String,
    http: reqwest::Client,
}

impl Api {
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(self.http.get(self.address(path))).await;
        assert!(status < 300, "GET {path}: {status} {body}");
        body
    }

    /// What is below the server's root, as text.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.ask(self.http.get(format!("{}{path}", self.url))).await;
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.text().await.expect("the answer is text")
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(self.http.post(self.address(path)).json(&body)).await
    }

    pub async fn deploy(&self, yaml: &str) -> (u16, Value) {
        self.post("/deployments", json!({"files": [{"name": "process.yaml", "content": yaml}]})).await
    }

    /// Starts an instance. While nothing new is let in it waits as it is told and tries again, as every client should.
    pub async fn start(&self, process: &str, variables: Value) -> String {
        self.start_when_let_in(process, variables).await.0
    }

    /// Also returns why it was kept out, once for each time.
    pub async fn start_when_let_in(&self, process: &str, variables: Value) -> (String, Vec<String>) {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut kept_out = Vec::new();
        loop {
            let request = self.http.post(self.address("/instances"));
            let answer = self.ask(request.json(&json!({"processId": process, "variables": &variables}))).await;
            let (status, after) = (answer.status().as_u16(), retry_after(&answer));
            let body: Value = answer.json().await.unwrap_or(Value::Null);
            if status == 201 {
                return (body["instanceId"].as_str().expect("the answer holds the instance's id").to_owned(), kept_out);
            }
            assert!(status == 429 && Instant::now() < deadline, "{process} was not started: {status} {body}");
            kept_out.push(body["detail"].as_str().unwrap_or_default().to_owned());
            tokio::time::sleep(after.expect("who is kept out is told when to come again")).await;
        }
    }

    /// Asks for the instance until `wanted` holds.
    pub async fn instance_where(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let instance = self.get(&format!("/instances/{id}")).await;
            if wanted(&instance) {
                return instance;
            }
            assert!(Instant::now() < deadline, "the instance did not get there: {instance:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = self.ask(request).await;
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> reqwest::Response {
        request.bearer_auth(&self.key).send().await.expect("the gateway answers")
    }
}

fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?))
}
