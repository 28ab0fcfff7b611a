//! A crowd before one gateway: many clients that follow, some of them too slowly, gateways that are killed, and everyone
//! who comes back at once. Each client must hear everything of its instance once and in order.
//!
//! Small as a test; `cargo xtask crowd` makes it large: `BATON_CROWD` clients (a tenth of them slow), `BATON_CROWD_KILLS`
//! kills, `BATON_CROWD_RATE` events a second, for `BATON_CROWD_SECONDS`.

mod client;
mod engine;
mod gate;
mod report;

use client::Client;
use engine::Engine;
use gate::Gate;
use report::Report;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use test_harness::Nats;
use tokio_util::sync::CancellationToken;

/// How large it is.
#[derive(Debug, Clone)]
pub struct Size {
    clients: usize,
    slow: usize,
    instances: usize,
    kills: usize,
    /// Events a second.
    rate: u64,
    lasts: Duration,
    /// Those whose connection was cut come back within this time, each when it likes.
    storm: Duration,
}

impl Size {
    fn from_environment() -> Self {
        let number = |name: &str, otherwise: u64| {
            std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let clients = number("BATON_CROWD", 200) as usize;
        Self {
            clients,
            slow: clients / 10,
            instances: (clients / 10).max(1),
            kills: number("BATON_CROWD_KILLS", 2) as usize,
            rate: number("BATON_CROWD_RATE", 200),
            lasts: Duration::from_secs(number("BATON_CROWD_SECONDS", 6)),
            storm: Duration::from_secs(number("BATON_CROWD_STORM", 1)),
        }
    }
}

#[test]
fn everyone_hears_everything_once() {
    gateway::raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let report = runtime.block_on(play(Size::from_environment()));
    println!("{report}");
    report.check();
}

async fn play(size: Size) -> Report {
    let nats = Nats::start().unwrap();
    let engine = Engine::start(nats.connect().await.unwrap(), size.instances).await;
    let mut gate = Gate::open(&nats.url()).await;
    let report = Arc::new(Report::new(&size));
    let (address, done) = (gate.address(), CancellationToken::new());
    let client = |number: usize| Client {
        number,
        address,
        instance: engine::instance(number % size.instances),
        is_slow: number < size.slow,
        storm: size.storm,
        report: Arc::clone(&report),
        engine: engine.clone(),
        done: done.clone(),
    };
    let clients: Vec<_> = (0..size.clients).map(|number| tokio::spawn(client(number).live())).collect();
    report.until_all_follow(Duration::from_secs(120)).await;
    tell(&engine, &mut gate, &size, &report).await;
    // From here on nothing new: everyone, slow or not, has to come to the end.
    engine.close();
    let started = Instant::now();
    for client in clients {
        let left = Duration::from_secs(180).saturating_sub(started.elapsed());
        tokio::time::timeout(left, client).await.expect("everyone comes to the end in time").unwrap();
    }
    report.memory(gate.memory());
    done.cancel();
    drop(gate);
    Arc::try_unwrap(report).unwrap_or_else(|_| panic!("somebody still reports"))
}

/// Events at the wanted rate, and kills evenly between them.
async fn tell(engine: &Engine, gate: &mut Gate, size: &Size, report: &Report) {
    let started = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    let (mut told, mut killed) = (0, 0);
    while started.elapsed() < size.lasts {
        tick.tick().await;
        let due = size.rate * started.elapsed().as_millis() as u64 / 1000;
        while told < due {
            engine.tell(told as usize % size.instances).await;
            told += 1;
        }
        report.memory(gate.memory());
        let next = size.lasts * (killed as u32 + 1) / (size.kills as u32 + 1);
        if killed < size.kills && started.elapsed() > next {
            killed += 1;
            gate.kill_and_open().await;
        }
    }
}
