//! Deployed decisions: compiled once, shared by all, and made for the business rule tasks that ask for them.
//!
//! A task asks by an order of the outbox. Evaluating changes nothing, so it may happen twice, after a crash or on two
//! replicas; the answer claims the order, and counts once.

use crate::{
    core,
    definitions::DefinitionError,
    request::{Addressed, Claim, Order, Request},
    world::World,
};
use interpreter::{
    CommandKind, DefinitionKey, Timestamp, Variables,
    command::Decided,
    decide::{self, Refused},
};
use model::Binding;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use store::Store;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// One version of one decision.
pub struct Decision {
    pub row: store::decision::Decision,
    /// All decisions of its file.
    pub compiled: Arc<decision::Compiled>,
}

/// The cache. Versions never change, so nothing in it is ever wrong.
#[derive(Clone)]
pub struct Decisions {
    store: Store,
    by_key: Arc<RwLock<HashMap<Uuid, Arc<Decision>>>>,
    /// Orders that are being carried out here: the sweep may bring them again meanwhile.
    under_way: Arc<Mutex<HashSet<Uuid>>>,
    /// Evaluating is work for a processor; more at a time than there are would only take turns.
    room: Arc<Semaphore>,
}

impl Decisions {
    pub fn new(store: Store) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let room = Arc::new(Semaphore::new(processors));
        Decisions { store, by_key: Arc::default(), under_way: Arc::default(), room }
    }

    async fn get(&self, key: Uuid) -> Result<Arc<Decision>, DefinitionError> {
        let cached = self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(decision) = cached {
            return Ok(decision);
        }
        let session = self.store.session().await?;
        let row = store::decision::get(&session, key).await?.ok_or(DefinitionError::Unknown(key))?;
        drop(session);
        Ok(self.remember(Decision::from_row(row)?))
    }

    /// By its id: the latest version (0), or that one.
    pub async fn find(
        &self,
        tenant: &str,
        decision_id: &str,
        version: u32,
    ) -> Result<Option<Arc<Decision>>, DefinitionError> {
        let session = self.store.session().await?;
        let key = match i32::try_from(version) {
            Ok(0) => store::decision::latest_key(&session, tenant, decision_id).await?,
            Ok(version) => store::decision::version_key(&session, tenant, decision_id, version).await?,
            Err(_) => None,
        };
        drop(session); // whoever holds one and waits for another could wait for himself
        self.get_if(key).await
    }

    /// The version that a task of the process version `asker` means.
    async fn asked(
        &self,
        tenant: &str,
        asker: DefinitionKey,
        decision_id: &str,
        binding: Binding,
    ) -> Result<Option<Arc<Decision>>, DefinitionError> {
        match binding {
            Binding::Latest => self.find(tenant, decision_id, 0).await,
            Binding::Version(0) => Ok(None),
            Binding::Version(version) => self.find(tenant, decision_id, version).await,
            Binding::Deployment => {
                let session = self.store.session().await?;
                let key = store::decision::member_key(&session, tenant, asker.0, decision_id).await?;
                drop(session);
                self.get_if(key).await
            }
        }
    }

    async fn get_if(&self, key: Option<Uuid>) -> Result<Option<Arc<Decision>>, DefinitionError> {
        match key {
            Some(key) => self.get(key).await.map(Some),
            None => Ok(None),
        }
    }

    pub fn remember(&self, decision: Decision) -> Arc<Decision> {
        let decision = Arc::new(decision);
        let mut by_key = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        by_key.insert(decision.row.key, decision.clone());
        decision
    }

    pub async fn evaluate(
        &self,
        decision: &Arc<Decision>,
        variables: Variables,
        now: Timestamp,
    ) -> Result<Decided, Refused> {
        let _permit = self.room.acquire().await;
        let decision = decision.clone();
        let evaluate = move || {
            let (id, version) = (&decision.row.decision_id, decision.row.version as u32);
            decide::decide(&decision.compiled, id, version, &variables, now)
        };
        // it may take a while, and must not hold up others
        tokio::task::spawn_blocking(evaluate).await.unwrap_or_else(|error| Err(Refused::failed(error.to_string())))
    }

    fn begin(&self, order: Uuid) -> Option<UnderWay<'_>> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.insert(order).then_some(UnderWay { decisions: self, order })
    }
}

struct UnderWay<'d> {
    decisions: &'d Decisions,
    order: Uuid,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.decisions.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.order);
    }
}

impl Decision {
    fn from_row(row: store::decision::Decision) -> Result<Decision, DefinitionError> {
        let compiled = core::read_decisions(&row.file_name, &row.source).and_then(|read| match read {
            Some((decisions, _)) => decision::compile(&decisions),
            None => Err(Vec::new()),
        });
        match compiled {
            Ok(compiled) => Ok(Decision { row, compiled: Arc::new(compiled) }),
            Err(problems) => {
                let why = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                Err(DefinitionError::Unreadable(row.key, row.decision_id, why))
            }
        }
    }
}

/// Carries out the order of a business rule task, and sends the answer to its lane.
pub async fn answer(world: &World, addressed: Addressed) -> Result<(), DefinitionError> {
    let Addressed { id, tenant, instance, order } = addressed;
    let Order::EvaluateDecision { asker, key, decision_id, binding, variables, now } = order else { return Ok(()) };
    let Some(_under_way) = world.decisions.begin(id) else { return Ok(()) };
    let made = match world.decisions.asked(&tenant, asker, &decision_id, binding).await? {
        Some(decision) => world.decisions.evaluate(&decision, variables, now).await,
        None => Err(Refused::unknown(&wanted(&decision_id, binding))),
    };
    let kind = match made {
        Ok(decided) => CommandKind::CompleteDecision { key, decided },
        Err(Refused { code, message }) => CommandKind::RefuseDecision { key, code: code.to_owned(), message },
    };
    let _ = world.lanes.send(Request::internal(instance, kind, Claim::Command(id))); // no room: it is in the outbox
    Ok(())
}

fn wanted(decision_id: &str, binding: Binding) -> String {
    match binding {
        Binding::Latest => format!("`{decision_id}`"),
        Binding::Version(version) => format!("`{decision_id}` of version {version}"),
        Binding::Deployment => format!("`{decision_id}` in the deployment of its process"),
    }
}
