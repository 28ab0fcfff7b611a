//! Functions of lists (DMN 1.5, 10.3.4.4), and `sort` (10.3.4.9). Positions count from one, or from -1 backwards.

use super::{Builtin, full, integer, list, optional, plain};
use crate::{
    FeelError,
    evaluate::Run,
    operators::{compare, equal},
    value::{Function, Value},
};
use std::{cmp::Ordering, sync::Arc};

pub const FUNCTIONS: &[Builtin] = &[
    full("list contains", &["list, element"], |run, of| {
        let (Some(items), Some(element)) = (list(of, 0), of.get(1)) else { return Ok(Value::Null) };
        Ok(Value::Boolean(position(run, items, element)?.is_some()))
    }),
    plain("sublist", &["list, start position, length?"], sublist),
    plain("append", &["list, item..."], |of| Some(Value::list([list(of, 0)?, &of[1..]].concat()))),
    plain("concatenate", &["list..."], |of| {
        let all = of.iter().map(|one| (!one.is_null()).then(|| one.items())).collect::<Option<Vec<_>>>()?;
        Some(Value::list(all.concat()))
    }),
    plain("insert before", &["list, position, newItem"], |of| {
        let mut items = list(of, 0)?.to_vec();
        items.insert(index(&items, integer(of, 1)?)?, of.get(2)?.clone());
        Some(Value::list(items))
    }),
    plain("remove", &["list, position"], |of| {
        let mut items = list(of, 0)?.to_vec();
        items.remove(index(&items, integer(of, 1)?)?);
        Some(Value::list(items))
    }),
    full("list replace", &["list, position, newItem", "list, match, newItem"], list_replace),
    plain("reverse", &["list"], |of| Some(Value::list(list(of, 0)?.iter().rev().cloned().collect()))),
    full("index of", &["list, match"], |run, of| {
        let (Some(items), Some(wanted)) = (list(of, 0), of.get(1)) else { return Ok(Value::Null) };
        let mut found = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if equal(run.evaluation, item, wanted)? == Some(true) {
                found.push(Value::number(index + 1));
            }
        }
        Ok(Value::list(found))
    }),
    full("union", &["list..."], |run, of| {
        let all: Vec<Value> = of.iter().flat_map(Value::items).cloned().collect();
        distinct(run, &all)
    }),
    full("distinct values", &["list"], |run, of| match list(of, 0) {
        Some(items) => distinct(run, items),
        None => Ok(Value::Null),
    }),
    full("flatten", &["list"], |run, of| {
        let Some(items) = list(of, 0) else { return Ok(Value::Null) };
        let mut flat = Vec::new();
        flatten(run, items, &mut flat)?;
        Ok(Value::list(flat))
    }),
    full("sort", &["list, precedes?"], sort),
];

fn index(items: &[Value], position: i64) -> Option<usize> {
    let index = match position {
        1.. => usize::try_from(position - 1).ok()?,
        0 => return None,
        _ => items.len().checked_sub(usize::try_from(position.unsigned_abs()).ok()?)?,
    };
    (index < items.len()).then_some(index)
}

fn position(run: &Run, items: &[Value], wanted: &Value) -> Result<Option<usize>, FeelError> {
    for (index, item) in items.iter().enumerate() {
        if equal(run.evaluation, item, wanted)? == Some(true) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn sublist(arguments: &[Value]) -> Option<Value> {
    let items = list(arguments, 0)?;
    let first = index(items, integer(arguments, 1)?)?;
    let rest = items.get(first..)?;
    let taken = match optional(arguments, 2, integer)? {
        Some(length) => rest.get(..usize::try_from(length).ok()?)?,
        None => rest,
    };
    Some(Value::list(taken.to_vec()))
}

/// At a position, or where a function of the item and the new one says so.
fn list_replace(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let (Some(items), Some(new)) = (list(arguments, 0), arguments.get(2)) else { return Ok(Value::Null) };
    let mut items = items.to_vec();
    if let Some(Value::Function(function)) = arguments.get(1) {
        for item in &mut items {
            match run.call(function, vec![item.clone(), new.clone()])? {
                Value::Boolean(true) => *item = new.clone(),
                Value::Boolean(false) => {}
                _ => return Ok(Value::Null),
            }
        }
        return Ok(Value::list(items));
    }
    let Some(index) = integer(arguments, 1).and_then(|position| index(&items, position)) else {
        return Ok(Value::Null);
    };
    items[index] = new.clone();
    Ok(Value::list(items))
}

fn distinct(run: &Run, items: &[Value]) -> Result<Value, FeelError> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if position(run, &kept, item)?.is_none() {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

fn flatten(run: &Run, items: &[Value], flat: &mut Vec<Value>) -> Result<(), FeelError> {
    run.evaluation.spend(items.len())?;
    run.evaluation.check_stack()?;
    for item in items {
        match item {
            Value::List(inner) => flatten(run, inner, flat)?,
            other => flat.push(other.clone()),
        }
    }
    Ok(())
}

/// Merges halves: a stable order with few calls, whatever the function answers.
fn sort(run: &Run, arguments: &[Value]) -> Result<Value, FeelError> {
    let Some(items) = list(arguments, 0) else { return Ok(Value::Null) };
    let precedes = match arguments.get(1) {
        None | Some(Value::Null) => None,
        Some(Value::Function(function)) => Some(function),
        Some(_) => return Ok(Value::Null),
    };
    Ok(sorted(run, items, precedes)?.map_or(Value::Null, Value::list))
}

fn sorted(run: &Run, items: &[Value], precedes: Option<&Arc<Function>>) -> Result<Option<Vec<Value>>, FeelError> {
    if items.len() < 2 {
        return Ok(Some(items.to_vec()));
    }
    let (left, right) = items.split_at(items.len() / 2);
    let (Some(left), Some(right)) = (sorted(run, left, precedes)?, sorted(run, right, precedes)?) else {
        return Ok(None);
    };
    let mut merged = Vec::with_capacity(items.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        run.evaluation.spend(1)?;
        let takes_right = match precedes {
            Some(function) => match run.call(function, vec![second.clone(), first.clone()])? {
                Value::Boolean(before) => before,
                _ => return Ok(None),
            },
            None => match compare(second, first) {
                Some(order) => order == Ordering::Less,
                None => return Ok(None),
            },
        };
        merged.extend(if takes_right { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(Some(merged))
}
