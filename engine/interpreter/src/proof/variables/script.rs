//! What a script in Python or JavaScript sets and asks for, as far as its words show.
//!
//! It is read by words, not understood. What may be meant otherwise (parameters, loop variables, a name in a template
//! string) counts as neither; what can set anything (`eval`, `context.update`) is said to.

use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(super) struct Script {
    /// Set by a statement, or as `context['name'] = …`.
    pub sets: HashSet<String>,
    /// Asked for before anything in the script sets it.
    pub reads: HashSet<String>,
    /// Asked for anywhere.
    pub uses: HashSet<String>,
    /// Asked for with a care for its absence.
    pub guards: HashSet<String>,
    /// It may set variables that nobody can name.
    pub is_opaque: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    Name(String),
    Text(String),
    Sign(char),
    End,
}

pub(super) fn read(script: &str) -> Script {
    let words = words(script);
    let mut reader = Reader::default();
    words.split(|word| *word == Word::End).for_each(|statement| reader.statement(statement));
    reader.finish()
}

const OPAQUE: [&str; 9] = ["exec", "eval", "globals", "locals", "vars", "setattr", "assign", "with", "Function"];
/// Statements with these name things of their own.
const BINDING: [&str; 11] =
    ["for", "import", "def", "lambda", "as", "class", "function", "catch", "global", "nonlocal", "del"];
const DECLARING: [&str; 3] = ["let", "const", "var"];

#[derive(Default)]
struct Reader {
    script: Script,
    bound: HashSet<String>,
    /// Whether the first mention of a name sets it.
    first_sets: HashMap<String, bool>,
    has_try: bool,
}

impl Reader {
    fn statement(&mut self, words: &[Word]) {
        let names =
            words.iter().filter_map(|word| if let Word::Name(name) = word { Some(name.as_str()) } else { None });
        let names: Vec<&str> = names.collect();
        self.has_try |= names.contains(&"try");
        self.script.is_opaque |= names.iter().any(|name| OPAQUE.contains(name));
        let is_arrow = words.windows(2).any(|pair| pair == [Word::Sign('='), Word::Sign('>')]);
        if is_arrow || names.iter().any(|name| BINDING.contains(name)) {
            self.bound.extend(names.iter().map(|name| (*name).to_owned()));
        }
        let assigned = assigned_until(words);
        // The right side is asked before the left side is set.
        (assigned..words.len()).for_each(|at| self.mention(words, at));
        (0..assigned).for_each(|at| self.target(words, at));
    }

    fn mention(&mut self, words: &[Word], at: usize) {
        match &words[at] {
            Word::Text(text) if words.get(at + 1..).is_some_and(asks_whether_in_context) => self.guard(text),
            Word::Name(name) if name == "context" && !is_member(words, at) => self.context(words, at),
            Word::Name(name) if !is_member(words, at) => match words.get(at + 1) {
                Some(Word::Sign(':')) => drop(self.bound.insert(name.clone())),
                Some(Word::Sign('=')) if words.get(at + 2) != Some(&Word::Sign('=')) => {
                    self.bound.insert(name.clone());
                }
                _ => self.uses(name),
            },
            _ => {}
        }
    }

    fn context(&mut self, words: &[Word], at: usize) {
        match words.get(at + 1..).unwrap_or_default() {
            [Word::Sign('['), Word::Text(name), ..] => self.uses(name),
            [Word::Sign('.'), Word::Name(method), Word::Sign('('), Word::Text(name), ..]
                if method == "get" || method == "pop" || method == "setdefault" || method == "hasOwnProperty" =>
            {
                self.guard(name);
                if method == "setdefault" {
                    self.sets(name);
                }
            }
            [Word::Sign('?'), ..] => {}
            [Word::Sign('.'), Word::Name(_), Word::Sign('('), ..] => self.script.is_opaque = true,
            [Word::Sign('.'), Word::Name(name), ..] => self.uses(name),
            [Word::Sign('[' | ',' | ')'), ..] => self.script.is_opaque = true,
            _ => {}
        }
    }

    /// Something on the left of an assignment.
    fn target(&mut self, words: &[Word], at: usize) {
        let Word::Name(name) = &words[at] else { return self.mention(words, at) };
        if is_member(words, at) || BINDING.contains(&name.as_str()) {
            return;
        }
        if DECLARING.contains(&name.as_str()) {
            if let Some(Word::Name(declared)) = words.get(at + 1) {
                self.bound.insert(declared.clone());
            }
            return;
        }
        if name == "context" {
            return match words.get(at + 1..).unwrap_or_default() {
                [Word::Sign('['), Word::Text(name), Word::Sign(']'), Word::Sign(next), ..]
                | [Word::Sign('.'), Word::Name(name), Word::Sign(next), ..] => self.set_or_change(name, *next),
                _ => self.script.is_opaque = true,
            };
        }
        match words.get(at + 1) {
            Some(Word::Sign(next @ ('=' | ','))) => self.set_or_change(name, *next),
            Some(Word::Sign(':')) => self.sets(name),
            _ => self.uses(name),
        }
    }

    /// `a = …` sets; `a += …`, `a[0] = …` and `a.b = …` change what must be there.
    fn set_or_change(&mut self, name: &str, next: char) {
        if next != '=' && next != ',' {
            self.uses(name);
        }
        self.sets(name);
    }

    fn uses(&mut self, name: &str) {
        self.first_sets.entry(name.to_owned()).or_insert(false);
        self.script.uses.insert(name.to_owned());
    }

    fn sets(&mut self, name: &str) {
        self.first_sets.entry(name.to_owned()).or_insert(true);
        self.script.sets.insert(name.to_owned());
    }

    fn guard(&mut self, name: &str) {
        self.script.guards.insert(name.to_owned());
    }

    fn finish(mut self) -> Script {
        let bound = self.bound;
        let is_read = |(name, first_sets): (String, bool)| (!first_sets && !bound.contains(&name)).then_some(name);
        if !self.has_try {
            self.script.reads = self.first_sets.into_iter().filter_map(is_read).collect();
        }
        self.script
    }
}

/// Where the left side of an assignment ends, or 0: before the `=` that stands in no parentheses and compares nothing.
fn assigned_until(words: &[Word]) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate() {
        match word {
            Word::Sign('(' | '[' | '{') => depth += 1,
            Word::Sign(')' | ']' | '}') => depth -= 1,
            Word::Sign('=') if depth == 0 => {
                let next = words.get(at + 1);
                let before = at.checked_sub(1).and_then(|before| words.get(before));
                let compares = matches!(next, Some(Word::Sign('=' | '>')))
                    || matches!(before, Some(Word::Sign('=' | '!' | '<' | '>')));
                return if compares { 0 } else { at + 1 };
            }
            _ => {}
        }
    }
    0
}

fn is_member(words: &[Word], at: usize) -> bool {
    at > 0 && words[at - 1] == Word::Sign('.')
}

/// `'name' in context`, `'name' not in context`
fn asks_whether_in_context(next: &[Word]) -> bool {
    let names =
        next.iter().take(3).map_while(|word| if let Word::Name(name) = word { Some(name.as_str()) } else { None });
    let names: Vec<&str> = names.collect();
    matches!(names.as_slice(), ["in", "context", ..] | ["not", "in", "context"])
}

fn words(script: &str) -> Vec<Word> {
    let letters: Vec<char> = script.chars().collect();
    let (mut words, mut at, mut depth) = (Vec::new(), 0, 0_usize);
    while let Some(letter) = letters.get(at).copied() {
        let next = letters.get(at + 1).copied();
        match letter {
            '#' => at = line_end(&letters, at),
            '/' if next == Some('/') => at = line_end(&letters, at),
            '/' if next == Some('*') => at = after(&letters, at + 2, &['*', '/']),
            '\'' | '"' | '`' => {
                let (text, end) = quoted(&letters, at, letter);
                words.push(Word::Text(text));
                at = end;
            }
            _ if letter.is_alphabetic() || letter == '_' || letter == '$' => {
                let end = (at..letters.len()).find(|at| !is_name_letter(letters[*at])).unwrap_or(letters.len());
                words.push(Word::Name(letters[at..end].iter().collect()));
                at = end;
            }
            ':' if depth == 0 && opens_block(&words) => {
                words.push(Word::End);
                at += 1;
            }
            '\n' | ';' if depth == 0 => {
                words.push(Word::End);
                at += 1;
            }
            _ => {
                match letter {
                    '(' | '[' => depth += 1,
                    ')' | ']' => depth = depth.saturating_sub(1),
                    // Blocks of JavaScript hold statements.
                    '{' | '}' if depth == 0 => words.push(Word::End),
                    _ => {}
                }
                words.extend((!letter.is_whitespace() && !"{}".contains(letter)).then_some(Word::Sign(letter)));
                at += 1;
            }
        }
    }
    words
}

/// Whether the statement so far is the head of a block of Python.
fn opens_block(words: &[Word]) -> bool {
    const HEADS: [&str; 11] =
        ["if", "elif", "else", "while", "for", "with", "try", "except", "finally", "def", "class"];
    let head = words.iter().rposition(|word| *word == Word::End).map_or(0, |end| end + 1);
    matches!(words.get(head), Some(Word::Name(name)) if HEADS.contains(&name.as_str()))
}

fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn line_end(letters: &[char], at: usize) -> usize {
    (at..letters.len()).find(|at| letters[*at] == '\n').unwrap_or(letters.len())
}

fn after(letters: &[char], at: usize, end: &[char]) -> usize {
    let from = at.min(letters.len());
    let found = letters[from..].windows(end.len()).position(|part| part == end);
    found.map_or(letters.len(), |found| from + found + end.len())
}

/// The text in quotes that begin at `at`, and where they end.
fn quoted(letters: &[char], at: usize, quote: char) -> (String, usize) {
    if letters.get(at + 1..at + 3) == Some(&[quote, quote]) && quote != '`' {
        return (String::new(), after(letters, at + 3, &[quote; 3]));
    }
    let (mut text, mut place) = (String::new(), at + 1);
    while let Some(letter) = letters.get(place).copied() {
        match letter {
            '\\' => place += 1,
            _ if letter == quote || (letter == '\n' && quote != '`') => return (text, place + 1),
            _ => text.push(letter),
        }
        place += 1;
    }
    (text, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &HashSet<String>) -> Vec<&str> {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    fn check(script: &str, sets: &[&str], reads: &[&str]) {
        let found = read(script);
        assert_eq!((sorted(&found.sets).as_slice(), sorted(&found.reads).as_slice()), (sets, reads), "{script}");
    }

    #[test]
    fn a_statement_sets_its_left_side_and_reads_its_right_side() {
        check("total = price * count", &["total"], &["count", "price"]);
        check("context['total'] = context[\"price\"] + 1", &["total"], &["price"]);
        check("context.total = price; a, b = c", &["a", "b", "total"], &["c", "price"]);
        check("x = 1\ny = x + 1", &["x", "y"], &[]);
        check("if a > 1: b = 2\nelse: b = 3", &["b"], &["a", "else", "if"]);
    }

    #[test]
    fn what_changes_a_value_needs_it() {
        assert!(read("n += 1").uses.contains("n"));
        assert!(read("n = n + 1").reads.contains("n"));
        assert!(read("order['paid'] = True").uses.contains("order"));
    }

    #[test]
    fn comments_texts_and_comparisons_set_nothing() {
        check("# a = 1\n'b = 2'\nif c == 3: pass", &[], &["c", "if", "pass"]);
        check("f(width=3) // d = 1\n/* e = 1 */", &[], &["f"]);
        check("\"\"\" g = 1 \"\"\"", &[], &[]);
    }

    #[test]
    fn names_of_its_own_are_not_read() {
        assert!(!read("for row in rows:\n  total = row").reads.contains("row"));
        assert!(!read("pick = lambda x: x").reads.contains("x"));
        assert!(!read("const y = 1\nz = y").reads.contains("y"));
    }

    #[test]
    fn asking_with_care_is_no_reading() {
        let found = read("a = context.get('a', 0)\nif 'b' in context: c = context['b']");
        assert_eq!(sorted(&found.guards), ["a", "b"]);
        assert!(read("try:\n  x = y\nexcept NameError:\n  x = 0").reads.is_empty());
    }

    #[test]
    fn what_can_set_anything_is_said_to() {
        assert!(read("exec(text)").is_opaque);
        assert!(read("context.update(values)").is_opaque);
        assert!(!read("total = context['price']").is_opaque);
    }
}
