//! Recorded conversations, played again: as they were without a model and without tools, and with another model.

use crate::{
    model::{Model, Says},
    parts::{Folder, job, run},
};
use serde_json::json;
use worker_sdk::testing::TestJob;
use workers::agent::{
    Agent,
    cassette::Cassette,
    evaluation::{Plan, evaluate, evaluate_with},
};

fn clerk() -> TestJob {
    job(&["count", "look"], json!({"systemPrompt": "Count."})).variables(json!({"order": "order-0001"}))
}

/// One run, recorded: a call of a tool, then an answer about it.
async fn recorded() -> (Folder, Vec<Cassette>) {
    let folder = Folder::new();
    let model = Model::start(|turn, _| match turn {
        0 => Says::call("count", json!({"of": "order-0001"})),
        _ => Says::answer(json!({"counted": "order-0001", "confidence": 0.9})),
    })
    .await;
    run(&folder.recording(&model), clerk()).await.unwrap();
    assert_eq!(folder.effects("count"), 1);
    let cassettes = Cassette::load(&folder.cassettes()).unwrap();
    (folder, cassettes)
}

#[tokio::test]
async fn a_run_is_recorded_and_played_without_the_model() {
    let (folder, cassettes) = recorded().await;
    let [cassette] = &cassettes[..] else { panic!("{cassettes:#?}") };
    assert_eq!((cassette.entries.len(), cassette.output["result"]["counted"].as_str()), (3, Some("order-0001")));
    assert_eq!(cassette.answers().next().map(|(tool, ..)| tool), Some("count"));

    let player = folder.playing();
    let again = clerk().variables(json!({"order": "order-0002"}));
    let output = run(&player, again).await.unwrap();
    assert_eq!((&output["provider"], &output["result"]["counted"]), (&json!("cassette"), &json!("order-0002")));
    assert_eq!(folder.effects("count"), 2, "the tools are there and are called");
}

#[tokio::test]
async fn a_cassette_without_a_place_is_refused_at_the_start() {
    let error = Agent::new(&Folder::new().config_of(Some("cassette"), None)).err().expect("it is refused");
    assert!(error.to_string().contains("BATON_CASSETTES"), "{error}");
}

#[tokio::test]
async fn what_was_said_is_judged_without_any_server() {
    let (folder, cassettes) = recorded().await;
    let plan = Plan { llm: Some("cassette".to_owned()), ..Plan::default() };
    let judged =
        |conditions: &[&str]| Plan { judges: conditions.iter().map(|it| (*it).to_owned()).collect(), ..plan.clone() };
    let good = evaluate(&cassettes[0], &judged(&["output.counted == inputs.order", "output.confidence >= 0.9"]), None)
        .await
        .unwrap();
    assert!(good.is_good() && good.differences.is_empty(), "{good:?}");
    assert_eq!((good.tool_calls, good.confidence, folder.effects("count")), (1, Some(0.9), 1));
    let bad = evaluate(&cassettes[0], &judged(&["output.confidence > 0.95", "nonsense("]), None).await.unwrap();
    assert!(!bad.is_good() && bad.failed.len() == 2, "{bad:?}");
}

#[tokio::test]
async fn another_model_on_the_same_conversation_is_compared() {
    let (_folder, cassettes) = recorded().await;
    let mut cassette = cassettes[0].clone();
    cassette.output.insert("result".to_owned(), json!({"counted": "order-0001", "confidence": 0.9, "note": "then"}));
    let plan = Plan { judges: vec!["output.confidence >= recorded.confidence".to_owned()], ..Plan::default() };
    // Another model asks what was not asked then, and is less sure.
    let model = Model::start(|turn, asked| match turn {
        0 => Says::call("count", json!({"of": "order-0001"})),
        1 => Says::call("look", json!({"at": "everything"})),
        _ if asked.len() < 4 => {
            let told = asked.last().unwrap()["messages"].to_string();
            assert!(told.contains("count 1") && told.contains("was not called with these arguments"), "{told}");
            Says::answer(json!({"counted": "order-0001", "confidence": 0.85, "note": "now"}))
        }
        _ => panic!("once more"),
    })
    .await;
    let url = model.url.clone();
    let environment = move |name: &str| (name == "BATON_LLM_BASE_URL").then(|| url.clone());
    let outcome = evaluate_with(&cassette, &plan, None, environment).await.unwrap();
    assert_eq!((outcome.confidence, outcome.recorded_confidence, outcome.tool_calls), (Some(0.85), Some(0.9), 2));
    let names: Vec<&str> = outcome.differences.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["confidence", "note"]);
    assert_eq!(outcome.failed.len(), 1, "{outcome:?}");
    assert!(outcome.usage.input_tokens > 0 && !outcome.is_good());
}

#[tokio::test]
async fn answers_that_were_compared_are_compared_again() {
    let folder = Folder::new();
    let model = Model::start(|turn, asked| {
        let severity = if turn == 0 && asked.len() == 2 { "low" } else { "high" };
        Says::answer(json!({"severity": severity, "confidence": 1, "turn": turn}))
    })
    .await;
    let task = || job(&[], json!({"checks": [{"agreement": 3, "on": ["severity"]}]}));
    let then = run(&folder.recording(&model), task()).await.unwrap();
    assert_eq!(model.turns(), [0, 0, 0, 1, 1, 1]);
    let now = run(&folder.playing(), task()).await.unwrap();
    assert_eq!((&now["result"], &now["usage"]), (&then["result"], &then["usage"]));
    assert_eq!(now["result"]["turn"], 1);
}
