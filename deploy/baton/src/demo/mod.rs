//! `baton demo`: the development server, and the log-analysis story in it, started with a real log file. With
//! `--headless` it answers for the people, prints each step, checks what must be there at the end, and exits.

mod story;

use crate::dev;
use anyhow::Context;
use serde_json::json;
use std::{path::PathBuf, process::ExitCode, time::Duration};
use story::Story;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    dev: dev::Args,
    /// Carry the story through without a person or a browser, and exit.
    #[arg(long)]
    headless: bool,
    /// The log file to analyse.
    #[arg(long, default_value = "examples/log-analysis/logs/checkout-service.log")]
    log: PathBuf,
    /// Give up on the headless story after this many seconds.
    #[arg(long, default_value_t = 300)]
    timeout: u64,
}

const PROCESS: &str = "log-analysis";
const REQUESTER: &str = "operator@example.com";

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let log = std::fs::canonicalize(&args.log).with_context(|| format!("the log file {}", args.log.display()))?;
    let server = dev::Server::start(&args.dev).await?;
    let story = Story::start(server.client(), PROCESS, REQUESTER, &log).await;
    let result = match story {
        Ok(story) if args.headless => headless(&server, story, Duration::from_secs(args.timeout)).await,
        Ok(story) => watch(&server, &story).await,
        Err(error) => Err(error),
    };
    server.stop().await;
    result?;
    Ok(ExitCode::SUCCESS)
}

async fn watch(server: &dev::Server, story: &Story) -> anyhow::Result<()> {
    println!("The story is running. Follow it, and approve it, here:\n");
    println!("  {}\n", server.page(&format!("/instances/{}", story.instance)));
    server.say_where();
    dev::signal().await;
    println!("\nstopping …");
    Ok(())
}

async fn headless(server: &dev::Server, mut story: Story, within: Duration) -> anyhow::Result<()> {
    println!("instance {}", story.instance);
    let carried = tokio::time::timeout(within, story.carry_through()).await;
    carried.with_context(|| format!("not finished after {within:?}; logs in {}", server.settings.data.display()))??;
    let report = story.check_results().await?;
    println!("\nmail      {}", report.mail);
    println!("playbook  {}", report.playbook);
    println!("{}", json!({"outcome": "completed", "instance": story.instance, "seconds": story.seconds()}));
    Ok(())
}
