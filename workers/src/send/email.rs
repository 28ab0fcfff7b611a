//! `email`: one mail by SMTP. Its Message-ID and Date come from the job, so mail systems recognise a repeated one, and are
//! of the sender's domain, as whoever signs it (DKIM) and checks it (DMARC) wants.

use super::{
    approval::{self, Approval, Links},
    headers, html,
    transport::{Authorities, Transport},
};
use crate::secret::{Opened, Secrets};
use lettre::{
    AsyncTransport, Message,
    message::{
        Mailbox, Mailboxes, MultiPart,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};
use serde_json::{Map, Value, json};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use worker_sdk::{Context, Job, JobFailure, Variables};

pub struct Mailer {
    /// None: each task names its own.
    transport: Option<Transport>,
    from: Mailbox,
    links: Option<Links>,
    pub secrets: Secrets,
    authorities: Authorities,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Task {
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    from: Option<String>,
    subject: String,
    message_body: String,
    /// True or false, also as text.
    html_format: Option<Value>,
    custom: Custom,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Custom {
    /// Beside `messageBody`, which then is the plain text.
    html: Option<String>,
    reply_to: Option<String>,
    approval: Option<Approval>,
    headers: Map<String, Value>,
    /// Another mail server: a secret.
    smtp: Option<String>,
}

impl Mailer {
    pub fn new(
        url: Option<&str>,
        from: &str,
        links: Option<Links>,
        secrets: Secrets,
        authorities: Authorities,
    ) -> anyhow::Result<Self> {
        let made = |url| anyhow::Ok(authorities.transport(secrets.configured(url)?.expose())?);
        let transport = url.map(made).transpose()?;
        Ok(Mailer { transport, from: from.parse()?, links, secrets, authorities })
    }
}

/// The result is `{messageId, to}`.
pub async fn send(mailer: Arc<Mailer>, job: Job<Variables>) -> Result<Variables, JobFailure> {
    let opened = mailer.secrets.open(job.tenant());
    let outcome = deliver(&mailer, &opened, &job).await;
    opened.guard(outcome)
}

async fn deliver(mailer: &Mailer, opened: &Opened<'_>, job: &Job<Variables>) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    let (from, answers_to) = sender(&task, &mailer.from);
    let message_id = message_id(job.id(), &from);
    let message = message(&task, (from, answers_to), &message_id, mailer.links.as_ref(), &job.context)?;
    job.progress(0.5, format!("sending to {}", task.to.as_deref().unwrap_or_default()));
    let own = match &task.custom.smtp {
        Some(url) => {
            let url = opened.only("smtp", url)?;
            if let Some(password) = reqwest::Url::parse(url.expose()).ok().as_ref().and_then(reqwest::Url::password) {
                opened.remember(password);
            }
            // what is wrong with it cannot be said without showing it
            let transport = mailer.authorities.transport(url.expose());
            Some(transport.map_err(|_| JobFailure::bug("the secret `smtp` is not the address of a mail server"))?)
        }
        None => None,
    };
    let transport = own.as_ref().or(mailer.transport.as_ref());
    let transport = transport.ok_or_else(|| {
        JobFailure::bug("no mail server: BATON_SMTP_URL of the worker is not set, nor `custom.smtp` of the task")
    })?;
    transport.send(message).await.map_err(failed)?;
    Ok(Variables::from_iter([("result".to_owned(), json!({"messageId": message_id, "to": task.to}))]))
}

/// The task's, when it is of the domain that mails are sent for; any other is who answers go to.
fn sender(task: &Task, configured: &Mailbox) -> (Mailbox, Option<Mailbox>) {
    match task.from.as_deref().and_then(|from| from.trim().parse::<Mailbox>().ok()) {
        Some(from) if from.email.domain().eq_ignore_ascii_case(configured.email.domain()) => (from, None),
        other => (configured.clone(), other),
    }
}

fn message_id(job_id: &str, from: &Mailbox) -> String {
    let local: String = job_id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '.' }).collect();
    format!("<{local}@{}>", from.email.domain())
}

fn message(
    task: &Task,
    (from, answers_to): (Mailbox, Option<Mailbox>),
    message_id: &str,
    links: Option<&Links>,
    context: &Context,
) -> Result<Message, JobFailure> {
    let to = addresses(task.to.as_deref().unwrap_or_default())?;
    if to.iter().next().is_none() {
        return Err(JobFailure::bug("the mail has no recipient: `to` is empty"));
    }
    let created = u64::try_from(context.created_at()).unwrap_or_default();
    let mut message = Message::builder()
        .from(from)
        .message_id(Some(message_id.to_owned()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(created))
        .header(AutoSubmitted)
        .subject(task.subject.replace(['\r', '\n'], " "));
    for mailbox in to {
        message = message.to(mailbox);
    }
    for mailbox in addresses(task.cc.as_deref().unwrap_or_default())? {
        message = message.cc(mailbox);
    }
    for mailbox in addresses(task.bcc.as_deref().unwrap_or_default())? {
        message = message.bcc(mailbox);
    }
    let reply_to = addresses(task.custom.reply_to.as_deref().unwrap_or_default())?;
    for mailbox in reply_to.into_iter().chain(answers_to) {
        message = message.reply_to(mailbox);
    }
    for header in headers::of_task(&task.custom.headers)? {
        message = message.raw_header(header);
    }
    let links = match &task.custom.approval {
        Some(approval) => approval::links(links, approval, context, task.to.as_deref().unwrap_or_default())?,
        None => Vec::new(),
    };
    let built = match bodies(task, &links) {
        (text, None) => message.header(ContentType::TEXT_PLAIN).body(text),
        (text, Some(html)) => message.multipart(MultiPart::alternative_plain_html(text, html)),
    };
    built.map_err(|error| JobFailure::bug(format!("the mail is not valid: {error}")))
}

/// The plain text, and HTML when there is any.
fn bodies(task: &Task, links: &[(String, String)]) -> (String, Option<String>) {
    let is_html = task.html_format.as_ref().is_some_and(|html| html == &json!(true) || html.as_str() == Some("true"));
    let body = approval::place(&task.message_body, links, is_html);
    match &task.custom.html {
        Some(html) => (body, Some(approval::place(html, links, true))),
        None if is_html => (html::as_text(&body), Some(body)),
        None => (body, None),
    }
}

/// RFC 3834: no holiday notices in return.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
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
    use worker_sdk::testing::TestJob;

    fn mail(task: Value) -> Result<String, JobFailure> {
        let configured: Mailbox = "baton@example.com".parse().unwrap();
        let task: Task = serde_json::from_value(task).unwrap();
        let (from, answers_to) = sender(&task, &configured);
        let id = message_id("2b6f:7", &from);
        let context = TestJob::new("email").change(|job| job.created_at = 1_700_000_000_000).context();
        let message = message(&task, (from, answers_to), &id, None, &context)?;
        Ok(String::from_utf8(message.formatted()).unwrap())
    }

    #[test]
    fn a_mail_carries_what_the_task_says() {
        let mail =
            mail(json!({"to": "a@example.com, b@example.com, ", "subject": "Done\r\nBcc: x", "messageBody": "hi",
            "custom": {"replyTo": "c@example.com"}}))
            .unwrap();
        for part in [
            "a@example.com, b@example.com",
            "<2b6f.7@example.com>",
            "text/plain",
            "Subject: Done  Bcc: x",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "Auto-Submitted: auto-generated",
            "Reply-To: c@example.com",
        ] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
    }

    #[test]
    fn html_has_its_text_beside_it() {
        let html = json!({"to": "a@example.com", "messageBody": "<p>Hi <b>you</b></p>", "htmlFormat": "true"});
        let both = json!({"to": "a@example.com", "messageBody": "Hi you", "custom": {"html": "<p>Hi <b>you</b></p>"}});
        for task in [html, both] {
            let mail = mail(task).unwrap();
            let (text, html) = (mail.find("Hi you").unwrap(), mail.find("<p>Hi <b>you</b></p>").unwrap());
            assert!(mail.contains("multipart/alternative") && text < html, "{mail}");
        }
    }

    #[test]
    fn the_sender_is_of_our_domain() {
        let mail_from = |from: &str| mail(json!({"to": "a@example.com", "from": from})).unwrap();
        assert!(mail_from("orders@example.com").contains("From: orders@example.com"));
        let other = mail_from("ceo@example.org");
        assert!(other.contains("From: baton@example.com") && other.contains("Reply-To: ceo@example.org"), "{other}");
    }

    #[test]
    fn a_mail_without_recipient_is_a_bug() {
        for to in ["", "null", "not an address"] {
            assert!(matches!(mail(json!({"to": to})), Err(JobFailure::Bug { .. })));
        }
    }
}
