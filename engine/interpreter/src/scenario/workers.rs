//! Who does the work: jobs and user tasks, and how the scenario answers them.

use super::file::{Answer, Detailed, Word};
use super::world::{Due, World};
use crate::expression::{ExpressionError, Scope};
use crate::template::Template;
use crate::variables::View;
use crate::{CommandKind, Key, Variables, time};
use serde_json::Value;

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
            Answer::Detailed(answer) => {
                match answer.after.as_deref().map(|after| time::after_duration(after, self.now)) {
                    Some(Ok(due)) => self.plan(run, due, Due::Answer { key, attempt }),
                    Some(Err(error)) => self.faults.push(format!("workers: after: {error}")),
                    None => self.give(&job, &answer),
                }
            }
        }
    }

    /// A delayed answer is due.
    pub(super) fn answer_now(&mut self, run: usize, key: Key, attempt: u32) {
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
        let &Job { key, attempt, .. } = job;
        let fails = answer.fail.as_ref().filter(|failure| failure.times.is_none_or(|times| attempt <= times));
        let kind = if let Some(failure) = fails {
            let message = failure.message.clone();
            CommandKind::FailJob { key, attempt, message, retryable: failure.retryable, retry_after_ms: None }
        } else if let Some(error) = &answer.error {
            let (code, message) = (error.code.clone(), error.message.clone());
            match self.fill(job.run, key, &error.variables) {
                Ok(variables) => CommandKind::ThrowJobError { key, attempt, code, message, variables },
                Err(error) => return self.faults.push(format!("workers: {error}")),
            }
        } else {
            match self.fill(job.run, key, answer.complete.as_ref().unwrap_or(&Variables::new())) {
                Ok(variables) => CommandKind::CompleteJob { key, attempt, variables },
                Err(error) => return self.faults.push(format!("workers: {error}")),
            }
        };
        self.queue.push_back((job.run, kind));
    }

    /// A user task answers itself when `workers` names its element.
    pub(super) fn open_user_task(&mut self, task: UserTask) {
        let answer = self.workers.get(self.id_of(task.run, task.key)).cloned();
        let UserTask { run, key } = task;
        self.user_tasks.push(task);
        let variables = match answer {
            None | Some(Answer::Word(Word::Hold)) => return,
            Some(Answer::Word(Word::Complete)) => Variables::new(),
            Some(Answer::Detailed(answer)) => answer.complete.unwrap_or_default(),
        };
        match self.fill(run, key, &variables) {
            Ok(variables) => self.queue.push_back((run, CommandKind::CompleteUserTask { key, variables, by: None })),
            Err(error) => self.faults.push(format!("workers: {error}")),
        }
    }

    /// The variables of an answer, texts with `${…}` filled from what the element sees.
    fn fill(&self, run: usize, key: Key, variables: &Variables) -> Result<Variables, ExpressionError> {
        let Some(run) = self.runs.get(run) else { return Ok(variables.clone()) };
        let view = View { process: &self.processes[run.process], instance: &run.instance, key, now: self.now };
        let filled = variables.iter().map(|(name, value)| Ok((name.clone(), fill_value(value, &view)?)));
        filled.collect()
    }
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
