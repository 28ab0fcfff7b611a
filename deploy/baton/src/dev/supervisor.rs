//! Starts programs, keeps them running, and stops them in order.
//!
//! A program that ends by itself (or is killed) is started again after a short, growing delay; its output goes to
//! `logs/<name>.log`, its process id to `pids/<name>`.

use super::{Settings, free_port};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::{self, File},
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What to run.
#[derive(Clone)]
pub struct Program {
    name: &'static str,
    words: Vec<String>,
    environment: Vec<(&'static str, String)>,
    stop_signal: Signal,
}

impl Program {
    /// `words` begin with the program; `arguments` follow.
    pub fn new(name: &'static str, words: Vec<String>, arguments: Vec<String>) -> Program {
        Program { name, words: [words, arguments].concat(), environment: Vec::new(), stop_signal: Signal::TERM }
    }

    pub fn stop_with(mut self, signal: Signal) -> Program {
        self.stop_signal = signal;
        self
    }

    fn spawn(&self, settings: &Settings) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(settings.log(self.name))?;
        let (program, arguments) = self.words.split_first().context("an empty command")?;
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true).process_group(0);
        let child = command.spawn().with_context(|| format!("starting {}: {program}", self.name))?;
        if let Some(pid) = child.id() {
            fs::write(settings.data.join("pids").join(self.name), pid.to_string())?;
        }
        Ok(child)
    }
}

/// Programs that stop together.
#[derive(Default)]
struct Stage {
    stop: CancellationToken,
    programs: TaskTracker,
}

/// Everything that runs. Stops the services first, then the servers that they need.
pub struct Supervisor {
    settings: Settings,
    services: Stage,
    servers: Stage,
}

impl Supervisor {
    pub fn new(settings: Settings) -> Supervisor {
        Supervisor { settings, services: Stage::default(), servers: Stage::default() }
    }

    /// A server that services need; it stops after them.
    pub fn supervise(&self, program: Program) -> anyhow::Result<()> {
        self.keep_running(program, &self.servers)
    }

    /// A service of Baton: a process of this binary, with a health and metrics listener on `port` (what people reach, the gateway,
    /// has its metrics apart).
    pub fn start_service(&self, name: &'static str, arguments: &[&str], port: u16) -> anyhow::Result<()> {
        let program = std::env::current_exe()?.display().to_string();
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        let mut service = Program::new(name, vec![program], arguments);
        service.environment = self.settings.environment();
        service.environment.push(("BATON_HTTP_ADDR", format!("127.0.0.1:{port}")));
        if name == "gateway" {
            service.environment.push(("BATON_METRICS_ADDR", format!("127.0.0.1:{}", free_port()?)));
        }
        self.keep_running(service, &self.services)
    }

    /// Stops the services, then the servers, each within a bounded time.
    pub async fn stop(&self) {
        for stage in [&self.services, &self.servers] {
            stage.stop.cancel();
            stage.programs.close();
            stage.programs.wait().await;
        }
    }

    fn keep_running(&self, program: Program, stage: &Stage) -> anyhow::Result<()> {
        let child = program.spawn(&self.settings)?;
        stage.programs.spawn(watch(program, child, self.settings.clone(), stage.stop.clone()));
        Ok(())
    }
}

async fn watch(program: Program, mut child: Child, settings: Settings, stop: CancellationToken) {
    let mut delay = FIRST_DELAY;
    loop {
        let started = Instant::now();
        let status = tokio::select! {
            status = child.wait() => status,
            () = stop.cancelled() => return end(&program, child).await,
        };
        if started.elapsed() > LONGEST_DELAY {
            delay = FIRST_DELAY;
        }
        eprintln!("{} ended ({}); starting it again", program.name, describe(status, &settings.log(program.name)));
        child = loop {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = stop.cancelled() => return,
            }
            delay = (delay * 2).min(LONGEST_DELAY);
            match program.spawn(&settings) {
                Ok(child) => break child,
                Err(error) => eprintln!("{error:#}"),
            }
        };
    }
}

async fn end(program: &Program, mut child: Child) {
    if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) {
        let _ = kill_process(pid, program.stop_signal); // gone already: nothing to stop
    }
    if tokio::time::timeout(STOP_WITHIN, child.wait()).await.is_err() {
        let _ = child.kill().await;
    }
}

/// How it ended, and what it said last when it gave up by itself.
fn describe(status: std::io::Result<ExitStatus>, log: &Path) -> String {
    match status {
        Ok(status) if status.code().is_some_and(|code| code != 0) => match last_line(log) {
            Some(line) => format!("{status}: {line}"),
            None => status.to_string(),
        },
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    }
}

fn last_line(log: &Path) -> Option<String> {
    let text = fs::read_to_string(log).ok()?;
    text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned)
}
