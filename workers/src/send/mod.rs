//! Send tasks: mail over SMTP, and webhooks. (Messages to other instances are the engine's own business.)

pub mod approval;
mod email;
mod headers;
mod html;
mod transport;
mod webhook;

use crate::{
    Common,
    secret::{self, Secrets},
    service::{Outside, egress},
};
use std::{path::PathBuf, sync::Arc};
use tokio_util::sync::CancellationToken;
use transport::Authorities;

const CONCURRENCY: usize = 16;

#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    #[command(flatten)]
    pub common: Common,
    #[command(flatten)]
    pub egress: egress::Config,
    #[command(flatten)]
    pub secrets: secret::Config,
    #[command(flatten)]
    pub approval: approval::Config,
    /// The mail server (may be, or have in it, `secret://name` of the worker's own secrets): `smtp://host:port`, `smtps://user:password@host`, `smtp://host?tls=required`.
    #[arg(long, env = "BATON_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// PEM file of certificate authorities that mail servers are trusted by, beside the public ones.
    #[arg(long, env = "BATON_SMTP_CA")]
    pub smtp_ca: Option<PathBuf>,
    /// Who mails come from.
    #[arg(long, env = "BATON_MAIL_FROM", default_value = "baton@localhost")]
    pub mail_from: String,
}

/// Works until shutdown.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let outside = Arc::new(Outside::new(&config.egress, Secrets::new(&config.secrets))?);
    let mut worker = config.common.worker(CONCURRENCY).job("webhook", move |job| webhook::send(outside.clone(), job));
    let links = approval::Links::new(&config.approval)?;
    let is_mailer = config.smtp_url.is_some() || config.secrets.secrets_dir.is_some();
    if is_mailer {
        let secrets = Secrets::new(&config.secrets);
        let authorities = config.smtp_ca.as_deref().map(Authorities::of).transpose()?.unwrap_or_default();
        let mailer = email::Mailer::new(config.smtp_url.as_deref(), &config.mail_from, links, secrets, authorities)?;
        let mailer = Arc::new(mailer);
        worker = worker.job("email", move |job| email::send(mailer.clone(), job));
    } else {
        tracing::warn!("neither BATON_SMTP_URL nor BATON_SECRETS_DIR is set: email jobs are not taken");
    }
    Ok(worker.run(shutdown).await?)
}
