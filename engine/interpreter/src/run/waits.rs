//! Timers and message subscriptions: of catching elements, and of the boundary events of an activity.
//!
//! Both are addressed by the waiting element instance and the event that catches: the element itself, or one of its
//! boundary events.

use super::{Here, Run};
use crate::elements::{BoundaryEvent, Catch, Fault, Kind};
use crate::instance::Subscription;
use crate::process::{Message, Timer};
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
            if let Kind::BoundaryEvent(BoundaryEvent { catch, .. }) = &self.process.element(*target).kind {
                self.wait_for(here, *target, catch)?;
            }
        }
        Ok(())
    }

    pub fn wait_for(&mut self, here: Here<'r>, target: ElementIndex, catch: &'r Catch) -> Result<(), Fault> {
        match catch {
            Catch::Timer(timer) => self.schedule(here, target, timer),
            Catch::Message(message) => self.subscribe(here, target, message),
            Catch::Error { .. } => Ok(()),
        }
    }

    pub fn schedule(&mut self, here: Here<'r>, target: ElementIndex, timer: &'r Timer) -> Result<(), Fault> {
        let text = self.render(here.key, timer.template())?;
        let schedule = timer.first(&text, self.now).map_err(timer_fault)?;
        self.set_timer(here.key, target, schedule);
        Ok(())
    }

    /// The next firing of a cycle, if there is one.
    pub fn schedule_next(
        &mut self,
        here: Here<'r>,
        target: ElementIndex,
        timer: &'r Timer,
        fired: Schedule,
    ) -> Result<(), Fault> {
        let Timer::Cycle(template) = timer else { return Ok(()) };
        let text = self.render(here.key, template)?;
        if let Some(next) = time::next_of_cycle(&text, fired, self.now).map_err(timer_fault)? {
            self.set_timer(here.key, target, next);
        }
        Ok(())
    }

    pub fn set_timer(&mut self, key: Key, target: ElementIndex, schedule: Schedule) {
        let Schedule { due, repetitions_left } = schedule;
        self.emit(EventKind::TimerScheduled { key, target, due, repetitions_left });
        self.effect(Effect::ScheduleTimer { key, target, due });
    }

    pub fn subscribe(&mut self, here: Here<'r>, target: ElementIndex, message: &'r Message) -> Result<(), Fault> {
        let (key, message_name) = (here.key, message.name.clone());
        let correlation_key = match &message.correlation_key {
            Some(template) => self.render(key, template)?,
            None => String::new(),
        };
        self.emit(EventKind::SubscriptionOpened {
            key,
            target,
            message_name: message_name.clone(),
            correlation_key: correlation_key.clone(),
        });
        self.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
        Ok(())
    }

    /// Waits for the next message: the one that was delivered has used the subscription up, outside, not here.
    pub fn subscribe_again(&mut self, key: Key, target: ElementIndex) {
        let subscription = self.instance.element(key).and_then(|element| element.subscriptions.get(&target)).cloned();
        if let Some(Subscription { message_name, correlation_key }) = subscription {
            self.effect(Effect::OpenSubscription { key, target, message_name, correlation_key });
        }
    }

    pub fn unsubscribe(&mut self, key: Key, target: ElementIndex) {
        self.emit(EventKind::SubscriptionClosed { key, target });
        self.effect(Effect::CloseSubscription { key, target });
    }

    /// Stops waiting for everything that `key` still waits for.
    pub fn cancel_waits(&mut self, key: Key) {
        let Some(element) = self.instance.element(key) else { return };
        if element.timers.is_empty() && element.subscriptions.is_empty() {
            return;
        }
        let timers: Vec<ElementIndex> = element.timers.keys().copied().collect();
        let subscriptions: Vec<ElementIndex> = element.subscriptions.keys().copied().collect();
        for target in timers {
            self.emit(EventKind::TimerCanceled { key, target });
            self.effect(Effect::CancelTimer { key, target });
        }
        for target in subscriptions {
            self.unsubscribe(key, target);
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
