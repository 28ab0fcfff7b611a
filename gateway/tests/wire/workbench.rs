//! What writers of processes ask for: previews, scenarios and figures, as the engine is asked for them.

use crate::running::{Running, answer};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn who_may_deploy_previews_and_plays_and_others_do_not() {
    let running = Running::start().await;
    let file = json!({"name": "p.yaml", "content": "process: {}"});
    for (path, body) in
        [("/api/v1/preview", file.clone()), ("/api/v1/scenarios", json!({"scenario": "start: {}", "files": [file]}))]
    {
        for (key, expected) in [("admin-key", 200), ("operator-key", 403), ("user-key", 403), ("viewer-key", 403)] {
            let (status, _) = answer(running.request(Method::POST, path, key).json(&body)).await;
            assert_eq!(status, expected, "{path} with {key}");
        }
    }
    let asked: proto::PlayScenarioRequest = running.engine.last("play_scenario");
    assert_eq!((asked.tenant.as_str(), asked.scenario.as_str()), ("acme", "start: {}"));
    assert_eq!(asked.files[0].name, "p.yaml");
}

#[tokio::test]
async fn figures_are_of_as_many_hours_as_are_asked_for() {
    let running = Running::start().await;
    let (status, told) = running.get("/api/v1/statistics?hours=48&processId=order").await;
    assert_eq!((status, &told["slotSeconds"]), (200, &json!(3600)));
    let asked: proto::GetStatisticsRequest = running.engine.last("get_statistics");
    assert_eq!((asked.process_id.as_deref(), asked.slot_seconds), (Some("order"), 3600));
}
