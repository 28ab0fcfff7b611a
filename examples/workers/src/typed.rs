//! Input and output as types: what is missing or of another type is an incident that says so.

use serde::{Deserialize, Serialize};
use worker_sdk::{Job, JobFailure};

#[derive(Deserialize)]
pub struct Order {
    items: Vec<Item>,
    #[serde(default)]
    discount: f64,
}

#[derive(Deserialize)]
struct Item {
    price: f64,
    quantity: u32,
}

/// Both become variables.
#[derive(Serialize)]
pub struct Priced {
    total: f64,
    pieces: u32,
}

pub async fn price(job: Job<Order>) -> Result<Priced, JobFailure> {
    let Order { items, discount } = &job.input;
    let total: f64 = items.iter().map(|item| item.price * f64::from(item.quantity)).sum();
    Ok(Priced { total: total * (1.0 - discount), pieces: items.iter().map(|item| item.quantity).sum() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use worker_sdk::{JobFailure, testing::TestJob};

    #[tokio::test]
    async fn fields_become_variables_and_what_does_not_fit_is_a_bug() {
        let order = json!({"items": [{"price": 2.5, "quantity": 4}], "other": true});
        let outcome = TestJob::new("price").variables(order).run(super::price).await.result.unwrap();
        assert_eq!((&outcome["total"], &outcome["pieces"]), (&json!(10.0), &json!(4)));
        let outcome = TestJob::new("price").variables(json!({"items": "none"})).run(super::price).await;
        assert!(matches!(outcome.result, Err(JobFailure::Bug { .. })));
    }
}
