//! Boxed expressions (DMN 1.5, 7.3 and 10.2.2).

use super::super::expression::{Binding, Conditional, ContextEntry, Filter, Invocation, Iteration, Relation};
use super::super::{Expression, ExpressionKind, FunctionDefinition};
use super::source::Source;
use super::table;
use crate::bpmn::read::source::Xml;
use crate::{Diagnostic, Located};

pub(super) const EXPRESSIONS: [&str; 12] = [
    "literalExpression",
    "decisionTable",
    "context",
    "invocation",
    "list",
    "relation",
    "functionDefinition",
    "conditional",
    "filter",
    "for",
    "some",
    "every",
];

/// The expression in an element that holds at most one.
pub(super) fn only_expression<'a>(node: Xml<'a>, source: &Source<'a>) -> Option<Expression> {
    let mut all = expressions(node, source);
    let first = all.next()?;
    if let Some(second) = all.next() {
        let message = format!("`{}` has more than one expression", node.tag_name().name());
        source.error("TOO_MANY_ELEMENTS", second, message);
    }
    Some(expression(first, source))
}

fn expressions<'a>(node: Xml<'a>, source: &Source<'a>) -> impl Iterator<Item = Xml<'a>> {
    source.elements(node).filter(|child| EXPRESSIONS.contains(&child.tag_name().name()))
}

/// The expression in an element that must have one; its absence is an error, and the result null.
fn needed<'a>(node: Xml<'a>, source: &Source<'a>) -> Expression {
    only_expression(node, source).unwrap_or_else(|| {
        let message = format!("`{}` needs an expression", node.tag_name().name());
        let mut problem = Diagnostic::error("MISSING_ELEMENT", source.location(node), message);
        let strange = source.elements(node).map(|child| child.tag_name().name()).next();
        problem.hint = strange.and_then(|name| crate::near_miss::did_you_mean(name, EXPRESSIONS));
        source.add(node, problem);
        Expression::literal(Located::new(String::new(), source.location(node)))
    })
}

fn needed_in<'a>(node: Xml<'a>, part: &str, source: &Source<'a>) -> Expression {
    match source.child(node, part) {
        Some(child) => {
            let mut inner = needed(child, source);
            inner.type_ref = inner.type_ref.or(source.type_ref(child));
            inner
        }
        None => {
            let message = format!("`{}` needs `{part}`", node.tag_name().name());
            source.error("MISSING_ELEMENT", node, message);
            Expression::literal(Located::new(String::new(), source.location(node)))
        }
    }
}

pub(super) fn expression<'a>(node: Xml<'a>, source: &Source<'a>) -> Expression {
    let kind = match node.tag_name().name() {
        "decisionTable" => ExpressionKind::Table(Box::new(table::table(node, source))),
        "context" => context(node, source),
        "invocation" => invocation(node, source),
        "list" => ExpressionKind::List(items(node, source)),
        "relation" => ExpressionKind::Relation(relation(node, source)),
        "functionDefinition" => ExpressionKind::Function(Box::new(function(node, source))),
        "conditional" => conditional(node, source),
        "filter" => filter(node, source),
        "for" => ExpressionKind::For(Box::new(iteration(node, "return", source))),
        "some" => ExpressionKind::Some(Box::new(iteration(node, "satisfies", source))),
        "every" => ExpressionKind::Every(Box::new(iteration(node, "satisfies", source))),
        _ => ExpressionKind::Literal(literal(node, source)),
    };
    // A function's type is that of what it gives.
    let type_ref = if matches!(kind, ExpressionKind::Function(_)) { None } else { source.type_ref(node) };
    Expression { kind, type_ref, location: source.location(node) }
}

/// The text of a literal expression; empty when there is none.
pub(super) fn literal<'a>(node: Xml<'a>, source: &Source<'a>) -> Located<String> {
    source.expect(node, &["text", "importedValues"]);
    source.check_language(node);
    if let Some(imported) = source.child(node, "importedValues") {
        let message = "values are not imported from other files";
        source.refuse("IMPORT_NOT_SUPPORTED", imported, message, "write the values here");
    }
    source.text(node).unwrap_or_else(|| Located::new(String::new(), source.location(node)))
}

fn context<'a>(node: Xml<'a>, source: &Source<'a>) -> ExpressionKind {
    source.expect(node, &["contextEntry"]);
    let entry = |entry: Xml<'a>| {
        source.expect(entry, &[&["variable"], &EXPRESSIONS[..]].concat());
        let variable = source.child(entry, "variable").map(|variable| source.item(variable));
        ContextEntry { variable, value: needed(entry, source) }
    };
    ExpressionKind::Context(source.children(node, "contextEntry").map(entry).collect())
}

fn invocation<'a>(node: Xml<'a>, source: &Source<'a>) -> ExpressionKind {
    source.expect(node, &[&["binding"], &EXPRESSIONS[..]].concat());
    let binding = |binding: Xml<'a>| {
        source.expect(binding, &[&["parameter"], &EXPRESSIONS[..]].concat());
        let Some(parameter) = source.child(binding, "parameter") else {
            source.error("MISSING_ELEMENT", binding, "`binding` needs `parameter`");
            return None;
        };
        Some(Binding { parameter: source.item(parameter), value: only_expression(binding, source) })
    };
    let bindings = source.children(node, "binding").filter_map(binding).collect();
    ExpressionKind::Invocation(Box::new(Invocation { function: needed(node, source), bindings }))
}

fn items<'a>(node: Xml<'a>, source: &Source<'a>) -> Vec<Expression> {
    source.expect(node, &EXPRESSIONS);
    expressions(node, source).map(|item| expression(item, source)).collect()
}

fn relation<'a>(node: Xml<'a>, source: &Source<'a>) -> Relation {
    source.expect(node, &["column", "row"]);
    let columns: Vec<_> = source.children(node, "column").map(|column| source.item(column)).collect();
    let mut rows = Vec::new();
    for row in source.children(node, "row") {
        let values = items(row, source);
        if values.len() != columns.len() {
            let message = format!("the row has {} values, and the relation {} columns", values.len(), columns.len());
            source.error("WRONG_NUMBER_OF_CELLS", row, message);
        }
        rows.push(values);
    }
    Relation { columns, rows }
}

pub(super) fn function<'a>(node: Xml<'a>, source: &Source<'a>) -> FunctionDefinition {
    source.expect(node, &[&["formalParameter"], &EXPRESSIONS[..]].concat());
    if let Some(kind) = node.attribute("kind").filter(|kind| !["FEEL", "F"].contains(&kind.trim())) {
        let message = format!("a function in `{kind}` is not carried out");
        source.refuse(
            "FUNCTION_KIND_NOT_SUPPORTED",
            node,
            message,
            "write its body in FEEL, or let a service task call it",
        );
    }
    FunctionDefinition {
        parameters: source.children(node, "formalParameter").map(|parameter| source.item(parameter)).collect(),
        body: only_expression(node, source),
        type_ref: source.type_ref(node),
        location: source.location(node),
    }
}

fn conditional<'a>(node: Xml<'a>, source: &Source<'a>) -> ExpressionKind {
    source.expect(node, &["if", "then", "else"]);
    ExpressionKind::Conditional(Box::new(Conditional {
        condition: needed_in(node, "if", source),
        then: needed_in(node, "then", source),
        otherwise: needed_in(node, "else", source),
    }))
}

fn filter<'a>(node: Xml<'a>, source: &Source<'a>) -> ExpressionKind {
    source.expect(node, &["in", "match"]);
    ExpressionKind::Filter(Box::new(Filter {
        list: needed_in(node, "in", source),
        condition: needed_in(node, "match", source),
    }))
}

fn iteration<'a>(node: Xml<'a>, result: &str, source: &Source<'a>) -> Iteration {
    source.expect(node, &["in", result]);
    let variable = source.attribute(node, "iteratorVariable");
    if variable.is_none() {
        let message = format!("`{}` needs `iteratorVariable`", node.tag_name().name());
        source.error("MISSING_PROPERTY", node, message);
    }
    Iteration {
        variable: variable.unwrap_or_default(),
        list: needed_in(node, "in", source),
        each: needed_in(node, result, source),
    }
}
