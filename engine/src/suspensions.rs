//! Which processes and types of jobs are suspended, as this replica knows it: at most about a second late.
//!
//! Of a suspended process nothing new starts: who asks is refused; what messages, timers and other instances have ordered stays in the
//! outbox until it is resumed. Jobs of a suspended type stay in Postgres, and the reconciler publishes them when it is
//! resumed; it asks the table itself.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};
use store::suspension::{self, JOB_TYPE, PROCESS};

type Known = HashSet<(String, &'static str, String, i32)>;

#[derive(Clone, Default)]
pub struct Suspensions {
    known: Arc<RwLock<Known>>,
}

impl Suspensions {
    pub async fn refresh(&self, session: &store::Session) -> Result<(), store::Error> {
        let rows = suspension::list(session).await?;
        let of = |kind: &str| if kind == JOB_TYPE { JOB_TYPE } else { PROCESS };
        let known = rows.into_iter().map(|row| (row.tenant, of(&row.kind), row.name, row.version)).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    pub fn has_process(&self, tenant: &str, process_id: &str, version: u32) -> bool {
        let version = i32::try_from(version).unwrap_or(i32::MAX);
        self.has(tenant, PROCESS, process_id, 0) || self.has(tenant, PROCESS, process_id, version)
    }

    pub fn has_job_type(&self, tenant: &str, job_type: &str) -> bool {
        self.has(tenant, JOB_TYPE, job_type, 0)
    }

    fn has(&self, tenant: &str, kind: &'static str, name: &str, version: i32) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        // most have none, and are not to pay for it
        !known.is_empty() && known.contains(&(tenant.to_owned(), kind, name.to_owned(), version))
    }
}
