//! The log-analysis story, told through the public API only: what a person does in the browser, done by a program.

use crate::client::Client;
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(150);
/// How long the API may be away (a service restarts) before the story gives up on one call.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Story {
    client: Client,
    pub instance: String,
    requester: String,
    started: Instant,
    /// Sequence number of the last event told.
    seen: u64,
    answered: BTreeSet<String>,
}

pub struct Report {
    pub mail: String,
    pub playbook: String,
}

impl Story {
    /// Uploads the log, starts the process and hands the log over as the message that it waits for.
    pub async fn start(client: Client, process: &str, requester: &str, log: &Path) -> anyhow::Result<Story> {
        let file = client.upload(log).await?;
        let body = json!({"processId": process, "variables": {"requester": {"email": requester}}});
        let key = format!("story-{}", uuid::Uuid::new_v4());
        let started = client.post_once("/instances", body, &key).await?;
        let instance = started["instanceId"].as_str().context("no instance id in the answer")?.to_owned();
        let message = json!({
            "name": "logFileUpload", "correlationKey": instance, "ttlMs": 60_000, "messageId": key,
            "variables": {"logFile": file, "logFileName": file["name"]},
        });
        client.post("/messages", message).await?;
        let requester = requester.to_owned();
        Ok(Story { client, instance, requester, started: Instant::now(), seen: 0, answered: BTreeSet::new() })
    }

    pub fn seconds(&self) -> f64 {
        (self.started.elapsed().as_secs_f64() * 10.0).round() / 10.0
    }

    /// Tells what happens and does what people do, until the instance has ended.
    pub async fn carry_through(&mut self) -> anyhow::Result<()> {
        loop {
            self.tell_news().await?;
            let instance = self.get(&format!("/instances/{}", self.instance)).await?;
            match instance["instance"]["state"].as_str() {
                Some("completed") => return self.tell_news().await,
                Some("active") => {}
                other => bail!("the instance ended as {}", other.unwrap_or("unknown")),
            }
            if let Some(incident) = instance["incidents"].as_array().and_then(|incidents| incidents.first()) {
                bail!("incident at {}: {} {}", incident["elementId"], incident["code"], incident["message"]);
            }
            self.do_tasks().await?;
            tokio::time::sleep(POLL).await;
        }
    }

    async fn tell_news(&mut self) -> anyhow::Result<()> {
        let path = format!("/instances/{}/history?from={}&limit=500", self.instance, self.seen + 1);
        let history = self.get(&path).await?;
        for batch in history["batches"].as_array().into_iter().flatten() {
            let first = batch["firstSeq"].as_u64().unwrap_or_default();
            for (event, seq) in batch["events"].as_array().into_iter().flatten().zip(first..) {
                self.seen = self.seen.max(seq);
                self.tell(event);
            }
        }
        Ok(())
    }

    fn tell(&self, event: &Value) {
        let what = match event["type"].as_str().unwrap_or_default() {
            "elementActivated" => "▶",
            "elementCompleted" => "✓",
            "elementTerminated" => "✗",
            "jobFailed" | "incidentRaised" => "!",
            _ => return,
        };
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let name =
            [text("elementName"), text("elementId")].into_iter().find(|name| !name.is_empty()).unwrap_or_default();
        println!("{:>7.1}s  {what} {name} ({})", self.started.elapsed().as_secs_f64(), text("elementType"));
    }

    async fn do_tasks(&mut self) -> anyhow::Result<()> {
        let tasks = self.get(&format!("/user-tasks?instanceId={}&state=open", self.instance)).await?;
        for task in tasks["tasks"].as_array().into_iter().flatten() {
            let Some(id) = task["id"].as_str() else { continue };
            if !self.answered.insert(id.to_owned()) {
                continue;
            }
            let body = json!({"variables": answer(&task["formFields"]), "by": self.requester});
            self.complete(id, body).await?;
        }
        Ok(())
    }

    /// A task that is gone was completed by a call whose answer was lost.
    async fn complete(&self, id: &str, body: Value) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let path = format!("/user-tasks/{id}/complete");
            let Err(error) = self.client.post_once(&path, body.clone(), &format!("story-{id}")).await else {
                return Ok(());
            };
            let text = format!("{error:#}");
            if text.contains(": 404 ") || text.contains(": 409 ") {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(error);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Reads again while a service is away.
    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.client.get(path).await {
                Ok(value) => return Ok(value),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// The mail is in the inbox once, and the playbook is in the store.
    pub async fn check_results(&self) -> anyhow::Result<Report> {
        let variables = self.get(&format!("/instances/{}", self.instance)).await?["variables"].clone();
        let playbook = variables["playbookUrl"].as_str().context("no variable playbookUrl")?.to_owned();
        self.client.download(&playbook).await.context("the playbook is not in the store")?;
        let mails = self.get("/mail").await?;
        let ours = |mail: &&Value| mail["body"].as_str().is_some_and(|body| body.contains(&playbook));
        let found: Vec<&Value> = mails["messages"].as_array().into_iter().flatten().filter(ours).collect();
        match found[..] {
            [mail] => Ok(Report { mail: mail["subject"].as_str().unwrap_or_default().to_owned(), playbook }),
            [] => bail!("no mail about {playbook} is in the inbox"),
            _ => bail!("{} mails about {playbook} are in the inbox; one was expected", found.len()),
        }
    }
}

/// What a content person fills in: the approving choice, and something of the right type everywhere else.
fn answer(fields: &Value) -> Value {
    let mut answers = Map::new();
    for field in fields.as_array().into_iter().flatten() {
        let Some(name) = field["name"].as_str() else { continue };
        let options: Vec<&str> = field["options"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let value = match field["type"].as_str() {
            Some("select") => {
                let approving = options.iter().find(|option| option.starts_with("approve"));
                json!(approving.or(options.first()))
            }
            Some("boolean") => json!(true),
            Some("number" | "date" | "file" | "json") => continue,
            _ if field["required"] == true => json!("looks right"),
            _ => continue,
        };
        answers.insert(name.to_owned(), value);
    }
    answers.entry("decision").or_insert(json!("approved"));
    answers.insert("comments".to_owned(), json!("Approved by the headless demo."));
    Value::Object(answers)
}
