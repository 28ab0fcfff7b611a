//! Where things are and go.

use crate::Result;
use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

/// `.baton` in the checkout. For root it must be reachable by the user that Postgres runs as; where the checkout is in
/// a private folder (`/root`), it is a folder of the same use in `/var/tmp`.
pub fn home() -> PathBuf {
    let root = root();
    if !is_root() || everyone_can_enter(&root) {
        return root.join(".baton");
    }
    let name: String = root.display().to_string().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    PathBuf::from("/var/tmp").join(format!("baton{name}"))
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn everyone_can_enter(path: &Path) -> bool {
    path.ancestors().all(|folder| fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0))
}

/// Makes the folder and returns it.
pub fn folder(path: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&path).map_err(|error| format!("making {}: {error}", path.display()))?;
    Ok(path)
}

/// The program's path, if it is on the PATH.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
