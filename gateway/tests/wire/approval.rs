//! Approval links: asking, answering once, and everything that is refused.

use crate::{
    played::{TENANT, problem},
    running::Running,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use prost::Message;
use proto::{ApprovalLink, event::Kind};
use sha2::Sha256;

const KEY: &str = "a key for links, long enough";

fn sealed(link: &ApprovalLink, key: &str) -> String {
    let content = link.encode_to_vec();
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(b"baton approval link 1\n");
    mac.update(&content);
    format!("/approval/{}.{}", URL_SAFE_NO_PAD.encode(content), URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The played history has one key and one element for everything.
fn link() -> ApprovalLink {
    ApprovalLink {
        tenant: TENANT.into(),
        job_id: "i:2".into(),
        element_id: "pay".into(),
        answer: "reject <it>".into(),
        variables: br#"{"approved":false}"#.to_vec().into(),
        expires_at: jiff::Timestamp::now().as_millisecond() + 3_600_000,
        sent_to: "anna@example.com".into(),
    }
}

async fn running() -> Running {
    let running = Running::start_with(&["--link-key", KEY]).await;
    let task = proto::UserTask { name: "Approve the order".into(), ..Default::default() };
    running.engine.add_task(proto::UserTaskInfo {
        id: "i:2".into(),
        element_id: "pay".into(),
        process_name: "Order".into(),
        state: "open".into(),
        task: Some(task),
        ..Default::default()
    });
    running
}

fn sent() -> Kind {
    Kind::JobCreated(proto::JobCreated::default())
}

fn opened() -> Kind {
    Kind::UserTaskCreated(proto::UserTask::default())
}

impl Running {
    async fn follow(&self, method: reqwest::Method, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.addr);
        let response = reqwest::Client::new().request(method, url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn look(&self, path: &str) -> (u16, String) {
        self.follow(reqwest::Method::GET, path).await
    }

    async fn confirm(&self, path: &str) -> (u16, String) {
        self.follow(reqwest::Method::POST, path).await
    }
}

#[tokio::test]
async fn a_link_answers_once() {
    let running = running().await;
    running.engine.commit_silently("i", vec![sent()]);
    let path = sealed(&link(), KEY);
    assert_eq!(running.look(&path).await.0, 409, "the task is not open yet");
    running.engine.commit_silently("i", vec![opened()]);
    for _ in 0..2 {
        let (status, page) = running.look(&path).await;
        assert_eq!(status, 200);
        assert!(page.contains("Approve the order") && page.contains("reject &lt;it&gt;"), "{page}");
    }
    assert_eq!(running.engine.count("complete_user_task"), 0, "looking answers nothing");
    assert_eq!(running.confirm(&path).await.0, 200);
    let wire: proto::CompleteUserTaskRequest = running.engine.last("complete_user_task");
    assert_eq!((wire.tenant.as_str(), wire.id.as_str()), (TENANT, "i:2"));
    assert_eq!((wire.by.as_str(), &wire.variables[..]), ("mail:anna@example.com", &br#"{"approved":false}"#[..]));
    let other = sealed(&ApprovalLink { answer: "approve".into(), ..link() }, KEY);
    for path in [&path, &other] {
        let (status, page) = running.confirm(path).await;
        assert!(status == 410 && page.contains("Already answered"), "{page}");
        assert_eq!(running.look(path).await.0, 410);
    }
    assert_eq!(running.engine.count("complete_user_task"), 1);
}

#[tokio::test]
async fn the_engine_decides_between_two_at_once() {
    let running = running().await;
    running.engine.commit_silently("i", vec![sent(), opened()]);
    running.engine.refuse("complete_user_task", problem("CONFLICT", 409));
    assert_eq!(running.confirm(&sealed(&link(), KEY)).await.0, 410);
    running.engine.refuse("complete_user_task", problem("INVALID", 400));
    assert_eq!(running.confirm(&sealed(&link(), KEY)).await.0, 400);
}

#[tokio::test]
async fn what_is_not_ours_reaches_nothing() {
    let running = running().await;
    running.engine.commit_silently("i", vec![sent(), opened()]);
    let old = ApprovalLink { expires_at: 1, ..link() };
    for (path, expected) in [
        (sealed(&link(), "another key, long enough too"), 404),
        (sealed(&old, KEY), 410),
        (sealed(&link(), KEY).replace(".", "x."), 404),
        ("/approval/x".to_owned(), 404),
        (sealed(&ApprovalLink { tenant: "other".into(), ..link() }, KEY), 404),
        (sealed(&ApprovalLink { job_id: "elsewhere:2".into(), ..link() }, KEY), 404),
    ] {
        assert_eq!(running.look(&path).await.0, expected, "{path}");
        assert_eq!(running.confirm(&path).await.0, expected, "{path}");
    }
    let delete = running.follow(reqwest::Method::DELETE, &sealed(&link(), KEY)).await.0;
    assert_eq!(delete, 405);
    assert_eq!(running.engine.count("complete_user_task"), 0);
    running.stop().await;
}
