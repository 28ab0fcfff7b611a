//! `security-checker`: what must not be in a playbook, a script or a configuration: secrets in clear, files that anyone
//! may write, commands that destroy or fetch and run.

use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, cut, text_of},
};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

const MOST_FINDINGS: usize = 200;
const LONGEST_EXCERPT: usize = 120;

pub fn tool() -> Result<Tool, String> {
    let description = "Looks for secrets in clear, unsafe file modes, dangerous commands and modules, and switched-off \
                       checks in a text or file.";
    Tool::new("security-checker", description, Effect::Reads, check)
}

#[derive(Deserialize, JsonSchema)]
struct Text {
    /// The text itself; else `path`.
    #[serde(default)]
    content: Option<String>,
    /// A file; else `content`.
    #[serde(default)]
    path: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Checked {
    /// No finding is high.
    passed: bool,
    findings: Vec<Finding>,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// high, medium or low
    severity: &'static str,
    rule: &'static str,
    /// From 1.
    line: usize,
    message: &'static str,
    /// The line; of a secret only that there is one.
    excerpt: String,
}

struct Rule {
    name: &'static str,
    severity: &'static str,
    pattern: &'static str,
    message: &'static str,
    is_secret: bool,
}

const fn rule(name: &'static str, severity: &'static str, pattern: &'static str, message: &'static str) -> Rule {
    Rule { name, severity, pattern, message, is_secret: false }
}

const fn secret(name: &'static str, pattern: &'static str, message: &'static str) -> Rule {
    Rule { name, severity: "high", pattern, message, is_secret: true }
}

/// A value that is a reference (`{{ … }}`, `${…}`, `!vault`, `lookup(…)`) is no secret in clear.
const RULES: &[Rule] = &[
    secret("private-key", r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----", "a private key is in the text"),
    secret("cloud-key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", "an access key of a cloud is in the text"),
    secret(
        "token",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|xox[abp]-[A-Za-z0-9-]{20,}|sk-[A-Za-z0-9_-]{20,})",
        "an API token is in the text",
    ),
    secret(
        "password",
        r#"(?i)\b[\w-]*(?:password|passwd|secret|api_?key|auth_?token)\s*[:=]\s*["']?[^\s"'{}$!<|>]{4,}["']?\s*(?:#.*)?$"#,
        "a password or key is written in clear; use a vault or a reference",
    ),
    secret("url-password", r"\b[a-z][a-z0-9+]*://[^\s/:@{}$]+:[^\s/@{}$]+@", "a URL carries a password"),
    rule(
        "world-writable",
        "high",
        r#"(?i)mode:\s*["']?0?o?[0-7]{0,1}[0-7][0-7][2367]["']?\s*$|chmod\s+(?:-R\s+)?(?:0?[0-7][0-7][2367]|a\+w|o\+w)\b"#,
        "anyone may write the file",
    ),
    rule(
        "fetch-and-run",
        "high",
        r"(?i)\b(?:curl|wget)\b[^|\n]*\|\s*(?:sudo\s+)?(?:ba|z)?sh\b",
        "what is fetched is run unseen",
    ),
    rule(
        "destructive",
        "high",
        r"\brm\s+-[a-zA-Z]*[rf][a-zA-Z]*\s+(?:/|\*|~)(?:\s|$|\*)|\bmkfs(?:\.\w+)?\s|\bdd\s+[^\n]*of=/dev/|>\s*/dev/sd",
        "the command destroys data",
    ),
    rule(
        "firewall-off",
        "high",
        r"(?i)\biptables\s+-F\b|ufw\s+disable|setenforce\s+0|selinux:?\s+(?:state=)?disabled",
        "a protection is switched off",
    ),
    rule(
        "verify-off",
        "medium",
        r"(?i)validate_certs:\s*(?:no|false)|--insecure\b|curl\s+[^\n]*\s-k\b|StrictHostKeyChecking[ =]no|verify\s*=\s*False",
        "the other side is not verified",
    ),
    rule(
        "shell",
        "low",
        r"^\s*(?:-\s+)?(?:ansible\.builtin\.)?(?:shell|raw):",
        "a shell runs it; a module or `command` is safer and idempotent",
    ),
    rule("errors-ignored", "low", r"(?i)ignore_errors:\s*(?:yes|true)", "failures are ignored"),
    rule("plain-http", "low", r"\bhttp://(?:[^l1\s]|l[^o]|1[^2])\S*", "traffic is not encrypted"),
];

static PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| RULES.iter().map(|rule| Regex::new(rule.pattern).ok()).collect());

fn check(root: &Root, text: Text) -> Result<Checked, ToolError> {
    let text = text_of(root, text.path.as_deref(), text.content)?;
    let mut findings = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let is_comment = line.trim_start().starts_with('#');
        for (rule, pattern) in RULES.iter().zip(PATTERNS.iter()) {
            let found = pattern.as_ref().is_some_and(|pattern| pattern.is_match(cut(line, 4000)));
            if found && (rule.is_secret || !is_comment) && findings.len() < MOST_FINDINGS {
                findings.push(finding(rule, line, number));
            }
        }
    }
    Ok(Checked { passed: findings.iter().all(|finding| finding.severity != "high"), findings })
}

fn finding(rule: &Rule, line: &str, number: usize) -> Finding {
    let excerpt = if rule.is_secret { "(not shown)" } else { cut(line.trim(), LONGEST_EXCERPT) };
    Finding { severity: rule.severity, rule: rule.name, line: number, message: rule.message, excerpt: excerpt.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;

    fn checked(content: &str) -> Checked {
        check(&Scratch::new().root, Text { content: Some(content.into()), path: None }).unwrap()
    }

    #[track_caller]
    fn finds(content: &str, rule: &str) {
        let rules: Vec<&str> = checked(content).findings.iter().map(|finding| finding.rule).collect();
        assert!(rules.contains(&rule), "{content}: {rules:?}");
    }

    #[test]
    fn every_pattern_compiles() {
        assert!(PATTERNS.iter().all(Option::is_some));
    }

    #[test]
    fn what_is_dangerous_is_found() {
        finds("db_password: hunter22", "password");
        finds("-----BEGIN RSA PRIVATE KEY-----", "private-key");
        finds("url: postgres://app:pw1@db/x", "url-password");
        finds("    mode: \"0777\"", "world-writable");
        finds("  shell: curl https://example.com/x | sudo bash", "fetch-and-run");
        finds("  command: rm -rf /", "destructive");
        finds("    validate_certs: false", "verify-off");
    }

    #[test]
    fn secrets_are_not_repeated() {
        let checked = checked("api_key: abcdef123456");
        assert!(!checked.passed && !checked.findings[0].excerpt.contains("abcdef"));
    }

    #[test]
    fn references_and_sane_modes_pass() {
        for content in
            ["password: \"{{ vault_password }}\"", "mode: \"0640\"", "command: rm -f /var/tmp/x.pid", "mode: '0755'"]
        {
            assert!(checked(content).passed, "{content}");
        }
    }
}
