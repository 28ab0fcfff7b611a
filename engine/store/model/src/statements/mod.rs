//! What each statement means. It is found by its text, its parameters are read off the text, and the types of its columns stand
//! beside its name.

mod definitions;
mod instances;
mod messages;
mod orders;
mod people;
mod work;

use crate::{
    tables::{Row, Stop, View},
    value::{Type, Value},
};
use std::{collections::BTreeMap, sync::LazyLock};

/// The rows of an answer, and how many were changed.
#[derive(Debug, Default)]
pub struct Answer {
    pub rows: Vec<Vec<Value>>,
    pub changed: u64,
}

pub type Outcome = Result<Answer, Stop>;
type Run = fn(&mut View<'_>, &[Value]) -> Outcome;
/// Name, types of the columns, meaning.
type Meaning = (&'static str, &'static str, Run);

#[derive(Clone)]
pub struct Prepared {
    pub name: &'static str,
    pub parameters: Vec<Type>,
    pub columns: Vec<Type>,
    pub run: Run,
}

static KNOWN: LazyLock<BTreeMap<&'static str, Prepared>> = LazyLock::new(|| {
    let groups = [
        definitions::MEANINGS,
        instances::MEANINGS,
        messages::MEANINGS,
        orders::MEANINGS,
        people::MEANINGS,
        work::MEANINGS,
    ];
    let meanings: BTreeMap<&str, &Meaning> = groups.into_iter().flatten().map(|meaning| (meaning.0, meaning)).collect();
    let prepared = store::statement::ALL.iter().map(|statement| {
        let (columns, run) = match meanings.get(statement.name) {
            Some((_, columns, run)) => (columns.split_whitespace().filter_map(Type::parse).collect(), *run),
            None => (Vec::new(), unknown as Run),
        };
        let parameters = parameters(statement.sql);
        (statement.sql, Prepared { name: statement.name, parameters, columns, run })
    });
    prepared.collect()
});

/// None: it is no statement of the store.
pub fn prepare(sql: &str) -> Option<Prepared> {
    KNOWN.get(sql).cloned()
}

/// Of the statements that mean something here, with the types of their columns.
pub fn names() -> Vec<(&'static str, Vec<u32>)> {
    let known = KNOWN.values().filter(|prepared| !std::ptr::fn_addr_eq(prepared.run, unknown as Run));
    known.map(|prepared| (prepared.name, prepared.columns.iter().map(|column| column.oid()).collect())).collect()
}

fn unknown(_: &mut View<'_>, _: &[Value]) -> Outcome {
    Err(Stop::Error("0A000"))
}

/// Every parameter of a statement has its type beside it, somewhere: `$2::text[]`.
fn parameters(sql: &str) -> Vec<Type> {
    let mut found = BTreeMap::new();
    for after in sql.split('$').skip(1) {
        let Some((number, kind)) = after.split_once("::") else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        let end = kind.find(|c: char| !c.is_ascii_alphanumeric() && c != '[' && c != ']').unwrap_or(kind.len());
        found.extend(Type::parse(&kind[..end]).map(|kind| (number, kind)));
    }
    found.into_values().collect()
}

/// The rows that arrays stand for; a shorter array is filled up with nulls.
fn unnest(arrays: &[Value]) -> Vec<Vec<Value>> {
    let length = arrays.iter().map(|array| array.list().len()).max().unwrap_or(0);
    let value = |array: &Value, place: usize| array.list().get(place).cloned().unwrap_or(Value::Null);
    (0..length).map(|place| arrays.iter().map(|array| value(array, place)).collect()).collect()
}

fn columns(row: &Row, numbers: &[usize]) -> Vec<Value> {
    numbers.iter().map(|number| row[*number].clone()).collect()
}

impl Answer {
    fn rows(rows: Vec<Vec<Value>>) -> Answer {
        Answer { changed: rows.len() as u64, rows }
    }

    fn changed(changed: usize) -> Answer {
        Answer { rows: Vec::new(), changed: changed as u64 }
    }
}

/// Inserts rows as they come.
fn insert_all(view: &mut View<'_>, table: usize, rows: Vec<Vec<Value>>) -> Outcome {
    let count = rows.len();
    for row in rows {
        view.insert(table, row)?;
    }
    Ok(Answer::changed(count))
}

/// Inserts rows, or changes the ones that are there, each once.
fn upsert(
    view: &mut View<'_>,
    table: usize,
    rows: Vec<Vec<Value>>,
    change: impl Fn(&Row, &[Value]) -> Vec<Value>,
) -> Outcome {
    let key = crate::tables::SCHEMA[table].key;
    for (place, row) in rows.iter().enumerate() {
        if rows[..place].iter().any(|earlier| earlier[..key] == row[..key]) {
            return Err(Stop::Error("21000"));
        }
        view.lock(table, &row[..key])?;
        match view.get(table, &row[..key]) {
            Some(there) => view.put(table, change(&there, row))?,
            None => view.insert(table, row.clone())?,
        }
    }
    Ok(Answer::changed(rows.len()))
}

/// Deletes the rows with these keys, or with keys that begin so: those that are there, and of which `is_meant` holds.
fn delete_each(
    view: &mut View<'_>,
    table: usize,
    keys: &[Vec<Value>],
    is_meant: impl Fn(&Row) -> bool,
) -> Result<Vec<Row>, Stop> {
    let mut deleted = Vec::new();
    for key in keys {
        for row in view.scan(table, key) {
            if is_meant(&row) {
                view.delete(table, &row)?;
                deleted.push(row);
            }
        }
    }
    Ok(deleted)
}

const SECOND: i64 = 1_000_000;
const CLAIM: i64 = 10 * SECOND;
