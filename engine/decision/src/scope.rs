//! What an expression sees: names around it, the innermost first, then what its decision requires, then variables.

use feel::{Evaluation, FeelError, Lookup, Value};
use std::sync::Arc;

#[derive(Clone, Copy)]
pub struct Scope<'a> {
    around: Around<'a>,
    evaluation: &'a Evaluation,
}

#[derive(Clone, Copy)]
enum Around<'a> {
    Base(Lookup<'a>),
    Inner { names: &'a [(Arc<str>, Value)], outer: &'a Scope<'a> },
}

impl<'a> Scope<'a> {
    pub fn new(base: Lookup<'a>, evaluation: &'a Evaluation) -> Scope<'a> {
        Scope { around: Around::Base(base), evaluation }
    }

    pub fn with(&'a self, names: &'a [(Arc<str>, Value)]) -> Scope<'a> {
        Scope { around: Around::Inner { names, outer: self }, evaluation: self.evaluation }
    }

    pub fn evaluation(&self) -> &'a Evaluation {
        self.evaluation
    }

    pub fn find(&self, name: &str) -> Option<Value> {
        let mut scope = self;
        loop {
            match scope.around {
                Around::Base(lookup) => return lookup(name),
                Around::Inner { names, outer } => {
                    if let Some((_, value)) = names.iter().rev().find(|(known, _)| &**known == name) {
                        return Some(value.clone());
                    }
                    scope = outer;
                }
            }
        }
    }

    pub fn evaluate(&self, expression: &feel::Expression) -> Result<Value, FeelError> {
        expression.evaluate(&|name| self.find(name), self.evaluation)
    }

    pub fn holds(&self, tests: &feel::UnaryTests, input: &Value) -> Result<bool, FeelError> {
        tests.holds(input, &|name| self.find(name), self.evaluation)
    }
}
