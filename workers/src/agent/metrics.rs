//! What agents use, for Prometheus. Nothing that is replayed from a transcript is counted again.

use super::provider::{ProviderError, Reply};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError, atomic::AtomicU64},
};

/// Models that are counted by name; the names stand in definitions, so there may be any number of them.
const MODELS: usize = 100;
const OTHERS: &str = "others";

#[derive(Debug, Default)]
pub struct Metrics {
    models: Mutex<BTreeSet<String>>,
    calls: Family<Call, Counter>,
    tokens: Family<Tokens, Counter>,
    cost: Family<Model, Counter<f64, AtomicU64>>,
    tool_calls: Family<ToolCall, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    model: String,
    /// ok, unavailable or refused.
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    model: String,
    /// input or output.
    direction: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolCall {
    /// ok or error.
    outcome: &'static str,
}

impl Metrics {
    pub fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("agent");
        registry.register("model_calls", "Calls of models, by outcome", self.calls.clone());
        registry.register("tokens", "Tokens that models read (input) and wrote (output)", self.tokens.clone());
        let help = "What that cost, by the price table and in its currency; models without a price cost nothing";
        registry.register("cost", help, self.cost.clone());
        registry.register("tool_calls", "Calls of tools, by outcome", self.tool_calls.clone());
    }

    /// `cost`: none without a price.
    pub fn asked(&self, model: &str, reply: &Result<Reply, ProviderError>, cost: Option<f64>) {
        let model = self.model(model);
        let outcome = match reply {
            Ok(_) => "ok",
            Err(ProviderError::Unavailable { .. }) => "unavailable",
            Err(ProviderError::Refused(_)) => "refused",
        };
        self.calls.get_or_create(&Call { model: model.clone(), outcome }).inc();
        let Ok(reply) = reply else { return };
        for (direction, count) in [("input", reply.usage.input_tokens), ("output", reply.usage.output_tokens)] {
            self.tokens.get_or_create(&Tokens { model: model.clone(), direction }).inc_by(count);
        }
        if let Some(cost) = cost {
            self.cost.get_or_create(&Model { model }).inc_by(cost);
        }
    }

    pub fn used_tool(&self, is_error: bool) {
        let outcome = if is_error { "error" } else { "ok" };
        self.tool_calls.get_or_create(&ToolCall { outcome }).inc();
    }

    fn model(&self, name: &str) -> String {
        let mut known = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(name) {
            if known.len() >= MODELS {
                return OTHERS.to_owned();
            }
            known.insert(name.to_owned());
        }
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::provider::Usage;
    use prometheus_client::encoding::text::encode;

    #[test]
    fn tokens_money_and_failures_are_counted() {
        let (metrics, mut registry) = (Metrics::default(), Registry::with_prefix("baton"));
        metrics.register(&mut registry);
        let usage = Usage { input_tokens: 100, output_tokens: 7 };
        metrics.asked("anthropic/claude", &Ok(Reply { usage, ..Reply::default() }), Some(0.25));
        metrics.asked("anthropic/claude", &Err(ProviderError::Refused("no".to_owned())), None);
        metrics.used_tool(true);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "baton_agent_tokens_total{model=\"anthropic/claude\",direction=\"input\"} 100",
            "baton_agent_tokens_total{model=\"anthropic/claude\",direction=\"output\"} 7",
            "baton_agent_cost_total{model=\"anthropic/claude\"} 0.25",
            "baton_agent_model_calls_total{model=\"anthropic/claude\",outcome=\"refused\"} 1",
            "baton_agent_tool_calls_total{outcome=\"error\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing:\n{text}");
        }
    }
}
