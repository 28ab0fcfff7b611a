//! A large variable, read part by part: no field of the input is for it, so it is not loaded as a whole.

use futures::StreamExt;
use serde::Deserialize;
use worker_sdk::{Job, JobFailure};

/// `document` is not here on purpose.
#[derive(Deserialize)]
pub struct Input {}

pub async fn count_words(job: Job<Input>) -> Result<usize, JobFailure> {
    let mut parts = job.variable_parts("document");
    let (mut words, mut in_word) = (0, false);
    while let Some(part) = parts.next().await {
        for byte in part? {
            let is_letter = byte.is_ascii_alphanumeric();
            words += usize::from(is_letter && !in_word);
            in_word = is_letter;
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use worker_sdk::testing::TestJob;

    #[tokio::test]
    async fn words_are_counted_over_parts() {
        let job = TestJob::new("count-words").variables(json!({"document": "one two, three"}));
        assert_eq!(job.run(super::count_words).await.result.unwrap()["result"], 3);
    }
}
