//! Templates: text with `${…}` holes.
//!
//! Each hole is one [`Expression`]; its value is written into the text and is never looked at again, so a variable whose
//! text is `${x}` comes out verbatim. A format may follow the expression (`${total:.2f}`). `$${price}` is a dollar sign
//! and then the hole, which is how amounts of money are usually written. A text that begins with `=` is FEEL as a whole.

use crate::expression::{Expression, ExpressionError, FormatSpec, Scope, feel_in, render, scan_hole};
use serde_json::Value;

/// Longest text of a template, in bytes.
const MAX_LENGTH: usize = 256 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    source: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Hole { expression: Expression, format: Option<FormatSpec> },
}

impl Template {
    pub fn compile(text: &str) -> Result<Template, ExpressionError> {
        if text.len() > MAX_LENGTH {
            return Err(ExpressionError {
                code: crate::expression::ExpressionErrorCode::TooLarge,
                expression: text.chars().take(80).collect(),
                variable: None,
                message: format!("a template has at most {MAX_LENGTH} bytes"),
            });
        }
        if feel_in(text).is_some() {
            let hole = Part::Hole { expression: Expression::compile(text)?, format: None };
            return Ok(Template { source: text.to_owned(), parts: vec![hole] });
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if at > 0 {
                parts.push(Part::Text(rest[..at].to_owned()));
            }
            let hole = scan_hole(&rest[at..]).map_err(|fault| fault.of(&rest[at..]))?;
            parts.push(compile_hole(hole.inside, hole.format_at)?);
            rest = hole.rest;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Template { source: text.to_owned(), parts })
    }

    /// The text with its holes filled: texts as they are, null as nothing, lists and objects as JSON.
    pub fn render(&self, scope: &dyn Scope) -> Result<String, ExpressionError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Hole { expression, format } => text.push_str(&fill(expression, format.as_ref(), scope)?),
            }
        }
        Ok(text)
    }

    /// The value itself when the template is one hole and nothing else, else the rendered text.
    pub fn evaluate(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        match self.parts.as_slice() {
            [Part::Hole { expression, format: None }] => expression.evaluate(scope),
            _ => self.render(scope).map(Value::from),
        }
    }

    /// The text itself, when it has no holes.
    pub fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variables that its holes read.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| match part {
            Part::Text(_) => None.into_iter().flatten(),
            Part::Hole { expression, .. } => Some(expression.variables()).into_iter().flatten(),
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }
}

fn compile_hole(inside: &str, format_at: Option<usize>) -> Result<Part, ExpressionError> {
    let (expression, format) = match format_at {
        Some(at) => (&inside[..at], Some(FormatSpec::parse(&inside[at + 1..]).map_err(|fault| fault.of(inside))?)),
        None => (inside, None),
    };
    Ok(Part::Hole { expression: Expression::compile(expression)?, format })
}

fn fill(expression: &Expression, format: Option<&FormatSpec>, scope: &dyn Scope) -> Result<String, ExpressionError> {
    let value = expression.evaluate(scope)?;
    match format {
        Some(_) if value.is_null() => Ok(String::new()),
        Some(format) => format.apply(&value).ok_or_else(|| ExpressionError {
            code: crate::expression::ExpressionErrorCode::Failed,
            expression: expression.source().to_owned(),
            variable: expression.variables().next().map(str::to_owned),
            message: format!("`{}` does not fit the format", render(&value)),
        }),
        None => Ok(render(&value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use serde_json::json;
    use std::borrow::Cow;

    struct Order;

    impl Scope for Order {
        fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
            let value = match name {
                "total" => json!(1234.5),
                "name" => json!("Ada"),
                "sly" => json!("${total}"),
                "items" => json!([1, {"a": "b"}]),
                "summary" => json!({"totalRevenue": 12.345, "orders": 7}),
                _ => return None,
            };
            Some(Cow::Owned(value))
        }

        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    fn check(template: &str, expected: &str) {
        let rendered = Template::compile(template).and_then(|template| template.render(&Order));
        assert_eq!(rendered.as_deref(), Ok(expected), "{template}");
    }

    #[test]
    fn holes_are_filled() {
        check("Dear ${name},\n${total}!", "Dear Ada,\n1234.5!");
        check("no hole, $5, {x}", "no hole, $5, {x}");
        check("<${missing}>", "<>");
        check("${items}", r#"[1,{"a":"b"}]"#);
        check("${'}' + name + \"{\"}", "}Ada{");
    }

    #[test]
    fn a_value_is_never_evaluated_again() {
        check("${sly}", "${total}");
        check("${sly + name}", "${total}Ada");
    }

    #[test]
    fn formats_are_those_of_python() {
        check("${summary['totalRevenue']:.2f}", "12.35");
        check("${total:,.2f}", "1,234.50");
        check("${summary.orders:03d}", "007");
        check("${name:>5}|${name:^5}|${name:<5}|", "  Ada| Ada |Ada  |");
        check("${summary.orders / 10:.0%}", "70%");
        assert!(Template::compile("${total:xyz}").is_err());
        assert!(Template::compile("${name:.2f}").is_ok_and(|template| template.render(&Order).is_err()));
    }

    #[test]
    fn a_doubled_dollar_is_a_dollar_before_the_hole() {
        check("$${total:.2f}", "$1234.50");
    }

    #[test]
    fn a_single_hole_keeps_its_type() {
        let template = Template::compile("${items}").unwrap();
        assert_eq!(template.evaluate(&Order), Ok(json!([1, {"a": "b"}])));
        assert_eq!(template.variables().collect::<Vec<_>>(), ["items"]);
    }

    #[test]
    fn a_text_after_an_equals_sign_is_feel() {
        check("= \"Dear \" + name", "Dear Ada");
        check("=== $${total:.0f} ===", "=== $1234 ===");
        let template = Template::compile("= items[1] + 1").unwrap();
        assert_eq!((template.evaluate(&Order), template.constant()), (Ok(json!(2)), None));
        assert!(Template::compile("= to be or not").is_err());
    }

    #[test]
    fn a_hole_without_end_is_refused() {
        assert!(Template::compile("${name").is_err());
        assert!(Template::compile("${}").is_err());
    }
}
