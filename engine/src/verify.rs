//! Whether what the database has of each instance is the fold of its history: nothing of it was lost, applied twice, or
//! written by someone else. For operators after a restore or an upgrade, and for tests.

use crate::convert::{self, state::StateError};
use interpreter::{DefinitionKey, Instance, InstanceId};
use prost::Message;
use store::{Session, Store, history, instance, variable};
use uuid::Uuid;

const AT_ONCE: i64 = 500;

/// What was found.
#[derive(Debug, Default)]
pub struct Verified {
    pub instances: u64,
    /// Of these, the beginning of the history was dropped: there is nothing to fold.
    pub without_history: u64,
    /// One line for each instance that is not the fold of its history, or cannot be read.
    pub wrong: Vec<String>,
}

/// Reads every instance of every tenant, each as it is at one moment: engines may run meanwhile.
pub async fn verify(database_url: &str) -> anyhow::Result<Verified> {
    verify_all(&Store::new(database_url, 1)?).await
}

pub(crate) async fn verify_all(store: &Store) -> anyhow::Result<Verified> {
    let mut session = store.session().await?;
    let (mut verified, mut last) = (Verified::default(), Uuid::nil());
    loop {
        let found = instance::after(&session, last, AT_ONCE).await?;
        let Some((newest, _)) = found.last() else { return Ok(verified) };
        last = *newest;
        for (id, tenant) in found {
            verified.instances += 1;
            match check(&mut session, &tenant, id).await? {
                Check::Same => {}
                Check::NoHistory => verified.without_history += 1,
                Check::Wrong(why) => verified.wrong.push(format!("{id} of {tenant}: {why}")),
            }
        }
    }
}

enum Check {
    Same,
    NoHistory,
    Wrong(String),
}

async fn check(session: &mut Session, tenant: &str, id: Uuid) -> store::Result<Check> {
    session.mark_begun();
    session.simple("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let found = instance::get(session, tenant, id).await?;
    let variables = variable::load(session, &[id]).await?;
    let mut batches: Vec<history::Stored> = Vec::new();
    loop {
        let from = batches.last().map_or(1, |batch| batch.last_seq + 1);
        let more = history::list(session, id, from, AT_ONCE).await?;
        let is_all = more.len() < AT_ONCE as usize;
        batches.extend(more.into_iter().filter(|batch| batch.first_seq >= from));
        if is_all {
            break;
        }
    }
    session.commit().await?;
    let Some((summary, pages)) = found else { return Ok(Check::Same) };
    if batches.first().is_none_or(|first| first.first_seq > 1) {
        return Ok(Check::NoHistory);
    }
    let stored = match stored(&summary.row, &pages, variables) {
        Ok(stored) => stored,
        Err(error) => return Ok(Check::Wrong(error.to_string())),
    };
    Ok(match fold(id, &batches) {
        Ok(folded) if folded == stored => Check::Same,
        Ok(folded) => Check::Wrong(difference(&folded, &stored)),
        Err(why) => Check::Wrong(why),
    })
}

fn stored(
    row: &instance::Loaded,
    pages: &[Vec<u8>],
    variables: Vec<variable::Variable>,
) -> Result<Instance, StateError> {
    let mut control = convert::state::control(row)?;
    for page in pages {
        convert::pages::add(row.id, &mut control, page)?;
    }
    convert::state::decode(row, control, variables)
}

fn fold(id: Uuid, batches: &[history::Stored]) -> Result<Instance, String> {
    let mut instance = Instance::new(InstanceId(id), DefinitionKey(Uuid::nil()));
    for batch in batches {
        if batch.first_seq as u64 != instance.version + 1 {
            return Err(format!("event {} is missing", instance.version + 1));
        }
        let unreadable = |why: String| format!("its history from {} on is not readable: {why}", batch.first_seq);
        let events =
            proto::EventBatch::decode(batch.events.as_slice()).map_err(|error| unreadable(error.to_string()))?;
        for event in &events.events {
            let event = convert::replay::event(instance.id, event).map_err(|error| unreadable(error.to_string()))?;
            instance.apply(&event);
        }
    }
    Ok(instance)
}

/// The first thing that is not the same, as far as one line goes.
fn difference(folded: &Instance, stored: &Instance) -> String {
    let of = |instance: &Instance| serde_json::to_value(instance).unwrap_or_default();
    let (folded, stored) = (of(folded), of(stored));
    let names = stored.as_object().into_iter().flat_map(|fields| fields.keys());
    let different = names.filter(|name| folded.get(name.as_str()) != stored.get(name.as_str()));
    let short = |value: Option<&serde_json::Value>| -> String {
        value.map(ToString::to_string).unwrap_or_default().chars().take(300).collect()
    };
    let told: Vec<String> = different
        .map(|name| format!("`{name}` is {}, its history says {}", short(stored.get(name)), short(folded.get(name))))
        .collect();
    told.join("; ")
}
