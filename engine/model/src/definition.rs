//! The typed process definition: BPMN 2.0's elements as an author wrote them, in the order of the file.
//!
//! References are by id, as in the file; compiling them to indexes is the interpreter's job. Texts that will be
//! evaluated ([`Expression`], [`Template`]) are kept verbatim with their place.

use crate::location::{Located, Location};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Text to be evaluated to a value: a condition, a mapping's source. May be written bare, as `${…}` or, in FEEL, `= …`.
pub type Expression = Located<String>;
/// Text with `${…}` holes, rendered to text.
pub type Template = Located<String>;
/// Free data of the author's, kept in the order of the file.
pub type Custom = IndexMap<String, Value>;

/// All processes of one file: its documents, and their `subProcessDefinitions` as further processes (after their owner).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Definitions {
    pub processes: Vec<ProcessDefinition>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProcessDefinition {
    pub id: String,
    pub name: Option<String>,
    pub is_executable: bool,
    /// The process in whose `subProcessDefinitions` this one stands; it is callable like any other.
    pub local_to: Option<String>,
    pub pools: Vec<Pool>,
    pub elements: Vec<Element>,
    pub flows: Vec<Flow>,
    /// Keys that this reader does not know, kept for writing the file again.
    pub extra: Custom,
    pub location: Location,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Pool {
    pub id: String,
    pub name: Option<String>,
    pub bounds: Option<Bounds>,
    pub lanes: Vec<Lane>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Lane {
    pub id: String,
    pub name: Option<String>,
    pub height: Option<f64>,
}

/// Position and size in the drawing, in pixels. `x` and `y` are the centre of an element, counted from the centre of
/// the sub-process around it where there is one; of a pool they are its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Bounds {
    pub x: f64,
    pub y: f64,
    pub width: Option<f64>,
    pub height: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    pub id: String,
    pub name: Option<String>,
    pub kind: ElementKind,
    pub documentation: Option<String>,
    pub input_mappings: Vec<Mapping>,
    pub output_mappings: Vec<Mapping>,
    pub bounds: Option<Bounds>,
    pub pool_id: Option<String>,
    pub lane_id: Option<String>,
    /// The free `custom` block.
    pub custom: Custom,
    /// Every key of `properties` as written (numbers and booleans still as the author spelled them), for workers and
    /// for writing the file again.
    pub properties: Custom,
    pub location: Location,
}

/// `target` gets the value of `source`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    pub source: Expression,
    pub target: String,
}

/// What an element is. The tables of BPMN 2.0, chapter 10.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ElementKind {
    StartEvent {
        trigger: Trigger,
        is_interrupting: bool,
    },
    IntermediateCatchEvent {
        trigger: Trigger,
    },
    IntermediateThrowEvent {
        trigger: Trigger,
    },
    BoundaryEvent {
        trigger: Trigger,
        attached_to: Located<String>,
        cancel_activity: bool,
    },
    EndEvent {
        trigger: Trigger,
    },
    Activity(Box<Activity>),
    Gateway(Gateway),
    /// Drawn, never executed: `textAnnotation`, `group`, `dataObject`, `dataStore`. The text is the type.
    Artifact(String),
}

/// What an event waits for or throws. A none event has [`Trigger::None`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Trigger {
    None,
    Message(MessageTrigger),
    Timer(Timer),
    Signal {
        signal_ref: Located<String>,
    },
    /// An empty or missing code catches all.
    Error {
        code: Option<String>,
    },
    Escalation {
        code: Option<String>,
    },
    /// `activity_ref` missing: the whole scope.
    Compensation {
        activity_ref: Option<Located<String>>,
        wait_for_completion: bool,
    },
    Conditional {
        condition: Expression,
    },
    Link {
        name: Located<String>,
    },
    Cancel,
    Terminate,
    Multiple {
        triggers: Vec<Trigger>,
        parallel: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MessageTrigger {
    /// Name of the message; missing: the element's id.
    pub message_ref: Option<String>,
    /// Missing: the empty key.
    pub correlation_key: Option<Template>,
    pub result_variable: Option<String>,
}

/// Each text may be a template; its rendered form is ISO 8601, or a cron expression for a cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Timer {
    Duration(Template),
    Date(Template),
    Cycle(Template),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    pub kind: ActivityKind,
    pub is_for_compensation: bool,
    pub repetition: Option<Repetition>,
    /// How many tokens start it, and leave it (BPMN 2.0, 10.2, 10.3).
    pub start_quantity: u32,
    pub completion_quantity: u32,
    pub job: JobOptions,
    pub result_variable: Option<String>,
}

/// What `retries`, `retryBackoff`, `jobTimeout` and `jobPriority` say; missing means the kind's default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct JobOptions {
    pub retries: Option<u32>,
    pub retry_backoff: Option<Backoff>,
    /// Milliseconds a worker has without a sign of life.
    pub timeout_ms: Option<u64>,
    pub priority: Option<i32>,
}

/// Delay before attempt `n + 1`: `initial * factor^(n-1)`, at most `maximum`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    pub initial_ms: u64,
    pub factor: f64,
    pub maximum_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Repetition {
    StandardLoop { condition: Option<Expression>, test_before: bool, maximum: Option<u64> },
    MultiInstance(MultiInstance),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct MultiInstance {
    pub is_sequential: bool,
    pub cardinality: Option<Expression>,
    pub input_collection: Option<Expression>,
    pub input_element: Option<String>,
    pub output_collection: Option<String>,
    pub output_element: Option<Expression>,
    pub completion_condition: Option<Expression>,
    /// `None`, `One`, `All` (default) or `Complex` (BPMN 2.0, 10.3.8).
    pub behavior: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ActivityKind {
    /// The none task: done as soon as it is entered.
    Task,
    UserTask(UserTask),
    ManualTask,
    ServiceTask(ServiceTask),
    ScriptTask(ScriptTask),
    SendTask(SendTask),
    ReceiveTask(ReceiveTask),
    BusinessRuleTask(BusinessRuleTask),
    AgenticTask(AgenticTask),
    CallActivity(CallActivity),
    SubProcess(SubProcess),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UserTask {
    pub assignee: Option<Template>,
    /// Lists may be written as one comma-separated text.
    pub candidate_groups: Vec<Template>,
    pub candidate_users: Vec<Template>,
    pub priority: Option<Template>,
    /// ISO 8601: a date and time, or a duration from the task's creation.
    pub due_date: Option<Template>,
    pub form_fields: Vec<FormField>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormField {
    pub name: String,
    pub label: Option<String>,
    pub field_type: FieldType,
    pub required: bool,
    /// Choices of a [`FieldType::Select`].
    pub options: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    #[default]
    Text,
    Multiline,
    Number,
    Boolean,
    Date,
    Select,
    File,
    Json,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ServiceTask {
    /// A worker that subscribes to this topic. Missing in the file: the element's id.
    External { topic: String },
    /// An HTTP call, described in `custom` (`endpoint`, `method`, `headers`, `body`).
    WebService,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScriptTask {
    pub format: ScriptFormat,
    pub script: Located<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScriptFormat {
    #[default]
    Python,
    JavaScript,
    /// Evaluated in the engine.
    Feel,
    /// Evaluated in the engine: the `${…}` language.
    Expression,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SendTask {
    pub message_type: MessageType,
    pub to: Option<Template>,
    pub subject: Option<Template>,
    pub body: Option<Template>,
    pub message: MessageTrigger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum MessageType {
    #[default]
    Email,
    Webhook,
    /// A BPMN message to whoever is subscribed to it, delivered by the engine itself.
    Message,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ReceiveTask {
    pub message: MessageTrigger,
    /// Milliseconds, or ISO 8601 (normalised to ISO 8601 by the reader). It ends the wait as a failed attempt: an
    /// incident `RECEIVE_TIMEOUT`, or the BPMN error `TIMEOUT` where a boundary event catches it.
    pub timeout: Option<Template>,
    /// Starts an instance when a message arrives (BPMN 2.0, 10.3.3).
    pub instantiate: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum BusinessRuleTask {
    /// A deployed decision.
    Decision { decision_ref: Template, binding: Binding },
    /// A decision table in YAML, as written in `custom.rules`.
    Rules(Value),
    /// Neither is given: a job of type `business-rule` does it.
    External,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AgenticTask {
    pub agent_type: Option<String>,
    pub model: Option<String>,
    pub capabilities: Vec<String>,
    /// 0.0–1.0, default 0.8.
    pub confidence_threshold: f64,
    /// How many times a run below the threshold is repeated, default 3.
    pub max_retries: u32,
    pub mcp_tools: Vec<String>,
    pub system_prompt: Option<Template>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallActivity {
    pub called_element: Template,
    pub inherit_variables: bool,
    pub binding: Binding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Binding {
    #[default]
    Latest,
    /// The version deployed together with the caller.
    Deployment,
    Version(u32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubProcess {
    pub kind: SubProcessKind,
    pub elements: Vec<Element>,
    pub flows: Vec<Flow>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SubProcessKind {
    Embedded,
    /// Started by its own start event while the enclosing scope is active.
    Event,
    Transaction,
    AdHoc {
        is_sequential: bool,
        completion_condition: Option<Expression>,
        cancel_remaining_instances: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Gateway {
    Exclusive,
    Parallel,
    Inclusive,
    EventBased { instantiate: bool, parallel: bool },
    Complex { activation_condition: Option<Expression> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub id: String,
    pub name: Option<String>,
    pub kind: FlowKind,
    pub from: Located<String>,
    pub to: Located<String>,
    /// Of a sequence flow: decides whether it is taken.
    pub condition: FlowCondition,
    pub properties: Custom,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FlowKind {
    #[default]
    Sequence,
    /// From a compensation boundary event to its handler, or from anything to an artifact.
    Association,
    Message,
}

/// Which flow is taken: the four cases of the process format.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum FlowCondition {
    /// No condition key: always taken, or by its name as a label after an exclusive or inclusive gateway.
    #[default]
    Unconditional,
    /// `isDefault: true`, or a condition that is present and empty.
    Default,
    Expression(Expression),
}

impl Element {
    /// Elements inside, for sub-processes of every kind; empty for all else.
    pub fn children(&self) -> &[Element] {
        self.sub_process().map_or(&[], |sub_process| &sub_process.elements)
    }

    /// The inside of a sub-process of any kind.
    pub fn sub_process(&self) -> Option<&SubProcess> {
        match &self.kind {
            ElementKind::Activity(activity) => match &activity.kind {
                ActivityKind::SubProcess(sub_process) => Some(sub_process),
                _ => None,
            },
            _ => None,
        }
    }
}
