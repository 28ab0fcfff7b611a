//! `baton show` and `baton get`.

use super::{
    Server, list,
    output::{Column, Output, cell, print, table},
};
use serde_json::Value;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton show 0190…
  baton show 0190… -o json | jq .variables")]
pub struct Args {
    /// Id of the instance.
    instance: String,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Example: baton get '/instances?state=incident&limit=5'")]
pub struct GetArgs {
    /// Below `/api/v1`.
    path: String,
    #[command(flatten)]
    server: Server,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let view = args.server.client()?.get(&format!("/instances/{}", args.instance)).await?;
    args.output.one(&view, &args.instance, || describe(&view))
}

pub async fn get(args: GetArgs) -> anyhow::Result<()> {
    let path = format!("/{}", args.path.trim_start_matches('/'));
    let answer = args.server.client()?.get(&path).await?;
    print([format!("{answer:#}")])
}

fn describe(view: &Value) -> Vec<String> {
    let instance = &view["instance"];
    let mut lines = vec![format!(
        "{}  {} version {}, {}",
        cell(&instance["instanceId"]),
        cell(&instance["processId"]),
        instance["processVersion"],
        cell(&instance["state"])
    )];
    let facts = [("businessKey", "business key"), ("createdAt", "created"), ("endedAt", "ended")];
    let known = facts.iter().filter(|(field, _)| !instance[field].is_null());
    lines.extend(known.map(|(field, name)| format!("{name}: {}", cell(&instance[field]))));
    let list = |field: &str| view[field].as_array().cloned().unwrap_or_default();
    let mut part = |title: &str, rows: Vec<Value>, columns: &[Column]| {
        if !rows.is_empty() {
            lines.push(String::new());
            lines.push(title.to_owned());
            lines.extend(table(&rows, columns).into_iter().map(|line| format!("  {line}")));
        }
    };
    let waiting = [Column("elementId", "element"), Column("elementType", "type"), Column("why", "why it waits")];
    part("active", list("elements"), &waiting);
    part("joins", list("joins"), &[Column("elementId", "element"), Column("why", "why it waits")]);
    part("incidents", list("incidents"), &list::INCIDENTS);
    let variables = view["variables"].as_object().into_iter().flatten();
    let variables = variables.map(|(name, value)| serde_json::json!({"name": name, "value": value}));
    part("variables", variables.collect(), &[Column("name", "name"), Column("value", "value")]);
    let children = list("children").into_iter().map(|id| serde_json::json!({"id": id}));
    part("called", children.collect(), &[Column("id", "instance")]);
    if let Some(more) = view["elementsLeftOut"].as_u64().filter(|more| *more > 0) {
        lines.push(format!("and {more} more active elements"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_instance_says_where_it_stands_and_why() {
        let view = json!({
            "instance": {"instanceId": "i", "processId": "order", "processVersion": 2, "state": "active"},
            "elements": [{"elementId": "pay", "elementType": "serviceTask", "why": "A worker has its job"}],
            "variables": {"total": 7}, "elementsLeftOut": 0,
        });
        let lines = describe(&view);
        assert_eq!(lines[0], "i  order version 2, active");
        let has = |text: &str| lines.iter().any(|line| line.contains(text));
        assert!(
            has("pay      serviceTask  A worker has its job") && has("total  7") && !has("incidents"),
            "{lines:#?}"
        );
    }
}
