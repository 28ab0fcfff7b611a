//! The gateway that the crowd stands before, and that can be killed: a process of its own. It comes back under the same
//! address.

use clap::Parser;
use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// The options of the gateway, for this very program in its other part.
const OPTIONS: &str = "BATON_CROWD_GATE";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    config: gateway::Config,
}

pub struct Gate {
    nats: String,
    address: SocketAddr,
    child: Option<Child>,
}

/// The other part of this program: with options it is the gateway, and a test that has nothing to do without.
#[test]
fn gate() {
    let Ok(options) = std::env::var(OPTIONS) else { return };
    let config = Line::parse_from(options.split(' ')).config;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(gateway::run(config, CancellationToken::new())).unwrap();
}

impl Gate {
    pub async fn open(nats: &str) -> Gate {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let mut gate = Gate { nats: nats.to_owned(), address, child: None };
        gate.start().await;
        gate
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub async fn kill_and_open(&mut self) {
        self.kill();
        self.start().await;
    }

    /// Resident, in bytes.
    pub fn memory(&self) -> u64 {
        let Some(child) = &self.child else { return 0 };
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
        kilobytes.unwrap_or_default() * 1024
    }

    fn options(&self) -> String {
        let store = format!("file://{}/baton-crowd-{}", std::env::temp_dir().display(), std::process::id());
        let address = self.address.to_string();
        let words = ["gateway", "--nats-url", &self.nats, "--http-addr", &address, "--store-url", &store];
        [&words[..], &["--api-keys", "key=acme:viewer", "--heartbeat-seconds", "5"]].concat().join(" ")
    }

    async fn start(&mut self) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "gate::gate", "--nocapture"]).env(OPTIONS, self.options());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(command.spawn().expect("the gateway starts"));
        let started = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "the gateway does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(std::env::temp_dir().join(format!("baton-crowd-{}", std::process::id())));
    }
}
