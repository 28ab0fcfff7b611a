//! Workers that are killed: the next attempt goes on from the transcript in a real NATS. What was really done is counted,
//! at the model and at the tools.

use crate::{
    model::{Model, Says},
    parts::{Folder, assert_bug, assert_retryable, job, run},
};
use async_nats::jetstream::{self, stream::Config};
use futures::StreamExt;
use proto::subject;
use serde_json::json;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use test_harness::Nats;
use worker_sdk::testing::TestJob;
use workers::agent::Agent;

const SOON: Duration = Duration::from_secs(30);
const TOOLS: [&str; 5] = ["count", "look", "stuck", "stuck-look", "filesystem-write"];

fn server() -> &'static Nats {
    static NATS: OnceLock<Nats> = OnceLock::new();
    NATS.get_or_init(|| Nats::start().unwrap())
}

pub fn nats_url() -> String {
    server().url().to_owned()
}

/// The one that all tests here share, with the stream of transcripts.
pub async fn nats() -> async_nats::Client {
    let client = server().connect().await.unwrap();
    let subjects = vec!["agents.>".to_owned()];
    let config = Config { name: subject::AGENTS_STREAM.to_owned(), subjects, ..Config::default() };
    jetstream::new(client.clone()).get_or_create_stream(config).await.unwrap();
    client
}

/// A job, as often as it is delivered.
pub struct Delivered {
    nats: async_nats::Client,
    id: String,
}

impl Delivered {
    pub async fn new() -> Delivered {
        Delivered { nats: nats().await, id: format!("{}:1", uuid::Uuid::new_v4()) }
    }

    fn attempt(&self, attempt: u32) -> TestJob {
        self.attempt_of(job(&TOOLS, json!({})), attempt)
    }

    /// An attempt at this job of another task.
    pub fn attempt_of(&self, job: TestJob, attempt: u32) -> TestJob {
        let id = self.id.clone();
        job.nats(self.nats.clone()).change(|job| {
            job.id = id;
            job.attempt = attempt;
        })
    }

    /// Lets a worker work until then, and drops it there, its servers with it.
    async fn kill_when(&self, then: impl Future<Output = ()>, agent: Arc<Agent>) {
        self.kill_job_when(then, agent, self.attempt(1)).await;
    }

    /// The same, of this attempt.
    pub async fn kill_job_when(&self, then: impl Future<Output = ()>, agent: Arc<Agent>, job: TestJob) {
        tokio::select! {
            () = then => {}
            _ = run(&agent, job) => {}
            () = tokio::time::sleep(SOON) => panic!("it did not come that far"),
        }
    }

    async fn kill_after(&self, records: usize, agent: Arc<Agent>) {
        let written = self.nats.subscribe(subject::agent(&self.id)).await.unwrap();
        self.nats.flush().await.unwrap();
        self.kill_when(written.take(records).for_each(|_| async {}), agent).await;
    }
}

/// Looks again and again.
pub async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

fn writing() -> Says {
    Says::call("filesystem-write", json!({"path": "a.txt", "content": "x", "append": true}))
}

fn sure() -> Says {
    Says::answer(json!({"confidence": 1}))
}

#[tokio::test]
async fn nothing_that_has_finished_is_repeated() {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(|turn, asked| match (turn, asked.len()) {
        (0, _) => writing(),
        (1, _) => Says::Calls(vec![("count".into(), "{}".into()), ("look".into(), "{}".into())]),
        (2, 3) => Says::Silence,
        _ => sure(),
    })
    .await;
    job.kill_when(until(|| model.asked().len() == 3), folder.agent(&model)).await;
    let output = run(&folder.agent(&model), job.attempt(1)).await.unwrap();
    assert_eq!(model.turns(), [0, 1, 2, 2]);
    assert_eq!((folder.read("a.txt").as_str(), folder.effects("count"), folder.effects("look")), ("x", 1, 1));
    assert_eq!((&output["toolCalls"], &output["usage"]["inputTokens"]), (&json!(3), &json!(30)));
}

#[tokio::test]
async fn wherever_a_worker_dies_effects_happen_once() {
    futures::future::join_all((1..=12).map(check_death_after)).await;
}

async fn check_death_after(records: usize) {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(|turn, _| match turn {
        0 => writing(),
        1 => Says::call("count", json!({})),
        _ => sure(),
    })
    .await;
    job.kill_after(records, folder.agent(&model)).await;
    let output = run(&folder.agent(&model), job.attempt(1)).await.unwrap();
    assert_eq!(output["toolCalls"], 2, "after {records} records");
    let (written, counted) = (folder.read("a.txt").len(), folder.effects("count"));
    assert!(written <= 1 && counted <= 1, "after {records} records: {written} and {counted} times");
    let mut turns = model.turns();
    assert!(turns.len() <= 4, "after {records} records: {turns:?}");
    turns.dedup();
    assert_eq!(turns, [0, 1, 2], "after {records} records");
}

/// Kills the worker while the tool is being called for the first time.
async fn killed_in(tool: &'static str) -> (Folder, String) {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(move |turn, _| if turn == 0 { Says::call(tool, json!({})) } else { sure() }).await;
    job.kill_when(until(|| folder.effects(tool) > 0), folder.agent(&model)).await;
    run(&folder.agent(&model), job.attempt(1)).await.unwrap();
    assert_eq!(model.turns(), [0, 1]);
    let told = model.last_message();
    (folder, told)
}

#[tokio::test]
async fn a_call_of_unknown_outcome_is_not_made_again() {
    let (folder, told) = killed_in("stuck").await;
    assert_eq!(folder.effects("stuck"), 1);
    assert!(told.contains("whether it took effect is unknown"), "{told}");
}

#[tokio::test]
async fn a_call_that_does_no_harm_is_made_again() {
    let (folder, told) = killed_in("stuck-look").await;
    assert_eq!((folder.effects("stuck-look"), told.as_str()), (2, "\"stuck-look 2\""));
}

#[tokio::test]
async fn a_finished_run_is_reported_again_and_not_done_again() {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(|turn, _| if turn == 0 { writing() } else { sure() }).await;
    let output = run(&folder.agent(&model), job.attempt(1)).await.unwrap();
    assert_eq!(run(&folder.agent(&model), job.attempt(1)).await.unwrap(), output);
    assert_eq!((model.turns(), folder.read("a.txt").as_str()), (vec![0, 1], "x"));
}

#[tokio::test]
async fn a_retry_goes_on_and_so_does_a_resolved_incident() {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(|turn, asked| match (turn, asked.len()) {
        (0, _) => writing(),
        (1, 2) => Says::Status(503),
        (1, 3) => Says::Status(401),
        _ => sure(),
    })
    .await;
    assert_retryable(&run(&folder.agent(&model), job.attempt(1)).await, "AGENT_MODEL_UNAVAILABLE");
    assert_bug(&run(&folder.agent(&model), job.attempt(2)).await, "AGENT_MODEL_REFUSED");
    assert_eq!((model.turns(), folder.read("a.txt").as_str()), (vec![0, 1, 1], "x"));
    run(&folder.agent(&model), job.attempt(3)).await.unwrap();
    assert_eq!((model.turns(), folder.read("a.txt").as_str()), (vec![0, 1, 1, 1], "x"));
}

#[tokio::test]
async fn of_two_workers_one_goes_on() {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    let model = Model::start(|turn, _| if turn == 0 { writing() } else { sure() }).await;
    let (one, other) = (folder.agent(&model), folder.agent(&model));
    let (one, other) = tokio::join!(run(&one, job.attempt(1)), run(&other, job.attempt(1)));
    let succeeded = [&one, &other].into_iter().filter(|result| result.is_ok()).count();
    assert_eq!(succeeded, 1, "{one:?} {other:?}");
    assert_eq!(folder.read("a.txt"), "x");
}

#[tokio::test]
async fn a_step_that_cannot_be_recorded_is_for_a_person() {
    let (folder, job) = (Folder::new(), Delivered::new().await);
    // Each is six bytes in JSON.
    let model = Model::always(|| Says::Text("\u{1}".repeat(300 * 1024))).await;
    assert_bug(&run(&folder.agent(&model), job.attempt(1)).await, "AGENT_RECORD_TOO_LARGE");
}
