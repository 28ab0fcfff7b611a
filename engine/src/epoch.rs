//! Which life of the database a job belongs to. After a restore of an older backup NATS and workers know more than the database:
//! what they have is of instances as they never were, and a key may be given to something else by now. So jobs carry the epoch
//! of the database, results of another one are not applied, and the stream of jobs is emptied and filled again.

use std::sync::{Arc, PoisonError, RwLock};
use store::Session;
use uuid::Uuid;

/// As this replica knows it. Nil: nobody has said yet, or the database does not tell.
#[derive(Clone, Default)]
pub struct Epoch {
    known: Arc<RwLock<Uuid>>,
}

impl Epoch {
    /// Asks the database: on every new connection, since there is no restore without one, and once a second.
    pub async fn refresh(&self, session: &Session) -> store::Result<Uuid> {
        let epoch = match store::epoch::get(session).await {
            Ok(epoch) => epoch,
            Err(error) if error.is_connection_lost() || error.is_transient() => return Err(error),
            // a store that has none: nothing is checked
            Err(error) => {
                tracing::debug!(%error, "the database does not say which life of it this is");
                self.get()
            }
        };
        let former = std::mem::replace(&mut *self.known.write().unwrap_or_else(PoisonError::into_inner), epoch);
        if former != epoch && !former.is_nil() {
            tracing::warn!(%epoch, "the database was restored: jobs from before are not taken any more, and published again");
        }
        Ok(epoch)
    }

    pub fn get(&self) -> Uuid {
        *self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new epoch begins; engines notice it within a second.
pub async fn renew(database_url: &str) -> anyhow::Result<Uuid> {
    let session = store::Store::new(database_url, 1)?.session().await?;
    Ok(store::epoch::renew(&session).await?)
}
