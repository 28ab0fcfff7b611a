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

/// A folder of one script, removed with its files when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Its name cannot be guessed; the user in the sandbox sees it read-only and nothing beside it.
    pub fn new() -> std::io::Result<Folder> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        let folder = Folder(std::env::temp_dir().join(format!("baton-files-{}", uuid::Uuid::new_v4())));
        std::fs::DirBuilder::new().mode(0o755).create(&folder.0)?;
        std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Puts the files into the folder; whether there are any.
pub async fn fetch(
    store: &Store,
    tenant: &str,
    variables: &Map<String, Value>,
    folder: &Path,
) -> Result<bool, JobFailure> {
    let mut paths = Vec::new();
    variables.values().for_each(|value| collect(value, 0, &mut paths));
    paths.sort_unstable();
    paths.dedup();
    let mut any = false;
    for path in paths.into_iter().take(MOST_FILES) {
        let content = match store.get_for(tenant, path, LARGEST).await {
            Ok(content) => content,
            Err(StoreError::Objects(error)) => return Err(error.into()),
            Err(_) => continue,
        };
        let file = folder.join(path);
        tokio::fs::create_dir_all(file.parent().unwrap_or(folder)).await?;
        tokio::fs::write(&file, content).await?;
        any = true;
    }
    Ok(any)
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
        let folder = Folder::new().unwrap();
        assert!(fetch(&store, "t", variables.as_object().unwrap(), folder.path()).await.unwrap());
        assert_eq!(std::fs::read_to_string(folder.path().join("made/one.yaml")).unwrap(), "a: 1");
        assert!(!fetch(&store, "t", &Map::new(), folder.path()).await.unwrap());
        std::fs::remove_dir_all(root).unwrap();
    }
}
