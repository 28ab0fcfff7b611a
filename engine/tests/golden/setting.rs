//! Instances in every kind of waiting state, as a golden dump has them.

use crate::common::{Engine, TENANT, completed, eventually, next_job, result_of};
use anyhow::Context;
use futures::StreamExt;
use prost::Message;
use proto::{job_result::Result as Of, *};
use serde_json::{Value, json};
use std::time::Duration;

const PROCESSES: &str = include_str!("processes.yaml");
/// What is not started by its id.
const STARTED_OTHERWISE: [&str; 5] = ["callee", "held_back", "ordered", "assembled", "by_the_clock"];
pub const FOREVER_MS: u64 = 1 << 40;

/// What workers had in their hands when the dump was taken, as they would report it.
pub type Results = Vec<(String, Vec<u8>)>;

pub async fn bring_about(engine: &Engine) -> anyhow::Result<Results> {
    deploy_decision(engine, "risk").await?;
    suspend(engine, "jobType", "email", true).await?;
    for document in PROCESSES.split("---\n") {
        let deployed = engine.deploy(document).await?;
        let process = deployed.processes.first().context("nothing was deployed")?;
        if process.process_id == "held_back" {
            suspend(engine, "process", "held_back", true).await?;
        }
        if !STARTED_OTHERWISE.contains(&process.process_id.as_str()) {
            start(engine, &process.process_id, process.version).await?;
        }
    }
    start(engine, "receiver", 2).await?;
    engine.publish("paid", "receiver-1", FOREVER_MS, None).await?;
    for _ in 0..2 {
        engine.publish("order", "k", FOREVER_MS, None).await?;
    }
    let signal = BroadcastSignalRequest { tenant: TENANT.to_owned(), name: "one".to_owned(), ..Default::default() };
    let _: BroadcastSignalReply = engine.call("broadcast_signal", &signal).await?;
    let results = have_workers_begin(engine).await?;
    people_begin(engine).await?;
    operate(engine).await?;
    tokio::time::sleep(Duration::from_secs(3)).await; // what was ordered is done, and what was done is told
    Ok(results)
}

async fn start(engine: &Engine, process: &str, number: u32) -> anyhow::Result<()> {
    let key = format!("{process}-{number}");
    let mut variables = json!({"order": key, "name": "you", "people": ["a", "b", "c"], "heat": 1});
    if process == "heavy" {
        variables["load"] = json!("x".repeat(17_000));
        variables["note"] = json!("y".repeat(600));
    }
    let request = StartInstanceRequest {
        tenant: TENANT.to_owned(),
        process_id: process.to_owned(),
        variables: variables.to_string().into(),
        business_key: Some(key.clone()),
        command_id: Some(key),
        ..Default::default()
    };
    engine.start_instance(&request).await.map(drop)
}

pub async fn deploy_decision(engine: &Engine, id: &str) -> anyhow::Result<()> {
    let decision = format!("decision:\n  id: {id}\n  expression: = if heat < 5 then \"low\" else \"high\"\n");
    engine.deploy(&decision).await.map(drop)
}

async fn have_workers_begin(engine: &Engine) -> anyhow::Result<Results> {
    let mut taken = engine.jobs("taken").await?;
    let message = taken.next().await.context("no job")??;
    let job = Job::decode(message.payload.clone())?;
    let result = result_of(&job, completed(r#"{"result": 42}"#)).encode_to_vec();
    let failed =
        |retryable| Of::Failed(JobFailed { message: "it does not work".to_owned(), retryable, retry_after_ms: None });
    let refused = JobError { code: "NO".to_owned(), message: "no".to_owned(), variables: Default::default() };
    for (job_type, result) in [("failing", failed(true)), ("broken", failed(false)), ("refusing", Of::Error(refused))] {
        let job = next_job(&mut engine.jobs(job_type).await?).await?;
        engine.report(&job, result).await?;
    }
    let mut standing = engine.jobs("standing").await?;
    let message = standing.next().await.context("no job")??;
    let job = Job::decode(message.payload.clone())?;
    engine.operate(&job.instance_id, json!({"operation": "suspend"})).await?;
    engine.report(&job, completed(r#"{"result": 42}"#)).await?;
    Ok(vec![(subject::result(&job_instance(&result)?), result)])
}

fn job_instance(result: &[u8]) -> anyhow::Result<String> {
    let id = JobResult::decode(result)?.job_id;
    Ok(id.split(':').next().unwrap_or_default().to_owned())
}

/// One step of each that has several.
async fn people_begin(engine: &Engine) -> anyhow::Result<()> {
    for (process, element) in [("in_turn", "each"), ("in_turn", "again"), ("trip", "hotel"), ("deal", "pay")] {
        let task = eventually(&format!("{element} of {process} is open"), || async {
            open_tasks(engine).await.ok()?.into_iter().find(|it| it.process_id == process && it.element_id == element)
        })
        .await?;
        complete(engine, &task.id).await?;
    }
    let tasks = open_tasks(engine).await?;
    let task = tasks.iter().find(|it| it.process_id == "person").context("no task")?;
    let (tenant, id, user) = (TENANT.to_owned(), task.id.clone(), "me".to_owned());
    let claim = ClaimUserTaskRequest { tenant, id, user, ..Default::default() };
    engine.call::<Empty>("claim_user_task", &claim).await.map(drop) // the reply is not looked at
}

async fn operate(engine: &Engine) -> anyhow::Result<()> {
    let moved = find(engine, "moved-1").await?;
    engine.operate(&moved, json!({"operation": "migrate", "toVersion": 2, "mapping": {}})).await?;
    let request = CreateBatchRequest {
        tenant: TENANT.to_owned(),
        operation: json!({"operation": "setVariables", "variables": {"batched": true}}).to_string().into(),
        filter: json!({"processId": "person"}).to_string().into(),
        dry_run: false,
        by: "me".to_owned(),
    };
    let reply: BatchReply = engine.call("create_batch", &request).await?;
    let batch: Value = serde_json::from_slice(&reply.batch)?;
    let batch_id = batch["batchId"].as_str().unwrap_or_default().to_owned();
    let get = GetBatchRequest { tenant: TENANT.to_owned(), batch_id };
    eventually("the batch is over", || async {
        let reply: BatchReply = engine.call("get_batch", &get).await.ok()?;
        let batch: Value = serde_json::from_slice(&reply.batch).ok()?;
        (batch["state"] == "completed").then_some(())
    })
    .await
}

pub async fn suspend(engine: &Engine, kind: &str, name: &str, suspended: bool) -> anyhow::Result<()> {
    let request = SetSuspensionRequest {
        tenant: TENANT.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        suspended,
        by: "me".to_owned(),
        ..Default::default()
    };
    engine.call::<SuspensionReply>("set_suspension", &request).await.map(drop)
}

pub async fn open_tasks(engine: &Engine) -> anyhow::Result<Vec<UserTaskInfo>> {
    let request = ListUserTasksRequest { tenant: TENANT.to_owned(), limit: 500, ..Default::default() };
    Ok(engine.call::<ListUserTasksReply>("list_user_tasks", &request).await?.tasks)
}

pub async fn complete(engine: &Engine, task: &str) -> anyhow::Result<()> {
    let (tenant, id, by) = (TENANT.to_owned(), task.to_owned(), "me".to_owned());
    let request = CompleteUserTaskRequest { tenant, id, by, ..Default::default() };
    engine.call::<CommandReply>("complete_user_task", &request).await.map(drop)
}

pub async fn instances(engine: &Engine, state: Option<&str>) -> anyhow::Result<Vec<InstanceSummary>> {
    let state = state.map(str::to_owned);
    let request = ListInstancesRequest { tenant: TENANT.to_owned(), state, limit: 500, ..Default::default() };
    Ok(engine.call::<ListInstancesReply>("list_instances", &request).await?.instances)
}

async fn find(engine: &Engine, key: &str) -> anyhow::Result<String> {
    let all = instances(engine, None).await?;
    let found = all.into_iter().find(|it| it.business_key.as_deref() == Some(key));
    Ok(found.with_context(|| format!("there is no instance {key}"))?.instance_id)
}
