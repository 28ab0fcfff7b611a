//! Instances that a lane remembers from its last transactions, so that it need not read them again. Two generations stand
//! in for the order of use: what was not used while the young one filled up is forgotten.
//!
//! With several replicas an instance is moved on now by this one, now by that: remembering is then mostly wrong, and a
//! stale memory costs a transaction. So after one was found stale the lane forgets everything and reads for a while.

use crate::slot::Slot;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Of the variables in one generation, about: instances that carry much fill it sooner.
const VARIABLE_BYTES: u64 = 64 << 20;
const READ_AFTER_STALE: Duration = Duration::from_secs(5);

pub struct Cache {
    young: HashMap<Uuid, Box<Slot>>,
    /// Bytes of variables that have come into the young generation.
    young_bytes: u64,
    old: HashMap<Uuid, Box<Slot>>,
    capacity: usize,
    distrusted_until: Option<Instant>,
}

impl Cache {
    /// `capacity`: instances of one generation.
    pub fn new(capacity: usize) -> Cache {
        Cache { young: HashMap::new(), young_bytes: 0, old: HashMap::new(), capacity, distrusted_until: None }
    }

    /// Out of the cache: it comes back with [`put`](Self::put) after the commit, and is read again if there was none.
    pub fn take(&mut self, id: Uuid) -> Option<Box<Slot>> {
        self.young.remove(&id).or_else(|| self.old.remove(&id))
    }

    pub fn put(&mut self, id: Uuid, mut slot: Box<Slot>) {
        let is_over = slot.instance.state != interpreter::InstanceState::Active;
        if is_over || self.capacity == 0 || self.distrusted_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        self.distrusted_until = None;
        if self.young.len() >= self.capacity || self.young_bytes > VARIABLE_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += slot.instance.variable_bytes;
        slot.stored_version = slot.instance.version;
        slot.events.clear();
        self.young.insert(id, slot);
    }

    pub fn distrust(&mut self) {
        self.clear();
        self.distrusted_until = Some(Instant::now() + READ_AFTER_STALE);
    }

    pub fn clear(&mut self) {
        self.young.clear();
        self.young_bytes = 0;
        self.old.clear();
    }
}
