//! The reader of decisions in YAML: documents with the key `decision` (`engine/docs/decisions.md`). Other documents of the file are
//! for [`crate::yaml`].

mod table;

use super::{Decision, Decisions, Expression, ReadResult, Requirements, Variable, check, finish};
use crate::yaml::{
    fields::{Fields, Problems},
    tree::{self, Content, Node},
};
use crate::{Diagnostic, Located};

/// Reads the decisions of a file and checks that they fit together. `file_name` is only for the diagnostics.
pub fn read(file_name: &str, text: &str) -> ReadResult {
    let mut problems = Vec::new();
    let documents = tree::parse(text, &mut problems);
    let mut decisions = Decisions::default();
    let own = documents.iter().filter(|document| is_decision(document));
    if let Some(many) = own.clone().nth(check::MOST_ELEMENTS) {
        problems.push(check::too_many(many.location));
        return finish(file_name, decisions, problems);
    }
    decisions.decisions = own.filter_map(|document| self::document(document, &mut problems)).collect();
    problems.extend(check::decisions(&decisions));
    finish(file_name, decisions, problems)
}

pub(crate) fn is_decision(document: &Node) -> bool {
    let Content::Map(entries) = &document.content else { return false };
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    has("decision") && !has("process")
}

fn document(node: &Node, problems: &mut Problems) -> Option<Decision> {
    let mut fields = Fields::of(node, "a document", problems);
    let decision = fields.node("decision").map(|node| decision(node, problems));
    if decision.is_none() {
        problems.push(fields.error("EMPTY_DECISION", node.location, "`decision` says nothing"));
    }
    fields.finish("UNKNOWN_KEY", "a document", problems);
    decision
}

fn decision(node: &Node, problems: &mut Problems) -> Decision {
    let mut fields = Fields::of(node, "`decision`", problems);
    let id = fields.required("id", "a decision", problems);
    let mut fields = fields.owned_by(&id.value);
    let name = fields.plain_text("name", problems);
    let type_ref = fields.text("type", problems);
    let requires = Requirements { decisions: fields.texts("requires", problems), ..Requirements::default() };
    let expression = fields.text("expression", problems);
    let is_table = ["rules", "inputs", "outputs", "hitPolicy"].iter().any(|key| fields.has(key));
    let logic = match expression {
        Some(text) if !is_table => Some(Expression::literal(without_sign(text))),
        Some(text) => {
            let message = "a decision is an expression or a table, and this one is both";
            problems.push(fields.error("EXPRESSION_AND_TABLE", text.location, message));
            None
        }
        None if is_table => Some(table::table(&mut fields, problems)),
        None => {
            let problem =
                fields.error("EMPTY_DECISION", node.location, "the decision has neither `rules` nor `expression`");
            problems.push(problem);
            None
        }
    };
    fields.finish("UNKNOWN_KEY", "a decision", problems);
    let variable = Variable { name: id.clone(), type_ref };
    Decision { id: id.value, name, variable, requires, logic, location: node.location }
}

/// FEEL, whether or not a `=` says so.
fn without_sign(text: Located<String>) -> Located<String> {
    let trimmed = text.value.trim();
    let plain = trimmed.strip_prefix('=').unwrap_or(trimmed).trim().to_owned();
    Located::new(plain, text.location)
}

fn problem(code: &str, node: &Node, message: String, fields: &Fields<'_>) -> Diagnostic {
    fields.error(code, node.location, message)
}
