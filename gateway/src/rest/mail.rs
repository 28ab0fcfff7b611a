//! Caught mails of a development server: the send worker writes them into a folder instead of sending them.

use crate::{problem::Problem, state::App};
use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::Value;
use std::{path::Path, sync::Arc};
use utoipa::ToSchema;

/// Mails shown at most, the latest.
const SHOWN: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailList {
    /// `{from, to, subject, body, receivedAt}`, the latest first.
    messages: Vec<Value>,
}

/// Caught mails; 404 where mails are really sent.
#[utoipa::path(get, path = "/api/v1/mail", responses((status = 200, body = MailList)))]
pub async fn mail(State(app): State<Arc<App>>) -> Result<Json<MailList>, Problem> {
    let folder = app.config.dev_mail_dir.as_deref();
    let folder = folder.ok_or_else(|| Problem::not_found("This server catches no mails"))?;
    Ok(Json(MailList { messages: read(folder).await }))
}

/// A folder that is not there yet has no mails; a file that is being written is left out this time.
async fn read(folder: &Path) -> Vec<Value> {
    let mut numbers = Vec::new();
    if let Ok(mut entries) = tokio::fs::read_dir(folder).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            let name = entry.file_name().into_string().unwrap_or_default();
            numbers.extend(name.strip_suffix(".json").and_then(|number| number.parse::<u64>().ok()));
        }
    }
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    numbers.truncate(SHOWN);
    let mut messages = Vec::with_capacity(numbers.len());
    for number in numbers {
        let text = tokio::fs::read(folder.join(format!("{number}.json"))).await.unwrap_or_default();
        messages.extend(serde_json::from_slice::<Value>(&text).ok());
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn shows_the_latest_first_and_skips_what_is_no_mail() {
        let folder = std::env::temp_dir().join(format!("baton-mail-{}", uuid::Uuid::new_v4()));
        assert!(read(&folder).await.is_empty(), "a missing folder has no mails");
        std::fs::create_dir(&folder).unwrap();
        for (name, text) in
            [("2.json", r#"{"subject":"two"}"#), ("10.json", r#"{"subject":"ten"}"#), ("3.json", "{"), ("a.txt", "x")]
        {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let mails = read(&folder).await;
        std::fs::remove_dir_all(&folder).unwrap();
        let subjects: Vec<_> = mails.iter().map(|mail| mail["subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["ten", "two"]);
    }
}
