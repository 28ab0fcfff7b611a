//! Server-sent events.

use crate::{
    played::{activated, completed, created, finished},
    running::Running,
};
use reqwest::Method;

fn ids(text: &str) -> Vec<u64> {
    text.lines().filter_map(|line| line.strip_prefix("id: ")).map(|id| id.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_run_is_streamed_to_its_end_and_can_be_taken_up_again() {
    let running = Running::start().await;
    running.engine.commit_silently("i", vec![created(), activated()]);
    let request = running.request(Method::GET, "/api/v1/instances/i/events", "viewer-key");
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    running.engine.commit("i", vec![completed(), finished()]).await;
    let text = response.text().await.unwrap();
    assert_eq!(ids(&text), [1, 2, 3, 4]);
    let last = text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    assert!(last.starts_with(r#"{"type":"workflow.completed""#), "{last}");
    let again = running.request(Method::GET, "/api/v1/instances/i/events?from=1", "viewer-key");
    let text = again.header("Last-Event-ID", "3").send().await.unwrap().text().await.unwrap();
    assert_eq!(ids(&text), [4]);
}
