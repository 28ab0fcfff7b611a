//! JSON to SQL and back. Parameters are given as text, which the server reads as the type that the statement wants; results
//! come in the types' binary forms.

use jiff::{Timestamp, civil};
use serde_json::{Map, Value, json};
use std::error::Error;
use tokio_postgres::{
    Row,
    types::{Format, FromSql, IsNull, Kind, ToSql, Type, private::BytesMut, to_sql_checked},
};
use uuid::Uuid;
use worker_sdk::JobFailure;

/// None is null.
#[derive(Debug)]
pub struct Parameter(Option<String>);

impl Parameter {
    pub fn new(value: &Value, kind: &Type) -> Self {
        Parameter(match (value, kind.kind()) {
            (Value::Null, _) => None,
            (Value::Array(values), Kind::Array(_)) => Some(array(values)),
            (_, _) if *kind == Type::JSON || *kind == Type::JSONB => Some(value.to_string()),
            (Value::String(text), _) => Some(text.clone()),
            _ => Some(value.to_string()),
        })
    }
}

/// `{"a","b",NULL}`
fn array(values: &[Value]) -> String {
    let items = values.iter().map(|value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Array(values) => array(values),
        other => {
            let text = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
    });
    format!("{{{}}}", items.collect::<Vec<_>>().join(","))
}

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(text) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A row by its columns' names.
pub fn object(row: &Row) -> Result<Value, JobFailure> {
    let mut fields = Map::new();
    for (index, column) in row.columns().iter().enumerate() {
        let value: Cell = row.try_get(index).map_err(|error| {
            let (name, kind) = (column.name(), column.type_());
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            JobFailure::bug(format!(
                "the column `{name}` of the type {kind} cannot be a variable; `{name}::text` can ({cause})"
            ))
        })?;
        fields.insert(column.name().to_owned(), value.0);
    }
    Ok(Value::Object(fields))
}

struct Cell(Value);

type Read<T> = Result<T, Box<dyn Error + Sync + Send>>;

impl<'r> FromSql<'r> for Cell {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Read<Self> {
        if let Kind::Array(_) = kind.kind() {
            let values = Vec::<Cell>::from_sql(kind, raw)?;
            return Ok(Cell(values.into_iter().map(|cell| cell.0).collect()));
        }
        if let Kind::Domain(inner) = kind.kind() {
            return Cell::from_sql(inner, raw);
        }
        scalar(kind, raw).map(Cell)
    }

    fn from_sql_null(_: &Type) -> Read<Self> {
        Ok(Cell(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn scalar(kind: &Type, raw: &[u8]) -> Read<Value> {
    Ok(match *kind {
        Type::BOOL => json!(bool::from_sql(kind, raw)?),
        Type::INT2 => json!(i16::from_sql(kind, raw)?),
        Type::INT4 => json!(i32::from_sql(kind, raw)?),
        Type::INT8 => json!(i64::from_sql(kind, raw)?),
        Type::OID => json!(u32::from_sql(kind, raw)?),
        Type::FLOAT4 => json!(f32::from_sql(kind, raw)?),
        Type::FLOAT8 => json!(f64::from_sql(kind, raw)?),
        Type::NUMERIC => numeric(raw)?,
        Type::JSON | Type::JSONB => Value::from_sql(kind, raw)?,
        Type::UUID => json!(Uuid::from_sql(kind, raw)?.to_string()),
        Type::TIMESTAMPTZ => json!(Timestamp::from_sql(kind, raw)?.to_string()),
        Type::TIMESTAMP => json!(civil::DateTime::from_sql(kind, raw)?.to_string()),
        Type::DATE => json!(civil::Date::from_sql(kind, raw)?.to_string()),
        Type::TIME => json!(civil::Time::from_sql(kind, raw)?.to_string()),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => json!(<&str>::from_sql(kind, raw)?),
        Type::VOID => Value::Null,
        _ if matches!(kind.kind(), Kind::Enum(_)) => json!(std::str::from_utf8(raw)?),
        _ => return Err("its type is not known here".into()),
    })
}

/// Digits in base 10,000: their number, the weight of the first, the sign, and the digits shown after the point. A number
/// that a double cannot hold exactly is text.
fn numeric(raw: &[u8]) -> Read<Value> {
    let short = |at: usize| -> Read<i16> {
        let bytes = raw.get(2 * at..2 * at + 2).ok_or("a number is cut off")?;
        Ok(i16::from_be_bytes(bytes.try_into()?))
    };
    let (count, weight, sign, scale) = (short(0)?, short(1)?, short(2)? as u16, short(3)?);
    let mut text = String::new();
    match sign {
        0x0000 => {}
        0x4000 => text.push('-'),
        _ => return Ok(json!("NaN")),
    }
    let digit = |place: i16| -> Read<i16> {
        let at = i32::from(weight) - i32::from(place);
        let is_there = at >= 0 && at < i32::from(count);
        if is_there { short(4 + usize::try_from(at)?) } else { Ok(0) }
    };
    if weight < 0 {
        text.push('0');
    }
    for place in (0..=weight).rev() {
        let digit = digit(place)?;
        text.push_str(&if place == weight { digit.to_string() } else { format!("{digit:04}") });
    }
    if scale > 0 {
        text.push('.');
        let places = (scale + 3) / 4;
        let fraction: String = (1..=places).map(|place| Ok(format!("{:04}", digit(-place)?))).collect::<Read<_>>()?;
        text.push_str(fraction.get(..usize::try_from(scale)?).unwrap_or_default());
    }
    let exact = text.bytes().filter(u8::is_ascii_digit).count() <= 15;
    Ok(if exact { serde_json::from_str(&text)? } else { Value::String(text) })
}
