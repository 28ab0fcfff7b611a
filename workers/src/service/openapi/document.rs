//! OpenAPI documents, fetched like anything else of the outside and kept for a while.

use super::super::{Outside, answer, web::failed};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use worker_sdk::JobFailure;

const FETCHED_WITHIN: Duration = Duration::from_secs(30);
const LARGEST: usize = 4 * 1024 * 1024;
const KEPT: Duration = Duration::from_secs(300);
const MOST: usize = 100;

type Kept = HashMap<String, (Arc<Value>, Instant)>;

/// By address.
#[derive(Default)]
pub struct Documents(Mutex<Kept>);

impl Documents {
    pub async fn get(&self, outside: &Outside, address: &str) -> Result<Arc<Value>, JobFailure> {
        if let Some((document, since)) = self.kept().get(address)
            && since.elapsed() < KEPT
        {
            return Ok(document.clone());
        }
        let document = Arc::new(fetch(outside, address).await?);
        let mut kept = self.kept();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(address.to_owned(), (document.clone(), Instant::now()));
        Ok(document)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn fetch(outside: &Outside, address: &str) -> Result<Value, JobFailure> {
    let url = outside.egress.check(address).map_err(|error| JobFailure::bug(error.to_string()))?;
    let response = outside.egress.client().get(url).timeout(FETCHED_WITHIN).send().await.map_err(failed)?;
    let status = response.status();
    if !status.is_success() {
        let message = format!("the document of the operation was answered with {status}");
        return Err(if status.is_server_error() { JobFailure::retryable(message) } else { JobFailure::bug(message) });
    }
    let content = answer::limited(response, LARGEST).await?;
    let text = String::from_utf8(content).map_err(|_| JobFailure::bug("the document of the operation is not text"))?;
    read(&text).ok_or_else(|| JobFailure::bug("the document of the operation is neither OpenAPI 3 in JSON nor in YAML"))
}

fn read(text: &str) -> Option<Value> {
    let document: Value = serde_json::from_str(text).ok().or_else(|| serde_saphyr::from_str(text).ok())?;
    document.get("openapi")?.as_str()?.starts_with("3.").then_some(document)
}
