//! The streams of NATS and their consumers: made when they are missing, and looked at by the reconciler.
//!
//! What the engine asks of them is a trait: behind it stands NATS, or, in the simulation, a model that forgets when told to.

use async_nats::{
    Client,
    connection::State,
    jetstream::{
        self, Context,
        consumer::{self, pull},
        stream::{self, DiscardPolicy, RetentionPolicy, StorageType, Stream},
    },
};
use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use jiff::Timestamp;
use proto::subject::{AGENTS_STREAM, JOBS_STREAM};
use std::time::Duration;

pub const ACK_WAIT: Duration = Duration::from_secs(30);
/// Longer than it takes to publish twice by mistake; intended copies carry ids of their own.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(30);
/// Of the metadata of the stream of jobs.
const EPOCH: &str = "baton-epoch";
const MAX_ACK_PENDING: i64 = 10_000;

/// What a stream looked like; less than this is another stream.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Nanoseconds since 1970, by the server's clock.
    pub created: i128,
    pub last_sequence: u64,
    pub has_messages: bool,
}

/// What waits of one type of jobs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Backlog {
    Nothing,
    /// Some are with workers, none waits to be delivered.
    WithWorkers,
    /// The oldest that waits to be delivered was published then, by the server's clock; none: nobody knows.
    Waiting(Option<Timestamp>),
}

type Asked<'a, T> = BoxFuture<'a, anyhow::Result<T>>;

/// The stream of jobs, and its consumers.
pub trait Streams: Send + Sync {
    fn is_connected(&self) -> bool;

    /// Makes the stream of jobs if it is not there, and looks at it.
    fn look(&self) -> Asked<'_, Seen>;

    /// Makes sure that the consumer of a type of jobs is there.
    fn ensure_consumer<'a>(&'a self, job_type: &'a str) -> Asked<'a, ()>;

    /// Of one type of jobs.
    fn backlog<'a>(&'a self, job_type: &'a str) -> Asked<'a, Backlog>;

    /// Makes the stream one of this epoch: what another one has left in it is removed. True: it was another's.
    fn begin_epoch(&self, _epoch: uuid::Uuid) -> Asked<'_, bool> {
        async { Ok(false) }.boxed()
    }

    /// Removes messages that are acknowledged and yet there.
    fn remove_dead(&self) -> Asked<'_, ()>;
}

/// What the streams may hold.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    /// Bytes; -1 is no limit.
    pub jobs_max_bytes: i64,
    pub transcripts_max_age: Duration,
}

/// The real ones.
#[derive(Clone)]
pub struct Nats {
    pub client: Client,
    pub jetstream: Context,
    limits: StreamLimits,
}

impl Nats {
    pub fn new(client: Client, limits: StreamLimits) -> Nats {
        Nats { jetstream: jetstream::new(client.clone()), client, limits }
    }

    /// Makes sure that the streams are there. One that is there keeps what its operator has set (replicas, limits). Jobs
    /// are never dropped: a full stream refuses more, and they are published again later.
    pub async fn ensure_streams(&self) -> Result<stream::Stream, async_nats::Error> {
        let jobs = stream::Config {
            name: JOBS_STREAM.to_owned(),
            subjects: vec!["jobs.>".to_owned()],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            max_bytes: self.limits.jobs_max_bytes,
            storage: StorageType::File,
            duplicate_window: DUPLICATE_WINDOW,
            allow_direct: true,
            ..Default::default()
        };
        let agents = stream::Config {
            name: AGENTS_STREAM.to_owned(),
            subjects: vec!["agents.>".to_owned()],
            max_age: self.limits.transcripts_max_age,
            storage: StorageType::File,
            allow_direct: true,
            ..Default::default()
        };
        self.jetstream.get_or_create_stream(agents).await?;
        Ok(self.jetstream.get_or_create_stream(jobs).await?)
    }

    /// Makes sure that the consumer of a job type is there.
    async fn consumer(&self, job_type: &str) -> Result<consumer::Consumer<pull::Config>, async_nats::Error> {
        let config = pull::Config {
            durable_name: Some(proto::subject::consumer(job_type)),
            filter_subject: proto::subject::jobs_of_type(job_type),
            ack_policy: consumer::AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_deliver: -1,
            max_ack_pending: MAX_ACK_PENDING,
            ..Default::default()
        };
        let stream = match self.jetstream.get_stream(JOBS_STREAM).await {
            Ok(stream) => stream,
            Err(_) => self.ensure_streams().await?,
        };
        let name = proto::subject::consumer(job_type);
        Ok(stream.get_or_create_consumer(&name, config).await?)
    }

    async fn jobs(&self) -> anyhow::Result<Stream> {
        self.ensure_streams().await.map_err(anyhow::Error::from_boxed)
    }
}

impl Streams for Nats {
    fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    fn look(&self) -> Asked<'_, Seen> {
        async move {
            let mut stream = self.jobs().await?;
            let info = stream.info().await?;
            let created = info.created.unix_timestamp_nanos();
            let has_messages = info.state.messages > 0;
            Ok(Seen { created, last_sequence: info.state.last_sequence, has_messages })
        }
        .boxed()
    }

    fn ensure_consumer<'a>(&'a self, job_type: &'a str) -> Asked<'a, ()> {
        async move { self.consumer(job_type).await.map(drop).map_err(anyhow::Error::from_boxed) }.boxed()
    }

    fn backlog<'a>(&'a self, job_type: &'a str) -> Asked<'a, Backlog> {
        async move {
            let mut consumer = self.consumer(job_type).await.map_err(anyhow::Error::from_boxed)?;
            let info = consumer.info().await?;
            Ok(match (info.num_pending, info.num_ack_pending) {
                (0, 0) => Backlog::Nothing,
                (0, _) => Backlog::WithWorkers,
                _ => {
                    let stream = self.jetstream.get_stream_no_info(JOBS_STREAM).await?;
                    Backlog::Waiting(oldest_waiting(&stream, job_type, info).await)
                }
            })
        }
        .boxed()
    }

    /// A stream of nobody is ours: it is new, or was made before there were epochs.
    fn begin_epoch(&self, epoch: uuid::Uuid) -> Asked<'_, bool> {
        async move {
            let mut stream = self.jobs().await?;
            let mut config = stream.info().await?.config.clone();
            let former = config.metadata.insert(EPOCH.to_owned(), epoch.to_string());
            if former.as_ref() == Some(&epoch.to_string()) {
                return Ok(false);
            }
            if former.is_some() {
                stream.purge().await?;
            }
            self.jetstream.update_stream(config).await?;
            Ok(former.is_some())
        }
        .boxed()
    }

    /// A server that fell in the middle of forgetting an acknowledged message (its disk was full, say) may keep it: nobody is
    /// ever given it again, and it takes up room for ever.
    fn remove_dead(&self) -> Asked<'_, ()> {
        async move { remove_dead(&self.jobs().await?).await }.boxed()
    }
}

async fn remove_dead(stream: &Stream) -> anyhow::Result<()> {
    let consumers: Vec<consumer::Info> = stream.consumers().try_collect().await?;
    let idle = consumers.into_iter().filter(|info| info.num_pending == 0 && info.num_ack_pending == 0);
    for info in idle {
        let (subject, acknowledged) = (info.config.filter_subject, info.ack_floor.stream_sequence);
        let first = stream.get_first_raw_message_by_subject(subject.as_str(), 1).await;
        if first.is_ok_and(|first| first.sequence <= acknowledged) {
            let purged = stream.purge().filter(subject).sequence(acknowledged + 1).await?;
            let (consumer, messages) = (info.name, purged.purged);
            tracing::warn!(consumer, messages, "messages that were acknowledged long ago were removed");
        }
    }
    Ok(())
}

/// When the oldest message that was not delivered yet was published.
async fn oldest_waiting(stream: &Stream<()>, job_type: &str, info: &consumer::Info) -> Option<Timestamp> {
    let subject = proto::subject::jobs_of_type(job_type);
    let next = info.delivered.stream_sequence + 1;
    let message = stream.get_first_raw_message_by_subject(subject, next).await.ok()?;
    Timestamp::from_nanosecond(message.time.unix_timestamp_nanos()).ok()
}
