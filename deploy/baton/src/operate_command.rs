//! `baton operate …`: operations on instances through a gateway, one by one or in batches, and the audit log.

use crate::remote::Server;
use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    server: Server,
    #[command(subcommand)]
    operation: Operation,
}

#[derive(clap::Subcommand)]
enum Operation {
    /// Nothing of the instance moves until it is resumed.
    Suspend { instance: String },
    /// Lets a suspended instance go on.
    Resume { instance: String },
    /// Tries everything again that has an incident or waits for its next attempt.
    Retry {
        instance: String,
        /// Attempts that failed jobs get; the definition's when absent.
        #[arg(long, default_value_t = 0)]
        retries: u32,
    },
    /// Ends the instance and everything in it.
    Cancel {
        instance: String,
        #[arg(long)]
        reason: Option<String>,
    },
    /// Moves and adds tokens.
    Modify {
        instance: String,
        /// Key of an element instance to end; may be repeated.
        #[arg(long)]
        end: Vec<u64>,
        /// Id of an element to begin, or `id@scope key`; may be repeated.
        #[arg(long)]
        begin: Vec<String>,
    },
    /// Lets the instance go on by another version of its process.
    Migrate {
        instance: String,
        #[arg(long = "to")]
        to_version: u32,
        /// `old=new`, of element ids that differ; may be repeated.
        #[arg(long)]
        map: Vec<String>,
        /// Only plan.
        #[arg(long)]
        dry_run: bool,
    },
    /// Does one operation to many instances.
    Batch(Batch),
    /// Says how far a batch is.
    BatchStatus { batch: String },
    /// Says what was done, newest first.
    Audit {
        #[arg(long)]
        instance: Option<String>,
    },
}

#[derive(clap::Args)]
struct Batch {
    /// cancel, retry, suspend, resume, setVariables, modify or migrate.
    operation: String,
    /// The operation's, as a JSON object.
    #[arg(long, default_value = "{}")]
    arguments: String,
    /// Of this process.
    #[arg(long)]
    process: Option<String>,
    /// Of this version of it.
    #[arg(long)]
    version: Option<u32>,
    /// incident, suspended or running.
    #[arg(long)]
    state: Option<String>,
    /// With an incident of this code.
    #[arg(long)]
    incident: Option<String>,
    /// With something active at this element.
    #[arg(long)]
    element: Option<String>,
    /// Only count.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let client = args.server.client()?;
    let answer = match args.operation {
        Operation::Suspend { instance } => client.post(&path(&instance, "suspend"), json!({})).await?,
        Operation::Resume { instance } => client.post(&path(&instance, "resume"), json!({})).await?,
        Operation::Retry { instance, retries } => {
            client.post(&path(&instance, "retry"), json!({"retries": retries})).await?
        }
        Operation::Cancel { instance, reason } => {
            client.post(&path(&instance, "cancel"), json!({"reason": reason})).await?
        }
        Operation::Modify { instance, end, begin } => {
            let begin: Vec<Value> = begin.iter().map(|begin| beginning(begin)).collect::<Result<_, _>>()?;
            client.post(&path(&instance, "modify"), json!({"end": end, "begin": begin})).await?
        }
        Operation::Migrate { instance, to_version, map, dry_run } => {
            let body = json!({"toVersion": to_version, "mapping": mapping(&map)?, "dryRun": dry_run});
            client.post(&path(&instance, "migrate"), body).await?
        }
        Operation::Batch(batch) => client.post("/batches", request(batch)?).await?,
        Operation::BatchStatus { batch } => client.get(&format!("/batches/{batch}")).await?,
        Operation::Audit { instance } => {
            let filter = instance.map(|instance| format!("?instanceId={instance}")).unwrap_or_default();
            client.get(&format!("/audit{filter}")).await?
        }
    };
    println!("{answer:#}");
    Ok(ExitCode::SUCCESS)
}

fn path(instance: &str, operation: &str) -> String {
    format!("/instances/{instance}/{operation}")
}

/// `id`, or `id@scope key`.
fn beginning(text: &str) -> anyhow::Result<Value> {
    match text.split_once('@') {
        None => Ok(json!({"element": text})),
        Some((element, scope)) => {
            let scope: u64 = scope.parse().with_context(|| format!("`{scope}` is no key of a scope"))?;
            Ok(json!({"element": element, "scopeKey": scope}))
        }
    }
}

fn mapping(pairs: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut mapping = Map::new();
    for pair in pairs {
        let Some((old, new)) = pair.split_once('=') else { bail!("`{pair}` is not of the form old=new") };
        mapping.insert(old.to_owned(), new.into());
    }
    Ok(mapping)
}

fn request(batch: Batch) -> anyhow::Result<Value> {
    let arguments: Value = serde_json::from_str(&batch.arguments).context("the arguments are not JSON")?;
    let mut filter = json!({
        "processId": batch.process, "version": batch.version, "state": batch.state,
        "incidentCode": batch.incident, "elementId": batch.element,
    });
    if let Value::Object(fields) = &mut filter {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(json!({"operation": batch.operation, "arguments": arguments, "filter": filter, "dryRun": batch.dry_run}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_on_the_command_line_becomes_a_request() {
        assert_eq!(beginning("pay").unwrap(), json!({"element": "pay"}));
        assert_eq!(beginning("pay@7").unwrap(), json!({"element": "pay", "scopeKey": 7}));
        assert!(beginning("pay@x").is_err());
        assert_eq!(Value::Object(mapping(&["a=b".to_owned()]).unwrap()), json!({"a": "b"}));
        assert!(mapping(&["ab".to_owned()]).is_err());
    }
}
