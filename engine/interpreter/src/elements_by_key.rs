//! The active element instances of an instance, by key, and who stands where.
//!
//! Reads like a map by key. Beside it run an index of what repeats, one of what
//! listens to signals and conditions, and one by scope and element, so that a scope can be ended, and a join can
//! ask who might still come, without looking at everything that is alive. Whoever stores it in parts can have it remember
//! what changes.

use crate::{ElementIndex, ElementInstance, Key};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

#[derive(Debug, Clone, Default)]
pub struct ElementsByKey {
    by_key: BTreeMap<Key, ElementInstance>,
    by_place: BTreeSet<(Key, ElementIndex, Key)>,
    repeating: BTreeSet<Key>,
    listening: BTreeSet<Key>,
    /// What has changed since somebody last asked; none: nobody asks.
    changed: Option<BTreeSet<Key>>,
}

impl ElementsByKey {
    /// From now on it is remembered which keys change, or it is not any more.
    pub fn watch_changes(&mut self, watch: bool) {
        self.changed = watch.then(BTreeSet::new);
    }

    /// The keys under which something was added, changed or taken away since this was last asked.
    pub fn take_changed(&mut self) -> BTreeSet<Key> {
        self.changed.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Something that is kept under `key` changes.
    pub(crate) fn note_change(&mut self, key: Key) {
        if let Some(changed) = &mut self.changed {
            changed.insert(key);
        }
    }

    pub fn insert(&mut self, key: Key, element: ElementInstance) {
        self.note_change(key);
        self.by_place.insert((element.scope, element.element, key));
        self.by_key.insert(key, element);
        self.note_repetition(key);
        self.note_listening(key);
    }

    pub fn remove(&mut self, key: Key) -> Option<ElementInstance> {
        let element = self.by_key.remove(&key)?;
        self.note_change(key);
        self.by_place.remove(&(element.scope, element.element, key));
        self.repeating.remove(&key);
        self.listening.remove(&key);
        Some(element)
    }

    /// Everything about an element instance may be changed but where it stands; after its repetition has, or what it listens
    /// to, say so with [`note_repetition`](Self::note_repetition) or [`note_listening`](Self::note_listening).
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut ElementInstance> {
        let element = self.by_key.get_mut(&key)?;
        if let Some(changed) = &mut self.changed {
            changed.insert(key);
        }
        Some(element)
    }

    /// Changes every one, and where it stands too.
    pub(crate) fn change_all(&mut self, change: impl Fn(&mut ElementInstance)) {
        let keys: Vec<Key> = self.by_key.keys().copied().collect();
        for key in keys {
            if let Some(mut element) = self.remove(key) {
                change(&mut element);
                self.insert(key, element);
            }
        }
    }

    pub(crate) fn note_repetition(&mut self, key: Key) {
        let repetition = self.by_key.get(&key).and_then(|element| element.repetition);
        if repetition.is_some_and(|repetition| repetition.is_due()) {
            self.repeating.insert(key);
        } else {
            self.repeating.remove(&key);
        }
    }

    pub(crate) fn note_listening(&mut self, key: Key) {
        let waits = self.by_key.get(&key).map(|element| &element.waits);
        if waits.is_some_and(|waits| !waits.signals.is_empty() || !waits.conditions.is_empty()) {
            self.listening.insert(key);
        } else {
            self.listening.remove(&key);
        }
    }

    /// Whoever waits for a signal or a condition; the oldest first.
    pub(crate) fn listening(&self) -> impl Iterator<Item = Key> + '_ {
        self.listening.iter().copied()
    }

    /// Repetitions that have an instance to start, or to decide about; the oldest first.
    pub(crate) fn repeating(&self) -> impl Iterator<Item = Key> + '_ {
        self.repeating.iter().copied()
    }

    /// The children of a scope, by element and then by age.
    pub fn in_scope(&self, scope: Key) -> impl DoubleEndedIterator<Item = Key> + '_ {
        self.by_place
            .range((scope, ElementIndex(0), Key(0))..=(scope, ElementIndex(u32::MAX), Key(u64::MAX)))
            .map(|(_, _, key)| *key)
    }

    /// The elements of a scope that something stands at, each once: the cost is of these, not of the element instances.
    pub fn places(&self, scope: Key) -> impl Iterator<Item = ElementIndex> + '_ {
        let after = move |from: u32| {
            self.by_place
                .range((scope, ElementIndex(from), Key(0))..=(scope, ElementIndex(u32::MAX), Key(u64::MAX)))
                .next()
                .map(|(_, element, _)| *element)
        };
        std::iter::successors(after(0), move |place| after(place.0.checked_add(1)?))
    }

    /// The oldest instance of `element` in `scope`.
    pub fn at(&self, scope: Key, element: ElementIndex) -> Option<Key> {
        let all = (scope, element, Key(0))..=(scope, element, Key(u64::MAX));
        self.by_place.range(all).next().map(|(_, _, key)| *key)
    }
}

/// The indexes follow from the elements.
impl PartialEq for ElementsByKey {
    fn eq(&self, other: &Self) -> bool {
        self.by_key == other.by_key
    }
}

impl Deref for ElementsByKey {
    type Target = BTreeMap<Key, ElementInstance>;
    fn deref(&self) -> &Self::Target {
        &self.by_key
    }
}

impl FromIterator<(Key, ElementInstance)> for ElementsByKey {
    fn from_iter<I: IntoIterator<Item = (Key, ElementInstance)>>(elements: I) -> Self {
        let mut all = ElementsByKey::default();
        for (key, element) in elements {
            all.insert(key, element);
        }
        all
    }
}

impl Serialize for ElementsByKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_key.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ElementsByKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<Key, ElementInstance>::deserialize(deserializer)?.into_iter().collect())
    }
}
