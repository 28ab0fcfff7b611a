//! `file-storage`: keeps a file of the instance under `<bucket>/<instance>/<name>`, so that later tasks, agents' tools
//! and people find it at a place that its name tells.

use super::store_failure;
use crate::store::{Store, segment, sha256};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use worker_sdk::{Job, JobFailure, Variables};

const DEFAULT_BUCKET: &str = "files";
pub const LARGEST_FILE: u64 = 256 * 1024 * 1024;

#[derive(Default, serde::Deserialize)]
struct Task {
    #[serde(default)]
    custom: Custom,
    #[serde(rename = "resultVariable")]
    result_variable: Option<String>,
}

#[derive(Default, serde::Deserialize)]
struct Custom {
    bucket: Option<String>,
    /// The variable that holds the file; dots lead into objects.
    source: Option<String>,
}

/// A file as variables hold it: kept already (`uri`), or written out (`content`).
struct File<'a> {
    variable: String,
    name: String,
    value: &'a Map<String, Value>,
}

/// The result is the path; what is known of the file comes along as `<x>Name`, `<x>Size` and `<x>Sha256`.
pub async fn store(store: Arc<Store>, job: Job<Variables>) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    let file = find(&job.input, task.custom.source.as_deref())?;
    let content = content(&store, job.tenant(), &file).await?;
    let bucket = segment(task.custom.bucket.as_deref().unwrap_or(DEFAULT_BUCKET));
    let path = format!("{bucket}/{}/{}", job.instance_id(), segment(&file.name));
    job.progress(0.5, format!("storing {path}"));
    let (size, digest) = (content.len(), sha256(&content));
    store.put(&path, content).await.map_err(store_failure)?;
    let of = task.result_variable.as_deref().and_then(prefix).unwrap_or(&file.variable).to_owned();
    Ok(Map::from_iter([
        ("result".to_owned(), json!(path)),
        (format!("{of}Name"), json!(segment(&file.name))),
        (format!("{of}Size"), json!(size)),
        (format!("{of}Sha256"), json!(digest)),
    ]))
}

/// `logFile` of `logFileUrl`: the other variables about the file are named alike.
fn prefix(result_variable: &str) -> Option<&str> {
    let prefix = ["Url", "Uri", "Path", "Location"].iter().find_map(|suffix| result_variable.strip_suffix(suffix))?;
    (!prefix.is_empty()).then_some(prefix)
}

fn find<'a>(variables: &'a Variables, source: Option<&str>) -> Result<File<'a>, JobFailure> {
    match source {
        Some(source) => {
            let value = at(variables, source).and_then(Value::as_object);
            let name = source.rsplit('.').next().unwrap_or(source);
            value.and_then(|value| file(name, value)).ok_or_else(|| {
                JobFailure::bug(format!("the variable `{source}` holds no file: neither {{uri}} nor {{name, content}}"))
            })
        }
        None => search(variables).ok_or_else(|| {
            JobFailure::bug("no variable holds a file ({uri, name} or {name, content}); `custom.source` can name it")
        }),
    }
}

/// The value at a dotted path.
pub fn at<'a>(variables: &'a Variables, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = variables.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// The first variable that is a file, else the first file one level deeper.
fn search(variables: &Variables) -> Option<File<'_>> {
    let direct = variables.iter().find_map(|(name, value)| file(name, value.as_object()?));
    direct.or_else(|| {
        let inner = variables.values().filter_map(Value::as_object);
        inner.flatten().find_map(|(name, value)| file(name, value.as_object()?))
    })
}

fn file<'a>(variable: &str, value: &'a Map<String, Value>) -> Option<File<'a>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let name = match (text("uri"), text("content"), text("name")) {
        (Some(uri), _, name) => name.unwrap_or(uri),
        (None, Some(_), Some(name)) => name,
        _ => return None,
    };
    Some(File { variable: variable.to_owned(), name: name.to_owned(), value })
}

async fn content(store: &Store, tenant: &str, file: &File<'_>) -> Result<Bytes, JobFailure> {
    let text = |key: &str| file.value.get(key).and_then(Value::as_str);
    match (text("uri"), text("content")) {
        (Some(uri), _) => store.get_for(tenant, uri, LARGEST_FILE).await.map_err(store_failure),
        (None, content) => Ok(Bytes::from(content.unwrap_or_default().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker_sdk::testing::TestJob;

    fn folder() -> (Arc<Store>, std::path::PathBuf) {
        let folder = std::env::temp_dir().join(format!("files-{}", uuid::Uuid::new_v4()));
        (Arc::new(Store::open(&format!("file://{}", folder.display())).unwrap()), folder)
    }

    #[tokio::test]
    async fn a_file_is_copied_and_described() {
        let (files, folder) = folder();
        files.put("uploads/test/1/app.log", Bytes::from_static(b"boom")).await.unwrap();
        let variables = json!({"who": {"name": "x"}, "upload": {"uri": "uploads/test/1/app.log", "name": "app.log"}});
        let task = json!({"resultVariable": "logFileUrl", "custom": {"bucket": "devops-logs"}});
        let job = TestJob::new("file-storage").variables(variables).task(task);
        let job = job.change(|job| job.instance_id = "i1".into());
        let kept = files.clone();
        let stored = job.run(move |job| store(kept.clone(), job)).await.result.unwrap();
        assert_eq!(stored["result"], "devops-logs/i1/app.log");
        assert_eq!((&stored["logFileName"], &stored["logFileSize"]), (&json!("app.log"), &json!(4)));
        assert_eq!(files.get("devops-logs/i1/app.log", 10).await.unwrap(), "boom");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn without_a_file_it_is_a_bug() {
        let (files, folder) = folder();
        files.put("uploads/other/1/secret", Bytes::from_static(b"of another tenant")).await.unwrap();
        for variables in [
            json!({}),
            json!({"f": {"uri": "../../etc/passwd"}}),
            json!({"f": {"uri": "absent"}}),
            json!({"f": {"uri": "uploads/other/1/secret"}}),
        ] {
            let files = files.clone();
            let job = TestJob::new("file-storage").variables(variables);
            let outcome = job.run(move |job| store(files.clone(), job)).await;
            assert!(matches!(outcome.result, Err(JobFailure::Bug { .. })));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
