//! The kinds of trouble that the stand-in knows, and what is done about each.

use super::conversation::find;
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Disk,
    Memory,
    SlowQuery,
    Pool,
    Authentication,
    Network,
    Other,
}

/// A step as an operator would do it by hand.
pub struct Step {
    pub title: &'static str,
    pub command: &'static str,
    pub risk: &'static str,
}

const fn step(title: &'static str, command: &'static str, risk: &'static str) -> Step {
    Step { title, command, risk }
}

/// Words of categories and of log lines. The order decides: a pool that times out is a pool, not a network.
const WORDS: &[(Kind, &[&str])] = &[
    (Kind::Disk, &["no space left", "disk", "file system full", "directory index full", "inode", "quota"]),
    (Kind::Memory, &["memory", "outofmemory", "heap", "oom kill", "gc overhead"]),
    (Kind::SlowQuery, &["slow quer", "deadlock", "lock wait", "statement timeout"]),
    (Kind::Pool, &["pool", "connection is not available", "too many connections", "too many clients"]),
    (Kind::Authentication, &["authent", "password", "permission", "denied", "credential", "unauthor", "login"]),
    (Kind::Network, &["network", "connect", "timeout", "timed out", "resol", "unreachable", "certificate", "tls"]),
];

impl Kind {
    /// Of a category or a line of a log.
    pub fn of(text: &str) -> Kind {
        let text = text.to_lowercase().replace(['-', '_'], " ");
        let known = WORDS.iter().find(|(_, words)| words.iter().any(|word| text.contains(word)));
        known.map_or(Kind::Other, |(kind, _)| *kind)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Disk => "disk-full",
            Kind::Memory => "memory-exhaustion",
            Kind::SlowQuery => "slow-queries",
            Kind::Pool => "connection-pool-exhaustion",
            Kind::Authentication => "authentication",
            Kind::Network => "network",
            Kind::Other => "other",
        }
    }

    pub fn severity(self) -> &'static str {
        match self {
            Kind::Disk | Kind::Memory | Kind::Pool => "critical",
            Kind::SlowQuery | Kind::Authentication | Kind::Network => "high",
            Kind::Other => "medium",
        }
    }

    pub fn cause(self) -> &'static str {
        match self {
            Kind::Disk => "A file system has no room left.",
            Kind::Memory => "The process needs more memory than it may have.",
            Kind::SlowQuery => "Queries take long, often for want of an index.",
            Kind::Pool => "All connections are in use: they are held too long or not given back.",
            Kind::Authentication => "Credentials are wrong, expired, or being guessed.",
            Kind::Network => "The other side does not answer, or the way to it is closed.",
            Kind::Other => "The program fails in a way that no rule knows.",
        }
    }

    /// First what confirms, then what repairs.
    pub fn steps(self) -> &'static [Step] {
        match self {
            Kind::Disk => DISK,
            Kind::Memory => MEMORY,
            Kind::SlowQuery => SLOW_QUERY,
            Kind::Pool => POOL,
            Kind::Authentication => AUTHENTICATION,
            Kind::Network => NETWORK,
            Kind::Other => OTHER,
        }
    }

    /// A list of Ansible tasks.
    pub fn remedy(self) -> &'static str {
        match self {
            Kind::Disk => include_str!("remedies/disk.yml"),
            Kind::Memory => include_str!("remedies/memory.yml"),
            Kind::SlowQuery => include_str!("remedies/slow_query.yml"),
            Kind::Pool => include_str!("remedies/pool.yml"),
            Kind::Authentication => include_str!("remedies/authentication.yml"),
            Kind::Network => include_str!("remedies/network.yml"),
            Kind::Other => include_str!("remedies/other.yml"),
        }
    }
}

/// A finding of an analysis, by whoever wrote it.
pub struct Finding<'v> {
    pub kind: Kind,
    pub category: &'v str,
    pub count: u64,
    pub evidence: Option<&'v str>,
}

/// The findings in an analysis; each kind once, in the analysis' order.
pub fn findings(analysis: &Value) -> Vec<Finding<'_>> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in find(analysis, "findings").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| finding.get(key).and_then(Value::as_str);
        let category = text("category").unwrap_or("other");
        let by_message = || Kind::of(text("message").unwrap_or_default());
        let kind = Some(Kind::of(category)).filter(|kind| *kind != Kind::Other).unwrap_or_else(by_message);
        let evidence = finding.get("evidence").and_then(|of| of.as_str().or_else(|| of.get(0)?.as_str()));
        let count = finding.get("count").and_then(Value::as_u64).unwrap_or(1);
        match findings.iter_mut().find(|earlier| earlier.kind == kind) {
            Some(earlier) => earlier.count += count,
            None => findings.push(Finding { kind, category, count, evidence }),
        }
    }
    findings
}

const DISK: &[Step] = &[
    step("See how full the file systems are", "df -h", "none"),
    step("Find what takes the room", "du -xh --max-depth=2 --threshold=1G /var /srv", "none"),
    step("Remove old journal files", "journalctl --vacuum-size=500M", "low"),
    step("Rotate the logs now", "logrotate --force /etc/logrotate.conf", "medium"),
];
const MEMORY: &[Step] = &[
    step("See what uses the memory", "ps -eo pid,rss,comm --sort=-rss", "none"),
    step("Look for kills by the kernel", "journalctl -k --since=-24h --grep=oom", "none"),
    step("Raise the memory limit of the service", "systemctl edit application", "medium"),
    step("Restart the service", "systemctl restart application", "medium"),
];
const SLOW_QUERY: &[Step] = &[
    step(
        "See which queries run long",
        "psql -c \"SELECT pid, now() - query_start, query FROM pg_stat_activity\"",
        "none",
    ),
    step("Explain the slowest query", "psql -c \"EXPLAIN (ANALYZE, BUFFERS) <the query>\"", "low"),
    step("Add the index that it needs", "psql -c \"CREATE INDEX CONCURRENTLY ON <table> (<columns>)\"", "medium"),
];
const POOL: &[Step] = &[
    step("Count the connections to the database", "ss -tnH state established dport = :5432", "none"),
    step(
        "Find sessions that hold a connection idle",
        "psql -c \"SELECT state, count(*) FROM pg_stat_activity GROUP BY 1\"",
        "none",
    ),
    step("Set the limits of the pool and its leak detection", "systemctl edit application", "medium"),
    step("Restart the service in turn, host by host", "systemctl restart application", "medium"),
];
const AUTHENTICATION: &[Step] = &[
    step("List the failed logins by source", "journalctl -u ssh --since=-24h --grep=Failed", "none"),
    step("Block sources that guess", "fail2ban-client status sshd", "low"),
    step("Renew the credentials that expired", "chage --list application", "medium"),
];
const NETWORK: &[Step] = &[
    step("See which sockets are open", "ss -s", "none"),
    step("Check that names resolve", "resolvectl query example.com", "none"),
    step("Restart the service that does not answer", "systemctl restart application", "medium"),
];
const OTHER: &[Step] = &[
    step(
        "Read what the service said around the first failure",
        "journalctl -u application --since=-24h --priority=err",
        "none",
    ),
    step("See what changed before it", "systemctl status application", "none"),
    step("Restart the service", "systemctl restart application", "medium"),
];
