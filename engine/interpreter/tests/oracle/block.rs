//! Block-structured processes: every split has its join, so a process is a tree.
//!
//! Every element has a number, its [`Id`]; the name that it is drawn with does not matter to what happens to it.

use serde::{Deserialize, Serialize};

pub type Id = u32;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Block {
    Do(Activity),
    Seq(Vec<Block>),
    /// `decide` leaves a number; the first branch whose test holds is taken, else the last one if it is the default.
    /// Without `split`, the conditions stand at the flows of `decide` itself; without `join`, the flows just meet.
    Xor {
        decide: Activity,
        split: Option<Id>,
        join: Option<Id>,
        branches: Vec<Branch>,
        has_default: bool,
        /// The flows have names in place of conditions: what `decide` says, or (for [`Test::UpTo`]) a variable that is true.
        #[serde(default)]
        has_labels: bool,
    },
    /// Each bit of the number that `decide` leaves takes a branch; without any, the default is the last branch.
    Or {
        decide: Activity,
        split: Option<Id>,
        join: Id,
        branches: Vec<Block>,
        has_default: bool,
    },
    And {
        split: Id,
        join: Id,
        branches: Vec<Block>,
    },
    /// An event-based gateway; a parallel one needs all of its events.
    Race {
        gateway: Id,
        join: Option<Id>,
        arms: Vec<Arm>,
        #[serde(default)]
        are_all_needed: bool,
        /// The process begins with it: with this arm.
        #[serde(default)]
        begins_with: Option<usize>,
    },
    /// Back to `merge` while the number that `decide` leaves says so.
    Loop {
        merge: Id,
        body: Box<Block>,
        decide: Activity,
        split: Id,
    },
    /// An activity and its boundary events.
    Guarded {
        host: Activity,
        guards: Vec<Guard>,
    },
    /// An intermediate throw event, and on; a multiple one throws all of these.
    Throw {
        before: Activity,
        id: Id,
        what: Vec<Thrown>,
    },
    /// A link event and the one it goes on at.
    Link {
        throws: Id,
        catches: Id,
    },
    /// A complex gateway that goes on when `wanted` branches have come, and swallows the others.
    First {
        split: Id,
        join: Id,
        branches: Vec<Block>,
        wanted: u32,
    },
    Compensate(Compensate),
    /// A branch that ends here. What ends more than its own token has an activity `before` it, so that nothing else
    /// happens in the same moment.
    End {
        before: Option<Activity>,
        id: Id,
        kind: EndKind,
    },
}

/// A compensation event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compensate {
    pub id: Id,
    /// None: all that its scope has done.
    pub activity: Option<Id>,
    pub waits: bool,
    pub is_end: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    pub test: Test,
    pub block: Block,
}

/// How a branch compares the remainder of the number with its own place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    Equals,
    /// Holds for several branches: the order decides.
    UpTo,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    pub id: Id,
    pub wait: Wait,
    pub then: Block,
}

/// What an arm of a [`Block::Race`] waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    Timer(i64),
    Message,
    ReceiveTask,
    Signal(u8),
    /// A condition: that a flag is set.
    Flag(u8),
    Multiple(Parts),
}

/// The definitions of a multiple event: any of them lets it happen, or all of them together do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    pub are_all_needed: bool,
    pub parts: [Part; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Timer(i64),
    /// The message has a number of its own, as an element has.
    Message(Id),
    Signal(u8),
    Flag(u8),
}

/// What an event throws and goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thrown {
    Escalation(u8),
    /// Heard by whoever listens in the process itself.
    Signal(u8),
    Message,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    pub id: Id,
    pub trigger: Trigger,
    pub interrupts: bool,
    pub then: Block,
    /// Goes on where the activity goes on; else the branch ends by itself.
    pub rejoins: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    Timer {
        after: i64,
        times: u32,
    },
    Message,
    Signal(u8),
    Flag(u8),
    /// None catches every code.
    Error(Option<u8>),
    Escalation(Option<u8>),
    /// Of a transaction.
    Cancel,
    /// That instances of its activity, with this number, are done.
    Instances(Id),
    Multiple(Parts),
    /// A multiple event, some definitions of which come from inside: one of those of an error or an escalation.
    Mixed {
        outside: Part,
        code: u8,
        is_error: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    pub id: Id,
    pub kind: Kind,
    pub repeat: Option<Repeat>,
    /// An output mapping counts its completions, instead of leaving its result.
    pub tallies: bool,
    /// Its result says which of so many ways to go.
    #[serde(default)]
    pub says: Option<u64>,
    /// It counts from what an input mapping has given it when it began.
    #[serde(default)]
    pub maps: bool,
    /// How many tokens it takes to start, and how many it sends.
    #[serde(default = "one")]
    pub takes: u32,
    #[serde(default = "one")]
    pub gives: u32,
    #[serde(default)]
    pub undone_by: Option<Box<Undo>>,
}

/// How an activity is undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Undo {
    /// The compensation boundary event.
    pub event: Id,
    pub handler: Activity,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Kind {
    /// Done at once.
    Instant,
    Job,
    User,
    Catch(Wait),
    Receive {
        timeout: Option<i64>,
    },
    Call,
    Sub {
        start: Id,
        body: Box<Block>,
        end: Id,
        #[serde(default)]
        events: Vec<EventSub>,
        #[serde(default)]
        is_transaction: bool,
    },
    /// One after the other, or all at once; without flows.
    AdHoc {
        items: Vec<Activity>,
        is_sequential: bool,
        /// So many are enough: its completion condition counts them.
        #[serde(default)]
        enough: Option<u32>,
        /// Those that have begun are finished when there are enough, instead of canceled.
        #[serde(default)]
        finishes: bool,
    },
}

/// An event sub-process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventSub {
    pub id: Id,
    pub start: Id,
    pub trigger: Trigger,
    pub interrupts: bool,
    pub body: Block,
    pub end: Id,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repeat {
    Instances {
        count: u32,
        at_once: bool,
        enough: Option<u32>,
        collects: bool,
        /// There is one for each item of a list, instead of a number of them.
        #[serde(default)]
        has_items: bool,
        /// When its boundary event is told of those that are done.
        #[serde(default)]
        tells: Option<Tells>,
    },
    /// While fewer than `below` are completed.
    While { test_before: bool, below: Option<u32>, maximum: Option<u32> },
}

/// The `behavior` of multi-instance activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tells {
    /// `None`
    Each,
    /// `One`
    First,
    /// `Complex`, with a condition that counts.
    When(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndKind {
    None,
    Terminate,
    Error(u8),
    Escalation(u8),
    Signal(u8),
    Message,
    Multiple([Thrown; 2]),
    /// Cancels the transaction around.
    Cancel,
}

impl EndKind {
    /// What it throws without ending more than its own token.
    pub fn thrown(self) -> Vec<Thrown> {
        match self {
            EndKind::Escalation(code) => vec![Thrown::Escalation(code)],
            EndKind::Signal(name) => vec![Thrown::Signal(name)],
            EndKind::Message => vec![Thrown::Message],
            EndKind::Multiple(all) => all.to_vec(),
            EndKind::None | EndKind::Terminate | EndKind::Error(_) | EndKind::Cancel => Vec::new(),
        }
    }
}

impl Activity {
    pub fn plain(id: Id, kind: Kind) -> Activity {
        Activity {
            id,
            kind,
            repeat: None,
            tallies: false,
            says: None,
            maps: false,
            takes: 1,
            gives: 1,
            undone_by: None,
        }
    }

    /// Whether nothing can interrupt it, because it never waits.
    pub fn is_instant(&self) -> bool {
        matches!(self.kind, Kind::Instant) && self.repeat.is_none()
    }

    pub fn collects(&self) -> bool {
        matches!(self.repeat, Some(Repeat::Instances { collects: true, .. }))
    }
}

impl Block {
    /// Whether some token that enters can come out: read off the drawing, not off what happens.
    pub fn can_exit(&self) -> bool {
        match self {
            Block::Do(_) | Block::Guarded { .. } | Block::Throw { .. } | Block::Link { .. } => true,
            Block::First { branches, .. } => branches.iter().any(Block::can_exit),
            Block::Seq(blocks) => blocks.iter().all(Block::can_exit),
            Block::Xor { branches, .. } => branches.iter().any(|branch| branch.block.can_exit()),
            Block::Or { branches, .. } | Block::And { branches, .. } => branches.iter().any(Block::can_exit),
            Block::Race { arms, .. } => arms.iter().any(|arm| arm.then.can_exit()),
            Block::Loop { body, .. } => body.can_exit(),
            Block::Compensate(it) => !it.is_end,
            Block::End { .. } => false,
        }
    }

    /// The event that a process begins with that has no start event.
    pub fn first_event(&self) -> Option<Id> {
        match self {
            Block::Seq(blocks) => blocks.first()?.first_event(),
            Block::Race { arms, begins_with, .. } => arms.get((*begins_with)?).map(|arm| arm.id),
            _ => None,
        }
    }

    /// The activities of this scope that have handlers.
    pub fn undoable(&mut self) -> Vec<Id> {
        let of = |it: &Activity| it.undone_by.as_ref().map(|_| it.id).into_iter().collect();
        match self {
            Block::Do(activity) => of(activity),
            Block::Guarded { host, guards } => {
                let mut all: Vec<Id> = of(host);
                all.extend(guards.iter_mut().flat_map(|guard| guard.then.undoable()));
                all
            }
            _ => self.children_mut().into_iter().flat_map(Block::undoable).collect(),
        }
    }

    /// The blocks directly inside, those of sub-processes too.
    pub fn children_mut(&mut self) -> Vec<&mut Block> {
        match self {
            Block::Seq(blocks) => blocks.iter_mut().collect(),
            Block::Xor { branches, .. } => branches.iter_mut().map(|branch| &mut branch.block).collect(),
            Block::Or { branches, .. } | Block::And { branches, .. } | Block::First { branches, .. } => {
                branches.iter_mut().collect()
            }
            Block::Race { arms, .. } => arms.iter_mut().map(|arm| &mut arm.then).collect(),
            Block::Loop { body, .. } => vec![body],
            Block::Do(activity) => activity.inside_mut(),
            Block::Guarded { host, guards } => {
                let mut all = host.inside_mut();
                all.extend(guards.iter_mut().map(|guard| &mut guard.then));
                all
            }
            Block::End { .. } | Block::Throw { .. } | Block::Link { .. } | Block::Compensate(_) => Vec::new(),
        }
    }
}

impl Activity {
    pub fn inside_mut(&mut self) -> Vec<&mut Block> {
        match &mut self.kind {
            Kind::Sub { body, events, .. } => {
                std::iter::once(&mut **body).chain(events.iter_mut().map(|event| &mut event.body)).collect()
            }
            _ => Vec::new(),
        }
    }
}
