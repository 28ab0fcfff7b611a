//! The command line against a whole system: as a person types it, and as a script reads it.

use crate::running::{Baton, binary};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

const ORDER: &str = "
process:
  id: order
  elements:
    - {id: start, type: startEvent}
    - {id: check, type: userTask, name: Check the order, properties: {candidateGroups: [sales]}}
    - {id: paid, type: messageIntermediateCatchEvent, properties: {messageRef: paid, correlationKey: \"${orderId}\"}}
    - {id: shipped, type: signalIntermediateCatchEvent, properties: {signalRef: shipped}}
    - {id: sum, type: scriptTask, properties: {scriptFormat: python, script: \"result = 12 / parts\", resultVariable: share, retries: 1}}
    - {id: end, type: endEvent}
  connections:
    - {from: start, to: check}
    - {from: check, to: paid}
    - {from: paid, to: shipped}
    - {from: shipped, to: sum}
    - {from: sum, to: end}
";

/// What a command has printed, and its exit code.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    #[track_caller]
    fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

/// A person at a terminal: a home with nothing in it, and a folder.
struct Person {
    home: PathBuf,
    folder: PathBuf,
}

impl Person {
    fn at(folder: &Path) -> Person {
        let home = folder.join("home");
        std::fs::create_dir_all(&home).expect("a home");
        Person { home, folder: folder.to_owned() }
    }

    fn command(&self, words: &[&str], environment: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(binary());
        for name in ["BATON_URL", "BATON_API_KEY", "BATON_PROFILE", "BATON_HOME", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.args(words).env("HOME", &self.home).env("USER", "ann").current_dir(&self.folder);
        let ended = command.envs(environment.iter().copied()).output().expect("baton runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ran { code: ended.status.code().expect("an exit code"), out: text(ended.stdout), err: text(ended.stderr) }
    }

    fn baton(&self, words: &[&str]) -> Ran {
        self.command(words, &[])
    }

    /// The incident of an instance that has another id than `known`.
    #[track_caller]
    fn another(&self, instance: &str, known: &Value) -> Value {
        let began = Instant::now();
        loop {
            let listed = self.baton(&["list", "incidents", "--instance", instance, "-o", "json"]).ok();
            let mut incidents = listed.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON lines"));
            if let Some(other) = incidents.find(|incident| incident["id"] != *known) {
                return other;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "no incident but {known}: {listed}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs it until what it prints holds `text`.
    #[track_caller]
    fn until(&self, words: &[&str], text: &str) -> String {
        let began = Instant::now();
        loop {
            let ran = self.baton(words);
            if ran.out.contains(text) {
                return ran.out;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{words:?} never says {text:?}: {}{}", ran.out, ran.err);
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_process_is_carried_through_from_the_command_line() {
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &[]);
    let api = baton.api();
    let person = Person::at(&baton.data);
    std::fs::write(person.folder.join("order.yaml"), ORDER).expect("a file");

    // The running development server is found by its folder; a profile goes before it.
    let home = [("BATON_HOME", baton.data.to_str().expect("a path"))];
    assert!(person.command(&["list", "processes"], &home).ok().contains("approval"));
    let nowhere = person.command(&["list"], &[("BATON_URL", "http://127.0.0.1:9")]);
    assert_eq!(nowhere.code, 3, "nobody is there: {}", nowhere.err);
    assert!(nowhere.err.contains("does not answer") && nowhere.err.contains("BATON_URL"), "{}", nowhere.err);
    std::fs::write(person.folder.join("key"), &api.key).expect("a file");
    person.baton(&["profile", "add", "here", "--url", &api.url, "--key-file", "key"]).ok();
    assert!(person.baton(&["profile", "list"]).ok().contains("here  http://127.0.0.1:"));

    assert!(person.baton(&["deploy", "order.yaml"]).ok().contains("order version 1 deployed"));
    std::fs::write(person.folder.join("order.variables.yaml"), "orderId: '4711'\nparts: 1\n").expect("a file");
    let from_file = ["start", "order", "--variables", "order.variables.yaml", "--var", "parts=0", "-o", "json"];
    let started = person.baton(&from_file).json();
    let id = started["instanceId"].as_str().expect("an id").to_owned();
    assert_eq!(person.baton(&["list", "--process", "order", "-q"]).ok().trim(), id);
    let shown = person.until(&["show", &id], "check");
    assert!(shown.contains("order version 1, active") && shown.contains("userTask"), "{shown}");

    let tasks = person.until(&["tasks", "--groups", "sales", "--user", "ann"], "Check the order");
    assert!(person.baton(&["tasks", "--mine", "--groups", "sales"]).ok().contains("Check the order"));
    let task = tasks.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a task").to_owned();
    assert_eq!(person.baton(&["list", "tasks", "--instance", &id, "-q"]).ok().trim(), task);
    assert!(person.baton(&["claim", &task]).ok().contains("is ann's"));
    let other = person.baton(&["claim", &task, "--user", "bob"]);
    assert_eq!(other.code, 1, "{}{}", other.out, other.err);
    assert!(other.err.contains("409 CONFLICT"), "{}", other.err);
    person.baton(&["complete", &task, "--var", "approved=true"]).ok();

    let key = ["message", "paid", "--correlation-key", "4711", "--ttl", "60", "--var", "amount=12.5"];
    person.until(&["show", &id], "messageIntermediateCatchEvent");
    let said = person.baton(&key).ok();
    assert!(said.contains("paid has been taken"), "{said}{}", person.baton(&["show", &id]).out);
    person.until(&["show", &id], "signalIntermediateCatchEvent");
    assert!(person.baton(&["signal", "shipped"]).ok().contains("reached 1 instances"));

    let incidents = person.until(&["list", "incidents", "--instance", &id, "-o", "json"], "\"elementId\":\"sum\"");
    let first: Value = serde_json::from_str(incidents.trim()).expect("one in a line");
    // Trying again helps nothing while the cause is there: it comes to another incident.
    assert!(person.baton(&["retry", &id]).ok().contains("tries again"));
    let incident = person.another(&id, &first["id"]);
    let not_yet = person.baton(&["watch", &id, "--timeout", "1"]);
    assert_eq!(not_yet.code, 7, "{}", not_yet.out);
    assert!(not_yet.out.contains("✓ check") && not_yet.out.contains("! sum"), "{}", not_yet.out);
    let incident = incident["id"].as_str().expect("an id");
    person.baton(&["resolve", incident, "--var", "parts=4"]).ok();
    let watched = person.baton(&["watch", &id, "--timeout", "30"]).ok();
    assert!(watched.contains("approved = true") && watched.contains("share = 3"), "{watched}");
    assert!(watched.ends_with(&format!("{id} completed\n")), "{watched}");
    let path = format!("/instances/{id}");
    assert_eq!(person.baton(&["get", &path]).json()["variables"]["amount"], 12.5);

    // One that does not complete, and what is not there.
    let second = person.baton(&["start", "order", "--var", "orderId=1", "-q"]).ok().trim().to_owned();
    assert!(person.baton(&["cancel", &second, "--reason", "no longer wanted"]).ok().contains("is canceled"));
    assert_eq!(person.baton(&["watch", &second]).code, 6);
    assert_eq!(person.baton(&["show", "01a20bfe-8cdd-7348-8332-a3b8872a1efe"]).code, 5);
    assert_eq!(person.baton(&["start", "nothing"]).code, 5);
    assert_eq!(person.command(&["list"], &[("BATON_API_KEY", "wrong")]).code, 4);
    assert_eq!(person.baton(&["list", "everything"]).code, 2);
    let filtered = person.baton(&["list", "incidents", "--state", "active"]);
    assert_eq!(filtered.code, 2, "{}{}", filtered.out, filtered.err);
    assert!(filtered.out.is_empty() && filtered.err.contains("--state"), "{}", filtered.err);
    assert_eq!(person.baton(&["start", "order", "--var", "parts"]).code, 2);
    assert_eq!(person.command(&["deploy", "order.yaml"], &[("BATON_API_KEY", "wrong")]).code, 4);
    let nowhere = [("BATON_URL", "http://127.0.0.1:9"), ("BATON_API_KEY", "any")];
    assert_eq!(person.command(&["deploy", "order.yaml"], &nowhere).code, 3);
    std::fs::write(person.folder.join("broken.yaml"), ORDER.replace("to: end", "to: nowhere")).expect("a file");
    assert_eq!(person.baton(&["deploy", "broken.yaml"]).code, 1);
    assert!(person.baton(&["completions", "bash"]).ok().contains("_baton"));

    // Whoever names an address without a key does not hand out that of the profile.
    let other = person.command(&["list"], &[("BATON_URL", &api.url)]);
    assert_eq!(other.code, 4, "{}{}", other.out, other.err);
    person.baton(&["profile", "add", "shop", "--url", "https://shop.example", "--key", &api.key]).ok();
    let other = person.command(&["list", "--profile", "shop"], &[("BATON_URL", &api.url)]);
    assert_eq!(other.code, 4, "a key that is good here was sent: {}{}", other.out, other.err);

    person.baton(&["profile", "remove", "here"]).ok();
    assert!(baton.data.join("connection.json").exists());
    baton.stop();
    assert!(!baton.data.join("connection.json").exists(), "it goes with the server");
}
