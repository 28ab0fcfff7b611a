//! A worker process that is killed, with SIGKILL, at every record of a transcript of twelve calls: what had finished by then is
//! never done again. Models' calls are counted at the model, tools' at what they have done.

use crate::{
    model::{Model, Says},
    parts::{Folder, job, run},
    restarts::nats,
};
use futures::{StreamExt, stream};
use prost::Message as _;
use proto::{TranscriptRecord, subject};
use serde_json::{Value, json};
use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::time::timeout;

const JOB: &str = "BATON_KILLED_JOB";
/// What the processes have in their environment beside it.
const FOLDER: &str = "BATON_KILLED_FOLDER";
const NATS: &str = "BATON_KILLED_NATS";
const MODEL: &str = "BATON_KILLED_MODEL";
/// Turns of the model, and calls of tools: twelve calls.
const TURNS: usize = 6;
const TOOLS: usize = 6;
/// Start and end, and before and after each call.
const RECORDS: usize = 2 + 2 * (TURNS + TOOLS);
const AT_ONCE: usize = 4;
const SOON: Duration = Duration::from_secs(60);

/// No test: the worker that is killed.
#[tokio::test]
async fn worker_process() {
    let Ok(id) = std::env::var(JOB) else { return };
    let said = |name: &str| std::env::var(name).expect("the test says it");
    let folder = Folder::at(said(FOLDER).into());
    let client = async_nats::connect(said(NATS)).await.unwrap();
    let job = job(&["filesystem-write"], json!({})).nats(client).change(|job| job.id = id);
    let output = run(&folder.agent_at(said(MODEL)), job).await;
    std::mem::forget(folder);
    assert_eq!(output.unwrap()["toolCalls"], TOOLS);
}

/// Two tools at the first turn, one at each but the last.
fn script(turn: usize) -> Says {
    let write = |number: usize| {
        let arguments = json!({"path": format!("{number}.txt"), "content": "x", "append": true});
        ("filesystem-write".to_owned(), arguments.to_string())
    };
    match turn {
        0 => Says::Calls(vec![write(0), write(1)]),
        turn if turn < TURNS - 1 => Says::Calls(vec![write(turn + 1)]),
        _ => Says::answer(json!({"confidence": 1})),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_finished_is_repeated_wherever_the_worker_is_killed() {
    let deaths = stream::iter(1..RECORDS).map(check_kill_after).buffer_unordered(AT_ONCE);
    let unfinished: Vec<usize> = deaths.collect().await;
    assert_eq!(unfinished.len(), RECORDS - 1);
    assert!(unfinished.iter().sum::<usize>() > 0, "not one call was cut short: nobody was killed in the middle");
}

/// How many calls were begun and not finished then.
async fn check_kill_after(records: usize) -> usize {
    let (folder, id) = (Folder::new(), format!("{}:1", uuid::Uuid::new_v4()));
    let model = Model::start(|turn, _| script(turn)).await;
    let client = nats().await;
    let mut written = client.subscribe(subject::agent(&id)).await.unwrap();
    client.flush().await.unwrap();

    let mut worker = start(&folder, &model, &id);
    let mut before = Vec::new();
    while before.len() < records {
        let record = timeout(SOON, written.next()).await.expect("the worker goes on").expect("a record");
        before.push(entry(&record.payload));
    }
    worker.kill().unwrap();
    worker.wait().unwrap();
    client.flush().await.unwrap();
    while let Ok(Some(record)) = timeout(Duration::from_millis(50), written.next()).await {
        before.push(entry(&record.payload)); // it was faster than the signal
    }

    let mut worker = start(&folder, &model, &id);
    let ended = timeout(SOON, tokio::task::spawn_blocking(move || worker.wait())).await.expect("it ends");
    assert!(ended.unwrap().unwrap().success(), "killed after {records} records, the next worker fails");

    let of = |kind: &str| before.iter().filter(|entry| entry["entry"] == kind).count();
    let turns = model.turns();
    for turn in 0..TURNS {
        let asked = turns.iter().filter(|asked| **asked == turn).count();
        let most = if turn < of("modelReply") { 1 } else { 2 };
        assert!((1..=most).contains(&asked), "killed after {records} records: turn {turn} was asked {asked} times");
    }
    for number in 0..TOOLS {
        let written = folder.read(&format!("{number}.txt")).len();
        // What was begun and not finished is not called again: whether it took effect is told to the model as unknown.
        let least = usize::from(number < of("toolResult") || number >= of("toolCall"));
        assert!(
            (least..=1).contains(&written),
            "killed after {records} records: tool {number} took effect {written} times"
        );
    }
    of("modelCall") - of("modelReply") + of("toolCall") - of("toolResult")
}

fn start(folder: &Folder, model: &Model, id: &str) -> Child {
    let mut worker = Command::new(std::env::current_exe().unwrap());
    worker.args(["kills::worker_process", "--exact", "--nocapture"]).stdout(Stdio::null()).stderr(Stdio::null());
    worker.env(JOB, id).env(FOLDER, folder.path()).env(NATS, crate::restarts::nats_url()).env(MODEL, &model.url);
    worker.spawn().unwrap()
}

fn entry(payload: &[u8]) -> Value {
    let record = TranscriptRecord::decode(payload).unwrap();
    serde_json::from_slice(&record.data).unwrap()
}
