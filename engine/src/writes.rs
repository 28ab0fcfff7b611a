//! What the steps of one batch leave to be written, in the end: effects are orders in time, rows are their sum. What was
//! created and taken back within the batch is never written.

use crate::{
    convert, order_id,
    request::{Addressed, Order},
    seeded::{Bug, is_sown},
    slot::Slot,
};
use interpreter::{Effect, ElementIndex, InstanceId, InstanceState, Key, Timestamp, effect::UserTask};
use prost::Message;
use std::collections::BTreeMap;
use store::instance_migration::{AllMoved, Migration, Migrations, Moved};
use store::{job, message_subscription as subscription, signal, timer};
use uuid::Uuid;

#[derive(Default)]
pub struct Writes {
    pub jobs: BTreeMap<(Uuid, i64), job::Job>,
    pub ended_jobs: job::Attempts,
    /// Of `ended_jobs`, those whose workers are to be told.
    pub canceled_jobs: Vec<(Uuid, i64, i32)>,
    pub timers: BTreeMap<(Uuid, i64, i32), timer::Timer>,
    pub ended_timers: timer::TimerIds,
    pub subscriptions: BTreeMap<(Uuid, i64, i32), subscription::Subscription>,
    pub ended_subscriptions: subscription::SubscriptionIds,
    pub signals: BTreeMap<(Uuid, i64, i32), signal::Subscription>,
    pub ended_signals: signal::SubscriptionIds,
    pub user_tasks: store::user_task::UserTasks,
    pub ended_user_tasks: store::user_task::ClosedTasks,
    pub incidents: BTreeMap<(Uuid, i64), store::incident::Incident>,
    pub ended_incidents: store::incident::IncidentIds,
    pub orders: Vec<Addressed>,
    pub answered: store::command_id::AnsweredCommands,
    pub audit: store::audit::Entries,
    /// Instances that have been suspended (true), or are not any more.
    pub suspended: BTreeMap<Uuid, bool>,
    /// What became of items of batches.
    pub batch_items: store::batch::EndedItems,
    pub migrations: Migrations,
    /// Where open user tasks and incidents stand by then.
    pub moved: AllMoved,
    /// By process: instances that began (active) and that ended.
    pub instances: BTreeMap<(String, InstanceState), u64>,
    pub raised_incidents: u64,
    pub completed_jobs: u64,
}

impl Writes {
    /// `slot` is the instance after the step, `now` its time.
    pub fn add(&mut self, slot: &Slot, effect: Effect, now: Timestamp) {
        let instance = slot.instance.id.0;
        match effect {
            Effect::CreateJob { key, attempt, job_type, .. } => self.create_job(slot, key, attempt, job_type, now),
            Effect::RemoveJob { key, attempt, tell_worker } => self.remove_job(instance, key, attempt, tell_worker),
            Effect::ScheduleRetry { key, due } => self.set_timer(instance, key, timer::JOB_RETRY, due),
            Effect::ScheduleTimer { key, target, due } => self.set_timer(instance, key, index(target), due),
            Effect::CancelTimer { key, target } => self.end_timer(instance, key, index(target)),
            Effect::OpenSubscription { key, target, message_name, correlation_key } => {
                self.subscribe(slot, (key, target), message_name, correlation_key, now);
            }
            Effect::CloseSubscription { key, target } => self.unsubscribe(instance, key, target),
            Effect::OpenSignalSubscription { key, target, signal_name } => {
                self.listen(slot, (key, target), signal_name);
            }
            Effect::CloseSignalSubscription { key, target } => {
                let (key, target) = (number(key), index(target));
                self.signals.remove(&(instance, key, target));
                self.ended_signals.push(signal::SubscriptionId { instance, key, target });
            }
            Effect::OpenUserTask { key, task } => self.open_user_task(slot, key, &task, now),
            Effect::CloseUserTask { key, completed } => {
                let state = if completed { 1 } else { 2 };
                self.ended_user_tasks.push(store::user_task::Closed { instance, key: number(key), state });
            }
            Effect::RaiseIncident { incident, element_instance, element, code, message } => {
                self.raised_incidents += 1;
                let row = store::incident::Incident {
                    instance,
                    incident: number(incident),
                    tenant: slot.tenant.clone(),
                    definition: slot.definition.key.0,
                    element_instance: number(element_instance),
                    element: index(element),
                    code,
                    message,
                    raised_at: convert::time(now),
                };
                self.incidents.insert((instance, row.incident), row);
            }
            Effect::CloseIncident { incident } => {
                let incident = number(incident);
                if self.incidents.remove(&(instance, incident)).is_none() {
                    self.ended_incidents.push(store::incident::IncidentId { instance, incident });
                }
            }
            Effect::StartChild { .. }
            | Effect::EvaluateDecision { .. }
            | Effect::CancelChild { .. }
            | Effect::CompleteParent { .. }
            | Effect::FailParent { .. }
            | Effect::EscalateParent { .. }
            | Effect::BroadcastSignal { .. }
            | Effect::PublishMessage { .. }
            | Effect::Continue => self.order(slot, effect),
        }
    }

    /// Commands to other instances, and to this one: they go through the outbox.
    fn order(&mut self, slot: &Slot, effect: Effect) {
        use interpreter::CommandKind as To;
        let own = slot.instance.id;
        let traceparent = slot.traceparent.clone();
        let (instance, order) = match effect {
            Effect::StartChild { key, child, called_element, binding, variables, depth } => {
                let parent = interpreter::instance::Parent { instance: own, element: key, depth };
                let caller = slot.definition.key;
                (child, Order::StartChild { caller, called_element, binding, variables, parent, traceparent })
            }
            Effect::EvaluateDecision { key, decision_id, binding, variables, now } => {
                let asker = slot.definition.key;
                (own, Order::EvaluateDecision { asker, key, decision_id, binding, variables, now })
            }
            Effect::CancelChild { child } => (child, Order::Step(To::Cancel { reason: None })),
            Effect::CompleteParent { parent, variables } => {
                let complete = To::CompleteChild { key: parent.element, child: own, variables };
                (parent.instance, Order::Step(complete))
            }
            Effect::FailParent { parent, code, message } => {
                let fail = To::FailChild { key: parent.element, child: own, code, message };
                (parent.instance, Order::Step(fail))
            }
            Effect::EscalateParent { parent, code } => {
                let escalate = To::EscalateChild { key: parent.element, child: own, code };
                (parent.instance, Order::Step(escalate))
            }
            Effect::BroadcastSignal { signal_name, variables } => {
                (own, Order::Broadcast { signal_name, variables, traceparent })
            }
            Effect::PublishMessage { message_name: name, correlation_key, business_key, variables } => {
                (own, Order::Publish { name, correlation_key, business_key, variables, traceparent })
            }
            Effect::Continue => (own, Order::Step(To::Continue)),
            _ => return, // the others are rows of their own
        };
        let id = if instance == own {
            Uuid::now_v7()
        } else {
            order_id::ordered(own, instance, slot.instance.version, self.orders.len())
        };
        self.orders.push(Addressed { id, tenant: slot.tenant.clone(), instance, order });
    }

    /// It began, or it ended so.
    pub fn count_instance(&mut self, process_id: &str, state: InstanceState) {
        *self.instances.entry((process_id.to_owned(), state)).or_default() += 1;
    }

    /// `seq`: of the event. `definitions`: the former and the new one.
    pub fn migrate(
        &mut self,
        instance: Uuid,
        seq: u64,
        (former, definition): (Uuid, Uuid),
        elements: &[(ElementIndex, ElementIndex)],
    ) {
        self.migrations.push(Migration { instance, seq: seq as i64, former, definition });
        for (old, new) in elements {
            self.moved.push(Moved { instance, old: index(*old), new: index(*new), definition });
        }
    }

    /// An order that stands alone.
    pub fn send(&mut self, tenant: String, instance: InstanceId, order: Order) {
        self.orders.push(Addressed { id: Uuid::now_v7(), tenant, instance, order });
    }

    fn create_job(&mut self, slot: &Slot, key: Key, attempt: u32, job_type: String, now: Timestamp) {
        let instance = slot.instance.id.0;
        let row = job::Job {
            instance,
            key: number(key),
            attempt: attempt as i32,
            tenant: slot.tenant.clone(),
            job_type,
            created_at: convert::time(now),
        };
        self.jobs.insert((instance, row.key), row);
    }

    fn remove_job(&mut self, instance: Uuid, key: Key, attempt: u32, tell_worker: bool) {
        let (key, attempt) = (number(key), attempt as i32);
        if self.jobs.get(&(instance, key)).is_some_and(|job| job.attempt == attempt) {
            self.jobs.remove(&(instance, key));
        }
        self.ended_jobs.push(job::Attempt { instance, key, attempt });
        if tell_worker {
            self.canceled_jobs.push((instance, key, attempt));
        }
    }

    fn set_timer(&mut self, instance: Uuid, key: Key, target: i32, due: Timestamp) {
        let due = if is_sown(Bug::EarlyTimers) { Timestamp(due.0 - 400) } else { due };
        let row = timer::Timer { instance, key: number(key), target, due: convert::time(due) };
        self.timers.insert((instance, row.key, target), row);
    }

    fn end_timer(&mut self, instance: Uuid, key: Key, target: i32) {
        self.timers.remove(&(instance, number(key), target));
        if !is_sown(Bug::TimersLeft) {
            self.ended_timers.push(timer::TimerId { instance, key: number(key), target });
        }
    }

    pub fn subscribe(
        &mut self,
        slot: &Slot,
        (key, target): (Key, ElementIndex),
        message_name: String,
        correlation_key: String,
        now: Timestamp,
    ) {
        let row = subscription::Subscription {
            instance: slot.instance.id.0,
            key: number(key),
            target: index(target),
            tenant: slot.tenant.clone(),
            process_id: slot.definition.process_id.clone(),
            message_name,
            correlation_key,
            opened_at: convert::time(now),
        };
        self.subscriptions.insert((row.instance, row.key, row.target), row);
    }

    pub fn unsubscribe(&mut self, instance: Uuid, key: Key, target: ElementIndex) {
        let (key, target) = (number(key), index(target));
        self.subscriptions.remove(&(instance, key, target));
        self.ended_subscriptions.push(subscription::SubscriptionId { instance, key, target });
    }

    fn listen(&mut self, slot: &Slot, (key, target): (Key, ElementIndex), signal_name: String) {
        let (instance, tenant) = (slot.instance.id.0, slot.tenant.clone());
        let row = signal::Subscription { instance, key: number(key), target: index(target), tenant, signal_name };
        self.signals.insert((row.instance, row.key, row.target), row);
    }

    fn open_user_task(&mut self, slot: &Slot, key: Key, task: &UserTask, now: Timestamp) {
        self.user_tasks.push(store::user_task::UserTask {
            instance: slot.instance.id.0,
            key: number(key),
            tenant: slot.tenant.clone(),
            definition: slot.definition.key.0,
            element: task.element.map_or(0, index),
            task: convert::user_task(task).encode_to_vec(),
            assignee: task.assignee.clone().filter(|assignee| !assignee.is_empty()),
            candidate_users: task.candidate_users.join(store::user_task::SEPARATOR),
            candidate_groups: task.candidate_groups.join(store::user_task::SEPARATOR),
            due: task.due.map_or(store::Time::MAX, convert::time),
            created_at: convert::time(now),
        });
    }
}

fn number(key: Key) -> i64 {
    key.0 as i64
}

fn index(element: ElementIndex) -> i32 {
    element.0 as i32
}
