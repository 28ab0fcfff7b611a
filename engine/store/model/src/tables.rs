//! Rows and transactions: READ COMMITTED, a statement at a time, with locks of rows that last until the transaction ends.
//!
//! A row that a transaction has written or locked is *pending*: it alone sees what it wrote, the others see what was committed
//! before, and whoever wants to write it waits. A statement that had to wait is done again from its beginning on what is
//! committed by then, which is what Postgres does with the rows that it waited for.

use crate::value::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub type Key = Vec<Value>;
pub type Row = Arc<Vec<Value>>;
pub type Transaction = u64;

/// A mistake that the model makes on purpose, to see whether it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Instances are updated whatever their version.
    NoFence,
    /// Some orders never reach the outbox.
    LostOrder,
    /// Some timers are not set.
    LostTimer,
    /// Timers may be taken and fired half a second before they are due.
    EarlyTimer,
    /// An order counts for each that takes it, not only for the first.
    ClaimedTwice,
    /// Some commits are answered, and never happen.
    LostCommit,
    /// Commits leave some of their rows behind.
    TornCommit,
    /// Advisory locks lock nothing.
    NoAdvisoryLocks,
    /// What was sent after a `BEGIN` that was refused counts, one statement at a time.
    NoGuard,
}

pub struct Schema {
    pub name: &'static str,
    pub columns: usize,
    /// The first columns are its key.
    pub key: usize,
}

macro_rules! tables {
    ($($table:ident($key:literal): $($column:ident)*;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Numbers { $($table),* }
        $(
            /// The table's number, and those of its columns, under the names of the schema.
            #[allow(non_upper_case_globals, dead_code, unused)]
            pub mod $table {
                pub const TABLE: usize = super::Numbers::$table as usize;
                #[allow(non_camel_case_types)]
                enum Columns { $($column),* }
                $(pub const $column: usize = Columns::$column as usize;)*
            }
        )*
        pub const SCHEMA: &[Schema] = &[
            $(Schema { name: stringify!($table), columns: [$(stringify!($column)),*].len(), key: $key }),*
        ];
    };
}

tables! {
    definition(1): key tenant process_id version name is_executable deployment file_name source digest deployed_at;
    deployment_member(3): tenant deployment process_id definition;
    decision(1): key tenant decision_id version name deployment file_name source digest deployed_at;
    message_start(4): tenant message_name process_id element_id definition;
    signal_start(4): tenant signal_name process_id element_id definition;
    timer_start(3): tenant process_id element_id definition due repetitions_left;
    instance(1): id tenant definition state version control business_key parent traceparent created_at ended_at;
    instance_page(2): instance number content;
    variable(3): instance scope name value;
    history(3): instance first_seq at last_seq events written;
    job(2): instance key attempt tenant kind created_at publish_no published_at lease_until;
    timer(3): instance key target due claim_at;
    message_subscription(3): instance key target tenant process_id message_name correlation_key opened_at taken;
    message_start_lock(4): tenant message_name correlation_key process_id instance locked_at;
    signal_subscription(3): instance key target tenant signal_name;
    message(2): tenant id name correlation_key variables published_at expires_at correlated;
    user_task(2): instance key tenant definition element task assignee candidate_users candidate_groups due created_at state claimed_by;
    incident(2): instance incident tenant definition element_instance element code message raised_at;
    command(1): id tenant instance payload claim_at;
    command_id(2): tenant id reply at;
    audit(3): tenant at id by operation instance subject arguments outcome message;
    suspension(4): tenant kind name version since by;
    suspended_instance(1): instance;
    advisory(1): hash;
}

#[derive(Default)]
struct Table {
    committed: BTreeMap<Key, Row>,
    pending: BTreeMap<Key, Pending>,
}

#[derive(Clone)]
struct Pending {
    owner: Transaction,
    /// None: there is no row (any more).
    row: Option<Row>,
}

/// Why a statement was not done.
#[derive(Debug)]
pub enum Stop {
    /// Until this transaction has ended.
    Wait(Transaction),
    /// SQLSTATE.
    Error(&'static str),
}

pub struct Database {
    tables: Vec<Table>,
    /// What each open transaction has touched.
    open: BTreeMap<Transaction, BTreeSet<(usize, Key)>>,
    waits: BTreeMap<Transaction, Transaction>,
    last: Transaction,
    pub commits: u64,
    bug: Option<Bug>,
    chances: u64,
}

impl Database {
    pub fn new(bug: Option<Bug>) -> Database {
        let tables = SCHEMA.iter().map(|_| Table::default()).collect();
        let (open, waits) = Default::default();
        Database { tables, open, waits, last: 0, commits: 0, bug, chances: 0 }
    }

    pub fn begin(&mut self) -> Transaction {
        self.last += 1;
        self.open.insert(self.last, BTreeSet::new());
        self.last
    }

    pub fn end(&mut self, transaction: Transaction, is_committed: bool) {
        let touched = self.open.remove(&transaction).unwrap_or_default();
        let is_lost = is_committed && !touched.is_empty() && self.makes(Bug::LostCommit);
        let torn =
            if is_committed && self.makes(Bug::TornCommit) { touched.len().saturating_sub(1) } else { usize::MAX };
        self.commits += u64::from(is_committed && !touched.is_empty());
        for (place, (table, key)) in touched.into_iter().enumerate() {
            let table = &mut self.tables[table];
            let Some(pending) = table.pending.remove(&key) else { continue };
            match pending.row {
                _ if !is_committed || is_lost || place >= torn => {}
                Some(row) => drop(table.committed.insert(key, row)),
                None => drop(table.committed.remove(&key)),
            }
        }
    }

    pub fn is_open(&self, transaction: Transaction) -> bool {
        self.open.contains_key(&transaction)
    }

    /// Or locked rows to write them.
    pub fn has_written(&self, transaction: Transaction) -> bool {
        let touched = self.open.get(&transaction).into_iter().flatten();
        touched.into_iter().any(|(table, _)| *table != advisory::TABLE)
    }

    /// Notes who waits for whom; false: they would wait for each other.
    pub fn wait(&mut self, waiter: Transaction, owner: Transaction) -> bool {
        let mut next = Some(owner);
        while let Some(at) = next {
            if at == waiter {
                return false;
            }
            next = self.waits.get(&at).copied();
        }
        self.waits.insert(waiter, owner);
        true
    }

    pub fn waits_no_more(&mut self, waiter: Transaction) {
        self.waits.remove(&waiter);
    }

    pub fn committed(&self, name: &str) -> Vec<Vec<Value>> {
        let number = SCHEMA.iter().position(|schema| schema.name == name);
        let table = number.map(|number| &self.tables[number]);
        table.into_iter().flat_map(|table| table.committed.values().map(|row| row.to_vec())).collect()
    }

    /// Whether it makes this mistake now: always, or one time in twenty where it is said of some.
    pub fn makes(&mut self, bug: Bug) -> bool {
        if self.bug != Some(bug) {
            return false;
        }
        self.chances += 1;
        let is_rare = matches!(bug, Bug::LostOrder | Bug::LostTimer | Bug::LostCommit | Bug::TornCommit);
        !is_rare || self.chances.is_multiple_of(20)
    }
}

/// What one statement of a transaction sees and does.
pub struct View<'d> {
    pub database: &'d mut Database,
    pub transaction: Transaction,
    /// When the statement began, in microseconds since 2000.
    pub now: i64,
    /// What was pending before, to be put back.
    journal: Vec<(usize, Key, Option<Pending>)>,
}

impl View<'_> {
    pub fn new(database: &mut Database, transaction: Transaction, now: i64) -> View<'_> {
        View { database, transaction, now, journal: Vec::new() }
    }

    /// Takes back what the statement wrote; its locks stay.
    pub fn undo(&mut self) {
        while let Some((number, key, before)) = self.journal.pop() {
            let table = &mut self.database.tables[number];
            let locked = || Pending { owner: self.transaction, row: table.committed.get(&key).cloned() };
            let before = before.unwrap_or_else(locked);
            table.pending.insert(key, before);
        }
    }

    pub fn get(&self, table: usize, key: &[Value]) -> Option<Row> {
        let table = &self.database.tables[table];
        match table.pending.get(key).filter(|pending| pending.owner == self.transaction) {
            Some(pending) => pending.row.clone(),
            None => table.committed.get(key).cloned(),
        }
    }

    /// Rows whose key begins like this, in the order of the key.
    pub fn scan(&self, number: usize, prefix: &[Value]) -> Vec<Row> {
        let table = &self.database.tables[number];
        let from = prefix.to_vec();
        let is_mine = |pending: &Pending| pending.owner == self.transaction;
        let mut rows: Vec<(&Key, &Row)> = Vec::new();
        for (key, row) in table.committed.range(from.clone()..).take_while(|(key, _)| key.starts_with(prefix)) {
            if table.pending.is_empty() || !table.pending.get(key).is_some_and(is_mine) {
                rows.push((key, row));
            }
        }
        let pending = table.pending.range(from..).take_while(|(key, _)| key.starts_with(prefix));
        let mine = pending.filter(|(_, pending)| is_mine(pending));
        let before = rows.len();
        rows.extend(mine.filter_map(|(key, pending)| Some((key, pending.row.as_ref()?))));
        if rows.len() > before {
            rows.sort();
        }
        rows.into_iter().map(|(_, row)| row.clone()).collect()
    }

    /// Another transaction has it.
    pub fn is_locked(&self, table: usize, key: &[Value]) -> bool {
        self.database.tables[table].pending.get(key).is_some_and(|pending| pending.owner != self.transaction)
    }

    pub fn lock(&mut self, table: usize, key: &[Value]) -> Result<(), Stop> {
        let row = self.get(table, key);
        self.write(table, key.to_vec(), row)
    }

    /// Puts the row in the place of the one with its key.
    pub fn put(&mut self, table: usize, row: Vec<Value>) -> Result<(), Stop> {
        let key = row[..SCHEMA[table].key].to_vec();
        self.write(table, key, Some(Arc::new(row)))
    }

    pub fn insert(&mut self, table: usize, row: Vec<Value>) -> Result<(), Stop> {
        debug_assert_eq!(row.len(), SCHEMA[table].columns, "{}", SCHEMA[table].name);
        let key = row[..SCHEMA[table].key].to_vec();
        self.lock(table, &key)?;
        if self.get(table, &key).is_some() {
            return Err(Stop::Error("23505"));
        }
        self.put(table, row)
    }

    /// False: there was a row already, committed by whomever.
    pub fn insert_if_new(&mut self, table: usize, row: Vec<Value>) -> Result<bool, Stop> {
        match self.insert(table, row) {
            Ok(()) => Ok(true),
            Err(Stop::Error("23505")) => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    /// Changes a row that was read: some columns.
    pub fn set(&mut self, table: usize, row: &Row, changes: &[(usize, Value)]) -> Result<Row, Stop> {
        let mut changed = row.to_vec();
        for (column, value) in changes {
            changed[*column] = value.clone();
        }
        self.put(table, changed.clone())?;
        Ok(Arc::new(changed))
    }

    pub fn delete(&mut self, table: usize, row: &Row) -> Result<(), Stop> {
        self.write(table, row[..SCHEMA[table].key].to_vec(), None)
    }

    fn write(&mut self, number: usize, key: Key, row: Option<Row>) -> Result<(), Stop> {
        let table = &mut self.database.tables[number];
        let before = table.pending.get(&key).cloned();
        if let Some(pending) = before.as_ref().filter(|pending| pending.owner != self.transaction) {
            return Err(Stop::Wait(pending.owner));
        }
        table.pending.insert(key.clone(), Pending { owner: self.transaction, row });
        if let Some(touched) = self.database.open.get_mut(&self.transaction) {
            touched.insert((number, key.clone()));
        }
        self.journal.push((number, key, before));
        Ok(())
    }
}
