//! Jobs that ask people, over real Postgres and NATS.

mod common;

use common::{Engine, TENANT, completed, eventually, next_job};
use proto::{job_result::Result as Of, job_result_reply::Status, *};
use serde_json::{Value, json};
use test_harness::Servers;

const WORK: &str = r#"
process:
  id: work
  elements:
    - {id: start, type: startEvent}
    - {id: pay, type: serviceTask, properties: {implementation: External, topic: pay}}
    - {id: late, type: timerBoundaryEvent, attachedToRef: pay, properties: {timerDuration: P30D}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: pay}, {from: pay, to: end}, {from: late, to: end}]
"#;

const DAY_MS: u64 = 24 * 3_600_000;

fn question(id: &str, expires_after_ms: u64) -> Of {
    let decision = FormField {
        name: "decision".to_owned(),
        r#type: "select".to_owned(),
        required: true,
        options: vec!["approve".to_owned(), "reject".to_owned()],
        label: None,
    };
    Of::Asked(Question {
        id: id.to_owned(),
        title: "May it be paid?".to_owned(),
        candidate_groups: vec!["bosses".to_owned()],
        form_fields: vec![decision],
        data: json!({"amount": 7}).to_string().into(),
        expires_after_ms: Some(expires_after_ms),
        ..Question::default()
    })
}

async fn open_tasks(engine: &Engine) -> anyhow::Result<Vec<UserTaskInfo>> {
    let request = ListUserTasksRequest {
        tenant: TENANT.to_owned(),
        user: Some("ann".to_owned()),
        groups: vec!["bosses".to_owned()],
        ..Default::default()
    };
    Ok(engine.call::<ListUserTasksReply>("list_user_tasks", &request).await?.tasks)
}

fn approval(task: &str) -> CompleteUserTaskRequest {
    CompleteUserTaskRequest {
        tenant: TENANT.to_owned(),
        id: task.to_owned(),
        variables: json!({"decision": "approve"}).to_string().into(),
        by: "ann".to_owned(),
        command_id: None,
    }
}

#[tokio::test]
async fn an_answer_after_a_restart_begins_the_next_attempt() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let mut engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    let mut jobs = engine.jobs("pay").await?;
    let id = engine.begin("work", r#"{"order": 1}"#).await?.instance_id;
    let job = next_job(&mut jobs).await?;
    assert_eq!(engine.report(&job, question("q1", 30 * DAY_MS)).await?, Status::Applied);
    assert_eq!(engine.report(&job, question("q1", 30 * DAY_MS)).await?, Status::Stale, "asked once");
    engine.replace(&servers).await?;
    let tasks = open_tasks(&engine).await?;
    let [task] = &tasks[..] else { anyhow::bail!("one task: {tasks:?}") };
    assert_eq!((task.element_id.as_str(), task.process_id.as_str()), ("pay", "work"));
    let get = GetUserTaskRequest { tenant: TENANT.to_owned(), id: task.id.clone() };
    let seen: GetUserTaskReply = engine.call("get_user_task", &get).await?;
    let seen: Value = serde_json::from_slice(&seen.variables)?;
    assert_eq!((&seen["order"], &seen["amount"]), (&json!(1), &json!(7)), "the variables, and what the job shows");
    engine.call::<CommandReply>("complete_user_task", &approval(&task.id)).await?;
    let twice = engine.call::<CommandReply>("complete_user_task", &approval(&task.id)).await.unwrap_err();
    assert!(twice.to_string().starts_with("CONFLICT"), "{twice}");
    let mut jobs = engine.jobs("pay").await?;
    let next = next_job(&mut jobs).await?;
    assert_eq!((next.attempt, next.retries_left), (2, job.retries_left));
    let [answer] = &next.answers[..] else { anyhow::bail!("one answer: {:?}", next.answers) };
    assert_eq!((answer.question.as_str(), answer.by.as_deref()), ("q1", Some("ann")));
    assert_eq!(serde_json::from_slice::<Value>(answer.values.as_ref().unwrap())?["decision"], "approve");
    assert_eq!(engine.report(&next, completed("{}")).await?, Status::Applied);
    engine.in_state(&id, "completed").await?;
    let events: Vec<Event> = engine.history(&id).await?.into_iter().flat_map(|batch| batch.events).collect();
    let of_task = |event: &&Event| matches!(event.kind, Some(event::Kind::UserTaskCompleted(_)));
    assert_eq!(events.iter().find(of_task).map(|event| event.element_id.as_str()), Some("pay"));
    Ok(())
}

#[tokio::test]
async fn a_question_that_nobody_answers_ends_by_itself_or_with_its_instance() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WORK).await?;
    let mut jobs = engine.jobs("pay").await?;
    let id = engine.begin("work", "{}").await?.instance_id;
    let job = next_job(&mut jobs).await?;
    assert_eq!(engine.report(&job, question("q1", 1)).await?, Status::Applied);
    let next = next_job(&mut jobs).await?;
    assert_eq!((next.attempt, next.answers.len()), (2, 1));
    assert!(next.answers[0].values.is_none() && open_tasks(&engine).await?.is_empty());
    assert_eq!(engine.report(&next, question("q2", DAY_MS)).await?, Status::Applied);
    assert_eq!(open_tasks(&engine).await?.len(), 1);
    let cancel = CancelInstanceRequest { tenant: TENANT.to_owned(), instance_id: id.clone(), ..Default::default() };
    engine.call::<CommandReply>("cancel_instance", &cancel).await?;
    eventually("the task is gone", || async { open_tasks(&engine).await.ok()?.is_empty().then_some(()) }).await
}
