//! Files: up, down, and no further.

use crate::running::{Running, answer};
use reqwest::{
    Method,
    multipart::{Form, Part},
};

#[tokio::test]
async fn a_file_comes_back_as_it_was() {
    let running = Running::start().await;
    let content = vec![7_u8; 3 << 20];
    let part = Part::bytes(content.clone()).file_name("../in voice.pdf").mime_str("application/pdf").unwrap();
    let upload = running.request(Method::POST, "/api/v1/files", "user-key").multipart(Form::new().part("file", part));
    let (status, stored) = answer(upload).await;
    assert_eq!(status, 201, "{stored}");
    assert_eq!((&stored["name"], &stored["size"]), (&"in voice.pdf".into(), &(3 << 20).into()));
    assert_eq!(stored["contentType"], "application/pdf");
    assert_eq!(stored["sha256"].as_str().unwrap().len(), 64);
    let uri = stored["uri"].as_str().unwrap();
    assert!(uri.starts_with("uploads/acme/") && uri.ends_with("/in voice.pdf"), "{uri}");
    let path = format!("/api/v1/files/{}", uri.replace(' ', "%20"));
    let response = running.request(Method::GET, &path, "viewer-key").send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"in voice.pdf\"");
    assert_eq!(response.bytes().await.unwrap(), content);
}

#[tokio::test]
async fn nothing_outside_the_store_is_read() {
    let running = Running::start().await;
    for path in ["uploads/none/x", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "a%00b", "uploads//x"] {
        let (status, _) = answer(running.request(Method::GET, &format!("/api/v1/files/{path}"), "admin-key")).await;
        assert!(status == 404 || status == 400, "{path}: {status}");
    }
}

#[tokio::test]
async fn a_file_is_its_tenants() {
    let running = Running::start().await;
    let form = Form::new().part("file", Part::text("secret").file_name("a.txt"));
    let (_, stored) = answer(running.request(Method::POST, "/api/v1/files", "user-key").multipart(form)).await;
    let uploaded = stored["uri"].as_str().unwrap().to_owned();
    // What a worker has kept of an instance, and what nobody is known to own.
    let instance = "0190c9a8-3f5e-7d1a-9b6c-2f4d8e1a7b3c";
    running.engine.commit_silently(instance, vec![crate::played::created()]);
    let kept = format!("logs/{instance}/app.log");
    running.put(&kept, "boom");
    running.put("notes/today.txt", "whose?");
    running.put("uploads/old.txt", "whose?");
    for (path, acme) in [(uploaded.as_str(), 200), (&kept, 200), ("notes/today.txt", 404), ("uploads/old.txt", 404)] {
        for (key, expected) in [("viewer-key", acme), ("other-key", 404)] {
            let response = running.request(Method::GET, &format!("/api/v1/files/{path}"), key).send().await.unwrap();
            assert_eq!(response.status(), expected, "{path} with {key}");
        }
    }
}

#[tokio::test]
async fn uploads_are_forms_with_a_file() {
    let running = Running::start().await;
    let post = || running.request(Method::POST, "/api/v1/files", "user-key");
    assert_eq!(answer(post().json(&"x")).await.0, 415);
    assert_eq!(answer(post().multipart(Form::new().text("other", "x"))).await.0, 400);
    let large = Part::bytes(vec![0_u8; (64 << 20) + 1]).file_name("large");
    assert_eq!(answer(post().multipart(Form::new().part("file", large))).await.0, 413);
}
