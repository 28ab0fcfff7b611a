//! Messages of Postgres's protocol, version 3, as far as the driver uses them.

use crate::value::Type;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// What the client says.
#[derive(Debug)]
pub enum Message {
    Startup,
    Parse {
        name: String,
        sql: String,
    },
    Describe {
        name: String,
    },
    /// Each parameter as its bytes; none is null.
    Bind {
        statement: String,
        parameters: Vec<Option<Bytes>>,
    },
    Execute,
    Sync,
    Query(String),
    /// Of a prepared statement.
    Close {
        name: String,
    },
    Terminate,
    Other,
}

/// The next message, if it has come completely. The first of a connection has no tag.
pub fn next(from: &mut BytesMut, is_first: bool) -> Option<Message> {
    let head = if is_first { 0 } else { 1 };
    let length = from.get(head..head + 4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    if from.len() < head + length {
        return None;
    }
    let mut message = from.split_to(head + length).freeze();
    let tag = if is_first { 0 } else { message.get_u8() };
    message.advance(4);
    Some(if is_first { Message::Startup } else { parse(tag, message) })
}

fn parse(tag: u8, mut message: Bytes) -> Message {
    match tag {
        b'P' => Message::Parse { name: text(&mut message), sql: text(&mut message) },
        b'D' => {
            message.advance(1);
            Message::Describe { name: text(&mut message) }
        }
        b'B' => bind(message),
        b'E' => Message::Execute,
        b'S' => Message::Sync,
        b'Q' => Message::Query(text(&mut message)),
        b'C' => {
            message.advance(1);
            Message::Close { name: text(&mut message) }
        }
        b'X' => Message::Terminate,
        _ => Message::Other,
    }
}

fn bind(mut message: Bytes) -> Message {
    text(&mut message); // the portal
    let statement = text(&mut message);
    for _ in 0..message.get_u16() {
        message.advance(2); // every parameter comes in binary form
    }
    let parameters = (0..message.get_u16()).map(|_| {
        let length = message.get_i32();
        usize::try_from(length).ok().map(|length| message.split_to(length))
    });
    Message::Bind { statement, parameters: parameters.collect() }
}

fn text(from: &mut Bytes) -> String {
    let end = from.iter().position(|byte| *byte == 0).unwrap_or(from.len());
    let text = String::from_utf8_lossy(&from.split_to(end)).into_owned();
    from.advance(from.len().min(1));
    text
}

/// A message of the server: its tag, and what `body` writes.
pub fn say(tag: u8, into: &mut BytesMut, body: impl FnOnce(&mut BytesMut)) {
    into.put_u8(tag);
    let start = into.len();
    into.put_u32(0);
    body(into);
    let length = (into.len() - start) as u32;
    into[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

pub fn ready(into: &mut BytesMut, is_in_transaction: bool) {
    say(b'Z', into, |body| body.put_u8(if is_in_transaction { b'T' } else { b'I' }));
}

pub fn complete(into: &mut BytesMut, tag: &str) {
    say(b'C', into, |body| {
        body.put_slice(tag.as_bytes());
        body.put_u8(0);
    });
}

/// `code`: five letters of SQLSTATE.
pub fn error(into: &mut BytesMut, code: &str, message: &str) {
    say(b'E', into, |body| {
        for (field, value) in [(b'S', "ERROR"), (b'V', "ERROR"), (b'C', code), (b'M', message)] {
            body.put_u8(field);
            body.put_slice(value.as_bytes());
            body.put_u8(0);
        }
        body.put_u8(0);
    });
}

/// What a prepared statement takes and gives.
pub fn description(into: &mut BytesMut, parameters: &[Type], columns: &[Type]) {
    say(b't', into, |body| {
        body.put_u16(parameters.len() as u16);
        parameters.iter().for_each(|parameter| body.put_u32(parameter.oid()));
    });
    if columns.is_empty() {
        return say(b'n', into, |_| {});
    }
    say(b'T', into, |body| {
        body.put_u16(columns.len() as u16);
        for column in columns {
            body.put_slice(b"column\0");
            body.put_u32(0); // of no table
            body.put_u16(0);
            body.put_u32(column.oid());
            body.put_i16(-1);
            body.put_i32(-1);
            body.put_u16(1);
        }
    });
}
