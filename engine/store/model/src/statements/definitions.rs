//! Deployed processes, and when they start by themselves.

use super::{Answer, Meaning, Outcome, columns, delete_each, unnest};
use crate::{
    tables::{Row, View, advisory, definition, deployment_member, timer_start},
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("definition/insert", "", |view, p| insert(view, definition::TABLE, p)),
    ("definition/insert_member", "", |view, p| insert(view, deployment_member::TABLE, p)),
    ("definition/lock", "bigint", lock),
    ("definition/get", DEFINITION, get),
    ("definition/latest", DEFINITION, latest),
    ("definition/latest_keys", "bigint uuid", latest_keys),
    ("definition/version_key", "uuid", version_key),
    ("definition/member_key", "uuid", member_key),
    ("start_occurrence/delete_others", "", |_, _| Ok(Answer::default())),
    ("timer_start/insert", "", |view, p| insert(view, timer_start::TABLE, p)),
    ("timer_start/delete", "", delete_starts),
    ("timer_start/delete_one", "", delete_starts),
    ("timer_start/lock_due", "text text text uuid timestamptz bigint", lock_due),
    ("timer_start/set_next", "", set_next),
];

const DEFINITION: &str = "uuid text text integer text boolean uuid text text bytea timestamptz";

fn insert(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    view.insert(table, p.to_vec())?;
    Ok(Answer::changed(1))
}

/// The name of the tenant stands for the hash of it.
fn lock(view: &mut View<'_>, p: &[Value]) -> Outcome {
    view.lock(advisory::TABLE, &p[..1])?;
    Ok(Answer::rows(vec![vec![Value::Null]]))
}

fn get(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::rows(view.get(definition::TABLE, p).iter().map(|row| row.to_vec()).collect()))
}

/// Versions of a process, the last one last.
fn versions(view: &View<'_>, tenant: &Value, process: &Value) -> Vec<Row> {
    let mut rows = view.scan(definition::TABLE, &[]);
    rows.retain(|row| row[definition::tenant] == *tenant && row[definition::process_id] == *process);
    rows.sort_by_key(|row| row[definition::version].int());
    rows
}

fn latest(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::rows(versions(view, &p[0], &p[1]).last().iter().map(|row| row.to_vec()).collect()))
}

fn latest_keys(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let asked = unnest(p).into_iter().zip(1..);
    let keys = asked.filter_map(|(process, place)| {
        let versions = versions(view, &process[0], &process[1]);
        Some(vec![Value::Int(place), versions.last()?[definition::key].clone()])
    });
    Ok(Answer::rows(keys.collect()))
}

fn version_key(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let versions = versions(view, &p[0], &p[1]);
    let that = versions.iter().filter(|row| row[definition::version] == p[2]);
    Ok(Answer::rows(that.map(|row| columns(row, &[definition::key])).collect()))
}

fn member_key(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let Some(one) = view.get(definition::TABLE, &p[1..2]) else { return Ok(Answer::default()) };
    let key = [p[0].clone(), one[definition::deployment].clone(), p[2].clone()];
    let member = view.get(deployment_member::TABLE, &key);
    Ok(Answer::rows(member.iter().map(|row| columns(row, &[deployment_member::definition])).collect()))
}

fn delete_starts(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::changed(delete_each(view, timer_start::TABLE, &[p.to_vec()], |_| true)?.len()))
}

fn lock_due(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut due = view.scan(timer_start::TABLE, &[]);
    due.retain(|row| row[timer_start::due].time() <= view.now && !view.is_locked(timer_start::TABLE, &row[..3]));
    due.sort_by_key(|row| row[timer_start::due].time());
    due.truncate(p[0].int() as usize);
    due.iter().try_for_each(|row| view.lock(timer_start::TABLE, &row[..3]))?;
    Ok(Answer::rows(due.iter().map(|row| row.to_vec()).collect()))
}

fn set_next(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let Some(row) = view.get(timer_start::TABLE, &p[..3]) else { return Ok(Answer::default()) };
    let changes = [(timer_start::due, p[3].clone()), (timer_start::repetitions_left, p[4].clone())];
    view.set(timer_start::TABLE, &row, &changes)?;
    Ok(Answer::changed(1))
}
