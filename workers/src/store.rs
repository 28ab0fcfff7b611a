//! The object store for files that processes handle: a folder, or a bucket of an S3-compatible service.
//!
//! `BATON_STORE_URL` is `file:///folder` or `s3://bucket/prefix` (credentials from the usual `AWS_*` variables). A path
//! in it is relative, with `/` between plain names: `devops-logs/<instance>/app.log`.

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, path::Path as ObjectPath, prefix::PrefixStore};
use std::{path::PathBuf, sync::Arc};

/// Longer paths are refused, as most file systems do.
const LONGEST_PATH: usize = 1024;
const LONGEST_NAME: usize = 200;

#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Where it is a folder of this machine.
    folder: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store's URL `{url}` is not `file:///folder` or `s3://bucket/prefix`")]
    Url { url: String },
    #[error("the store's folder cannot be made")]
    Folder(#[source] std::io::Error),
    #[error("`{path}` is not a path in the store: {why}")]
    Path { path: String, why: &'static str },
    #[error("there is no file `{path}` in the store")]
    Missing { path: String },
    #[error("`{path}` has {size} bytes, more than the {limit} allowed")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error("the store failed")]
    Objects(#[from] object_store::Error),
}

impl Store {
    pub fn open(url: &str) -> Result<Self, StoreError> {
        let unknown = || StoreError::Url { url: url.to_owned() };
        if let Some(folder) = url.strip_prefix("file://") {
            let folder = PathBuf::from(folder);
            if !folder.is_absolute() {
                return Err(unknown());
            }
            std::fs::create_dir_all(&folder).map_err(StoreError::Folder)?;
            let objects = object_store::local::LocalFileSystem::new_with_prefix(&folder)?;
            return Ok(Store { objects: Arc::new(objects), folder: Some(folder) });
        }
        let (bucket, prefix) = url.strip_prefix("s3://").map(split_bucket).ok_or_else(unknown)?;
        let bucket = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
        Ok(Store { objects: Arc::new(PrefixStore::new(bucket, prefix)), folder: None })
    }

    /// The folder, when the store is one.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.folder.as_deref()
    }

    /// Replaces what was there: writing the same again changes nothing.
    pub async fn put(&self, path: &str, content: Bytes) -> Result<(), StoreError> {
        self.objects.put(&checked(path)?, PutPayload::from_bytes(content)).await?;
        Ok(())
    }

    /// Reads a file for a job of this tenant: other tenants' uploads are not there.
    pub async fn get_for(&self, tenant: &str, path: &str, limit: u64) -> Result<Bytes, StoreError> {
        if proto::file::is_foreign(path, tenant) {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        self.get(path, limit).await
    }

    /// Reads a file of at most `limit` bytes.
    pub async fn get(&self, path: &str, limit: u64) -> Result<Bytes, StoreError> {
        let missing = |error| match error {
            object_store::Error::NotFound { .. } => StoreError::Missing { path: path.to_owned() },
            error => StoreError::Objects(error),
        };
        let object = self.objects.get(&checked(path)?).await.map_err(missing)?;
        let size = object.meta.size;
        if size > limit {
            return Err(StoreError::TooLarge { path: path.to_owned(), size, limit });
        }
        Ok(object.bytes().await?)
    }
}

fn split_bucket(rest: &str) -> (&str, &str) {
    rest.split_once('/').unwrap_or((rest, ""))
}

/// Relative, and every segment a plain name: nothing leads out of the store.
fn checked(path: &str) -> Result<ObjectPath, StoreError> {
    let wrong = |why| StoreError::Path { path: path.chars().take(200).collect(), why };
    if path.is_empty() || path.len() > LONGEST_PATH {
        return Err(wrong("it is empty or too long"));
    }
    if path.starts_with('/') || path.contains('\\') || path.chars().any(char::is_control) {
        return Err(wrong("it must be relative, without backslashes and control characters"));
    }
    if path.split('/').any(|segment| segment.is_empty() || segment == "." || segment == "..") {
        return Err(wrong("it must not contain empty, `.` or `..` segments"));
    }
    ObjectPath::parse(path).map_err(|_| wrong("it has characters that a store cannot hold"))
}

/// One path segment made of any text: a file name out of a variable, a bucket out of a definition.
pub fn segment(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ' | '+' | '@') { c } else { '_' };
    let mut segment: String = last.chars().map(plain).collect();
    while segment.len() > LONGEST_NAME {
        segment.pop();
    }
    if segment.trim_matches(['.', ' ']).is_empty() { "file".to_owned() } else { segment }
}

/// SHA-256 in hexadecimal.
pub fn sha256(content: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a\0b", &"x".repeat(2000)] {
            assert!(checked(path).is_err(), "{path}");
        }
        assert!(checked("devops-logs/one/app.log").is_ok());
    }

    #[test]
    fn any_text_makes_a_segment() {
        assert_eq!(segment("../../etc/passwd"), "passwd");
        assert_eq!(segment(".."), "file");
        assert_eq!(segment("a:b?.log"), "a_b_.log");
    }

    #[tokio::test]
    async fn what_is_put_is_got() {
        let folder = std::env::temp_dir().join(format!("store-{}", uuid::Uuid::new_v4()));
        let store = Store::open(&format!("file://{}", folder.display())).unwrap();
        store.put("a/b.txt", Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(store.get("a/b.txt", 10).await.unwrap(), "hello");
        assert!(matches!(store.get("a/b.txt", 2).await, Err(StoreError::TooLarge { .. })));
        assert!(matches!(store.get("a/c.txt", 2).await, Err(StoreError::Missing { .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
