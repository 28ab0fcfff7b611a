//! Drives every instance of a dump to its end, always by the same way.

use crate::{
    common::{Engine, TENANT},
    dump,
    setting::{complete, deploy_decision, instances, open_tasks, suspend},
};
use prost::Message;
use proto::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_postgres::Client;

const JOB_TYPES: [&str; 11] = [
    "work",
    "taken",
    "failing",
    "broken",
    "refusing",
    "standing",
    "script",
    "email",
    "web-service",
    "agent",
    "business-rule",
];
const MESSAGES: [&str; 3] = ["paid", "shipped", "answer"];
/// Of these instances, and of failed jobs, every timer is set to now.
const TIMERS: &str = "
    UPDATE timer SET due = now(), claim_at = now() WHERE due > now() AND (target = -1 OR instance IN (
        SELECT id FROM instance WHERE business_key ~ '^(sleeper|standing)'))";
/// What is left when nothing runs any more.
const LEFT: &str = "
    SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM timer) + (SELECT count(*) FROM command)
        + (SELECT count(*) FROM message_subscription) + (SELECT count(*) FROM signal_subscription)
        + (SELECT count(*) FROM incident) + (SELECT count(*) FROM suspended_instance)
        + (SELECT count(*) FROM instance_page) + (SELECT count(*) FROM start_occurrence)
        + (SELECT count(*) FROM batch WHERE state = 'running')";

/// What workers of the old version report, in its words: everything is taken.
pub async fn deliver(engine: &Engine, results: &[(String, Vec<u8>)]) -> anyhow::Result<()> {
    for (subject, result) in results {
        let reply = engine.client.request(subject.clone(), result.clone().into()).await?;
        let reply = JobResultReply::decode(reply.payload)?;
        anyhow::ensure!(reply.status() == job_result_reply::Status::Applied, "a result was refused: {reply:?}");
    }
    Ok(())
}

/// How each instance has ended, as JSON, in order.
pub async fn drive(engine: &Engine) -> anyhow::Result<Vec<String>> {
    let client = dump::connect(&engine.database).await?;
    for job_type in JOB_TYPES {
        engine.work(job_type, r#"{"result": {"confidence": 0.9}}"#).await?;
    }
    deploy_decision(engine, "later").await?;
    for (kind, name) in [("jobType", "email"), ("process", "held_back")] {
        suspend(engine, kind, name, false).await?;
    }
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_over(engine, &client).await? {
        if Instant::now() > deadline {
            let active = instances(engine, Some("active")).await?;
            anyhow::bail!("these do not end: {active:?}");
        }
        push(engine, &client).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    outcomes(engine).await
}

async fn is_over(engine: &Engine, client: &Client) -> anyhow::Result<bool> {
    let left: i64 = client.query_one(LEFT, &[]).await?.get(0);
    Ok(left == 0 && instances(engine, Some("active")).await?.is_empty())
}

/// What a person or another system may do is refused when it is over by now.
async fn push(engine: &Engine, client: &Client) -> anyhow::Result<()> {
    for instance in instances(engine, Some("suspended")).await? {
        let _ = engine.operate(&instance.instance_id, json!({"operation": "resume"})).await;
    }
    let incidents = ListIncidentsRequest { tenant: TENANT.to_owned(), ..Default::default() };
    for incident in engine.call::<ListIncidentsReply>("list_incidents", &incidents).await?.incidents {
        let request = ResolveIncidentRequest { tenant: TENANT.to_owned(), id: incident.id, ..Default::default() };
        let _ = engine.call::<CommandReply>("resolve_incident", &request).await;
    }
    for instance in instances(engine, Some("active")).await? {
        if instance.process_id == "watching" {
            let _ = engine.set_variables(&instance.instance_id, json!({"heat": 10}).to_string()).await;
        }
    }
    for task in open_tasks(engine).await? {
        let _ = complete(engine, &task.id).await;
    }
    let open = "SELECT message_name, correlation_key FROM message_subscription WHERE NOT taken";
    for row in client.query(open, &[]).await? {
        let (name, key): (String, String) = (row.get(0), row.get(1));
        if MESSAGES.contains(&name.as_str()) {
            engine.publish(&name, &key, 0, None).await?;
        }
    }
    let half: i64 = client.query_one("SELECT count(*) FROM start_occurrence", &[]).await?.get(0);
    if half > 0 {
        engine.publish("two", "", 0, None).await?;
    }
    let signal = BroadcastSignalRequest { tenant: TENANT.to_owned(), name: "alarm".to_owned(), ..Default::default() };
    let _: BroadcastSignalReply = engine.call("broadcast_signal", &signal).await?;
    client.batch_execute(TIMERS).await?;
    Ok(())
}

async fn outcomes(engine: &Engine) -> anyhow::Result<Vec<String>> {
    let mut outcomes = Vec::new();
    for instance in instances(engine, None).await? {
        let mut variables = engine.variables(&instance.instance_id).await?;
        let long = variables.as_object_mut().into_iter().flatten().filter(|(_, it)| it.to_string().len() > 100);
        long.for_each(|(_, value)| *value = Value::from(value.to_string().len()));
        let (key, version) = (&instance.business_key, instance.process_version);
        outcomes.push(
            json!({
                "process": instance.process_id, "version": version, "businessKey": key, "state": instance.state,
                "variables": variables,
            })
            .to_string(),
        );
    }
    outcomes.sort();
    Ok(outcomes)
}
