//! What is waited for: timers, messages, signals and conditions.
//!
//! Each is addressed by the waiting element instance (or the root scope) and the target: the element itself, one of its
//! boundary events, the start event of one of its event sub-processes, or a single definition of one of those.

use super::{Here, Run};
use crate::elements::{BoundaryEvent, Catch, CatchEvent, Fault, Kind, Trigger};
use crate::expression::Expression;
use crate::instance::Subscription;
use crate::process::{Message, Timer};
use crate::template::Template;
use crate::time::{self, Schedule, TimeError};
use crate::{Effect, ElementIndex, EventKind, Key, Timestamp};

impl<'r> Run<'r> {
    /// Starts to wait for what the boundary events of an activity catch.
    pub fn arm_boundary(&mut self, here: Here<'r>) -> Result<(), Fault> {
        let is_instant = here.element.kind.behavior().is_instant() && here.element.repetition.is_none();
        if is_instant || self.is_repeated(here.key) {
            return Ok(());
        }
        for target in &here.element.boundary {
            if let Kind::BoundaryEvent(BoundaryEvent { event, .. }) = &self.process.element(*target).kind {
                self.wait_for(here.key, event)?;
            }
        }
        self.look_at_conditions(here.key);
        Ok(())
    }

    /// Waits for all definitions of an event.
    pub fn wait_for(&mut self, key: Key, event: &'r CatchEvent) -> Result<(), Fault> {
        event.definitions.iter().try_for_each(|definition| self.wait_for_one(key, definition.target, &definition.catch))
    }

    fn wait_for_one(&mut self, key: Key, target: ElementIndex, catch: &'r Catch) -> Result<(), Fault> {
        match catch {
            Catch::Timer(timer) => self.schedule(key, target, timer),
            Catch::Message(message) => self.subscribe(key, target, message),
            Catch::Signal { name } => self.listen(key, target, name),
            Catch::Conditional(_) => {
                self.emit(EventKind::ConditionAwaited { key, target });
                self.unseen_conditions.insert(key);
                Ok(())
            }
            // They come from inside, and are caught where they pass.
            Catch::Error { .. } | Catch::Escalation { .. } | Catch::Compensation | Catch::Cancel => Ok(()),
        }
    }

    /// One definition of an event has come: whether the event has happened with it. Those of a parallel multiple event are not
    /// waited for any more once they have come; the last completes it.
    pub fn take_part(&mut self, key: Key, event: Option<&'r CatchEvent>, target: ElementIndex) -> bool {
        let Some(event) = event.filter(|event| event.is_parallel) else { return true };
        self.stop_waiting_for(key, target);
        let Some(waits) = self.instance.waits(key) else { return true };
        !event.definitions.iter().any(|definition| waits.has(definition.target))
    }

    /// After a non-interrupting event: waits for the next time.
    pub fn wait_again_for(
        &mut self,
        key: Key,
        event: &'r CatchEvent,
        target: ElementIndex,
        by: Trigger,
    ) -> Result<(), Fault> {
        if event.is_parallel {
            self.wait_for(key, event)?;
            return self.disregard_conditions(key, event);
        }
        let catch = event.definition(target).map(|definition| &definition.catch);
        match (by, catch) {
            (Trigger::Timer(fired), Some(Catch::Timer(timer))) => self.schedule_next(key, target, timer, fired),
            (Trigger::Message(_), _) => {
                self.subscribe_again(key, target);
                Ok(())
            }
            // They are listened to until they are no longer wanted.
            _ => Ok(()),
        }
    }

    /// An event has happened with conditions that are still true: they must become false and then true before it can happen
    /// again (BPMN 2.0, 10.5.5, on conditional events).
    fn disregard_conditions(&mut self, key: Key, event: &'r CatchEvent) -> Result<(), Fault> {
        for definition in &event.definitions {
            let Catch::Conditional(condition) = &definition.catch else { continue };
            if self.is_true(key, condition)? {
                self.emit(EventKind::ConditionChanged { key, target: definition.target, is_true: true });
            }
        }
        Ok(())
    }

    pub fn schedule(&mut self, key: Key, target: ElementIndex, timer: &'r Timer) -> Result<(), Fault> {
        let text = self.render(key, timer.template())?;
        let schedule = timer.first(&text, self.now).map_err(timer_fault)?;
        self.set_timer(key, target, schedule);
        Ok(())
    }

    /// The next firing of a cycle, if there is one.
    fn schedule_next(
        &mut self,
        key: Key,
        target: ElementIndex,
        timer: &'r Timer,
        fired: Schedule,
    ) -> Result<(), Fault> {
        let Timer::Cycle(template) = timer else { return Ok(()) };
        let text = self.render(key, template)?;
        if let Some(next) = time::next_of_cycle(&text, fired, self.now).map_err(timer_fault)? {
            self.set_timer(key, target, next);
        }
        Ok(())
    }

    pub fn set_timer(&mut self, key: Key, target: ElementIndex, schedule: Schedule) {
        let Schedule { due, repetitions_left } = schedule;
        self.emit(EventKind::TimerScheduled { key, target, due, repetitions_left });
        self.effect(Effect::ScheduleTimer { key, target, due });
    }

    pub fn subscribe(&mut self, key: Key, target: ElementIndex, message: &'r Message) -> Result<(), Fault> {
        let message_name = message.name.clone();
        let correlation_key = self.correlation_key(key, message)?;
        self.emit(EventKind::SubscriptionOpened {
            key,
            target,
            message_name: message_name.clone(),
            correlation_key: correlation_key.clone(),
        });
        self.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
        Ok(())
    }

    /// What a message that is thrown or awaited at `key` must match.
    pub fn correlation_key(&self, key: Key, message: &Message) -> Result<String, Fault> {
        match message.is_in_conversation {
            true => Ok(self.conversation()),
            false => Ok(self.render_optional(key, &message.correlation_key)?.unwrap_or_default()),
        }
    }

    /// What this instance has in common with those that it talks to along message flows.
    fn conversation(&self) -> String {
        let business_key = self.instance.business_key.clone().filter(|key| !key.is_empty());
        business_key.unwrap_or_else(|| self.instance.id.to_string())
    }

    /// Waits for the next message: the one that was delivered has used the subscription up, outside, not here.
    fn subscribe_again(&mut self, key: Key, target: ElementIndex) {
        let subscription = self.instance.waits(key).and_then(|waits| waits.subscriptions.get(&target)).cloned();
        if let Some(Subscription { message_name, correlation_key }) = subscription {
            self.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
        }
    }

    fn listen(&mut self, key: Key, target: ElementIndex, name: &Template) -> Result<(), Fault> {
        let signal_name = self.render(key, name)?;
        self.emit(EventKind::SignalSubscriptionOpened { key, target, signal_name: signal_name.clone() });
        self.effect(Effect::OpenSignalSubscription { key, target, signal_name });
        Ok(())
    }

    /// Stops waiting for everything that `key` still waits for.
    pub fn cancel_waits(&mut self, key: Key) {
        let Some(waits) = self.instance.waits(key).filter(|waits| !waits.is_empty()) else { return };
        for target in waits.targets() {
            self.stop_waiting_for(key, target);
        }
    }

    /// Stops waiting for all definitions of one event.
    pub fn stop_waiting_for_event(&mut self, key: Key, event: ElementIndex) {
        let Some(waits) = self.instance.waits(key) else { return };
        for target in waits.targets() {
            if self.process.owner(target).index == event {
                self.stop_waiting_for(key, target);
            }
        }
    }

    pub fn stop_waiting_for(&mut self, key: Key, target: ElementIndex) {
        let Some(waits) = self.instance.waits(key) else { return };
        let (has_timer, is_subscribed) =
            (waits.timers.contains_key(&target), waits.subscriptions.contains_key(&target));
        let (is_listening, has_condition) =
            (waits.signals.contains_key(&target), waits.conditions.contains_key(&target));
        if has_timer {
            self.emit(EventKind::TimerCanceled { key, target });
            self.effect(Effect::CancelTimer { key, target });
        }
        if is_subscribed || is_listening || has_condition {
            self.emit(EventKind::SubscriptionClosed { key, target });
        }
        if is_subscribed {
            self.effect(Effect::CloseSubscription { key, target });
        }
        if is_listening {
            self.effect(Effect::CloseSignalSubscription { key, target });
        }
    }

    /// The expression of a condition that is waited for.
    pub(super) fn condition(&self, target: ElementIndex) -> Option<&'r Expression> {
        match &self.process.owner(target).kind.behavior().catches()?.definition(target)?.catch {
            Catch::Conditional(condition) => Some(condition),
            _ => None,
        }
    }
}

impl Timer {
    pub fn template(&self) -> &crate::template::Template {
        match self {
            Timer::Duration(template) | Timer::Date(template) | Timer::Cycle(template) => template,
        }
    }

    /// When it is first due, given its rendered text.
    pub fn first(&self, text: &str, now: Timestamp) -> Result<Schedule, TimeError> {
        let once = |due| Schedule { due, repetitions_left: Some(0) };
        match self {
            Timer::Duration(_) => time::after_duration(text, now).map(once),
            Timer::Date(_) => time::at_date(text).map(once),
            Timer::Cycle(_) => time::first_of_cycle(text, now),
        }
    }
}

fn timer_fault(error: TimeError) -> Fault {
    Fault::incident("TIMER_INVALID", error.to_string())
}
