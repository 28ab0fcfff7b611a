//! The answers of a client to what an instance waits for. Each is carried out once, however often it comes.

use super::{interrupt::Who, run::Run};
use crate::{
    auth::Caller,
    json,
    live::message::{Body, Message},
    problem::Problem,
    rest,
    state::App,
};
use agui::{Interrupt, Resume, ResumeStatus};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Why a run does not begin.
pub struct Refusal {
    pub code: String,
    pub message: String,
}

impl Refusal {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { code: problem.code, message: problem.detail }
    }
}

/// What the answers are given to.
pub struct Asked<'a> {
    pub app: &'a App,
    pub caller: &'a Caller,
    pub who: &'a Who,
    pub instance_id: &'a str,
}

impl Asked<'_> {
    /// Checks and carries out the answers. `run` stands where the first of them was given, `rest` is what came after.
    pub async fn answer(&self, run: &mut Run, rest: &[Message], answers: &[Resume]) -> Result<(), Refusal> {
        let asked = run.answerable();
        check(&run.interrupts(), &asked, answers)?;
        for answer in answers.iter().filter(|answer| answer.status == ResumeStatus::Resolved) {
            let Some(interrupt) = asked.iter().find(|asked| asked.id == answer.interrupt_id) else { continue };
            self.resolve(interrupt, answer.payload.as_ref().unwrap_or(&Value::Null), rest).await?;
            run.answered(&answer.interrupt_id);
        }
        Ok(())
    }

    async fn resolve(&self, interrupt: &Interrupt, payload: &Value, rest: &[Message]) -> Result<(), Refusal> {
        if interrupt.reason != "baton:incident" {
            return self.complete(interrupt, payload).await;
        }
        let is_resolved = |message: &Message| matches!(&message.body, Body::IncidentResolved { incident_id, .. } if *incident_id == interrupt.id);
        if rest.iter().any(is_resolved) {
            return Ok(());
        }
        match payload["action"].as_str() {
            Some("retry") => self.retry(interrupt, payload).await,
            Some("end") => self.end(interrupt).await,
            Some("cancel") => self.cancel().await,
            _ => Err(Refusal::new("INVALID", "`action` is one of retry, end and cancel")),
        }
    }

    async fn complete(&self, interrupt: &Interrupt, payload: &Value) -> Result<(), Refusal> {
        let variables = variables(interrupt, payload);
        let digest = json::hexadecimal(&Sha256::digest(Value::Object(variables.clone()).to_string())[..8]);
        let request = proto::CompleteUserTaskRequest {
            tenant: self.caller.tenant.to_string(),
            id: interrupt.id.clone(),
            variables: json::object_bytes(&variables),
            by: self.who.user.clone().unwrap_or_else(|| self.caller.by.to_string()),
            command_id: Some(format!("agui/{}/{digest}", interrupt.id)),
        };
        self.app.engine.call::<proto::CommandReply>("complete_user_task", &request).await?;
        Ok(())
    }

    async fn retry(&self, interrupt: &Interrupt, payload: &Value) -> Result<(), Refusal> {
        let variables = payload["variables"].as_object().filter(|variables| !variables.is_empty());
        let request = proto::ResolveIncidentRequest {
            tenant: self.caller.tenant.to_string(),
            id: interrupt.id.clone(),
            retries: payload["retries"].as_u64().and_then(|retries| retries.try_into().ok()).unwrap_or_default(),
            variables: variables.map(json::object_bytes).unwrap_or_default(),
            by: self.caller.by.to_string(),
        };
        self.app.engine.call::<proto::CommandReply>("resolve_incident", &request).await?;
        Ok(())
    }

    async fn end(&self, interrupt: &Interrupt) -> Result<(), Refusal> {
        let key = interrupt.metadata.as_ref().and_then(|metadata| metadata["elementInstanceKey"].as_u64());
        let operation = json!({"operation": "modify", "end": [key], "begin": []});
        rest::operation(self.app, self.caller, self.instance_id.to_owned(), &operation, false).await?;
        Ok(())
    }

    async fn cancel(&self) -> Result<(), Refusal> {
        let request = proto::CancelInstanceRequest {
            tenant: self.caller.tenant.to_string(),
            instance_id: self.instance_id.to_owned(),
            reason: None,
            by: self.caller.by.to_string(),
        };
        self.app.engine.call::<proto::CommandReply>("cancel_instance", &request).await?;
        Ok(())
    }
}

/// Every interrupt of the thread that this client was told of is addressed, and nothing else.
fn check(pending: &[Interrupt], asked: &[Interrupt], answers: &[Resume]) -> Result<(), Refusal> {
    let answered: HashSet<_> = answers.iter().map(|answer| answer.interrupt_id.as_str()).collect();
    let left: Vec<_> = pending.iter().map(|it| it.id.as_str()).filter(|id| !answered.contains(id)).collect();
    if !left.is_empty() {
        let message = format!("The thread waits for answers to {}; `resume` addresses all of them", left.join(", "));
        return Err(Refusal::new("INTERRUPTS_PENDING", message));
    }
    let is_asked = |id: &str| asked.iter().any(|it| it.id == id);
    if let Some(strange) = answers.iter().find(|answer| !is_asked(&answer.interrupt_id)) {
        let message = format!("{} is no interrupt of this thread that you may answer", strange.interrupt_id);
        return Err(Refusal::new("UNKNOWN_INTERRUPT", message));
    }
    if answered.len() < answers.len() {
        return Err(Refusal::new("INVALID", "`resume` addresses an interrupt twice"));
    }
    Ok(())
}

/// The variables of a completed task: the answer's fields, or all of it as `result`.
fn variables(interrupt: &Interrupt, payload: &Value) -> Map<String, Value> {
    match payload {
        Value::Object(fields) if interrupt.reason == "tool_call" && fields.contains_key("approved") => approval(fields),
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        answer => Map::from_iter([("result".to_owned(), answer.clone())]),
    }
}

/// In the words of the form that the agent asks with.
fn approval(fields: &Map<String, Value>) -> Map<String, Value> {
    let decision = if fields.get("approved") == Some(&Value::Bool(true)) { "approve" } else { "reject" };
    let given = |name: &str| fields.get(name).filter(|value| !value.is_null()).cloned();
    let rest = [("arguments", given("editedArgs")), ("comments", given("comments"))];
    let rest = rest.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    std::iter::once(("decision".to_owned(), decision.into())).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interrupt(id: &str, reason: &str) -> Interrupt {
        Interrupt {
            id: id.into(),
            reason: reason.into(),
            message: None,
            tool_call_id: None,
            response_schema: None,
            expires_at: None,
            metadata: None,
            subagent_run_id: None,
        }
    }

    fn answer(id: &str) -> Resume {
        Resume { interrupt_id: id.into(), status: ResumeStatus::Resolved, payload: None, metadata: None }
    }

    #[test]
    fn every_interrupt_is_addressed_and_nothing_else() {
        let (one, two) = (interrupt("1", "input_required"), interrupt("2", "input_required"));
        let asked = [one.clone(), two.clone()];
        let code = |pending: &[Interrupt], answers: &[Resume]| check(pending, &asked, answers).err().map(|it| it.code);
        assert_eq!(code(&[], &[]), None);
        assert_eq!(code(&asked, &[answer("1"), answer("2")]), None);
        assert_eq!(code(&asked, &[answer("1")]).as_deref(), Some("INTERRUPTS_PENDING"));
        assert_eq!(code(&asked, &[]).as_deref(), Some("INTERRUPTS_PENDING"));
        assert_eq!(code(&[one], &[answer("1"), answer("3")]).as_deref(), Some("UNKNOWN_INTERRUPT"));
        assert_eq!(code(&[two], &[answer("2"), answer("2")]).as_deref(), Some("INVALID"));
    }

    #[test]
    fn an_approval_is_told_in_the_words_of_the_form() {
        let call = interrupt("1", "tool_call");
        let table = [
            (json!({"approved": true}), json!({"decision": "approve"})),
            (json!({"approved": true, "editedArgs": {"a": 1}}), json!({"decision": "approve", "arguments": {"a": 1}})),
            (json!({"approved": false, "comments": "no"}), json!({"decision": "reject", "comments": "no"})),
            (json!({"decision": "reject"}), json!({"decision": "reject"})),
            (json!("yes"), json!({"result": "yes"})),
            (Value::Null, json!({})),
        ];
        for (payload, expected) in table {
            assert_eq!(Value::Object(variables(&call, &payload)), expected, "{payload}");
        }
    }
}
