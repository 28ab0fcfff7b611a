//! Agents that wait for people: the worker asks and is gone; the next attempt finds the answer.

use crate::{
    model::{Model, Says},
    parts::{Folder, assert_bug, job, run},
    restarts::Delivered,
};
use serde_json::{Value, json};
use std::sync::Arc;
use worker_sdk::{JobFailure, Question, testing::TestJob};
use workers::agent::Agent;

const TOOLS: [&str; 3] = ["count", "look", "stuck"];

fn sure() -> Says {
    Says::answer(json!({"confidence": 1}))
}

/// A model that wants this once, and then is content.
async fn wants(tool: &'static str, arguments: Value) -> Model {
    Model::start(move |turn, _| if turn == 0 { Says::call(tool, arguments.clone()) } else { sure() }).await
}

/// A job with this in its `custom`.
struct Asking {
    delivered: Delivered,
    custom: Value,
}

impl Asking {
    async fn new(custom: Value) -> Asking {
        Asking { delivered: Delivered::new().await, custom }
    }

    fn attempt(&self, attempt: u32) -> TestJob {
        self.delivered.attempt_of(job(&TOOLS, self.custom.clone()), attempt)
    }

    async fn asks(&self, agent: &Arc<Agent>, attempt: u32) -> Box<Question> {
        match run(agent, self.attempt(attempt)).await {
            Err(JobFailure::Asks(question)) => question,
            other => panic!("it asks nobody: {other:?}"),
        }
    }
}

async fn approving() -> (Folder, Model, Asking) {
    let asking = Asking::new(json!({"toolPolicy": {"count": "approve"}, "approvers": "bosses"})).await;
    (Folder::new(), wants("count", json!({"n": 1})).await, asking)
}

#[tokio::test]
async fn an_approved_call_is_made_once_with_the_edited_arguments() {
    let (folder, model, asking) = approving().await;
    let question = asking.asks(&folder.agent(&model), 1).await;
    assert_eq!((folder.effects("count"), model.turns()), (0, vec![0]));
    let again = asking.asks(&folder.agent(&model), 1).await;
    assert_eq!(again.id(), question.id(), "a delivery that comes twice asks the same");
    let answer = json!({"decision": "approve", "arguments": {"n": 2}});
    let answered = || asking.attempt(2).answered(question.id(), answer.clone());
    run(&folder.agent(&model), answered()).await.unwrap();
    run(&folder.agent(&model), answered()).await.unwrap();
    assert_eq!((folder.effects("count"), model.turns()), (1, vec![0, 1]));
    let told = model.last_message();
    assert!(told.contains("changed the arguments") && told.contains("count 1"), "{told}");
}

#[tokio::test]
async fn what_is_rejected_expired_or_too_old_is_not_called() {
    for (values, expires, part) in [
        (json!({"decision": "reject", "comments": "too dear"}), None, "too dear"),
        (Value::Null, None, "nobody has approved"),
        (json!({"decision": "approve"}), Some(1), "has expired"),
    ] {
        let (folder, model, asking) = approving().await;
        let question = asking.asks(&folder.agent(&model), 1).await;
        let answered = asking.attempt(2).answered(question.id(), values);
        let answered = answered.change(|job| job.answers[0].expires = expires);
        run(&folder.agent(&model), answered).await.unwrap();
        let told = model.last_message();
        assert!(told.contains(part), "{told}");
        assert_eq!(folder.effects("count"), 0);
    }
}

#[tokio::test]
async fn a_denied_tool_is_not_offered_and_a_default_leaves_readers_alone() {
    let (folder, model) = (Folder::new(), wants("look", json!({})).await);
    let asking = Asking::new(json!({"toolPolicy": {"count": "deny", "default": "approve"}})).await;
    run(&folder.agent(&model), asking.attempt(1)).await.unwrap();
    let offered = model.asked()[0]["tools"].to_string();
    assert!(!offered.contains("\"count\"") && offered.contains("\"look\""), "{offered}");
    assert_eq!(folder.effects("look"), 1);
}

#[tokio::test]
async fn a_model_asks_a_person() {
    let (folder, model) =
        (Folder::new(), wants("ask_person", json!({"question": "Red?", "choices": ["yes", "no"]})).await);
    let asking = Asking::new(json!({"askPerson": true})).await;
    let question = asking.asks(&folder.agent(&model), 1).await;
    assert_eq!(question.title(), "Red?");
    run(&folder.agent(&model), asking.attempt(2).answered(question.id(), json!({"answer": "no"}))).await.unwrap();
    assert!(model.last_message().contains("no"), "{}", model.last_message());
    assert_eq!(model.turns(), [0, 1]);
}

#[tokio::test]
async fn a_person_says_what_became_of_a_call() {
    for (decision, calls) in [("it happened", 1), ("call again", 2)] {
        let (folder, model) = (Folder::new(), wants("stuck", json!({})).await);
        let asking = Asking::new(json!({"unknownOutcome": "ask"})).await;
        let called = crate::restarts::until(|| folder.effects("stuck") > 0);
        asking.delivered.kill_job_when(called, folder.agent(&model), asking.attempt(1)).await;
        let question = asking.asks(&folder.agent(&model), 1).await;
        let answered = asking.attempt(2).answered(question.id(), json!({"decision": decision}));
        run(&folder.agent(&model), answered).await.unwrap();
        assert_eq!((folder.effects("stuck"), model.turns()), (calls, vec![0, 1]), "{decision}");
    }
}

#[tokio::test]
async fn a_budget_holds_over_attempts_and_can_be_raised() {
    let (folder, job_of) = (Folder::new(), |limit: u32| Asking::new(json!({"budget": {"modelCalls": limit}})));
    let model = Model::start(|turn, _| if turn < 3 { Says::call("count", json!({"n": turn})) } else { sure() }).await;
    let mut asking = job_of(2).await;
    for attempt in 1..3 {
        assert_bug(&run(&folder.agent(&model), asking.attempt(attempt)).await, "AGENT_BUDGET_EXCEEDED");
    }
    assert_eq!((folder.effects("count"), model.turns()), (2, vec![0, 1]));
    asking.custom = json!({"budget": {"modelCalls": 4}});
    run(&folder.agent(&model), asking.attempt(3)).await.unwrap();
    assert_eq!((folder.effects("count"), model.turns()), (3, vec![0, 1, 2, 3]));
}

#[tokio::test]
async fn a_call_that_is_made_again_and_again_uses_its_budget_up() {
    let (folder, model) = (Folder::new(), Model::always(|| Says::call("count", json!({}))).await);
    let asking = Asking::new(json!({"budget": {"sameCall": 2}})).await;
    assert_bug(&run(&folder.agent(&model), asking.attempt(1)).await, "AGENT_BUDGET_EXCEEDED");
    assert_eq!(folder.effects("count"), 2);
}
