//! Expressions, templates and mappings: compiled, or reported at their place.

use super::Compiler;
use crate::expression::{Expression, ExpressionError, feel_in};
use crate::process::Mapping;
use crate::template::Template;
use model::{Diagnostic, Located, Location};

impl Compiler {
    pub fn expression(&mut self, element: &model::Element, text: &Located<String>) -> Option<Expression> {
        self.expression_of(&element.id, text)
    }

    pub(super) fn expression_of(&mut self, owner: &str, text: &Located<String>) -> Option<Expression> {
        let compiled = Expression::compile(&text.value);
        self.compiled(owner, text.location, compiled)
    }

    /// FEEL, with or without a `=` before it.
    pub fn feel(&mut self, element: &model::Element, text: &Located<String>) -> Option<Expression> {
        let compiled = Expression::compile_feel(feel_in(&text.value).unwrap_or(&text.value));
        self.compiled(&element.id, text.location, compiled)
    }

    pub fn optional_expression(
        &mut self,
        element: &model::Element,
        text: &Option<Located<String>>,
    ) -> Option<Option<Expression>> {
        match text {
            Some(text) => self.expression(element, text).map(Some),
            None => Some(None),
        }
    }

    pub fn template(&mut self, element: &model::Element, text: &Located<String>) -> Option<Template> {
        let compiled = Template::compile(&text.value);
        self.compiled(&element.id, text.location, compiled)
    }

    /// A template somewhere in an element's free data, which has no place of its own.
    pub fn template_text(&mut self, element: &model::Element, text: &str) -> Option<Template> {
        let compiled = Template::compile(text);
        self.compiled(&element.id, element.location, compiled)
    }

    pub(super) fn mappings(&mut self, element: &model::Element, mappings: &[model::Mapping]) -> Vec<Mapping> {
        let mut compile = |mapping: &model::Mapping| {
            let source = self.expression(element, &mapping.source)?;
            Some(Mapping { source, target: mapping.target.clone() })
        };
        mappings.iter().filter_map(&mut compile).collect()
    }

    fn compiled<T>(&mut self, owner: &str, location: Location, compiled: Result<T, ExpressionError>) -> Option<T> {
        match compiled {
            Ok(compiled) => Some(compiled),
            Err(error) => {
                let diagnostic = Diagnostic::error(error.code.as_str(), location, error.to_string()).on(owner);
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }
}
