//! Transcripts of agents come from their stream, in order.

use crate::{played::created, running::Running};
use async_nats::jetstream::{self, stream::Config};
use prost::Message;
use serde_json::json;

#[tokio::test]
async fn a_transcript_is_read_in_order() {
    let running = Running::start().await;
    running.engine.commit("i", vec![created()]).await;
    let bus = jetstream::new(running.nats.connect().await.unwrap());
    let config =
        Config { name: proto::subject::AGENTS_STREAM.into(), subjects: vec!["agents.>".into()], ..Config::default() };
    bus.create_stream(config).await.unwrap();
    assert_eq!(running.get("/api/v1/agents/i:2/transcript").await.1, json!({"records": []}));
    for (job, step, kind) in [("i:2", 1, "model_call"), ("i:3", 1, "model_call"), ("i:2", 2, "model_reply")] {
        let record = proto::TranscriptRecord {
            job_id: job.into(),
            attempt: 1,
            step,
            kind: kind.into(),
            data: br#"{"model":"m"}"#.to_vec().into(),
            ..Default::default()
        };
        bus.publish(proto::subject::agent(job), record.encode_to_vec().into()).await.unwrap().await.unwrap();
    }
    let (status, transcript) = running.get("/api/v1/agents/i:2/transcript").await;
    assert_eq!(status, 200);
    let records = transcript["records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!((&records[1]["kind"], &records[1]["data"]["model"]), (&json!("model_reply"), &json!("m")));
    assert_eq!(running.get("/api/v1/agents/i/transcript").await.0, 400);
}
