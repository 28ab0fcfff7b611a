//! The worker of the floor: takes a job, asks the engine for the next step, and acknowledges when that is committed.

use super::{CONSUMER, RESULT, STEPS, STREAM, Step, connect};
use anyhow::Context;
use async_nats::jetstream::{self, consumer::PullConsumer};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

/// Jobs at a time, as many as Baton's worker has.
const AT_ONCE: usize = 256;

pub async fn run(shutdown: CancellationToken) -> anyhow::Result<()> {
    let nats = connect().await?;
    let jetstream = jetstream::new(nats.clone());
    let consumer: PullConsumer = loop {
        match jetstream.get_consumer_from_stream(CONSUMER, STREAM).await {
            Ok(consumer) => break consumer,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await, // the engine makes it
        }
    };
    let jobs = consumer.stream().max_messages_per_batch(AT_ONCE).messages().await?;
    let nats = &nats;
    let work = jobs.for_each_concurrent(AT_ONCE, |job| async move {
        if let Err(error) = work(nats, job).await {
            eprintln!("{error:#}");
        }
    });
    tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        () = work => Ok(()),
    }
}

async fn work(
    nats: &async_nats::Client,
    job: Result<jetstream::Message, impl std::error::Error + Send + Sync + 'static>,
) -> anyhow::Result<()> {
    let job = job?;
    let step = Step::decode(&job.payload).context("not a step")?;
    let next = Step { number: step.number + 1, ..step };
    nats.request(STEPS, next.encode(RESULT)).await?;
    job.ack().await.map_err(anyhow::Error::from_boxed)
}
