//! `baton start`.

use super::{
    Server,
    output::Output,
    variables::{self, Variables},
    watch,
};
use serde_json::json;
use std::{process::ExitCode, time::Duration};

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton start hello --var name=you --wait
  baton start log-analysis --file logFile=/var/log/syslog
  id=$(baton start order --variables order.json -q) && baton watch \"$id\"")]
pub struct Args {
    /// Id of the process.
    process: String,
    /// Version of it; the latest when absent.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    version: u32,
    #[command(flatten)]
    variables: Variables,
    /// A file to upload, as a variable; may be repeated.
    #[arg(long = "file", value_name = "NAME=PATH")]
    files: Vec<String>,
    #[arg(long)]
    business_key: Option<String>,
    /// Which start event, where there are several.
    #[arg(long)]
    start_element: Option<String>,
    /// The same key starts it once, however often this is run.
    #[arg(long)]
    idempotency_key: Option<String>,
    /// Wait for its end, and print its variables; the exit code is 6 when it does not complete.
    #[arg(long)]
    wait: bool,
    /// How long to wait, in seconds; the exit code is 7 when that is not enough.
    #[arg(long, requires = "wait")]
    timeout: Option<u64>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.server.client()?;
    let mut variables = args.variables.read()?;
    variables::upload(&client, &args.files, &mut variables).await?;
    let body = json!({
        "processId": args.process, "version": args.version, "variables": variables,
        "businessKey": args.business_key, "startElementId": args.start_element,
    });
    let once = args.idempotency_key.unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let started = client.post_once("/instances", body, &once).await?;
    let id = started["instanceId"].as_str().unwrap_or_default().to_owned();
    if !args.wait {
        args.output.one(&started, &id, || {
            vec![format!("{id} started, version {} of {}", started["processVersion"], args.process)]
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let outcome = watch::until_the_end(&client, &id, args.timeout.map(Duration::from_secs), |_| Ok(())).await?;
    let ended = client.get(&format!("/instances/{id}")).await?;
    args.output.one(&ended, &id, || vec![format!("{id} {}", outcome.said()), format!("{:#}", ended["variables"])])?;
    Ok(outcome.code())
}
