//! The engine of the floor: lanes with a transaction each, publishing after the commit, and answering.

use super::{CONSUMER, ENDED, JOBS, STEPS, STREAM, Step, VARIABLES, connect};
use anyhow::Context as _;
use async_nats::{
    Client, HeaderMap, Subject,
    jetstream::{self, Context, consumer, stream},
};
use futures::{StreamExt, stream::FuturesUnordered};
use std::{future::IntoFuture, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// As many as Baton has.
const LANES: usize = 2;
const BATCH: usize = 256;
/// Control state and event of a step, about as large as Baton's.
const STATE: [u8; 64] = [7; 64];
/// As Baton's: a table that is empty when the statement is planned is not to be scanned when it is full.
const OPTIONS: &str = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
     -c plan_cache_mode=force_generic_plan -c jit=off";

/// A step, and where to say that it is committed.
type Asked = (Step, Option<Subject>);

pub async fn run(shutdown: CancellationToken) -> anyhow::Result<()> {
    let nats = connect().await?;
    let jetstream = jetstream::new(nats.clone());
    prepare(&jetstream).await?;
    database().await?.batch_execute(include_str!("schema.sql")).await?;
    let mut steps = nats.queue_subscribe(STEPS, "floor".into()).await?;
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let (lane, queue) = mpsc::channel(65_536);
        lanes.push(lane);
        tokio::spawn(run_lane(queue, nats.clone(), jetstream.clone()));
    }
    loop {
        let message = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            message = steps.next() => message.context("NATS is gone")?,
        };
        let step = Step::decode(&message.payload).context("not a step")?;
        let lane = &lanes[step.instance as usize % LANES];
        lane.send((step, message.reply)).await.context("a lane has ended")?;
    }
}

async fn prepare(jetstream: &Context) -> anyhow::Result<()> {
    let stream = stream::Config {
        name: STREAM.to_owned(),
        subjects: vec![JOBS.to_owned()],
        retention: stream::RetentionPolicy::WorkQueue,
        duplicate_window: Duration::from_secs(30),
        ..Default::default()
    };
    let stream = jetstream.get_or_create_stream(stream).await?;
    let consumer = consumer::pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        ack_policy: consumer::AckPolicy::Explicit,
        max_ack_pending: 10_000,
        ..Default::default()
    };
    stream.get_or_create_consumer(CONSUMER, consumer).await?;
    Ok(())
}

async fn database() -> anyhow::Result<tokio_postgres::Client> {
    let url = std::env::var("BATON_DATABASE_URL").context("BATON_DATABASE_URL is not set")?;
    let mut config: tokio_postgres::Config = url.parse()?;
    let (client, connection) = config.options(OPTIONS).connect(tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn run_lane(mut queue: mpsc::Receiver<Asked>, nats: Client, jetstream: Context) -> anyhow::Result<()> {
    let session = database().await?;
    let statement = session.prepare(include_str!("step.sql")).await?;
    let (acks, mut published) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut waiting = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(ack) = published.recv() => waiting.push(jetstream::context::PublishAckFuture::into_future(ack)),
                Some(acknowledged) = waiting.next(), if !waiting.is_empty() => drop(acknowledged),
                else => return,
            }
        }
    });
    let mut batch: Vec<Asked> = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let steps = batch.iter().map(|(step, _)| step);
        let instances: Vec<i64> = steps.clone().map(|step| step.instance).collect();
        let numbers: Vec<i32> = steps.clone().map(|step| step.number).collect();
        let tasks: Vec<i32> = steps.map(|step| step.tasks).collect();
        session.execute(&statement, &[&instances, &numbers, &tasks, &STATE.as_slice()]).await?;
        for (step, reply) in batch.drain(..) {
            if step.number <= step.tasks {
                let mut headers = HeaderMap::new();
                headers.insert("Nats-Msg-Id", format!("{}:{}", step.instance, step.number));
                let _ = acks.send(jetstream.publish_with_headers(JOBS, headers, step.encode(VARIABLES)).await?);
            } else {
                nats.publish(ENDED, step.encode(&[])).await?;
            }
            if let Some(reply) = reply {
                nats.publish(reply, "ok".into()).await?;
            }
        }
    }
    Ok(())
}
