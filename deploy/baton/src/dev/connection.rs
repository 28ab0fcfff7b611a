//! Where a running development server is to be found by the commands of the same folder: a file in its data, which goes
//! when it stops.

use serde::{Deserialize, Serialize};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

const FILE: &str = "connection.json";
const DATA: &str = ".baton/dev";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connection {
    pub url: String,
    pub key: String,
    #[serde(skip)]
    pub file: PathBuf,
}

impl Connection {
    pub fn write(data: &Path, url: String, key: String) -> anyhow::Result<()> {
        let connection = Connection { url, key, file: data.join(FILE) };
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&connection.file)?;
        Ok(file.write_all(&serde_json::to_vec(&connection)?)?)
    }

    pub fn remove(data: &Path) {
        let _ = fs::remove_file(data.join(FILE));
    }

    /// Of `BATON_HOME`, or of the data in this folder or one above it.
    pub fn find(folder: &Path) -> Option<Connection> {
        match std::env::var_os("BATON_HOME") {
            Some(data) => Connection::read(&folder.join(data).join(FILE)),
            None => folder.ancestors().find_map(|folder| Connection::read(&folder.join(DATA).join(FILE))),
        }
    }

    /// Only what this user has written: in a folder that others can write to, it may send us anywhere.
    fn read(file: &Path) -> Option<Connection> {
        let is_own = fs::metadata(file).ok()?.uid() == rustix::process::geteuid().as_raw();
        let connection: Connection = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        is_own.then(|| Connection { file: file.to_owned(), ..connection })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_from_below_and_not_when_it_is_gone() {
        let root = std::env::temp_dir().join(format!("baton-connection-{}", std::process::id()));
        let (data, below) = (root.join(DATA), root.join("a/b"));
        fs::create_dir_all(&data).unwrap();
        fs::create_dir_all(&below).unwrap();
        Connection::write(&data, "http://here".to_owned(), "key".to_owned()).unwrap();
        assert_eq!(fs::metadata(data.join(FILE)).unwrap().mode() & 0o777, 0o600);
        let found = Connection::find(&below).unwrap();
        assert_eq!((found.url.as_str(), found.key.as_str(), found.file), ("http://here", "key", data.join(FILE)));
        Connection::remove(&data);
        assert!(Connection::find(&below).is_none());
        fs::remove_dir_all(root).unwrap();
    }
}
