//! User tasks and incidents, and what operators note.

use super::{Answer, Meaning, Outcome, columns, delete_each, insert_all, unnest, upsert};
use crate::{
    tables::{View, audit, incident, suspended_instance, suspension, user_task},
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("user_task/insert", "", insert),
    ("user_task/close", "", close),
    ("user_task/claim", "", claim),
    ("user_task/get", STORED, get),
    ("incident/insert", "", |view, p| insert_all(view, incident::TABLE, unnest(p))),
    ("incident/delete", "", |view, p| {
        Ok(Answer::changed(delete_each(view, incident::TABLE, &unnest(p), |_| true)?.len()))
    }),
    ("audit/insert", "", note),
    ("suspension/insert", "", suspend),
    ("suspension/delete", "", resume),
    ("suspension/list", "text text text integer timestamptz text", list),
    ("suspended_instance/insert", "", add_instances),
    ("suspended_instance/delete", "", remove_instances),
];

const STORED: &str = "uuid bigint uuid integer bytea smallint text timestamptz timestamptz";

fn insert(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut tasks = unnest(p);
    for task in &mut tasks {
        for list in [user_task::candidate_users, user_task::candidate_groups] {
            task[list] = split(task[list].text());
        }
        task.extend([Value::Int(0), Value::Null]);
    }
    upsert(view, user_task::TABLE, tasks, |there, new| {
        let mut task = there.to_vec();
        let changed = [
            user_task::task,
            user_task::assignee,
            user_task::candidate_users,
            user_task::candidate_groups,
            user_task::due,
            user_task::state,
            user_task::claimed_by,
        ];
        changed.into_iter().for_each(|column| task[column] = new[column].clone());
        task
    })
}

fn split(joined: &str) -> Value {
    let parts = joined.split(store::user_task::SEPARATOR).filter(|_| !joined.is_empty());
    Value::List(parts.map(|part| Value::Text(part.to_owned())).collect())
}

fn close(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut changed = 0;
    for closed in unnest(p) {
        let task = view.get(user_task::TABLE, &closed[..2]).filter(|row| row[user_task::state].int() == 0);
        let Some(task) = task else { continue };
        view.set(user_task::TABLE, &task, &[(user_task::state, closed[2].clone())])?;
        changed += 1;
    }
    Ok(Answer::changed(changed))
}

fn claim(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let Some(task) = view.get(user_task::TABLE, &p[1..3]) else { return Ok(Answer::default()) };
    let (gives_back, holder) = (p[3].text().is_empty(), &task[user_task::claimed_by]);
    let is_open = task[user_task::tenant] == p[0] && task[user_task::state].int() == 0;
    if !is_open || !(gives_back || holder.is_null() || *holder == p[3]) {
        return Ok(Answer::default());
    }
    let by = if gives_back { Value::Null } else { p[3].clone() };
    view.set(user_task::TABLE, &task, &[(user_task::claimed_by, by)])?;
    Ok(Answer::changed(1))
}

fn get(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let task = view.get(user_task::TABLE, &p[1..3]).filter(|row| row[user_task::tenant] == p[0]);
    let read = [
        user_task::instance,
        user_task::key,
        user_task::definition,
        user_task::element,
        user_task::task,
        user_task::state,
        user_task::claimed_by,
        user_task::due,
        user_task::created_at,
    ];
    Ok(Answer::rows(task.iter().map(|row| columns(row, &read)).collect()))
}

fn note(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let now = Value::Time(view.now);
    let mut rows = unnest(p);
    rows.iter_mut().for_each(|row| row.insert(audit::at, now.clone()));
    insert_all(view, audit::TABLE, rows)
}

fn suspend(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut row = p.to_vec();
    row.insert(suspension::since, Value::Time(view.now));
    let is_new = view.insert_if_new(suspension::TABLE, row)?;
    Ok(Answer::changed(usize::from(is_new)))
}

fn resume(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::changed(delete_each(view, suspension::TABLE, &[p.to_vec()], |_| true)?.len()))
}

fn list(view: &mut View<'_>, _: &[Value]) -> Outcome {
    Ok(Answer::rows(view.scan(suspension::TABLE, &[]).iter().map(|row| row.to_vec()).collect()))
}

fn add_instances(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut changed = 0;
    for row in unnest(p) {
        changed += usize::from(view.insert_if_new(suspended_instance::TABLE, row)?);
    }
    Ok(Answer::changed(changed))
}

fn remove_instances(view: &mut View<'_>, p: &[Value]) -> Outcome {
    Ok(Answer::changed(delete_each(view, suspended_instance::TABLE, &unnest(p), |_| true)?.len()))
}
