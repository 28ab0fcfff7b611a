//! `baton watch`: an instance as it moves, by the live messages of the gateway (server-sent events). On a terminal what is
//! active stands below the last things that happened; elsewhere each is a line.

use super::{
    Server, exit,
    output::{cell, cut, print},
};
use crate::client::Client;
use futures::StreamExt;
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    io::{IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

/// How long a gateway may be away in the middle.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(500);
/// Of what has happened, and of what is active, on a terminal that has room for it.
const LINES: usize = 12;
/// Columns and rows of a terminal that does not say.
const USUAL: (usize, usize) = (80, 24);

#[derive(clap::Args)]
#[command(after_help = "The exit code is 0 when the instance completes, 6 when it ends otherwise, 7 after --timeout.")]
pub struct Args {
    /// Id of the instance.
    instance: String,
    /// How long to follow it, in seconds.
    #[arg(long)]
    timeout: Option<u64>,
    /// Print every live message as JSON, a line each.
    #[arg(long)]
    json: bool,
    /// Lines only, on a terminal too.
    #[arg(long)]
    plain: bool,
    #[command(flatten)]
    server: Server,
}

/// How it ended.
pub enum Outcome {
    Completed,
    /// failed, terminated.
    Otherwise(String),
    NotInTime,
}

impl Outcome {
    pub fn code(&self) -> ExitCode {
        match self {
            Outcome::Completed => ExitCode::SUCCESS,
            Outcome::Otherwise(_) => ExitCode::from(exit::ENDED_OTHERWISE),
            Outcome::NotInTime => ExitCode::from(exit::NOT_IN_TIME),
        }
    }

    pub fn said(&self) -> &str {
        match self {
            Outcome::Completed => "completed",
            Outcome::Otherwise(how) => how,
            Outcome::NotInTime => "has not ended yet",
        }
    }
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.server.client()?;
    let mut view = View::new(args.json, args.plain);
    let within = args.timeout.map(Duration::from_secs);
    let outcome = match until_the_end(&client, &args.instance, within, |message| view.show(message)).await {
        // Whoever reads has seen enough (`| grep -m1`).
        Err(error) if is_unread(&error) => return Ok(ExitCode::SUCCESS),
        outcome => outcome?,
    };
    if !args.json {
        print([format!("{} {}", args.instance, outcome.said())])?;
    }
    Ok(outcome.code())
}

fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// Hands every message to `each` until the instance has ended. A gateway that goes away is asked again, from where it was.
pub async fn until_the_end(
    client: &Client,
    instance: &str,
    within: Option<Duration>,
    each: impl FnMut(&Value) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let follow = follow(client, instance, each);
    match within {
        None => follow.await,
        Some(within) => tokio::time::timeout(within, follow).await.unwrap_or(Ok(Outcome::NotInTime)),
    }
}

async fn follow(
    client: &Client,
    instance: &str,
    mut each: impl FnMut(&Value) -> anyhow::Result<()>,
) -> anyhow::Result<Outcome> {
    let mut from = 1;
    let mut away_since = None;
    loop {
        let failed = match client.events(&format!("/instances/{instance}/events?from={from}")).await {
            Ok(mut messages) => loop {
                match messages.next().await {
                    Some(Ok(message)) => {
                        away_since = None;
                        each(&message)?;
                        if is_whole(&message) {
                            from = message["seq"].as_u64().map_or(from, |seq| from.max(seq + 1));
                        }
                        if let Some(outcome) = ended(&message) {
                            return Ok(outcome);
                        }
                    }
                    Some(Err(error)) => break error,
                    None => break anyhow::anyhow!("the gateway has ended the stream of {instance}"),
                }
            },
            Err(error) if error.is::<crate::client::Refused>() => return Err(error),
            Err(error) => error,
        };
        let since = *away_since.get_or_insert_with(std::time::Instant::now);
        if from == 1 || since.elapsed() > PATIENCE {
            return Err(failed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The last of the messages of its event.
fn is_whole(message: &Value) -> bool {
    message["subs"].is_null() || message["sub"].as_u64().map(|sub| sub + 1) == message["subs"].as_u64()
}

fn ended(message: &Value) -> Option<Outcome> {
    (message["type"] == "workflow.completed").then(|| match message["outcome"].as_str() {
        Some("success") => Outcome::Completed,
        how => Outcome::Otherwise(how.unwrap_or("ended").to_owned()),
    })
}

/// What happened, in a line; none of what only a program wants to know.
fn line(message: &Value) -> Option<String> {
    let text = |name: &str| cell(&message[name]);
    let element = text("elementId");
    let said = match message["type"].as_str()? {
        "workflow.started" => format!("started {} version {}", text("processId"), message["processVersion"]),
        "workflow.completed" => format!("ended: {}", text("outcome")),
        "workflow.failed" => format!("failed: {}", cell(&message["error"]["message"])),
        "element.activated" => format!("▶ {element} ({})", text("elementType")),
        "element.completed" => format!("✓ {element}"),
        "task.cancelled" => format!("✗ {element} canceled"),
        "task.error" => {
            format!("! {element}: {} {}", cell(&message["error"]["code"]), cell(&message["error"]["message"]))
        }
        "task.log" => format!("  {element}: {}", text("message")),
        "gateway.path_taken" => format!("→ {}", text("flowId")),
        "variable.set" => format!("{} = {}", text("name"), cut(&text("value"), 80)),
        "userTask.created" => format!("? {element} waits for a person: {}", cell(&message["taskInstance"]["taskId"])),
        "userTask.completed" => format!("{element} is done by {}", text("by")),
        "incident.resolved" => format!("incident {} is resolved", text("incidentId")),
        "agent.tool_use" if !message["result"].is_null() => format!("  {element} has used {}", text("tool")),
        "history.gap" => format!("… events {} to {} are no longer kept", message["from"], message["to"]),
        _ => return None,
    };
    let time = text("timestamp").get(11..19).unwrap_or_default().to_owned();
    Some(format!("{time} {said}"))
}

enum View {
    Json,
    Plain,
    Terminal(Screen),
}

/// The last lines, and below them what is active.
#[derive(Default)]
struct Screen {
    happened: VecDeque<String>,
    active: BTreeMap<u64, String>,
    drawn: usize,
}

impl View {
    fn new(is_json: bool, is_plain: bool) -> View {
        let is_dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        match (is_json, is_plain || is_dumb || !std::io::stdout().is_terminal()) {
            (true, _) => View::Json,
            (false, true) => View::Plain,
            (false, false) => View::Terminal(Screen::default()),
        }
    }

    fn show(&mut self, message: &Value) -> anyhow::Result<()> {
        match self {
            View::Json => tell(Some(message.to_string())),
            View::Plain => tell(line(message)),
            View::Terminal(screen) => {
                screen.take(message);
                screen.draw()
            }
        }
    }
}

/// At once, also into a pipe.
fn tell(line: Option<String>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if let Some(line) = line {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

/// Columns and rows.
fn size() -> (usize, usize) {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => USUAL,
    }
}

impl Screen {
    fn take(&mut self, message: &Value) {
        if let Some(line) = line(message) {
            self.happened.push_back(line);
            if self.happened.len() > LINES {
                self.happened.pop_front();
            }
        }
        let Some(key) = message["elementInstanceKey"].as_u64() else { return };
        let element = cell(&message["elementId"]);
        match message["type"].as_str() {
            Some("element.activated") => {
                self.active.insert(key, format!("{element} ({})", cell(&message["elementType"])));
            }
            Some("element.completed" | "task.cancelled") => drop(self.active.remove(&key)),
            Some("task.progress") if self.active.contains_key(&key) => {
                self.active
                    .insert(key, format!("{element}: {} {}", cell(&message["status"]), cell(&message["message"])));
            }
            Some("task.error") if self.active.contains_key(&key) => {
                self.active.insert(key, format!("{element}: {}", cell(&message["error"]["message"])));
            }
            _ => {}
        }
    }

    /// Fewer than there are rows: what has left the screen cannot be drawn over.
    fn lines(&self, rows: usize) -> Vec<String> {
        // The row of the cursor, that of the heading, and that of how many more are active.
        let room = rows.saturating_sub(3);
        let active = self.active.len().min(LINES).min(room / 2);
        let more = self.active.len() - active;
        let past = self.happened.len().saturating_sub(room - active);
        let mut lines: Vec<String> = self.happened.iter().skip(past).cloned().collect();
        lines.push("── active".to_owned());
        lines.extend(self.active.values().take(active).map(|it| format!("  {it}")));
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
        lines
    }

    /// In the place of what was drawn before (ECMA-48: cursor up, erase to the end of the screen).
    fn draw(&mut self) -> anyhow::Result<()> {
        let (width, rows) = size();
        let lines = self.lines(rows);
        let mut out = std::io::stdout().lock();
        if self.drawn > 0 {
            write!(out, "\x1b[{}A\x1b[J", self.drawn)?;
        }
        for line in &lines {
            writeln!(out, "{}", cut(line, width))?;
        }
        self.drawn = lines.len();
        Ok(out.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn element(kind: &str, key: u64) -> Value {
        json!({"type": kind, "timestamp": "2026-01-02T03:04:05.678Z", "elementId": "pay", "elementType": "serviceTask", "elementInstanceKey": key})
    }

    #[test]
    fn what_is_active_stands_below_what_happened() {
        let mut screen = Screen::default();
        screen.take(&element("element.activated", 3));
        assert_eq!(screen.lines(24), ["03:04:05 ▶ pay (serviceTask)", "── active", "  pay (serviceTask)"]);
        let mut progress = element("task.progress", 3);
        progress["status"] = "executing".into();
        progress["message"] = "half".into();
        screen.take(&progress);
        assert_eq!(screen.lines(24)[2], "  pay: executing half");
        screen.take(&element("element.completed", 3));
        assert_eq!(screen.lines(24), ["03:04:05 ▶ pay (serviceTask)", "03:04:05 ✓ pay", "── active"]);
    }

    #[test]
    fn the_view_is_never_higher_than_the_terminal() {
        let mut screen = Screen::default();
        for key in 0..40 {
            screen.take(&element("element.activated", key));
        }
        for rows in 4..60 {
            let lines = screen.lines(rows);
            assert!(lines.len() < rows, "{} lines in {rows} rows", lines.len());
        }
        assert_eq!(screen.lines(60).last().map(String::as_str), Some("  and 28 more"));
        assert_eq!(screen.lines(24).last().map(String::as_str), Some("  and 30 more"));
    }

    #[test]
    fn an_event_of_several_messages_is_whole_with_the_last() {
        assert!(is_whole(&json!({"seq": 3})) && is_whole(&json!({"seq": 3, "sub": 1, "subs": 2})));
        assert!(!is_whole(&json!({"seq": 3, "sub": 0, "subs": 2})));
        let outcome = ended(&json!({"type": "workflow.completed", "outcome": "failed"}));
        assert_eq!(outcome.map(|it| it.said().to_owned()), Some("failed".to_owned()));
        assert!(ended(&json!({"type": "element.completed"})).is_none());
    }
}
