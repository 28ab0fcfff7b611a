//! Functions of texts (DMN 1.5, 10.3.4.3). Positions count characters, from one.

use super::{Builtin, full, integer, list, optional, plain, text};
use crate::{FeelError, evaluate::Run, value::Value};
use regex::{Regex, RegexBuilder};

pub const FUNCTIONS: &[Builtin] = &[
    plain("substring", &["string, start position, length?"], substring),
    plain("string length", &["string"], |of| Some(Value::number(text(of, 0)?.chars().count()))),
    plain("upper case", &["string"], |of| Some(Value::text(text(of, 0)?.to_uppercase()))),
    plain("lower case", &["string"], |of| Some(Value::text(text(of, 0)?.to_lowercase()))),
    plain("substring before", &["string, match"], |of| {
        Some(Value::text(text(of, 0)?.split_once(&**text(of, 1)?).map_or("", |(before, _)| before)))
    }),
    plain("substring after", &["string, match"], |of| {
        Some(Value::text(text(of, 0)?.split_once(&**text(of, 1)?).map_or("", |(_, after)| after)))
    }),
    plain("contains", &["string, match"], |of| Some(Value::Boolean(text(of, 0)?.contains(&**text(of, 1)?)))),
    plain("starts with", &["string, match"], |of| Some(Value::Boolean(text(of, 0)?.starts_with(&**text(of, 1)?)))),
    plain("ends with", &["string, match"], |of| Some(Value::Boolean(text(of, 0)?.ends_with(&**text(of, 1)?)))),
    full("replace", &["input, pattern, replacement, flags?"], replace),
    full("matches", &["input, pattern, flags?"], matches),
    full("split", &["string, delimiter"], split),
    full("string join", &["list, delimiter?"], string_join),
];

/// Memory that one pattern may take when it is compiled.
const PATTERN_SIZE: usize = 1 << 18;
/// What compiling one costs.
const PATTERN_WORK: usize = 5_000;

fn substring(arguments: &[Value]) -> Option<Value> {
    let whole = text(arguments, 0)?;
    let start = integer(arguments, 1)?;
    let length = optional(arguments, 2, integer)?;
    let count = i64::try_from(whole.chars().count()).ok()?;
    let skipped = match start {
        1.. => start - 1,
        0 => return None,
        _ => count.checked_add(start)?,
    };
    if skipped < 0 || skipped > count || length.is_some_and(|length| length < 1) {
        return None;
    }
    let rest = whole.chars().skip(usize::try_from(skipped).ok()?);
    let taken = usize::try_from(length.unwrap_or(count)).ok()?;
    Some(Value::text(rest.take(taken).collect::<String>()))
}

/// A pattern of XPath (DMN 1.5 refers to XQuery and XPath Functions, 5.6.1), which is nearly one of `regex`.
fn pattern(run: &Run, pattern: &str, flags: Option<&str>) -> Result<Option<Regex>, FeelError> {
    let key = (pattern.to_owned(), flags.unwrap_or_default().to_owned());
    if let Some(known) = run.patterns.borrow().get(&key) {
        return Ok(known.clone());
    }
    // compiling is far more work than the text is long
    run.evaluation.spend(PATTERN_WORK + pattern.len())?;
    let compiled = compile(pattern, &key.1);
    run.patterns.borrow_mut().insert(key, compiled.clone());
    Ok(compiled)
}

fn compile(pattern: &str, flags: &str) -> Option<Regex> {
    if !flags.chars().all(|flag| "smixq".contains(flag)) {
        return None;
    }
    let pattern = if flags.contains('q') { regex::escape(pattern) } else { pattern.to_owned() };
    let mut builder = RegexBuilder::new(&pattern);
    builder
        .dot_matches_new_line(flags.contains('s'))
        .multi_line(flags.contains('m'))
        .case_insensitive(flags.contains('i'))
        .ignore_whitespace(flags.contains('x'))
        .size_limit(PATTERN_SIZE);
    builder.build().ok()
}

fn matches(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let (Some(input), Some(wanted), Some(flags)) =
        (text(arguments, 0), text(arguments, 1), optional(arguments, 2, text))
    else {
        return Ok(Value::Null);
    };
    run.evaluation.spend_on_text(16 * input.len())?;
    let pattern = pattern(run, wanted, flags.map(|flags| &**flags))?;
    Ok(pattern.map_or(Value::Null, |pattern| Value::Boolean(pattern.is_match(input))))
}

fn replace(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let (Some(input), Some(wanted), Some(replacement), Some(flags)) =
        (text(arguments, 0), text(arguments, 1), text(arguments, 2), optional(arguments, 3, text))
    else {
        return Ok(Value::Null);
    };
    run.evaluation.spend_on_text(16 * input.len())?;
    let Some(pattern) = pattern(run, wanted, flags.map(|flags| &**flags))? else { return Ok(Value::Null) };
    let mut text = String::new();
    let mut end = 0;
    for found in pattern.captures_iter(input) {
        let Some(whole) = found.get(0) else { continue };
        let before = text.len();
        text.push_str(&input[end..whole.start()]);
        found.expand(&braced(replacement), &mut text);
        run.evaluation.spend(1 + replacement.len() / 16)?;
        run.evaluation.spend_on_text(text.len() - before)?;
        end = whole.end();
    }
    text.push_str(&input[end..]);
    Ok(Value::text(text))
}

/// `$1` ends with its digit, whatever follows.
fn braced(replacement: &str) -> String {
    let mut text = String::new();
    let mut characters = replacement.chars().peekable();
    while let Some(character) = characters.next() {
        text.push(character);
        if character == '$' && characters.peek().is_some_and(char::is_ascii_digit) {
            text.push('{');
            text.extend(characters.next());
            text.push('}');
        }
    }
    text
}

fn split(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let (Some(whole), Some(delimiter)) = (text(arguments, 0), text(arguments, 1)) else { return Ok(Value::Null) };
    run.evaluation.spend_on_text(16 * whole.len())?;
    let pattern = pattern(run, delimiter, None)?;
    Ok(pattern.map_or(Value::Null, |pattern| Value::list(pattern.split(whole).map(Value::text).collect())))
}

/// Nulls are left out; anything else that is no text makes null.
fn string_join(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let (Some(items), Some(delimiter)) = (list(arguments, 0), optional(arguments, 1, text)) else {
        return Ok(Value::Null);
    };
    let delimiter = delimiter.map_or("", |text| text);
    let mut joined = String::new();
    let mut first = true;
    for item in items.iter().filter(|item| !item.is_null()) {
        let Value::String(item) = item else { return Ok(Value::Null) };
        run.evaluation.spend_on_text(delimiter.len() + item.len())?;
        if !first {
            joined.push_str(delimiter);
        }
        first = false;
        joined.push_str(item);
    }
    Ok(Value::text(joined))
}
