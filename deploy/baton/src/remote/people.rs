//! What waits for people: `baton tasks`, `claim`, `complete`.

use super::{
    Server,
    exit::Usage,
    list,
    output::{Column, Output},
    variables::Variables,
};
use serde_json::json;

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton tasks                              everything that waits for somebody
  baton tasks --mine                       what $USER may do
  baton tasks --user ann --groups sales    what she may do
  baton tasks -q --instance INSTANCE       ids alone, for `baton complete`")]
pub struct TasksArgs {
    /// What this person may do.
    #[arg(long)]
    user: Option<String>,
    /// What you may do: `--user` with your name on this machine ($USER).
    #[arg(long, conflicts_with = "user")]
    mine: bool,
    /// Groups of that person, separated by commas.
    #[arg(long)]
    groups: Option<String>,
    /// Of this instance.
    #[arg(long)]
    instance: Option<String>,
    /// open, completed or canceled.
    #[arg(long, default_value = "open")]
    state: String,
    /// At most so many, over all pages.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Examples:
  baton claim 0190…:7                 for $USER
  baton claim 0190…:7 --user ann      for somebody else
  baton claim 0190…:7 --release       for nobody")]
pub struct ClaimArgs {
    /// Id of the task, as `baton tasks` prints it.
    task: String,
    /// For whom.
    #[arg(long, env = "USER")]
    user: String,
    /// Give it back instead.
    #[arg(long)]
    release: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(clap::Args)]
#[command(after_help = "Example: baton complete 0190…:7 --var decision=approve --var comments='as discussed'")]
pub struct CompleteArgs {
    /// Id of the task, as `baton tasks` prints it.
    task: String,
    /// Who did it.
    #[arg(long, env = "USER")]
    user: String,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub const TASKS: [Column; 6] = [
    Column("id", "task"),
    Column("processId", "process"),
    Column("elementId", "element"),
    Column("claimedBy", "claimed by"),
    Column("dueDate", "due"),
    Column("name", "name"),
];

pub async fn tasks(args: TasksArgs) -> anyhow::Result<()> {
    let user = if args.mine { Some(myself()?) } else { args.user };
    let mut query = vec![("state".to_owned(), args.state)];
    for (name, value) in [("user", user), ("groups", args.groups), ("instanceId", args.instance)] {
        query.extend(value.map(|value| (name.to_owned(), value)));
    }
    let rows = list::pages(&args.server.client()?, "/user-tasks", "tasks", &query, args.limit).await?;
    args.output.list(&rows, &TASKS)
}

fn myself() -> anyhow::Result<String> {
    let named = std::env::var("USER").ok().filter(|name| !name.is_empty());
    named.ok_or_else(|| Usage("--mine needs your name in USER; or say --user NAME".to_owned()).into())
}

pub async fn claim(args: ClaimArgs) -> anyhow::Result<()> {
    let user = if args.release { "" } else { args.user.as_str() };
    args.server.client()?.post(&format!("/user-tasks/{}/claim", args.task), json!({"user": user})).await?;
    let claimed = json!({"id": args.task, "claimedBy": (!user.is_empty()).then_some(user)});
    args.output.one(&claimed, &args.task, || match user {
        "" => vec![format!("{} is everybody's again", args.task)],
        user => vec![format!("{} is {user}'s", args.task)],
    })
}

pub async fn complete(args: CompleteArgs) -> anyhow::Result<()> {
    let body = json!({"variables": args.variables.read()?, "by": args.user});
    let once = uuid::Uuid::new_v4().to_string();
    let path = format!("/user-tasks/{}/complete", args.task);
    let done = args.server.client()?.post_once(&path, body, &once).await?;
    args.output.one(&done, &args.task, || vec![format!("{} is done", args.task)])
}
