//! The engine over real Postgres and NATS. Each test has servers of its own bus, so that engines do not answer for each other.

mod common;

use common::{Engine, TENANT, completed, eventually, next_job, result_of};
use proto::{job_result_reply::Status, *};
use test_harness::Servers;

const ONE_TASK: &str = r#"
process:
  id: one
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: serviceTask, name: Work, properties: {implementation: External, topic: work}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: work}
    - {id: f2, from: work, to: end}
"#;

const ONE_TASK_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://example.com/one">
  <bpmn:process id="one" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:serviceTask id="work" name="Work">
      <bpmn:extensionElements><zeebe:taskDefinition type="work"/></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:endEvent id="end"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <bpmn:sequenceFlow id="f2" sourceRef="work" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>
"#;

const WAIT_FOR_MESSAGE: &str = r#"
process:
  id: waiting
  elements:
    - {id: start, type: startEvent}
    - {id: paid, type: messageIntermediateCatchEvent, properties: {messageRef: paid, correlationKey: "${order}"}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: paid}
    - {id: f2, from: paid, to: end}
"#;

const STARTED_BY_MESSAGE: &str = r#"
process:
  id: started
  elements:
    - {id: start, type: messageStartEvent, properties: {messageRef: order}}
    - {id: approve, type: userTask, properties: {candidateGroups: [sales]}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: approve}
    - {id: f2, from: approve, to: end}
"#;

const TIMER: &str = r#"
process:
  id: timed
  elements:
    - {id: start, type: startEvent}
    - {id: wait, type: timerIntermediateCatchEvent, properties: {timerDuration: PT1S}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: wait}
    - {id: f2, from: wait, to: end}
"#;

const STARTED_BY_TIMER: &str = r#"
process:
  id: ticking
  elements:
    - {id: start, type: timerStartEvent, properties: {timerCycle: R3/PT1S}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: end}
"#;

const CALL: &str = r#"
process:
  id: caller
  elements:
    - {id: start, type: startEvent}
    - {id: call, type: callActivity, properties: {calledElement: one, binding: deployment}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: call}
    - {id: f2, from: call, to: end}
---
process:
  id: one
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: serviceTask, name: Work, properties: {implementation: External, topic: work}}
    - {id: end, type: endEvent}
  connections:
    - {id: f1, from: start, to: work}
    - {id: f2, from: work, to: end}
"#;

async fn with_engine() -> anyhow::Result<(Servers, Engine)> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    Ok((servers, engine))
}

#[tokio::test]
async fn a_job_is_handed_out_and_its_result_applied_once() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(ONE_TASK).await?;
    let mut jobs = engine.jobs("work").await?;
    let started = engine.begin("one", r#"{"x": 1}"#).await?;
    let job = next_job(&mut jobs).await?;
    assert_eq!((job.attempt, job.element_id.as_str(), job.element_name.as_str()), (1, "work", "Work"));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&job.variables)?["x"], 1);
    assert_eq!(engine.report(&job, completed(r#"{"result": 7}"#)).await?, Status::Applied);
    assert_eq!(engine.report(&job, completed(r#"{"result": 8}"#)).await?, Status::Stale);
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(engine.variables(&started.instance_id).await?["result"], 7);
    let history = engine.history(&started.instance_id).await?;
    let mut next = 1;
    for batch in &history {
        assert_eq!(batch.first_seq, next, "no gaps");
        next += batch.events.len() as u64;
    }
    let found = engine.instance(&started.instance_id).await?.instance.unwrap_or_default();
    assert_eq!(found.version, next - 1);
    Ok(())
}

#[tokio::test]
async fn results_that_come_together_are_answered_one_by_one() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(ONE_TASK).await?;
    let mut jobs = engine.jobs("work").await?;
    let mut results = Vec::new();
    for _ in 0..20 {
        engine.begin("one", "{}").await?;
        results.push(result_of(&next_job(&mut jobs).await?, completed(r#"{"result": 1}"#)));
    }
    results.push(results[3].clone());
    results.push(JobResult { job_id: "nonsense".to_owned(), ..results[0].clone() });
    let statuses = engine.report_together(results).await?;
    let expected = [&[Status::Applied; 20][..], &[Status::Stale, Status::Invalid]].concat();
    assert_eq!(statuses, expected);
    Ok(())
}

#[tokio::test]
async fn deploying_the_same_file_keeps_its_version_and_a_bad_one_changes_nothing() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    let first = engine.deploy(ONE_TASK).await?;
    assert_eq!((first.processes[0].version, first.processes[0].is_new), (1, true));
    let again = engine.deploy(ONE_TASK).await?;
    assert_eq!((again.processes[0].version, again.processes[0].is_new), (1, false));
    let changed = engine.deploy(&ONE_TASK.replace("name: Work", "name: Toil")).await?;
    assert_eq!(changed.processes[0].version, 2);
    let refused = engine.deploy(&ONE_TASK.replace("to: end", "to: nowhere")).await;
    assert!(refused.unwrap_err().to_string().starts_with("DEPLOYMENT_REJECTED"));
    let listed: ListProcessesReply =
        engine.call("list_processes", &ListProcessesRequest { tenant: TENANT.to_owned() }).await?;
    assert_eq!(listed.processes[0].version, 2);
    let nobodys = engine.call::<ListProcessesReply>("list_processes", &ListProcessesRequest::default()).await;
    assert!(nobodys.unwrap_err().to_string().starts_with("INVALID"), "a missing tenant is refused");
    Ok(())
}

#[tokio::test]
async fn bpmn_xml_is_deployed_like_yaml() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    let refused = engine.deploy(&ONE_TASK_XML.replace("targetRef=\"end\"", "targetRef=\"nowhere\"")).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.starts_with("DEPLOYMENT_REJECTED") && refused.contains("UNKNOWN_ELEMENT"), "{refused}");
    let deployed = engine.deploy(ONE_TASK_XML).await?;
    assert_eq!(deployed.processes[0].process_id, "one");
    let mut jobs = engine.jobs("work").await?;
    let started = engine.begin("one", "{}").await?;
    let job = next_job(&mut jobs).await?;
    assert_eq!(job.element_name, "Work");
    assert_eq!(engine.report(&job, completed("{}")).await?, Status::Applied);
    engine.in_state(&started.instance_id, "completed").await
}

#[tokio::test]
async fn the_same_command_starts_once() -> anyhow::Result<()> {
    let (servers, engine) = with_engine().await?;
    engine.add_replica(&servers);
    engine.deploy(ONE_TASK).await?;
    let request = StartInstanceRequest {
        tenant: TENANT.to_owned(),
        process_id: "one".to_owned(),
        command_id: Some("c-1".to_owned()),
        ..Default::default()
    };
    let calls = (0..20).map(|_| engine.start_instance(&request));
    let replies = futures::future::try_join_all(calls).await?;
    assert!(replies.iter().all(|reply| *reply == replies[0]));
    let list = ListInstancesRequest { tenant: TENANT.to_owned(), ..Default::default() };
    let listed: ListInstancesReply = engine.call("list_instances", &list).await?;
    assert_eq!(listed.instances.len(), 1);
    Ok(())
}

#[tokio::test]
async fn messages_and_subscriptions_meet_whoever_comes_first() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(WAIT_FOR_MESSAGE).await?;
    let early = engine.begin("waiting", r#"{"order": "1"}"#).await?;
    assert_eq!(engine.publish("paid", "1", 0, None).await?, 1);
    engine.in_state(&early.instance_id, "completed").await?;
    assert_eq!(engine.publish("paid", "2", 60_000, Some("m-2")).await?, 0);
    assert_eq!(engine.publish("paid", "2", 60_000, Some("m-2")).await?, 0);
    let late = engine.begin("waiting", r#"{"order": "2"}"#).await?;
    engine.in_state(&late.instance_id, "completed").await?;
    assert_eq!(engine.variables(&late.instance_id).await?["paid"], true);
    let third = engine.begin("waiting", r#"{"order": "2"}"#).await?;
    assert_eq!(engine.instance(&third.instance_id).await?.instance.unwrap_or_default().state, "active");
    // both at once, many times
    for round in 0..30 {
        let key = format!("both-{round}");
        let variables = format!(r#"{{"order": "{key}"}}"#);
        let (started, published) =
            tokio::join!(engine.begin("waiting", &variables), engine.publish("paid", &key, 60_000, None));
        published?;
        engine.in_state(&started?.instance_id, "completed").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_message_starts_an_instance_and_its_task_is_done_once() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(STARTED_BY_MESSAGE).await?;
    assert_eq!(engine.publish("order", "", 0, None).await?, 1);
    let request = ListUserTasksRequest {
        tenant: TENANT.to_owned(),
        user: Some("ann".to_owned()),
        groups: vec!["sales".to_owned()],
        ..Default::default()
    };
    let task = eventually("there is a task", || async {
        let listed: ListUserTasksReply = engine.call("list_user_tasks", &request).await.ok()?;
        listed.tasks.into_iter().next()
    })
    .await?;
    let claim = |user: &str| ClaimUserTaskRequest {
        tenant: TENANT.to_owned(),
        id: task.id.clone(),
        user: user.to_owned(),
        by: String::new(),
    };
    engine.call::<Empty>("claim_user_task", &claim("ann")).await?;
    let second = engine.call::<Empty>("claim_user_task", &claim("bob")).await;
    assert!(second.unwrap_err().to_string().starts_with("CONFLICT"));
    let complete = CompleteUserTaskRequest {
        tenant: TENANT.to_owned(),
        id: task.id.clone(),
        variables: r#"{"decision": "approved"}"#.into(),
        by: "ann".to_owned(),
        command_id: None,
    };
    engine.call::<CommandReply>("complete_user_task", &complete).await?;
    let twice = engine.call::<CommandReply>("complete_user_task", &complete).await;
    let problem = twice.unwrap_err().to_string();
    assert!(problem.starts_with("CONFLICT") || problem.starts_with("INSTANCE_ENDED"), "{problem}");
    engine.in_state(&task.instance_id, "completed").await
}

#[tokio::test]
async fn a_timer_fires_when_it_is_due() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(TIMER).await?;
    let begun = std::time::Instant::now();
    let started = engine.begin("timed", "{}").await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert!(begun.elapsed().as_millis() >= 950, "not before it is due");
    Ok(())
}

#[tokio::test]
async fn a_timer_starts_instances_as_often_as_it_says() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(STARTED_BY_TIMER).await?;
    let request = ListInstancesRequest {
        tenant: TENANT.to_owned(),
        process_id: Some("ticking".to_owned()),
        limit: 10,
        ..Default::default()
    };
    let count = || async {
        let listed: ListInstancesReply = engine.call("list_instances", &request).await.ok()?;
        Some(listed.instances.len())
    };
    eventually("it has started three", || async { count().await.filter(|count| *count == 3) }).await?;
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    assert_eq!(count().await, Some(3), "no more than it says");
    Ok(())
}

#[tokio::test]
async fn a_called_process_runs_and_its_caller_goes_on() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    engine.deploy(CALL).await?;
    engine.work("work", r#"{"result": "done"}"#).await?;
    let started = engine.begin("caller", "{}").await?;
    engine.in_state(&started.instance_id, "completed").await?;
    assert_eq!(engine.instance(&started.instance_id).await?.children.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_failed_job_is_retried_and_ends_in_an_incident_that_can_be_resolved() -> anyhow::Result<()> {
    let (_servers, engine) = with_engine().await?;
    let retries = "properties: {retries: 1, retryBackoff: PT1S, implementation";
    engine.deploy(&ONE_TASK.replace("properties: {implementation", retries)).await?;
    let mut jobs = engine.jobs("work").await?;
    let started = engine.begin("one", "{}").await?;
    let fail = |message: &str| {
        let failed = JobFailed { message: message.to_owned(), retryable: true, retry_after_ms: None };
        job_result::Result::Failed(failed)
    };
    let mut attempts = 0;
    let incident = loop {
        let job = next_job(&mut jobs).await?;
        attempts += 1;
        assert_eq!(job.attempt, attempts);
        assert_eq!(engine.report(&job, fail("boom")).await?, Status::Applied);
        if let Some(incident) = engine.instance(&started.instance_id).await?.incidents.into_iter().next() {
            break incident;
        }
    };
    let resolve =
        ResolveIncidentRequest { tenant: TENANT.to_owned(), id: incident.id, retries: 1, ..Default::default() };
    engine.call::<CommandReply>("resolve_incident", &resolve).await?;
    let job = next_job(&mut jobs).await?;
    assert_eq!(engine.report(&job, completed("{}")).await?, Status::Applied);
    engine.in_state(&started.instance_id, "completed").await
}

#[tokio::test]
async fn three_replicas_move_a_crowd_of_instances() -> anyhow::Result<()> {
    let (servers, engine) = with_engine().await?;
    engine.add_replica(&servers);
    engine.add_replica(&servers);
    engine.deploy(ONE_TASK).await?;
    engine.work("work", r#"{"result": 1}"#).await?;
    let starts = (0..500).map(|_| engine.begin("one", "{}"));
    let started = futures::future::try_join_all(starts).await?;
    for start in started {
        engine.in_state(&start.instance_id, "completed").await?;
    }
    Ok(())
}
