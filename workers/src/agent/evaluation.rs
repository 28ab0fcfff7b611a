//! What comes of a recorded conversation when it is held again: with another model, with another prompt, or as it was.
//!
//! The agent runs as in a job, with its loop, its repairs and its policies. The tools are those of the [`cassette`](super::cassette) and
//! answer as they did, so nothing happens; no server is needed but the model's.

use super::{
    Agent, Prices,
    cassette::{Cassette, Player},
    provider::{self, ChatRequest, LlmProvider, Message, Usage},
    tools::Servers,
};
use anyhow::Context;
use interpreter::{
    Timestamp,
    expression::{Expression, Scope},
};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, path::Path, sync::Arc, time::Instant};
use worker_sdk::{JobFailure, testing::TestJob};

/// How conversations are held again.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// As BATON_LLM: a provider, or `cassette`, which says what was said.
    pub llm: Option<String>,
    /// In the place of the recorded model.
    pub model: Option<String>,
    /// In the place of the recorded system prompt.
    pub prompt: Option<String>,
    /// Conditions over `output`, `recorded` (the output then) and `inputs`, that have to hold.
    pub judges: Vec<String>,
    /// A model that grades each output from 0 to 1.
    pub judge_model: Option<String>,
}

/// What came of one conversation.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub element: String,
    pub model: String,
    /// Why there is no output.
    pub failure: Option<String>,
    pub confidence: Option<f64>,
    pub recorded_confidence: Option<f64>,
    pub tool_calls: u64,
    pub usage: Usage,
    /// By the price table; none without a price.
    pub cost: Option<f64>,
    pub seconds: f64,
    /// Fields of the result that are not as they were: then and now.
    pub differences: Vec<(String, Value, Value)>,
    /// Conditions that do not hold, and why.
    pub failed: Vec<String>,
    /// Of the judging model, and its reason.
    pub grade: Option<(f64, String)>,
}

impl Outcome {
    /// An output that satisfies every judge.
    pub fn is_good(&self) -> bool {
        self.failure.is_none() && self.failed.is_empty() && self.grade.as_ref().is_none_or(|(grade, _)| *grade >= 0.5)
    }
}

/// `prices`: the file of BATON_LLM_PRICES. Providers are chosen by the environment of the process.
pub async fn evaluate(cassette: &Cassette, plan: &Plan, prices: Option<&Path>) -> anyhow::Result<Outcome> {
    evaluate_with(cassette, plan, prices, |name| std::env::var(name).ok()).await
}

/// The same with these variables of the environment.
pub async fn evaluate_with(
    cassette: &Cassette,
    plan: &Plan,
    prices: Option<&Path>,
    environment: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> anyhow::Result<Outcome> {
    let model = plan.model.clone().unwrap_or_else(|| cassette.text("model").to_owned());
    let agent = Agent::with(Servers::recorded(cassette.clone()), plan.llm.clone(), Prices::load(prices)?);
    let mut agent = agent.environment(environment);
    if plan.llm.as_deref() == Some(super::CASSETTE) {
        agent.played = Some(Arc::new(vec![cassette.clone()]));
    }
    let began = Instant::now();
    let result = run(Arc::new(agent), task(cassette, &model, plan), cassette).await;
    let mut outcome = Outcome {
        element: cassette.element.clone(),
        recorded_confidence: cassette.output.get("confidence").and_then(Value::as_f64),
        seconds: began.elapsed().as_secs_f64(),
        model,
        ..Outcome::default()
    };
    match result {
        Ok(output) => judge(&mut outcome, &output, cassette, plan, prices).await?,
        Err(failure) => outcome.failure = Some(failure),
    }
    Ok(outcome)
}

fn task(cassette: &Cassette, model: &str, plan: &Plan) -> Value {
    let mut task = cassette.task.clone();
    task.insert("model".to_owned(), json!(model));
    if let Some(prompt) = &plan.prompt {
        let custom = task.entry("custom").or_insert_with(|| json!({}));
        if let Some(custom) = custom.as_object_mut() {
            custom.insert("systemPrompt".to_owned(), json!(prompt));
        }
    }
    Value::Object(task)
}

async fn run(agent: Arc<Agent>, task: Value, cassette: &Cassette) -> Result<Map<String, Value>, String> {
    let job = TestJob::new("agent").task(task).variables(json!(cassette.variables));
    let element = cassette.element.clone();
    let handler = move |job| {
        let agent = agent.clone();
        async move { agent.run(job).await }
    };
    job.change(|job| job.element_id = element).run(handler).await.result.map_err(|failure| match failure {
        JobFailure::Asks(question) => format!("it asks a person: {}", question.title()),
        other => other.to_string(),
    })
}

async fn judge(
    outcome: &mut Outcome,
    output: &Map<String, Value>,
    cassette: &Cassette,
    plan: &Plan,
    prices: Option<&Path>,
) -> anyhow::Result<()> {
    let result = output.get("result").cloned().unwrap_or_default();
    let recorded = cassette.output.get("result").cloned().unwrap_or_default();
    outcome.confidence = output.get("confidence").and_then(Value::as_f64);
    outcome.tool_calls = output.get("toolCalls").and_then(Value::as_u64).unwrap_or_default();
    outcome.usage =
        output.get("usage").cloned().and_then(|usage| serde_json::from_value(usage).ok()).unwrap_or_default();
    outcome.cost = Prices::load(prices)?.of(&outcome.model, outcome.usage);
    outcome.differences = differences(&recorded, &result);
    let scope = Judged { output: &result, recorded: &recorded, inputs: &json!(cassette.variables) };
    for condition in &plan.judges {
        let holds = Expression::compile(condition).and_then(|compiled| compiled.is_true(&scope));
        match holds {
            Ok(true) => {}
            Ok(false) => outcome.failed.push(condition.clone()),
            Err(error) => outcome.failed.push(format!("{condition}: {error}")),
        }
    }
    if let Some(model) = &plan.judge_model {
        outcome.grade = Some(grade(model, plan, cassette, &recorded, &result).await?);
    }
    Ok(())
}

/// By field, in the order of their names.
fn differences(then: &Value, now: &Value) -> Vec<(String, Value, Value)> {
    let none = Map::new();
    let (then, now) = (then.as_object().unwrap_or(&none), now.as_object().unwrap_or(&none));
    let names: std::collections::BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    let of = |fields: &Map<String, Value>, name: &str| fields.get(name).cloned().unwrap_or_default();
    // whether the stand-in spoke is said of a run, not of what it found
    let names = names.into_iter().filter(|name| *name != "scripted");
    let pairs = names.map(|name| (name.clone(), of(then, name), of(now, name)));
    pairs.filter(|(_, then, now)| then != now).collect()
}

struct Judged<'a> {
    output: &'a Value,
    recorded: &'a Value,
    inputs: &'a Value,
}

impl Scope for Judged<'_> {
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
        let found = match name {
            "output" => self.output,
            "recorded" => self.recorded,
            "inputs" => self.inputs,
            _ => return None,
        };
        Some(Cow::Borrowed(found))
    }

    fn now(&self) -> Timestamp {
        Timestamp(super::transcript::now())
    }
}

const JUDGE: &str = "You grade the work of another agent. You are given its task, its inputs, the output of an earlier run and a new \
    output. Answer with one JSON object: grade (0 to 1: how well the new output does the task; the earlier one need not be right), \
    and reason (one sentence).";

async fn grade(
    model: &str,
    plan: &Plan,
    cassette: &Cassette,
    recorded: &Value,
    output: &Value,
) -> anyhow::Result<(f64, String)> {
    let custom = cassette.task.get("custom").cloned().unwrap_or_default();
    let asked =
        json!({"task": custom["systemPrompt"], "inputs": cassette.variables, "earlier": recorded, "new": output});
    let request = ChatRequest {
        agent_type: "judge".to_owned(),
        system: JUDGE.to_owned(),
        messages: vec![Message::User { text: asked.to_string() }],
        ..ChatRequest::default()
    };
    let judge: Box<dyn LlmProvider> = match plan.llm.as_deref() {
        Some(super::CASSETTE) => Box::new(Player(Arc::new(Vec::new()))),
        llm => provider::choose(model, llm, &|name| std::env::var(name).ok()),
    };
    let reply = judge.chat(&request, &mut |_| ()).await.with_context(|| format!("asking {model} to judge"))?;
    let json = reply.text.find('{').zip(reply.text.rfind('}')).and_then(|(from, to)| reply.text.get(from..=to));
    let answer: Value = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let grade = answer["grade"].as_f64().with_context(|| format!("{model} gave no grade but: {}", reply.text))?;
    Ok((grade.clamp(0.0, 1.0), answer["reason"].as_str().unwrap_or_default().to_owned()))
}
