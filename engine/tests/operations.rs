//! Operations on instances over real Postgres and NATS, some with two replicas that take turns.

mod common;

use common::{Engine, TENANT, completed, eventually, next_job};
use futures::StreamExt;
use proto::{job_result_reply::Status, *};
use serde_json::json;
use std::time::Duration;
use test_harness::Servers;

const WORK: &str = r#"
process:
  id: work
  elements:
    - {id: start, type: startEvent}
    - {id: first, type: serviceTask, properties: {implementation: External, topic: first}}
    - {id: second, type: serviceTask, properties: {implementation: External, topic: second}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: first}, {from: first, to: second}, {from: second, to: end}]
"#;

const WAITS: &str = r#"
process:
  id: waits
  elements:
    - {id: start, type: startEvent}
    - {id: paid, type: messageIntermediateCatchEvent, properties: {messageRef: paid, correlationKey: "${order}"}}
    - {id: pause, type: timerIntermediateCatchEvent, properties: {timerDuration: PT2S}}
    - {id: approve, type: userTask}
    - {id: end, type: endEvent}
  connections: [{from: start, to: paid}, {from: start, to: pause}, {from: pause, to: approve}, {from: paid, to: end}, {from: approve, to: end}]
"#;

fn outcomes(entries: &[AuditEntry]) -> Vec<(&str, &str)> {
    entries.iter().map(|entry| (entry.operation.as_str(), entry.outcome.as_str())).collect()
}

#[tokio::test]
async fn a_suspended_instance_keeps_results_and_goes_on_when_resumed() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let servers = &servers;
    let engine = Engine::start(servers).await?;
    engine.add_replica(servers);
    engine.deploy(WORK).await?;
    let mut first = engine.jobs("first").await?;
    let mut second = engine.jobs("second").await?;
    let id = engine.begin("work", "{}").await?.instance_id;
    let job = next_job(&mut first).await?;
    engine.operate(&id, json!({"operation": "suspend"})).await?;
    assert!(engine.instance(&id).await?.instance.unwrap().suspended);
    assert_eq!(engine.report(&job, completed(r#"{"n": 1}"#)).await?, Status::Applied);
    assert_eq!(engine.report(&job, completed(r#"{"n": 2}"#)).await?, Status::Stale);
    assert_eq!(engine.variables(&id).await?, json!({}));
    let nothing = tokio::time::timeout(Duration::from_millis(500), second.next()).await;
    assert!(nothing.is_err(), "no new job is published");
    engine.operate(&id, json!({"operation": "resume"})).await?;
    let job = next_job(&mut second).await?;
    assert_eq!(engine.variables(&id).await?, json!({"n": 1}));
    assert_eq!(engine.report(&job, completed("{}")).await?, Status::Applied);
    engine.in_state(&id, "completed").await?;
    let refused = engine.operate(&id, json!({"operation": "resume"})).await.unwrap_err().to_string();
    assert!(refused.starts_with("INSTANCE_ENDED"), "{refused}");
    let audit = engine.audit(Some(&id)).await?;
    let expected = [("suspend", "done"), ("resume", "done"), ("resume", "INSTANCE_ENDED")];
    assert_eq!(outcomes(&audit), expected);
    assert!(audit.iter().all(|entry| entry.by == "me"));
    Ok(())
}

#[tokio::test]
async fn timers_stand_still_messages_wait_and_people_are_told() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WAITS).await?;
    let id = engine.begin("waits", r#"{"order": "7"}"#).await?.instance_id;
    engine.operate(&id, json!({"operation": "suspend"})).await?;
    assert_eq!(engine.publish("paid", "7", 60_000, None).await?, 0, "nobody is there to get it");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let elements = engine.instance(&id).await?.elements;
    assert_eq!(elements.len(), 2, "the timer has not fired");
    let resumed = engine.operate(&id, json!({"operation": "resume"})).await?;
    eventually("the message that waited has come", || async {
        let history = engine.history(&id).await.ok()?;
        let mut events = history.iter().flat_map(|batch| &batch.events);
        events.any(|event| matches!(event.kind, Some(event::Kind::MessageReceived(_)))).then_some(())
    })
    .await?;
    eventually("the timer has fired", || async {
        let elements = engine.instance(&id).await.ok()?.elements;
        elements.iter().any(|element| element.element_id == "approve").then_some(())
    })
    .await?;
    assert!(engine.instance(&id).await?.instance.unwrap().version > resumed.version);
    engine.operate(&id, json!({"operation": "suspend"})).await?;
    let tasks = ListUserTasksRequest { tenant: TENANT.to_owned(), instance_id: Some(id.clone()), ..Default::default() };
    let tasks: ListUserTasksReply = engine.call("list_user_tasks", &tasks).await?;
    let complete =
        CompleteUserTaskRequest { tenant: TENANT.to_owned(), id: tasks.tasks[0].id.clone(), ..Default::default() };
    let refused = engine.call::<CommandReply>("complete_user_task", &complete).await.unwrap_err().to_string();
    assert!(refused.starts_with("SUSPENDED"), "{refused}");
    let list =
        ListInstancesRequest { tenant: TENANT.to_owned(), state: Some("suspended".to_owned()), ..Default::default() };
    let listed: ListInstancesReply = engine.call("list_instances", &list).await?;
    assert_eq!(listed.instances.len(), 1);
    engine.operate(&id, json!({"operation": "cancel"})).await?;
    let listed: ListInstancesReply = engine.call("list_instances", &list).await?;
    assert!(listed.instances.is_empty());
    Ok(())
}

#[tokio::test]
async fn jobs_of_a_suspended_type_wait_and_processes_do_not_start() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    let mut first = engine.jobs("first").await?;
    let set = |kind: &str, name: &str, suspended: bool| SetSuspensionRequest {
        tenant: TENANT.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        suspended,
        by: "me".to_owned(),
        ..Default::default()
    };
    engine.call::<SuspensionReply>("set_suspension", &set("jobType", "first", true)).await?;
    let id = engine.begin("work", "{}").await?.instance_id;
    let nothing = tokio::time::timeout(Duration::from_secs(5), first.next()).await;
    assert!(nothing.is_err(), "the job waits");
    engine.call::<SuspensionReply>("set_suspension", &set("jobType", "first", false)).await?;
    assert_eq!(next_job(&mut first).await?.instance_id, id);
    engine.call::<SuspensionReply>("set_suspension", &set("process", "work", true)).await?;
    let refused = engine.begin("work", "{}").await.unwrap_err().to_string();
    assert!(refused.starts_with("SUSPENDED"), "{refused}");
    let tenant = TENANT.to_owned();
    let listed: ListSuspensionsReply = engine.call("list_suspensions", &ListSuspensionsRequest { tenant }).await?;
    assert_eq!(listed.suspensions.len(), 1);
    engine.call::<SuspensionReply>("set_suspension", &set("process", "work", false)).await?;
    engine.begin("work", "{}").await?;
    let unknown = engine.call::<SuspensionReply>("set_suspension", &set("process", "nothing", true)).await;
    assert!(unknown.unwrap_err().to_string().starts_with("NOT_FOUND"));
    let audit = engine.audit(None).await?;
    let expected =
        ["deploy", "suspendJobType", "resumeJobType", "suspendProcess", "resumeProcess"].map(|name| (name, "done"));
    assert_eq!(outcomes(&audit), expected);
    Ok(())
}

#[tokio::test]
async fn tokens_move_and_failures_are_tried_again() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    let (mut first, mut second) = (engine.jobs("first").await?, engine.jobs("second").await?);
    let id = engine.begin("work", "{}").await?.instance_id;
    let job = next_job(&mut first).await?;
    let failed = JobFailed { message: "boom".to_owned(), retryable: false, ..Default::default() };
    engine.report(&job, job_result::Result::Failed(failed)).await?;
    engine.operate(&id, json!({"operation": "retry"})).await?;
    let again = next_job(&mut first).await?;
    assert_eq!((again.id.as_str(), again.attempt), (job.id.as_str(), 2));
    let refused = engine.operate(&id, json!({"operation": "modify", "begin": [{"element": "nowhere"}]})).await;
    assert!(refused.unwrap_err().to_string().contains("there is no element `nowhere`"));
    let modify = json!({"operation": "modify", "end": [again.key], "begin": [{"element": "second", "variables": {"own": true}}]});
    engine.operate(&id, modify).await?;
    assert_eq!(engine.report(&again, completed("{}")).await?, Status::Stale);
    let job = next_job(&mut second).await?;
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&job.variables)?["own"], json!(true));
    engine.report(&job, completed("{}")).await?;
    engine.in_state(&id, "completed").await?;
    assert_eq!(
        outcomes(&engine.audit(Some(&id)).await?),
        [("retry", "done"), ("modify", "INVALID"), ("modify", "done")]
    );
    Ok(())
}

const SECOND_VERSION: &str = r#"
process:
  id: waits
  elements:
    - {id: start, type: startEvent}
    - {id: zero, type: task}
    - {id: paid, type: messageIntermediateCatchEvent, properties: {messageRef: paid, correlationKey: "${order}"}}
    - {id: pause, type: timerIntermediateCatchEvent, properties: {timerDuration: PT2S}}
    - {id: confirm, type: userTask}
    - {id: last, type: serviceTask, properties: {implementation: External, topic: last}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: zero}, {from: zero, to: paid}, {from: zero, to: pause}, {from: pause, to: confirm}, {from: paid, to: end}, {from: confirm, to: last}, {from: last, to: end}]
"#;

#[tokio::test]
async fn a_running_instance_goes_to_another_version() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let servers = &servers;
    let engine = Engine::start(servers).await?;
    engine.add_replica(servers);
    engine.deploy(WAITS).await?;
    let (waiting, doing) =
        (engine.begin("waits", r#"{"order": "1"}"#).await?, engine.begin("waits", r#"{"order": "2"}"#).await?);
    let (waiting, doing) = (waiting.instance_id, doing.instance_id);
    engine.deploy(SECOND_VERSION).await?;
    let migrate = |mapping: serde_json::Value| json!({"operation": "migrate", "toVersion": 2, "mapping": mapping});
    engine.operate(&waiting, migrate(json!({}))).await?;
    let moved = engine.instance(&waiting).await?;
    assert_eq!(moved.instance.unwrap().process_version, 2);
    assert_eq!(moved.subscriptions[0].element_id, "paid");
    eventually("a task waits", || async {
        engine.instance(&doing).await.ok()?.elements.iter().any(|it| it.element_id == "approve").then_some(())
    })
    .await?;
    let refused = engine.operate(&doing, migrate(json!({}))).await.unwrap_err().to_string();
    assert!(refused.contains("the new version has no `approve`"), "{refused}");
    engine.operate(&doing, migrate(json!({"approve": "confirm"}))).await?;
    let mut last = engine.jobs("last").await?;
    for (id, order) in [(&waiting, "1"), (&doing, "2")] {
        assert_eq!(engine.publish("paid", order, 0, None).await?, 1);
        let task = eventually("the task of the new version waits", || async {
            let tasks =
                ListUserTasksRequest { tenant: TENANT.to_owned(), instance_id: Some(id.clone()), ..Default::default() };
            let tasks: ListUserTasksReply = engine.call("list_user_tasks", &tasks).await.ok()?;
            tasks.tasks.into_iter().find(|task| task.element_id == "confirm")
        })
        .await?;
        let complete = CompleteUserTaskRequest { tenant: TENANT.to_owned(), id: task.id, ..Default::default() };
        engine.call::<CommandReply>("complete_user_task", &complete).await?;
        let job = next_job(&mut last).await?;
        assert_eq!(job.process_version, 2);
        engine.report(&job, completed("{}")).await?;
        engine.in_state(id, "completed").await?;
    }
    let history = engine.history(&doing).await?;
    let events: Vec<&Event> = history.iter().flat_map(|batch| &batch.events).collect();
    let named = |id: &str| events.iter().filter(|event| event.element_id == id).count();
    assert!(named("approve") > 0 && named("confirm") > 0, "older history keeps its names");
    let mut entered: Vec<&str> = events
        .iter()
        .filter(|event| matches!(event.kind, Some(event::Kind::ElementActivated(_))))
        .map(|event| event.element_id.as_str())
        .collect();
    entered.sort_unstable(); // the message and the person may come in either order
    assert_eq!(entered, ["approve", "end", "end", "last", "paid", "pause", "start"]);
    let again = engine.operate(&doing, migrate(json!({}))).await.unwrap_err().to_string();
    assert!(again.starts_with("INSTANCE_ENDED") || again.starts_with("INVALID"), "{again}");
    Ok(())
}

#[tokio::test]
async fn the_audit_log_is_only_added_to() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    let (client, connection) = tokio_postgres::connect(&engine.database, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    for forgery in ["UPDATE audit SET by = 'nobody'", "DELETE FROM audit", "TRUNCATE audit"] {
        assert!(client.batch_execute(forgery).await.is_err(), "{forgery}");
    }
    assert_eq!(engine.audit(None).await?.len(), 1);
    Ok(())
}
