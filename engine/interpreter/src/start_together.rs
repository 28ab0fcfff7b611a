//! Parallel multiple start events of processes: an instance begins when everything that the event waits for has come
//! (BPMN 2.0, 10.5.2).
//!
//! What has come waits outside of instances, for there is none yet: an engine keeps it in its store, a scenario in its world.
//! Which of it belongs together is decided here. Messages do when they have the same correlation key; a signal or a timer has
//! none, and goes with any.

use crate::{ElementIndex, Variables};

/// One such start event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    pub element: ElementIndex,
    /// What it waits for, each once and as one of the texts below.
    pub parts: Vec<String>,
}

/// Something that has come for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub part: String,
    /// Of messages, possibly empty.
    pub correlation_key: Option<String>,
    pub variables: Variables,
}

pub fn message_part(name: &str) -> String {
    format!("message:{name}")
}

pub fn signal_part(name: &str) -> String {
    format!("signal:{name}")
}

/// There is one at most.
pub fn timer_part() -> String {
    "timer".to_owned()
}

impl Together {
    /// Of what has come, oldest first: the places of the first that make an instance begin, in rising order.
    pub fn complete(&self, came: &[Occurrence]) -> Option<Vec<usize>> {
        let keys = came.iter().filter_map(|occurrence| occurrence.correlation_key.as_deref());
        let no_message = came.iter().all(|occurrence| occurrence.correlation_key.is_none());
        keys.chain(no_message.then_some("")).find_map(|key| self.complete_with(key, came))
    }

    fn complete_with(&self, key: &str, came: &[Occurrence]) -> Option<Vec<usize>> {
        let mut places: Vec<usize> = Vec::new();
        for part in &self.parts {
            let fits = |occurrence: &Occurrence| {
                let has_key = occurrence.correlation_key.as_deref().is_none_or(|other| other == key);
                occurrence.part == *part && has_key
            };
            places.push(came.iter().position(fits)?);
        }
        places.sort_unstable();
        Some(places)
    }
}

/// What an instance begins with: what each has brought, the later one over the earlier.
pub fn content(came: &[Occurrence], places: &[usize]) -> Variables {
    let taken = places.iter().filter_map(|place| came.get(*place));
    taken.flat_map(|occurrence| occurrence.variables.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::variables;
    use serde_json::json;

    fn event() -> Together {
        let parts = vec![message_part("order"), message_part("paid"), signal_part("open")];
        Together { element: ElementIndex(0), parts }
    }

    fn message(name: &str, key: &str) -> Occurrence {
        let variables = variables(json!({name: key, "last": name}));
        Occurrence { part: message_part(name), correlation_key: Some(key.to_owned()), variables }
    }

    fn signal() -> Occurrence {
        Occurrence { part: signal_part("open"), correlation_key: None, variables: Variables::new() }
    }

    #[test]
    fn all_parts_of_one_key_are_needed() {
        let came = [message("order", "1"), message("paid", "2"), signal(), message("order", "2")];
        assert_eq!(event().complete(&came[..3]), None);
        assert_eq!(event().complete(&came), Some(vec![1, 2, 3]));
        let begun = content(&came, &[1, 2, 3]);
        assert_eq!((begun.get("paid"), begun.get("last")), (Some(&json!("2")), Some(&json!("order"))));
    }

    #[test]
    fn of_several_the_oldest_is_taken() {
        let came = [message("order", "1"), message("order", "1"), signal(), message("paid", "1")];
        assert_eq!(event().complete(&came), Some(vec![0, 2, 3]));
    }
}
