//! A job asks a person in the midst of its work, and goes on with the answer.
//!
//! The worker's attempt is over when it has asked: it holds nothing while a person thinks, for days if need be. The answer, or
//! that nobody has answered in time, begins the next attempt, which is none of the job's retries. The question is a
//! task like any other, under a key of its own, so that what was meant for one question never answers the next.

use super::{job, not_awaited, reject};
use crate::command::Question;
use crate::effect::{AskedInJob, UserTask};
use crate::instance::{Answer, OpenQuestion};
use crate::limits::{BYTES_OF_ANSWERS, FIELDS_OF_A_QUESTION};
use crate::run::{Here, Run};
use crate::time::Schedule;
use crate::{Effect, ElementIndex, EventKind, Key, Rejection, RejectionCode, Timestamp, Variables, form};
use std::collections::HashSet;

pub(super) fn ask(run: &mut Run<'_>, key: Key, attempt: u32, question: Question) -> Result<(), Rejection> {
    let (here, _) = job::find_open(run, key, attempt)?;
    if let Err(message) = check(&question) {
        job::end_attempt(run, key, attempt, &message);
        run.raise_incident(key, "QUESTION_INVALID", message);
        return Ok(());
    }
    let task = run.fresh_key();
    let due = question.expires_after_ms.map(|wait| Timestamp(run.now.0.saturating_add_unsigned(wait)));
    run.emit(EventKind::JobAsked { key, attempt, question: question.id.clone(), task });
    run.effect(Effect::RemoveJob { key, attempt, tell_worker: false });
    let shown = shown(question, here, due);
    run.emit(EventKind::UserTaskCreated { key: task, task: shown.clone() });
    run.effect(Effect::OpenUserTask { key: task, task: shown });
    if let Some(due) = due {
        run.set_timer(key, here.element.index, Schedule { due, repetitions_left: Some(0) });
    }
    Ok(())
}

/// A worker that asks what nobody can be shown has a bug.
fn check(question: &Question) -> Result<(), String> {
    let mut names = HashSet::new();
    if question.id.is_empty() || question.title.trim().is_empty() {
        return Err("a question has an id and a title".to_owned());
    }
    if question.form_fields.len() > FIELDS_OF_A_QUESTION {
        return Err(format!("a question has at most {FIELDS_OF_A_QUESTION} fields"));
    }
    match question.form_fields.iter().find(|field| field.name.is_empty() || !names.insert(&field.name)) {
        Some(field) => Err(format!("the fields of a question have names of their own; `{}` is none", field.name)),
        None => Ok(()),
    }
}

fn shown(question: Question, here: Here<'_>, due: Option<Timestamp>) -> UserTask {
    let Question { id, text, data, .. } = question;
    UserTask {
        element: Some(here.element.index),
        name: question.title,
        is_manual: false,
        assignee: question.assignee,
        candidate_groups: question.candidate_groups,
        candidate_users: question.candidate_users,
        priority: question.priority,
        due,
        form_fields: question.form_fields,
        question: Some(AskedInJob { element_instance: here.key, id, text, data }),
    }
}

/// A person has done the task under which job `key` asks.
pub(super) fn answer(
    run: &mut Run<'_>,
    key: Key,
    task: Key,
    submitted: &Variables,
    by: Option<String>,
) -> Result<(), Rejection> {
    let (here, question) = find_open(run, key, task)?;
    let expires = due(run, here);
    if expires.is_some_and(|expires| expires <= run.now) {
        return Err(reject(RejectionCode::NotFound, "the time for an answer is over"));
    }
    let values = form::check(&question.form_fields, submitted).map_err(|why| reject(RejectionCode::Invalid, why))?;
    let size = serde_json::to_string(&values).map_or(usize::MAX, |text| text.len());
    if size > BYTES_OF_ANSWERS {
        let message = format!("the answer has {size} bytes; {BYTES_OF_ANSWERS} are allowed");
        return Err(reject(RejectionCode::LimitExceeded, message));
    }
    run.emit(EventKind::UserTaskCompleted { key: task, by: by.clone() });
    run.effect(Effect::CloseUserTask { key: task, completed: true });
    let answer = Answer { question: question.id, values: Some(values), by, at: run.now, expires };
    go_on(run, here, answer);
    Ok(())
}

/// Nobody has answered in time.
pub(super) fn expire(run: &mut Run<'_>, key: Key, target: ElementIndex) -> Result<(), Rejection> {
    let task = open(run, key).map(|question| question.task);
    let Some(task) = task else { return Err(not_awaited(run, target, "timer")) };
    let (here, question) = find_open(run, key, task)?;
    run.emit(EventKind::TimerFired { key, target });
    run.emit(EventKind::UserTaskCanceled { key: task });
    run.effect(Effect::CloseUserTask { key: task, completed: false });
    let answer = Answer { question: question.id, values: None, by: None, at: run.now, expires: None };
    go_on(run, here, answer);
    Ok(())
}

/// Whether this is the timer of a question: an element that has a job waits for no timer of its own.
pub(super) fn is_expiry(run: &Run<'_>, key: Key, target: ElementIndex) -> bool {
    run.instance.element(key).is_some_and(|element| element.element == target) && open(run, key).is_some()
}

fn go_on(run: &mut Run<'_>, here: Here<'_>, answer: Answer) {
    run.emit(EventKind::JobAnswered { key: here.key, answer });
    run.stop_waiting_for(here.key, here.element.index);
    if let Some(here) = run.here(here.key) {
        run.retry_job(here, 0);
    }
}

fn open<'i>(run: &'i Run<'_>, key: Key) -> Option<&'i OpenQuestion> {
    run.instance.element(key)?.job.as_ref()?.question.as_ref()
}

fn find_open<'r>(run: &Run<'r>, key: Key, task: Key) -> Result<(Here<'r>, OpenQuestion), Rejection> {
    let here = super::find(run, key)?;
    let question = open(run, key).filter(|question| question.task == task).cloned();
    let message = || format!("the job of {} does not ask this", here.element.id);
    Ok((here, question.ok_or_else(|| reject(RejectionCode::NotFound, message()))?))
}

fn due(run: &Run<'_>, here: Here<'_>) -> Option<Timestamp> {
    Some(run.instance.element(here.key)?.waits.timers.get(&here.element.index)?.due)
}

#[cfg(test)]
#[path = "question_tests.rs"]
mod tests;
