//! Links in a mail by which its reader answers a user task on a page of the gateway, without signing in: signed, good for a
//! while and for one task. What they hold is `proto/baton/v1/link.proto`.

use crate::service::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use prost::Message;
use proto::ApprovalLink;
use serde_json::{Map, Value};
use worker_sdk::{Context, JobFailure};

/// What stands in the mail's text where a link is wanted: `approval://<answer>`.
const SCHEME: &str = "approval://";
const PURPOSE: &[u8] = b"baton approval link 1\n";
const SHORTEST_KEY: usize = 16;
const HOURS: f64 = 72.0;
const MOST_HOURS: f64 = 24.0 * 90.0;
const LONGEST: usize = 4 * 1024;

#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Where people reach the gateway, for approval links: `https://baton.example.com`.
    #[arg(long, env = "BATON_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// What approval links are signed with, at least 16 characters; the gateway has the same.
    #[arg(long, env = "BATON_LINK_KEY", hide_env_values = true)]
    pub link_key: Option<String>,
}

/// `custom.approval` of a mail.
#[derive(Debug, serde::Deserialize)]
pub struct Approval {
    /// The user task's element, of the same instance.
    task: String,
    /// By name, the variables that the task is completed with.
    answers: Map<String, Value>,
    hours: Option<Value>,
}

/// Makes links.
pub struct Links {
    url: String,
    key: Vec<u8>,
}

impl Links {
    /// None when nothing is configured.
    pub fn new(config: &Config) -> anyhow::Result<Option<Links>> {
        let (Some(url), Some(key)) = (&config.public_url, &config.link_key) else { return Ok(None) };
        anyhow::ensure!(key.len() >= SHORTEST_KEY, "BATON_LINK_KEY is to have at least {SHORTEST_KEY} characters");
        Ok(Some(Links { url: url.trim_end_matches('/').to_owned(), key: key.clone().into_bytes() }))
    }

    fn link(&self, content: &ApprovalLink) -> Result<String, JobFailure> {
        let content = content.encode_to_vec();
        if content.len() > LONGEST {
            return Err(JobFailure::bug(format!("an approval's answer is larger than {LONGEST} bytes")));
        }
        let signature = hmac(&self.key, &[PURPOSE, &content].concat());
        let (content, signature) = (URL_SAFE_NO_PAD.encode(content), URL_SAFE_NO_PAD.encode(signature));
        Ok(format!("{}/approval/{content}.{signature}", self.url))
    }
}

/// The address of each answer.
pub fn links(
    links: Option<&Links>,
    approval: &Approval,
    context: &Context,
    sent_to: &str,
) -> Result<Vec<(String, String)>, JobFailure> {
    let links = links.ok_or_else(|| {
        JobFailure::bug("approval links need BATON_PUBLIC_URL and BATON_LINK_KEY of the worker that sends mails")
    })?;
    let hours = approval.hours.as_ref().map_or(Some(HOURS), |told| {
        told.as_f64().or_else(|| told.as_str()?.trim().parse().ok()).filter(|hours| *hours > 0.0)
    });
    let hours = hours.ok_or_else(|| JobFailure::bug("`approval.hours` is not a number of hours"))?.min(MOST_HOURS);
    // of the job, not of this moment: a mail that is sent again has the same links
    let expires_at = context.created_at() + (hours * 3_600_000.0) as i64;
    approval
        .answers
        .iter()
        .map(|(answer, variables)| {
            let variables = if variables.is_object() { variables.to_string() } else { "{}".to_owned() };
            let content = ApprovalLink {
                tenant: context.tenant().to_owned(),
                job_id: context.id().to_owned(),
                element_id: approval.task.clone(),
                answer: answer.clone(),
                variables: variables.into(),
                expires_at,
                sent_to: sent_to.to_owned(),
            };
            Ok((answer.clone(), links.link(&content)?))
        })
        .collect()
}

/// The text with links where it names them; a text that names none gets them at its end.
pub fn place(text: &str, links: &[(String, String)], is_html: bool) -> String {
    if !links.is_empty() && !text.contains(SCHEME) {
        let line = |(answer, link): &(String, String)| match is_html {
            true => format!("<p><a href=\"{link}\">{}</a></p>", super::html::escaped(answer)),
            false => format!("\n{answer}: {link}"),
        };
        return format!("{text}{}", links.iter().map(line).collect::<String>());
    }
    // the longest first: one answer's name may begin another's
    let mut links: Vec<_> = links.iter().collect();
    links.sort_by_key(|(answer, _)| std::cmp::Reverse(answer.len()));
    links.into_iter().fold(text.to_owned(), |text, (answer, link)| text.replace(&format!("{SCHEME}{answer}"), link))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    fn made(approval: Value) -> Result<Vec<(String, String)>, JobFailure> {
        let config =
            Config { public_url: Some("https://baton.example.com/".into()), link_key: Some("0123456789abcdef".into()) };
        let context = TestJob::new("email").change(|job| job.created_at = 1000).context();
        let made = Links::new(&config).unwrap();
        links(made.as_ref(), &serde_json::from_value(approval).unwrap(), &context, "a@example.com")
    }

    #[test]
    fn a_link_holds_the_answer_and_expires() {
        let made = made(json!({"task": "approve", "answers": {"yes": {"ok": true}, "no": {}}, "hours": 1})).unwrap();
        let (_, link) = &made[0];
        let text = link.strip_prefix("https://baton.example.com/approval/").unwrap().split_once('.').unwrap();
        let content = ApprovalLink::decode(URL_SAFE_NO_PAD.decode(text.0).unwrap().as_slice()).unwrap();
        assert_eq!((content.expires_at, content.element_id.as_str()), (3_601_000, "approve"));
        assert_eq!(content.variables, r#"{"ok":true}"#);
        assert_ne!(made[0].1, made[1].1);
    }

    #[test]
    fn links_stand_where_the_text_wants_them() {
        let links = [("no".to_owned(), "L1".to_owned()), ("no-more".to_owned(), "L2".to_owned())];
        assert_eq!(place("a approval://no b approval://no-more", &links, false), "a L1 b L2");
        assert_eq!(place("text", &links, false), "text\nno: L1\nno-more: L2");
        assert_eq!(place("<p>x</p>", &links[..1], true), "<p>x</p><p><a href=\"L1\">no</a></p>");
        assert_eq!(place("text", &[], false), "text");
    }

    #[test]
    fn without_configuration_there_are_none() {
        let context = TestJob::new("email").context();
        let approval = serde_json::from_value(json!({"task": "t", "answers": {}})).unwrap();
        assert!(matches!(links(None, &approval, &context, ""), Err(JobFailure::Bug { .. })));
        let short = Config { public_url: Some("x".into()), link_key: Some("short".into()) };
        assert!(Links::new(&short).is_err());
    }
}
