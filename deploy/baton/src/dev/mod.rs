//! The development server: one process tree with its own Postgres and NATS, every service, the examples deployed, and
//! an inbox that catches mail. Nothing in it is meant for production, and it says so.
//!
//! Services are child processes of this very binary, so that each can be killed, watched and restarted on its own.

mod brought;
mod connection;
mod mailbox;
mod nats;
mod postgres;
mod settings;
mod supervisor;

pub use connection::Connection;
pub use settings::{Settings, free_port};
pub use supervisor::Supervisor;

use crate::{client::Client, deploy_command};
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

#[derive(clap::Args, Clone)]
#[group(skip)]
pub struct Args {
    /// Folder for data, logs and caught mail.
    #[arg(long, env = "BATON_HOME", default_value = ".baton/dev")]
    pub data: PathBuf,
    /// Process files, or folders of them, to deploy at start.
    #[arg(long, default_value = "examples")]
    pub deploy: Vec<PathBuf>,
    /// Port of the page; another free one is taken when it is in use.
    #[arg(long, default_value_t = 8420)]
    pub port: u16,
    /// Use this Postgres instead of a private one.
    #[arg(long, env = "BATON_DATABASE_URL")]
    pub database_url: Option<String>,
    /// Use this NATS server instead of a private one.
    #[arg(long, env = "BATON_NATS_URL")]
    pub nats_url: Option<String>,
    /// Let scripts run where the sandbox cannot be made (loud; never for untrusted scripts).
    #[arg(long)]
    pub allow_unsandboxed: bool,
    /// A private Postgres is set up as for production, not to be small.
    #[arg(skip)]
    pub for_benchmarks: bool,
}

impl Args {
    /// Private servers in this folder, and nothing deployed.
    pub fn in_folder(data: &Path) -> Args {
        Args {
            data: data.to_owned(),
            deploy: Vec::new(),
            port: 0,
            database_url: None,
            nats_url: None,
            allow_unsandboxed: false,
            for_benchmarks: false,
        }
    }
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let server = Server::start(&args).await?;
    server.say_where();
    signal().await;
    println!("\nstopping …");
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// A running development server.
pub struct Server {
    pub settings: Settings,
    supervisor: Supervisor,
}

impl Server {
    pub async fn start(args: &Args) -> anyhow::Result<Server> {
        let settings = Settings::prepare(args)?;
        let supervisor = Supervisor::new(settings.clone());
        let server = Server { settings, supervisor };
        match server.bring_up(args).await {
            Ok(()) => Ok(server),
            Err(error) => {
                server.stop().await;
                Err(error)
            }
        }
    }

    async fn bring_up(&self, args: &Args) -> anyhow::Result<()> {
        let Server { settings, supervisor } = self;
        mailbox::listen(settings.smtp_port, settings.mail_dir()).await.context("starting the mail inbox")?;
        start_servers(settings, supervisor, args).await?;
        for (name, arguments) in services(args.allow_unsandboxed) {
            let port = if name == "gateway" { settings.gateway_port } else { free_port()? };
            supervisor.start_service(name, &arguments, port)?;
        }
        let client = self.client();
        client.wait_until_ready(Duration::from_secs(30)).await?;
        for folder in args.deploy.iter().filter(|folder| folder.exists()) {
            deploy_command::deploy_folder(&client, folder).await?;
        }
        Connection::write(&settings.data, settings.url(), settings.api_key.clone())
    }

    pub fn client(&self) -> Client {
        Client::new(&self.settings.url(), &self.settings.api_key)
    }

    pub fn page(&self, route: &str) -> String {
        format!("{}/#key={}{route}", self.settings.url(), self.settings.api_key)
    }

    pub fn say_where(&self) {
        let Settings { api_key, data, .. } = &self.settings;
        println!("Baton development server (one tenant, `dev`; local use only)");
        println!("  page      {}", self.page(""));
        println!("  API       {}/api/v1   key {api_key}", self.settings.url());
        println!("  Postgres  {}", self.settings.database_url);
        println!("  NATS      {}", self.settings.nats_url);
        println!("  data      {} (logs in logs/)", data.display());
        println!("Workers of your own find it by BATON_NATS_URL={}.", self.settings.nats_url);
        println!("`baton list`, `start`, `tasks` … find it from this folder. Stop with Ctrl-C.");
    }

    pub async fn stop(&self) {
        Connection::remove(&self.settings.data);
        self.supervisor.stop().await;
    }
}

/// Postgres and NATS, unless others are given; and a database of this version's schema.
pub async fn start_servers(settings: &Settings, supervisor: &Supervisor, args: &Args) -> anyhow::Result<()> {
    if args.database_url.is_none() {
        postgres::start(settings, supervisor, args.for_benchmarks).await.context("starting Postgres")?;
    }
    if args.nats_url.is_none() {
        nats::start(settings, supervisor).await.context("starting NATS")?;
    }
    engine::migrate(&settings.database_url).await.context("preparing the database")
}

fn services(allow_unsandboxed: bool) -> [(&'static str, Vec<&'static str>); 6] {
    let mut script = vec!["worker", "script"];
    if allow_unsandboxed {
        script.push("--allow-unsandboxed");
    }
    [
        ("engine", vec!["engine"]),
        ("worker-service", vec!["worker", "service"]),
        ("worker-script", script),
        ("worker-send", vec!["worker", "send"]),
        ("worker-agent", vec!["worker", "agent"]),
        ("gateway", vec!["gateway"]),
    ]
}

/// Waits for Ctrl-C or SIGTERM.
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

/// A service started by the development server ends with it, however that ends.
pub fn die_with_parent() {
    if std::env::var_os("BATON_DIE_WITH_PARENT").is_some() {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
    }
}
