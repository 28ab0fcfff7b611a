//! What an element instance or the root scope waits for, to and from what is stored.

use interpreter::{
    ElementIndex, Timestamp,
    instance::{Subscription, TimerState, Waits},
};

/// The lists of the stored form.
pub struct Stored {
    pub timers: Vec<proto::TimerState>,
    pub subscriptions: Vec<proto::MessageSubscription>,
    pub signals: Vec<proto::SignalSubscription>,
    pub conditions: Vec<proto::ConditionChanged>,
}

impl From<&Waits> for Stored {
    fn from(waits: &Waits) -> Stored {
        Stored {
            timers: waits.timers.iter().map(|(target, timer)| encode_timer(*target, timer)).collect(),
            subscriptions: waits.subscriptions.iter().map(|(target, open)| encode_message(*target, open)).collect(),
            signals: waits.signals.iter().map(|(target, name)| encode_signal(*target, name)).collect(),
            conditions: waits
                .conditions
                .iter()
                .map(|(target, is_true)| proto::ConditionChanged { target: target.0, is_true: *is_true })
                .collect(),
        }
    }
}

impl From<Stored> for Waits {
    fn from(stored: Stored) -> Waits {
        Waits {
            timers: stored.timers.into_iter().map(decode_timer).collect(),
            subscriptions: stored.subscriptions.into_iter().map(decode_message).collect(),
            signals: stored.signals.into_iter().map(|open| (ElementIndex(open.target), open.signal_name)).collect(),
            conditions: stored.conditions.into_iter().map(|it| (ElementIndex(it.target), it.is_true)).collect(),
        }
    }
}

fn encode_timer(target: ElementIndex, timer: &TimerState) -> proto::TimerState {
    proto::TimerState { target: target.0, due: timer.due.0, repetitions_left: timer.repetitions_left }
}

fn encode_message(target: ElementIndex, open: &Subscription) -> proto::MessageSubscription {
    proto::MessageSubscription {
        target: target.0,
        message_name: open.message_name.clone(),
        correlation_key: open.correlation_key.clone(),
    }
}

fn encode_signal(target: ElementIndex, name: &str) -> proto::SignalSubscription {
    proto::SignalSubscription { target: target.0, signal_name: name.to_owned() }
}

fn decode_timer(timer: proto::TimerState) -> (ElementIndex, TimerState) {
    let state = TimerState { due: Timestamp(timer.due), repetitions_left: timer.repetitions_left };
    (ElementIndex(timer.target), state)
}

fn decode_message(open: proto::MessageSubscription) -> (ElementIndex, Subscription) {
    let state = Subscription { message_name: open.message_name, correlation_key: open.correlation_key };
    (ElementIndex(open.target), state)
}
