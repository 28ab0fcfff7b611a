//! What each element writes and asks for.

use super::script::{self, Script};
use crate::expression::Expression;
use crate::process::Choice;
use crate::proof::picture::Picture;
use crate::template::Template;
use crate::{ElementIndex, FlowIndex};
use model::{Activity, ActivityKind, Custom, ElementKind, MessageTrigger, ScriptFormat, SubProcessKind, Trigger};
use serde_json::Value;
use std::collections::HashSet;

/// How a variable comes to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// As the result of something: nobody gives it at the start.
    Result,
    /// By a script or a mapping.
    Set,
    /// By a person, as a field of a form, who may be correcting what was given at the start.
    Field,
}

/// What else an element may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Beside {
    #[default]
    Nothing,
    /// What a worker adds to its result.
    Something,
    /// What comes from outside: it may be any variable.
    Anything,
}

/// Of one element.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub writes: Vec<(String, Sort)>,
    pub beside: Beside,
    /// When it is entered.
    pub reads: HashSet<String>,
    /// It can do without these, and says so.
    pub guards: HashSet<String>,
    /// It asks for these at some time, perhaps after writing them.
    pub uses: HashSet<String>,
    /// Names that exist in it alone.
    pub own: HashSet<String>,
}

/// The variables that a condition asks for; those that it can do without, otherwise.
pub(super) fn asked_by<'p>(picture: &Picture<'p>, flow: FlowIndex) -> Result<Vec<&'p str>, Vec<&'p str>> {
    match &picture.process.flow(flow).choice {
        Choice::When(condition) if is_careful(condition.source()) => Err(condition.variables().collect()),
        Choice::When(condition) => Ok(condition.variables().collect()),
        Choice::Always | Choice::Default | Choice::Label(_) => Ok(Vec::new()),
    }
}

fn is_careful(text: &str) -> bool {
    ["default(", "default (", "null", "None", "len(", "count("].iter().any(|word| text.contains(word))
}

pub(super) fn of(picture: &Picture<'_>, index: ElementIndex) -> Facts {
    let element = picture.element(index);
    let mut facts = Facts::default();
    facts.own.extend(element.input_mappings.iter().map(|mapping| mapping.target.clone()));
    element.input_mappings.iter().for_each(|mapping| facts.asks(&mapping.source));
    match &element.kind {
        ElementKind::Activity(activity) => facts.activity(element, activity),
        ElementKind::IntermediateCatchEvent { trigger } | ElementKind::BoundaryEvent { trigger, .. } => {
            facts.caught(trigger);
        }
        ElementKind::IntermediateThrowEvent { trigger } | ElementKind::EndEvent { trigger } => facts.thrown(trigger),
        ElementKind::StartEvent { trigger, .. } => facts.started(trigger),
        ElementKind::Gateway(_) | ElementKind::Artifact(_) => {}
    }
    if !element.output_mappings.is_empty() {
        facts.keep_inside();
    }
    facts.writes.extend(element.output_mappings.iter().map(|mapping| (mapping.target.clone(), Sort::Set)));
    facts
}

impl Facts {
    fn result(&mut self, name: &str) {
        self.writes.push((name.to_owned(), Sort::Result));
    }

    /// Its output mappings, or the collection of its output, choose what leaves it.
    fn keep_inside(&mut self) {
        self.own.extend(self.writes.drain(..).map(|(name, _)| name));
        self.beside = Beside::Nothing;
    }

    fn asks(&mut self, expression: &str) {
        let Ok(compiled) = Expression::compile(expression) else { return };
        self.asked(compiled.variables(), is_careful(expression));
    }

    fn fills(&mut self, template: &str) {
        if !template.contains("${") && !template.trim_start().starts_with('=') {
            return;
        }
        let Ok(compiled) = Template::compile(template) else { return };
        self.asked(compiled.variables(), is_careful(template));
    }

    fn asked<'n>(&mut self, names: impl Iterator<Item = &'n str>, is_careful: bool) {
        let into = if is_careful { &mut self.guards } else { &mut self.reads };
        into.extend(names.map(str::to_owned));
    }

    fn activity(&mut self, element: &model::Element, activity: &Activity) {
        let result = |default: String| activity.result_variable.clone().unwrap_or(default);
        match &activity.kind {
            ActivityKind::Task | ActivityKind::ManualTask => {}
            ActivityKind::UserTask(task) => self.user_task(&element.id, activity, task),
            ActivityKind::ServiceTask(_) => self.job(element, &result("result".to_owned())),
            ActivityKind::ScriptTask(task) => {
                self.result(&result("scriptResult".to_owned()));
                self.script(task);
            }
            ActivityKind::SendTask(task) => {
                [&task.to, &task.subject, &task.body].into_iter().flatten().for_each(|text| self.fills(text));
                self.message_sent(&task.message);
                if task.message_type != model::MessageType::Message {
                    self.beside = Beside::Something;
                    activity.result_variable.iter().for_each(|name| self.result(name));
                }
            }
            ActivityKind::ReceiveTask(task) => {
                let name = task.message.result_variable.as_ref().or(activity.result_variable.as_ref());
                self.content(name.map(String::as_str), &task.message);
            }
            ActivityKind::BusinessRuleTask(task) => {
                self.job(element, &result("result".to_owned()));
                match task {
                    model::BusinessRuleTask::Decision { decision_ref, .. } => {
                        self.fills(decision_ref);
                        self.beside = Beside::Nothing;
                    }
                    model::BusinessRuleTask::Rules(_) => self.beside = Beside::Nothing,
                    model::BusinessRuleTask::External => {}
                }
            }
            ActivityKind::AgenticTask(task) => {
                self.job(element, &result(format!("{}_result", element.id)));
                task.system_prompt.iter().for_each(|text| self.fills(text));
                ["confidence", "toolCalls", "usage"].iter().for_each(|name| self.result(name));
            }
            ActivityKind::CallActivity(call) => {
                self.fills(&call.called_element);
                let inherits = call.inherit_variables;
                self.beside = if inherits { Beside::Anything } else { Beside::Nothing };
            }
            ActivityKind::SubProcess(inner) => {
                if matches!(inner.kind, SubProcessKind::AdHoc { .. }) {
                    self.beside = Beside::Anything;
                }
            }
        }
        self.repetition(activity);
    }

    fn repetition(&mut self, activity: &Activity) {
        let Some(model::Repetition::MultiInstance(instances)) = &activity.repetition else { return };
        self.own.extend(instances.input_element.clone());
        [&instances.cardinality, &instances.input_collection].into_iter().flatten().for_each(|text| self.asks(text));
        if let Some(collection) = &instances.output_collection {
            self.keep_inside();
            self.result(collection);
        }
    }

    fn user_task(&mut self, id: &str, activity: &Activity, task: &model::UserTask) {
        let texts = [&task.assignee, &task.priority, &task.due_date].into_iter().flatten();
        texts.chain(&task.candidate_groups).chain(&task.candidate_users).for_each(|text| self.fills(text));
        if let Some(name) = &activity.result_variable {
            return self.result(name);
        }
        self.result(&format!("{id}_decision"));
        self.result(&format!("{id}_comments"));
        self.writes.extend(task.form_fields.iter().map(|field| (field.name.clone(), Sort::Field)));
        self.beside = if task.form_fields.is_empty() { Beside::Anything } else { Beside::Something };
    }

    fn job(&mut self, element: &model::Element, result: &str) {
        self.result(result);
        self.beside = Beside::Something;
        self.custom(&element.custom);
    }

    fn custom(&mut self, custom: &Custom) {
        let mut open: Vec<&Value> = custom.values().collect();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => self.fills(text),
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => open.extend(fields.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
    }

    fn script(&mut self, task: &model::ScriptTask) {
        match task.format {
            ScriptFormat::Python | ScriptFormat::JavaScript => {
                let Script { sets, reads, uses, guards, is_opaque } = script::read(&task.script);
                self.writes.extend(sets.into_iter().map(|name| (name, Sort::Set)));
                self.reads.extend(reads);
                self.uses.extend(uses);
                self.guards.extend(guards);
                self.beside = if is_opaque { Beside::Anything } else { Beside::Nothing };
            }
            ScriptFormat::Expression => self.asks(&task.script),
            ScriptFormat::Feel => self.asks(&format!("={}", task.script.trim_start().trim_start_matches('='))),
        }
    }

    fn content(&mut self, result_variable: Option<&str>, message: &MessageTrigger) {
        message.correlation_key.iter().for_each(|key| self.fills(key));
        match result_variable {
            Some(name) => self.result(name),
            None => self.beside = Beside::Anything,
        }
    }

    fn caught(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::Message(message) => self.content(message.result_variable.as_deref(), message),
            Trigger::Signal { .. } => self.beside = Beside::Anything,
            Trigger::Error { .. } => self.beside = self.beside.max(Beside::Something),
            Trigger::Multiple { triggers, .. } => triggers.iter().for_each(|trigger| self.caught(trigger)),
            Trigger::Timer(timer) => {
                let (model::Timer::Duration(text) | model::Timer::Date(text) | model::Timer::Cycle(text)) = timer;
                self.fills(text);
            }
            Trigger::None
            | Trigger::Escalation { .. }
            | Trigger::Compensation { .. }
            | Trigger::Conditional { .. }
            | Trigger::Link { .. }
            | Trigger::Cancel
            | Trigger::Terminate => {}
        }
    }

    fn thrown(&mut self, trigger: &Trigger) {
        match trigger {
            Trigger::Message(message) => self.message_sent(message),
            Trigger::Signal { signal_ref } => self.fills(signal_ref),
            // What is undone may write.
            Trigger::Compensation { .. } | Trigger::Cancel => self.beside = Beside::Anything,
            Trigger::Multiple { triggers, .. } => triggers.iter().for_each(|trigger| self.thrown(trigger)),
            Trigger::None
            | Trigger::Timer(_)
            | Trigger::Error { .. }
            | Trigger::Escalation { .. }
            | Trigger::Conditional { .. }
            | Trigger::Link { .. }
            | Trigger::Terminate => {}
        }
    }

    fn message_sent(&mut self, message: &MessageTrigger) {
        message.correlation_key.iter().for_each(|key| self.fills(key));
    }

    /// What a start event brings is as unknown as what an instance is started with.
    fn started(&mut self, trigger: &Trigger) {
        if let Trigger::Message(MessageTrigger { result_variable: Some(name), .. }) = trigger {
            self.result(name);
        }
    }
}
