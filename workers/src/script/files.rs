//! Files that a script may read: those in the store that its variables name, at the same relative paths.

use crate::store::{Store, StoreError};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use worker_sdk::JobFailure;

const MOST_FILES: usize = 32;
const LARGEST: u64 = 16 * 1024 * 1024;
const DEEPEST: usize = 6;
const LONGEST_PATH: usize = 400;
/// Of a file system; prose with a slash in it often passes it, and then is no path.
const LONGEST_NAME: usize = 255;

/// A folder that is removed with its files when dropped.
pub struct Files {
    folder: PathBuf,
}

impl Files {
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// None when no variable names a file of the store.
pub async fn fetch(store: Option<&Store>, variables: &Map<String, Value>) -> Result<Option<Files>, JobFailure> {
    let Some(store) = store else { return Ok(None) };
    let mut paths = Vec::new();
    variables.values().for_each(|value| collect(value, 0, &mut paths));
    paths.sort_unstable();
    paths.dedup();
    let mut files = None;
    for path in paths.into_iter().take(MOST_FILES) {
        let content = match store.get(path, LARGEST).await {
            Ok(content) => content,
            Err(StoreError::Objects(error)) => return Err(error.into()),
            Err(_) => continue,
        };
        if files.is_none() {
            files = Some(new_folder().await?);
        }
        if let Some(Files { folder }) = &files {
            let file = folder.join(path);
            tokio::fs::create_dir_all(file.parent().unwrap_or(folder)).await?;
            tokio::fs::write(&file, content).await?;
        }
    }
    Ok(files)
}

/// Texts that can be paths of files: relative, in a folder. (The store checks them again.)
fn collect<'a>(value: &'a Value, depth: usize, paths: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => {
            let is_path = text.contains('/')
                && text.len() <= LONGEST_PATH
                && !text.starts_with('/')
                && !text.contains("://")
                && !text.contains(['\n', '\r'])
                && text.split('/').all(|segment| segment.len() <= LONGEST_NAME);
            if is_path {
                paths.push(text);
            }
        }
        Value::Array(values) if depth < DEEPEST => values.iter().for_each(|value| collect(value, depth + 1, paths)),
        Value::Object(values) if depth < DEEPEST => values.values().for_each(|value| collect(value, depth + 1, paths)),
        _ => {}
    }
}

/// Its name cannot be guessed; the user in the sandbox sees it read-only and nothing beside it.
async fn new_folder() -> Result<Files, JobFailure> {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("baton-files-{}", uuid::Uuid::new_v4()));
    tokio::fs::create_dir(&folder).await?;
    tokio::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).await?;
    Ok(Files { folder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn files_that_variables_name_are_fetched() {
        let root = std::env::temp_dir().join(format!("script-files-{}", uuid::Uuid::new_v4()));
        let store = Store::open(&format!("file://{}", root.display())).unwrap();
        store.put("made/one.yaml", "a: 1".into()).await.unwrap();
        let variables = json!({"r": {"playbookPath": "made/one.yaml"}, "x": "made/absent", "y": "../../etc/passwd"});
        let files = fetch(Some(&store), variables.as_object().unwrap()).await.unwrap().unwrap();
        assert_eq!(std::fs::read_to_string(files.folder().join("made/one.yaml")).unwrap(), "a: 1");
        std::fs::remove_dir_all(root).unwrap();
    }
}
