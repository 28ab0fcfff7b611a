//! Boxed expressions, and the FEEL in them.

use super::Compiler;
use crate::{
    boxed::{Boxed, FunctionDefinition, Kind},
    table::{Input, Output, Rule, Table},
    types::Type,
};
use feel::{FeelError, UnaryTests};
use model::{
    Located, Location,
    decision::{
        self, Aggregation, DecisionTable, Expression, ExpressionKind, HitPolicy,
        expression::{ContextEntry, Iteration},
    },
};
use std::sync::Arc;

impl Compiler<'_> {
    pub(super) fn boxed(&mut self, expression: &Expression) -> Boxed {
        let result = self.type_of(expression.type_ref.as_ref());
        Boxed { kind: self.kind(&expression.kind), result }
    }

    fn kind(&mut self, kind: &ExpressionKind) -> Kind {
        match kind {
            ExpressionKind::Literal(text) => self.literal(text),
            ExpressionKind::Table(table) => Kind::Table(self.table(table)),
            ExpressionKind::Context(entries) => self.context(entries),
            ExpressionKind::Invocation(invocation) => {
                let function = Box::new(self.boxed(&invocation.function));
                let arguments = invocation.bindings.iter().map(|binding| {
                    let value = binding.value.as_ref().map_or_else(null, |value| self.boxed(value));
                    (super::name(&binding.parameter), value)
                });
                Kind::Invocation { function, arguments: arguments.collect() }
            }
            ExpressionKind::List(items) => Kind::List(items.iter().map(|item| self.boxed(item)).collect()),
            ExpressionKind::Relation(relation) => {
                let columns: Vec<Arc<str>> = relation.columns.iter().map(super::name).collect();
                self.know(columns.iter());
                let rows = relation.rows.iter().map(|row| row.iter().map(|cell| self.boxed(cell)).collect());
                Kind::Relation { rows: rows.collect(), columns }
            }
            ExpressionKind::Function(function) => Kind::Function(Arc::new(self.function(function))),
            ExpressionKind::Conditional(conditional) => {
                let parts = [&conditional.condition, &conditional.then, &conditional.otherwise];
                Kind::Conditional(Box::new(parts.map(|part| self.boxed(part))))
            }
            ExpressionKind::Filter(filter) => {
                Kind::Filter(Box::new([&filter.list, &filter.condition].map(|part| self.boxed(part))))
            }
            ExpressionKind::For(iteration) => {
                let (variable, parts) = self.iteration(iteration);
                Kind::For { variable, parts }
            }
            ExpressionKind::Some(iteration) => {
                let (variable, parts) = self.iteration(iteration);
                Kind::Quantified { every: false, variable, parts }
            }
            ExpressionKind::Every(iteration) => {
                let (variable, parts) = self.iteration(iteration);
                Kind::Quantified { every: true, variable, parts }
            }
        }
    }

    fn literal(&mut self, text: &Located<String>) -> Kind {
        if text.value.trim().is_empty() {
            return Kind::Null;
        }
        self.feel(text).map_or(Kind::Null, Kind::Literal)
    }

    fn context(&mut self, entries: &[ContextEntry]) -> Kind {
        let before = self.known.len();
        let mut compiled = Vec::with_capacity(entries.len());
        for entry in entries {
            let value = self.boxed(&entry.value);
            let variable = entry.variable.as_ref();
            let kind = self.type_of(variable.and_then(|variable| variable.type_ref.as_ref()));
            let name = variable.map(super::name);
            self.know(name.iter());
            compiled.push((name, kind, value));
        }
        self.known.truncate(before);
        Kind::Context(compiled)
    }

    fn iteration(&mut self, iteration: &Iteration) -> (Arc<str>, Box<[Boxed; 2]>) {
        let list = self.boxed(&iteration.list);
        let before = self.known.len();
        let variable: Arc<str> = iteration.variable.value.as_str().into();
        self.know([&variable].into_iter());
        let each = self.boxed(&iteration.each);
        self.known.truncate(before);
        (variable, Box::new([list, each]))
    }

    pub(super) fn function(&mut self, function: &decision::FunctionDefinition) -> FunctionDefinition {
        let kinds = function
            .parameters
            .iter()
            .map(|parameter| (super::name(parameter), self.type_of(parameter.type_ref.as_ref())));
        let parameters: Vec<(Arc<str>, Type)> = kinds.collect();
        let before = self.known.len();
        self.know(parameters.iter().map(|(name, _)| name));
        let outside = std::mem::take(&mut self.reads);
        let mut body = function.body.as_ref().map_or_else(null, |body| self.boxed(body));
        if let Some(result) = &function.type_ref
            && matches!(body.result, Type::Any)
        {
            body.result = self.type_of(Some(result));
        }
        let inside = std::mem::replace(&mut self.reads, outside);
        self.known.truncate(before);
        let is_free = |name: &&String| !parameters.iter().any(|(parameter, _)| **parameter == ***name);
        let free = inside.iter().filter(is_free).map(|name| name.as_str().into()).collect();
        self.reads.extend(inside);
        FunctionDefinition { parameters, body, free }
    }

    fn table(&mut self, table: &DecisionTable) -> Table {
        if matches!(table.hit_policy, HitPolicy::Collect(Some(_))) && table.outputs.len() > 1 {
            let counts = table.hit_policy == HitPolicy::Collect(Some(Aggregation::Count));
            let place = table.outputs[1].location;
            if !counts {
                let message = "what is aggregated is one output (DMN 1.5, 8.2.11)".to_owned();
                self.problem("SEVERAL_OUTPUTS", place, message);
            }
        }
        let inputs: Vec<Input> = table.inputs.iter().filter_map(|input| self.input_clause(input)).collect();
        let outputs: Vec<Output> = table.outputs.iter().map(|output| self.output_clause(output)).collect();
        let rules = table.rules.iter().map(|rule| self.rule(rule, table)).collect();
        Table { hit_policy: table.hit_policy, inputs, outputs, rules }
    }

    fn input_clause(&mut self, input: &decision::InputClause) -> Option<Input> {
        let expression = self.feel(&input.expression)?;
        Some(Input {
            label: input.label.clone().unwrap_or_else(|| input.expression.value.clone()),
            expression,
            kind: self.type_of(input.type_ref.as_ref()),
            allowed: input.values.as_ref().and_then(|values| self.tests(values)),
        })
    }

    fn output_clause(&mut self, output: &decision::OutputClause) -> Output {
        let listed = |values: &Located<String>| Located::new(format!("[{}]", values.value), values.location);
        Output {
            name: output.name.as_ref().map(|name| name.value.clone()),
            kind: self.type_of(output.type_ref.as_ref()),
            values: output.values.as_ref().and_then(|values| self.feel(&listed(values))),
            default: output.default.as_ref().map(|default| self.boxed(default)),
        }
    }

    fn rule(&mut self, rule: &decision::Rule, table: &DecisionTable) -> Rule {
        if rule.inputs.len() != table.inputs.len() || rule.outputs.len() != table.outputs.len() {
            let (has, needs) = ((rule.inputs.len(), rule.outputs.len()), (table.inputs.len(), table.outputs.len()));
            let message = format!(
                "the rule has {} tests and {} outputs; the table has {} and {}",
                has.0, has.1, needs.0, needs.1
            );
            self.problem("RULE_DOES_NOT_FIT", rule.location, message);
        }
        Rule {
            inputs: rule.inputs.iter().filter_map(|tests| self.tests(tests)).collect(),
            outputs: rule.outputs.iter().map(|output| self.boxed(output)).collect(),
        }
    }

    fn know<'n>(&mut self, names: impl Iterator<Item = &'n Arc<str>>) {
        self.known.extend(names.map(ToString::to_string));
    }

    fn feel(&mut self, text: &Located<String>) -> Option<feel::Expression> {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let read = feel::Expression::parse(&text.value, &known);
        let read = self.checked(read, &text.value, text.location)?;
        self.reads.extend(read.names().map(str::to_owned));
        Some(read)
    }

    pub(super) fn tests(&mut self, text: &Located<String>) -> Option<UnaryTests> {
        let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
        let read = UnaryTests::parse(&text.value, &known);
        let read = self.checked(read, &text.value, text.location)?;
        self.reads.extend(read.names().map(str::to_owned));
        Some(read)
    }

    fn checked<T>(&mut self, read: Result<T, FeelError>, text: &str, location: Location) -> Option<T> {
        let error = match read {
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        let code = match error {
            FeelError::TooLong(_) | FeelError::TooDeep => "EXPRESSION_TOO_LARGE",
            _ => "EXPRESSION_SYNTAX",
        };
        let shown: String = text.chars().take(200).collect();
        self.problem(code, location, format!("`{}`: {error}", shown.trim()));
        None
    }
}

fn null() -> Boxed {
    Boxed { kind: Kind::Null, result: Type::Any }
}
