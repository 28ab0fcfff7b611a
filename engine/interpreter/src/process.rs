//! A compiled process: arrays and indexes. Nothing is looked up by name while running.

use crate::elements::{Kind, Repetition};
use crate::expression::Expression;
use crate::start_together::Together;
use crate::template::Template;
use crate::{ElementIndex, FlowIndex};
use std::collections::HashMap;

/// Read-only; one per deployed version, shared by all its instances.
#[derive(Debug)]
pub struct Process {
    pub id: String,
    pub name: Option<String>,
    /// The process in whose file it stands as a part to be called.
    pub local_to: Option<String>,
    /// In document order, parents before children.
    pub elements: Vec<Element>,
    /// Sequence flows: those of the process, then those of its sub-processes in document order.
    pub flows: Vec<Flow>,
    /// How the process itself starts.
    pub starts: Starts,
    /// The event sub-processes of the process itself.
    pub event_sub_processes: Vec<EventSubProcess>,
    /// Inclusive and complex gateways that several flows lead to.
    pub inclusive_joins: Vec<InclusiveJoin>,
    /// Whose event definition each further target is: targets are numbered on where elements end.
    pub(crate) further_targets: Vec<ElementIndex>,
    pub(crate) by_id: HashMap<String, ElementIndex>,
}

#[derive(Debug)]
pub struct Element {
    pub index: ElementIndex,
    pub id: String,
    pub name: Option<String>,
    /// The sub-process it stands in; none: the process itself.
    pub parent: Option<ElementIndex>,
    pub incoming: Vec<FlowIndex>,
    pub outgoing: Vec<FlowIndex>,
    /// The boundary events attached to it.
    pub boundary: Vec<ElementIndex>,
    /// The event sub-processes in it.
    pub event_sub_processes: Vec<EventSubProcess>,
    /// The activity that compensates it.
    pub compensation_handler: Option<ElementIndex>,
    pub input_mappings: Vec<Mapping>,
    pub output_mappings: Vec<Mapping>,
    /// How many tokens start it, and how many leave it on each flow.
    pub start_quantity: u32,
    pub completion_quantity: u32,
    pub(crate) repetition: Option<Repetition>,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub struct Mapping {
    pub source: Expression,
    pub target: String,
}

#[derive(Debug)]
pub struct Flow {
    pub index: FlowIndex,
    pub id: String,
    pub from: ElementIndex,
    pub to: ElementIndex,
    pub choice: Choice,
    /// A label ahead asks for the outcome of the activity that the token came from.
    pub carries_outcome: bool,
}

/// What decides whether a flow is taken: the four cases of the process format.
#[derive(Debug)]
pub enum Choice {
    Always,
    /// Taken when no other is.
    Default,
    When(Expression),
    Label(String),
}

/// A part of a scope that its own start event starts, while the scope is active.
#[derive(Debug, Clone, Copy)]
pub struct EventSubProcess {
    pub index: ElementIndex,
    pub start: ElementIndex,
    pub is_interrupting: bool,
}

/// What starts a scope (a process or a sub-process).
#[derive(Debug, Default)]
pub struct Starts {
    pub none: Vec<ElementIndex>,
    /// Activities and gateways that no flow leads to: they start with the scope (BPMN 2.0, 10.2 and 13.2).
    pub implicit: Vec<ElementIndex>,
    pub messages: Vec<(ElementIndex, String)>,
    pub timers: Vec<ElementIndex>,
    pub signals: Vec<(ElementIndex, String)>,
    /// Of the events above, those that start nothing before all that they wait for has come.
    pub together: Vec<Together>,
    /// Started by being named only: what their conditions would look at is inside of instances.
    pub conditions: Vec<ElementIndex>,
}

/// Who can still send a token to a join, worked out once: per incoming flow, by element, one bit.
#[derive(Debug)]
pub struct InclusiveJoin {
    pub element: ElementIndex,
    pub incoming: Vec<Reach>,
}

#[derive(Debug)]
pub struct Reach {
    pub flow: FlowIndex,
    /// A token at this element can come out at the flow without passing the join, also by way of a boundary event.
    pub from: Vec<bool>,
    /// The same along sequence flows alone.
    pub along_flows_from: Vec<bool>,
}

/// How a timer start event or any other timer is written.
#[derive(Debug)]
pub enum Timer {
    Duration(Template),
    Date(Template),
    Cycle(Template),
}

/// How a message is awaited or thrown.
#[derive(Debug)]
pub struct Message {
    pub name: String,
    pub correlation_key: Option<Template>,
    /// Without a key, the conversation is the key (see [`MessageFlows`](crate::MessageFlows)).
    pub is_in_conversation: bool,
    pub result_variable: Option<String>,
}

impl Process {
    pub fn element(&self, index: ElementIndex) -> &Element {
        &self.elements[index.0 as usize]
    }

    pub fn flow(&self, index: FlowIndex) -> &Flow {
        &self.flows[index.0 as usize]
    }

    /// The event that a target belongs to: itself, or the one that has it among its definitions.
    pub fn owner(&self, target: ElementIndex) -> &Element {
        let further = (target.0 as usize).checked_sub(self.elements.len());
        self.element(further.and_then(|at| self.further_targets.get(at)).copied().unwrap_or(target))
    }

    /// The event sub-processes of a sub-process, or of the process itself.
    pub fn event_sub_processes_of(&self, parent: Option<ElementIndex>) -> &[EventSubProcess] {
        match parent {
            Some(parent) => &self.element(parent).event_sub_processes,
            None => &self.event_sub_processes,
        }
    }

    /// The start event of this id, when it starts instances only with everything that it waits for.
    pub fn together(&self, id: &str) -> Option<&Together> {
        self.starts.together.iter().find(|start| self.element(start.element).id == id)
    }

    pub fn find(&self, id: &str) -> Option<ElementIndex> {
        self.by_id.get(id).copied()
    }
}

impl Element {
    /// `name`, or the id of an element without one.
    pub fn title(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.id)
    }
}
