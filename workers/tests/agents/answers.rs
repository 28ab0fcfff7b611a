//! Models that answer badly: each leads to a repair, to a retry, or to a failure with a code; never to a hang.

use crate::{
    model::{Model, Says},
    parts::{Folder, assert_bug, assert_retryable, job, run},
};
use serde_json::{Value, json};
use std::time::Duration;
use worker_sdk::JobFailure;

fn sure() -> Says {
    Says::answer(json!({"summary": "all is well", "confidence": 0.9}))
}

#[tokio::test]
async fn nonsense_is_sent_back_three_times() {
    for nonsense in ["I do not know.", "", "  \n", "[1, 2]", "{\"summary\": ", "null"] {
        let (folder, model) = (Folder::new(), Model::always(|| Says::Text(nonsense.into())).await);
        let result = run(&folder.agent(&model), job(&[], json!({}))).await;
        assert_bug(&result, "AGENT_NO_ANSWER");
        assert_eq!(model.asked().len(), 4, "{nonsense:?}");
        let asked = model.asked();
        let messages = asked.iter().flat_map(|request| request["messages"].as_array().unwrap());
        let is_empty = |message: &Value| message["content"].as_str().is_some_and(|text| text.trim().is_empty());
        assert!(!messages.clone().any(is_empty), "providers refuse messages without content");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_mended() {
    let model = Model::start(|_, asked| match asked.len() {
        1 => Says::Text("All is well!".into()),
        2 => Says::answer(json!({"confidence": 1})),
        _ => Says::Text("```json\n{\"summary\": \"fine\", \"confidence\": \"0.9\"}\n```".into()),
    })
    .await;
    let schema = json!({"outputSchema": {"type": "object", "required": ["summary"]}});
    let output = run(&Folder::new().agent(&model), job(&[], schema)).await.unwrap();
    assert_eq!(output["result"], json!({"summary": "fine", "confidence": 0.9}));
    assert_eq!(output["usage"], json!({"inputTokens": 30, "outputTokens": 15}));
    assert_eq!(output["provider"], "openai-compatible");
    assert!(!output.contains_key("scripted"));
    assert!(model.last_message().contains("summary"), "{}", model.last_message());
}

#[tokio::test]
async fn an_unsure_answer_is_asked_for_again_and_taken_at_last() {
    let model = Model::always(|| Says::answer(json!({"confidence": 0.3}))).await;
    let unsure = job(&[], json!({}));
    let output = run(&Folder::new().agent(&model), unsure).await.unwrap();
    assert_eq!((&output["confidence"], model.asked().len()), (&json!(0.3), 4));
    assert!(model.last_message().contains("below 0.8"));
}

#[tokio::test]
async fn a_tool_that_does_not_exist_is_told() {
    let model = Model::start(|turn, _| match turn {
        0 => Says::call("format-disk", json!({})),
        _ => sure(),
    })
    .await;
    let output = run(&Folder::new().agent(&model), job(&["count"], json!({}))).await.unwrap();
    assert!(model.last_message().contains("there are: count"), "{}", model.last_message());
    assert_eq!(output["toolCalls"], 1);
}

#[tokio::test]
async fn arguments_that_are_not_json_reach_no_tool() {
    let (folder, model) = (Folder::new(), {
        Model::start(|turn, _| match turn {
            0 => Says::Calls(vec![("count".into(), "{\"path\": a".into()), ("count".into(), "[1]".into())]),
            _ => sure(),
        })
        .await
    });
    run(&folder.agent(&model), job(&["count"], json!({}))).await.unwrap();
    assert!(model.last_message().contains("not a JSON object"), "{}", model.last_message());
    assert_eq!(folder.effects("count"), 0);
}

#[tokio::test]
async fn endless_calls_end() {
    let folder = Folder::new();
    let model = Model::start(|turn, _| Says::call("count", json!({"turn": turn}))).await;
    let result = run(&folder.agent(&model), job(&["count"], json!({"maxIterations": 6}))).await;
    assert_bug(&result, "AGENT_TOO_MANY_CALLS");
    assert_eq!((model.asked().len(), folder.effects("count")), (6, 6));
}

#[tokio::test]
async fn the_same_call_is_carried_out_three_times() {
    let folder = Folder::new();
    let model = Model::always(|| Says::call("count", json!({}))).await;
    let result = run(&folder.agent(&model), job(&["count"], json!({"maxIterations": 6}))).await;
    assert_bug(&result, "AGENT_TOO_MANY_CALLS");
    assert_eq!(folder.effects("count"), 3);
    assert!(model.last_message().contains("do something else"));
}

#[tokio::test]
async fn a_flood_of_calls_is_cut() {
    let folder = Folder::new();
    let flood = || (0..100).map(|n| ("count".to_owned(), json!({"n": n}).to_string())).collect();
    let model = Model::start(move |turn, _| if turn == 0 { Says::Calls(flood()) } else { sure() }).await;
    let output = run(&folder.agent(&model), job(&["count"], json!({}))).await.unwrap();
    assert_eq!((&output["toolCalls"], folder.effects("count")), (&json!(100), 32));
}

#[tokio::test]
async fn troubles_of_the_provider_are_tried_again() {
    const CUT: &str = "data: {\"choices\": [{\"index\": 0, \"delta\": {\"content\": \"{\"}}]}\n\n";
    let broken: [fn() -> Says; 4] = [
        || Says::Status(503),
        || Says::Raw("data: {\"choices\": [\n\n".into()),
        || Says::Raw(String::new()),
        || Says::Raw(CUT.into()),
    ];
    for says in broken {
        let model = Model::always(says).await;
        let result = run(&Folder::new().agent(&model), job(&[], json!({}))).await;
        assert_retryable(&result, "AGENT_MODEL_UNAVAILABLE");
        assert_eq!(model.asked().len(), 1);
    }
    let limited = Model::always(|| Says::Status(429)).await;
    let result = run(&Folder::new().agent(&limited), job(&[], json!({}))).await;
    let Err(JobFailure::Retryable { after, .. }) = result else { panic!("{result:?}") };
    assert_eq!(after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn what_a_provider_will_never_take_is_for_a_person() {
    for says in [(|| Says::Status(401)) as fn() -> Says, || Says::Text("x".repeat(600 * 1024))] {
        let model = Model::always(says).await;
        let result = run(&Folder::new().agent(&model), job(&[], json!({}))).await;
        assert_bug(&result, "AGENT_MODEL_REFUSED");
        assert_eq!(model.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_task_that_cannot_be_done_costs_no_call() {
    let (folder, model) = (Folder::new(), Model::always(sure).await);
    let agent = folder.agent(&model);
    for (tools, custom, code) in [
        (vec![], json!({"outputSchema": {"type": "thing"}}), "AGENT_INVALID_TASK"),
        (vec![], json!({"inputVariable": "invoice"}), "AGENT_INVALID_TASK"),
        (vec!["no-such-tool"], json!({}), "AGENT_UNKNOWN_TOOL"),
    ] {
        assert_bug(&run(&agent, job(&tools, custom)).await, code);
    }
    assert!(model.asked().is_empty());
}

#[tokio::test]
async fn checks_bound_the_confidence_and_are_told_to_the_model() {
    let model = Model::start(|turn, _| match turn {
        0 => Says::answer(json!({"severity": "odd", "confidence": 1})),
        _ => Says::answer(json!({"severity": "high", "confidence": 0.95})),
    })
    .await;
    let checks = json!([{"that": "${result.severity == 'high' || result.severity == 'low'}", "says": "severity is high or low"}]);
    let output = run(&Folder::new().agent(&model), job(&[], json!({"checks": checks}))).await.unwrap();
    assert_eq!((&output["confidence"], &output["failedChecks"], model.turns()), (&json!(0.95), &json!([]), vec![0, 1]));
    assert!(model.last_message().contains("severity is high or low"), "{}", model.last_message());
}

#[tokio::test]
async fn answers_that_do_not_agree_are_not_sure() {
    let model = Model::start(|_, asked| {
        let severity = if asked.len() == 2 { "low" } else { "high" };
        Says::answer(json!({"severity": severity, "confidence": 1}))
    })
    .await;
    let task = job(&[], json!({"checks": [{"agreement": 3, "on": ["severity"]}]}));
    let output = run(&Folder::new().agent(&model), task).await.unwrap();
    assert_eq!((&output["confidence"], &output["result"]["severity"]), (&json!(1.0), &json!("high")));
    // Three answers, of which one is another; then three that agree.
    assert_eq!(model.turns(), [0, 0, 0, 1, 1, 1]);
    assert_eq!(output["usage"]["inputTokens"], 60, "every answer costs");
}

#[tokio::test]
async fn another_model_is_asked_when_one_is_not_sure() {
    let model = Model::start(|_, asked| {
        let is_better = asked.last().unwrap()["model"].as_str().is_some_and(|model| model.ends_with("better"));
        Says::answer(json!({"confidence": if is_better { 0.9 } else { 0.2 }}))
    })
    .await;
    let task = job(&[], json!({"fallbackModels": ["vendor/better"]}));
    let task = task.change(|job| {
        let mut properties: Value = serde_json::from_slice(&job.task).unwrap();
        properties["maxRetries"] = json!(1);
        job.task = properties.to_string().into();
    });
    let output = run(&Folder::new().agent(&model), task).await.unwrap();
    assert_eq!((&output["model"], &output["confidence"]), (&json!("vendor/better"), &json!(0.9)));
    assert_eq!(model.turns(), [0, 1, 2]);
}
