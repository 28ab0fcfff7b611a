//! `filesystem-read`, `filesystem-write` and `filesystem-list`.

use crate::mcp::{
    root::{Kind, Root},
    tool::{Effect, Tool, ToolError, cut},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one call reads; more by another `fromLine`.
const MOST_READ: usize = 128 * 1024;
const MOST_WRITTEN: usize = 4 * 1024 * 1024;
const MOST_ENTRIES: usize = 1000;
const DEEPEST: usize = 8;

pub fn read() -> Result<Tool, String> {
    Tool::new("filesystem-read", "Reads a text file, or some of its lines.", Effect::Reads, read_lines)
}

pub fn write() -> Result<Tool, String> {
    let description = "Writes a text file, replacing it or appending to it; makes its folders.";
    Tool::new("filesystem-write", description, Effect::Writes, write_text)
}

pub fn list() -> Result<Tool, String> {
    let description = "Lists the files and folders in a folder, and in those below it.";
    Tool::new("filesystem-list", description, Effect::Reads, list_folder)
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Read {
    /// Relative to the tools' folder.
    path: String,
    /// The first line wanted, from 1.
    #[serde(default)]
    from_line: Option<usize>,
    /// How many lines.
    #[serde(default)]
    max_lines: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Lines {
    path: String,
    content: String,
    /// Of the whole file.
    lines: usize,
    /// Bytes of the whole file.
    size: usize,
    /// There is more than what is given here.
    truncated: bool,
}

fn read_lines(root: &Root, read: Read) -> Result<Lines, ToolError> {
    let text = root.read(&read.path)?;
    let first = read.from_line.unwrap_or(1).max(1) - 1;
    let wanted: String = text.split_inclusive('\n').skip(first).take(read.max_lines.unwrap_or(usize::MAX)).collect();
    let content = cut(&wanted, MOST_READ).to_owned();
    let truncated = content.len() < text.len();
    Ok(Lines { path: read.path, content, lines: text.lines().count(), size: text.len(), truncated })
}

#[derive(Deserialize, JsonSchema)]
struct Write {
    /// Relative to the tools' folder.
    path: String,
    content: String,
    /// Appends instead of replacing.
    #[serde(default)]
    append: bool,
}

#[derive(Serialize, JsonSchema)]
struct Written {
    path: String,
    /// Bytes written.
    size: usize,
    /// SHA-256 of them, in hexadecimal.
    sha256: String,
}

fn write_text(root: &Root, write: Write) -> Result<Written, ToolError> {
    let content = write.content.as_bytes();
    if content.len() > MOST_WRITTEN {
        return Err(ToolError(format!("the content has more than {MOST_WRITTEN} bytes; write it in parts")));
    }
    root.write(&write.path, content, write.append)?;
    Ok(Written { size: content.len(), sha256: crate::store::sha256(content), path: write.path })
}

#[derive(Deserialize, JsonSchema)]
struct List {
    /// Relative to the tools' folder; that folder itself when missing.
    #[serde(default)]
    path: String,
    /// How many levels of folders are entered: 1 to 8.
    #[serde(default)]
    depth: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Listed {
    entries: Vec<Entry>,
    /// There are more.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    path: String,
    /// file, folder or other
    kind: &'static str,
    /// Bytes
    size: u64,
}

fn list_folder(root: &Root, list: List) -> Result<Listed, ToolError> {
    let mut listed = Listed { entries: Vec::new(), truncated: false };
    let path = list.path.trim_start_matches("./").trim_end_matches('/');
    enter(root, path, list.depth.unwrap_or(1).clamp(1, DEEPEST), &mut listed)?;
    Ok(listed)
}

fn enter(root: &Root, path: &str, depth: usize, listed: &mut Listed) -> Result<(), ToolError> {
    for entry in root.list(path)? {
        if listed.entries.len() == MOST_ENTRIES {
            listed.truncated = true;
            return Ok(());
        }
        let path = if matches!(path, "" | ".") { entry.name } else { format!("{path}/{}", entry.name) };
        let kind = match entry.kind {
            Kind::File => "file",
            Kind::Folder => "folder",
            Kind::Other => "other",
        };
        listed.entries.push(Entry { path: path.clone(), kind, size: entry.size });
        // A folder that may not be entered is listed all the same.
        if entry.kind == Kind::Folder && depth > 1 && enter(root, &path, depth - 1, listed).is_err() {
            listed.truncated = true;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::root::tests::Scratch;

    #[test]
    fn lines_are_read_by_number() {
        let scratch = Scratch::new().with("a.txt", "one\ntwo\nthree\n");
        let wanted = Read { path: "a.txt".into(), from_line: Some(2), max_lines: Some(1) };
        let lines = read_lines(&scratch.root, wanted).unwrap();
        assert_eq!((lines.content.as_str(), lines.lines, lines.truncated), ("two\n", 3, true));
    }

    #[test]
    fn what_is_written_is_listed_and_read() {
        let scratch = Scratch::new();
        for append in [false, true] {
            let write = Write { path: "x/y/a.txt".into(), content: "hi\n".into(), append };
            assert_eq!(write_text(&scratch.root, write).unwrap().size, 3);
        }
        let listed = list_folder(&scratch.root, List { path: String::new(), depth: Some(3) }).unwrap();
        let paths: Vec<&str> = listed.entries.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["x", "x/y", "x/y/a.txt"]);
        assert_eq!(listed.entries[2].size, 6);
    }
}
