//! The grammar of FEEL (DMN 1.5, 10.3.1.2), by descent.
//!
//! A name is the longest known one that stands there (it may have spaces and operators' characters), else a single word. Names
//! become known by the caller, and where the expression declares them: keys of contexts, parameters, variables of loops.

mod call;
mod literal;
mod names;
mod primary;
mod text;
mod types;

use crate::{
    FeelError, MAX_LENGTH, MAX_NESTING, Names,
    node::{
        Arithmetic, Comparison, ForNode, FunctionNode, Iteration, Node, Over, QuantifiedNode, RangeNode, Test, Type,
    },
    value::{Range, Value},
};
use names::KnownName;
use std::sync::Arc;

/// Parts of a path, or signs before a value, one after the other.
const MAX_CHAIN: usize = 64;

pub struct Tests {
    pub negated: bool,
    pub tests: Vec<Test>,
    pub names: Names,
}

pub fn expression(source: &str, known: &[&str]) -> Result<(Node, Names), FeelError> {
    let mut parser = Parser::new(source, known)?;
    let node = parser.expression()?;
    parser.end()?;
    Ok((node, parser.reads))
}

pub fn unary_tests(source: &str, known: &[&str]) -> Result<Tests, FeelError> {
    let mut parser = Parser::new(source, known)?;
    parser.in_tests = true;
    let mut tests = Vec::new();
    let before = parser.at;
    // an empty cell says nothing, like `-`
    let anything = parser.skip().is_empty() || (parser.eat("-") && parser.skip().is_empty());
    if anything {
        tests.push(Test::Anything);
        return Ok(Tests { negated: false, tests, names: parser.reads });
    }
    parser.at = before;
    if let Some(tests) = parser.negated_tests()? {
        return Ok(Tests { negated: true, tests, names: parser.reads });
    }
    parser.at = before;
    tests = parser.tests()?;
    parser.end()?;
    Ok(Tests { negated: false, tests, names: parser.reads })
}

/// A range whose ends are literals, for the function that reads one from a text.
pub fn literal_range(source: &str) -> Option<Range> {
    let (node, _) = expression(source, &[]).ok()?;
    let Node::Range(range) = node else { return None };
    let literal = |node: Option<Node>| match node {
        None => Some(Value::Null),
        Some(Node::Literal(value)) => Some(value).filter(|value| !value.is_null()),
        // `date("2026-01-31")` is as good as one
        Some(Node::Builtin(builtin, arguments)) => builtin.of_literals(&arguments),
        Some(_) => None,
    };
    let RangeNode { start, start_included, end, end_included } = *range;
    let closes_nothing = (start.is_none() && start_included) || (end.is_none() && end_included);
    (!closes_nothing).then_some(Range { start: literal(start)?, start_included, end: literal(end)?, end_included })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// Those of more than one word.
    known: Vec<KnownName>,
    /// Single words that the caller knows: they may be functions.
    known_words: Vec<&'a str>,
    /// Declared around here, the innermost last.
    bound: Vec<Arc<str>>,
    reads: Names,
    depth: usize,
    filters: usize,
    /// Inside the end of a range, where `[` closes it.
    in_range_end: bool,
    /// `?` is the input.
    in_tests: bool,
    said_input: bool,
    /// The key of the context's entry that begins here.
    entry: Option<Arc<str>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, known: &[&'a str]) -> Result<Parser<'a>, FeelError> {
        if text.len() > MAX_LENGTH {
            return Err(FeelError::TooLong(text.len()));
        }
        let (mut several, mut words) = (Vec::new(), Vec::new());
        for &name in known {
            let known = KnownName::new(name);
            if known.is_word() { words.push(name) } else { several.push(known) }
        }
        Ok(Parser {
            text,
            at: 0,
            known: several,
            known_words: words,
            bound: Vec::new(),
            reads: Names::new(),
            depth: 0,
            filters: 0,
            in_range_end: false,
            in_tests: false,
            said_input: false,
            entry: None,
        })
    }

    fn end(&mut self) -> Result<(), FeelError> {
        if self.skip().is_empty() { Ok(()) } else { Err(self.expected("the end, or an operator")) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, FeelError>) -> Result<T, FeelError> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(FeelError::TooDeep);
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn expression(&mut self) -> Result<Node, FeelError> {
        self.deeper(|parser| {
            let in_range_end = std::mem::take(&mut parser.in_range_end);
            let node = parser.textual_expression();
            parser.in_range_end = in_range_end;
            node
        })
    }

    fn textual_expression(&mut self) -> Result<Node, FeelError> {
        if self.eat_word("for") {
            return self.for_expression();
        }
        if self.eat_word("some") {
            return self.quantified(false);
        }
        if self.eat_word("every") {
            return self.quantified(true);
        }
        if self.eat_word("if") {
            let condition = self.expression()?;
            self.need_word("then")?;
            let then = self.expression()?;
            self.need_word("else")?;
            let otherwise = self.expression()?;
            return Ok(Node::If(Box::new([condition, then, otherwise])));
        }
        self.disjunction()
    }

    fn disjunction(&mut self) -> Result<Node, FeelError> {
        let first = self.conjunction()?;
        if !self.is_word("or") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat_word("or") {
            all.push(self.conjunction()?);
        }
        Ok(Node::Or(all))
    }

    fn conjunction(&mut self) -> Result<Node, FeelError> {
        let first = self.comparison()?;
        if !self.is_word("and") {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.eat_word("and") {
            all.push(self.comparison()?);
        }
        Ok(Node::And(all))
    }

    fn comparison(&mut self) -> Result<Node, FeelError> {
        let mut left = self.arithmetic()?;
        for _ in 0..MAX_CHAIN {
            left = if let Some(comparison) = self.comparison_sign() {
                Node::Comparison(comparison, Box::new([left, self.arithmetic()?]))
            } else if self.eat_word("between") {
                let from = self.arithmetic()?;
                self.need_word("and")?;
                Node::Between(Box::new([left, from, self.arithmetic()?]))
            } else if self.eat_word("in") {
                Node::In(Box::new(left), self.tests_after_in()?)
            } else {
                return Ok(left);
            };
        }
        Err(FeelError::TooDeep)
    }

    fn comparison_sign(&mut self) -> Option<Comparison> {
        const SIGNS: [(&str, Comparison); 6] = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("!=", Comparison::NotEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ];
        SIGNS.iter().find(|(sign, _)| self.eat(sign)).map(|(_, comparison)| *comparison)
    }

    fn arithmetic(&mut self) -> Result<Node, FeelError> {
        self.chain(&[("+", Arithmetic::Add), ("-", Arithmetic::Subtract)], |parser| {
            parser.chain(&[("*", Arithmetic::Multiply), ("/", Arithmetic::Divide)], |parser| {
                parser.chain(&[("**", Arithmetic::Power)], Self::signed)
            })
        })
    }

    fn chain(
        &mut self,
        signs: &[(&str, Arithmetic)],
        operand: impl Fn(&mut Self) -> Result<Node, FeelError>,
    ) -> Result<Node, FeelError> {
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some((sign, operation)) = signs.iter().find(|(sign, _)| self.is_sign(sign)) {
            self.eat(sign);
            rest.push((*operation, operand(self)?));
        }
        Ok(if rest.is_empty() { first } else { Node::Arithmetic(Box::new(first), rest) })
    }

    /// `*` is not the beginning of `**`.
    fn is_sign(&mut self, sign: &str) -> bool {
        let rest = self.skip();
        rest.starts_with(sign) && !(sign == "*" && rest.starts_with("**"))
    }

    fn signed(&mut self) -> Result<Node, FeelError> {
        let mut signs = 0;
        while self.eat("-") {
            signs += 1;
            if signs > MAX_CHAIN {
                return Err(FeelError::TooDeep);
            }
        }
        let mut node = self.postfix()?;
        if self.is_word("instance") {
            self.eat_word("instance");
            self.need_word("of")?;
            node = Node::InstanceOf(Box::new(node), self.type_name()?);
        }
        Ok((0..signs).fold(node, |node, _| negation(node)))
    }

    fn postfix(&mut self) -> Result<Node, FeelError> {
        let mut node = self.primary()?;
        for _ in 0..MAX_CHAIN {
            let rest = self.skip();
            node = if rest.starts_with('.') && !rest.starts_with("..") {
                self.eat(".");
                Node::Path(Box::new(node), self.property_name()?)
            } else if rest.starts_with('[') && !self.in_range_end {
                self.eat("[");
                self.filters += 1;
                let condition = self.expression()?;
                self.filters -= 1;
                self.need("]")?;
                Node::Filter(Box::new(node), Box::new(condition))
            } else if rest.starts_with('(') {
                self.eat("(");
                Node::Call(Box::new(node), self.arguments()?)
            } else {
                return Ok(node);
            };
        }
        Err(FeelError::TooDeep)
    }

    fn for_expression(&mut self) -> Result<Node, FeelError> {
        let outer = self.bound.len();
        let over = self.iterations()?;
        self.need_word("return")?;
        self.bound.push("partial".into());
        let begun = self.at;
        let body = self.expression()?;
        // a text that says it is taken for it, too: that costs work and changes nothing
        let reads_partial = self.text[begun..self.at].contains("partial");
        self.bound.truncate(outer);
        Ok(Node::For(Box::new(ForNode { over, body, reads_partial })))
    }

    fn quantified(&mut self, every: bool) -> Result<Node, FeelError> {
        let outer = self.bound.len();
        let over = self.iterations()?;
        self.need_word("satisfies")?;
        let satisfies = self.expression()?;
        self.bound.truncate(outer);
        Ok(Node::Quantified(Box::new(QuantifiedNode { every, over, satisfies })))
    }

    fn iterations(&mut self) -> Result<Vec<Iteration>, FeelError> {
        let mut all = Vec::new();
        loop {
            let name = self.declared_name(&["in"])?;
            self.need_word("in")?;
            let from = self.expression()?;
            let over = if self.eat("..") { Over::Interval(from, self.expression()?) } else { Over::Items(from) };
            self.bound.push(name.clone());
            all.push(Iteration { name, over });
            if !self.eat(",") {
                return Ok(all);
            }
        }
    }

    fn function(&mut self) -> Result<Node, FeelError> {
        let name = self.entry.take();
        self.need("(")?;
        let outer = self.bound.len();
        self.bound.extend(name.clone());
        let mut parameters = Vec::new();
        if !self.eat(")") {
            loop {
                let name = self.declared_name(&[",", ":", ")"])?;
                let kind = if self.eat(":") { self.type_name()? } else { Type::Any };
                parameters.push((name, kind));
                if !self.eat(",") {
                    break;
                }
            }
            self.need(")")?;
        }
        self.bound.extend(parameters.iter().map(|(name, _)| name.clone()));
        if self.is_word("external") {
            return Err(FeelError::NotAllowed("external".to_owned()));
        }
        let reads_outside = std::mem::take(&mut self.reads);
        let body = self.expression()?;
        let inside = std::mem::replace(&mut self.reads, reads_outside);
        let free = inside.keys().cloned().collect();
        for (name, certain) in inside {
            *self.reads.entry(name).or_default() |= certain;
        }
        self.bound.truncate(outer);
        Ok(Node::Function(Arc::new(FunctionNode { name, parameters, body, free })))
    }

    /// `not(…)`, when it is the whole cell.
    fn negated_tests(&mut self) -> Result<Option<Vec<Test>>, FeelError> {
        if !self.eat_word("not") || !self.eat("(") {
            return Ok(None);
        }
        let reads = self.reads.clone();
        let negated = self.tests().and_then(|tests| {
            self.need(")")?;
            self.end()?;
            Ok(tests)
        });
        match negated {
            Ok(tests) => Ok(Some(tests)),
            // the function, as in `not(a) and b`
            Err(FeelError::Syntax { .. }) => {
                self.reads = reads;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn tests(&mut self) -> Result<Vec<Test>, FeelError> {
        let mut tests = vec![self.test()?];
        while self.eat(",") {
            tests.push(self.test()?);
        }
        Ok(tests)
    }

    fn test(&mut self) -> Result<Test, FeelError> {
        if let Some(comparison) = self.comparison_sign() {
            return Ok(Test::Compared(comparison, self.arithmetic()?));
        }
        let said_before = std::mem::take(&mut self.said_input);
        let node = self.expression()?;
        let says_input = std::mem::replace(&mut self.said_input, said_before);
        Ok(if says_input { Test::Condition(node) } else { Test::Value(node) })
    }

    fn tests_after_in(&mut self) -> Result<Vec<Test>, FeelError> {
        let before = self.at;
        if self.eat("(") {
            let tests = self.tests()?;
            if self.skip().starts_with("..") {
                self.at = before;
            } else {
                self.need(")")?;
                return Ok(tests);
            }
        }
        if let Some(comparison) = self.comparison_sign() {
            return Ok(vec![Test::Compared(comparison, self.arithmetic()?)]);
        }
        Ok(vec![Test::Value(self.arithmetic()?)])
    }
}

fn negation(node: Node) -> Node {
    match node {
        Node::Literal(Value::Number(number)) => Node::Literal(Value::Number(-number)),
        other => Node::Negation(Box::new(other)),
    }
}
