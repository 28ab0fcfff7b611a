//! Values, their types, and their binary form in Postgres's protocol.

use bytes::{Buf, BufMut, BytesMut};
use uuid::Uuid;

/// Ordered as Postgres orders values of one type; null comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Bool(bool),
    /// Of any width.
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Uuid(Uuid),
    /// Microseconds since 2000; the least and the greatest stand for the infinities.
    Time(i64),
    List(Vec<Value>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    Text,
    Bytes,
    Uuid,
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Type {
    pub scalar: Scalar,
    pub is_list: bool,
}

impl Type {
    /// As SQL spells it.
    pub fn parse(text: &str) -> Option<Type> {
        let name = text.trim_end_matches("[]");
        let scalar = match name {
            "boolean" => Scalar::Bool,
            "smallint" => Scalar::Int2,
            "integer" => Scalar::Int4,
            "bigint" => Scalar::Int8,
            "text" => Scalar::Text,
            "bytea" => Scalar::Bytes,
            "uuid" => Scalar::Uuid,
            "timestamptz" => Scalar::Time,
            _ => return None,
        };
        Some(Type { scalar, is_list: name.len() < text.len() })
    }

    /// Postgres's number for it.
    pub fn oid(self) -> u32 {
        let (one, list) = match self.scalar {
            Scalar::Bool => (16, 1000),
            Scalar::Int2 => (21, 1005),
            Scalar::Int4 => (23, 1007),
            Scalar::Int8 => (20, 1016),
            Scalar::Text => (25, 1009),
            Scalar::Bytes => (17, 1001),
            Scalar::Uuid => (2950, 2951),
            Scalar::Time => (1184, 1185),
        };
        if self.is_list { list } else { one }
    }

    /// None: these bytes are no value of this type.
    pub fn decode(self, mut bytes: &[u8]) -> Option<Value> {
        if !self.is_list {
            return self.scalar.decode(bytes);
        }
        if bytes.len() < 12 {
            return None;
        }
        let dimensions = bytes.get_i32();
        bytes.advance(8); // whether there are nulls, and the type of the elements
        if dimensions == 0 {
            return Some(Value::List(Vec::new()));
        }
        let count = bytes.try_get_i32().ok()?;
        bytes.try_get_i32().ok()?; // the number of the first
        let mut list = Vec::new();
        for _ in 0..count {
            let length = bytes.try_get_i32().ok()?;
            list.push(match usize::try_from(length) {
                Err(_) => Value::Null,
                Ok(length) => {
                    let (value, rest) = bytes.split_at_checked(length)?;
                    bytes = rest;
                    self.scalar.decode(value)?
                }
            });
        }
        Some(Value::List(list))
    }

    /// Length and bytes; null is a length of -1.
    pub fn encode(self, value: &Value, into: &mut BytesMut) {
        if *value == Value::Null {
            return into.put_i32(-1);
        }
        let start = into.len();
        into.put_i32(0);
        match value {
            Value::List(list) => self.encode_list(list, into),
            value => self.scalar.encode(value, into),
        }
        let length = (into.len() - start - 4) as i32;
        into[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    fn encode_list(self, list: &[Value], into: &mut BytesMut) {
        let element = Type { is_list: false, ..self };
        into.put_i32(i32::from(!list.is_empty()));
        into.put_i32(i32::from(list.contains(&Value::Null)));
        into.put_u32(element.oid());
        if list.is_empty() {
            return;
        }
        into.put_i32(list.len() as i32);
        into.put_i32(1);
        for value in list {
            element.encode(value, into);
        }
    }
}

impl Scalar {
    fn decode(self, bytes: &[u8]) -> Option<Value> {
        Some(match self {
            Scalar::Bool => Value::Bool(bytes.first().is_some_and(|byte| *byte != 0)),
            Scalar::Int2 => Value::Int(i16::from_be_bytes(bytes.try_into().ok()?).into()),
            Scalar::Int4 => Value::Int(i32::from_be_bytes(bytes.try_into().ok()?).into()),
            Scalar::Int8 => Value::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
            Scalar::Text => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
            Scalar::Bytes => Value::Bytes(bytes.to_vec()),
            Scalar::Uuid => Value::Uuid(Uuid::from_slice(bytes).ok()?),
            Scalar::Time => Value::Time(i64::from_be_bytes(bytes.try_into().ok()?)),
        })
    }

    fn encode(self, value: &Value, into: &mut BytesMut) {
        match (value, self) {
            (Value::Bool(value), _) => into.put_u8(u8::from(*value)),
            (Value::Int(value), Scalar::Int2) => into.put_i16(*value as i16),
            (Value::Int(value), Scalar::Int4) => into.put_i32(*value as i32),
            (Value::Int(value) | Value::Time(value), _) => into.put_i64(*value),
            (Value::Text(value), _) => into.put_slice(value.as_bytes()),
            (Value::Bytes(value), _) => into.put_slice(value),
            (Value::Uuid(value), _) => into.put_slice(value.as_bytes()),
            (Value::Null | Value::List(_), _) => {}
        }
    }
}

impl Value {
    pub fn int(&self) -> i64 {
        if let Value::Int(value) = self { *value } else { 0 }
    }

    pub fn time(&self) -> i64 {
        if let Value::Time(value) = self { *value } else { 0 }
    }

    pub fn text(&self) -> &str {
        if let Value::Text(value) = self { value } else { "" }
    }

    pub fn list(&self) -> &[Value] {
        if let Value::List(list) = self { list } else { &[] }
    }

    pub fn bytes(&self) -> &[u8] {
        if let Value::Bytes(bytes) = self { bytes } else { &[] }
    }

    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }
}
