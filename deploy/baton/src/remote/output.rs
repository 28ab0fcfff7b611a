//! What commands print: tables for people, JSON for programs, ids alone for scripts.

use serde_json::Value;
use std::io::Write;

#[derive(clap::Args, Clone, Copy, Default)]
#[group(skip)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// How to print.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    /// Print ids only, a line each.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Table,
    /// A document; of lists, one in each line.
    Json,
}

/// The name of a field, and what stands above it. The first column of a table is what --quiet prints.
#[derive(Clone, Copy)]
pub struct Column(pub &'static str, pub &'static str);

/// Wider texts are cut, but in the last column.
const WIDEST: usize = 48;

impl Output {
    pub fn is_json(self) -> bool {
        self.output == Format::Json
    }

    pub fn list(self, rows: &[Value], columns: &[Column]) -> anyhow::Result<()> {
        if self.is_json() {
            return print(rows.iter().map(Value::to_string));
        }
        if self.quiet {
            let Some(Column(id, _)) = columns.first() else { return Ok(()) };
            return print(rows.iter().map(|row| cell(&row[id])));
        }
        print(table(rows, columns))
    }

    /// One thing: its id for --quiet, and what is said of it to people.
    pub fn one(self, value: &Value, id: &str, said: impl FnOnce() -> Vec<String>) -> anyhow::Result<()> {
        if self.is_json() {
            return print([format!("{value:#}")]);
        }
        if self.quiet {
            return print([id.to_owned()]);
        }
        print(said())
    }
}

/// Whoever reads may go away in the middle (`| head`): no error.
pub fn print(lines: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        match writeln!(out, "{line}") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(out.flush().or_else(|error| if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })?)
}

pub fn table(rows: &[Value], columns: &[Column]) -> Vec<String> {
    let header = columns.iter().map(|Column(_, name)| name.to_uppercase()).collect();
    let cells = |row: &Value| columns.iter().map(|Column(field, _)| cell(&row[field])).collect();
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().map(cells)).collect();
    let last = columns.len().saturating_sub(1);
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or(0).min(WIDEST)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().enumerate().map(|(column, text)| match column == last {
            true => text.clone(),
            false => format!("{:<width$}", cut(text, widths[column]), width = widths[column]),
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect()
}

/// A value on one line, without what would move a terminal's cursor.
pub fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [json!({"id": "a", "n": 7, "text": "x\u{1b}[2J\ny"}), json!({"id": "longer", "text": "z"})];
        let lines = table(&rows, &[Column("id", "id"), Column("n", "count"), Column("text", "text")]);
        assert_eq!(lines, ["ID      COUNT  TEXT", "a       7      x [2J y", "longer         z"]);
    }

    #[test]
    fn long_texts_are_cut_but_in_the_last_column() {
        let long = "é".repeat(60);
        let lines = table(&[json!({"a": long, "b": long})], &[Column("a", "a"), Column("b", "b")]);
        assert_eq!(lines[1], format!("{}…  {long}", "é".repeat(47)));
        assert_eq!(cut("abc", 0), "…");
    }
}
