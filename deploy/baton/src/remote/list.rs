//! `baton list`: instances, processes, incidents, tasks, decisions.

use super::{
    Server,
    exit::Usage,
    output::{Column, Output},
    people::TASKS,
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
    /// Instances or incidents of this process.
    #[arg(long)]
    process: Option<String>,
    /// Instances in this state: active, completed, terminated, canceled, failed, incident, suspended; or tasks: open,
    /// completed, canceled.
    #[arg(long)]
    state: Option<String>,
    /// Instances with this business key.
    #[arg(long)]
    business_key: Option<String>,
    /// Incidents or tasks of this instance.
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
    Tasks,
    Decisions,
}

impl What {
    /// The filters that the API has for it.
    fn filters(self) -> &'static [&'static str] {
        match self {
            What::Instances => &["process", "state", "business-key"],
            What::Incidents => &["process", "instance"],
            What::Tasks => &["state", "instance"],
            What::Processes | What::Decisions => &[],
        }
    }
}

impl Args {
    /// What is asked of the API. A filter that it does not have is refused: without it more would be listed than is wanted.
    fn query(&self) -> anyhow::Result<Vec<(String, String)>> {
        let given = [
            ("process", "processId", &self.process),
            ("state", "state", &self.state),
            ("business-key", "businessKey", &self.business_key),
            ("instance", "instanceId", &self.instance),
        ];
        let mut query = Vec::new();
        for (flag, field, value) in given {
            let Some(value) = value else { continue };
            if !self.what.filters().contains(&flag) {
                return Err(
                    Usage(format!("--{flag} does not go with this list; `baton list --help` says which do")).into()
                );
            }
            query.push((field.to_owned(), value.clone()));
        }
        Ok(query)
    }
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let query = args.query()?;
    let client = args.server.client()?;
    let (path, field, columns): (_, _, &[Column]) = match args.what {
        What::Instances => ("/instances", "instances", &INSTANCES),
        What::Incidents => ("/incidents", "incidents", &INCIDENTS),
        What::Tasks => ("/user-tasks", "tasks", &TASKS),
        What::Processes => ("/processes", "processes", &PROCESSES),
        What::Decisions => ("/decisions", "decisions", &DECISIONS),
    };
    let rows = match args.what {
        What::Instances | What::Incidents | What::Tasks => pages(&client, path, field, &query, args.limit).await?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn query(words: &[&str]) -> Result<Vec<String>, String> {
        let line = Line::try_parse_from(["list"].iter().chain(words)).map_err(|error| error.to_string())?;
        let query = line.args.query().map_err(|error| error.to_string())?;
        Ok(query.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn filters_are_those_of_what_is_listed() {
        let found = query(&["--process", "order", "--state", "incident", "--business-key", "7"]);
        assert_eq!(found.unwrap(), ["processId=order", "state=incident", "businessKey=7"]);
        assert_eq!(
            query(&["tasks", "--instance", "i", "--state", "completed"]).unwrap(),
            ["state=completed", "instanceId=i"]
        );
        for wrong in [["incidents", "--state", "active"], ["processes", "--process", "a"], ["tasks", "--process", "a"]]
        {
            assert!(query(&wrong).unwrap_err().contains(wrong[1]), "{wrong:?}");
        }
        assert!(query(&["everything"]).unwrap_err().contains("instances"));
    }
}
