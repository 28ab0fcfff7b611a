//! One call of a process: it is started and followed until it ends or waits for what this call cannot bring. What it
//! does is told as progress; a task of a person is asked for by elicitation, where the client can do that.

use super::{
    form,
    operations::segment,
    server::{Client, instance_uri},
};
use axum::http::Method;
use rmcp::{
    RoleServer,
    model::{
        CallToolResult, ClientResult, ContentBlock, ElicitRequest, ElicitationAction, JsonObject,
        ProgressNotificationParam, ProgressToken, Resource, ServerRequest,
    },
    service::RequestContext,
};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// How long a client that is told of progress waits, and one that is not: many give up after a minute of silence.
const PATIENCE: Duration = Duration::from_secs(600);
const SILENT_PATIENCE: Duration = Duration::from_secs(50);
/// Between two looks at an instance: it begins short after each change and doubles.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Starts the process and follows it.
pub async fn run(
    client: &Client,
    process: &str,
    variables: JsonObject,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, String> {
    let body = json!({"processId": process, "variables": variables});
    let started = client.call(Method::POST, "/instances", Some(body)).await?;
    let id = started["instanceId"].as_str().unwrap_or_default().to_owned();
    let mut run = Run {
        client,
        context,
        token: context.meta.get_progress_token(),
        path: format!("/instances/{}", segment(&id)?),
        id,
        asked: HashSet::new(),
        notes: Vec::new(),
    };
    let (view, tasks) = run.follow().await?;
    Ok(run.result(&view, &tasks))
}

struct Run<'c> {
    client: &'c Client,
    context: &'c RequestContext<RoleServer>,
    token: Option<ProgressToken>,
    id: String,
    path: String,
    /// User tasks that the client's person was asked for.
    asked: HashSet<String>,
    /// What did not go as the person wanted.
    notes: Vec<String>,
}

impl Run<'_> {
    /// Until it is over, cannot go on by itself, or patience ends. The instance goes on either way.
    async fn follow(&mut self) -> Result<(Value, Vec<Value>), String> {
        let patience = if self.token.is_some() { PATIENCE } else { SILENT_PATIENCE };
        let deadline = Instant::now() + patience;
        let (mut seen, mut pause) = (None, SHORTEST_PAUSE);
        loop {
            let view = self.client.call(Method::GET, &self.path, None).await?;
            let version = view["instance"]["version"].as_u64();
            if seen != Some(version) {
                self.tell(&view).await;
                (seen, pause) = (Some(version), SHORTEST_PAUSE);
            }
            if view["instance"]["state"] != "active" {
                return Ok((view, Vec::new()));
            }
            let tasks = if waits_for_people(&view) { self.tasks().await? } else { Vec::new() };
            if let Some(task) = tasks.iter().find(|task| self.may_ask(task)) {
                self.ask(task).await;
                continue;
            }
            let is_stuck = !tasks.is_empty() && only_people_can_go_on(&view);
            if is_stuck || self.context.ct.is_cancelled() || Instant::now() + pause > deadline {
                return Ok((view, tasks));
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.context.ct.cancelled() => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn tasks(&self) -> Result<Vec<Value>, String> {
        let path = format!("/user-tasks?instanceId={}", segment(&self.id)?);
        let list = self.client.call(Method::GET, &path, None).await?;
        Ok(list["tasks"].as_array().cloned().unwrap_or_default())
    }

    /// What the instance is at. That the client does not hear it is no failure.
    async fn tell(&self, view: &Value) {
        let Some(token) = self.token.clone() else { return };
        let active = view["elements"].as_array().into_iter().flatten();
        let names: Vec<_> = active.filter_map(|element| label(element)).collect();
        let message = if names.is_empty() { text(&view["instance"]["state"]) } else { names.join(", ") };
        let progress = view["instance"]["version"].as_f64().unwrap_or_default();
        let told = ProgressNotificationParam::new(token, progress).with_message(message);
        let _ = self.context.peer.notify_progress(told).await;
    }

    /// Only what is addressed to nobody in particular: who sits before the client is not known.
    fn may_ask(&self, task: &Value) -> bool {
        let is_empty = |name: &str| task[name].as_array().is_none_or(Vec::is_empty);
        let is_anybodys = task["assignee"].is_null() && task["claimedBy"].is_null();
        is_anybodys
            && is_empty("candidateUsers")
            && is_empty("candidateGroups")
            && form::is_flat(fields(task))
            && !self.asked.contains(&text(&task["id"]))
            && can_elicit(self.context)
    }

    async fn ask(&mut self, task: &Value) {
        let id = text(&task["id"]);
        self.asked.insert(id.clone());
        let Some(answer) = self.elicit(task).await else { return };
        let outcome = match segment(&id) {
            Ok(id) => {
                let path = format!("/user-tasks/{id}/complete");
                self.client.call(Method::POST, &path, Some(json!({"variables": answer}))).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            self.notes.push(format!("{}: {error}", text(&task["name"])));
        }
    }

    /// The person's answer; nothing when he declines, the client fails, or the call is given up.
    async fn elicit(&self, task: &Value) -> Option<Value> {
        let question = text(&task["question"]["text"]);
        let message = if question.is_empty() { text(&task["name"]) } else { question };
        let form = json!({"mode": "form", "message": message, "requestedSchema": form::schema(fields(task))});
        let params = serde_json::from_value(form).ok()?;
        let asked = self.context.peer.send_request(ServerRequest::ElicitRequest(ElicitRequest::new(params)));
        let answer = tokio::select! {
            answer = tokio::time::timeout(PATIENCE, asked) => answer.ok()?.ok()?,
            () = self.context.ct.cancelled() => return None,
        };
        match answer {
            ClientResult::ElicitResult(result) if result.action == ElicitationAction::Accept => {
                Some(result.content.filter(Value::is_object).unwrap_or_else(|| json!({})))
            }
            _ => None,
        }
    }

    fn result(&self, view: &Value, tasks: &[Value]) -> CallToolResult {
        let state = text(&view["instance"]["state"]);
        let waiting: Vec<_> = tasks.iter().map(|task| json!({"taskId": task["id"], "name": task["name"]})).collect();
        let mut answer = json!({
            "instanceId": self.id, "state": state, "variables": view["variables"], "uri": instance_uri(&self.id),
        });
        for (name, more) in [("waitsFor", waiting), ("notes", self.notes.iter().map(|note| json!(note)).collect())] {
            if !more.is_empty() {
                answer[name] = json!(more);
            }
        }
        if let Some(incidents) = view["incidents"].as_array().filter(|incidents| !incidents.is_empty()) {
            answer["incidents"] = json!(incidents);
        }
        let is_error = !matches!(state.as_str(), "completed" | "active" | "suspended");
        let mut result =
            if is_error { CallToolResult::structured_error(answer) } else { CallToolResult::structured(answer) };
        let link = Resource::new(instance_uri(&self.id), "instance").with_mime_type("application/json");
        result.content.push(ContentBlock::resource_link(link));
        result
    }
}

fn can_elicit(context: &RequestContext<RoleServer>) -> bool {
    let declared = context.peer.peer_info().and_then(|info| info.capabilities.elicitation.clone());
    declared.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

fn fields(task: &Value) -> &[Value] {
    task["formFields"].as_array().map_or(&[], Vec::as_slice)
}

/// A job, too, can ask a person in the midst of its work.
fn waits_for_people(view: &Value) -> bool {
    let mut active = view["elements"].as_array().into_iter().flatten();
    active.any(|element| is_a_persons(element) || element["elementType"] == "agenticTask")
}

fn only_people_can_go_on(view: &Value) -> bool {
    let mut active = view["elements"].as_array().into_iter().flatten();
    active.all(|element| is_a_persons(element) || text(&element["elementType"]).ends_with("ubProcess"))
}

fn is_a_persons(element: &Value) -> bool {
    matches!(element["elementType"].as_str(), Some("userTask" | "manualTask"))
}

fn label(element: &Value) -> Option<&str> {
    let name = element["elementName"].as_str().filter(|name| !name.is_empty());
    name.or_else(|| element["elementId"].as_str())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
