//! Functions of ranges and points (DMN 1.5, 10.3.4.8, table 77, after Allen's interval algebra).

use super::{Builtin, plain};
use crate::{
    operators::compare,
    value::{Range, Value},
};
use std::{cmp::Ordering, sync::Arc};

pub const FUNCTIONS: &[Builtin] = &[
    plain("before", TWO, |of| ends(of, ends_before)),
    plain("after", TWO, |of| ends(of, |a, b| ends_before(b, a))),
    plain("meets", RANGES, |of| ranges(of, meets)),
    plain("met by", RANGES, |of| ranges(of, |a, b| meets(b, a))),
    plain("overlaps", RANGES, |of| ranges(of, |a, b| Some(!ends_before(a, b)? && !ends_before(b, a)?))),
    plain("overlaps before", RANGES, |of| ranges(of, overlaps_before)),
    plain("overlaps after", RANGES, |of| ranges(of, |a, b| overlaps_before(b, a))),
    plain("finishes", FIRST, |of| ends(of, finishes)),
    plain("finished by", TWO, |of| ends(of, |a, b| finishes(b, a))),
    plain("includes", TWO, |of| ends(of, |a, b| during(b, a))),
    plain("during", FIRST, |of| ends(of, during)),
    plain("starts", FIRST, |of| ends(of, starts)),
    plain("started by", TWO, |of| ends(of, |a, b| starts(b, a))),
    plain("coincides", TWO, |of| ends(of, |a, b| Some(start_order(a, b)?.is_eq() && end_order(a, b)?.is_eq()))),
];

const TWO: &[&str] = &["point1, point2", "range, point", "point, range", "range1, range2", "range1, point"];
const RANGES: &[&str] = &["range1, range2"];
const FIRST: &[&str] = &["point, range", "range1, range2"];

/// Points are ranges of one.
fn ends(arguments: &[Value], holds: impl Fn(&Range, &Range) -> Option<bool>) -> Option<Value> {
    let [first, second] = arguments else { return None };
    holds(&*range(first)?, &*range(second)?).map(Value::Boolean)
}

fn ranges(arguments: &[Value], holds: impl Fn(&Range, &Range) -> Option<bool>) -> Option<Value> {
    let both = arguments.iter().all(|value| matches!(value, Value::Range(_)));
    both.then(|| ends(arguments, holds))?
}

fn range(value: &Value) -> Option<Arc<Range>> {
    match value {
        Value::Range(range) => Some(range.clone()),
        Value::Null => None,
        point => {
            Some(Arc::new(Range { start: point.clone(), start_included: true, end: point.clone(), end_included: true }))
        }
    }
}

/// By the beginnings: one that is included is before one that is not. Without an end on that side a range is before all.
fn start_order(a: &Range, b: &Range) -> Option<Ordering> {
    match (a.start.is_null(), b.start.is_null()) {
        (false, false) => Some(compare(&a.start, &b.start)?.then(b.start_included.cmp(&a.start_included))),
        (a, b) => Some(b.cmp(&a)),
    }
}

fn end_order(a: &Range, b: &Range) -> Option<Ordering> {
    match (a.end.is_null(), b.end.is_null()) {
        (false, false) => Some(compare(&a.end, &b.end)?.then(a.end_included.cmp(&b.end_included))),
        (a, b) => Some(a.cmp(&b)),
    }
}

fn ends_before(a: &Range, b: &Range) -> Option<bool> {
    if a.end.is_null() || b.start.is_null() {
        return Some(false);
    }
    let order = compare(&a.end, &b.start)?;
    Some(order.is_lt() || (order.is_eq() && !(a.end_included && b.start_included)))
}

fn meets(a: &Range, b: &Range) -> Option<bool> {
    if a.end.is_null() || b.start.is_null() {
        return Some(false);
    }
    Some(a.end_included && b.start_included && compare(&a.end, &b.start)?.is_eq())
}

/// It begins earlier, and ends within the other or with it.
fn overlaps_before(a: &Range, b: &Range) -> Option<bool> {
    Some(start_order(a, b)?.is_lt() && !ends_before(a, b)? && end_order(a, b)?.is_le())
}

fn finishes(a: &Range, b: &Range) -> Option<bool> {
    Some(end_order(a, b)?.is_eq() && start_order(a, b)?.is_ge())
}

fn starts(a: &Range, b: &Range) -> Option<bool> {
    Some(start_order(a, b)?.is_eq() && end_order(a, b)?.is_le())
}

fn during(a: &Range, b: &Range) -> Option<bool> {
    Some(start_order(a, b)?.is_ge() && end_order(a, b)?.is_le())
}
