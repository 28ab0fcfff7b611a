//! From a term and a scope to a value.

use super::functions::Function;
use super::operations::{calculate, compare, describe, truth};
use super::term::{Arithmetic, Comparison, Term};
use super::{Fault, MAX_TEXT, Scope, functions, render};
use serde_json::Value;
use std::borrow::Cow;

pub(super) struct Evaluation<'a> {
    pub names: &'a [String],
    pub scope: &'a dyn Scope,
}

type Evaluated<'a> = Result<Cow<'a, Value>, Fault>;

impl<'a> Evaluation<'a> {
    /// One small function per kind of term: this one calls itself, and must not fill the stack.
    pub(super) fn value(&self, term: &'a Term) -> Evaluated<'a> {
        match term {
            Term::Constant(value) => Ok(Cow::Borrowed(value)),
            Term::Variable(place) => Ok(self.variable(*place)),
            Term::Not(inner) => self.not(inner),
            Term::Negative(inner) => self.negative(inner),
            Term::And(left, right) => self.connect(left, right, false),
            Term::Or(left, right) => self.connect(left, right, true),
            Term::Compare(comparison, left, right) => self.compare(*comparison, left, right),
            Term::Calculate(operation, left, right) => self.calculate(*operation, left, right),
            Term::In(item, whole) => self.contains(item, whole),
            Term::At(whole, step) => self.at(whole, step),
            Term::List(items) => self.list(items),
            Term::Join(pieces) => self.join(pieces),
            Term::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn not(&self, inner: &'a Term) -> Evaluated<'a> {
        Ok(owned(!self.truth(inner)?))
    }

    /// `and` ends at the first false, `or` at the first true.
    fn connect(&self, left: &'a Term, right: &'a Term, ends_at: bool) -> Evaluated<'a> {
        let first = self.truth(left)?;
        Ok(owned(if first == ends_at { first } else { self.truth(right)? }))
    }

    fn compare(&self, comparison: Comparison, left: &'a Term, right: &'a Term) -> Evaluated<'a> {
        let (first, second) = (self.value(left)?, self.value(right)?);
        compare(comparison, &first, &second).map(owned).map_err(|fault| self.blame(fault, &[left, right]))
    }

    fn calculate(&self, operation: Arithmetic, left: &'a Term, right: &'a Term) -> Evaluated<'a> {
        let (first, second) = (self.value(left)?, self.value(right)?);
        calculate(operation, &first, &second).map(Cow::Owned).map_err(|fault| self.blame(fault, &[left, right]))
    }

    fn contains(&self, item: &'a Term, whole: &'a Term) -> Evaluated<'a> {
        let (part, all) = (self.value(item)?, self.value(whole)?);
        functions::contains(&all, &part).map(owned).map_err(|fault| self.blame(fault, &[whole]))
    }

    fn at(&self, whole: &'a Term, step: &'a Term) -> Evaluated<'a> {
        let whole = self.value(whole)?;
        Ok(at(whole, self.value(step)?.as_ref()))
    }

    fn list(&self, items: &'a [Term]) -> Evaluated<'a> {
        let values = items.iter().map(|term| self.value(term).map(Cow::into_owned));
        values.collect::<Result<Vec<_>, _>>().map(|values| Cow::Owned(Value::Array(values)))
    }

    fn call(&self, function: Function, arguments: &'a [Term]) -> Evaluated<'a> {
        let values = arguments.iter().map(|term| self.value(term)).collect::<Result<Vec<_>, _>>()?;
        let terms: Vec<&Term> = arguments.iter().collect();
        function.call(&values, self.scope.now()).map(Cow::Owned).map_err(|fault| self.blame(fault, &terms))
    }

    fn variable(&self, place: usize) -> Cow<'a, Value> {
        let name = self.names.get(place).map_or("", String::as_str);
        self.scope.variable(name).unwrap_or(Cow::Owned(Value::Null))
    }

    fn truth(&self, term: &'a Term) -> Result<bool, Fault> {
        let value = self.value(term)?;
        truth(&value).ok_or_else(|| {
            let message = format!("{} stands where true or false is needed", describe(&value));
            self.blame(Fault::failed(message), &[term])
        })
    }

    fn negative(&self, term: &'a Term) -> Evaluated<'a> {
        let value = self.value(term)?;
        let result = calculate(Arithmetic::Subtract, &Value::from(0), &value);
        result.map(Cow::Owned).map_err(|fault| self.blame(fault, &[term]))
    }

    fn join(&self, pieces: &'a [Term]) -> Evaluated<'a> {
        let mut text = String::new();
        for piece in pieces {
            text.push_str(&render(self.value(piece)?.as_ref()));
            if text.len() > MAX_TEXT {
                return Err(Fault::failed(format!("the text would be longer than {MAX_TEXT} bytes")));
            }
        }
        Ok(Cow::Owned(Value::from(text)))
    }

    /// Names the variable whose value does not fit: of several, the one that is null.
    fn blame(&self, fault: Fault, terms: &[&'a Term]) -> Fault {
        if fault.variable.is_some() {
            return fault;
        }
        let named = |term: &&Term| root(term).and_then(|place| self.names.get(place)).cloned();
        let is_null = |term: &&&'a Term| self.value(term).is_ok_and(|value| value.is_null());
        let variable = terms.iter().filter(is_null).find_map(named);
        Fault { variable: variable.or_else(|| terms.iter().find_map(named)), ..fault }
    }
}

fn owned<'a>(holds: bool) -> Cow<'a, Value> {
    Cow::Owned(Value::Bool(holds))
}

/// The variable that a path begins with.
fn root(term: &Term) -> Option<usize> {
    match term {
        Term::Variable(place) => Some(*place),
        Term::At(whole, _) => root(whole),
        Term::Negative(inner) | Term::Not(inner) => root(inner),
        Term::And(left, right) | Term::Or(left, right) | Term::In(left, right) => root(left).or_else(|| root(right)),
        Term::Compare(_, left, right) | Term::Calculate(_, left, right) => root(left).or_else(|| root(right)),
        Term::List(terms) | Term::Join(terms) | Term::Call(_, terms) => terms.iter().find_map(root),
        Term::Constant(_) => None,
    }
}

/// A field of an object or an item of a list (negative: from its end). What is not there is null.
fn at<'a>(whole: Cow<'a, Value>, step: &Value) -> Cow<'a, Value> {
    match whole {
        Cow::Borrowed(whole) => find(whole, step).map_or(Cow::Owned(Value::Null), Cow::Borrowed),
        Cow::Owned(whole) => Cow::Owned(find(&whole, step).cloned().unwrap_or(Value::Null)),
    }
}

fn find<'a>(whole: &'a Value, step: &Value) -> Option<&'a Value> {
    match (whole, step) {
        (Value::Object(fields), Value::String(name)) => fields.get(name),
        (Value::Array(items), Value::Number(index)) => {
            let index = index.as_i64()?;
            let place = if index < 0 { items.len() as i64 + index } else { index };
            items.get(usize::try_from(place).ok()?)
        }
        _ => None,
    }
}
