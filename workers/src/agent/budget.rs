//! What one agentic task may use: `custom.budget`. Counted over the whole transcript, whatever was tried again, and checked
//! before each call.

use super::{
    failure::Code,
    provider::Usage,
    task::{milliseconds, number},
    transcript::Entry,
};
use anyhow::Context;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};
use worker_sdk::JobFailure;

/// What has been used so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    model_calls: u32,
    tool_calls: u32,
    /// Of all models, and of each that is not the task's first.
    usage: Usage,
    of_others: BTreeMap<String, Usage>,
    /// Milliseconds since 1970, of the first record.
    begun: Option<i64>,
    /// Milliseconds in which a person was waited for.
    waited: i64,
    asked: Option<i64>,
}

impl Spent {
    /// One more record.
    pub fn count(&mut self, entry: &Entry, at: i64) {
        self.begun.get_or_insert(at);
        match entry {
            Entry::ModelCall { .. } => self.model_calls += 1,
            Entry::ToolCall { .. } => self.tool_calls += 1,
            Entry::ModelReply { reply, model, .. } => {
                self.usage.add(reply.usage);
                if let Some(model) = model {
                    self.of_others.entry(model.clone()).or_default().add(reply.usage);
                }
            }
            Entry::PersonAsked { .. } => self.asked = Some(at),
            Entry::PersonAnswered { .. } => {
                self.waited += self.asked.take().map_or(0, |asked| at.saturating_sub(asked).max(0));
            }
            _ => {}
        }
    }

    fn worked_ms(&self, now: i64) -> i64 {
        self.begun.map_or(0, |begun| now.saturating_sub(begun).saturating_sub(self.waited))
    }
}

/// What models cost, by their names in definitions: the file of `BATON_LLM_PRICES`.
#[derive(Debug, Default)]
pub struct Prices(BTreeMap<String, Price>);

/// Of a million tokens, in whatever currency budgets are in.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
}

impl Prices {
    pub fn load(file: Option<&Path>) -> anyhow::Result<Prices> {
        let Some(file) = file else { return Ok(Prices::default()) };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("reading the prices in {}", file.display()))?;
        let prices = serde_json::from_str(&text).with_context(|| format!("the prices in {}", file.display()))?;
        Ok(Prices(prices))
    }

    pub fn of(&self, model: &str, usage: Usage) -> Option<f64> {
        let price = self.0.get(model)?;
        Some((usage.input_tokens as f64 * price.input + usage.output_tokens as f64 * price.output) / 1_000_000.0)
    }
}

pub struct Budget<'a> {
    limits: Option<&'a Map<String, Value>>,
    model: &'a str,
    prices: &'a Prices,
}

impl<'a> Budget<'a> {
    pub fn of(custom: &'a Map<String, Value>, model: &'a str, prices: &'a Prices) -> Budget<'a> {
        Budget { limits: custom.get("budget").and_then(Value::as_object), model, prices }
    }

    pub fn before_model_call(&self, spent: &Spent, now: i64) -> Result<(), JobFailure> {
        self.check("modelCalls", f64::from(spent.model_calls))?;
        self.check("tokens", (spent.usage.input_tokens + spent.usage.output_tokens) as f64)?;
        self.check_money(spent)?;
        self.check_time(spent, now)
    }

    pub fn before_tool_call(&self, spent: &Spent, now: i64) -> Result<(), JobFailure> {
        self.check("toolCalls", f64::from(spent.tool_calls))?;
        self.check_time(spent, now)
    }

    /// `times`: how often this call has been made before.
    pub fn before_same_call(&self, times: u32) -> Result<(), JobFailure> {
        self.check("sameCall", f64::from(times))
    }

    /// Whether the budget says how often the same call may be made.
    pub fn limits_same_calls(&self) -> bool {
        self.limit("sameCall").is_some()
    }

    fn check_money(&self, spent: &Spent) -> Result<(), JobFailure> {
        if self.limit("money").is_none() {
            return Ok(());
        }
        let mut own = spent.usage;
        let mut money = 0.0;
        for (model, usage) in &spent.of_others {
            own.subtract(*usage);
            money += self.price(model, *usage)?;
        }
        self.check("money", money + self.price(self.model, own)?)
    }

    fn price(&self, model: &str, usage: Usage) -> Result<f64, JobFailure> {
        self.prices.of(model, usage).ok_or_else(|| {
            Code::BudgetExceeded.bug(format!(
                "custom.budget.money cannot be kept: the worker has no price of the model `{model}` (BATON_LLM_PRICES)"
            ))
        })
    }

    fn check_time(&self, spent: &Spent, now: i64) -> Result<(), JobFailure> {
        let limit = self.limits.and_then(|limits| limits.get("wallTime")).and_then(milliseconds);
        match limit.filter(|limit| spent.worked_ms(now) >= *limit as i64) {
            Some(limit) => Err(exceeded("wallTime", &format!("{limit} ms"))),
            None => Ok(()),
        }
    }

    fn check(&self, name: &str, used: f64) -> Result<(), JobFailure> {
        match self.limit(name).filter(|limit| used >= *limit) {
            Some(limit) => Err(exceeded(name, &limit.to_string())),
            None => Ok(()),
        }
    }

    fn limit(&self, name: &str) -> Option<f64> {
        self.limits?.get(name).and_then(number)
    }
}

fn exceeded(name: &str, limit: &str) -> JobFailure {
    Code::BudgetExceeded.bug(format!("the budget `{name}` of {limit} is used up"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::provider::Reply;
    use serde_json::json;

    fn spent() -> Spent {
        let mut spent = Spent::default();
        let usage = Usage { input_tokens: 1000, output_tokens: 500 };
        spent.count(&Entry::ModelCall { call: 1 }, 100);
        spent.count(
            &Entry::ModelReply { call: 1, reply: Reply { usage, ..Reply::default() }, model: None, is_aside: false },
            200,
        );
        let (question, call) = ("q".to_owned(), "c".to_owned());
        let asked = Entry::PersonAsked {
            question: question.clone(),
            call: call.clone(),
            about: super::super::transcript::About::Approval,
        };
        spent.count(&asked, 1000);
        let answered = Entry::PersonAnswered { question, call, values: None, by: None, expires: None };
        spent.count(&answered, 90_000);
        spent
    }

    #[test]
    fn each_limit_is_checked_before_the_call() {
        let prices = Prices(BTreeMap::from([("m".to_owned(), Price { input: 1000.0, output: 2000.0 })]));
        let check = |budget: Value| {
            let custom = json!({"budget": budget});
            let budget = Budget::of(custom.as_object().unwrap(), "m", &prices);
            budget.before_model_call(&spent(), 92_000).is_ok() && budget.before_tool_call(&spent(), 92_000).is_ok()
        };
        assert!(check(json!({})) && check(json!({"modelCalls": 2, "toolCalls": 1, "tokens": "1501", "money": 2.01})));
        assert!(!check(json!({"modelCalls": 1})) && !check(json!({"toolCalls": 0})) && !check(json!({"tokens": 1500})));
        assert!(
            !check(json!({"money": 2})) && check(json!({"wallTime": "PT3S"})) && !check(json!({"wallTime": "PT2S"}))
        );
    }
}
