//! Tool servers: our own over both transports, one that others wrote, and some that misbehave.

use crate::{
    model::{Model, Says},
    parts::{Folder, assert_retryable, built_in, job, run},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const FILE_TOOLS: [&str; 3] = ["filesystem-read", "filesystem-write", "filesystem-list"];

fn sure() -> Says {
    Says::answer(json!({"confidence": 1}))
}

/// Writes a file, reads it, and lists the folder.
async fn file_model() -> Model {
    Model::start(|turn, _| match turn {
        0 => Says::call("filesystem-write", json!({"path": "a.txt", "content": "hello\n"})),
        1 => Says::call("filesystem-read", json!({"path": "a.txt"})),
        2 => Says::call("filesystem-list", json!({"path": "."})),
        3 => Says::call("filesystem-read", json!({"path": "/etc/passwd"})),
        _ => sure(),
    })
    .await
}

/// What tools answered, in order.
fn answers(model: &Model) -> Vec<String> {
    let asked = model.asked();
    let messages = asked.last().unwrap()["messages"].as_array().unwrap();
    let answers = messages.iter().filter(|message| message["role"] == "tool");
    answers.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

async fn check_file_tools(folder: &Folder, tools: &Value) {
    let model = file_model().await;
    let output = run(&folder.agent_with(&model, tools), job(&FILE_TOOLS, json!({}))).await.unwrap();
    assert_eq!(output["toolCalls"], 4);
    assert_eq!(folder.read("a.txt"), "hello\n");
    let answers = answers(&model);
    assert!(answers[1].contains("hello") && answers[2].contains("a.txt"), "{answers:?}");
    assert!(answers[3].starts_with("The call failed") && !answers[3].contains("root:"), "{}", answers[3]);
}

#[tokio::test]
async fn the_built_in_tools_work_over_stdin_and_stdout() {
    check_file_tools(&Folder::new(), &json!({})).await;
}

/// `baton mcp --http`, killed when dropped.
struct Served(Child);

impl Served {
    fn start(folder: &Folder, address: &str) -> Served {
        let mut server = Command::new(built_in());
        server.args(["--http", address, "--root"]).arg(folder.files()).stdin(Stdio::null());
        let served = Served(server.spawn().unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "the tools' server does not listen");
            std::thread::yield_now();
        }
        served
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn over_http(address: &str) -> Value {
    json!({"servers": {"baton": {"url": format!("http://{address}/mcp")}}})
}

#[tokio::test]
async fn the_built_in_tools_work_over_http() {
    let (folder, address) = (Folder::new(), free_address());
    let _served = Served::start(&folder, &address);
    check_file_tools(&folder, &over_http(&address)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_over_http_may_go_and_come_back() {
    let (folder, address) = (Arc::new(Folder::new()), free_address());
    let served = Arc::new(Mutex::new(Some(Served::start(&folder, &address))));
    let (held, at, place) = (folder.clone(), address.clone(), served.clone());
    let model = Model::start(move |turn, _| {
        match turn {
            1 => *place.lock().unwrap() = None,
            2 => *place.lock().unwrap() = Some(Served::start(&held, &at)),
            _ => {}
        }
        if turn == 3 { sure() } else { Says::call("filesystem-list", json!({"path": "", "depth": turn + 1})) }
    })
    .await;
    run(&folder.agent_with(&model, &over_http(&address)), job(&FILE_TOOLS, json!({}))).await.unwrap();
    let failed: Vec<bool> = answers(&model).iter().map(|answer| answer.starts_with("The call failed")).collect();
    assert_eq!(failed, [false, true, false], "{:?}", answers(&model));
    drop(served);
}

/// The reference server for files, told to serve the names of our own tools.
fn others(folder: &Folder) -> Value {
    let program = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/mcp-filesystem/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"
    );
    assert!(Path::new(program).exists(), "bring it with `npm ci` in workers/tests/mcp-filesystem");
    json!({
        "servers": {"files": {"command": "node", "args": [program, folder.files()]}},
        "tools": {
            "filesystem-read": {"server": "files", "tool": "read_text_file"},
            "filesystem-write": {"server": "files", "tool": "write_file"},
            "filesystem-list": {"server": "files", "tool": "list_directory"},
        },
    })
}

#[tokio::test]
async fn the_tools_can_be_another_servers() {
    let folder = Folder::new();
    check_file_tools(&folder, &others(&folder)).await;
}

#[tokio::test]
async fn the_stand_in_uses_another_servers_tools() {
    let folder = Folder::new();
    std::fs::write(folder.files().join("letter.txt"), "dear reader\n").unwrap();
    let reading = job(&FILE_TOOLS, json!({})).variables(json!({"path": "letter.txt"}));
    let output = run(&folder.scripted(&others(&folder)), reading).await.unwrap();
    assert_eq!((&output["scripted"], &output["toolCalls"]), (&json!(true), &json!(1)));
    assert!(output["result"]["summary"].as_str().unwrap().contains("dear reader"), "{output:?}");
}

/// Calls the tools in this order, one a turn, then answers; gives what the model was told.
async fn calling(folder: &Folder, tools: &'static [&'static str]) -> Vec<String> {
    calling_within(60_000, folder, tools).await
}

async fn calling_within(milliseconds: u64, folder: &Folder, tools: &'static [&'static str]) -> Vec<String> {
    let model = Model::start(|turn, _| match tools.get(turn) {
        Some(tool) => Says::call(tool, json!({"turn": turn})),
        None => sure(),
    })
    .await;
    let mut server = folder.misbehaving(&[]);
    server["timeout"] = json!(milliseconds);
    run(&folder.agent_of(&model, &server), job(tools, json!({}))).await.unwrap();
    answers(&model)
}

#[tokio::test]
async fn a_server_that_dies_in_a_call_is_told_and_started_again() {
    let folder = Folder::new();
    let answers = calling(&folder, &["die", "count"]).await;
    assert!(answers[0].contains("whether the call took effect is unknown"), "{}", answers[0]);
    assert_eq!(answers[1], "count 1");
    assert_eq!(folder.effects("die"), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_is_replaced() {
    let folder = Folder::new();
    let answers = calling_within(1500, &folder, &["stuck", "count", "stuck-look", "look"]).await;
    assert!(answers[0].contains("no answer within 1.5s"), "{}", answers[0]);
    assert!(answers[0].contains("unknown"), "{}", answers[0]);
    assert_eq!(answers[1], "count 1");
    assert!(answers[2].contains("could not be called"), "{}", answers[2]);
    assert_eq!((folder.effects("stuck"), folder.effects("count")), (1, 1));
}

#[tokio::test]
async fn refusals_noise_and_long_results_are_borne() {
    let answers = calling(&Folder::new(), &["refuse", "chatter", "long"]).await;
    assert!(answers[0].contains("not like this"), "{}", answers[0]);
    assert_eq!(answers[1], "chatter 1");
    assert!(answers[2].len() < 66_000 && answers[2].ends_with("(cut: the result is longer)"));
}

#[tokio::test]
async fn a_foreign_server_does_not_see_the_workers_environment() {
    let answers = calling(&Folder::new(), &["environment"]).await;
    assert!(answers[0].contains("PATH") && !answers[0].contains("CARGO"), "{}", answers[0]);
}

#[tokio::test]
async fn a_server_that_does_not_start_is_waited_for_and_tried_again() {
    let folder = Folder::new();
    let mut deaf = folder.misbehaving(&["deaf"]);
    deaf["startTimeout"] = json!(500);
    let tools = json!({
        "servers": {"deaf": deaf, "missing": {"command": "no-such-program"}, "gone": {"url": "http://127.0.0.1:9/mcp"}},
        "tools": {"a": {"server": "deaf", "tool": "x"}, "b": {"server": "missing", "tool": "x"},
                  "c": {"server": "gone", "tool": "x"}},
    });
    let model = Model::always(sure).await;
    let agent = folder.agent_with(&model, &tools);
    for tool in ["a", "b", "c"] {
        assert_retryable(&run(&agent, job(&[tool], json!({}))).await, "AGENT_TOOLS_UNAVAILABLE");
    }
    assert!(model.asked().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_start_holds_up_nobody_else() {
    let folder = Folder::new();
    let tools = json!({
        "servers": {"deaf": folder.misbehaving(&["deaf"]), "bad": folder.misbehaving(&[])},
        "tools": {"listen": {"server": "deaf", "tool": "x"}, "look": {"server": "bad", "tool": "look"}},
    });
    let model = Model::always(sure).await;
    let agent = folder.agent_with(&model, &tools);
    let waiting = tokio::select! {
        biased;
        deaf = run(&agent, job(&["listen"], json!({}))) => Err(deaf),
        look = run(&agent, job(&["look"], json!({}))) => Ok(look),
    };
    assert!(matches!(waiting, Ok(Ok(_))), "{waiting:?}");
}
