//! An expression as it is evaluated: names and functions are known apart, and everything in it is allowed.

use crate::{functions::Builtin, value::Value};
use std::sync::Arc;

#[derive(Debug)]
pub enum Node {
    Literal(Value),
    Name(Arc<str>),
    Path(Box<Node>, Arc<str>),
    Filter(Box<Node>, Box<Node>),
    For(Box<ForNode>),
    Quantified(Box<QuantifiedNode>),
    If(Box<[Node; 3]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Negation(Box<Node>),
    /// From left to right.
    Arithmetic(Box<Node>, Vec<(Arithmetic, Node)>),
    Comparison(Comparison, Box<[Node; 2]>),
    Between(Box<[Node; 3]>),
    /// A value, and tests of which one must hold.
    In(Box<Node>, Vec<Test>),
    InstanceOf(Box<Node>, Type),
    List(Vec<Node>),
    Context(Vec<(Arc<str>, Node)>),
    Range(Box<RangeNode>),
    Function(Arc<FunctionNode>),
    Builtin(&'static Builtin, Vec<Node>),
    Call(Box<Node>, Arguments),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug)]
pub struct ForNode {
    pub over: Vec<Iteration>,
    pub body: Node,
    /// Whether the body reads the results so far.
    pub reads_partial: bool,
}

#[derive(Debug)]
pub struct Iteration {
    pub name: Arc<str>,
    pub over: Over,
}

#[derive(Debug)]
pub enum Over {
    Items(Node),
    /// From the first to the last, up or down.
    Interval(Node, Node),
}

#[derive(Debug)]
pub struct QuantifiedNode {
    pub every: bool,
    pub over: Vec<Iteration>,
    pub satisfies: Node,
}

#[derive(Debug)]
pub struct RangeNode {
    /// None is without end.
    pub start: Option<Node>,
    pub start_included: bool,
    pub end: Option<Node>,
    pub end_included: bool,
}

#[derive(Debug)]
pub struct FunctionNode {
    /// Of the context's entry that it is the value of: by it the function calls itself.
    pub name: Option<Arc<str>>,
    pub parameters: Vec<(Arc<str>, Type)>,
    pub body: Node,
    /// What the body reads that no parameter is: kept with the function, wherever it goes.
    pub free: Vec<Arc<str>>,
}

#[derive(Debug)]
pub enum Arguments {
    Positional(Vec<Node>),
    Named(Vec<(Arc<str>, Node)>),
}

/// One of the tests of a decision table's cell, or of what stands after `in` (DMN 1.5, 10.3.1.2, rules 7 to 15).
#[derive(Debug)]
pub enum Test {
    Anything,
    /// `< 5`, `= 5`, …
    Compared(Comparison, Node),
    /// A value that the input equals or that contains it.
    Value(Node),
    /// It says `?`, and holds when it is true.
    Condition(Node),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Any,
    Null,
    Boolean,
    Number,
    String,
    Date,
    Time,
    DateTime,
    Days,
    Months,
    Context(Vec<(Arc<str>, Type)>),
    List(Box<Type>),
    Range(Box<Type>),
    Function,
}
