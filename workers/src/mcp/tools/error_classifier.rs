//! `error-classifier`: what kinds of trouble messages tell of. Rules, so the same messages always give the same answer;
//! each says how sure it is.

use crate::mcp::{
    root::Root,
    tool::{Effect, Tool, ToolError, cut, text_of},
};
use regex::RegexSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

const MOST_MESSAGES: usize = 10_000;
const MOST_EVIDENCE: usize = 3;
const LONGEST_EVIDENCE: usize = 300;

pub fn tool() -> Result<Tool, String> {
    let description = "Classifies error messages (or the lines of a log): category, severity, confidence, evidence, likely \
                       cause and what to do. The first one is the most likely root cause.";
    Tool::new("error-classifier", description, Effect::Reads, classify)
}

#[derive(Deserialize, JsonSchema)]
struct Errors {
    /// Messages, one each.
    #[serde(default)]
    messages: Option<Vec<String>>,
    /// A text whose lines are the messages.
    #[serde(default)]
    text: Option<String>,
    /// A file whose lines are the messages.
    #[serde(default)]
    path: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Classified {
    classifications: Vec<Classification>,
    /// The worst of them: critical, high, medium, low or none.
    severity: &'static str,
    /// 0 to 1: how sure the first classification is.
    confidence: f64,
    /// Messages that no rule knows.
    unclassified: usize,
}

#[derive(Serialize, JsonSchema)]
struct Classification {
    category: &'static str,
    severity: &'static str,
    /// 0 to 1.
    confidence: f64,
    count: usize,
    /// Some of the messages.
    evidence: Vec<String>,
    cause: &'static str,
    recommendation: &'static str,
}

struct Rule {
    category: &'static str,
    severity: &'static str,
    /// How sure one match is.
    confidence: f64,
    /// Smaller ones cause larger ones: memory that runs out makes requests time out, and not the other way round.
    depth: u8,
    pattern: &'static str,
    cause: &'static str,
    recommendation: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        category: "memory-exhaustion",
        severity: "critical",
        confidence: 0.93,
        depth: 1,
        pattern: r"(?i)out of memory|outofmemory|oom.?kill|cannot allocate memory|java heap space|gc overhead limit",
        cause: "The process needs more memory than it may have.",
        recommendation: "Look for a leak since the last change; raise the memory limit; restart the process.",
    },
    Rule {
        category: "disk-full",
        severity: "critical",
        confidence: 0.95,
        depth: 0,
        pattern: r"(?i)no space left on device|disk (?:is )?full|filesystem (?:is )?full|enospc|quota exceeded|out of inodes",
        cause: "A file system has no room left.",
        recommendation: "Find what fills it, rotate and remove old files, enlarge the volume.",
    },
    Rule {
        category: "hardware-failure",
        severity: "critical",
        confidence: 0.9,
        depth: 0,
        pattern: r"(?i)i/o error|buffer i/o|medium error|smart.{0,30}fail|uncorrectable|reallocated sector|raid.{0,30}degraded|machine check",
        cause: "A device reports errors of its own.",
        recommendation: "Save the data, replace the device, rebuild the array.",
    },
    Rule {
        category: "connection-pool-exhaustion",
        severity: "critical",
        confidence: 0.92,
        depth: 2,
        pattern: r"(?i)connection is not available|pool (?:is )?exhausted|pool.{0,30}timed out|too many (?:clients|connections)|remaining connection slots|idle=0 waiting=[1-9]",
        cause: "All connections are in use: they are held too long, or are not given back.",
        recommendation: "Look for slow queries and leaked connections; set a leak detection limit; then size the pool.",
    },
    Rule {
        category: "slow-queries",
        severity: "high",
        confidence: 0.85,
        depth: 1,
        pattern: r"(?i)slow query|query.{0,20}took|statement timeout|lock wait timeout|deadlock",
        cause: "Queries take long or wait for locks, often for want of an index.",
        recommendation: "Explain the query, add the index it needs, shorten transactions.",
    },
    Rule {
        category: "process-crash",
        severity: "critical",
        confidence: 0.88,
        depth: 2,
        pattern: r"(?i)segfault|segmentation fault|core dumped|killed process|signal (?:6|9|11)\b|panicked at|kernel panic|crashloop",
        cause: "A process ended by itself or was killed.",
        recommendation: "Read what came just before; keep the core dump; restart under supervision.",
    },
    Rule {
        category: "authentication",
        severity: "high",
        confidence: 0.85,
        depth: 2,
        pattern: r"(?i)authentication fail|failed password|invalid (?:user|credentials|token)|\b401\b|unauthori[sz]ed|login fail",
        cause: "Credentials are wrong, expired, or being guessed.",
        recommendation: "Check what changed; renew credentials; block the source when it guesses.",
    },
    Rule {
        category: "permission",
        severity: "high",
        confidence: 0.87,
        depth: 2,
        pattern: r"(?i)permission denied|access denied|\b403\b|forbidden|eacces|operation not permitted|read-only file system",
        cause: "The caller may not do this.",
        recommendation: "Compare owner, mode and policy with what the caller needs; grant no more than that.",
    },
    Rule {
        category: "certificate",
        severity: "high",
        confidence: 0.92,
        depth: 1,
        pattern: r"(?i)certificate (?:has )?expired|x509|tls handshake|ssl.{0,20}(?:error|fail)|unknown ca|self.signed",
        cause: "A certificate is expired or not trusted.",
        recommendation: "Renew the certificate; check the chain and the clock.",
    },
    Rule {
        category: "name-resolution",
        severity: "high",
        confidence: 0.9,
        depth: 1,
        pattern: r"(?i)name or service not known|nxdomain|getaddrinfo|could not resolve|unknownhost|temporary failure in name",
        cause: "A name does not resolve.",
        recommendation: "Check the name, the resolver, and what changed in DNS.",
    },
    Rule {
        category: "connection-failure",
        severity: "high",
        confidence: 0.85,
        depth: 3,
        pattern: r"(?i)connection (?:refused|reset|closed|aborted)|econnrefused|no route to host|network is unreachable|broken pipe|\b50[23]\b",
        cause: "The other side does not listen, or the way to it is closed.",
        recommendation: "Check that it runs and is reachable; look into its own log.",
    },
    Rule {
        category: "timeout",
        severity: "medium",
        confidence: 0.7,
        depth: 4,
        pattern: r"(?i)timed? ?out|deadline exceeded|\b504\b|etimedout",
        cause: "Something was too slow; usually a consequence of other trouble.",
        recommendation: "Look at what it waited for; raise limits only after that.",
    },
    Rule {
        category: "configuration",
        severity: "medium",
        confidence: 0.75,
        depth: 1,
        pattern: r"(?i)invalid config|missing (?:required )?(?:config|environment|property|setting)|unknown (?:option|directive)|parse error",
        cause: "A setting is missing or wrong.",
        recommendation: "Compare the configuration with the last one that worked.",
    },
    Rule {
        category: "application-error",
        severity: "medium",
        confidence: 0.55,
        depth: 5,
        pattern: r"(?i)exception|traceback|unhandled|null ?pointer|typeerror|\b500\b|internal server error",
        cause: "The program failed in a way it did not expect.",
        recommendation: "Read the innermost frame of the stack trace; look at the last change there.",
    },
];

static SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(RULES.iter().map(|rule| rule.pattern)).ok());

fn classify(root: &Root, errors: Errors) -> Result<Classified, ToolError> {
    let messages = match errors.messages {
        Some(messages) if errors.text.is_none() && errors.path.is_none() => messages,
        Some(_) => return Err(ToolError("give one of `messages`, `text` and `path`".into())),
        None => text_of(root, errors.path.as_deref(), errors.text)?.lines().map(str::to_owned).collect(),
    };
    let set = SET.as_ref().ok_or_else(|| ToolError("the rules do not compile".into()))?;
    let mut matched: Vec<Vec<&str>> = vec![Vec::new(); RULES.len()];
    let mut unclassified = 0;
    for message in messages.iter().take(MOST_MESSAGES).filter(|message| !message.trim().is_empty()) {
        let rules = set.matches(cut(message, 4000));
        unclassified += usize::from(!rules.matched_any());
        for (_, lines) in matched.iter_mut().enumerate().filter(|(rule, _)| rules.matched(*rule)) {
            lines.push(message);
        }
    }
    Ok(conclude(&matched, unclassified))
}

fn conclude(matched: &[Vec<&str>], unclassified: usize) -> Classified {
    let mut found: Vec<(&Rule, &Vec<&str>)> =
        RULES.iter().zip(matched).filter(|(_, lines)| !lines.is_empty()).collect();
    found.sort_by_key(|(rule, lines)| (severity(rule.severity), rule.depth, std::cmp::Reverse(lines.len())));
    let classifications: Vec<Classification> = found.iter().map(|(rule, lines)| classification(rule, lines)).collect();
    Classified {
        severity: classifications.iter().map(|one| one.severity).min_by_key(|one| severity(one)).unwrap_or("none"),
        confidence: classifications.first().map_or(0.0, |one| one.confidence),
        classifications,
        unclassified,
    }
}

/// Many witnesses make surer, up to a point.
fn classification(rule: &Rule, lines: &[&str]) -> Classification {
    let more = 0.01 * f64::from(u8::try_from(lines.len().saturating_sub(1)).unwrap_or(u8::MAX));
    let confidence = (rule.confidence + more.min(0.05)).min(0.99);
    Classification {
        category: rule.category,
        severity: rule.severity,
        confidence: (confidence * 100.0).round() / 100.0,
        count: lines.len(),
        evidence: lines.iter().take(MOST_EVIDENCE).map(|line| cut(line, LONGEST_EVIDENCE).to_owned()).collect(),
        cause: rule.cause,
        recommendation: rule.recommendation,
    }
}

fn severity(severity: &str) -> u8 {
    match severity {
        "critical" => 0,
        "high" => 1,
        "medium" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;

    fn classified(messages: &[&str]) -> Classified {
        let messages = Some(messages.iter().map(|&message| message.to_owned()).collect());
        classify(&Scratch::new().root, Errors { messages, text: None, path: None }).unwrap()
    }

    #[track_caller]
    fn check(message: &str, category: &str) {
        let found = classified(&[message]);
        assert_eq!(found.classifications.first().map(|one| one.category), Some(category), "{message}");
    }

    #[test]
    fn messages_have_their_category() {
        check("java.lang.OutOfMemoryError: Java heap space", "memory-exhaustion");
        check("write /var/log/x: no space left on device", "disk-full");
        check("CheckoutPool - Connection is not available, request timed out", "connection-pool-exhaustion");
        check("open /etc/shadow: permission denied", "permission");
        check("dial tcp 10.0.0.1:5432: connection refused", "connection-failure");
        check("read tcp: i/o timeout, deadline exceeded", "timeout");
    }

    #[test]
    fn causes_come_before_consequences() {
        let found = classified(&["request timed out", "OutOfMemoryError", "request timed out", "all is well"]);
        assert_eq!(found.classifications[0].category, "memory-exhaustion");
        assert_eq!((found.severity, found.unclassified), ("critical", 1));
        assert_eq!(found.classifications[1].count, 2);
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let found = classified(&["all is well"]);
        assert_eq!((found.severity, found.confidence, found.classifications.len()), ("none", 0.0, 0));
    }
}
