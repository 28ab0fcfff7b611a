//! The transaction: many instances, one step each or several, one commit.
//!
//! Begin and ask → step → write → commit. Instances that the lane remembers are not read again: their rows are
//! updated only where the version is still the one remembered, and what does not come back is read again and stepped again.
//! Where nothing happened, a refusal for instance, the version is confirmed: a refusal from old memory is none.
//! Nothing is told to anyone before the commit; what is to be told is in the [`Committed`] that comes back.

use crate::{batch::Batch, cache::Cache, request::Request, world::World};
use crate::{
    persist,
    request::Answer,
    seeded::{Bug, is_sown},
    slot::Slot,
    writes::Writes,
};
use futures::try_join;
use std::collections::BTreeMap;
use store::{Session, command, instance, variable};
use uuid::Uuid;

/// What is so, and is now to be acted on.
pub struct Committed {
    pub answers: Vec<Answer>,
    pub slots: BTreeMap<Uuid, Box<Slot>>,
    pub writes: Writes,
    /// Removed jobs with their types, to tell workers.
    pub removed_jobs: Vec<store::job::Removed>,
}

/// Why nothing was committed, or why we do not know.
pub enum Failure {
    /// Another replica has moved these on.
    Stale(Vec<Uuid>),
    Store(store::Error),
    /// What was claimed is for an instance that cannot be read, and stays for who can.
    Unreadable(String),
    /// A bug of ours, in one of the steps.
    Panicked,
    /// The connection broke during the commit: it has happened if history has this row.
    Unknown {
        error: store::Error,
        committed: Box<Committed>,
        proof: Option<(Uuid, i64, Vec<u8>)>,
    },
}

pub async fn advance(
    session: &mut Session,
    cache: &mut Cache,
    world: &World,
    requests: &[Request],
) -> Result<Committed, Failure> {
    let (mut batch, questions) = Batch::gather(requests, |id| cache.take(id));
    session.mark_begun();
    let must_ask = !questions.is_empty();
    if must_ask {
        let ids = questions.instances.as_slice();
        let (_, commands, timers, batch_items, rows, variables, answered) = try_join!(
            session.send_begin(),
            command::delete(session, &questions.commands, &questions.firsts),
            questions.timers.fire(session),
            questions.batch_items.take(session),
            instance::load(session, ids),
            variable::load(session, ids),
            questions.command_ids.find(session),
        )?;
        batch.keep_claimed(&commands, &timers, &batch_items);
        batch.take_answered(answered);
        world.revive(session, &mut batch, rows, variables).await?;
        if let Some(why) = batch.would_lose_a_claim() {
            return Err(Failure::Unreadable(why));
        }
    }
    let now = world.clock.now();
    batch.step(now, world.epoch.get());
    let rows = batch.rows(now);
    let removed_jobs = persist::write(session, !must_ask, &mut batch.writes, &rows).await?;
    let proof = rows.history.first().map(|(id, seq, events)| (id, seq, events.to_vec()));
    let Batch { answers, slots, writes, .. } = batch;
    let committed = Committed { answers, slots, writes, removed_jobs };
    match session.commit().await {
        Ok(()) => Ok(committed),
        Err(_) if is_sown(Bug::CommitErrorIsSuccess) => Ok(committed),
        Err(error) => Err(Failure::Unknown { error, committed: Box::new(committed), proof }),
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Store(error)
    }
}
