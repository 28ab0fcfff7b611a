//! What breaks, drawn from the seed: every statement on its way to Postgres, every message, every report of a worker asks here.

use super::outside;
use faults::dice::Dice;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store_model::{Fault, Faults, Happens};

/// Shared by all that may break.
#[derive(Clone)]
pub struct Chaos {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    dice: Dice,
    /// How often things break, in ten thousandths of what it could be.
    weather: u64,
    is_calm: bool,
    dead: BTreeSet<usize>,
    /// Died at a commit; whoever looks after replicas takes them away.
    doomed: Vec<usize>,
    counts: BTreeMap<&'static str, u64>,
}

impl Chaos {
    pub fn new(seed: u64) -> Chaos {
        let mut dice = Dice::new(seed, "chaos");
        let weather = dice.between(1, 4);
        let (dead, doomed, counts) = Default::default();
        Chaos { inner: Arc::new(Mutex::new(Inner { dice, weather, is_calm: true, dead, doomed, counts })) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on nothing breaks, or things break again.
    pub fn set_calm(&self, is_calm: bool) {
        self.inner().is_calm = is_calm;
    }

    pub fn kill(&self, replica: usize) {
        self.inner().dead.insert(replica);
    }

    pub fn doomed(&self) -> Vec<usize> {
        std::mem::take(&mut self.inner().doomed)
    }

    /// Whether it happens, to which there are so many chances in a thousand, more or fewer by the weather.
    pub fn happens(&self, what: &'static str, per_mille: u64) -> bool {
        self.inner().happens(what, per_mille)
    }

    pub fn below(&self, end: u64) -> u64 {
        self.inner().dice.below(end)
    }

    pub fn milliseconds(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.inner().dice.between(least, most))
    }

    pub fn note(&self, what: &'static str) {
        *self.inner().counts.entry(what).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner().counts.clone()
    }
}

impl Inner {
    fn happens(&mut self, what: &'static str, per_mille: u64) -> bool {
        let happens = !self.is_calm && self.dice.below(2000) < per_mille * self.weather;
        if happens {
            *self.counts.entry(what).or_default() += 1;
        }
        happens
    }

    fn delay(&mut self) -> Duration {
        if self.is_calm {
            return Duration::ZERO;
        }
        Duration::from_millis(match self.dice.below(1000) {
            0 => self.dice.between(300, 6_000), // longer than locks are waited for, or transactions may idle
            1..150 => self.dice.between(1, 4),
            _ => 0,
        })
    }

    fn at_commit(&mut self, replica: usize) -> Option<Fault> {
        if self.happens("a crash before a commit", 4) {
            self.dies(replica);
            return Some(Fault::CutBefore);
        }
        if self.happens("a crash after a commit", 4) {
            self.dies(replica);
            return Some(Fault::CutAfter);
        }
        if self.happens("an unknown commit that was none", 10) {
            return Some(Fault::CutBefore);
        }
        if self.happens("an unknown commit that was one", 10) {
            return Some(Fault::CutAfter);
        }
        self.happens("a commit refused", 3).then_some(Fault::Fails("40001"))
    }

    /// A `BEGIN` or `ROLLBACK` needs nothing that could be in its way, but can be canceled. A session that could not be told not to
    /// write outside of transactions is not used.
    fn at_statement(&mut self, statement: &str) -> Option<Fault> {
        if statement.starts_with("BEGIN") || statement.starts_with("SET") || statement == "ROLLBACK" {
            if self.happens("a transaction's border refused", 4) {
                return Some(Fault::Fails("57014"));
            }
            return self.happens("a connection cut at a transaction's border", 2).then_some(Fault::CutBefore);
        }
        if self.happens("a serialization failure", 2) {
            return Some(Fault::Fails("40001"));
        }
        if self.happens("a deadlock", 1) {
            return Some(Fault::Fails("40P01"));
        }
        if self.happens("a connection cut before a statement", 1) {
            return Some(Fault::CutBefore);
        }
        self.happens("a connection cut after a statement", 1).then_some(Fault::CutAfter)
    }

    fn dies(&mut self, replica: usize) {
        self.dead.insert(replica);
        self.doomed.push(replica);
    }
}

impl Faults for Chaos {
    fn strike(&self, replica: usize, statement: &str) -> Happens {
        let mut inner = self.inner();
        if inner.dead.contains(&replica) {
            return Happens { fault: Some(Fault::CutBefore), ..Happens::default() };
        }
        let delay = inner.delay();
        let fault = match statement {
            "COMMIT" => inner.at_commit(replica),
            _ => inner.at_statement(statement),
        };
        Happens { delay, fault }
    }

    fn lets_in(&self, replica: usize) -> bool {
        let mut inner = self.inner();
        !inner.dead.contains(&replica) && !inner.happens("a connection refused", 10)
    }

    fn now(&self) -> i64 {
        outside::postgres_time()
    }
}
