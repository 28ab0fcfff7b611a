//! Two hundred hostile scripts in the real sandbox: none gets out, each ends with its limits, and nothing stays behind.

mod javascript;
mod python;
mod python_limits;

use futures::{StreamExt, stream};
use serde_json::{Map, Value};
use std::{
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use worker_sdk::JobFailure;
use workers::script::{
    limits::{Limits, Wanted},
    runner::{Language, Runner, Script},
    sandbox::Sandbox,
};

const WALL: Duration = Duration::from_millis(1500);
const AT_ONCE: usize = 6;
/// What a script says that has got something it must not have.
pub const ESCAPED: &str = "ESCAPED";

/// The machine around the sandbox: a file that nobody may read, and a listener that nobody may reach.
pub struct Outside {
    pub file: PathBuf,
    pub port: u16,
    pub canary: String,
}

pub struct Hostile {
    pub language: Language,
    pub text: String,
}

fn hostile(outside: &Outside) -> Vec<Hostile> {
    let of = |language, texts: Vec<String>| texts.into_iter().map(move |text| Hostile { language, text });
    let python = python::scripts(outside).into_iter().chain(python_limits::scripts()).collect();
    of(Language::Python, python).chain(of(Language::JavaScript, javascript::scripts(outside))).collect()
}

/// The program in a file of its own, by which its processes are known.
fn own_child(folder: &Path) -> PathBuf {
    let child = folder.join("child");
    std::fs::copy(env!("CARGO_BIN_EXE_script-child"), &child).unwrap();
    std::fs::set_permissions(&child, std::fs::Permissions::from_mode(0o755)).unwrap();
    child
}

fn limits() -> Limits {
    const MIB: u64 = 1024 * 1024;
    Limits { wall: WALL, cpu: Duration::from_secs(1), memory: 256 * MIB, scratch: 8 * MIB, ..Limits::default() }
}

async fn run(runner: &Runner, hostile: &Hostile) -> (Result<Map<String, Value>, JobFailure>, Duration) {
    let script = Script {
        language: hostile.language,
        text: hostile.text.clone(),
        variables: Map::new(),
        result: None,
        limits: Wanted::default(),
    };
    let begun = Instant::now();
    let outcome = runner.run(&script, None, None).await;
    (outcome, begun.elapsed())
}

/// How many processes still run the program, whatever they have become since: their root shows it.
fn left_behind(child: &Path) -> usize {
    let own = child.metadata().unwrap();
    let is_ours = |process: &Path| {
        let seen = std::fs::metadata(process.join("root/run/baton"));
        seen.is_ok_and(|seen| (seen.dev(), seen.ino()) == (own.dev(), own.ino()))
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter(|process| is_ours(&process.path())).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn none_gets_out() {
    let folder = std::env::temp_dir().join(format!("baton-hostile-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let canary = format!("canary-{}", uuid::Uuid::new_v4());
    let outside = Outside { file: folder.join("file"), port: listener.local_addr().unwrap().port(), canary };
    std::fs::write(&outside.file, &outside.canary).unwrap();
    let child = own_child(&folder);
    let sandbox = Sandbox::new(Some(child.clone())).unwrap();
    let runner = Runner::warm(sandbox, limits(), 2);

    let hostile = hostile(&outside);
    assert!(hostile.len() >= 200, "only {}", hostile.len());
    let runner_ref = &runner;
    let ran = stream::iter(&hostile).map(|hostile| async move { (hostile, run(runner_ref, hostile).await) });
    let ran: Vec<_> = ran.buffer_unordered(AT_ONCE).collect().await;
    let mut longest = Duration::ZERO;
    for (hostile, (outcome, took)) in &ran {
        let said = format!("{outcome:?}");
        let text = &hostile.text;
        assert!(!said.contains(&format!("\"{ESCAPED}")) && !said.contains(&outside.canary), "{text}\n{said}");
        assert!(*took < WALL + Duration::from_secs(20), "{text}\ntook {took:?}");
        longest = longest.max(*took);
        let is_mistake = ["SyntaxError", "IndentationError"].iter().any(|mistake| said.contains(mistake));
        assert!(!is_mistake || hostile.language == Language::JavaScript, "the script itself is wrong: {text}\n{said}");
    }
    println!("{} scripts, the longest {longest:?} with a limit of {WALL:?}", ran.len());
    assert!(
        tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err(),
        "the listener was reached"
    );
    let is_seen = left_behind(&child) > 0;
    assert!(
        is_seen || !rustix::process::geteuid().is_root(),
        "processes that wait are not seen: neither would others be"
    );
    drop(runner);
    let begun = Instant::now();
    while left_behind(&child) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} processes were left behind", left_behind(&child));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    std::fs::remove_dir_all(folder).unwrap();
}
