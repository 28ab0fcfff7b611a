//! The reference in `engine/docs/live-messages.md` is what the code says: made from the declaration of the messages.
//! `BATON_WRITE_REFERENCE=1 cargo test -p gateway reference` writes it.

use std::{fmt::Write, path::Path};

const MARKS: (&str, &str) = ("<!-- messages -->\n", "<!-- /messages -->");

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The variants of an enum and their fields, as rustfmt lays them out.
fn table(source: &str, name: &str) -> String {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).expect("the enum is there");
    let body = body.split("\n}").next().unwrap_or(body);
    let mut table = "| type | fields |\n|---|---|\n".to_owned();
    for variant in body.split("#[serde(rename = \"").skip(1) {
        let (kind, rest) = variant.split_once('"').expect("the name ends");
        let declared: String = rest.lines().skip(1).map(|line| format!("{}\n", line.trim())).collect();
        let fields = declared.split_once('{').map_or("", |(_, fields)| fields);
        let fields = fields.rsplit_once('}').map_or(fields, |(fields, _)| fields);
        let _ = writeln!(table, "| `{kind}` | {} |", fields_of(fields).join(", "));
    }
    table
}

fn fields_of(declared: &str) -> Vec<String> {
    let plain: String = declared.lines().filter(|line| !line.starts_with("///")).collect::<Vec<_>>().join(" ");
    let mut fields = Vec::new();
    for part in split_fields(&plain) {
        let may_be_absent = part.contains("skip_serializing_if");
        let Some((name, kind)) = part.rsplit("] ").next().and_then(|field| field.split_once(": ")) else { continue };
        if part.contains("serde(flatten)") {
            fields.push("the element's: `elementId`, `elementName`, `elementType`, `elementInstanceKey`".to_owned());
            continue;
        }
        let mark = if may_be_absent { "?" } else { "" };
        fields.push(format!("`{}{mark}` {}", camel(name.trim()), kind_of(kind)));
    }
    fields
}

/// Commas within brackets belong to types.
fn split_fields(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0);
    for letter in text.chars() {
        match letter {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(letter);
    }
    parts.push(part);
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| camel + &word[..1].to_uppercase() + &word[1..])
}

fn kind_of(kind: &str) -> &'static str {
    let inner = kind.trim().trim_start_matches("Option<").trim_start_matches("Box<");
    match inner.split(['<', '>']).next().unwrap_or_default() {
        "String" | "&'static str" | "Outcome" => "text",
        "u64" | "u32" | "f64" => "number",
        "bool" => "true or false",
        "Vec" => "list",
        "Value" => "any",
        _ => "object",
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/docs/live-messages.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(MARKS.0).expect("the page has a place for the tables");
    let (written, after) = rest.split_once(MARKS.1).expect("the place ends");
    let messages = table(&read("src/live/message.rs"), "Body");
    let answers = table(&read("src/live/client.rs"), "Answer");
    let made = format!("{messages}\nAnswers to what a client says:\n\n{answers}");
    if std::env::var_os("BATON_WRITE_REFERENCE").is_some() {
        std::fs::write(&path, format!("{before}{}{made}{}{after}", MARKS.0, MARKS.1)).unwrap();
        return;
    }
    assert_eq!(written, made, "write it anew with BATON_WRITE_REFERENCE=1");
}
