//! Programs that `cargo xtask` has brought: it leaves links to them in `target/tools`, beside the folder of this program.

use std::path::{Path, PathBuf};

/// The program or folder of that name; none where xtask has not brought one.
pub fn brought(name: &str) -> Option<PathBuf> {
    beside(&std::env::current_exe().ok()?, name)
}

/// The link's target, which others than its owner can reach.
fn beside(program: &Path, name: &str) -> Option<PathBuf> {
    let target = program.parent()?.parent()?;
    target.join("tools").join(name).canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::beside;
    use std::fs;

    #[test]
    fn a_link_beside_the_program_is_followed() {
        let target = std::env::temp_dir().join(format!("baton-brought-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(target.join("tools")).unwrap();
        fs::write(target.join("real"), "").unwrap();
        std::os::unix::fs::symlink(target.join("real"), target.join("tools/nats-server")).unwrap();
        let found = beside(&target.join("debug/baton"), "nats-server");
        assert_eq!(found, Some(target.join("real").canonicalize().unwrap()));
        assert_eq!(beside(&target.join("debug/baton"), "postgres"), None);
        fs::remove_dir_all(target).unwrap();
    }
}
