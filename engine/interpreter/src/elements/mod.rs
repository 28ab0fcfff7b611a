//! BPMN's elements: one file each, with its rule, what it compiles to and how it acts.
//!
//! An element says what it wants as a [`Next`] or a [`Fault`]; the driver ([`crate::run`]) makes the transitions. To add
//! one: a file, a variant of [`Kind`], and its arm in [`Kind::behavior`] and in [`compile`], neither of which compiles
//! without it.

mod ad_hoc_sub_process;
mod agent_rules;
mod agentic_task;
mod boundary_event;
mod business_rule_task;
mod call_activity;
mod catch;
mod completion_events;
mod complex_gateway;
mod end_event;
mod event_based_gateway;
mod exclusive_gateway;
mod inclusive_gateway;
mod intermediate_catch_event;
mod intermediate_throw_event;
mod job;
mod label;
mod manual_task;
mod parallel_gateway;
mod receive_task;
mod repetition;
mod script_task;
mod send_task;
mod service_task;
mod start_event;
mod sub_process;
mod task;
pub(crate) mod throw;
mod user_task;

pub(crate) use ad_hoc_sub_process::AdHocSubProcess;
pub(crate) use boundary_event::BoundaryEvent;
pub(crate) use catch::{Catch, CatchEvent};
pub(crate) use completion_events::CompletionEvents;
pub(crate) use complex_gateway::ComplexGateway;
pub(crate) use event_based_gateway::EventBasedGateway;
pub(crate) use job::JobSpec;
pub(crate) use repetition::{MultiInstance, Repetition, StandardLoop, compile_repetition};
pub(crate) use start_event::StartEvent;
pub(crate) use sub_process::SubProcess;
pub(crate) use throw::Thrown;
pub(crate) use user_task::UserTask;

use crate::compile::Compiler;
use crate::run::{Here, Run};
use crate::time::Schedule;
use crate::{ElementIndex, FlowIndex, Variables};
use model::{ActivityKind, ElementKind, Gateway, SubProcessKind};
use serde_json::Value;

/// What an element wants next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Stay active until something comes.
    Wait,
    /// Done: output mappings, then every outgoing flow whose condition holds. With its outcome, for labels.
    Leave(Option<Value>),
    /// Done: leave by exactly these flows.
    Take(Vec<FlowIndex>, Option<Value>),
    /// Done; these are thrown when it has been left.
    LeaveAndThrow(Vec<Thrown>),
    /// Done: the token goes on there.
    Jump(ElementIndex),
    /// Done, and everything else in its scope with it.
    EndScope,
    /// Compensate this activity, or else the scope; and wait for it, or else leave at once.
    Compensate(Option<ElementIndex>, bool),
    /// End everything in the transaction around, compensate it, and leave it by its cancel event.
    CancelTransaction,
}

/// Why an element cannot go on.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The model's or the data's fault: it waits for a person.
    Incident { code: String, message: String },
    /// A BPMN error, on its way to who catches it.
    Error { code: String, message: String },
}

pub(crate) type Acted = Result<Next, Fault>;

/// Whether tokens wait for each other before an element that several flows lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    None,
    /// For one on each flow.
    All,
    /// For all that can still come.
    Reachable,
    /// For as many as it says, and then for all that can still come.
    Activated,
}

/// How an element acts. What it does not say, it does not do: by default, what it waited for lets it leave.
pub(crate) trait Behavior {
    /// A token has entered.
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted;

    fn join(&self) -> Join {
        Join::None
    }

    /// It never waits, so nothing can interrupt it.
    fn is_instant(&self) -> bool {
        false
    }

    /// The job it creates, if it does.
    fn job(&self) -> Option<&JobSpec> {
        None
    }

    /// Its job is done; what the worker returned.
    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        run.leave_behind(here, returned);
        Ok(Next::Leave(None))
    }

    /// What it waits for, of events.
    fn catches(&self) -> Option<&CatchEvent> {
        None
    }

    /// It reaches beyond its own token, to others that may be about to wait for it, or to begin.
    fn is_far_reaching(&self) -> bool {
        false
    }

    /// Where a token goes on without a flow.
    fn jumps_to(&self) -> Option<ElementIndex> {
        None
    }

    /// What `target` waits for at `waiting` has come. Asked of a boundary event for its activity, of everything else for itself.
    fn caught<'r>(&'r self, _run: &mut Run<'r>, _waiting: Here<'r>, _target: ElementIndex, _by: Trigger) -> Acted {
        Ok(Next::Leave(None))
    }

    /// Everything that it set out to compensate is compensated.
    fn compensated<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }

    /// A person did it; the values are checked.
    fn user_task_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        run.leave_behind(here, variables);
        Ok(Next::Leave(None))
    }

    /// The instance it called has completed.
    fn child_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        run.leave_behind(here, variables);
        Ok(Next::Leave(None))
    }

    /// The deployed decision that it asked for is made.
    fn decided<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>, _output: Value) -> Acted {
        Ok(Next::Leave(None))
    }

    /// Whether it is told of everything that completes in it.
    fn asks_after_each(&self) -> bool {
        false
    }

    /// Something in it has completed, if it asks for that.
    fn something_completed<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Wait)
    }

    /// Nothing is alive in it any more.
    fn scope_emptied<'r>(&'r self, _run: &mut Run<'r>, _here: Here<'r>) -> Acted {
        Ok(Next::Leave(None))
    }
}

/// What has come for an event.
#[derive(Debug)]
pub(crate) enum Trigger {
    Timer(Schedule),
    Message(Variables),
    Signal(Variables),
    Condition,
    Error,
    Escalation,
}

impl Trigger {
    /// What it brings.
    pub fn variables(&self) -> Variables {
        match self {
            Trigger::Message(variables) | Trigger::Signal(variables) => variables.clone(),
            Trigger::Timer(_) | Trigger::Condition | Trigger::Error | Trigger::Escalation => Variables::new(),
        }
    }

    /// What the definition `target` of an event leaves behind of it.
    pub fn content(&self, event: Option<&CatchEvent>, target: ElementIndex) -> Variables {
        let definition = event.and_then(|event| event.definition(target));
        definition.map(|definition| definition.catch.content(self.variables())).unwrap_or_default()
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    StartEvent(StartEvent),
    EndEvent(end_event::EndEvent),
    IntermediateCatchEvent(intermediate_catch_event::IntermediateCatchEvent),
    IntermediateThrowEvent(intermediate_throw_event::IntermediateThrowEvent),
    BoundaryEvent(BoundaryEvent),
    Task(task::Task),
    UserTask(UserTask),
    ManualTask(manual_task::ManualTask),
    ServiceTask(service_task::ServiceTask),
    ScriptTask(script_task::ScriptTask),
    SendTask(send_task::SendTask),
    ReceiveTask(receive_task::ReceiveTask),
    BusinessRuleTask(business_rule_task::BusinessRuleTask),
    AgenticTask(agentic_task::AgenticTask),
    CallActivity(call_activity::CallActivity),
    SubProcess(SubProcess),
    AdHocSubProcess(AdHocSubProcess),
    ExclusiveGateway(exclusive_gateway::ExclusiveGateway),
    ParallelGateway(parallel_gateway::ParallelGateway),
    InclusiveGateway(inclusive_gateway::InclusiveGateway),
    EventBasedGateway(EventBasedGateway),
    ComplexGateway(ComplexGateway),
}

impl Kind {
    /// What stands where an element did not compile.
    pub fn nothing() -> Kind {
        Kind::Task(task::Task)
    }

    pub fn behavior(&self) -> &dyn Behavior {
        match self {
            Kind::StartEvent(it) => it,
            Kind::EndEvent(it) => it,
            Kind::IntermediateCatchEvent(it) => it,
            Kind::IntermediateThrowEvent(it) => it,
            Kind::BoundaryEvent(it) => it,
            Kind::Task(it) => it,
            Kind::UserTask(it) => it,
            Kind::ManualTask(it) => it,
            Kind::ServiceTask(it) => it,
            Kind::ScriptTask(it) => it,
            Kind::SendTask(it) => it,
            Kind::ReceiveTask(it) => it,
            Kind::BusinessRuleTask(it) => it,
            Kind::AgenticTask(it) => it,
            Kind::CallActivity(it) => it,
            Kind::SubProcess(it) => it,
            Kind::AdHocSubProcess(it) => it,
            Kind::ExclusiveGateway(it) => it,
            Kind::ParallelGateway(it) => it,
            Kind::InclusiveGateway(it) => it,
            Kind::EventBasedGateway(it) => it,
            Kind::ComplexGateway(it) => it,
        }
    }
}

/// What an element compiles to; none when the compiler has been told what is wrong with it.
pub(crate) fn compile(compiler: &mut Compiler, element: &model::Element) -> Option<Kind> {
    match &element.kind {
        ElementKind::StartEvent { trigger, .. } => {
            start_event::compile(compiler, element, trigger).map(Kind::StartEvent)
        }
        ElementKind::EndEvent { trigger } => end_event::compile(compiler, element, trigger).map(Kind::EndEvent),
        ElementKind::IntermediateCatchEvent { trigger } => {
            intermediate_catch_event::compile(compiler, element, trigger).map(Kind::IntermediateCatchEvent)
        }
        ElementKind::IntermediateThrowEvent { trigger } => {
            intermediate_throw_event::compile(compiler, element, trigger).map(Kind::IntermediateThrowEvent)
        }
        ElementKind::BoundaryEvent { trigger, cancel_activity, .. } => {
            boundary_event::compile(compiler, element, trigger, *cancel_activity).map(Kind::BoundaryEvent)
        }
        ElementKind::Activity(activity) => compile_activity(compiler, element, activity),
        ElementKind::Gateway(gateway) => match gateway {
            Gateway::Exclusive => Some(Kind::ExclusiveGateway(exclusive_gateway::ExclusiveGateway)),
            Gateway::Parallel => Some(Kind::ParallelGateway(parallel_gateway::ParallelGateway)),
            Gateway::Inclusive => Some(Kind::InclusiveGateway(inclusive_gateway::InclusiveGateway)),
            Gateway::EventBased { parallel, .. } => {
                let gateway = EventBasedGateway { is_parallel: *parallel };
                Some(Kind::EventBasedGateway(gateway))
            }
            Gateway::Complex { activation_condition } => {
                complex_gateway::compile(compiler, element, activation_condition).map(Kind::ComplexGateway)
            }
        },
        ElementKind::Artifact(_) => None,
    }
}

fn compile_activity(compiler: &mut Compiler, element: &model::Element, activity: &model::Activity) -> Option<Kind> {
    compiler.check_activity(element, activity)?;
    match &activity.kind {
        ActivityKind::Task if compiler.wire(element).is_some() => {
            send_task::compile_sending(compiler, element).map(Kind::SendTask)
        }
        ActivityKind::Task => Some(Kind::Task(task::Task)),
        ActivityKind::UserTask(task) => user_task::compile(compiler, element, activity, task).map(Kind::UserTask),
        ActivityKind::ManualTask => Some(Kind::ManualTask(manual_task::ManualTask)),
        ActivityKind::ServiceTask(task) => {
            service_task::compile(compiler, element, activity, task).map(Kind::ServiceTask)
        }
        ActivityKind::ScriptTask(task) => script_task::compile(compiler, element, activity, task).map(Kind::ScriptTask),
        ActivityKind::SendTask(task) => send_task::compile(compiler, element, activity, task).map(Kind::SendTask),
        ActivityKind::ReceiveTask(task) => {
            receive_task::compile(compiler, element, activity, task).map(Kind::ReceiveTask)
        }
        ActivityKind::BusinessRuleTask(task) => {
            business_rule_task::compile(compiler, element, activity, task).map(Kind::BusinessRuleTask)
        }
        ActivityKind::AgenticTask(task) => {
            agentic_task::compile(compiler, element, activity, task).map(Kind::AgenticTask)
        }
        ActivityKind::CallActivity(call) => call_activity::compile(compiler, element, call).map(Kind::CallActivity),
        ActivityKind::SubProcess(sub_process) => compile_sub_process(compiler, element, sub_process),
    }
}

fn compile_sub_process(
    compiler: &mut Compiler,
    element: &model::Element,
    sub_process: &model::SubProcess,
) -> Option<Kind> {
    match &sub_process.kind {
        SubProcessKind::AdHoc { is_sequential, completion_condition, cancel_remaining_instances } => {
            let rules = ad_hoc_sub_process::Rules {
                is_sequential: *is_sequential,
                completion_condition,
                cancel_remaining: *cancel_remaining_instances,
            };
            ad_hoc_sub_process::compile(compiler, element, sub_process, rules).map(Kind::AdHocSubProcess)
        }
        SubProcessKind::Embedded | SubProcessKind::Event | SubProcessKind::Transaction => {
            Some(Kind::SubProcess(sub_process::compile(compiler, sub_process)))
        }
    }
}
