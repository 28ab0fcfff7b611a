//! The record of one agent's job on the stream AGENTS: the intent before each call, its result after it.
//!
//! A worker that takes the job up again reads it and repeats nothing that has finished. Each record names the last one it
//! knows of, so that of two workers on one job only one can go on writing. A failure that trying again cannot help ends
//! the part of the record that counts: the next attempt begins anew.

use super::{
    budget::Spent,
    failure::Code,
    provider::{Message, Reply},
};
use async_nats::{
    HeaderMap,
    header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE,
    jetstream::{
        self,
        consumer::{AckPolicy, DeliverPolicy, pull},
    },
};
use futures::StreamExt;
use prost::Message as _;
use proto::{TranscriptRecord, subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;
use worker_sdk::{Context, JobFailure, Variables};

const READ_AT_ONCE: usize = 500;
/// Each of them.
const READ_WITHIN: Duration = Duration::from_secs(30);
/// Of a message, in bytes, when the server has not said its own limit.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// What headers take of it.
const HEADERS: usize = 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "camelCase")]
pub enum Entry {
    #[serde(rename_all = "camelCase")]
    RunStarted {
        model: String,
        provider: String,
        scripted: bool,
        tools: Vec<String>,
        inputs: Message,
    },
    /// A model is about to be asked.
    ModelCall {
        call: u32,
    },
    ModelReply {
        call: u32,
        reply: Reply,
        /// When it was not the task's first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// The conversation does not see it: the same was asked once more, to compare.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_aside: bool,
    },
    /// What the worker says to the model between calls: repair this, be surer.
    Asked {
        text: String,
    },
    #[serde(rename_all = "camelCase")]
    ToolCall {
        id: String,
        tool: String,
        arguments: Value,
    },
    #[serde(rename_all = "camelCase")]
    ToolResult {
        id: String,
        tool: String,
        result: String,
        is_error: bool,
    },
    RunFinished {
        output: Variables,
    },
    #[serde(rename_all = "camelCase")]
    RunFailed {
        error: String,
        /// The next attempt goes on from here; else all of it is put aside.
        #[serde(default)]
        goes_on: bool,
    },
    /// A person is asked about this call; the attempt ends.
    PersonAsked {
        question: String,
        call: String,
        about: About,
    },
    /// Without values nobody has answered in time.
    PersonAnswered {
        question: String,
        call: String,
        values: Option<Variables>,
        by: Option<String>,
        /// Until when the answer may be used, milliseconds since 1970.
        expires: Option<i64>,
    },
}

/// What a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum About {
    /// Whether the call may be made.
    Approval,
    /// Whether the call has happened.
    Outcome,
    /// What the model wants to know.
    Question,
}

impl Entry {
    fn kind(&self) -> &'static str {
        match self {
            Entry::RunStarted { .. } => "run_started",
            Entry::ModelCall { .. } => "model_call",
            Entry::ModelReply { .. } => "model_reply",
            Entry::Asked { .. } => "asked",
            Entry::ToolCall { .. } => "tool_call",
            Entry::ToolResult { .. } => "tool_result",
            Entry::RunFinished { .. } => "run_finished",
            Entry::RunFailed { .. } => "run_failed",
            Entry::PersonAsked { .. } => "person_asked",
            Entry::PersonAnswered { .. } => "person_answered",
        }
    }
}

/// The part of a record that counts, and the place to go on writing.
pub struct Transcript {
    bus: Option<jetstream::Context>,
    subject: String,
    job_id: String,
    attempt: u32,
    step: u64,
    last_sequence: u64,
    /// Bytes of a record.
    largest: usize,
    pub entries: Vec<Entry>,
    /// By everything that was ever recorded, also what is put aside.
    pub spent: Spent,
}

impl Transcript {
    /// Reads what there is. Without a connection (in tests of handlers) it is kept in memory only.
    pub async fn open(job: &Context) -> Result<Transcript, JobFailure> {
        let said = job.nats().map(|nats| nats.server_info().max_payload).filter(|limit| *limit > 0);
        let mut transcript = Transcript {
            bus: job.nats().map(|nats| jetstream::new(nats.clone())),
            subject: subject::agent(job.id()),
            job_id: job.id().to_owned(),
            attempt: job.attempt(),
            step: 0,
            last_sequence: 0,
            largest: said.unwrap_or(LARGEST_MESSAGE).saturating_sub(HEADERS),
            entries: Vec::new(),
            spent: Spent::default(),
        };
        transcript.read().await?;
        // Records are kept for a time only: a conversation whose beginning is gone is no conversation.
        if !matches!(transcript.entries.first(), Some(Entry::RunStarted { .. })) {
            transcript.entries.clear();
        }
        Ok(transcript)
    }

    async fn read(&mut self) -> Result<(), JobFailure> {
        let Some(bus) = &self.bus else { return Ok(()) };
        let stream = bus.get_stream(subject::AGENTS_STREAM).await?;
        let config = pull::Config {
            filter_subject: self.subject.clone(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::None,
            inactive_threshold: Duration::from_secs(30),
            ..pull::Config::default()
        };
        let mut consumer = stream.create_consumer(config).await?;
        let mut left = consumer.info().await?.num_pending;
        while left > 0 {
            let before = left;
            let mut messages = consumer.fetch().max_messages(READ_AT_ONCE).messages().await?;
            // A connection that was lost meanwhile is not told.
            let late = |_| JobFailure::retryable("the transcript cannot be read: the server does not answer");
            while let Some(message) = timeout(READ_WITHIN, messages.next()).await.map_err(late)? {
                let message =
                    message.map_err(|error| JobFailure::retryable(format!("reading the transcript: {error}")))?;
                left = left.saturating_sub(1);
                self.last_sequence = message.info().map(|info| info.stream_sequence).unwrap_or(self.last_sequence);
                self.take(&message.payload);
            }
            // The rest has been removed meanwhile.
            if left == before {
                break;
            }
        }
        Ok(())
    }

    /// A record of a later version that cannot be read is passed over.
    fn take(&mut self, payload: &[u8]) {
        let Ok(record) = TranscriptRecord::decode(payload) else { return };
        self.step = self.step.max(record.step);
        let entry = serde_json::from_slice(&record.data);
        if let Ok(entry) = &entry {
            self.spent.count(entry, record.at);
        }
        match entry {
            Ok(Entry::RunFailed { goes_on: true, .. }) => {}
            Ok(Entry::RunFailed { goes_on: false, .. }) => self.entries.clear(),
            Ok(entry) => self.entries.push(entry),
            Err(error) => tracing::warn!(%error, job = self.job_id, "a record of the transcript cannot be read"),
        }
    }

    /// The number that the next record will have.
    pub fn next_step(&self) -> u64 {
        self.step + 1
    }

    /// The arguments with which this call was begun last.
    pub fn begun_with(&self, call: &str) -> Option<Value> {
        self.entries.iter().rev().find_map(|entry| match entry {
            Entry::ToolCall { id, arguments, .. } if id == call => Some(arguments.clone()),
            _ => None,
        })
    }

    /// Appends durably.
    pub async fn append(&mut self, entry: Entry) -> Result<(), JobFailure> {
        self.step += 1;
        let at = now();
        if let Some(bus) = &self.bus {
            let record = TranscriptRecord {
                job_id: self.job_id.clone(),
                attempt: self.attempt,
                step: self.step,
                at,
                kind: entry.kind().to_owned(),
                data: serde_json::to_vec(&entry)?.into(),
            };
            let payload = record.encode_to_vec();
            if payload.len() > self.largest {
                let (size, most) = (payload.len(), self.largest);
                let message = format!("the step `{}` has {size} bytes; at most {most} can be recorded", record.kind);
                return Err(Code::RecordTooLarge.bug(message));
            }
            let mut headers = HeaderMap::new();
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, self.last_sequence.to_string().as_str());
            let published = bus.publish_with_headers(self.subject.clone(), headers, payload.into()).await?;
            let ack = published.await.map_err(|error| {
                JobFailure::retryable(format!("the transcript cannot be written, or another worker writes it: {error}"))
            })?;
            self.last_sequence = ack.sequence;
        }
        self.spent.count(&entry, at);
        self.entries.push(entry);
        Ok(())
    }
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
