//! `artifact-storage`: keeps what the process has made (a generated playbook, a report) under
//! `<repository>/<instance>/<name>`.

use super::{
    file_storage::{LARGEST_FILE, at},
    store_failure,
};
use crate::store::{Store, segment, sha256};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use worker_sdk::{Job, JobFailure, Variables};

const DEFAULT_REPOSITORY: &str = "artifacts";
const DEFAULT_NAME: &str = "playbook.yaml";

#[derive(Default, serde::Deserialize)]
struct Task {
    #[serde(default)]
    custom: Custom,
}

#[derive(Default, serde::Deserialize)]
struct Custom {
    repository: Option<String>,
    /// The variable that holds the artifact: text, a path in the store, a file, or structured data.
    source: Option<String>,
    /// The file's name; else what the artifact is called.
    name: Option<String>,
}

/// Where an artifact is.
#[derive(Debug, PartialEq)]
enum Artifact {
    Kept { path: String },
    Text { name: Option<String>, content: String },
}

/// The result is the path; `artifactSize` and `artifactSha256` come along.
pub async fn store(store: Arc<Store>, job: Job<Variables>) -> Result<Variables, JobFailure> {
    let task: Task = job.task()?;
    let artifact = find(&job.input, task.custom.source.as_deref())?;
    let (name, content) = match artifact {
        Artifact::Kept { path } => {
            let content = store.get_for(job.tenant(), &path, LARGEST_FILE).await.map_err(store_failure)?;
            (Some(segment(&path)), content)
        }
        Artifact::Text { name, content } => (name, Bytes::from(content)),
    };
    let name = task.custom.name.or(name).unwrap_or_else(|| DEFAULT_NAME.to_owned());
    let repository = segment(task.custom.repository.as_deref().unwrap_or(DEFAULT_REPOSITORY));
    let path = format!("{repository}/{}/{}", job.instance_id(), segment(&name));
    job.progress(0.5, format!("storing {path}"));
    let (size, digest) = (content.len(), sha256(&content));
    store.put(&path, content).await.map_err(store_failure)?;
    Ok(Map::from_iter([
        ("result".to_owned(), json!(path)),
        ("artifactSize".to_owned(), json!(size)),
        ("artifactSha256".to_owned(), json!(digest)),
    ]))
}

fn find(variables: &Variables, source: Option<&str>) -> Result<Artifact, JobFailure> {
    if let Some(source) = source {
        let value = at(variables, source).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| JobFailure::bug(format!("the variable `{source}` is not set")))?;
        return Ok(artifact(source, value));
    }
    // Newest first: variables keep the order in which they were set.
    let objects = variables.values().rev().filter_map(Value::as_object);
    std::iter::once(variables).chain(objects).find_map(playbook).ok_or_else(|| {
        JobFailure::bug("no variable holds a `playbook` or a `playbookPath`; `custom.source` can name the artifact")
    })
}

fn playbook(holder: &Map<String, Value>) -> Option<Artifact> {
    let set = |key: &str| holder.get(key).filter(|value| !value.is_null() && value.as_str() != Some(""));
    if let Some(text) = set("playbook") {
        return Some(artifact("playbook", text));
    }
    let path = set("playbookPath")?.as_str()?;
    Some(Artifact::Kept { path: path.to_owned() })
}

fn artifact(variable: &str, value: &Value) -> Artifact {
    if let Value::String(text) = value {
        let is_path = variable.ends_with("Path") || variable.ends_with("Uri");
        return match is_path {
            true => Artifact::Kept { path: text.clone() },
            false => Artifact::Text { name: None, content: text.clone() },
        };
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    match (text("uri"), text("content")) {
        (Some(path), _) => Artifact::Kept { path },
        (None, Some(content)) => Artifact::Text { name: text("name"), content },
        (None, None) => {
            let last = variable.rsplit('.').next().unwrap_or(variable);
            let content = serde_json::to_string_pretty(value).unwrap_or_default();
            Artifact::Text { name: Some(format!("{last}.json")), content }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use worker_sdk::testing::TestJob;

    fn found(variables: Value, source: Option<&str>) -> Result<Artifact, JobFailure> {
        find(variables.as_object().unwrap(), source)
    }

    #[test]
    fn the_artifact_is_found_where_agents_leave_it() {
        let text = Artifact::Text { name: None, content: "- hosts: all".into() };
        assert_eq!(found(json!({"playbook": "- hosts: all"}), None).unwrap(), text);
        assert_eq!(found(json!({"e9_result": {"playbook": "- hosts: all"}}), None).unwrap(), text);
        let kept = Artifact::Kept { path: "w/p.yaml".into() };
        assert_eq!(found(json!({"e9_result": {"playbookPath": "w/p.yaml"}}), None).unwrap(), kept);
        assert_eq!(found(json!({"made": {"text": "- hosts: all"}}), Some("made.text")).unwrap(), text);
        assert!(found(json!({"a": 1}), None).is_err());
    }

    #[tokio::test]
    async fn it_is_kept_under_its_repository() {
        let folder = std::env::temp_dir().join(format!("artifacts-{}", uuid::Uuid::new_v4()));
        let artifacts = Arc::new(Store::open(&format!("file://{}", folder.display())).unwrap());
        let task = json!({"custom": {"repository": "ansible-playbooks", "versionControl": "git"}});
        let job = TestJob::new("artifact-storage").variables(json!({"playbook": "- hosts: all"})).task(task);
        let job = job.change(|job| job.instance_id = "i1".into());
        let kept = artifacts.clone();
        let stored = job.run(move |job| store(kept.clone(), job)).await.result.unwrap();
        assert_eq!(stored["result"], "ansible-playbooks/i1/playbook.yaml");
        assert_eq!(artifacts.get("ansible-playbooks/i1/playbook.yaml", 100).await.unwrap(), "- hosts: all");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
