//! What every part of the engine shares.

use crate::{
    Config, advance::Failure, batch::Batch, bus::Bus, clock::Clock, convert, definitions::Definitions, lanes::Lanes,
    messages::Publisher, metrics::Metrics, slot::Slot,
};
use std::{collections::HashMap, sync::Arc};
use store::{Store, instance, variable};
use telemetry::Health;
use uuid::Uuid;

/// Cloned freely; everything in it is shared.
#[derive(Clone)]
pub struct World {
    pub config: Arc<Config>,
    /// For queries and housekeeping.
    pub store: Store,
    /// For lanes, which are not to wait behind queries.
    pub lane_store: Store,
    pub definitions: Definitions,
    pub clock: Clock,
    pub bus: Bus,
    pub lanes: Lanes,
    pub publisher: Publisher,
    pub metrics: Arc<Metrics>,
    pub health: Health,
}

impl World {
    /// Makes instances of rows. One that cannot be read is noted, and does not stop the others.
    pub async fn revive(
        &self,
        batch: &mut Batch<'_>,
        rows: Vec<instance::Loaded>,
        variables: Vec<variable::Variable>,
    ) -> Result<(), Failure> {
        let mut by_instance: HashMap<Uuid, Vec<variable::Variable>> = HashMap::new();
        for variable in variables {
            by_instance.entry(variable.instance).or_default().push(variable);
        }
        for row in rows {
            let id = row.id;
            let variables = by_instance.remove(&id).unwrap_or_default();
            match self.revive_one(row, variables).await {
                Ok(slot) => drop(batch.slots.insert(id, slot)),
                Err(Revival::Store(error)) => return Err(Failure::Store(error)),
                Err(Revival::Unreadable(why)) => drop(batch.unreadable.insert(id, why)),
            }
        }
        Ok(())
    }

    async fn revive_one(&self, row: instance::Loaded, variables: Vec<variable::Variable>) -> Result<Slot, Revival> {
        let definition = self.definitions.get(row.definition).await?;
        let state = convert::state::decode(&row, variables).map_err(|error| Revival::Unreadable(error.to_string()))?;
        Ok(Slot::of(state, definition, row.tenant, row.traceparent))
    }

    /// An instance as it is now, for whoever only looks; none: this tenant has no such instance.
    pub async fn look(&self, tenant: &str, id: Uuid) -> Result<Option<(Slot, instance::Summary)>, Revival> {
        let session = self.store.session().await?;
        let Some(summary) = instance::get(&session, tenant, id).await? else { return Ok(None) };
        let variables = variable::load(&session, &[id]).await?;
        drop(session);
        Ok(Some((self.revive_one(summary.row.clone(), variables).await?, summary)))
    }
}

/// Why a row did not become an instance.
#[derive(Debug, thiserror::Error)]
pub enum Revival {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0}")]
    Unreadable(String),
}

impl From<crate::definitions::DefinitionError> for Revival {
    fn from(error: crate::definitions::DefinitionError) -> Self {
        match error {
            crate::definitions::DefinitionError::Store(error) => Revival::Store(error),
            other => Revival::Unreadable(other.to_string()),
        }
    }
}
