//! Cuts the text of an expression into words, and counts them.

use super::{Fault, MAX_NESTING, MAX_WORDS, text};
use serde_json::Value;

/// One word of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    Literal(Value),
    /// A quoted text with `${…}` in it: texts and the words of the expressions between them.
    Pieces(Vec<Piece>),
    Name(String),
    /// An operator or a bracket, in the spelling that [`super::normalise`] expects.
    Sign(&'static str),
    /// The whole path step of `.name`.
    Member(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Hole(Vec<Word>),
}

/// Signs, the longer ones first; `===` and `!==` are other languages' habits.
const SIGNS: [(&str, &str); 25] = [
    ("===", "=="),
    ("!==", "!="),
    ("==", "=="),
    ("!=", "!="),
    (">=", ">="),
    ("<=", "<="),
    ("&&", "and"),
    ("||", "or"),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    (",", ","),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("^", "^"),
    (">", ">"),
    ("<", "<"),
    ("!", "!"),
    ("=", "="),
    (";", ";"),
    ("?", "?"),
];

pub(super) fn read(text: &str) -> Result<Vec<Word>, Fault> {
    read_within(text, &mut Budget { words: MAX_WORDS, depth: MAX_NESTING })
}

/// What may still be read: words in all, and holes inside holes.
struct Budget {
    words: usize,
    depth: usize,
}

fn read_hole(text: &str, budget: &mut Budget) -> Result<Vec<Word>, Fault> {
    budget.depth = budget.depth.checked_sub(1).ok_or_else(|| Fault::too_large("`${` nested too deep"))?;
    let words = read_within(text, budget);
    budget.depth += 1;
    words
}

fn read_within(text: &str, budget: &mut Budget) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let left = budget.words.checked_sub(1);
        budget.words = left.ok_or_else(|| Fault::too_large(format!("more than {MAX_WORDS} words")))?;
        rest = read_word(rest, &mut words, budget)?.trim_start();
    }
    Ok(words)
}

/// Reads the word that `text` begins with, and gives back what follows it.
fn read_word<'a>(text: &'a str, words: &mut Vec<Word>, budget: &mut Budget) -> Result<&'a str, Fault> {
    let first = text.chars().next().unwrap_or_default();
    if text.starts_with("${") {
        let hole = text::scan_hole(text)?;
        words.push(Word::Sign("("));
        words.append(&mut read_hole(hole.inside, budget)?);
        words.push(Word::Sign(")"));
        return Ok(hole.rest);
    }
    if first == '\'' || first == '"' {
        let (content, rest) = quoted(text, first)?;
        words.push(text_word(content, budget)?);
        return Ok(rest);
    }
    if first.is_ascii_digit() {
        return number(text, words);
    }
    if is_name_start(first) {
        let (name, rest) = split_name(text);
        words.push(Word::Name(name.to_owned()));
        return Ok(rest);
    }
    if first == '.' && text[1..].starts_with(is_name_start) {
        let (name, rest) = split_name(&text[1..]);
        words.push(Word::Member(name.to_owned()));
        return Ok(rest);
    }
    match SIGNS.iter().find(|(spelling, _)| text.starts_with(spelling)) {
        Some((spelling, sign)) => {
            words.push(Word::Sign(sign));
            Ok(&text[spelling.len()..])
        }
        None => Err(Fault::syntax(format!("`{first}` has no meaning here"))),
    }
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn split_name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    text.split_at(end)
}

fn number<'a>(text: &'a str, words: &mut Vec<Word>) -> Result<&'a str, Fault> {
    let bytes = text.as_bytes();
    let digits = |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = end + 1 + sign;
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            end = digits(exponent);
        }
    }
    let (number, rest) = text.split_at(end);
    if rest.starts_with(is_name_start) {
        return Err(Fault::syntax(format!("`{number}` runs into `{}`", split_name(rest).0)));
    }
    let value = match number.parse::<i64>() {
        Ok(whole) => Value::from(whole),
        Err(_) => Value::from(number.parse::<f64>().map_err(|_| Fault::syntax(format!("`{number}` is no number")))?),
    };
    words.push(Word::Literal(value));
    Ok(rest)
}

/// The content of a quoted text, its escapes resolved, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), Fault> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((content, &text[at + c.len_utf8()..])),
            '\\' => match chars.next() {
                Some((_, 'n')) => content.push('\n'),
                Some((_, 't')) => content.push('\t'),
                Some((_, 'r')) => content.push('\r'),
                Some((_, c)) if c == '\\' || c == '\'' || c == '"' => content.push(c),
                // Anything else is kept as it is written, so that regular expressions need no doubled backslashes.
                Some((_, c)) => content.extend(['\\', c]),
                None => break,
            },
            c => content.push(c),
        }
    }
    Err(Fault::syntax("a quoted text has no end"))
}

fn text_word(content: String, budget: &mut Budget) -> Result<Word, Fault> {
    if !content.contains("${") {
        return Ok(Word::Literal(Value::from(content)));
    }
    let mut pieces = Vec::new();
    let mut rest = content.as_str();
    while let Some(at) = rest.find("${") {
        let hole = text::scan_hole(&rest[at..])?;
        pieces.push(Piece::Text(rest[..at].to_owned()));
        pieces.push(Piece::Hole(read_hole(hole.inside, budget)?));
        rest = hole.rest;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(Word::Pieces(pieces))
}
