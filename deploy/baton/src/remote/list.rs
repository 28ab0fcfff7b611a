//! `baton list`: instances, processes, incidents, decisions.

use super::{
    Server,
    output::{Column, Output},
};
use crate::client::Client;
use serde_json::Value;

/// What the gateway gives at once.
const PAGE: usize = 500;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton list                                     the newest instances
  baton list instances --state incident          those that need somebody
  baton list instances --process order -q        their ids
  baton list incidents --output json | jq .code  for programs")]
pub struct Args {
    #[arg(value_enum, default_value_t)]
    what: What,
    /// Of this process.
    #[arg(long)]
    process: Option<String>,
    /// Instances in this state: active, completed, terminated, canceled, failed, incident, suspended.
    #[arg(long)]
    state: Option<String>,
    /// Instances with this business key.
    #[arg(long)]
    business_key: Option<String>,
    /// Incidents of this instance.
    #[arg(long)]
    instance: Option<String>,
    /// At most so many, over all pages.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::ValueEnum, Clone, Copy, Default)]
enum What {
    #[default]
    Instances,
    Processes,
    Incidents,
    Decisions,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let client = args.server.client()?;
    let filter = |pairs: &[(&str, &Option<String>)]| {
        let given = pairs.iter().filter_map(|(name, value)| Some(((*name).to_owned(), Option::clone(value)?)));
        given.collect::<Vec<_>>()
    };
    let (path, field, query, columns): (_, _, _, &[Column]) = match args.what {
        What::Instances => {
            let query = [("processId", &args.process), ("state", &args.state), ("businessKey", &args.business_key)];
            ("/instances", "instances", filter(&query), &INSTANCES)
        }
        What::Incidents => {
            let query = [("processId", &args.process), ("instanceId", &args.instance)];
            ("/incidents", "incidents", filter(&query), &INCIDENTS)
        }
        What::Processes => ("/processes", "processes", Vec::new(), &PROCESSES),
        What::Decisions => ("/decisions", "decisions", Vec::new(), &DECISIONS),
    };
    let rows = match args.what {
        What::Instances | What::Incidents => pages(&client, path, field, &query, args.limit).await?,
        What::Processes | What::Decisions => {
            let answer = client.get(path).await?;
            answer[field].as_array().into_iter().flatten().take(args.limit).cloned().collect()
        }
    };
    args.output.list(&rows, columns)
}

const INSTANCES: [Column; 6] = [
    Column("instanceId", "instance"),
    Column("processId", "process"),
    Column("processVersion", "version"),
    Column("state", "state"),
    Column("createdAt", "created"),
    Column("businessKey", "business key"),
];

pub const INCIDENTS: [Column; 5] = [
    Column("id", "incident"),
    Column("processId", "process"),
    Column("elementId", "element"),
    Column("code", "code"),
    Column("message", "message"),
];

const PROCESSES: [Column; 5] = [
    Column("processId", "process"),
    Column("version", "version"),
    Column("activeInstances", "active"),
    Column("openIncidents", "incidents"),
    Column("name", "name"),
];

const DECISIONS: [Column; 3] = [Column("decisionId", "decision"), Column("version", "version"), Column("name", "name")];

/// Follows the cursors up to `limit` rows.
pub async fn pages(
    client: &Client,
    path: &str,
    field: &str,
    filter: &[(String, String)],
    limit: usize,
) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    let mut cursor = None;
    while rows.len() < limit {
        let mut query = filter.to_vec();
        query.push(("limit".to_owned(), PAGE.min(limit - rows.len()).to_string()));
        query.extend(cursor.take().map(|cursor| ("cursor".to_owned(), cursor)));
        let answer = client.get_with(path, &query).await?;
        rows.extend(answer[field].as_array().into_iter().flatten().cloned());
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(rows)
}
