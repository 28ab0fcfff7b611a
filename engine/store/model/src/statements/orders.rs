//! The outbox of orders, and ids of commands.

use super::{Answer, CLAIM, Meaning, Outcome, columns, insert_all, unnest};
use crate::{
    tables::{Bug, View, command, command_id},
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("command/insert", "", insert),
    ("command/delete", "uuid", delete),
    ("command/claim", "uuid text uuid bytea", claim),
    ("command_id/insert", "", insert_ids),
    ("command_id/find", "text text bytea", find_ids),
    ("command_id/purge", "", purge),
    ("batch/running", "uuid text text text text text timestamptz timestamptz", |_, _| Ok(Answer::default())),
    ("session/clock", "timestamptz", |view, _| Ok(Answer::rows(vec![vec![Value::Time(view.now)]]))),
];

fn insert(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut orders = unnest(p);
    orders.retain(|_| !view.database.makes(Bug::LostOrder));
    orders.iter_mut().for_each(|order| order.push(Value::Time(view.now + CLAIM)));
    insert_all(view, command::TABLE, orders)
}

fn delete(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let (asked, there) = (p[0].list(), view.scan(command::TABLE, &[]));
    let mut obeyed = Vec::new();
    for one in unnest(&p[..2]) {
        let (id, begin) = (&one[0], &one[1]);
        let is_earlier = |other: &Value| !begin.is_null() && other >= begin && other < id && !asked.contains(other);
        let mut has_earlier = false;
        for earlier in there.iter().filter(|row| is_earlier(&row[command::id])) {
            view.lock(command::TABLE, &earlier[..1])?;
            has_earlier = true;
        }
        let row = view.get(command::TABLE, &one[..1]).filter(|_| !has_earlier);
        if row.is_none() && view.database.makes(Bug::ClaimedTwice) {
            obeyed.push(vec![id.clone()]);
        }
        let Some(row) = row else { continue };
        view.delete(command::TABLE, &row)?;
        obeyed.push(vec![id.clone()]);
    }
    Ok(Answer::rows(obeyed))
}

fn claim(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut left = view.scan(command::TABLE, &[]);
    left.retain(|row| row[command::claim_at].time() <= view.now && !view.is_locked(command::TABLE, &row[..1]));
    left.sort_by_key(|row| row[command::claim_at].time());
    left.truncate(p[0].int() as usize);
    let again = Value::Time(view.now + CLAIM);
    for row in &left {
        view.set(command::TABLE, row, &[(command::claim_at, again.clone())])?;
    }
    let read = [command::id, command::tenant, command::instance, command::payload];
    Ok(Answer::rows(left.iter().map(|row| columns(row, &read)).collect()))
}

fn insert_ids(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut ids = unnest(p);
    ids.iter_mut().for_each(|id| id.push(Value::Time(view.now)));
    insert_all(view, command_id::TABLE, ids)
}

fn find_ids(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let found = unnest(p).into_iter().filter_map(|id| view.get(command_id::TABLE, &id));
    Ok(Answer::rows(found.map(|row| row[..3].to_vec()).collect()))
}

fn purge(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut old = view.scan(command_id::TABLE, &[]);
    old.retain(|row| row[command_id::at] < p[0] && !view.is_locked(command_id::TABLE, &row[..2]));
    old.truncate(1000);
    old.iter().try_for_each(|row| view.delete(command_id::TABLE, row))?;
    Ok(Answer::changed(old.len()))
}
