//! What activities order from others, jobs, people, decisions and other instances, and how it is called off.

use super::{Here, Run};
use crate::effect::UserTask;
use crate::elements::JobSpec;
use crate::variables::visible;
use crate::{Effect, EventKind, Key};

impl<'r> Run<'r> {
    pub fn create_job(&mut self, here: Here<'r>, spec: &'r JobSpec) {
        let (key, job_type) = (here.key, spec.job_type.clone());
        self.emit(EventKind::JobCreated { key, job_type, retries: spec.retries });
        self.send_job(key, 1, spec);
    }

    fn send_job(&mut self, key: Key, attempt: u32, spec: &JobSpec) {
        let JobSpec { job_type, timeout_ms, priority, .. } = spec;
        self.effect(Effect::CreateJob {
            key,
            attempt,
            job_type: job_type.clone(),
            timeout_ms: *timeout_ms,
            priority: *priority,
        });
    }

    /// The next attempt, with `retries` (0: as many as are left, or as the element says).
    pub fn retry_job(&mut self, here: Here<'r>, retries: u32) {
        let Some(spec) = here.element.kind.behavior().job() else { return };
        let Some(job) = self.instance.element(here.key).and_then(|element| element.job.as_ref()) else { return };
        let attempt = job.attempt + 1;
        let retries_left = [retries, job.retries_left, spec.retries, 1].into_iter().find(|left| *left > 0).unwrap_or(1);
        self.emit(EventKind::JobRetried { key: here.key, attempt, retries_left });
        self.send_job(here.key, attempt, spec);
    }

    pub fn open_user_task(&mut self, here: Here<'r>, task: UserTask) {
        self.emit(EventKind::UserTaskCreated { key: here.key, task: task.clone() });
        self.effect(Effect::OpenUserTask { key: here.key, task });
    }

    /// Asks for a deployed decision, with everything that the element sees.
    pub fn ask_decision(&mut self, here: Here<'r>, decision_id: String, binding: model::Binding) {
        let (key, now) = (here.key, self.now);
        let variables = visible(self.instance, key);
        self.emit(EventKind::DecisionRequested { key, decision_id: decision_id.clone() });
        self.effect(Effect::EvaluateDecision { key, decision_id, binding, variables, now });
    }

    /// Calls off what `key` has ordered and has not got yet.
    pub fn cancel_work(&mut self, key: Key) {
        let Some(element) = self.instance.element(key) else { return };
        let (attempt, child, user_task) =
            (element.job.as_ref().map(|job| (job.attempt, job.is_open())), element.child, element.user_task);
        let question = element.job.as_ref().and_then(|job| job.question.as_ref()).map(|question| question.task);
        if element.decision.is_some() {
            // Its answer will find nobody who waits.
            self.emit(EventKind::DecisionWithdrawn { key });
        }
        if let Some(task) = question {
            self.emit(EventKind::UserTaskCanceled { key: task });
            self.effect(Effect::CloseUserTask { key: task, completed: false });
        }
        if let Some((attempt, is_open)) = attempt {
            self.emit(EventKind::JobCanceled { key });
            self.effect(Effect::RemoveJob { key, attempt, tell_worker: is_open });
        }
        if user_task {
            self.emit(EventKind::UserTaskCanceled { key });
            self.effect(Effect::CloseUserTask { key, completed: false });
        }
        if let Some(child) = child {
            self.emit(EventKind::ChildEnded { key, child });
            self.effect(Effect::CancelChild { child });
        }
    }
}
