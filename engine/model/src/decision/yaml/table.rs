//! Decision tables in YAML. A cell is FEEL: a text of FEEL has quotes of its own.

use super::{
    super::{Aggregation, DecisionTable, Expression, ExpressionKind, HitPolicy, InputClause, OutputClause, Rule},
    problem, without_sign,
};
use crate::yaml::{
    fields::{Fields, Problems, text_of},
    tree::{Content, Node},
};
use crate::{Located, near_miss::did_you_mean};

const HIT_POLICIES: [(&str, HitPolicy); 11] = [
    ("unique", HitPolicy::Unique),
    ("any", HitPolicy::Any),
    ("priority", HitPolicy::Priority),
    ("first", HitPolicy::First),
    ("rule order", HitPolicy::RuleOrder),
    ("output order", HitPolicy::OutputOrder),
    ("collect", HitPolicy::Collect(None)),
    ("collect sum", HitPolicy::Collect(Some(Aggregation::Sum))),
    ("collect count", HitPolicy::Collect(Some(Aggregation::Count))),
    ("collect min", HitPolicy::Collect(Some(Aggregation::Min))),
    ("collect max", HitPolicy::Collect(Some(Aggregation::Max))),
];

pub(super) fn table(fields: &mut Fields<'_>, problems: &mut Problems) -> Expression {
    let location = fields.location;
    let mut table = DecisionTable { hit_policy: hit_policy(fields, problems), ..DecisionTable::default() };
    let inputs = fields.list("inputs", problems);
    table.inputs = inputs.iter().filter_map(|node| input(node, fields, problems)).collect();
    let outputs = fields.list("outputs", problems);
    table.outputs = outputs.iter().filter_map(|node| output(node, fields, problems)).collect();
    if outputs.is_empty() {
        table.outputs.push(OutputClause { location, ..OutputClause::default() });
    }
    if table.outputs.len() > 1
        && let Some(nameless) = table.outputs.iter().find(|output| output.name.is_none())
    {
        let message = "of several outputs each needs a name";
        problems.push(fields.error("MISSING_PROPERTY", nameless.location, message));
    }
    let rules = fields.list("rules", problems);
    table.rules = rules.iter().map(|node| rule(node, &table, fields, problems)).collect();
    Expression { kind: ExpressionKind::Table(Box::new(table)), type_ref: None, location }
}

fn hit_policy(fields: &mut Fields<'_>, problems: &mut Problems) -> HitPolicy {
    let Some(written) = fields.text("hitPolicy", problems) else { return HitPolicy::default() };
    let plain = written.value.trim().to_lowercase().replace(['_', '-'], " ");
    let found = HIT_POLICIES.iter().find(|(name, _)| *name == plain);
    if found.is_none() {
        let names = HIT_POLICIES.iter().map(|(name, _)| *name);
        let mut problem =
            fields.error("INVALID_VALUE", written.location, format!("`{}` is no hit policy", written.value));
        problem.hint = did_you_mean(&plain, names.clone())
            .or_else(|| Some(format!("one of {}", names.collect::<Vec<_>>().join(", "))));
        problems.push(problem);
    }
    found.map(|(_, policy)| *policy).unwrap_or_default()
}

/// An expression, or a map with one.
fn input(node: &Node, owner: &Fields<'_>, problems: &mut Problems) -> Option<InputClause> {
    if let Some(text) = text_of(node) {
        let (expression, location) = (without_sign(text), node.location);
        return Some(InputClause { expression, location, ..InputClause::default() });
    }
    let mut fields = Fields::of(node, "an input", problems);
    let expression = fields.text("expression", problems).or_else(|| fields.text("name", problems));
    let Some(expression) = expression else {
        problems.push(problem("MISSING_PROPERTY", node, "an input needs `expression`".to_owned(), owner));
        return None;
    };
    let clause = InputClause {
        label: fields.plain_text("label", problems).or_else(|| fields.plain_text("name", problems)),
        expression: without_sign(expression),
        type_ref: fields.text("type", problems),
        values: values(&mut fields, problems),
        location: node.location,
    };
    fields.finish("UNKNOWN_KEY", "an input", problems);
    Some(clause)
}

/// A name, or a map with more.
fn output(node: &Node, _owner: &Fields<'_>, problems: &mut Problems) -> Option<OutputClause> {
    if let Some(name) = text_of(node) {
        return Some(OutputClause { name: Some(name), location: node.location, ..OutputClause::default() });
    }
    let mut fields = Fields::of(node, "an output", problems);
    let clause = OutputClause {
        name: fields.text("name", problems),
        type_ref: fields.text("type", problems),
        values: values(&mut fields, problems),
        default: fields.text("default", problems).map(|text| Expression::literal(without_sign(text))),
        location: node.location,
    };
    fields.finish("UNKNOWN_KEY", "an output", problems);
    Some(clause)
}

/// A list of cells, or one text with commas.
fn values(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Located<String>> {
    let place = fields.node("values")?.location;
    let texts = match fields.node("values").and_then(text_of) {
        Some(text) => text.value,
        None => {
            let texts = fields.texts("values", problems);
            texts.into_iter().map(|text| text.value).collect::<Vec<_>>().join(", ")
        }
    };
    Some(Located::new(texts, place))
}

fn rule(node: &Node, table: &DecisionTable, owner: &Fields<'_>, problems: &mut Problems) -> Rule {
    let mut fields = Fields::of(node, "a rule", problems);
    let names = |clause: &InputClause| {
        clause.label.iter().cloned().chain([clause.expression.value.clone()]).collect::<Vec<_>>()
    };
    let inputs: Vec<Vec<String>> = table.inputs.iter().map(names).collect();
    let outputs: Vec<Vec<String>> =
        table.outputs.iter().map(|clause| clause.name.iter().map(|name| name.value.clone()).collect()).collect();
    let (when, then) = (fields.node("when"), fields.node("then"));
    if then.is_none() {
        problems.push(problem("MISSING_PROPERTY", node, "a rule needs `then`".to_owned(), owner));
    }
    let tests = cells(when, &inputs, "input", owner, problems);
    let results = cells(then, &outputs, "output", owner, problems);
    let rule = Rule {
        id: fields.plain_text("id", problems),
        inputs: tests
            .into_iter()
            .map(|cell| cell.unwrap_or_else(|| Located::new(String::new(), node.location)))
            .collect(),
        outputs: results
            .into_iter()
            .map(|cell| {
                Expression::literal(cell.map_or_else(|| Located::new(String::new(), node.location), without_sign))
            })
            .collect(),
        location: node.location,
    };
    fields.node("annotation");
    fields.finish("UNKNOWN_KEY", "a rule", problems);
    rule
}

/// A cell for each clause: by its name in a map, by its place in a list, or the only one.
fn cells(
    node: Option<&Node>,
    clauses: &[Vec<String>],
    what: &str,
    owner: &Fields<'_>,
    problems: &mut Problems,
) -> Vec<Option<Located<String>>> {
    let mut cells: Vec<Option<Located<String>>> = vec![None; clauses.len()];
    let Some(node) = node else { return cells };
    let mut put = |place: usize, cell: &Node, problems: &mut Problems| match text_of(cell) {
        Some(text) => cells[place] = Some(text),
        None => {
            let message = format!("a cell is text with FEEL in it, not {}; put it in quotes", cell.describe());
            problems.push(problem("EXPECTED_TEXT", cell, message, owner));
        }
    };
    match &node.content {
        Content::Map(entries) => {
            for entry in entries {
                match clauses.iter().position(|names| names.contains(&entry.key)) {
                    Some(place) => put(place, &entry.value, problems),
                    None => {
                        let message = format!("the table has no {what} `{}`", entry.key);
                        let mut unknown = owner.error("UNKNOWN_CELL", entry.location, message);
                        unknown.hint = did_you_mean(&entry.key, clauses.iter().flatten().map(String::as_str));
                        problems.push(unknown);
                    }
                }
            }
        }
        Content::List(items) if items.len() == clauses.len() => {
            items.iter().enumerate().for_each(|(place, cell)| put(place, cell, problems));
        }
        Content::Scalar { .. } if clauses.len() == 1 => put(0, node, problems),
        Content::List(_) | Content::Scalar { .. } => {
            let has = if let Content::List(items) = &node.content { items.len() } else { 1 };
            let message = format!("the rule has {has} cells for {} {what}s", clauses.len());
            problems.push(problem("WRONG_NUMBER_OF_CELLS", node, message, owner));
        }
    }
    cells
}
