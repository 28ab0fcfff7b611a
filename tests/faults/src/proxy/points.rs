//! Crash points: every time an engine talks to a server is one. They are counted by what is said there, and one of them can be
//! met: the engine is to die, or the connection is to break, before the words arrive or after.

use super::{Link, Mode};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// What an engine says to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// To Postgres: a transaction begins, with what it asks first.
    Begin,
    /// … within a transaction.
    Write,
    Commit,
    /// … outside of transactions: claims, queries, looking after things.
    Ask,
    /// To NATS: a job for workers.
    Job,
    /// … events of an instance, for gateways.
    Event,
    /// … the answer to a request.
    Answer,
    /// … anything else: streams, consumers, cancelations.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The engine is killed, and what it said does not arrive.
    KillBefore,
    /// The engine is killed when what it said has arrived.
    KillAfter,
    /// The connection breaks, and what was said does not arrive.
    CutBefore,
    /// The connection breaks when what was said has arrived: its outcome is unknown.
    CutAfter,
}

impl Place {
    pub const ALL: [Place; 8] =
        [Place::Begin, Place::Write, Place::Commit, Place::Ask, Place::Job, Place::Event, Place::Answer, Place::Other];

    pub fn in_nats(said: &[u8]) -> Option<Place> {
        let says = |words: &[u8]| said.windows(words.len()).any(|window| window == words);
        match () {
            () if says(b"PUB jobs.") => Some(Place::Job),
            () if says(b"PUB events.") => Some(Place::Event),
            () if says(b"PUB _INBOX") => Some(Place::Answer),
            () if says(b"PUB ") => Some(Place::Other),
            () => None, // signs of life, subscriptions
        }
    }

    /// `is_within`: whether the connection is in a transaction, now and afterwards.
    pub fn in_postgres(said: &[u8], is_within: &mut bool) -> Place {
        let says = |words: &[u8]| said.windows(words.len()).any(|window| window == words);
        if says(b"COMMIT\0") {
            *is_within = false;
            Place::Commit
        } else if says(b"BEGIN READ WRITE\0") {
            *is_within = true;
            Place::Begin
        } else if says(b"ROLLBACK\0") {
            *is_within = false;
            Place::Ask
        } else if *is_within {
            Place::Write
        } else {
            Place::Ask
        }
    }
}

impl Fate {
    pub const ALL: [Fate; 4] = [Fate::KillBefore, Fate::KillAfter, Fate::CutBefore, Fate::CutAfter];

    pub fn kills(self) -> bool {
        matches!(self, Fate::KillBefore | Fate::KillAfter)
    }

    pub fn arrives(self) -> bool {
        matches!(self, Fate::KillAfter | Fate::CutAfter)
    }
}

/// Of all engines.
#[derive(Default)]
pub struct Points(Mutex<State>);

#[derive(Default)]
struct State {
    links: Vec<Link>,
    seen: BTreeMap<Place, u32>,
    armed: Option<Armed>,
}

struct Armed {
    place: Place,
    /// How many of them come before it.
    before: u32,
    fate: Fate,
    met: oneshot::Sender<String>,
}

/// A point that was armed has been met. It says so when it is dropped, with the name of the engine: a connection may end by
/// itself while its words arrive, and the engine is to die all the same.
pub struct Met {
    pub fate: Fate,
    engine: String,
    met: Option<oneshot::Sender<String>>,
}

impl Drop for Met {
    fn drop(&mut self) {
        if let Some(met) = self.met.take() {
            let _ = met.send(std::mem::take(&mut self.engine));
        }
    }
}

impl Points {
    pub fn watch(&self, link: Link) {
        self.state().links.push(link);
    }

    /// What was passed since the last time that this was asked.
    pub fn counted(&self) -> BTreeMap<Place, u32> {
        std::mem::take(&mut self.state().seen)
    }

    /// The place is met when it has been passed so often. The engine's name comes back.
    pub fn arm(&self, place: Place, before: u32, fate: Fate) -> oneshot::Receiver<String> {
        let (met, is_met) = oneshot::channel();
        self.state().armed = Some(Armed { place, before, fate, met });
        is_met
    }

    /// Whether it was still armed.
    pub fn disarm(&self) -> bool {
        self.state().armed.take().is_some()
    }

    /// An engine that is to die says nothing more, on no link.
    pub(super) fn pass(&self, link: &str, place: Place) -> Option<Met> {
        let mut state = self.state();
        *state.seen.entry(place).or_default() += 1;
        let armed = state.armed.as_mut().filter(|armed| armed.place == place)?;
        if armed.before > 0 {
            armed.before -= 1;
            return None;
        }
        let Armed { fate, met, .. } = state.armed.take()?;
        let engine = link.split('/').next().unwrap_or_default().to_owned();
        if fate.kills() {
            let of_engine = state.links.iter().filter(|link| link.name.split('/').next() == Some(&engine));
            of_engine.for_each(|link| link.set(Mode::Silent));
        }
        Some(Met { fate, engine, met: Some(met) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_tells_the_place() {
        let mut is_within = false;
        let mut place = |said: &[u8]| Place::in_postgres(said, &mut is_within);
        assert_eq!(place(b"B\0\0\0\x10s1"), Place::Ask);
        assert_eq!(place(b"Q\0\0\0\x15BEGIN READ WRITE\0B\0"), Place::Begin);
        assert_eq!(place(b"B\0\0\0\x10s1"), Place::Write);
        assert_eq!(place(b"Q\0\0\0\x0bCOMMIT\0"), Place::Commit);
        assert_eq!(place(b"B\0\0\0\x10s1"), Place::Ask);
        assert_eq!(Place::in_nats(b"HPUB jobs.acme.mail 12 34\r\n"), Some(Place::Job));
        assert_eq!(Place::in_nats(b"PONG\r\n"), None);
    }

    #[test]
    fn the_point_that_is_armed_is_met_once() {
        let points = Points::default();
        let mut met = points.arm(Place::Commit, 1, Fate::CutAfter);
        assert!(points.pass("engine-1/postgres", Place::Commit).is_none());
        assert!(points.pass("engine-2/postgres", Place::Begin).is_none());
        points.pass("engine-2/postgres", Place::Commit).map(drop).expect("the second is met");
        assert_eq!(met.try_recv(), Ok("engine-2".to_owned()));
        assert!(points.pass("engine-2/postgres", Place::Commit).is_none());
        assert_eq!(points.counted(), BTreeMap::from([(Place::Begin, 1), (Place::Commit, 3)]));
    }
}
