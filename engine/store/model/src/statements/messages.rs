//! Messages and signals: who waits for them, what waits for someone, what they start.

use super::{Answer, Meaning, Outcome, SECOND, columns, delete_each, unnest, upsert};
use crate::{
    tables::{
        Bug, Row, View, advisory, instance, message, message_start, message_start_lock, message_subscription,
        signal_start, signal_subscription,
    },
    value::Value,
};

pub const MEANINGS: &[Meaning] = &[
    ("message/insert", "", insert),
    ("message/take", "uuid bytea", take_message),
    ("message/expire", "", expire),
    ("message_start/insert", "", |view, p| insert_start(view, message_start::TABLE, p)),
    ("message_start/delete", "", |view, p| delete_starts(view, message_start::TABLE, p)),
    ("message_start/find", "text text uuid", find_starts),
    ("message_start_lock/acquire", "", acquire),
    ("message_start_lock/release", "text text text text", release),
    ("message_start_lock/purge", "", purge),
    ("message_subscription/open", "", open),
    ("message_subscription/close", "", |view, p| close(view, message_subscription::TABLE, p)),
    ("message_subscription/lock", "bigint", lock),
    ("message_subscription/take", "uuid bigint integer text", take),
    ("message_subscription/take_one", "", take_one),
    ("signal_start/insert", "", |view, p| insert_start(view, signal_start::TABLE, p)),
    ("signal_start/delete", "", |view, p| delete_starts(view, signal_start::TABLE, p)),
    ("signal_start/find", "text uuid", find_signal_starts),
    ("signal_subscription/open", "", listen),
    ("signal_subscription/close", "", |view, p| close(view, signal_subscription::TABLE, p)),
    ("signal_subscription/listeners", "uuid", listeners),
];

fn insert(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let [tenant, id, name, key, variables, life, correlated] = [0, 1, 2, 3, 4, 5, 6].map(|place| p[place].clone());
    let expires = Value::Time(view.now + life.int() * 1000);
    view.insert(message::TABLE, vec![tenant, id, name, key, variables, Value::Time(view.now), expires, correlated])?;
    Ok(Answer::changed(1))
}

fn take_message(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut waiting = view.scan(message::TABLE, &p[..1]);
    waiting.retain(|row| {
        row[message::name] == p[1]
            && row[message::correlation_key] == p[2]
            && row[message::expires_at].time() > view.now
            && !row[message::correlated].list().contains(&p[3])
    });
    let oldest = waiting.into_iter().min_by_key(|row| (row[message::published_at].time(), row[message::id].clone()));
    let Some(row) = oldest else { return Ok(Answer::default()) };
    let mut correlated = row[message::correlated].list().to_vec();
    correlated.push(p[3].clone());
    view.set(message::TABLE, &row, &[(message::correlated, Value::List(correlated))])?;
    Ok(Answer::rows(vec![columns(&row, &[message::id, message::variables])]))
}

fn expire(view: &mut View<'_>, _: &[Value]) -> Outcome {
    let mut over = view.scan(message::TABLE, &[]);
    over.retain(|row| row[message::expires_at].time() <= view.now && !view.is_locked(message::TABLE, &row[..2]));
    over.sort_by_key(|row| row[message::expires_at].time());
    over.truncate(1000);
    over.iter().try_for_each(|row| view.delete(message::TABLE, row))?;
    Ok(Answer::changed(over.len()))
}

fn insert_start(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    Ok(Answer::changed(usize::from(view.insert_if_new(table, p.to_vec())?)))
}

fn delete_starts(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    let old = delete_each(view, table, &[p[..1].to_vec()], |row| row[message_start::process_id] == p[1])?;
    Ok(Answer::changed(old.len()))
}

fn find_starts(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut rows = view.scan(message_start::TABLE, p);
    rows.dedup_by(|next, first| next[message_start::process_id] == first[message_start::process_id]);
    let read = [message_start::process_id, message_start::element_id, message_start::definition];
    Ok(Answer::rows(rows.iter().map(|row| columns(row, &read)).collect()))
}

fn find_signal_starts(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let read = [signal_start::element_id, signal_start::definition];
    Ok(Answer::rows(view.scan(signal_start::TABLE, p).iter().map(|row| columns(row, &read)).collect()))
}

fn acquire(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let of_instance = |row: &Row| row[message_start_lock::instance] == p[4];
    if view.scan(message_start_lock::TABLE, &[]).iter().any(of_instance) {
        return Ok(Answer::default());
    }
    let mut row = p.to_vec();
    row.push(Value::Time(view.now));
    Ok(Answer::changed(usize::from(view.insert_if_new(message_start_lock::TABLE, row)?)))
}

fn release(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let ended = p[0].list();
    let of_ended = |row: &Row| ended.contains(&row[message_start_lock::instance]);
    let released = delete_each(view, message_start_lock::TABLE, &[Vec::new()], of_ended)?;
    Ok(Answer::rows(released.iter().map(|row| row[..4].to_vec()).collect()))
}

fn purge(view: &mut View<'_>, _: &[Value]) -> Outcome {
    let before = view.now - 24 * 3600 * SECOND;
    let mut old = view.scan(message_start_lock::TABLE, &[]);
    old.retain(|row| row[message_start_lock::locked_at].time() < before);
    old.retain(|row| {
        let holder = view.get(instance::TABLE, &row[message_start_lock::instance..=message_start_lock::instance]);
        holder.is_none_or(|holder| holder[instance::state].int() != 0)
    });
    old.iter().try_for_each(|row| view.delete(message_start_lock::TABLE, row))?;
    Ok(Answer::changed(old.len()))
}

fn open(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut rows = unnest(p);
    rows.iter_mut().for_each(|row| row.push(Value::Bool(false)));
    upsert(view, message_subscription::TABLE, rows, |there, new| {
        let mut row = there.to_vec();
        use message_subscription::{correlation_key, message_name, opened_at, taken};
        [message_name, correlation_key, opened_at, taken]
            .into_iter()
            .for_each(|column| row[column] = new[column].clone());
        row
    })
}

fn close(view: &mut View<'_>, table: usize, p: &[Value]) -> Outcome {
    Ok(Answer::changed(delete_each(view, table, &unnest(p), |_| true)?.len()))
}

fn lock(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut hashes = p[0].list().to_vec();
    hashes.sort();
    if !view.database.makes(Bug::NoAdvisoryLocks) {
        for hash in &hashes {
            view.lock(advisory::TABLE, std::slice::from_ref(hash))?;
        }
    }
    Ok(Answer::rows(hashes.into_iter().map(|_| vec![Value::Null]).collect()))
}

fn take(view: &mut View<'_>, p: &[Value]) -> Outcome {
    use message_subscription::{TABLE, correlation_key, instance, message_name, opened_at, process_id, taken, tenant};
    let mut open = view.scan(TABLE, &[]);
    open.retain(|row| {
        row[tenant] == p[0]
            && row[message_name] == p[1]
            && row[correlation_key] == p[2]
            && row[taken] == Value::Bool(false)
    });
    open.sort_by_key(|row| columns(row, &[process_id, opened_at, instance]));
    open.dedup_by(|next, first| next[process_id] == first[process_id]);
    open.retain(|row| !view.is_locked(TABLE, &row[..3]));
    let mut given = Vec::new();
    for row in open {
        view.set(TABLE, &row, &[(taken, Value::Bool(true))])?;
        given.push(columns(&row, &[0, 1, 2, process_id]));
    }
    Ok(Answer::rows(given))
}

fn take_one(view: &mut View<'_>, p: &[Value]) -> Outcome {
    use message_subscription::{TABLE, taken};
    let open = view.get(TABLE, p).filter(|row| row[taken] == Value::Bool(false));
    let Some(row) = open else { return Ok(Answer::default()) };
    view.set(TABLE, &row, &[(taken, Value::Bool(true))])?;
    Ok(Answer::changed(1))
}

fn listen(view: &mut View<'_>, p: &[Value]) -> Outcome {
    upsert(view, signal_subscription::TABLE, unnest(p), |there, new| {
        let mut row = there.to_vec();
        row[signal_subscription::signal_name] = new[signal_subscription::signal_name].clone();
        row
    })
}

fn listeners(view: &mut View<'_>, p: &[Value]) -> Outcome {
    let mut rows = view.scan(signal_subscription::TABLE, &[]);
    rows.retain(|row| row[signal_subscription::tenant] == p[0] && row[signal_subscription::signal_name] == p[1]);
    rows.dedup_by(|next, first| next[signal_subscription::instance] == first[signal_subscription::instance]);
    Ok(Answer::rows(rows.iter().map(|row| columns(row, &[signal_subscription::instance])).collect()))
}
