//! Jobs and timers.

use super::{Answer, CLAIM, Meaning, Outcome, SECOND, columns, delete_each, insert_all, unnest, upsert};
use crate::{
    tables::{Bug, Row, View, job, suspension, timer},
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("job/insert", "", |view, p| insert_all(view, job::TABLE, new_jobs(p))),
    ("job/renew", "", |view, p| upsert(view, job::TABLE, new_jobs(p), renewed)),
    ("job/delete", "uuid bigint integer text", delete),
    ("job/unpublished", "", unpublished),
    ("job/republish", "uuid bigint integer integer", republish),
    ("job/heartbeat", "uuid bigint", heartbeat),
    ("job/types", "text", types),
    ("job/unanswered", "uuid bigint integer text integer", unanswered),
    ("job/count", "bigint", |view, _| {
        Ok(Answer::rows(vec![vec![Value::Int(view.scan(job::TABLE, &[]).len() as i64)]]))
    }),
    ("timer/insert", "", insert_timers),
    ("timer/delete", "", |view, p| Ok(Answer::changed(delete_each(view, timer::TABLE, &unnest(p), |_| true)?.len()))),
    ("timer/fire", "uuid bigint integer", fire),
    ("timer/claim", "uuid bigint integer timestamptz", claim),
    ("timer/next", "bigint bigint", next),
];

fn new_jobs(p: &[Value]) -> Vec<Vec<Value>> {
    let mut jobs = unnest(p);
    for job in &mut jobs {
        let created = job[job::created_at].clone();
        job.extend([Value::Int(1), created, Value::Null]);
    }
    jobs
}

/// A further attempt: whose job it is and of which type stays.
fn renewed(there: &Row, new: &[Value]) -> Vec<Value> {
    let mut job = new.to_vec();
    job[job::tenant] = there[job::tenant].clone();
    job[job::kind] = there[job::kind].clone();
    job
}

fn delete(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut removed = Vec::new();
    for done in unnest(p) {
        let Some(row) = attempt(view, &done) else { continue };
        view.delete(job::TABLE, &row)?;
        removed.push(columns(&row, &[job::instance, job::key, job::attempt, job::kind]));
    }
    Ok(Answer::rows(removed))
}

/// The job, if it is at this attempt.
fn attempt(view: &View<'_>, asked: &[Value]) -> Option<Row> {
    view.get(job::TABLE, &asked[..2]).filter(|row| row[job::attempt] == asked[2])
}

fn unpublished(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut changed = 0;
    for failed in unnest(p) {
        let Some(row) = attempt(view, &failed) else { continue };
        view.set(job::TABLE, &row, &[(job::published_at, Value::Time(i64::MIN))])?;
        changed += 1;
    }
    Ok(Answer::changed(changed))
}

fn republish(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut taken = Vec::new();
    for lost in unnest(p) {
        let row = attempt(view, &lost).filter(|row| row[job::publish_no] == lost[3]);
        let Some(row) = row else { continue };
        let changes = [
            (job::publish_no, Value::Int(lost[3].int() + 1)),
            (job::published_at, Value::Time(view.now)),
            (job::lease_until, Value::Null),
        ];
        let row = view.set(job::TABLE, &row, &changes)?;
        taken.push(columns(&row, &[job::instance, job::key, job::attempt, job::publish_no]));
    }
    Ok(Answer::rows(taken))
}

fn heartbeat(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let lease = Value::Time(view.now + p[2].int() * 1000);
    let mut held = Vec::new();
    for asked in unnest(&p[..2]) {
        let Some(row) = view.get(job::TABLE, &asked) else { continue };
        if !view.is_locked(job::TABLE, &asked) {
            view.set(job::TABLE, &row, &[(job::lease_until, lease.clone())])?;
        }
        held.push(asked);
    }
    Ok(Answer::rows(held))
}

fn types(view: &mut View<'_>, _: &[Value]) -> Outcome {
    let mut types: Vec<_> = view.scan(job::TABLE, &[]).iter().map(|row| columns(row, &[job::kind])).collect();
    types.sort();
    types.dedup();
    Ok(Answer::rows(types))
}

fn unanswered(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut rows = view.scan(job::TABLE, &[]);
    rows.retain(|row| {
        let lease = &row[job::lease_until];
        let kind = Value::Text("jobType".to_owned());
        let held = [row[job::tenant].clone(), kind, row[job::kind].clone(), Value::Int(0)];
        row[job::kind] == p[0]
            && row[job::published_at] < p[1]
            && (lease.is_null() || lease.time() < view.now)
            && view.get(suspension::TABLE, &held).is_none()
    });
    rows.sort_by_key(|row| row[job::published_at].time());
    rows.truncate(p[2].int() as usize);
    let read = [job::instance, job::key, job::attempt, job::tenant, job::publish_no];
    Ok(Answer::rows(rows.iter().map(|row| columns(row, &read)).collect()))
}

fn insert_timers(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut timers = unnest(p);
    timers.retain(|_| !view.database.makes(Bug::LostTimer));
    for timer in &mut timers {
        let due = timer[timer::due].clone();
        timer.push(due);
    }
    upsert(view, timer::TABLE, timers, |_, timer| timer.to_vec())
}

fn early(view: &mut View<'_>) -> i64 {
    if view.database.makes(Bug::EarlyTimer) { SECOND / 2 } else { 0 }
}

fn fire(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let now = view.now + early(view);
    let fired = delete_each(view, timer::TABLE, &unnest(p), |row| row[timer::due].time() <= now)?;
    Ok(Answer::rows(fired.iter().map(|row| row[..3].to_vec()).collect()))
}

fn claim(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let now = view.now + early(view);
    let mut due = view.scan(timer::TABLE, &[]);
    due.retain(|row| row[timer::claim_at].time() <= now && !view.is_locked(timer::TABLE, &row[..3]));
    due.sort_by_key(|row| row[timer::claim_at].time());
    due.truncate(p[0].int() as usize);
    let again = Value::Time(view.now + CLAIM);
    for row in &due {
        view.set(timer::TABLE, row, &[(timer::claim_at, again.clone())])?;
    }
    Ok(Answer::rows(due.iter().map(|row| row[..4].to_vec()).collect()))
}

fn next(view: &mut View<'_>, _: &[Value]) -> Outcome {
    let rows = view.scan(timer::TABLE, &[]);
    let earliest = rows.iter().map(|row| row[timer::claim_at].time()).min();
    let wait = earliest.map_or(Value::Null, |at| Value::Int((at - view.now).div_euclid(1000)));
    let late = rows.iter().filter(|row| row[timer::claim_at].time() < view.now - SECOND).count();
    Ok(Answer::rows(vec![vec![wait, Value::Int(late as i64)]]))
}
