//! The transcript of an agent's job: each call of a model and of a tool, as recorded before and after.

use crate::{
    auth::Caller,
    json::{self, Id},
    problem::Problem,
    state::App,
};
use async_nats::jetstream::{self, consumer::DeliverPolicy, consumer::pull, stream::LastRawMessageErrorKind};
use axum::{Extension, Json, extract::State};
use futures::StreamExt;
use prost::Message;
use serde::Serialize;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use utoipa::ToSchema;

/// Records shown at most.
const SHOWN: usize = 10_000;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transcript {
    records: Vec<Record>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub attempt: u32,
    /// Counts from 1 within the job.
    step: u64,
    timestamp: String,
    /// run_started, model_call, model_reply, asked, tool_call, tool_result, run_finished or run_failed.
    pub kind: String,
    pub data: Value,
}

/// The transcript of a job, `<instance id>:<key>`; empty when nothing is recorded (yet, or no longer).
#[utoipa::path(get, path = "/api/v1/agents/{job_id}/transcript", params(("job_id" = String, Path)),
    responses((status = 200, body = Transcript)))]
pub async fn transcript(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Id(job_id): Id,
) -> Result<Json<Transcript>, Problem> {
    own_instance(&app, &caller, &job_id).await?;
    Ok(Json(Transcript { records: transcript_of(&app, &job_id).await? }))
}

/// The transcript of a job that is known to be the caller's.
pub async fn transcript_of(app: &App, job_id: &str) -> Result<Vec<Record>, Problem> {
    let bus = jetstream::new(app.engine.client().clone());
    read(&bus, job_id).await.map_err(|error| {
        tracing::warn!(%error, "the transcript cannot be read");
        Problem::unavailable("The transcript cannot be read now; try again")
    })
}

/// What was said in a job, as messages.
pub async fn conversation(app: &App, caller: &Caller, job_id: &str) -> Result<Vec<agui::Message>, Problem> {
    own_instance(app, caller, job_id).await?;
    Ok(crate::agui::conversation(job_id, &transcript_of(app, job_id).await?))
}

/// The stream knows no tenants, so the engine says whether the job's instance is the caller's.
async fn own_instance(app: &App, caller: &Caller, job_id: &str) -> Result<(), Problem> {
    let (instance_id, _) =
        job_id.split_once(':').ok_or_else(|| Problem::invalid("A job id is `<instance id>:<key>`"))?;
    let wire = proto::GetInstanceRequest {
        tenant: caller.tenant.to_string(),
        instance_id: instance_id.to_owned(),
        min_version: None,
    };
    app.engine.call::<proto::GetInstanceReply>("get_instance", &wire).await.map(|_| ())
}

async fn read(bus: &jetstream::Context, job_id: &str) -> anyhow::Result<Vec<Record>> {
    let subject = proto::subject::agent(job_id);
    let stream = bus.get_stream(proto::subject::AGENTS_STREAM).await?;
    let last = match stream.get_last_raw_message_by_subject(&subject).await {
        Ok(message) => message.sequence,
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let config =
        pull::OrderedConfig { filter_subject: subject, deliver_policy: DeliverPolicy::All, ..Default::default() };
    let mut messages = stream.create_consumer(config).await?.messages().await?;
    let mut records = Vec::new();
    while records.len() < SHOWN {
        let Some(message) = tokio::time::timeout(Duration::from_secs(5), messages.next()).await? else { break };
        let message = message?;
        records.extend(proto::TranscriptRecord::decode(message.payload.clone()).ok().map(record));
        let place = message.info().map_err(|error| anyhow::anyhow!(error))?;
        if place.stream_sequence >= last {
            break;
        }
    }
    records.sort_by_key(|record| record.step);
    Ok(records)
}

fn record(wire: proto::TranscriptRecord) -> Record {
    Record {
        attempt: wire.attempt,
        step: wire.step,
        timestamp: json::time(wire.at),
        kind: wire.kind,
        data: json::value(&wire.data),
    }
}
