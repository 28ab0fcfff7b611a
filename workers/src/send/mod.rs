//! Send tasks: mail over SMTP, and webhooks. (Messages to other instances are the engine's own business.)

mod email;
mod webhook;

use crate::{
    Common,
    secret::{self, Secrets},
    service::{Outside, egress},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const CONCURRENCY: usize = 16;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub egress: egress::Config,
    #[command(flatten)]
    pub secrets: secret::Config,
    /// The mail server: `smtp://host:port`, `smtps://user:password@host`, `smtp://host?tls=required`.
    #[arg(long, env = "BATON_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Who mails come from.
    #[arg(long, env = "BATON_MAIL_FROM", default_value = "baton@localhost")]
    pub mail_from: String,
}

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let outside = Arc::new(Outside::new(&config.egress, Secrets::new(&config.secrets))?);
    let mut worker = config.common.worker(CONCURRENCY).job("webhook", move |job| webhook::send(outside.clone(), job));
    match &config.smtp_url {
        Some(url) => {
            let mailer = Arc::new(email::Mailer::new(url, &config.mail_from)?);
            worker = worker.job("email", move |job| email::send(mailer.clone(), job));
        }
        None => tracing::warn!("BATON_SMTP_URL is not set: email jobs are not taken"),
    }
    Ok(worker.run(shutdown).await?)
}
