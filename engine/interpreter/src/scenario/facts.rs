//! What happened, counted: the one place that knows how a history is read, whether it comes from the simulated world or
//! from an engine.

use super::file::State;
use crate::Variables;
use std::collections::{BTreeMap, BTreeSet};

/// How often, by element id or job type.
pub type Counts = BTreeMap<String, usize>;

/// What one event of an instance says, as far as a scenario asks. `key` is the element instance.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening<'a> {
    Activated {
        key: u64,
        element: &'a str,
    },
    /// A token came to a join.
    Arrived {
        element: &'a str,
    },
    /// The element instance stands for several, which are its children.
    Repeats {
        key: u64,
    },
    Completed {
        key: u64,
    },
    Terminated {
        key: u64,
    },
    FlowTaken {
        flow: &'a str,
    },
    JobCreated {
        job_type: &'a str,
    },
    /// An incident was raised, or the instance failed by an uncaught error.
    WentWrong,
}

/// All that an expectation can ask for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// At a join every arriving token counts, and its firing does not; of an activity that repeats, its instances count.
    pub entered: Counts,
    pub completed: Counts,
    pub canceled: Counts,
    pub jobs: Counts,
    /// The elements in the order they were entered.
    pub order: Vec<String>,
    pub went_wrong: bool,
    /// Open element instances; at joins, tokens.
    pub waiting: Counts,
    /// Of every instance that no other called.
    pub roots: Vec<State>,
    /// The root scope of the newest of these; none: none was started.
    pub variables: Option<Variables>,
    /// Element id and code of what is open.
    pub incidents: Vec<(String, String)>,
    /// All elements of the processes, for the near miss.
    pub known: BTreeSet<String>,
}

impl Facts {
    /// Counts histories: each happening with the number of its instance.
    pub fn count<'a>(happenings: &[(usize, Happening<'a>)]) -> Facts {
        let mut facts = Facts::default();
        let mut arrived = Counts::new();
        let repeats: BTreeSet<(usize, u64)> = happenings.iter().filter_map(repeating).collect();
        let mut names: BTreeMap<(usize, u64), &'a str> = BTreeMap::new();
        for (run, happening) in happenings {
            match happening {
                Happening::Activated { key, element } => {
                    facts.order.push((*element).to_owned());
                    if !repeats.contains(&(*run, *key)) {
                        add(&mut facts.entered, element);
                        names.insert((*run, *key), element);
                    }
                }
                Happening::Arrived { element } => add(&mut arrived, element),
                Happening::Completed { key } => add_named(&mut facts.completed, names.get(&(*run, *key))),
                Happening::Terminated { key } => add_named(&mut facts.canceled, names.get(&(*run, *key))),
                Happening::JobCreated { job_type } => add(&mut facts.jobs, job_type),
                Happening::WentWrong => facts.went_wrong = true,
                Happening::Repeats { .. } | Happening::FlowTaken { .. } => {}
            }
        }
        facts.entered.extend(arrived);
        facts
    }
}

fn repeating((run, happening): &(usize, Happening<'_>)) -> Option<(usize, u64)> {
    match happening {
        Happening::Repeats { key } => Some((*run, *key)),
        _ => None,
    }
}

pub(super) fn add(counts: &mut Counts, id: &str) {
    match counts.get_mut(id) {
        Some(count) => *count += 1,
        None => drop(counts.insert(id.to_owned(), 1)),
    }
}

fn add_named(counts: &mut Counts, id: Option<&&str>) {
    if let Some(id) = id {
        add(counts, id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_count_at_joins_and_instances_at_repetitions() {
        let happenings = [
            (0, Happening::Activated { key: 1, element: "each" }),
            (0, Happening::Repeats { key: 1 }),
            (0, Happening::Activated { key: 2, element: "each" }),
            (0, Happening::Completed { key: 2 }),
            (0, Happening::Completed { key: 1 }),
            (0, Happening::Arrived { element: "join" }),
            (0, Happening::Arrived { element: "join" }),
            (0, Happening::Activated { key: 3, element: "join" }),
            (1, Happening::Activated { key: 1, element: "other" }),
            (1, Happening::Terminated { key: 1 }),
        ];
        let facts = Facts::count(&happenings);
        let counts = |all: &[(&str, usize)]| -> Counts { all.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect() };
        assert_eq!(facts.entered, counts(&[("each", 1), ("join", 2), ("other", 1)]));
        assert_eq!(facts.completed, counts(&[("each", 1)]));
        assert_eq!(facts.canceled, counts(&[("other", 1)]));
    }
}
