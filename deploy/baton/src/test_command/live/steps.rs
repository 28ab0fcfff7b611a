//! The steps of a scenario, through the gateway.

use super::session::Session;
use super::view::{View, text};
use anyhow::{Result, anyhow, bail};
use interpreter::Variables;
use interpreter::scenario::file::{Complete, Message, Resolve, Start, Step};
use interpreter::scenario::{Mismatch, Reply};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

impl Session<'_> {
    pub(super) async fn play_all(&self) -> Result<Vec<Mismatch>> {
        let mut mismatches = Vec::new();
        for start in self.plan.scenario.start.as_slice() {
            self.start(start).await?;
        }
        for (index, step) in self.plan.scenario.steps.iter().enumerate() {
            let here = format!("steps[{index}]");
            self.play_step(step).await.map_err(|why| anyhow!("{here}: {why:#}"))?;
            if let Some(expect) = &step.expect {
                let found = self.expect(expect).await?.into_iter();
                mismatches.extend(found.map(|it| Mismatch { what: format!("{here}.{}", it.what), ..it }));
            }
        }
        if let Some(expect) = &self.plan.scenario.expect {
            mismatches.extend(self.expect(expect).await?);
        }
        Ok(mismatches)
    }

    async fn play_step(&self, step: &Step) -> Result<()> {
        if let Some(start) = &step.start {
            self.start(start).await?;
        }
        if let Some(complete) = &step.complete {
            self.complete(complete).await?;
        }
        if let Some(fail) = &step.fail {
            let reply = Reply::Fail { message: fail.message.clone(), retryable: fail.retries != Some(0) };
            self.answer_job(&fail.element, fail.instance, reply).await?;
        }
        if let Some(error) = &step.error {
            let (code, message, variables) = (error.code.clone(), error.message.clone(), error.variables.clone());
            self.answer_job(&error.element, error.instance, Reply::Error { code, message, variables }).await?;
        }
        if let Some(message) = &step.message {
            self.send(message).await?;
        }
        if let Some(signal) = &step.signal {
            self.rest().await?;
            let body = json!({"name": signal.name, "variables": signal.variables});
            self.target.client.post("/signals", body).await?;
        }
        if let Some(variables) = &step.variables {
            self.set(variables).await?;
        }
        if let Some(resolve) = &step.resolve {
            self.resolve(resolve).await?;
        }
        if step.cancel.is_some() {
            let view = self.rest().await?;
            for seen in view.instances.iter().filter(|seen| seen.is_root() && seen.is_active()) {
                self.target.client.post(&format!("/instances/{}/cancel", seen.id()), json!({})).await?;
            }
        }
        Ok(())
    }

    async fn start(&self, start: &Start) -> Result<()> {
        let has_element = |index: &&interpreter::Process| match &start.element {
            Some(element) => index.find(element).is_some(),
            None => index.local_to.is_none(),
        };
        let process = match &start.process {
            Some(id) => id.clone(),
            None => match self.plan.processes.iter().filter(has_element).collect::<Vec<_>>().as_slice() {
                [] => bail!("no process to start"),
                [_, _, ..] if start.element.is_none() => {
                    bail!("several processes are deployed: say which one to start")
                }
                [first, ..] => first.id.clone(),
            },
        };
        let mut body = json!({"processId": process, "variables": start.variables});
        if let Some(key) = &start.business_key {
            body["businessKey"] = json!(key);
        }
        if let Some(element) = &start.element {
            body["startElementId"] = json!(element);
        }
        self.target.client.post("/instances", body).await.map(drop)
    }

    /// A held job, a person's task, or what a message is awaited for.
    async fn complete(&self, complete: &Complete) -> Result<()> {
        let Complete { element, variables, instance } = complete;
        let deadline = self.deadline();
        loop {
            let view = self.rest().await?;
            if self.held.answer(&ids(&view), element, *instance, Reply::Complete(variables.clone())) {
                return Ok(());
            }
            let tasks = self.tasks(&view).await?;
            if let Some(task) = tasks.iter().filter(|task| text(task, "elementId") == element).nth(*instance) {
                let path = format!("/user-tasks/{}/complete", text(task, "id"));
                return self.target.client.post(&path, json!({"variables": variables})).await.map(drop);
            }
            if let Some(open) = subscriptions(&view, element).nth(*instance) {
                let (name, key) = (text(open, "messageName"), text(open, "correlationKey"));
                return self.publish(json!({"name": name, "correlationKey": key, "variables": variables})).await;
            }
            self.wait(deadline, &view, element).await?;
        }
    }

    async fn answer_job(&self, element: &str, nth: usize, reply: Reply) -> Result<()> {
        let deadline = self.deadline();
        loop {
            let view = self.rest().await?;
            if self.held.answer(&ids(&view), element, nth, reply.clone()) {
                return Ok(());
            }
            self.wait(deadline, &view, element).await?;
        }
    }

    async fn wait(&self, deadline: Instant, view: &View, element: &str) -> Result<()> {
        if Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
            return Ok(());
        }
        let open: Vec<String> = view.facts(&self.plan).waiting.into_keys().collect();
        bail!("nothing waits at `{element}` for a step; open now: {}", open.join(", "))
    }

    async fn send(&self, message: &Message) -> Result<()> {
        self.rest().await?;
        let now = interpreter::Timestamp(0);
        let ttl = message.ttl.as_deref().map(|ttl| interpreter::time::milliseconds(ttl, now)).transpose()?;
        let key = interpreter::expression::render(&message.correlation_key);
        let body = json!({"name": message.name, "correlationKey": key, "variables": message.variables, "ttlMs": ttl.unwrap_or(0)});
        self.publish(body).await
    }

    async fn publish(&self, body: Value) -> Result<()> {
        self.target.client.post("/messages", body).await.map(drop)
    }

    async fn set(&self, variables: &Variables) -> Result<()> {
        let view = self.rest().await?;
        let newest = view.instances.last().ok_or_else(|| anyhow!("there is no instance yet"))?;
        self.target.client.put(&format!("/instances/{}/variables", newest.id()), json!(variables)).await.map(drop)
    }

    async fn resolve(&self, resolve: &Resolve) -> Result<()> {
        let deadline = self.deadline();
        loop {
            let view = self.rest().await?;
            let mut incidents = view.instances.iter().flat_map(|seen| seen.list("incidents"));
            if let Some(incident) = incidents.find(|it| text(it, "elementId") == resolve.element) {
                let path = format!("/incidents/{}/resolve", text(incident, "id"));
                let body = json!({"retries": resolve.retries.unwrap_or(1), "variables": resolve.variables});
                return self.target.client.post(&path, body).await.map(drop);
            }
            self.wait(deadline, &view, &resolve.element).await?;
        }
    }
}

fn ids(view: &View) -> Vec<String> {
    view.instances.iter().map(|seen| seen.id().to_owned()).collect()
}

fn subscriptions<'v>(view: &'v View, element: &'v str) -> impl Iterator<Item = &'v Value> {
    let all = view.instances.iter().flat_map(|seen| seen.list("subscriptions"));
    all.filter(move |open| text(open, "elementId") == element)
}
