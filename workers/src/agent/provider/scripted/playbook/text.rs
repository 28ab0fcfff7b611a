//! The text of a playbook: for each kind of trouble a block of checks and repairs with a rescue, for each harmless step of
//! the diagnosis a check.

use super::super::{
    conversation::{Conversation, find, shortened},
    kind::{Finding, findings},
};
use serde_json::Value;

const LONGEST_NAME: usize = 90;
const LONGEST_COMMAND: usize = 120;
const LONGEST_COMMENT: usize = 110;
const MOST_CHECKS: usize = 12;

/// What the remedies leave to the operator.
const VARIABLES: &str = r#"    service_name: application
    service_port: 8080
    memory_limit: 2G
    pool_size: 40
    journal_limit: 500M
    log_retention: 14d
    database_conf_dir: /etc/postgresql/15/main/conf.d
"#;

const HANDLER: &str = r#"  handlers:
    - name: Restart the service
      ansible.builtin.systemd_service:
        name: "{{ service_name }}"
        state: restarted
        daemon_reload: true
"#;

#[derive(PartialEq)]
pub struct Playbook {
    pub text: String,
    pub repairs: usize,
    pub checks: usize,
}

impl Playbook {
    /// `feedback` is what was wrong with the last playbook, `problems` what the tools say of this one: a check from the
    /// diagnosis that either of them names is left out, for it is the part that these rules did not write.
    pub fn write(conversation: &Conversation, feedback: &[String], problems: &[String]) -> Playbook {
        let analysis = conversation.input("analysis").unwrap_or_else(|| conversation.inputs());
        let findings = findings(analysis);
        let blamed = |step: &Check| feedback.iter().chain(problems).any(|complaint| step.is_named_in(complaint));
        let checks: Vec<Check> = checks(conversation).into_iter().filter(|step| !blamed(step)).collect();
        let mut text = header(feedback);
        text += "  tasks:\n    - name: Reach the host\n      ansible.builtin.ping:\n";
        checks.iter().for_each(|step| text += &step.task());
        findings.iter().for_each(|finding| text += &block(finding));
        text += HANDLER;
        Playbook { text, repairs: findings.len(), checks: checks.len() }
    }
}

fn header(feedback: &[String]) -> String {
    let mut header = String::from("---\n");
    for line in feedback {
        header += &format!("# Written again because of: {}\n", shortened(&one_line(line), LONGEST_COMMENT));
    }
    // A place that could not tell the hosts from an expression is given a plain name.
    let hosts = if feedback.iter().any(|line| line.to_lowercase().contains("host")) {
        "all"
    } else {
        "\"{{ target_hosts | default('all') }}\""
    };
    header
        + &format!(
            "- name: Remedy what the log shows\n  hosts: {hosts}\n  become: true\n  serial: 1\n  vars:\n{VARIABLES}"
        )
}

/// A harmless step of the diagnosis.
struct Check {
    title: String,
    command: String,
}

impl Check {
    fn is_named_in(&self, complaint: &str) -> bool {
        complaint.contains(&self.title) || complaint.contains(&self.command)
    }

    fn task(&self) -> String {
        format!(
            "    - name: {}\n      ansible.builtin.command:\n        cmd: {}\n      changed_when: false\n      failed_when: false\n",
            quoted(&format!("Check: {}", self.title)),
            quoted(&self.command)
        )
    }
}

/// The steps that only look and need no shell.
fn checks(conversation: &Conversation) -> Vec<Check> {
    let diagnosis = conversation.input("diagnosis").and_then(|diagnosis| find(diagnosis, "steps"));
    let steps = diagnosis.or_else(|| conversation.input("steps")).and_then(Value::as_array);
    steps.into_iter().flatten().filter_map(check).take(MOST_CHECKS).collect()
}

fn check(step: &Value) -> Option<Check> {
    let text = |key: &str| step.get(key).and_then(Value::as_str).map(one_line).filter(|text| !text.is_empty());
    let command = text("command").filter(|command| !needs_shell(command) && command.len() <= LONGEST_COMMAND)?;
    let is_harmless = text("risk").is_some_and(|risk| risk.eq_ignore_ascii_case("none"));
    let title = shortened(&text("title").unwrap_or_else(|| command.clone()), LONGEST_NAME);
    is_harmless.then_some(Check { title, command })
}

fn needs_shell(command: &str) -> bool {
    command.contains(['|', '>', '<', '&', ';', '$', '`', '*', '{'])
}

fn block(finding: &Finding) -> String {
    let category = shortened(&one_line(finding.category), LONGEST_NAME);
    let rescue_name = quoted(&format!("Say what to undo for {category}"));
    let told = quoted(&format!(
        "{category} is not repaired: look at the task that failed, and undo the changes of this block before another run"
    ));
    format!(
        "    - name: {}\n      block:\n{}      rescue:\n        - name: {rescue_name}\n          ansible.builtin.fail:\n            msg: {told}\n",
        quoted(&format!("Repair {category}")),
        indented(finding.kind.remedy())
    )
}

fn indented(tasks: &str) -> String {
    tasks.lines().map(|line| format!("        {line}\n")).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A YAML scalar that means this text and nothing else; expressions of Ansible are taken apart.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace("{{", "{ {").replace("{%", "{ %").replace('\'', "''"))
}
