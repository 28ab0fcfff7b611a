//! What the world does about each effect.

use super::messages::Publication;
use super::workers::UserTask;
use super::world::{Due, World};
use crate::command::{Decided, Start};
use crate::decide::{self, Refused};
use crate::instance::Parent;
use crate::{CommandKind, Effect, InstanceId, Key, Timestamp, Variables};
use std::sync::Arc;

impl World<'_> {
    pub(super) fn act(&mut self, run: usize, effect: Effect) {
        match effect {
            Effect::CreateJob { key, attempt, job_type, .. } => self.open_job(run, key, attempt, job_type),
            Effect::RemoveJob { key, attempt, .. } => {
                self.jobs.retain(|job| (job.run, job.key, job.attempt) != (run, key, attempt));
                self.unplan(run, &Due::Answer { key, attempt });
                self.unplan(run, &Due::Retry { key });
            }
            Effect::ScheduleRetry { key, due } => self.plan(run, due, Due::Retry { key }),
            Effect::ScheduleTimer { key, target, due } => self.plan(run, due, Due::Timer { key, target }),
            Effect::CancelTimer { key, target } => self.unplan(run, &Due::Timer { key, target }),
            Effect::OpenSubscription { key, target, message_name, correlation_key } => {
                self.subscribe(run, key, target, message_name, correlation_key);
            }
            Effect::CloseSubscription { key, target } => {
                self.subscriptions.retain(|open| (open.run, open.key, open.target) != (run, key, target));
            }
            // The state knows who listens.
            Effect::OpenSignalSubscription { .. } | Effect::CloseSignalSubscription { .. } => {}
            Effect::BroadcastSignal { signal_name, variables } => self.broadcast(&signal_name, &variables, Some(run)),
            Effect::OpenUserTask { key, .. } => self.open_user_task(UserTask { run, key }),
            Effect::CloseUserTask { key, .. } => {
                self.user_tasks.retain(|task| (task.run, task.key) != (run, key));
                self.unplan(run, &Due::Answer { key, attempt: super::workers::PERSON });
            }
            Effect::StartChild { key, child, called_element, variables, depth, .. } => {
                self.start_child(run, key, child, &called_element, variables, depth);
            }
            Effect::EvaluateDecision { key, decision_id, variables, now, .. } => {
                let answer = match self.decide(&decision_id, &variables, now) {
                    Ok(decided) => CommandKind::CompleteDecision { key, decided },
                    Err(Refused { code, message }) => {
                        CommandKind::RefuseDecision { key, code: code.to_owned(), message }
                    }
                };
                self.queue.push_back((run, answer));
            }
            Effect::CancelChild { child } => {
                if let Some(child) = self.run_of(child) {
                    self.queue.push_back((child, CommandKind::Cancel { reason: None }));
                }
            }
            Effect::CompleteParent { parent, variables } => {
                self.tell_parent(run, parent, |key, child| CommandKind::CompleteChild { key, child, variables })
            }
            Effect::FailParent { parent, code, message } => {
                self.tell_parent(run, parent, |key, child| CommandKind::FailChild { key, child, code, message })
            }
            Effect::EscalateParent { parent, code } => {
                self.tell_parent(run, parent, |key, child| CommandKind::EscalateChild { key, child, code })
            }
            Effect::PublishMessage { message_name, correlation_key, business_key, variables } => {
                self.publish_from_process(Publication { name: message_name, correlation_key, business_key, variables });
            }
            Effect::Continue => self.queue.push_back((run, CommandKind::Continue)),
            // The state knows them; nobody outside is told here.
            Effect::RaiseIncident { .. } | Effect::CloseIncident { .. } => {}
        }
    }

    fn start_child(
        &mut self,
        run: usize,
        key: Key,
        child: InstanceId,
        called_element: &str,
        variables: Variables,
        depth: u32,
    ) {
        let Some(process) = self.process_named(called_element) else {
            let message = format!("no process `{called_element}` is deployed");
            let refusal = CommandKind::RefuseChild { key, code: "UNKNOWN_PROCESS".to_owned(), message };
            return self.queue.push_back((run, refusal));
        };
        let parent = self.runs.get(run).map(|run| Parent { instance: run.instance.id, element: key, depth });
        self.start(process, Some(child), Start { variables, parent, ..Start::default() });
    }

    /// The only version of it that there is.
    fn decide(&self, decision_id: &str, variables: &Variables, now: Timestamp) -> Result<Decided, Refused> {
        let knows = |file: &&Arc<decision::Compiled>| file.ids().any(|id| id == decision_id);
        match self.decisions.iter().find(knows) {
            Some(file) => decide::decide(file, decision_id, 1, variables, now),
            None => Err(Refused::unknown(&format!("`{decision_id}`"))),
        }
    }

    fn tell_parent(&mut self, run: usize, parent: Parent, command: impl FnOnce(Key, InstanceId) -> CommandKind) {
        let child = self.runs.get(run).map(|run| run.instance.id);
        if let (Some(caller), Some(child)) = (self.run_of(parent.instance), child) {
            self.queue.push_back((caller, command(parent.element, child)));
        }
    }
}
