//! The rules about structure: what a play and a task must and may have.

use super::Validated;
use serde_json::{Map, Value};

const DEEPEST_BLOCK: usize = 16;
const MOST_MESSAGES: usize = 100;

const TASK_LISTS: [&str; 3] = ["pre_tasks", "tasks", "post_tasks"];

const PLAY_KEYS: &[&str] = &[
    "name",
    "hosts",
    "tasks",
    "pre_tasks",
    "post_tasks",
    "handlers",
    "roles",
    "vars",
    "vars_files",
    "vars_prompt",
    "become",
    "become_user",
    "become_method",
    "become_exe",
    "become_flags",
    "gather_facts",
    "gather_subset",
    "gather_timeout",
    "serial",
    "strategy",
    "tags",
    "environment",
    "any_errors_fatal",
    "max_fail_percentage",
    "connection",
    "remote_user",
    "port",
    "collections",
    "check_mode",
    "diff",
    "ignore_errors",
    "ignore_unreachable",
    "module_defaults",
    "order",
    "run_once",
    "throttle",
    "timeout",
    "no_log",
    "debugger",
    "force_handlers",
    "fact_path",
    "import_playbook",
    "when",
];

/// Keys of a task that are no module.
const TASK_KEYS: &[&str] = &[
    "name",
    "when",
    "loop",
    "loop_control",
    "register",
    "become",
    "become_user",
    "become_method",
    "become_exe",
    "become_flags",
    "tags",
    "notify",
    "listen",
    "vars",
    "args",
    "environment",
    "changed_when",
    "failed_when",
    "ignore_errors",
    "ignore_unreachable",
    "until",
    "retries",
    "delay",
    "delegate_to",
    "delegate_facts",
    "run_once",
    "check_mode",
    "diff",
    "no_log",
    "async",
    "poll",
    "connection",
    "remote_user",
    "port",
    "any_errors_fatal",
    "throttle",
    "timeout",
    "module_defaults",
    "collections",
    "debugger",
    "block",
    "rescue",
    "always",
    "local_action",
    "action",
];

const COMMANDS: [&str; 4] = ["command", "shell", "raw", "script"];

pub fn check(playbook: &Value, validated: &mut Validated) {
    match playbook {
        Value::Array(plays) if !plays.is_empty() => {
            for (play, number) in plays.iter().zip(1..) {
                match play {
                    Value::Object(play) => check_play(play, &format!("play {number}"), validated),
                    _ => validated.errors.push(format!("play {number} is not a mapping")),
                }
            }
        }
        _ => validated.errors.push("a playbook is a list of plays, and this is not one".into()),
    }
    validated.errors.truncate(MOST_MESSAGES);
    validated.warnings.truncate(MOST_MESSAGES);
}

fn check_play(play: &Map<String, Value>, place: &str, validated: &mut Validated) {
    validated.plays += 1;
    for key in play.keys().filter(|key| !is_known(key, PLAY_KEYS)) {
        validated.errors.push(format!("{place}: `{key}` is not a keyword of a play"));
    }
    if play.contains_key("import_playbook") {
        return;
    }
    if !play
        .get("hosts")
        .is_some_and(|hosts| matches!(hosts, Value::String(text) if !text.is_empty()) || hosts.is_array())
    {
        validated.errors.push(format!("{place} names no hosts"));
    }
    if !play.contains_key("name") {
        validated.warnings.push(format!("{place} has no name"));
    }
    if !TASK_LISTS.iter().chain(&["roles"]).any(|list| play.contains_key(*list)) {
        validated.errors.push(format!("{place} has neither tasks nor roles"));
    }
    let handlers = named(play.get("handlers"));
    for list in TASK_LISTS {
        let before = validated.tasks;
        check_tasks(play.get(list), &format!("{place}, {list}"), &handlers, 0, validated);
        if list == "tasks" && play.contains_key(list) && validated.tasks == before {
            validated.errors.push(format!("{place} has no tasks"));
        }
    }
    let tasks = validated.tasks;
    check_tasks(play.get("handlers"), &format!("{place}, handlers"), &handlers, 0, validated);
    validated.handlers += validated.tasks - tasks;
    validated.tasks = tasks;
}

/// What `notify` may name.
fn named(handlers: Option<&Value>) -> Vec<&str> {
    let handlers = handlers.and_then(Value::as_array).into_iter().flatten();
    handlers
        .flat_map(|handler| ["name", "listen"].map(|key| handler.get(key).and_then(Value::as_str)))
        .flatten()
        .collect()
}

fn check_tasks(tasks: Option<&Value>, place: &str, handlers: &[&str], depth: usize, validated: &mut Validated) {
    let Some(tasks) = tasks else { return };
    let Value::Array(tasks) = tasks else {
        validated.errors.push(format!("{place}: not a list"));
        return;
    };
    for (task, number) in tasks.iter().zip(1..) {
        let place = match task.get("name").and_then(Value::as_str) {
            Some(name) => format!("{place} {number} (`{name}`)"),
            None => format!("{place} {number}"),
        };
        match task {
            Value::Object(task) if depth < DEEPEST_BLOCK => check_task(task, &place, handlers, depth, validated),
            Value::Object(_) => validated.errors.push(format!("{place}: blocks are nested too deeply")),
            _ => validated.errors.push(format!("{place} is not a mapping")),
        }
    }
}

fn check_task(task: &Map<String, Value>, place: &str, handlers: &[&str], depth: usize, validated: &mut Validated) {
    if task.contains_key("block") {
        for part in ["block", "rescue", "always"] {
            check_tasks(task.get(part), &format!("{place}, {part}"), handlers, depth + 1, validated);
        }
        return;
    }
    validated.tasks += 1;
    if !task.contains_key("name") {
        validated.warnings.push(format!("{place} has no name"));
    }
    let mut modules = task.keys().filter(|key| !is_known(key, TASK_KEYS));
    let has_action = task.contains_key("action") || task.contains_key("local_action");
    match (modules.next(), modules.next()) {
        (None, _) if !has_action => validated.errors.push(format!("{place} has no module")),
        (Some(one), Some(other)) => {
            validated.errors.push(format!(
                "{place} has two modules, `{one}` and `{other}`; one of them is misspelt or indented wrongly"
            ));
        }
        (Some(module), None) => check_module(task, module, place, validated),
        (None, _) => {}
    }
    let notified = task.get("notify").map(|notify| notify.as_array().cloned().unwrap_or_else(|| vec![notify.clone()]));
    for name in notified.iter().flatten().filter_map(Value::as_str).filter(|name| !name.contains("{{")) {
        if !handlers.contains(&name) {
            validated.errors.push(format!("{place} notifies `{name}`, which no handler is called"));
        }
    }
}

fn check_module(task: &Map<String, Value>, module: &str, place: &str, validated: &mut Validated) {
    let short = module.strip_prefix("ansible.builtin.").unwrap_or(module);
    if !module.contains('.') {
        validated
            .warnings
            .push(format!("{place}: give `{module}` by its full name, such as `ansible.builtin.{module}`"));
    }
    let guarded = |task: &Map<String, Value>| {
        let argument = |key| {
            task.get(module).is_some_and(|of| of.get(key).is_some())
                || task.get("args").is_some_and(|of| of.get(key).is_some())
        };
        task.contains_key("changed_when") || argument("creates") || argument("removes")
    };
    if COMMANDS.contains(&short) && !guarded(task) {
        validated
            .warnings
            .push(format!("{place}: `{short}` is not idempotent; say `changed_when`, `creates` or `removes`"));
    }
    if matches!(short, "copy" | "template" | "file")
        && task.get(module).is_some_and(|of| of.is_object() && of.get("mode").is_none())
    {
        validated.warnings.push(format!("{place}: `{short}` sets no mode"));
    }
}

fn is_known(key: &str, keys: &[&str]) -> bool {
    keys.contains(&key) || key.starts_with("with_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tools::yaml_linter::parse;

    fn checked(text: &str) -> Validated {
        let mut validated = Validated::default();
        check(&parse(text).unwrap(), &mut validated);
        validated
    }

    #[track_caller]
    fn check_error(text: &str, part: &str) {
        let validated = checked(text);
        assert!(validated.errors.iter().any(|error| error.contains(part)), "{text}: {:?}", validated.errors);
    }

    #[test]
    fn a_good_playbook_passes() {
        let validated = checked(
            "- name: Fix\n  hosts: web\n  become: true\n  tasks:\n    - name: Guarded\n      block:\n        - name: Write\n          \
             ansible.builtin.copy: {dest: /etc/x, content: y, mode: '0644'}\n          notify: Restart\n      rescue:\n        - name: Tell\n          \
             ansible.builtin.debug: {msg: no}\n  handlers:\n    - name: Restart\n      ansible.builtin.service: {name: x, state: restarted}\n",
        );
        assert!(
            validated.errors.is_empty() && validated.warnings.is_empty(),
            "{:?}",
            (validated.errors, validated.warnings)
        );
        assert_eq!((validated.plays, validated.tasks, validated.handlers), (1, 2, 1));
    }

    #[test]
    fn wrong_ones_are_told_why() {
        check_error("a: 1\n", "list of plays");
        check_error("- name: x\n  tasks: []\n", "no hosts");
        check_error("- hosts: a\n  tasks: []\n", "no tasks");
        check_error("- hosts: a\n  task:\n    - debug: {}\n", "`task` is not a keyword");
        check_error("- hosts: a\n  tasks:\n    - name: x\n", "no module");
        check_error("- hosts: a\n  tasks:\n    - debug: {}\n      whenn: x\n", "two modules");
        check_error("- hosts: a\n  tasks:\n    - debug: {}\n      notify: Gone\n", "no handler");
    }

    #[test]
    fn commands_that_repeat_are_warned_of() {
        let warned = |extra: &str| {
            let text =
                format!("- hosts: a\n  name: n\n  tasks:\n    - name: x\n      ansible.builtin.command: make\n{extra}");
            checked(&text).warnings.len()
        };
        assert_eq!((warned(""), warned("      changed_when: false\n")), (1, 0));
    }
}
