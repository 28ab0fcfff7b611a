//! Eight small workers, each a file that shows one thing of the SDK; this program is all of them.
//!
//! | file | shows |
//! |---|---|
//! | [`typed`] | input and output as types |
//! | [`declined`] | a BPMN error that the process has a way for |
//! | [`busy`] | a retry at the time that the outside asks for |
//! | [`shared`] | state that handlers share, and a rate limit over all replicas |
//! | [`middleware`] | layers of tower around every job |
//! | [`large`] | a large variable, read part by part |
//! | [`cancelled`] | progress, and noticing that nobody wants the job any more |
//! | [`long`] | a long computation, whose lease is kept meanwhile |

mod busy;
mod cancelled;
mod declined;
mod large;
mod long;
mod middleware;
mod shared;
mod typed;

use worker_sdk::{Builder, CancellationToken, Rate, Worker};

fn workers(nats: String) -> Builder {
    Worker::builder(nats)
        .layer(middleware::Logged)
        .layer(middleware::at_most_ten_minutes())
        .state(shared::Rates::default())
        .job("price", typed::price)
        .job("charge", declined::charge)
        .job("ask-carrier", busy::ask_carrier)
        .job_with("convert-currency", shared::convert)
        .shared_rate("currency-service", Rate::per_second(10).burst(5))
        .job("count-words", large::count_words)
        .job("wait-for-courier", cancelled::wait_for_courier)
        .job("factorise", long::factorise)
        .at_once(2)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let _telemetry = worker_sdk::start_telemetry("examples"); // logs, and traces where they are wanted
    let nats = std::env::var("BATON_NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned());
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        stop.cancel();
    });
    Ok(workers(nats).run(shutdown).await?)
}
