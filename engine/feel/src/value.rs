//! The values of FEEL (DMN 1.5, 10.3.2), and JSON to them and back. Numbers go by their text, so nothing is lost on the way;
//! dates, times and durations become ISO 8601 text.

use crate::{
    Evaluation, FeelError,
    environment::Environment,
    evaluate::Run,
    functions::{self, Builtin},
    node::FunctionNode,
    temporal::{self, DateTime, Time},
};
use dsntk_feel_number::FeelNumber;
use indexmap::IndexMap;
use jiff::{SignedDuration, civil::Date};
use serde_json::{Map, Number as JsonNumber, Value as Json};
use std::{
    fmt::{self, Write},
    sync::Arc,
};

pub type Context = IndexMap<String, Value>;

/// Cheap to clone: what can be large is shared.
#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Boolean(bool),
    Number(FeelNumber),
    String(Arc<str>),
    List(Arc<Vec<Value>>),
    Context(Arc<Context>),
    Date(Date),
    Time(Time),
    DateTime(DateTime),
    /// Days, hours, minutes and seconds.
    Days(SignedDuration),
    /// Years and months, in months.
    Months(i64),
    Range(Arc<Range>),
    Function(Arc<Function>),
}

/// An end that is null is open without end, as in `> 5`.
#[derive(Debug, Clone)]
pub struct Range {
    pub start: Value,
    pub start_included: bool,
    pub end: Value,
    pub end_included: bool,
}

pub enum Function {
    /// An expression's own, with what it saw where it was written.
    Written {
        definition: Arc<FunctionNode>,
        environment: Environment,
    },
    Native {
        parameters: Vec<Arc<str>>,
        body: Box<NativeBody>,
    },
    /// One of the language, given by its name.
    Builtin(&'static Builtin),
}

pub type NativeBody = dyn Fn(Vec<Value>, &Evaluation) -> Result<Value, FeelError> + Send + Sync;

impl Function {
    /// The names of its parameters.
    pub fn parameters(&self) -> Vec<&str> {
        functions::parameters(self)
    }

    /// Null when the arguments do not fit the parameters.
    pub fn call(self: &Arc<Self>, arguments: Vec<Value>, evaluation: &Evaluation) -> Result<Value, FeelError> {
        Run::new(&|_| None, evaluation).call(self, arguments)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("function")
    }
}

impl Value {
    pub fn from_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Boolean(*value),
            Json::Number(number) => number.to_string().parse().map_or(Value::Null, Value::Number),
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(items) => Value::list(items.iter().map(Value::from_json).collect()),
            Json::Object(fields) => {
                Value::context(fields.iter().map(|(name, value)| (name.clone(), Value::from_json(value))).collect())
            }
        }
    }

    /// A function has no place in JSON; a range is its text.
    pub fn to_json(&self, evaluation: &Evaluation) -> Result<Json, FeelError> {
        evaluation.spend(1)?;
        Ok(match self {
            Value::Null => Json::Null,
            Value::Boolean(value) => Json::Bool(*value),
            Value::Number(number) => json_number(&number.to_string())?,
            Value::String(text) => Json::String(text.to_string()),
            Value::List(items) => {
                Json::Array(items.iter().map(|item| item.to_json(evaluation)).collect::<Result<_, _>>()?)
            }
            Value::Context(fields) => {
                let field = |(name, value): (&String, &Value)| Ok((name.clone(), value.to_json(evaluation)?));
                Json::Object(fields.iter().map(field).collect::<Result<Map<_, _>, FeelError>>()?)
            }
            Value::Function(_) => return Err(FeelError::Result("it is a function".to_owned())),
            other => Json::String(other.to_text(evaluation)?),
        })
    }

    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Arc::new(items))
    }

    pub fn context(entries: Context) -> Value {
        Value::Context(Arc::new(entries))
    }

    pub fn number(number: impl Into<FeelNumber>) -> Value {
        Value::Number(number.into())
    }

    /// A function that is not written in FEEL: what a business knowledge model is to those who call it.
    pub fn native(
        parameters: Vec<Arc<str>>,
        body: impl Fn(Vec<Value>, &Evaluation) -> Result<Value, FeelError> + Send + Sync + 'static,
    ) -> Value {
        Value::Function(Arc::new(Function::Native { parameters, body: Box::new(body) }))
    }

    pub fn is_true(&self) -> bool {
        matches!(self, Value::Boolean(true))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The items of a list; anything else is a list of itself (DMN 1.5, 10.3.2.9.4).
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            single => std::slice::from_ref(single),
        }
    }

    /// The only item of a list of one, where no list is wanted.
    pub fn single(&self) -> &Value {
        match self {
            Value::List(items) if items.len() == 1 => &items[0],
            other => other,
        }
    }

    /// What `string()` makes of it.
    pub fn to_text(&self, evaluation: &Evaluation) -> Result<String, FeelError> {
        let mut text = String::new();
        match self {
            Value::String(own) => text.push_str(own),
            other => other.write(&mut text, evaluation)?,
        }
        Ok(text)
    }

    fn write(&self, text: &mut String, evaluation: &Evaluation) -> Result<(), FeelError> {
        let before = text.len();
        match self {
            Value::List(items) => {
                let write = |text: &mut String, item: &Value| item.write(text, evaluation);
                write_all(text, ['[', ']'], items.iter(), write)?;
            }
            Value::Context(entries) => {
                let write = |text: &mut String, (name, value): (&String, &Value)| {
                    text.push_str(name);
                    text.push_str(": ");
                    value.write(text, evaluation)
                };
                write_all(text, ['{', '}'], entries.iter(), write)?;
            }
            Value::Range(range) => {
                text.push(if range.start_included { '[' } else { '(' });
                range.start.write(text, evaluation)?;
                text.push_str("..");
                range.end.write(text, evaluation)?;
                text.push(if range.end_included { ']' } else { ')' });
            }
            plain => {
                let _ = write!(text, "{}", Plain(plain)); // writing to a String does not fail
            }
        }
        evaluation.spend_on_text(text.len() - before)
    }

    /// Of the kinds of value that a person knows.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Context(_) => "a context",
            Value::Date(_) => "a date",
            Value::Time(_) => "a time",
            Value::DateTime(_) => "a date and time",
            Value::Days(_) => "a days and time duration",
            Value::Months(_) => "a years and months duration",
            Value::Range(_) => "a range",
            Value::Function(_) => "a function",
        }
    }
}

/// What has no parts.
struct Plain<'a>(&'a Value);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::String(value) => write!(f, "\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            Value::Date(date) => f.write_str(&temporal::date_text(*date)),
            Value::Time(time) => write!(f, "{time}"),
            Value::DateTime(at) => write!(f, "{at}"),
            Value::Days(duration) => f.write_str(&temporal::days_text(*duration)),
            Value::Months(months) => f.write_str(&temporal::months_text(*months)),
            Value::Function(_) => f.write_str("function"),
            Value::List(_) | Value::Context(_) | Value::Range(_) => Ok(()),
        }
    }
}

fn write_all<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    each: impl Fn(&mut String, T) -> Result<(), FeelError>,
) -> Result<(), FeelError> {
    text.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        each(text, item)?;
    }
    text.push(close);
    Ok(())
}

fn json_number(text: &str) -> Result<Json, FeelError> {
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(whole.into());
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Ok(whole.into());
    }
    let number = text.parse::<f64>().ok().and_then(JsonNumber::from_f64);
    number.map(Json::Number).ok_or_else(|| FeelError::Result(format!("{text} is no number that JSON has")))
}
