//! The XML of a file as a tree that knows its places, read within limits.
//!
//! The parser (roxmltree) refuses document types, so there are no entities to expand, and never recurses. What it does not
//! bound is bounded before it runs: size, depth, and attributes of one tag, in which it is quadratic.

use crate::{Diagnostic, Location};
use roxmltree::{Document, Error, ParsingOptions};

pub(super) const MAX_BYTES: usize = 1024 * 1024;
const MAX_NESTING: usize = 64;
const MAX_ATTRIBUTES: usize = 100;
const MAX_NODES: u32 = 100_000;

/// An element, or a text or comment between elements.
pub(crate) type Xml<'a> = roxmltree::Node<'a, 'a>;

/// Where each line begins, so that a place in bytes is found by halving; and how many letters come before each of its blocks,
/// so that a file of one line is no slower.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    letters: Vec<usize>,
}

const BLOCK: usize = 256;

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let next = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let mut letters = vec![0];
        for block in text.as_bytes().chunks(BLOCK) {
            letters.push(letters.last().copied().unwrap_or(0) + letters_in(block));
        }
        Lines { text, starts: std::iter::once(0).chain(next).collect(), letters }
    }

    /// Columns are letters, not bytes.
    pub fn location(&self, byte: usize) -> Location {
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.letters_before(byte).saturating_sub(self.letters_before(start));
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Location { line: number(line), column: number(before + 1) }
    }

    fn letters_before(&self, byte: usize) -> usize {
        let block = byte / BLOCK;
        let rest = self.text.as_bytes().get(block * BLOCK..byte).unwrap_or_default();
        self.letters.get(block).or(self.letters.last()).copied().unwrap_or(0) + letters_in(rest)
    }
}

fn letters_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// The document, or the one problem that ends the reading.
pub(crate) fn parse<'a>(text: &'a str, lines: &Lines<'_>) -> Result<Document<'a>, Box<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(problem("FILE_TOO_LARGE", Location { line: 1, column: 1 }, message));
    }
    limits(text).map_err(|(code, byte, message)| problem(code, lines.location(byte), message))?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| syntax_error(&error))
}

fn problem(code: &str, location: Location, message: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, location, message))
}

fn syntax_error(error: &Error) -> Box<Diagnostic> {
    let place = error.pos();
    let location = Location { line: place.row.max(1), column: place.col.max(1) };
    match error {
        Error::DtdDetected => problem("DTD_NOT_ALLOWED", location, "the file has a document type, which is never read"),
        Error::NodesLimitReached => {
            problem("TOO_MANY_NODES", location, format!("the file has more than {MAX_NODES} elements and texts"))
        }
        other => problem("XML_SYNTAX", location, format!("this is not XML: {}", reason(other))),
    }
}

/// The parser's own words, without the place that the diagnostic carries anyway.
fn reason(error: &Error) -> String {
    let text = error.to_string();
    match text.rfind(" at ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
        None => text,
    }
}

type Broken = (&'static str, usize, String);

/// One pass over the tags. It need not understand broken XML: the parser does, and refuses it.
fn limits(text: &str) -> Result<(), Broken> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + offset;
        let rest = text.get(start..).unwrap_or_default();
        at = match skipped(rest) {
            Some(length) => start + length,
            None => {
                let (length, attributes) = tag(rest);
                if attributes > MAX_ATTRIBUTES {
                    let message = format!("the tag has more than {MAX_ATTRIBUTES} attributes");
                    return Err(("TOO_MANY_ATTRIBUTES", start, message));
                }
                let end = start + length;
                let is_closing = bytes.get(start + 1) == Some(&b'/');
                let is_empty = end >= 2 && bytes.get(end - 2) == Some(&b'/');
                depth = match (is_closing, is_empty) {
                    (true, _) => depth.saturating_sub(1),
                    (false, true) => depth,
                    (false, false) => depth + 1,
                };
                if depth > MAX_NESTING {
                    return Err(("NESTING_TOO_DEEP", start, format!("elements are nested deeper than {MAX_NESTING}")));
                }
                end
            }
        };
    }
    Ok(())
}

/// The length of a comment, a CDATA section or an instruction that begins here.
fn skipped(rest: &str) -> Option<usize> {
    let pairs = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
    let (start, end) = pairs.into_iter().find(|(start, _)| rest.starts_with(start))?;
    let after = rest.get(start.len()..)?;
    Some(after.find(end).map_or(rest.len(), |found| start.len() + found + end.len()))
}

/// The length of a tag, and how many attributes it has.
fn tag(rest: &str) -> (usize, usize) {
    let mut quote = None;
    let mut attributes = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => attributes += 1,
            (None, b'>') => return (at + 1, attributes),
            (None, _) => {}
        }
    }
    (rest.len(), attributes)
}

/// The text of a file's bytes, XML or YAML: UTF-8, UTF-16 with its mark, or the Latin alphabet that the declaration names.
pub fn decode(bytes: &[u8]) -> Result<String, Box<Diagnostic>> {
    match bytes {
        [0xFE, 0xFF, rest @ ..] => return wide(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => return wide(rest, u16::from_le_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) if declares_latin(bytes) => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Err(error) => {
            let before = bytes.get(..error.valid_up_to()).and_then(|good| std::str::from_utf8(good).ok()).unwrap_or("");
            let location = Lines::of(before).location(before.len());
            Err(problem("INVALID_ENCODING", location, "the file is not UTF-8 from here on"))
        }
    }
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Box<Diagnostic>> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16(&units).map_err(|_| {
        problem("INVALID_ENCODING", Location { line: 1, column: 1 }, "the file is not the UTF-16 that it says")
    })
}

fn declares_latin(bytes: &[u8]) -> bool {
    let head: String = bytes.iter().take(200).map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let declaration = head.split("?>").next().unwrap_or_default();
    declaration.starts_with("<?xml") && (declaration.contains("iso-8859-1") || declaration.contains("windows-1252"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, u32, u32)>) {
        let lines = Lines::of(text);
        let found =
            parse(text, &lines).err().map(|problem| (problem.code, problem.location.line, problem.location.column));
        let found = found.as_ref().map(|(code, line, column)| (code.as_str(), *line, *column));
        assert_eq!(found, expected, "{}", text.get(..80).unwrap_or(text));
    }

    #[test]
    fn what_is_beyond_the_limits_is_refused_at_its_place() {
        check("<a>\n <b/></a>", None);
        check("<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>", Some(("DTD_NOT_ALLOWED", 1, 1)));
        check("<a>\n  &unknown;</a>", Some(("XML_SYNTAX", 2, 3)));
        check("<a>\n <b></a>", Some(("XML_SYNTAX", 2, 5)));
        check(&"<a>".repeat(70), Some(("NESTING_TOO_DEEP", 1, 193)));
        let attributes: String = (0..101).map(|n| format!(" a{n}='='")).collect();
        check(&format!("<a>\n<b{attributes}/></a>"), Some(("TOO_MANY_ATTRIBUTES", 2, 1)));
        check(&format!("<a>{}</a>", "<b/>".repeat(100_001)), Some(("TOO_MANY_NODES", 1, 1)));
        check(&" ".repeat(MAX_BYTES + 1), Some(("FILE_TOO_LARGE", 1, 1)));
    }

    #[test]
    fn files_in_other_encodings_are_decoded() {
        assert_eq!(decode(b"\xEF\xBB\xBF<a/>").as_deref(), Ok("<a/>"));
        assert_eq!(decode(b"\xFF\xFE<\0a\0").as_deref(), Ok("<a"));
        assert_eq!(
            decode(b"<?xml version='1.0' encoding='ISO-8859-1'?>\xFC").ok().and_then(|text| text.chars().last()),
            Some('ü')
        );
        let problem = decode(b"ab\ncd\xFF").err();
        assert_eq!(problem.map(|problem| (problem.location.line, problem.location.column)), Some((2, 3)));
    }
}
