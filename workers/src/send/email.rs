//! `email`: one mail by SMTP. Its Message-ID comes from the job's id, so mail systems recognise a repeated one.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, Mailboxes, header::ContentType},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use worker_sdk::{Job, JobFailure, TaskResult, Variables};

const WITHIN: Duration = Duration::from_secs(30);

pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

#[derive(serde::Deserialize)]
struct Task {
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    #[serde(default)]
    subject: String,
    #[serde(rename = "messageBody", default)]
    message_body: String,
    /// True or false, also as text.
    #[serde(rename = "htmlFormat")]
    html_format: Option<Value>,
}

impl Mailer {
    pub fn new(url: &str, from: &str) -> anyhow::Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?.timeout(Some(WITHIN)).build();
        Ok(Mailer { transport, from: from.parse()? })
    }
}

/// The result is `{messageId, to}`.
pub async fn send(mailer: Arc<Mailer>, job: Job<Variables>) -> Result<TaskResult<Value>, JobFailure> {
    let task: Task = job.task()?;
    let message_id = message_id(job.id(), &mailer.from);
    let message = message(&task, &mailer.from, &message_id)?;
    job.progress(0.5, format!("sending to {}", task.to.as_deref().unwrap_or_default()));
    mailer.transport.send(message).await.map_err(failed)?;
    Ok(TaskResult { result: json!({"messageId": message_id, "to": task.to}) })
}

fn message_id(job_id: &str, from: &Mailbox) -> String {
    let local: String = job_id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
    format!("<{local}@{}>", from.email.domain())
}

fn message(task: &Task, from: &Mailbox, message_id: &str) -> Result<Message, JobFailure> {
    let to = addresses(task.to.as_deref().unwrap_or_default())?;
    if to.iter().next().is_none() {
        return Err(JobFailure::bug("the mail has no recipient: `to` is empty"));
    }
    let is_html = task.html_format.as_ref().is_some_and(|html| html == &json!(true) || html.as_str() == Some("true"));
    let mut message = Message::builder()
        .from(from.clone())
        .message_id(Some(message_id.to_owned()))
        .subject(task.subject.replace(['\r', '\n'], " "))
        .header(if is_html { ContentType::TEXT_HTML } else { ContentType::TEXT_PLAIN });
    for mailbox in to {
        message = message.to(mailbox);
    }
    for mailbox in addresses(task.cc.as_deref().unwrap_or_default())? {
        message = message.cc(mailbox);
    }
    for mailbox in addresses(task.bcc.as_deref().unwrap_or_default())? {
        message = message.bcc(mailbox);
    }
    message.body(task.message_body.clone()).map_err(|error| JobFailure::bug(format!("the mail is not valid: {error}")))
}

/// Comma separated. Holes that rendered to nothing leave empty places, which are skipped.
fn addresses(list: &str) -> Result<Mailboxes, JobFailure> {
    let mut mailboxes = Mailboxes::new();
    for address in list.split([',', ';']).map(str::trim).filter(|address| !address.is_empty() && *address != "null") {
        let mailbox = address.parse().map_err(|_| JobFailure::bug(format!("`{address}` is not a mail address")))?;
        mailboxes.push(mailbox);
    }
    Ok(mailboxes)
}

/// A server that refuses for good (5yz) is not asked again.
fn failed(error: lettre::transport::smtp::Error) -> JobFailure {
    if error.is_permanent() { JobFailure::bug(format!("the mail server refuses: {error}")) } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(task: Value) -> Result<String, JobFailure> {
        let from: Mailbox = "baton@example.com".parse().unwrap();
        let id = message_id("2b6f:7", &from);
        let message = message(&serde_json::from_value(task).unwrap(), &from, &id)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn a_mail_carries_what_the_task_says() {
        let mail =
            mail(json!({"to": "a@example.com, b@example.com, ", "subject": "Done\r\nBcc: x", "messageBody": "hi",
            "htmlFormat": "true"}))
            .unwrap();
        for part in ["a@example.com, b@example.com", "<2b6f.7@example.com>", "text/html", "Subject: Done  Bcc: x"] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
    }

    #[test]
    fn a_mail_without_recipient_is_a_bug() {
        for to in ["", "null", "not an address"] {
            assert!(matches!(mail(json!({"to": to})), Err(JobFailure::Bug { .. })));
        }
    }
}
