//! What an expression begins with: literals, names, calls, lists, contexts, ranges, parentheses.

use super::{Parser, text::starts_a_name};
use crate::{
    FeelError,
    node::{Comparison, Node, RangeNode},
    value::Value,
};
use std::sync::Arc;

impl Parser<'_> {
    pub fn primary(&mut self) -> Result<Node, FeelError> {
        let rest = self.skip();
        let second = rest.chars().nth(1);
        match rest.chars().next() {
            Some('0'..='9') => self.number(),
            Some('.') if second.is_some_and(|c| c.is_ascii_digit()) => self.number(),
            Some('"') => {
                self.at += 1;
                Ok(Node::Literal(Value::text(self.string()?)))
            }
            Some('@') => {
                self.at += 1;
                self.at_literal()
            }
            Some('(') => self.parenthesis(),
            Some('[') => self.bracket(),
            Some(']') => {
                self.at += 1;
                let start = self.expression()?;
                self.range_from(Some(start), false)
            }
            Some('{') => self.context(),
            Some('?') if self.in_tests => {
                self.at += 1;
                self.said_input = true;
                Ok(Node::Name("?".into()))
            }
            Some(letter) if letter == '`' || starts_a_name(letter) => self.word(),
            _ => Err(self.expected("a value")),
        }
    }

    fn word(&mut self) -> Result<Node, FeelError> {
        for (word, value) in [("null", Value::Null), ("true", Value::Boolean(true)), ("false", Value::Boolean(false))] {
            if self.eat_word(word) {
                return Ok(Node::Literal(value));
            }
        }
        if self.eat_word("function") {
            return self.deeper(Self::function);
        }
        // where the grammar wants a parenthesis: `1 + if a then b else c`
        if ["if", "for", "some", "every"].iter().any(|word| self.is_word(word)) {
            return self.expression();
        }
        if let Some((builtin, length)) = self.builtin_here()
            && !self.is_bound(builtin.name)
            && !self.is_known(builtin.name)
        {
            self.at += length;
            self.need("(")?;
            let arguments = self.arguments()?;
            return Ok(builtin.called_with(arguments));
        }
        let Some(name) = self.name()? else { return Err(self.expected("a value")) };
        let called = self.skip().starts_with('(');
        if called && !self.is_bound(&name) && !self.is_known(&name) {
            return Err(FeelError::UnknownFunction(name.to_string()));
        }
        self.reads(&name);
        Ok(Node::Name(name))
    }

    /// `(1 + 2)`, the range `(1..2)`, or `(> 5)`, which is one, too.
    fn parenthesis(&mut self) -> Result<Node, FeelError> {
        self.eat("(");
        if let Some(comparison) = self.comparison_sign() {
            let end = self.deeper(Self::arithmetic)?;
            self.need(")")?;
            return half_open(comparison, end).ok_or_else(|| self.expected("a value that is compared"));
        }
        if self.skip().starts_with("..") {
            return self.range_from(None, false);
        }
        let inner = self.expression()?;
        if self.skip().starts_with("..") {
            return self.range_from(Some(inner), false);
        }
        self.need(")")?;
        Ok(inner)
    }

    fn bracket(&mut self) -> Result<Node, FeelError> {
        self.eat("[");
        if self.eat("]") {
            return Ok(Node::List(Vec::new()));
        }
        if self.skip().starts_with("..") {
            return self.range_from(None, true);
        }
        let first = self.list_item()?;
        if self.skip().starts_with("..") {
            return self.range_from(Some(first), true);
        }
        let mut items = vec![first];
        while self.eat(",") {
            items.push(self.list_item()?);
        }
        self.need("]")?;
        Ok(Node::List(items))
    }

    /// An expression, or `> 5`, which is a range.
    fn list_item(&mut self) -> Result<Node, FeelError> {
        match self.comparison_sign() {
            Some(comparison) => {
                let end = self.deeper(Self::arithmetic)?;
                half_open(comparison, end).ok_or_else(|| self.expected("a value"))
            }
            None => self.expression(),
        }
    }

    /// From the two dots on.
    fn range_from(&mut self, start: Option<Node>, start_included: bool) -> Result<Node, FeelError> {
        self.need("..")?;
        let rest = self.skip();
        let end = if rest.starts_with([')', ']', '[']) {
            None
        } else {
            let outer = std::mem::replace(&mut self.in_range_end, true);
            let end = self.deeper(Self::arithmetic);
            self.in_range_end = outer;
            Some(end?)
        };
        let end_included = self.eat("]");
        if !end_included && !self.eat(")") && !self.eat("[") {
            return Err(self.expected("`]` or `)`"));
        }
        Ok(Node::Range(Box::new(RangeNode { start, start_included, end, end_included })))
    }

    fn context(&mut self) -> Result<Node, FeelError> {
        self.eat("{");
        let outer = self.bound.len();
        let mut entries: Vec<(Arc<str>, Node)> = Vec::new();
        if !self.eat("}") {
            loop {
                let key = if self.eat("\"") {
                    let key = self.string()?;
                    self.make_known(&key)
                } else {
                    self.declared_name(&[":"])?
                };
                self.need(":")?;
                self.entry = self.is_word("function").then(|| key.clone());
                let value = self.expression()?;
                self.bound.push(key.clone());
                entries.push((key, value));
                if !self.eat(",") {
                    break;
                }
            }
            self.need("}")?;
        }
        self.bound.truncate(outer);
        Ok(Node::Context(entries))
    }
}

/// `(> 5)` and the like are ranges without end, `(= 5)` is one of a single value.
fn half_open(comparison: Comparison, end: Node) -> Option<Node> {
    let range = |start, start_included, end, end_included| {
        Some(Node::Range(Box::new(RangeNode { start, start_included, end, end_included })))
    };
    match comparison {
        Comparison::Less => range(None, false, Some(end), false),
        Comparison::LessOrEqual => range(None, false, Some(end), true),
        Comparison::Greater => range(Some(end), false, None, false),
        Comparison::GreaterOrEqual => range(Some(end), true, None, false),
        Comparison::Equal => range(None, true, Some(end), true),
        Comparison::NotEqual => None,
    }
}
