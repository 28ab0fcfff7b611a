//! What handlers share, by its type: given to the builder once, taken by whoever names the type.

use crate::JobFailure;
use std::{
    any::{Any, TypeId, type_name},
    collections::HashMap,
    fmt,
    sync::Arc,
};

/// One value of each type. Cloning is cheap.
#[derive(Clone, Default)]
pub(crate) struct States(Arc<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

/// A type that a handler takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub name: &'static str,
    id: TypeId,
}

impl Wanted {
    pub fn of<S: 'static>() -> Wanted {
        Wanted { name: type_name::<S>(), id: TypeId::of::<S>() }
    }
}

impl States {
    pub fn insert<S: Send + Sync + 'static>(&mut self, state: S) {
        Arc::make_mut(&mut self.0).insert(TypeId::of::<S>(), Arc::new(state));
    }

    pub fn has(&self, wanted: Wanted) -> bool {
        self.0.contains_key(&wanted.id)
    }

    pub fn get<S: Send + Sync + 'static>(&self) -> Result<Arc<S>, JobFailure> {
        let found = self.0.get(&TypeId::of::<S>()).cloned();
        let missing = || JobFailure::bug(format!("the worker was given no `{}`: call `state`", type_name::<S>()));
        found.and_then(|state| state.downcast().ok()).ok_or_else(missing)
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states", self.0.len())
    }
}
