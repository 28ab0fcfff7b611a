//! `baton agent eval`: recorded conversations held again, and what came of them, as a table.

use anyhow::ensure;
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode};
use workers::agent::{
    cassette::Cassette,
    evaluation::{self, Outcome, Plan},
};

#[derive(Debug, clap::Subcommand)]
pub enum Agent {
    /// Hold recorded conversations again, with the recorded answers of the tools: with another model or prompt, or as they were.
    Eval(Eval),
}

/// Cassettes are recorded by agent workers that have BATON_CASSETTES=FOLDER.
///
/// Ends with 1 when there is a conversation without an output, or one that a judge refuses.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  baton agent eval cassettes/                                   what was said, judged anew
  baton agent eval cassettes/ --model anthropic/claude-haiku-4-5 --judge 'output.severity == recorded.severity'
  baton agent eval cassettes/analyse-*.json --prompt better.txt --llm anthropic --judge-model anthropic/claude-opus-4-5")]
pub struct Eval {
    /// Cassettes, or folders of them.
    #[arg(required = true)]
    cassettes: Vec<PathBuf>,
    /// Who answers: a provider as in BATON_LLM, or `cassette`, which says what was said; by default `cassette` when neither
    /// model nor prompt is another, else the provider whose key is in the environment.
    #[arg(long)]
    llm: Option<String>,
    /// Another model.
    #[arg(long)]
    model: Option<String>,
    /// A file with another system prompt.
    #[arg(long, value_name = "FILE")]
    prompt: Option<PathBuf>,
    /// A condition over `output`, `recorded` (the output then) and `inputs`; any number of them.
    #[arg(long = "judge", value_name = "EXPRESSION")]
    judges: Vec<String>,
    /// A model that grades each output.
    #[arg(long, value_name = "MODEL")]
    judge_model: Option<String>,
    /// How often each conversation is held.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// What models cost, as for the agent worker.
    #[arg(long, env = "BATON_LLM_PRICES", value_name = "FILE")]
    prices: Option<PathBuf>,
    /// JSON lines instead of a table.
    #[arg(long)]
    json: bool,
}

pub async fn run(agent: Agent) -> anyhow::Result<ExitCode> {
    let Agent::Eval(args) = agent;
    let mut cassettes = Vec::new();
    for path in &args.cassettes {
        cassettes.extend(Cassette::load(path)?);
    }
    ensure!(
        !cassettes.is_empty(),
        "there is no *.cassette.json; agent workers write them when BATON_CASSETTES names a folder"
    );
    let plan = plan(&args)?;
    let mut outcomes = Vec::new();
    for cassette in &cassettes {
        for _ in 0..args.runs.max(1) {
            let outcome = evaluation::evaluate(cassette, &plan, args.prices.as_deref()).await?;
            if args.json {
                println!("{}", as_json(&outcome));
            }
            outcomes.push(outcome);
        }
    }
    if !args.json {
        print!("{}", table(&outcomes));
    }
    let is_good = outcomes.iter().all(Outcome::is_good);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn plan(args: &Eval) -> anyhow::Result<Plan> {
    let prompt = args.prompt.as_ref().map(std::fs::read_to_string).transpose()?;
    let as_it_was = args.model.is_none() && prompt.is_none();
    let llm = args.llm.clone().or_else(|| as_it_was.then(|| "cassette".to_owned()));
    let (judges, judge_model) = (args.judges.clone(), args.judge_model.clone());
    Ok(Plan { llm, model: args.model.clone(), prompt, judges, judge_model })
}

fn as_json(outcome: &Outcome) -> Value {
    let differences =
        outcome.differences.iter().map(|(name, then, now)| json!({"field": name, "then": then, "now": now}));
    json!({
        "element": outcome.element, "model": outcome.model, "good": outcome.is_good(), "failure": outcome.failure,
        "confidence": outcome.confidence, "recordedConfidence": outcome.recorded_confidence,
        "toolCalls": outcome.tool_calls, "usage": outcome.usage, "cost": outcome.cost, "seconds": outcome.seconds,
        "differences": differences.collect::<Vec<_>>(), "failed": outcome.failed,
        "grade": outcome.grade.as_ref().map(|(grade, reason)| json!({"grade": grade, "reason": reason})),
    })
}

fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:<5} {:<20} {:<32} {:>11} {:>6} {:>8} {:>9} {:>7} {:>6}\n",
        "", "element", "model", "confidence", "tools", "tokens", "cost", "s", "grade"
    );
    for outcome in outcomes {
        let number =
            |number: Option<f64>, digits: usize| number.map_or("-".to_owned(), |number| format!("{number:.digits$}"));
        let confidence = format!("{} > {}", number(outcome.recorded_confidence, 2), number(outcome.confidence, 2));
        let verdict = if outcome.is_good() { "good" } else { "BAD" };
        text += &format!(
            "{verdict:<5} {:<20} {:<32} {confidence:>11} {:>6} {:>8} {:>9} {:>7.1} {:>6}\n",
            outcome.element,
            outcome.model,
            outcome.tool_calls,
            outcome.usage.input_tokens + outcome.usage.output_tokens,
            number(outcome.cost, 4),
            outcome.seconds,
            number(outcome.grade.as_ref().map(|(grade, _)| *grade), 2),
        );
        let failure = outcome.failure.iter().map(|why| format!("      no output: {why}\n"));
        let failed = outcome.failed.iter().map(|why| format!("      does not hold: {why}\n"));
        let reason = outcome.grade.iter().map(|(_, reason)| format!("      judge: {reason}\n"));
        let short = |value: &Value| value.to_string().chars().take(60).collect::<String>();
        let differences = outcome.differences.iter();
        let differences =
            differences.map(|(name, then, now)| format!("      {name}: {} > {}\n", short(then), short(now)));
        text.extend(failure.chain(failed).chain(reason).chain(differences));
    }
    let good = outcomes.iter().filter(|outcome| outcome.is_good()).count();
    text + &format!("{good} of {} good\n", outcomes.len())
}
