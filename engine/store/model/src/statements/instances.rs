//! Instances, and what belongs to one: pages, variables, history.

use super::{Answer, Meaning, Outcome, columns, delete_each, insert_all, unnest, upsert};
use crate::{
    tables::{Bug, View, history, incident, instance, instance_page, suspended_instance, variable},
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("instance/insert", "", |view, p| insert_all(view, instance::TABLE, unnest(p))),
    ("instance/update", "uuid", update),
    ("instance/load", LOADED, load),
    ("instance/confirm", "uuid", confirm),
    ("instance/get", GOT, get),
    ("instance/version", "bigint", version),
    ("instance/origin", "uuid text", origin),
    ("instance/children", "uuid", children),
    ("instance/after", "uuid text", after),
    ("instance_page/upsert", "", |view, p| replace(view, instance_page::TABLE, p)),
    ("instance_page/delete", "", |view, p| delete(view, instance_page::TABLE, p)),
    ("instance_page/load", "uuid bytea", load_pages),
    ("variable/upsert", "", |view, p| replace(view, variable::TABLE, p)),
    ("variable/delete_scopes", "", |view, p| delete(view, variable::TABLE, p)),
    ("variable/load", "uuid bigint text bytea", load_variables),
    ("history/insert", "", insert_history),
    ("history/find", "bytea", find_history),
    ("history/list", "bigint bigint bytea", list_history),
    ("history/ensure_partitions", "text", |_, _| Ok(Answer::default())),
    ("history/old_partitions", "text", |_, _| Ok(Answer::default())),
];

const LOADED: &str = "uuid text uuid smallint bigint bytea text uuid text";
const GOT: &str = "uuid text uuid smallint bigint bytea text uuid text timestamptz timestamptz bigint boolean bytea[]";
const READ: [usize; 9] = [
    instance::id,
    instance::tenant,
    instance::definition,
    instance::state,
    instance::version,
    instance::control,
    instance::business_key,
    instance::parent,
    instance::traceparent,
];

fn update(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut moved = Vec::new();
    let is_fenced = !view.database.makes(Bug::NoFence);
    for step in unnest(p) {
        let Some(row) = view.get(instance::TABLE, &step[..1]) else { continue };
        if is_fenced && row[instance::version] != step[1] {
            continue;
        }
        let [_, _, version, state, control, ended] = [0, 1, 2, 3, 4, 5].map(|column| step[column].clone());
        let changes = [
            (instance::version, version),
            (instance::state, state),
            (instance::control, control),
            (instance::ended_at, ended),
        ];
        view.set(instance::TABLE, &row, &changes)?;
        moved.push(vec![step[0].clone()]);
    }
    Ok(Answer::rows(moved))
}

fn load(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut ids = p[0].list().to_vec();
    ids.sort();
    ids.dedup();
    let mut rows = Vec::new();
    for id in ids {
        let key = [id];
        if view.get(instance::TABLE, &key).is_some() {
            view.lock(instance::TABLE, &key)?;
        }
        rows.extend(view.get(instance::TABLE, &key).map(|row| columns(&row, &READ)));
    }
    Ok(Answer::rows(rows))
}

fn confirm(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let remembered = unnest(p).into_iter();
    let is_so =
        |one: &Vec<Value>| view.get(instance::TABLE, &one[..1]).is_some_and(|row| row[instance::version] == one[1]);
    Ok(Answer::rows(remembered.filter(is_so).map(|one| one[..1].to_vec()).collect()))
}

/// Of this tenant.
fn owned(view: &View<'_>, p: &[Value]) -> Option<crate::tables::Row> {
    view.get(instance::TABLE, &p[1..2]).filter(|row| row[instance::tenant] == p[0])
}

fn get(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let Some(row) = owned(view, p) else { return Ok(Answer::default()) };
    let mut got = columns(&row, &READ);
    got.extend(columns(&row, &[instance::created_at, instance::ended_at]));
    got.push(Value::Int(view.scan(incident::TABLE, &p[1..2]).len() as i64));
    got.push(Value::Bool(view.get(suspended_instance::TABLE, &p[1..2]).is_some()));
    let pages = view.scan(instance_page::TABLE, &p[1..2]);
    got.push(Value::List(pages.iter().map(|page| page[instance_page::content].clone()).collect()));
    Ok(Answer::rows(vec![got]))
}

fn version(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::rows(owned(view, p).iter().map(|row| columns(row, &[instance::version])).collect()))
}

fn origin(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let read = [instance::definition, instance::traceparent];
    Ok(Answer::rows(owned(view, p).iter().map(|row| columns(row, &read)).collect()))
}

fn children(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut rows = view.scan(instance::TABLE, &[]);
    rows.retain(|row| row[instance::tenant] == p[0] && row[instance::parent] == p[1]);
    rows.sort_by(|a, b| {
        (&a[instance::created_at], &a[instance::id]).cmp(&(&b[instance::created_at], &b[instance::id]))
    });
    rows.truncate(1000);
    Ok(Answer::rows(rows.iter().map(|row| columns(row, &[instance::id])).collect()))
}

fn after(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let rows = view.scan(instance::TABLE, &[]);
    let next = rows.iter().filter(|row| row[instance::id] > p[0]).take(p[1].int() as usize);
    Ok(Answer::rows(next.map(|row| columns(row, &[instance::id, instance::tenant])).collect()))
}

fn replace(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    upsert(view, table, unnest(p), |_, row| row.to_vec())
}

fn delete(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    Ok(Answer::changed(delete_each(view, table, &unnest(p), |_| true)?.len()))
}

fn load_pages(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let read = [instance_page::instance, instance_page::content];
    Ok(Answer::rows(of_instances(view, instance_page::TABLE, p, &read)))
}

fn load_variables(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let read = [variable::instance, variable::scope, variable::name, variable::value];
    Ok(Answer::rows(of_instances(view, variable::TABLE, p, &read)))
}

fn of_instances(view: &View<'_>, table: usize, p: &[Value], read: &[usize]) -> Vec<Vec<Value>> {
    let rows = p[0].list().iter().flat_map(|id| view.scan(table, std::slice::from_ref(id)));
    rows.map(|row| columns(&row, read)).collect()
}

fn insert_history(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let written = Value::Time(view.now);
    let in_order = |row: Vec<Value>| {
        let [instance, first, last, at, events] = [0, 1, 2, 3, 4].map(|column| row[column].clone());
        vec![instance, first, at, last, events, written.clone()]
    };
    insert_all(view, history::TABLE, unnest(p).into_iter().map(in_order).collect())
}

fn find_history(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::rows(view.scan(history::TABLE, p).iter().map(|row| columns(row, &[history::events])).collect()))
}

fn list_history(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let rows = view.scan(history::TABLE, &p[..1]);
    let holding = rows.iter().map(|row| row[history::first_seq].int()).filter(|first| *first <= p[1].int()).max();
    let from = rows.iter().filter(|row| row[history::first_seq].int() >= holding.unwrap_or(0));
    let read = [history::first_seq, history::last_seq, history::events];
    Ok(Answer::rows(from.take(p[2].int() as usize).map(|row| columns(row, &read)).collect()))
}
