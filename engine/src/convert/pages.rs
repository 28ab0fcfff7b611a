//! Large states in parts, so that a step writes what it changed and not everything that is alive.
//!
//! The state of an instance is one value in its row while it is small. When more is alive in it than
//! [`PAGED_FROM`], elements and incidents go to rows of their own, each with what has keys of one range, and of those only the ones
//! that changed are written. It comes back into its row when little is left.

use super::state::{self, StateError};
use interpreter::{Instance, InstanceState, Key};
use prost::Message;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Keys of a page. A page is written whole: less in it costs more rows, more costs more bytes for a single change.
const KEYS: u64 = 32;
const PAGED_FROM: usize = 128;
/// Below [`PAGED_FROM`], so that it does not go to and fro.
const INLINE_UP_TO: usize = 32;

/// Which pages of an instance the database has; none: its state is in its row.
#[derive(Default)]
pub struct Pages {
    stored: Option<BTreeSet<i64>>,
}

/// What is to be written of a state.
#[derive(Default)]
pub struct Written {
    pub control: Vec<u8>,
    /// By number.
    pub pages: Vec<(i64, Vec<u8>)>,
    pub ended_pages: Vec<i64>,
}

impl Pages {
    /// Of an instance that was just read.
    pub fn of(instance: &mut Instance, is_paged: bool) -> Pages {
        instance.elements.watch_changes(is_paged);
        Pages { stored: is_paged.then(|| all_numbers(instance)) }
    }

    /// What makes the database's state that of `instance`, when it is as this remembers it.
    pub fn write(&mut self, instance: &mut Instance, has_variables: bool) -> Written {
        let alive = instance.elements.len() + instance.incidents.len();
        let is_active = instance.state == InstanceState::Active;
        let is_paged = is_active && alive > if self.stored.is_some() { INLINE_UP_TO } else { PAGED_FROM };
        let control = state::encode(instance, is_paged, has_variables);
        if !is_paged {
            instance.elements.watch_changes(false);
            let ended_pages = self.stored.take().unwrap_or_default().into_iter().collect();
            return Written { control, ended_pages, ..Written::default() };
        }
        let Some(stored) = &mut self.stored else {
            instance.elements.watch_changes(true);
            let stored = all_numbers(instance);
            let pages = stored.iter().map(|number| (*number, encode(instance, *number))).collect();
            self.stored = Some(stored);
            return Written { control, pages, ..Written::default() };
        };
        let mut written = Written { control, ..Written::default() };
        let changed: BTreeSet<i64> = instance.elements.take_changed().into_iter().map(number).collect();
        for number in changed {
            let page = encode(instance, number);
            if !page.is_empty() {
                stored.insert(number);
                written.pages.push((number, page));
            } else if stored.remove(&number) {
                written.ended_pages.push(number);
            }
        }
        written
    }
}

/// Adds to a control state what stands in its pages.
pub fn add(instance: Uuid, state: &mut proto::InstanceState, page: &[u8]) -> Result<(), StateError> {
    let page: proto::StatePage = state::known(instance, page)?;
    state.elements.extend(page.elements);
    state.incidents.extend(page.incidents);
    Ok(())
}

fn number(key: Key) -> i64 {
    (key.0 / KEYS) as i64
}

fn all_numbers(instance: &Instance) -> BTreeSet<i64> {
    instance.elements.keys().chain(instance.incidents.keys()).map(|key| number(*key)).collect()
}

fn encode(instance: &Instance, number: i64) -> Vec<u8> {
    let first = number as u64 * KEYS;
    state::page(instance, Key(first)..Key(first + KEYS)).encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use interpreter::{Command, CommandKind, DefinitionKey, InstanceId, Process, Timestamp, advance, command::Start};
    use serde_json::json;
    use std::collections::BTreeMap;

    const MANY: &str = r#"
process:
  id: many
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: userTask, properties: {isMultiInstance: true, loopCardinality: "${n}"}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: work}, {from: work, to: end}]
"#;

    /// A database of one instance.
    #[derive(Default)]
    struct Rows {
        control: Vec<u8>,
        pages: BTreeMap<i64, Vec<u8>>,
        bytes_of_last_write: usize,
    }

    impl Rows {
        fn write(&mut self, written: Written) {
            self.bytes_of_last_write =
                written.control.len() + written.pages.iter().map(|(_, it)| it.len()).sum::<usize>();
            self.control = written.control;
            for number in written.ended_pages {
                assert!(self.pages.remove(&number).is_some(), "page {number} was never written");
            }
            self.pages.extend(written.pages);
        }

        fn read(&self, like: &Instance) -> (Instance, bool) {
            let row = store::instance::Loaded {
                id: like.id.0,
                tenant: "acme".to_owned(),
                definition: like.definition.0,
                state: state::state_number(like.state),
                version: like.version as i64,
                control: self.control.clone(),
                business_key: None,
                parent: None,
                traceparent: String::new(),
            };
            let mut control = state::control(&row).unwrap();
            let is_paged = control.is_paged;
            assert!(is_paged || self.pages.is_empty());
            self.pages.values().for_each(|page| add(like.id.0, &mut control, page).unwrap());
            let mut instance = state::decode(&row, control, Vec::new()).unwrap();
            instance.variables.clone_from(&like.variables);
            (instance, is_paged)
        }
    }

    fn does(process: &Process, instance: &mut Instance, kind: CommandKind) {
        advance(process, instance, Command { now: Timestamp(1), kind }).unwrap();
    }

    /// What is to be completed next: now an old one, now a young one.
    fn next_task(instance: &Instance, turn: usize) -> Option<Key> {
        let tasks: Vec<Key> = instance.elements.iter().filter(|(_, it)| it.user_task).map(|(key, _)| *key).collect();
        let at = turn.wrapping_mul(7919) % tasks.len().max(1);
        tasks.get(at).copied()
    }

    #[test]
    fn a_large_state_is_written_in_parts_and_read_as_a_whole() {
        let (definitions, _) = crate::core::read("many.yaml", MANY).unwrap();
        let process = crate::core::compile("many.yaml", &definitions.processes[0], &Default::default()).unwrap();
        let id = uuid::Uuid::from_u128(1);
        let mut instance = Instance::new(InstanceId(id), DefinitionKey(id));
        let variables = json!({"n": 1000}).as_object().cloned().unwrap();
        does(&process, &mut instance, CommandKind::Start(Start { variables, ..Start::default() }));
        let (mut pages, mut rows) = (Pages::default(), Rows::default());
        rows.write(pages.write(&mut instance, false));
        while instance.elements.len() < 1001 {
            does(&process, &mut instance, CommandKind::Continue);
            rows.write(pages.write(&mut instance, false));
        }
        let mut was_paged = 0;
        for turn in 0.. {
            let (read, is_paged) = rows.read(&instance);
            assert_eq!(read, instance);
            was_paged += usize::from(is_paged);
            assert!(rows.bytes_of_last_write < 8 * 1024, "{} bytes for one task", rows.bytes_of_last_write);
            if turn % 100 == 50 {
                // another replica goes on with it
                instance = read;
                pages = Pages::of(&mut instance, is_paged);
            }
            let Some(key) = next_task(&instance, turn) else { break };
            let complete = CommandKind::CompleteUserTask { key, variables: Default::default(), by: None };
            does(&process, &mut instance, complete);
            rows.write(pages.write(&mut instance, false));
        }
        assert_eq!(instance.state, InstanceState::Completed);
        assert!((900..1000).contains(&was_paged), "{was_paged} times in pages");
        assert!(rows.pages.is_empty());
    }
}
