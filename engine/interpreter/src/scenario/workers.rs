//! Who does the work: jobs and user tasks, and how the scenario answers them.

use super::file::{Answer, Detailed, Word};
use super::world::{Due, World};
use crate::expression::{ExpressionError, Scope};
use crate::template::Template;
use crate::variables::View;
use crate::{CommandKind, Key, Timestamp, Variables, time};
use serde_json::Value;

/// In the place of an attempt, where a person's task and not a job is answered. Attempts count from 1.
pub(super) const PERSON: u32 = 0;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    pub run: usize,
    pub key: Key,
    pub attempt: u32,
    pub job_type: String,
}

/// A user task or manual task that is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UserTask {
    pub run: usize,
    pub key: Key,
}

impl World<'_> {
    pub(super) fn open_job(&mut self, run: usize, key: Key, attempt: u32, job_type: String) {
        let job = Job { run, key, attempt, job_type };
        let answer = self.answer_for(&job);
        self.jobs.push(job.clone());
        match answer {
            Answer::Word(Word::Hold) => {}
            Answer::Word(Word::Complete) => self.give(&job, &Detailed::default()),
            Answer::Detailed(answer) => match self.due(&answer) {
                Some(Ok(due)) => self.plan(run, due, Due::Answer { key, attempt }),
                Some(Err(error)) => self.faults.push(format!("workers: after: {error}")),
                None => self.give(&job, &answer),
            },
        }
    }

    /// A delayed answer is due.
    pub(super) fn answer_now(&mut self, run: usize, key: Key, attempt: u32) {
        if attempt == PERSON {
            let Some(Answer::Detailed(answer)) = self.workers.get(self.id_of(run, key)).cloned() else { return };
            if self.user_tasks.contains(&UserTask { run, key }) {
                self.do_user_task(&UserTask { run, key }, &answer);
            }
            return;
        }
        let wanted = (run, key, attempt);
        let Some(job) = self.jobs.iter().find(|job| (job.run, job.key, job.attempt) == wanted).cloned() else { return };
        if let Answer::Detailed(answer) = self.answer_for(&job) {
            self.give(&job, &answer);
        }
    }

    fn answer_for(&self, job: &Job) -> Answer {
        let by_element = self.workers.get(self.id_of(job.run, job.key));
        by_element.or_else(|| self.workers.get(&job.job_type)).cloned().unwrap_or(Answer::Word(Word::Complete))
    }

    fn give(&mut self, job: &Job, answer: &Detailed) {
        let &Job { run, key, attempt, .. } = job;
        let Some(state) = self.runs.get(run) else { return };
        let view = View { process: &self.processes[state.process], instance: &state.instance, key, now: self.now };
        let kind = match reply(answer, attempt, &view) {
            Ok(Reply::Complete(variables)) => CommandKind::CompleteJob { key, attempt, variables },
            Ok(Reply::Fail { message, retryable }) => {
                CommandKind::FailJob { key, attempt, message, retryable, retry_after_ms: None }
            }
            Ok(Reply::Error { code, message, variables }) => {
                CommandKind::ThrowJobError { key, attempt, code, message, variables }
            }
            Err(error) => return self.faults.push(format!("workers: {error}")),
        };
        self.queue.push_back((run, kind));
    }

    /// A user task answers itself when `workers` names its element.
    pub(super) fn open_user_task(&mut self, task: UserTask) {
        let answer = self.workers.get(self.id_of(task.run, task.key)).cloned();
        self.user_tasks.push(task.clone());
        match answer {
            None | Some(Answer::Word(Word::Hold)) => {}
            Some(Answer::Word(Word::Complete)) => self.do_user_task(&task, &Detailed::default()),
            Some(Answer::Detailed(answer)) => match self.due(&answer) {
                Some(Ok(due)) => self.plan(task.run, due, Due::Answer { key: task.key, attempt: PERSON }),
                Some(Err(error)) => self.faults.push(format!("workers: after: {error}")),
                None => self.do_user_task(&task, &answer),
            },
        }
    }

    fn do_user_task(&mut self, task: &UserTask, answer: &Detailed) {
        let &UserTask { run, key } = task;
        let Some(state) = self.runs.get(run) else { return };
        let view = View { process: &self.processes[state.process], instance: &state.instance, key, now: self.now };
        match reply(answer, PERSON, &view) {
            Ok(Reply::Complete(variables)) => {
                self.queue.push_back((run, CommandKind::CompleteUserTask { key, variables, by: None }));
            }
            Ok(Reply::Fail { .. } | Reply::Error { .. }) => {
                let id = self.id_of(run, key).to_owned();
                self.faults.push(format!("workers.{id}: a person's task can be completed or held, not fail"));
            }
            Err(error) => self.faults.push(format!("workers: {error}")),
        }
    }

    fn due(&self, answer: &Detailed) -> Option<Result<Timestamp, time::TimeError>> {
        answer.after.as_deref().map(|after| time::after_duration(after, self.now))
    }
}

/// What a worker answers to one attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Complete(Variables),
    Fail { message: String, retryable: bool },
    Error { code: String, message: String, variables: Variables },
}

/// The answer to this attempt (from 1), with texts that have `${…}` filled from what the element sees.
pub fn reply(answer: &Detailed, attempt: u32, scope: &dyn Scope) -> Result<Reply, ExpressionError> {
    let fails = answer.fail.as_ref().filter(|failure| failure.times.is_none_or(|times| attempt <= times));
    if let Some(failure) = fails {
        return Ok(Reply::Fail { message: failure.message.clone(), retryable: failure.retryable });
    }
    if let Some(error) = &answer.error {
        let (code, message) = (error.code.clone(), error.message.clone());
        return Ok(Reply::Error { code, message, variables: fill(&error.variables, scope)? });
    }
    let variables = answer.complete.as_ref().map(|variables| fill(variables, scope));
    Ok(Reply::Complete(variables.transpose()?.unwrap_or_default()))
}

fn fill(variables: &Variables, scope: &dyn Scope) -> Result<Variables, ExpressionError> {
    variables.iter().map(|(name, value)| Ok((name.clone(), fill_value(value, scope)?))).collect()
}

fn fill_value(value: &Value, scope: &dyn Scope) -> Result<Value, ExpressionError> {
    match value {
        Value::String(text) if text.contains("${") => Template::compile(text)?.evaluate(scope),
        Value::Array(items) => items.iter().map(|item| fill_value(item, scope)).collect(),
        Value::Object(fields) => {
            let filled = fields.iter().map(|(name, value)| Ok((name.clone(), fill_value(value, scope)?)));
            filled.collect::<Result<_, ExpressionError>>().map(Value::Object)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
    }
}
