//! Deployed processes, compiled once and shared by everything that runs them.

use crate::{core, describe, latest::Latest};
use interpreter::{DefinitionKey, ElementIndex, MessageFlows, Process};
use model::ProcessDefinition;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use store::Store;
use uuid::Uuid;

/// One version of one process.
pub struct Definition {
    pub key: DefinitionKey,
    pub tenant: String,
    pub process_id: String,
    pub version: u32,
    pub name: String,
    pub is_executable: bool,
    pub deployed_at: store::Time,
    pub source: String,
    pub model: ProcessDefinition,
    pub process: Process,
    elements: Vec<ElementName>,
    flows: Vec<FlowName>,
}

/// What people see of an element, by its index.
#[derive(Debug, Default, Clone)]
pub struct ElementName {
    pub id: String,
    pub name: String,
    /// As in the process format: `userTask`.
    pub element_type: String,
}

#[derive(Debug, Default, Clone)]
pub struct FlowName {
    pub id: String,
    pub from: String,
    pub to: String,
    pub condition: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    #[error("there is no definition {0}")]
    Unknown(Uuid),
    /// It was accepted once: this program reads less than the one that accepted it.
    #[error("definition {0} ({1}) cannot be read any more: {2}")]
    Unreadable(Uuid, String, String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The cache. Definitions never change, so nothing in it is ever wrong.
#[derive(Clone)]
pub struct Definitions {
    store: Store,
    latest: Latest,
    by_key: Arc<RwLock<HashMap<Uuid, Arc<Definition>>>>,
}

impl Definitions {
    pub fn new(store: Store, latest: Latest) -> Self {
        Definitions { store, latest, by_key: Arc::default() }
    }

    pub fn cached(&self, key: Uuid) -> Option<Arc<Definition>> {
        self.by_key.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub async fn get(&self, key: Uuid) -> Result<Arc<Definition>, DefinitionError> {
        if let Some(definition) = self.cached(key) {
            return Ok(definition);
        }
        let session = self.store.session().await?;
        let row = store::definition::get(&session, key).await?.ok_or(DefinitionError::Unknown(key))?;
        Ok(self.remember(Definition::from_row(row)?))
    }

    /// Of a process by its id: the latest version, or that one.
    pub async fn find(
        &self,
        tenant: &str,
        process_id: &str,
        version: u32,
    ) -> Result<Option<Arc<Definition>>, DefinitionError> {
        let key = match i32::try_from(version) {
            Ok(0) => self.latest_key(tenant, process_id).await?,
            Ok(version) => {
                let session = self.store.session().await?;
                store::definition::version_key(&session, tenant, process_id, version).await?
            }
            Err(_) => None,
        };
        match key {
            Some(key) => self.get(key).await.map(Some),
            None => Ok(None),
        }
    }

    pub async fn latest_key(&self, tenant: &str, process_id: &str) -> store::Result<Option<Uuid>> {
        self.latest.key(tenant, process_id).await
    }

    pub fn remember(&self, definition: Definition) -> Arc<Definition> {
        let definition = Arc::new(definition);
        let mut by_key = self.by_key.write().unwrap_or_else(PoisonError::into_inner);
        by_key.insert(definition.key.0, definition.clone());
        definition
    }
}

impl Definition {
    fn from_row(row: store::definition::Definition) -> Result<Definition, DefinitionError> {
        let unreadable = |why: String| DefinitionError::Unreadable(row.key, row.process_id.clone(), why);
        let said =
            |problems: Vec<model::Diagnostic>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let (file, _) = core::read(&row.file_name, &row.source).map_err(|problems| unreadable(said(problems)))?;
        let flows = MessageFlows::of(&file);
        let model = file.processes.into_iter().find(|process| process.id == row.process_id);
        let model = model.ok_or_else(|| unreadable("the file does not hold it".to_owned()))?;
        let process = core::compile(&row.file_name, &model, &flows).map_err(|problems| unreadable(said(problems)))?;
        Ok(Definition::new(&row, model, process))
    }

    pub fn new(row: &store::definition::Definition, model: ProcessDefinition, process: Process) -> Definition {
        Definition {
            key: DefinitionKey(row.key),
            tenant: row.tenant.clone(),
            process_id: row.process_id.clone(),
            version: row.version as u32,
            name: row.name.clone(),
            is_executable: row.is_executable,
            deployed_at: row.deployed_at,
            source: row.source.clone(),
            elements: describe::element_names(&model, &process),
            flows: describe::flow_names(&model, &process),
            model,
            process,
        }
    }

    pub fn element(&self, index: u32) -> Option<&ElementName> {
        self.elements.get(index as usize)
    }

    pub fn element_at(&self, index: ElementIndex) -> ElementName {
        self.element(index.0).cloned().unwrap_or_default()
    }

    pub fn flow(&self, index: u32) -> Option<&FlowName> {
        self.flows.get(index as usize)
    }

    /// Signal name and element id of each signal start event of the process itself.
    pub fn signal_starts(&self) -> Vec<(String, String)> {
        let starts = self.process.starts.signals.iter();
        starts.map(|(element, name)| (name.clone(), self.element_at(*element).id)).collect()
    }

    /// The start events of the process itself that wait for several things together.
    pub fn together_starts(&self) -> Vec<String> {
        self.process.starts.together.iter().map(|start| self.element_at(start.element).id).collect()
    }

    /// Message name and element id of each message start event of the process itself.
    pub fn message_starts(&self) -> Vec<(String, String)> {
        let starts = self.process.starts.messages.iter();
        starts.map(|(element, name)| (name.clone(), self.element_at(*element).id)).collect()
    }
}
