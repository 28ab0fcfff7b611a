//! What every part of the engine shares.

use crate::{
    Config,
    admission::Admission,
    advance::Failure,
    batch::Batch,
    bus::Bus,
    clock::Clock,
    convert::{self, state::StateError},
    decisions::Decisions,
    definitions::Definitions,
    epoch::Epoch,
    lanes::Lanes,
    messages::Publisher,
    metrics::Metrics,
    slot::{Slot, Stored},
    suspensions::Suspensions,
};
use std::{collections::HashMap, sync::Arc};
use store::{Session, Store, instance, instance_page, variable};
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
    pub decisions: Decisions,
    pub clock: Clock,
    pub bus: Bus,
    pub lanes: Lanes,
    pub publisher: Publisher,
    pub metrics: Arc<Metrics>,
    pub health: Health,
    pub admission: Admission,
    pub suspensions: Suspensions,
    pub epoch: Epoch,
}

impl World {
    /// Makes instances of rows. One that cannot be read is noted, and does not stop the others.
    pub async fn revive(
        &self,
        session: &Session,
        batch: &mut Batch<'_>,
        rows: Vec<instance::Loaded>,
        variables: Vec<variable::Variable>,
    ) -> Result<(), Failure> {
        let mut by_instance: HashMap<Uuid, Parts> = HashMap::new();
        let mut large = Vec::new();
        for row in &rows {
            match convert::state::control(row) {
                Ok(control) => {
                    if control.is_paged {
                        large.push(row.id);
                    }
                    by_instance.insert(row.id, Parts { control, ..Parts::default() });
                }
                Err(error) => drop(batch.unreadable.insert(row.id, error.to_string())),
            }
        }
        for variable in variables {
            by_instance.entry(variable.instance).or_default().variables.push(variable);
        }
        for (id, page) in instance_page::load(session, &large).await? {
            by_instance.entry(id).or_default().pages.push(page);
        }
        for row in rows {
            let id = row.id;
            let Some(parts) = by_instance.remove(&id).filter(|_| !batch.unreadable.contains_key(&id)) else { continue };
            match self.revive_one(row, parts).await {
                Ok(slot) => drop(batch.slots.insert(id, Box::new(slot))),
                Err(Revival::Store(error)) => return Err(Failure::Store(error)),
                Err(Revival::Unreadable(why)) => drop(batch.unreadable.insert(id, why)),
            }
        }
        Ok(())
    }

    async fn revive_one(&self, row: instance::Loaded, parts: Parts) -> Result<Slot, Revival> {
        let definition = self.definitions.get(row.definition).await?;
        let Parts { mut control, pages, variables } = parts;
        let stored = Stored { is_paged: control.is_paged, has_variable_rows: !control.has_variables };
        for page in pages {
            convert::pages::add(row.id, &mut control, &page).map_err(unreadable)?;
        }
        let state = convert::state::decode(&row, control, variables).map_err(unreadable)?;
        Ok(Slot::of(state, stored, definition, row.tenant, row.traceparent))
    }

    /// An instance as it is now, for whoever only looks; none: this tenant has no such instance.
    pub async fn look(&self, tenant: &str, id: Uuid) -> Result<Option<(Slot, instance::Summary)>, Revival> {
        let session = self.store.session().await?;
        let Some((summary, pages)) = instance::get(&session, tenant, id).await? else { return Ok(None) };
        let variables = variable::load(&session, &[id]).await?;
        drop(session);
        let control = convert::state::control(&summary.row).map_err(unreadable)?;
        let parts = Parts { control, pages, variables };
        Ok(Some((self.revive_one(summary.row.clone(), parts).await?, summary)))
    }
}

/// What an instance is put together from, beside its row.
#[derive(Default)]
struct Parts {
    control: proto::InstanceState,
    pages: Vec<Vec<u8>>,
    variables: Vec<variable::Variable>,
}

fn unreadable(error: StateError) -> Revival {
    Revival::Unreadable(error.to_string())
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
