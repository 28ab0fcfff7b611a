//! Rules for single files.

use crate::{read, tracked};

const LONGEST: usize = 500;

fn of_kind(ending: &str) -> Vec<String> {
    tracked().into_iter().filter(|path| path.ends_with(ending)).collect()
}

#[test]
fn every_module_begins_with_its_page() {
    let without: Vec<String> = of_kind(".rs").into_iter().filter(|path| !read(path).starts_with("//!")).collect();
    assert!(without.is_empty(), "begin these with a `//!` page that says what the module is: {without:#?}");
}

#[test]
fn no_file_outgrows_a_readers_patience() {
    let sources = [".rs", ".sql", ".proto", ".js", ".mjs", ".css"].map(of_kind).concat();
    let lengths = sources.into_iter().map(|path| (read(&path).lines().count(), path));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > LONGEST).collect();
    assert!(long.is_empty(), "more than {LONGEST} lines; give what outgrew the file a file of its own: {long:#?}");
}

#[test]
fn nothing_is_left_undone() {
    // Written apart, so that this file does not find itself.
    let marks =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["todo", "!("].concat(), ["unimplemented", "!("].concat()];
    let sources = [".rs", ".js", ".mjs", ".py"].map(of_kind).concat();
    let left: Vec<String> =
        sources.into_iter().filter(|path| marks.iter().any(|mark| read(path).contains(mark.as_str()))).collect();
    assert!(left.is_empty(), "finish these, or say as a sentence why it is as it is: {left:#?}");
}

#[test]
fn no_path_of_a_machine_stands_in_a_file() {
    let marks = [["/wo", "rk/"].concat(), ["/ro", "ot/"].concat(), ["/ho", "me/"].concat()];
    let texts = [".rs", ".md", ".yaml", ".yml", ".toml", ".js", ".mjs", ".sql"].map(of_kind).concat();
    let found: Vec<String> =
        texts.into_iter().filter(|path| marks.iter().any(|mark| read(path).contains(mark.as_str()))).collect();
    assert!(found.is_empty(), "these name a path of somebody's machine: {found:#?}");
}
