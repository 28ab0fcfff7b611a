//! The reference in `engine/docs/ag-ui.md` is what the code says. `BATON_WRITE_REFERENCE=1 cargo test -p agui` writes it.

use std::{fmt::Write, path::PathBuf};

const MARKS: (&str, &str) = ("<!-- events -->\n", "<!-- /events -->");

fn table() -> String {
    let mut table = "| event | fields |\n|---|---|\n".to_owned();
    for row in agui::reference() {
        let field = |field: &agui::Field| {
            let mark = if field.is_required { "" } else { "?" };
            format!("`{}{mark}` {}", field.name, field.kind)
        };
        let fields: Vec<_> = row.fields.iter().filter(|field| field.name != "subagentRunId").map(field).collect();
        let _ = writeln!(table, "| `{}` | {} |", row.event, fields.join(", "));
    }
    table
}

#[test]
fn the_reference_is_up_to_date() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../engine/docs/ag-ui.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(MARKS.0).expect("the page has a place for the table");
    let (written, after) = rest.split_once(MARKS.1).expect("the place ends");
    let table = table();
    if std::env::var_os("BATON_WRITE_REFERENCE").is_some() {
        std::fs::write(&path, format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1)).unwrap();
        return;
    }
    assert_eq!(written, table, "write it anew with BATON_WRITE_REFERENCE=1");
}
