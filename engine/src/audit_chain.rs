//! The audit log as a chain of hashes, one for each tenant: who changes, removes or slips in a row later is found out.
//!
//! Rows are written by transactions that know nothing of each other; so they are sealed afterwards, about a second later, by
//! whichever replica comes first: each row gets the next number, and a hash over the hash before it and itself
//! ([`hash`]). The head of a chain, written down elsewhere, holds everything before it.

use crate::world::World;
use sha2::{Digest, Sha256};
use std::time::Duration;
use store::{
    Session, Store,
    audit_seal::{self, Head, Seal, Seals},
};
pub use store::{audit::Stored, audit_seal::Sealed};

const PAUSE: Duration = Duration::from_secs(1);
const AT_ONCE: i64 = 500;

/// SHA-256 over the hash before (in hexadecimal digits) and the row's tenant, number, time (microseconds since 1970), id, by,
/// operation, instance, subject, arguments, outcome and message, each with its length in bytes and a colon before it.
pub fn hash(previous: &[u8], tenant: &str, number: i64, row: &Stored) -> Vec<u8> {
    let fields = [
        &hex(previous),
        tenant,
        &number.to_string(),
        &row.at.as_microsecond().to_string(),
        &row.id.to_string(),
        &row.by,
        &row.operation,
        &row.instance.map(|instance| instance.to_string()).unwrap_or_default(),
        &row.subject,
        &row.arguments,
        &row.outcome,
        &row.message,
    ];
    let mut digest = Sha256::new();
    for field in fields {
        digest.update(format!("{}:{field}", field.len()));
    }
    digest.finalize().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seals for ever.
pub async fn run(world: World) {
    loop {
        if let Err(error) = seal_all(&world.store).await {
            tracing::debug!(%error, "the audit log cannot be sealed; it is tried again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn seal_all(store: &Store) -> store::Result<()> {
    let mut session = store.session().await?;
    for tenant in audit_seal::tenants(&session).await? {
        while seal(&mut session, &tenant).await? == AT_ONCE as usize {}
    }
    Ok(())
}

/// The oldest rows that wait; how many.
async fn seal(session: &mut Session, tenant: &str) -> store::Result<usize> {
    session.begin().await?;
    let Head { mut number, hash: mut previous } = audit_seal::lock_head(session, tenant).await?;
    let rows = audit_seal::next(session, tenant, AT_ONCE).await?;
    let mut seals = Seals::default();
    for row in &rows {
        number += 1;
        let hash = hash(&previous, tenant, number, row);
        let seal = Seal { tenant: tenant.to_owned(), number, at: row.at, id: row.id, previous, hash: hash.clone() };
        seals.push(seal);
        previous = hash;
    }
    seals.add(session, tenant).await?;
    session.commit().await?;
    Ok(rows.len())
}

/// What was found of a tenant's chain.
#[derive(Debug, Default)]
pub struct Verified {
    pub tenant: String,
    pub rows: u64,
    /// Number and hash of the last.
    pub head: (i64, String),
    /// Rows that are too new to be sealed.
    pub waiting: u64,
    /// A line for each thing that is not as it was written.
    pub wrong: Vec<String>,
}

/// Checks the chains of one tenant or of all. `known`: a number and hash that somebody has written down.
pub async fn verify(
    database_url: &str,
    tenant: Option<&str>,
    known: Option<(i64, &str)>,
) -> anyhow::Result<Vec<Verified>> {
    let session = Store::new(database_url, 1)?.session().await?;
    let mut tenants = match tenant {
        Some(tenant) => vec![tenant.to_owned()],
        None => [audit_seal::all_tenants(&session).await?, audit_seal::tenants(&session).await?].concat(),
    };
    tenants.sort();
    tenants.dedup();
    let mut all = Vec::new();
    for tenant in tenants {
        // One snapshot: rows are sealed while this reads, and would be in neither of its two lists.
        session.simple("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        all.push(verify_one(&session, tenant, known).await?);
        session.simple("COMMIT").await?;
    }
    Ok(all)
}

async fn verify_one(session: &Session, tenant: String, known: Option<(i64, &str)>) -> store::Result<Verified> {
    let head = audit_seal::head(session, &tenant).await?;
    let mut chain = Chain { found: Verified { tenant, ..Verified::default() }, last: Head::default(), known };
    loop {
        let sealed = audit_seal::list(session, &chain.found.tenant, chain.last.number, AT_ONCE).await?;
        sealed.iter().for_each(|sealed| chain.add(sealed));
        if sealed.len() < AT_ONCE as usize {
            break;
        }
    }
    let Chain { mut found, last, known } = chain;
    if last.number < head.number || (last.number == head.number && last.hash != head.hash) {
        found.wrong.push(format!(
            "the chain ends with {}, its head is {} {}",
            last.number,
            head.number,
            hex(&head.hash)
        ));
    }
    if let Some((number, _)) = known.filter(|(number, _)| *number > last.number) {
        found.wrong.push(format!("{number} is known, and the chain ends with {}", last.number));
    }
    for row in audit_seal::without(session, &found.tenant, 10_000).await? {
        match row.waits {
            true => found.waiting += 1,
            false => found.wrong.push(format!("{} of {} was slipped in: it has no seal", row.id, row.at)),
        }
    }
    found.head = (last.number, hex(&last.hash));
    Ok(found)
}

struct Chain<'a> {
    found: Verified,
    last: Head,
    known: Option<(i64, &'a str)>,
}

impl Chain<'_> {
    fn add(&mut self, sealed: &Sealed) {
        let Sealed { number, previous, .. } = sealed;
        // the oldest may have been dropped: what is there begins with the hash before it
        let is_first = self.found.rows == 0;
        self.found.rows += 1;
        if !is_first && *number != self.last.number + 1 {
            self.found.wrong.push(format!("number {} is missing", self.last.number + 1));
        } else if !is_first && *previous != self.last.hash {
            self.found.wrong.push(format!("number {number} does not follow the one before it"));
        }
        match &sealed.row {
            None => self.found.wrong.push(format!("number {number}: the row {} of {} is gone", sealed.id, sealed.at)),
            Some(row) if hash(previous, &self.found.tenant, *number, row) != sealed.hash => {
                self.found.wrong.push(format!("number {number}: the row {} of {} was changed", sealed.id, sealed.at));
            }
            Some(_) => {}
        }
        if self.known.is_some_and(|(known, hash)| known == *number && hash != hex(&sealed.hash)) {
            self.found.wrong.push(format!("number {number} is another one than is known"));
        }
        self.last = Head { number: *number, hash: sealed.hash.clone() };
    }
}

/// Hands every sealed row of a tenant to `write`, in the order of their numbers.
pub async fn export(
    database_url: &str,
    tenant: &str,
    mut write: impl FnMut(&Sealed) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let session = Store::new(database_url, 1)?.session().await?;
    let mut last = 0;
    loop {
        let sealed = audit_seal::list(&session, tenant, last, AT_ONCE).await?;
        sealed.iter().try_for_each(&mut write)?;
        match sealed.last() {
            Some(newest) => last = newest.number,
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_over_the_one_before_and_every_field() {
        let row = Stored {
            at: store::EARLIEST,
            id: uuid::Uuid::nil(),
            by: "me".to_owned(),
            operation: "cancel".to_owned(),
            instance: None,
            subject: String::new(),
            arguments: "{}".to_owned(),
            outcome: "done".to_owned(),
            message: String::new(),
        };
        let said = "0:1:a1:11:036:00000000-0000-0000-0000-0000000000002:me6:cancel0:0:2:{}4:done0:";
        assert_eq!(hash(&[], "a", 1, &row), Sha256::digest(said).to_vec());
        let moved = Stored { by: "mec".to_owned(), operation: "ancel".to_owned(), ..row.clone() };
        assert_ne!(hash(&[], "a", 1, &moved), hash(&[], "a", 1, &row), "fields do not run into each other");
        assert_ne!(hash(&[1], "a", 1, &row), hash(&[], "a", 1, &row));
    }
}
