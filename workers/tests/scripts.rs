//! Scripts in the real sandbox: what they may do, and what hostile ones may not.

use serde_json::{Map, Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use worker_sdk::JobFailure;
use workers::script::{
    limits::{Limits, Wanted},
    runner::{Language, Runner, Script},
    sandbox::Sandbox,
};

fn sandbox() -> Sandbox {
    Sandbox::new(Some(env!("CARGO_BIN_EXE_script-child").into())).unwrap()
}

async fn run(language: Language, text: &str, variables: Value) -> Result<Map<String, Value>, JobFailure> {
    let limits = Limits {
        wall: Duration::from_secs(15),
        cpu: Duration::from_secs(2),
        memory: 256 * 1024 * 1024,
        scratch: 8 * 1024 * 1024,
        ..Limits::default()
    };
    let variables = variables.as_object().unwrap().clone();
    let script =
        Script { language, text: text.into(), variables, result: Some("total".into()), limits: Wanted::default() };
    Runner::new(sandbox(), limits).run(&script, None, None).await
}

async fn python(text: &str) -> Result<Map<String, Value>, JobFailure> {
    run(Language::Python, text, json!({"a": 2, "list": [1], "context_name": "x"})).await
}

async fn javascript(text: &str) -> Result<Map<String, Value>, JobFailure> {
    run(Language::JavaScript, text, json!({"a": 2, "list": [1]})).await
}

fn bug(result: Result<Map<String, Value>, JobFailure>) -> String {
    match result {
        Err(JobFailure::Bug { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_sandbox_holds() {
    sandbox().self_test().await.unwrap();
}

#[tokio::test]
async fn a_missing_layer_is_named() {
    let open = sandbox().without_isolation();
    assert!(open.self_test().await.unwrap_err().to_string().contains("bubblewrap"));
}

#[tokio::test]
async fn what_python_sets_comes_back() {
    let script = "import json, yaml\nprint('hello')\nlist.append(2)\nb = a + 1\ncontext['c'] = {'d': b}\n_e = 1\n\
                  def f(): pass\nresult = {'ok': context['a'] == a}";
    let set = python(script).await.unwrap();
    let expected = json!({"list": [1, 2], "b": 3, "result": {"ok": true}, "c": {"d": 3}});
    assert_eq!(Value::Object(set), expected);
    assert_eq!(python("total = a * 2").await.unwrap()["result"], 4);
}

#[tokio::test]
async fn what_javascript_sets_comes_back() {
    let script = "console.log('hello'); list.push(2); var b = a + 1; context.c = {d: b}; const result = {ok: true};";
    let set = javascript(script).await.unwrap();
    assert_eq!(Value::Object(set), json!({"list": [1, 2], "b": 3, "c": {"d": 3}, "result": {"ok": true}}));
    assert_eq!(javascript("total = a * 2").await.unwrap()["result"], 4);
}

#[tokio::test]
async fn failures_name_type_message_and_line() {
    let message = bug(python("x = 1\ny = x / 0\n").await);
    assert_eq!(message, "ZeroDivisionError: division by zero (line 2: `y = x / 0`)");
    assert!(bug(python("def f(:\n").await).starts_with("SyntaxError"));
    let message = bug(javascript("let x = 1;\nmissing.y = x;\n").await);
    assert!(message.starts_with("ReferenceError") && message.contains("line 2"), "{message}");
    assert!(bug(python("result = object()").await).contains("`result` cannot be a variable"));
}

#[tokio::test]
async fn scripts_raise_bpmn_errors() {
    let raised = [python("raise BpmnError('E1', 'no')").await, javascript("throw new BpmnError('E1', 'no')").await];
    for raised in raised {
        assert_eq!(raised, Err(JobFailure::bpmn_error("E1", "no")));
    }
}

#[tokio::test]
async fn hostile_scripts_get_nothing() {
    let attempts = [
        "import socket\nsocket.create_connection(('127.0.0.1', 22))",
        "import socket\nsocket.socket(socket.AF_UNIX)",
        "open('/etc/passwd')",
        "open('/etc/shadow')",
        "open('/usr/x', 'w')",
        "open('/proc/1/environ').read() or 1 / 0",
        "import os\nos.setuid(0)",
        "import ctypes\nassert ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0",
        "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
        "import subprocess\nsubprocess.run(['unshare', '-Ur', 'true'], check=True)",
        "import os\nassert [k for k in os.environ if k.startswith('BATON')]",
        "open('/tmp/x', 'wb').write(b'x' * 20_000_000)",
    ];
    for attempt in attempts {
        let outcome = python(attempt).await;
        assert!(matches!(outcome, Err(JobFailure::Bug { .. })), "{attempt}: {outcome:?}");
    }
    let visible = python("import os\nresult = len([p for p in os.listdir('/proc') if p.isdigit()])").await.unwrap();
    assert!(visible["result"].as_u64().unwrap() <= 3);
}

#[tokio::test]
async fn limits_end_hostile_scripts() {
    let attempts = [
        (Language::Python, "while True: pass"),
        (Language::Python, "x = 'x' * 10**9"),
        (Language::Python, "import os\nwhile True: os.fork()"),
        (Language::Python, "result = 'x' * 2_000_000"),
        (Language::Python, "def f(): f()\nf()"),
        (Language::JavaScript, "for (;;) {}"),
        (Language::JavaScript, "let x = 'x'; for (;;) x += x;"),
        (Language::JavaScript, "function f() { f() } f()"),
        (Language::JavaScript, "result = 'x'.repeat(2000000)"),
        (Language::JavaScript, "const a = []; for (;;) a.push(new Array(1000).fill(1));"),
    ];
    for (language, attempt) in attempts {
        let started = Instant::now();
        let outcome = run(language, attempt, json!({})).await;
        assert!(matches!(outcome, Err(JobFailure::Bug { .. })), "{attempt}: {outcome:?}");
        assert!(started.elapsed() < Duration::from_secs(40), "{attempt} took {:?}", started.elapsed());
    }
    let printed = python("for i in range(200000): print('x' * 100)\nresult = 1").await;
    assert_eq!(printed.unwrap()["result"], 1);
}

/// In a child that waited, with fewer of everything than the worker gives.
async fn limited(limits: Value, text: &str) -> Result<Map<String, Value>, JobFailure> {
    let runner = Runner::warm(sandbox(), Limits::default(), 1);
    let limits = serde_json::from_value(limits).unwrap();
    let script = Script { language: Language::Python, text: text.into(), variables: Map::new(), result: None, limits };
    runner.run(&script, None, None).await
}

#[tokio::test]
async fn a_definition_may_limit_its_script() {
    let large = "x = bytearray(100 * 1024 * 1024)\nresult = len(x)";
    assert_eq!(limited(json!({}), large).await.unwrap()["result"], 104_857_600);
    assert!(bug(limited(json!({"memoryMib": 64}), large).await).contains("MemoryError"));
    let waits = limited(json!({"wallSeconds": 0.5}), "import time\ntime.sleep(20)").await.unwrap_err();
    assert!(waits.message().contains("longer than 500ms"), "{waits}");
    let busy = bug(limited(json!({"cpuSeconds": 1}), "while True: pass").await);
    assert!(busy.contains("more than 1s of processor time"), "{busy}");
    let loud = bug(limited(json!({"outputBytes": 100}), "result = 'x' * 100").await);
    assert!(loud.contains("larger than 100 bytes"), "{loud}");
}

#[tokio::test]
async fn files_of_the_store_are_where_the_script_begins() {
    let root = std::env::temp_dir().join(format!("script-store-{}", uuid::Uuid::new_v4()));
    let store = workers::store::Store::open(&format!("file://{}", root.display())).unwrap();
    store.put("made/one.txt", "one".into()).await.unwrap();
    let runner = Runner::warm(sandbox(), Limits::default(), 1);
    for text in ["result = open(path).read()", "open('/work' '/new', 'w')"] {
        let variables = json!({"path": "made/one.txt"}).as_object().unwrap().clone();
        let (language, limits) = (Language::Python, Wanted::default());
        let script = Script { language, text: text.into(), variables, result: None, limits };
        let outcome = runner.run(&script, Some(&store), None).await;
        assert!(outcome.is_err() || outcome.unwrap()["result"] == "one");
    }
    std::fs::remove_dir_all(root).unwrap();
}

/// A measurement, for a machine that does nothing else.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn a_script_begins_at_once() {
    let runner = Runner::warm(sandbox(), Limits::default(), 4);
    for (language, text) in [(Language::Python, "result = a + 1"), (Language::JavaScript, "result = a + 1")] {
        for pause in [Duration::from_millis(250), Duration::ZERO] {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let mut took = Vec::new();
            for _ in 0..60 {
                let variables = json!({"a": 1}).as_object().unwrap().clone();
                let limits = Wanted::default();
                let script = Script { language, text: text.into(), variables, result: None, limits };
                let begun = Instant::now();
                assert_eq!(runner.run(&script, None, None).await.unwrap()["result"], 2);
                took.push(begun.elapsed());
                tokio::time::sleep(pause).await;
            }
            took.sort();
            println!("{language:?}, a pause of {pause:?}: median {:?}, 95 % within {:?}", took[30], took[57]);
            assert!(took[30] < Duration::from_millis(40));
        }
    }
}

#[tokio::test]
async fn nothing_is_left_behind() {
    let mark = format!("9{}", std::process::id());
    let script =
        format!("import subprocess\nsubprocess.Popen(['sleep', '{mark}'], start_new_session=True)\nresult = 1");
    assert_eq!(python(&script).await.unwrap()["result"], 1);
    let begun = Instant::now();
    while runs(&format!("sleep {mark}")) {
        assert!(begun.elapsed() < Duration::from_secs(10), "it was left behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn runs(wanted: &str) -> bool {
    let processes = std::fs::read_dir(Path::new("/proc")).unwrap().flatten();
    let mut commands = processes.map(|process| std::fs::read(process.path().join("cmdline")).unwrap_or_default());
    commands.any(|command| String::from_utf8_lossy(&command).replace('\0', " ").starts_with(wanted))
}
