//! Batches over real Postgres and NATS: progress, what is refused, holding and ending them, and a restart in the middle.

mod common;

use common::{Engine, TENANT, eventually};
use proto::*;
use serde_json::{Value, json};
use test_harness::Servers;

const WAITS: &str = r#"
process:
  id: waits
  elements:
    - {id: start, type: startEvent}
    - {id: approve, type: userTask}
    - {id: end, type: endEvent}
  connections: [{from: start, to: approve}, {from: approve, to: end}]
"#;

async fn create(engine: &Engine, operation: Value, filter: Value, dry_run: bool) -> anyhow::Result<Value> {
    let request = CreateBatchRequest {
        tenant: TENANT.to_owned(),
        operation: operation.to_string().into(),
        filter: filter.to_string().into(),
        dry_run,
        by: "me".to_owned(),
    };
    let reply: BatchReply = engine.call("create_batch", &request).await?;
    Ok(serde_json::from_slice(&reply.batch)?)
}

async fn get(engine: &Engine, id: &Value) -> anyhow::Result<Value> {
    let batch_id = id.as_str().unwrap_or_default().to_owned();
    let reply: BatchReply = engine.call("get_batch", &GetBatchRequest { tenant: TENANT.to_owned(), batch_id }).await?;
    Ok(serde_json::from_slice(&reply.batch)?)
}

async fn change(engine: &Engine, id: &Value, change: &str) -> anyhow::Result<Value> {
    let (batch_id, change) = (id.as_str().unwrap_or_default().to_owned(), change.to_owned());
    let request = ChangeBatchRequest { tenant: TENANT.to_owned(), batch_id, change, by: "me".to_owned() };
    let reply: BatchReply = engine.call("change_batch", &request).await?;
    Ok(serde_json::from_slice(&reply.batch)?)
}

async fn completed(engine: &Engine, id: &Value) -> anyhow::Result<Value> {
    eventually("the batch is completed", || async {
        get(engine, id).await.ok().filter(|batch| batch["state"] == "completed")
    })
    .await
}

async fn begin(engine: &Engine, count: usize) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(engine.begin("waits", "{}").await?.instance_id);
    }
    Ok(ids)
}

fn counts(batch: &Value) -> Value {
    json!([batch["total"], batch["open"], batch["done"], batch["refused"], batch["skipped"]])
}

#[tokio::test]
async fn an_operation_reaches_every_instance_once() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let servers = &servers;
    let engine = Engine::start(servers).await?;
    engine.add_replica(servers);
    engine.deploy(WAITS).await?;
    let ids = begin(&engine, 120).await?;
    let waits = json!({"processId": "waits"});
    assert_eq!(create(&engine, json!({"operation": "suspend"}), waits.clone(), true).await?, json!({"total": 120}));
    let made = create(&engine, json!({"operation": "suspend"}), waits.clone(), false).await?;
    let batch = completed(&engine, &made["batchId"]).await?;
    assert_eq!(counts(&batch), json!([120, 0, 120, 0, 0]));
    assert!(engine.instance(&ids[7]).await?.instance.unwrap().suspended);
    let retry = create(&engine, json!({"operation": "retry"}), waits.clone(), false).await?;
    let batch = completed(&engine, &retry["batchId"]).await?;
    assert_eq!(counts(&batch), json!([120, 0, 0, 120, 0]));
    assert_eq!(batch["failures"][0]["code"], "SUSPENDED");
    let some = json!({"instanceIds": ids[..2], "elementId": "approve", "state": "suspended"});
    let resume = create(&engine, json!({"operation": "resume"}), some, false).await?;
    assert_eq!(counts(&completed(&engine, &resume["batchId"]).await?), json!([2, 0, 2, 0, 0]));
    let nowhere = json!({"processId": "waits", "elementId": "end"});
    let cancel = create(&engine, json!({"operation": "cancel"}), nowhere, false).await?;
    assert_eq!(counts(&completed(&engine, &cancel["batchId"]).await?), json!([120, 0, 0, 0, 120]));
    let audit = engine.audit(Some(&ids[0])).await?;
    let told: Vec<&str> = audit.iter().map(|entry| entry.operation.as_str()).collect();
    assert_eq!(told, ["suspend", "retry", "resume"]);
    assert_eq!(audit[0].subject, format!("batch {}", made["batchId"].as_str().unwrap_or_default()));
    Ok(())
}

#[tokio::test]
async fn a_batch_goes_on_after_a_restart() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let servers = &servers;
    let mut engine = Engine::start(servers).await?;
    engine.deploy(WAITS).await?;
    let ids = begin(&engine, 150).await?;
    let made = create(
        &engine,
        json!({"operation": "setVariables", "variables": {"x": 1}}),
        json!({"processId": "waits"}),
        false,
    )
    .await?;
    engine.replace(servers).await?;
    let batch = completed(&engine, &made["batchId"]).await?;
    assert_eq!(counts(&batch), json!([150, 0, 150, 0, 0]));
    for id in ids.iter().step_by(30) {
        let history = engine.history(id).await?;
        let set = history.iter().flat_map(|batch| &batch.events);
        let set = set.filter(|event| matches!(event.kind, Some(event::Kind::VariableSet(_)))).count();
        assert_eq!(set, 1, "once, not twice");
    }
    Ok(())
}

#[tokio::test]
async fn a_batch_is_held_and_ended() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WAITS).await?;
    begin(&engine, 3).await?;
    let suspend = SetSuspensionRequest {
        tenant: TENANT.to_owned(),
        kind: "process".to_owned(),
        name: "waits".to_owned(),
        suspended: true,
        with_instances: true,
        by: "me".to_owned(),
        ..Default::default()
    };
    let reply: SuspensionReply = engine.call("set_suspension", &suspend).await?;
    assert_eq!(counts(&completed(&engine, &json!(reply.batch_id)).await?), json!([3, 0, 3, 0, 0]));
    let many = json!({"processId": "waits", "state": "suspended"});
    let made = create(&engine, json!({"operation": "cancel", "reason": "test"}), many, false).await?;
    let id = &made["batchId"];
    // it may be done before it is held
    if change(&engine, id, "pause").await.is_ok() {
        assert_eq!(change(&engine, id, "resume").await?["state"], "running");
    }
    completed(&engine, id).await?;
    let refused = change(&engine, id, "cancel").await.unwrap_err().to_string();
    assert!(refused.starts_with("CONFLICT"), "{refused}");
    for (operation, filter) in
        [(json!({"operation": "explode"}), json!({"processId": "waits"})), (json!({"operation": "cancel"}), json!({}))]
    {
        assert!(create(&engine, operation, filter, false).await.unwrap_err().to_string().starts_with("INVALID"));
    }
    Ok(())
}
