//! Jobs that wait for a person: the question, and the answers that the next attempts are given.

use crate::instance::{Answer, Job, OpenQuestion};
use crate::limits::{ANSWERS_OF_A_JOB, BYTES_OF_ANSWERS};
use crate::{EventKind, Instance, Key, effect::UserTask};

pub(super) fn apply(instance: &mut Instance, kind: &EventKind) {
    match kind {
        EventKind::JobAsked { key, question, task, .. } => {
            instance.next_key = instance.next_key.max(task.0 + 1);
            instance.questions.insert(*task, *key);
            let (id, title) = (question.clone(), String::new());
            let asked = OpenQuestion { id, task: *task, title, form_fields: Vec::new() };
            instance.change_job(*key, |job| job.question = Some(asked));
        }
        EventKind::JobAnswered { key, answer } => {
            instance.close_question(*key);
            instance.change_job(*key, |job| keep(job, answer));
        }
        _ => {}
    }
}

/// What the person is shown: the form decides what an answer must be.
pub(super) fn describe(instance: &mut Instance, asker: Key, task: &UserTask) {
    instance.change_job(asker, |job| {
        if let Some(question) = &mut job.question {
            question.title.clone_from(&task.name);
            question.form_fields.clone_from(&task.form_fields);
        }
    });
}

impl Instance {
    pub(super) fn close_question(&mut self, key: Key) {
        let open = |job: &Job| job.question.as_ref().map(|question| question.task);
        if let Some(task) = self.element(key).and_then(|element| element.job.as_ref()).and_then(open) {
            self.questions.remove(&task);
            self.change_job(key, |job| job.question = None);
        }
    }
}

/// The newest, as many as a job may carry.
fn keep(job: &mut Job, answer: &Answer) {
    job.answers.retain(|kept| kept.question != answer.question);
    job.answers.push_back(answer.clone());
    let bytes = |job: &Job| job.answers.iter().map(size).sum::<usize>();
    while job.answers.len() > 1 && (job.answers.len() > ANSWERS_OF_A_JOB || bytes(job) > BYTES_OF_ANSWERS) {
        job.answers.pop_front();
    }
}

fn size(answer: &Answer) -> usize {
    answer.values.as_ref().map_or(0, |values| serde_json::to_string(values).map_or(0, |text| text.len()))
}
