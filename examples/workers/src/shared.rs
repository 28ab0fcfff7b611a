//! State that handlers share (here a cache), taken as an argument; `main.rs` also gives the type a rate that counts over all
//! replicas, because the service that it asks is one for all.

use serde::Deserialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use worker_sdk::{Job, JobFailure};

/// How much of a currency is a euro.
#[derive(Default)]
pub struct Rates {
    known: Mutex<BTreeMap<String, f64>>,
}

impl Rates {
    fn of(&self, currency: &str) -> Result<f64, JobFailure> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = known.get(currency) {
            return Ok(*rate);
        }
        let rate = ask_service(currency).ok_or_else(|| JobFailure::bug(format!("`{currency}` is no currency")))?;
        known.insert(currency.to_owned(), rate);
        Ok(rate)
    }
}

fn ask_service(currency: &str) -> Option<f64> {
    [("EUR", 1.0), ("USD", 1.25), ("JPY", 160.0)].into_iter().find(|(name, _)| *name == currency).map(|(_, rate)| rate)
}

#[derive(Deserialize)]
pub struct Price {
    amount: f64,
    currency: String,
}

pub async fn convert(job: Job<Price>, rates: Arc<Rates>) -> Result<f64, JobFailure> {
    Ok(job.input.amount / rates.of(&job.input.currency)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn it_converts_with_what_it_shares() {
        let job = TestJob::new("convert-currency").state(Rates::default());
        let outcome = job.variables(json!({"amount": 10, "currency": "USD"})).run_with(convert).await;
        assert_eq!(outcome.result.unwrap()["result"], 8.0);
    }
}
