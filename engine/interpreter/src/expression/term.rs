//! The compiled form: evalexpr's operator tree with its places resolved and its functions known.

use super::Fault;
use super::functions::Function;
use super::normalise::Normal;
use evalexpr::{Node, Operator};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Term {
    Constant(Value),
    /// Place in the expression's names.
    Variable(usize),
    Not(Box<Term>),
    Negative(Box<Term>),
    And(Box<Term>, Box<Term>),
    Or(Box<Term>, Box<Term>),
    Compare(Comparison, Box<Term>, Box<Term>),
    Calculate(Arithmetic, Box<Term>, Box<Term>),
    /// Is the first in the second?
    In(Box<Term>, Box<Term>),
    At(Box<Term>, Box<Term>),
    List(Vec<Term>),
    Join(Vec<Term>),
    Call(Function, Vec<Term>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

pub(super) fn build(normal: &Normal) -> Result<Term, Fault> {
    let tree = evalexpr::build_operator_tree(&normal.source).map_err(|error| Fault::syntax(error.to_string()))?;
    convert(&tree, normal)
}

fn convert(node: &Node, normal: &Normal) -> Result<Term, Fault> {
    if let Some(comparison) = comparison(node.operator()) {
        return compare(comparison, node, normal);
    }
    if let Some(operation) = arithmetic(node.operator()) {
        let (left, right) = pair(node, normal)?;
        return Ok(Term::Calculate(operation, left, right));
    }
    match node.operator() {
        Operator::RootNode => convert(only_child(node)?, normal),
        Operator::And => pair(node, normal).map(|(left, right)| Term::And(left, right)),
        Operator::Or => pair(node, normal).map(|(left, right)| Term::Or(left, right)),
        Operator::Not => Ok(Term::Not(Box::new(convert(only_child(node)?, normal)?))),
        Operator::Neg => Ok(Term::Negative(Box::new(convert(only_child(node)?, normal)?))),
        Operator::VariableIdentifierRead { identifier } => place(identifier, normal),
        Operator::FunctionIdentifier { identifier } => call(identifier, node, normal),
        _ => Err(incomplete()),
    }
}

fn comparison(operator: &Operator) -> Option<Comparison> {
    match operator {
        Operator::Eq => Some(Comparison::Equal),
        Operator::Neq => Some(Comparison::NotEqual),
        Operator::Gt => Some(Comparison::Greater),
        Operator::Lt => Some(Comparison::Less),
        Operator::Geq => Some(Comparison::GreaterOrEqual),
        Operator::Leq => Some(Comparison::LessOrEqual),
        _ => None,
    }
}

fn arithmetic(operator: &Operator) -> Option<Arithmetic> {
    match operator {
        Operator::Add => Some(Arithmetic::Add),
        Operator::Sub => Some(Arithmetic::Subtract),
        Operator::Mul => Some(Arithmetic::Multiply),
        Operator::Div => Some(Arithmetic::Divide),
        Operator::Mod => Some(Arithmetic::Remainder),
        Operator::Exp => Some(Arithmetic::Power),
        _ => None,
    }
}

/// A comparison with a call of `x_in` is `in` in disguise (see [`super::normalise`]).
fn compare(comparison: Comparison, node: &Node, normal: &Normal) -> Result<Term, Fault> {
    let [left, right] = node.children() else { return Err(incomplete()) };
    let left = Box::new(convert(left, normal)?);
    if let Operator::FunctionIdentifier { identifier } = right.operator()
        && identifier == "x_in"
    {
        let right = Box::new(convert(only_child(right)?, normal)?);
        let membership = Term::In(left, right);
        return Ok(match comparison {
            Comparison::NotEqual => Term::Not(Box::new(membership)),
            _ => membership,
        });
    }
    Ok(Term::Compare(comparison, left, Box::new(convert(right, normal)?)))
}

fn pair(node: &Node, normal: &Normal) -> Result<(Box<Term>, Box<Term>), Fault> {
    match node.children() {
        [left, right] => Ok((Box::new(convert(left, normal)?), Box::new(convert(right, normal)?))),
        _ => Err(incomplete()),
    }
}

fn only_child(node: &Node) -> Result<&Node, Fault> {
    match node.children() {
        [child] => Ok(child),
        _ => Err(incomplete()),
    }
}

fn place(identifier: &str, normal: &Normal) -> Result<Term, Fault> {
    let (kind, number) = identifier.split_at_checked(1).ok_or_else(incomplete)?;
    let number: usize = number.parse().map_err(|_| incomplete())?;
    match kind {
        "v" => Ok(Term::Variable(number)),
        _ => normal.constants.get(number).cloned().map(Term::Constant).ok_or_else(incomplete),
    }
}

fn call(identifier: &str, node: &Node, normal: &Normal) -> Result<Term, Fault> {
    let mut arguments = arguments(only_child(node)?, normal)?;
    match identifier {
        "x_at" => match (arguments.pop(), arguments.pop()) {
            (Some(step), Some(value)) => Ok(Term::At(Box::new(value), Box::new(step))),
            _ => Err(incomplete()),
        },
        "x_list" => Ok(Term::List(arguments)),
        "x_join" => Ok(Term::Join(arguments)),
        _ => {
            let name = identifier.strip_prefix("f_").unwrap_or(identifier);
            let function = Function::named(name).ok_or_else(|| unknown_function(name))?;
            let count = arguments.len();
            if !function.takes(count) {
                return Err(Fault::syntax(format!("`{name}` does not take {count} arguments")));
            }
            Ok(Term::Call(function, arguments))
        }
    }
}

/// evalexpr nests what stands in parentheses under root nodes, and commas make a tuple of them.
fn arguments(node: &Node, normal: &Normal) -> Result<Vec<Term>, Fault> {
    match (node.operator(), node.children()) {
        (Operator::RootNode, []) => Ok(Vec::new()),
        (Operator::RootNode, [inner]) if matches!(inner.operator(), Operator::Tuple) => {
            inner.children().iter().map(|child| convert(child, normal)).collect()
        }
        _ => Ok(vec![convert(node, normal)?]),
    }
}

fn unknown_function(name: &str) -> Fault {
    Fault::syntax(format!("there is no function `{name}`; there are {}", Function::NAMES.join(", ")))
}

fn incomplete() -> Fault {
    Fault::syntax("not a complete expression")
}
