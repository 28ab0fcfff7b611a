//! The built-in functions (DMN 1.5, 10.3.4), a file for each of its sections. Arguments that do not fit give null.

mod contexts;
mod conversion;
mod lists;
mod numbers;
mod ranges;
mod statistics;
mod text;
mod time;
mod types;

pub use conversion::temporal_literal;
pub use types::{coerced, conforms};

use crate::{
    FeelError,
    evaluate::Run,
    node::{Arguments, Node},
    value::{Function, Value},
};
use std::sync::Arc;

/// A function: its name, and each way to give its arguments.
#[derive(Debug)]
pub struct Builtin {
    pub name: &'static str,
    /// Names of the parameters, with commas between: `length?` may be missing, `list...` may come more than once.
    forms: &'static [&'static str],
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// None is null.
    Plain(fn(&[Value]) -> Option<Value>),
    /// What calls functions, or may take more work than its arguments are large.
    Full(fn(&Run, &[Value]) -> Result<Value, FeelError>),
}

const fn plain(name: &'static str, forms: &'static [&'static str], body: fn(&[Value]) -> Option<Value>) -> Builtin {
    Builtin { name, forms, body: Body::Plain(body) }
}

const fn full(
    name: &'static str,
    forms: &'static [&'static str],
    body: fn(&Run, &[Value]) -> Result<Value, FeelError>,
) -> Builtin {
    Builtin { name, forms, body: Body::Full(body) }
}

/// The functions whose name has this first word.
pub fn beginning_with(word: &str) -> impl Iterator<Item = &'static Builtin> {
    let tables: [&'static [Builtin]; 8] = [
        conversion::FUNCTIONS,
        text::FUNCTIONS,
        lists::FUNCTIONS,
        statistics::FUNCTIONS,
        numbers::FUNCTIONS,
        time::FUNCTIONS,
        ranges::FUNCTIONS,
        contexts::FUNCTIONS,
    ];
    tables.into_iter().flatten().filter(move |function| function.name.split(' ').next() == Some(word))
}

impl Builtin {
    /// The call of it; null when the arguments are not its parameters.
    pub fn called_with(&'static self, arguments: Arguments) -> Node {
        let nodes = match arguments {
            Arguments::Positional(nodes) => self.forms.iter().any(|form| takes(form, nodes.len())).then_some(nodes),
            Arguments::Named(mut named) => self.forms.iter().find_map(|form| in_order(form, &mut named)),
        };
        nodes.map_or(Node::Literal(Value::Null), |nodes| Node::Builtin(self, nodes))
    }

    pub fn call(&self, run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
        if !self.forms.iter().any(|form| takes(form, arguments.len())) {
            return Ok(Value::Null);
        }
        let size = |value: &Value| match value {
            Value::List(items) => items.len(),
            Value::Context(entries) => entries.len(),
            Value::String(text) => text.len() / 16,
            _ => 0,
        };
        run.evaluation.spend(arguments.iter().map(size).sum())?;
        match self.body {
            Body::Plain(body) => Ok(body(arguments).unwrap_or(Value::Null)),
            Body::Full(body) => body(run, arguments),
        }
    }

    /// What it is when it needs nothing but these literals.
    pub fn of_literals(&self, arguments: &[Node]) -> Option<Value> {
        let literal = |node: &Node| match node {
            Node::Literal(value) => Some(value.clone()),
            _ => None,
        };
        let Body::Plain(body) = self.body else { return None };
        body(&arguments.iter().map(literal).collect::<Option<Vec<_>>>()?)
    }
}

fn takes(form: &str, count: usize) -> bool {
    let names = || form.split(", ").filter(|name| !name.is_empty());
    let needed = names().filter(|name| !name.ends_with('?') && !name.ends_with("...")).count();
    let several = names().any(|name| name.ends_with("..."));
    needed <= count && (several || count <= names().count()) && !(several && needed == 0 && count == 0)
}

/// Named arguments, in the order of the form's parameters; those that are missing are null, and left out at the end.
fn in_order(form: &str, named: &mut Vec<(Arc<str>, Node)>) -> Option<Vec<Node>> {
    let parameters: Vec<&str> = form.split(", ").map(|name| name.trim_end_matches(['?', '.'])).collect();
    let needed = form.split(", ").filter(|name| !name.ends_with('?')).map(|name| name.trim_end_matches('.'));
    let given = |parameter: &str| named.iter().any(|(name, _)| &**name == parameter);
    let fits = named.iter().all(|(name, _)| parameters.contains(&&**name)) && needed.into_iter().all(given);
    if !fits {
        return None;
    }
    let mut take = |parameter: &&str| {
        let index = named.iter().position(|(name, _)| &**name == *parameter)?;
        Some(named.swap_remove(index).1)
    };
    let mut nodes: Vec<Option<Node>> = parameters.iter().map(&mut take).collect();
    while nodes.last().is_some_and(Option::is_none) {
        nodes.pop();
    }
    Some(nodes.into_iter().map(|node| node.unwrap_or(Node::Literal(Value::Null))).collect())
}

/// The names of a function's parameters.
pub fn parameters(function: &Function) -> Vec<&str> {
    match function {
        Function::Written { definition, .. } => definition.parameters.iter().map(|(name, _)| &**name).collect(),
        Function::Native { parameters, .. } => parameters.iter().map(|name| &**name).collect(),
        Function::Builtin(builtin) => builtin.forms.first().map_or_else(Vec::new, |form| form.split(", ").collect()),
    }
}

/// A function of the language as a value, to be given to another.
pub fn named(name: &str) -> Option<Value> {
    let builtin = beginning_with(name.split(' ').next()?).find(|builtin| builtin.name == name)?;
    Some(Value::Function(Arc::new(Function::Builtin(builtin))))
}

// what functions ask of their arguments

fn text(arguments: &[Value], index: usize) -> Option<&Arc<str>> {
    match arguments.get(index)?.single() {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn number(arguments: &[Value], index: usize) -> Option<dsntk_feel_number::FeelNumber> {
    match arguments.get(index)?.single() {
        Value::Number(number) => Some(*number),
        _ => None,
    }
}

fn integer(arguments: &[Value], index: usize) -> Option<i64> {
    i64::try_from(number(arguments, index)?.trunc()).ok()
}

/// None when it is given and is nothing that it may be; the inner one is none when it is not given.
#[allow(clippy::option_option)]
fn optional<'a, T>(
    arguments: &'a [Value],
    index: usize,
    read: impl Fn(&'a [Value], usize) -> Option<T>,
) -> Option<Option<T>> {
    match arguments.get(index) {
        None | Some(Value::Null) => Some(None),
        Some(_) => read(arguments, index).map(Some),
    }
}

fn list(arguments: &[Value], index: usize) -> Option<&[Value]> {
    match arguments.get(index)? {
        Value::Null => None,
        value => Some(value.items()),
    }
}
