//! Commands of one request: `baton message`, `signal`, `cancel`, `retry`, `resolve`.

use super::{Server, output::Output, variables::Variables};
use serde_json::{Value, json};

#[derive(clap::Args)]
#[command(after_help = "Example: baton message payment-received --correlation-key 4711 --var amount=12.5")]
pub struct MessageArgs {
    /// Name of the message.
    name: String,
    /// Correlation key.
    #[arg(long, default_value = "", hide_default_value = true)]
    correlation_key: String,
    /// How long it waits for somebody who wants it, in seconds.
    #[arg(long)]
    ttl: Option<u64>,
    /// The same id is published once.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Example: baton signal shop-closed --var until=2026-01-07")]
pub struct SignalArgs {
    /// Name of the signal.
    name: String,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Example: baton cancel 0190… --reason 'ordered twice'")]
pub struct CancelArgs {
    /// Id of the instance.
    instance: String,
    /// For the history.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton retry 0190…
  baton list instances --state incident -q | xargs -n1 baton retry")]
pub struct RetryArgs {
    /// Id of the instance.
    instance: String,
    /// Attempts that failed jobs get; the definition's when absent.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    retries: u32,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Example: baton resolve 0190…:7 --var amount=12.5")]
pub struct ResolveArgs {
    /// Id of the incident, as `baton list incidents` prints it.
    incident: String,
    /// Attempts that a failed job gets; the definition's when absent.
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    retries: u32,
    /// Set on the instance first.
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub async fn message(args: MessageArgs) -> anyhow::Result<()> {
    let mut body = json!({"name": args.name, "variables": args.variables.read()?});
    let optional = [
        ("correlationKey", (!args.correlation_key.is_empty()).then(|| Value::from(args.correlation_key.clone()))),
        ("ttlMs", args.ttl.map(|seconds| Value::from(seconds.saturating_mul(1000)))),
        ("messageId", args.id.map(Value::from)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    let answer = args.server.client()?.post("/messages", body).await?;
    args.output.one(&answer, &args.name, || match answer["correlated"].as_u64() {
        None | Some(0) => vec![format!("{} is published; nobody has taken it yet", args.name)],
        Some(receivers) => vec![format!("{} has been taken, receivers: {receivers}", args.name)],
    })
}

pub async fn signal(args: SignalArgs) -> anyhow::Result<()> {
    let body = json!({"name": args.name, "variables": args.variables.read()?});
    let answer = args.server.client()?.post("/signals", body).await?;
    args.output.one(&answer, &args.name, || vec![format!("{} has reached {} instances", args.name, answer["reached"])])
}

pub async fn cancel(args: CancelArgs) -> anyhow::Result<()> {
    let body = json!({"reason": args.reason});
    let answer = args.server.client()?.post(&format!("/instances/{}/cancel", args.instance), body).await?;
    args.output.one(&answer, &args.instance, || vec![format!("{} is canceled", args.instance)])
}

pub async fn retry(args: RetryArgs) -> anyhow::Result<()> {
    let body = json!({"retries": args.retries});
    let answer = args.server.client()?.post(&format!("/instances/{}/retry", args.instance), body).await?;
    args.output.one(&answer, &args.instance, || vec![format!("{} tries again", args.instance)])
}

pub async fn resolve(args: ResolveArgs) -> anyhow::Result<()> {
    let body = json!({"retries": args.retries, "variables": args.variables.read()?});
    let answer = args.server.client()?.post(&format!("/incidents/{}/resolve", args.incident), body).await?;
    args.output.one(&answer, &args.incident, || vec![format!("{} is resolved", args.incident)])
}
