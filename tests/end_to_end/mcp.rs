//! `baton mcp serve`, as an MCP client starts it: JSON-RPC in lines, to a whole system.

use crate::running::{Baton, binary};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const HELLO: &str = "
process:
  id: hello
  name: Greet somebody
  elements:
    - {id: start, type: startEvent}
    - {id: greet, type: scriptTask, properties: {scriptFormat: python, script: \"result = 'Hello, ' + name\", resultVariable: greeting}}
    - {id: end, type: endEvent}
  connections: [{id: a, from: start, to: greet}, {id: b, from: greet, to: end}]
";

struct Server {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    last: u64,
}

impl Server {
    fn start(url: &str, key: &str) -> Server {
        let mut command = Command::new(binary());
        command.args(["mcp", "serve"]).env("BATON_URL", url).env("BATON_API_KEY", key);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("baton starts");
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        Server { child, to, from, last: 0 }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.to, "{message}").expect("it reads");
    }

    /// The result of a request; what it notifies of before is passed over.
    fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": parameters}));
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).expect("it answers") > 0, "{method}: it has ended");
            let message: Value = serde_json::from_str(&line).expect("nothing but JSON is on its output");
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deployed_processes_are_tools_of_an_mcp_client() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    assert_eq!(api.deploy(HELLO).await.0, 201);
    let (url, key) = (api.url.clone(), api.key.clone());
    let talked = tokio::task::spawn_blocking(move || {
        let mut server = Server::start(&url, &key);
        let client = json!({"name": "test", "version": "1"});
        let begun = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        let begun = server.ask("initialize", begun);
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        let tools = server.ask("tools/list", json!({}));
        let called = server.ask("tools/call", json!({"name": "start_hello", "arguments": {"name": "you"}}));
        (begun, tools, called)
    });
    let (begun, tools, called) = talked.await.expect("it talks");
    assert_eq!(begun["protocolVersion"], "2025-06-18");
    let names: Vec<&str> =
        tools["tools"].as_array().expect("tools").iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"start_hello") && names.iter().any(|name| name.starts_with("baton_")), "{names:?}");
    assert!(called["isError"] != true && called.to_string().contains("Hello, you"), "{called:#}");
}
