//! Decision tables (DMN 1.5, 8.3).

use super::super::{
    Aggregation, DecisionTable, Expression, ExpressionKind, HitPolicy, InputClause, OutputClause, Rule,
};
use super::source::Source;
use super::{boxed, items};
use crate::bpmn::read::source::Xml;
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, Located};

pub(super) fn table<'a>(node: Xml<'a>, source: &Source<'a>) -> DecisionTable {
    source.expect(node, &["input", "output", "annotation", "rule"]);
    let mut table = DecisionTable {
        hit_policy: hit_policy(node, source),
        inputs: source.children(node, "input").map(|input| self::input(input, source)).collect(),
        outputs: source.children(node, "output").map(|output| self::output(output, source)).collect(),
        rules: Vec::new(),
    };
    if table.outputs.is_empty() {
        source.error("MISSING_ELEMENT", node, "a decision table needs an `output`");
    }
    for rule in source.children(node, "rule") {
        table.rules.push(self::rule(rule, &table, source));
    }
    table
}

const HIT_POLICIES: [(&str, HitPolicy); 7] = [
    ("UNIQUE", HitPolicy::Unique),
    ("ANY", HitPolicy::Any),
    ("PRIORITY", HitPolicy::Priority),
    ("FIRST", HitPolicy::First),
    ("RULE ORDER", HitPolicy::RuleOrder),
    ("OUTPUT ORDER", HitPolicy::OutputOrder),
    ("COLLECT", HitPolicy::Collect(None)),
];
const AGGREGATIONS: [(&str, Aggregation); 4] =
    [("SUM", Aggregation::Sum), ("COUNT", Aggregation::Count), ("MIN", Aggregation::Min), ("MAX", Aggregation::Max)];

fn hit_policy<'a>(node: Xml<'a>, source: &Source<'a>) -> HitPolicy {
    let policy = choice(node, "hitPolicy", &HIT_POLICIES, source).unwrap_or_default();
    let aggregation = choice(node, "aggregation", &AGGREGATIONS, source);
    match policy {
        HitPolicy::Collect(_) => HitPolicy::Collect(aggregation),
        other if aggregation.is_some() => {
            let message = "an aggregation is of the hit policy COLLECT; it has no effect here";
            source.warning("AGGREGATION_WITHOUT_COLLECT", node, message);
            other
        }
        other => other,
    }
}

fn choice<'a, T: Copy>(node: Xml<'a>, name: &str, choices: &[(&'static str, T)], source: &Source<'a>) -> Option<T> {
    let written = source.attribute(node, name)?;
    let found = choices.iter().find(|(choice, _)| *choice == written.value).map(|(_, value)| *value);
    if found.is_none() {
        let message = format!("`{}` is no `{name}`", written.value);
        let mut problem = Diagnostic::error("INVALID_VALUE", written.location, message);
        let names = choices.iter().map(|(choice, _)| *choice);
        problem.hint = did_you_mean(&written.value, names.clone())
            .or_else(|| Some(format!("one of {}", names.collect::<Vec<_>>().join(", "))));
        source.add(node, problem);
    }
    found
}

fn input<'a>(node: Xml<'a>, source: &Source<'a>) -> InputClause {
    source.expect(node, &["inputExpression", "inputValues"]);
    let expression = source.child(node, "inputExpression");
    let text = expression.map(|expression| boxed::literal(expression, source)).filter(|text| !text.value.is_empty());
    if text.is_none() {
        source.error("MISSING_ELEMENT", node, "an `input` needs an `inputExpression` that says something");
    }
    InputClause {
        label: source.attribute(node, "label").map(|label| label.value),
        expression: text.unwrap_or_default(),
        type_ref: expression.and_then(|expression| source.type_ref(expression)),
        values: items::tests(node, "inputValues", source),
        location: source.location(node),
    }
}

fn output<'a>(node: Xml<'a>, source: &Source<'a>) -> OutputClause {
    source.expect(node, &["outputValues", "defaultOutputEntry"]);
    OutputClause {
        name: source.attribute(node, "name"),
        type_ref: source.type_ref(node),
        values: items::tests(node, "outputValues", source),
        default: source.child(node, "defaultOutputEntry").map(|entry| self::entry(entry, source)),
        location: source.location(node),
    }
}

fn rule<'a>(node: Xml<'a>, table: &DecisionTable, source: &Source<'a>) -> Rule {
    source.expect(node, &["inputEntry", "outputEntry", "annotationEntry"]);
    let rule = Rule {
        id: node.attribute("id").map(str::to_owned),
        inputs: source.children(node, "inputEntry").map(|entry| test(entry, source)).collect(),
        outputs: source.children(node, "outputEntry").map(|entry| self::entry(entry, source)).collect(),
        location: source.location(node),
    };
    for (what, has, wants) in
        [("input", rule.inputs.len(), table.inputs.len()), ("output", rule.outputs.len(), table.outputs.len())]
    {
        if has != wants {
            let message = format!("the rule has {has} {what} entries, and the table {wants} {what}s");
            source.error("WRONG_NUMBER_OF_CELLS", node, message);
        }
    }
    rule
}

fn test<'a>(node: Xml<'a>, source: &Source<'a>) -> Located<String> {
    source.check_language(node);
    source.text(node).unwrap_or_else(|| Located::new(String::new(), source.location(node)))
}

fn entry<'a>(node: Xml<'a>, source: &Source<'a>) -> Expression {
    let text = boxed::literal(node, source);
    Expression { kind: ExpressionKind::Literal(text), type_ref: source.type_ref(node), location: source.location(node) }
}
