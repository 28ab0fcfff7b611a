//! The one folder that the tools see. The kernel resolves each path below it (`openat2` with `RESOLVE_BENEATH`), so
//! neither `..` nor a symbolic link nor a rename at the wrong moment leads out.

use crate::mcp::tool::ToolError;
use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, mkdirat, openat2, statat},
    io::Errno,
};
use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

/// Files larger than this are not read.
pub const LARGEST_READ: u64 = 32 * 1024 * 1024;
const LONGEST_PATH: usize = 1024;

#[derive(Debug, Clone)]
pub struct Root {
    folder: Arc<OwnedFd>,
}

/// What a folder holds.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    pub kind: Kind,
    /// Bytes; 0 of anything but a file.
    pub size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Other,
}

impl Root {
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let folder = rustix::fs::open(folder, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Root { folder: Arc::new(folder) })
    }

    /// The whole file as text; what is no UTF-8 becomes replacement characters.
    pub fn read(&self, path: &str) -> Result<String, ToolError> {
        let bytes = self.read_bytes(path)?;
        if bytes.iter().take(8192).any(|byte| *byte == 0) {
            return Err(ToolError(format!("`{path}` is not a text file")));
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, ToolError> {
        // Not to wait for the other end of a pipe.
        let file = File::from(self.at(path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?);
        let failed = |error: std::io::Error| ToolError(format!("`{path}` cannot be read: {error}"));
        let about = file.metadata().map_err(failed)?;
        if !about.is_file() {
            return Err(ToolError(format!("`{path}` is not a file; filesystem-list shows what a folder holds")));
        }
        if about.len() > LARGEST_READ {
            return Err(ToolError(format!("`{path}` has {} bytes; at most {LARGEST_READ} are read", about.len())));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST_READ).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Writes or appends, making the folders on the way.
    pub fn write(&self, path: &str, content: &[u8], append: bool) -> Result<(), ToolError> {
        let path = relative(path)?;
        self.make_folders(path)?;
        let how = if append { OFlags::APPEND } else { OFlags::TRUNC };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NONBLOCK | how;
        let mut file = File::from(self.at(path, flags, Mode::from_raw_mode(0o640))?);
        file.write_all(content).map_err(|error| ToolError(format!("`{path}` cannot be written: {error}")))
    }

    fn make_folders(&self, path: &str) -> Result<(), ToolError> {
        for (end, _) in path.match_indices('/') {
            let (parent, name) = path[..end].rsplit_once('/').unwrap_or((".", &path[..end]));
            let parent = self.at(parent, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty())?;
            match mkdirat(&parent, name, Mode::from_raw_mode(0o750)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(failure(path, error)),
            }
        }
        Ok(())
    }

    /// What the folder holds, by name.
    pub fn list(&self, path: &str) -> Result<Vec<Entry>, ToolError> {
        let folder = self.at(path, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in Dir::read_from(&folder).map_err(|error| failure(path, error))? {
            let entry = entry.map_err(|error| failure(path, error))?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            // Gone meanwhile: not there.
            let Ok(about) = statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let kind = match FileType::from_raw_mode(about.st_mode) {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Folder,
                _ => Kind::Other,
            };
            let size = if kind == Kind::File { u64::try_from(about.st_size).unwrap_or(0) } else { 0 };
            entries.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind, size });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn at(&self, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, ToolError> {
        let relative = relative(path)?;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        openat2(&*self.folder, relative, flags | OFlags::CLOEXEC, mode, resolve).map_err(|error| failure(path, error))
    }
}

/// The root is `.`; a `./` before a path is what models like to write.
fn relative(path: &str) -> Result<&str, ToolError> {
    let trimmed = path.trim_start_matches("./").trim_end_matches('/');
    if path.starts_with('/') {
        return Err(ToolError(format!("`{path}` is absolute; paths are relative to the tools' folder")));
    }
    if path.len() > LONGEST_PATH || path.contains('\0') {
        return Err(ToolError("the path is too long, or not a path".into()));
    }
    Ok(if trimmed.is_empty() { "." } else { trimmed })
}

fn failure(path: &str, error: Errno) -> ToolError {
    ToolError(match error {
        Errno::NOENT => format!("there is no `{path}`; filesystem-list shows what there is"),
        Errno::XDEV | Errno::LOOP => format!("`{path}` leads out of the tools' folder"),
        Errno::NOTDIR => format!("`{path}` is not a folder, or leads through a file"),
        Errno::ISDIR => format!("`{path}` is a folder"),
        error => format!("`{path}` cannot be opened: {error}"),
    })
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A folder of its own for a test, removed with it.
    pub struct Scratch {
        pub path: std::path::PathBuf,
        pub root: Root,
    }

    impl Scratch {
        pub fn new() -> Self {
            let path = std::env::temp_dir().join(format!("tools-{}", uuid::Uuid::new_v4()));
            std::fs::create_dir_all(&path).unwrap();
            let root = Root::open(&path).unwrap();
            Scratch { path, root }
        }

        pub fn with(self, name: &str, content: &str) -> Self {
            self.root.write(name, content.as_bytes(), false).unwrap();
            self
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }

    #[test]
    fn nothing_leads_out() {
        let outside = Scratch::new().with("secret", "s");
        let scratch = Scratch::new().with("in/a.txt", "a");
        std::os::unix::fs::symlink(&outside.path, scratch.path.join("link")).unwrap();
        std::os::unix::fs::symlink("../../../etc/passwd", scratch.path.join("in/up")).unwrap();
        std::os::unix::fs::symlink("a.txt", scratch.path.join("in/same")).unwrap();
        for path in ["/etc/passwd", "../x", "in/../../x", "link/secret", "in/up", "a\0b"] {
            assert!(scratch.root.read(path).is_err(), "{path}");
            assert!(scratch.root.write(path, b"x", false).is_err(), "{path}");
        }
        assert!(scratch.root.list("link").is_err());
        assert!(scratch.root.write("link/made/x", b"x", false).is_err());
        assert_eq!(scratch.root.read("./in/../in/same").unwrap(), "a");
        assert_eq!(outside.root.list("").unwrap().len(), 1);
    }

    #[test]
    fn pipes_and_binaries_are_no_text() {
        let scratch = Scratch::new().with("b", "a\0b");
        rustix::fs::mkfifoat(rustix::fs::CWD, scratch.path.join("pipe"), Mode::from_raw_mode(0o600)).unwrap();
        assert!(scratch.root.read("pipe").is_err());
        assert!(scratch.root.write("pipe", b"x", false).is_err());
        assert!(scratch.root.read("b").is_err());
        assert!(scratch.root.read(".").is_err());
    }
}
