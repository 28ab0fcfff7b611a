//! The arguments of a call.

use super::Parser;
use crate::{
    FeelError,
    node::{Arguments, Node},
};
use std::sync::Arc;

impl Parser<'_> {
    /// After the opening parenthesis.
    pub fn arguments(&mut self) -> Result<Arguments, FeelError> {
        if self.eat(")") {
            return Ok(Arguments::Positional(Vec::new()));
        }
        let arguments = match self.argument_name()? {
            Some(first) => Arguments::Named(self.named(first)?),
            None => {
                let mut all = vec![self.expression()?];
                while self.eat(",") {
                    all.push(self.expression()?);
                }
                Arguments::Positional(all)
            }
        };
        self.need(")")?;
        Ok(arguments)
    }

    fn named(&mut self, first: Arc<str>) -> Result<Vec<(Arc<str>, Node)>, FeelError> {
        let mut all = vec![(first, self.expression()?)];
        while self.eat(",") {
            let Some(name) = self.argument_name()? else { return Err(self.expected("the name of an argument")) };
            all.push((name, self.expression()?));
        }
        Ok(all)
    }

    /// Words and a colon, which is read, too.
    fn argument_name(&mut self) -> Result<Option<Arc<str>>, FeelError> {
        let rest = self.skip();
        let end = rest.find([':', ',', '(', ')', '"', '[', '{', '.']);
        if !end.is_some_and(|end| rest[end..].starts_with(':')) {
            return Ok(None);
        }
        let known = self.known.len();
        let name = self.declared_name(&[":"])?;
        // it is the function's name for it, not one of this expression's
        self.known.truncate(known);
        self.need(":")?;
        Ok(Some(name))
    }
}
