//! Timer start events of processes: at deployment the first time of each is written down; whichever replica sees that one is
//! due starts an instance and writes the next time, in one transaction.

use crate::{
    convert,
    definitions::{Definition, DefinitionError},
    request::Order,
    start_together::{self, Came},
    world::World,
    writes::Writes,
};
use interpreter::{
    DefinitionKey, InstanceId, Timestamp, Variables, expression::Scope, start_together::timer_part, template::Template,
    time,
};
use model::{ElementKind, Timer, Trigger};
use serde_json::Value;
use std::borrow::Cow;
use store::timer_start::{self, TimerStart};
use time::Schedule;
use uuid::Uuid;

/// Instances started in one transaction.
const AT_ONCE: i64 = 50;

/// What is written down for a new latest version. Dates that have passed start nothing.
pub fn of(definition: &Definition, now: Timestamp) -> Result<Vec<TimerStart>, String> {
    let mut starts = Vec::new();
    if !definition.is_executable {
        return Ok(starts);
    }
    for element in &definition.process.starts.timers {
        let element_id = definition.element_at(*element).id;
        let first = timer(definition, &element_id).map(|timer| first(timer, now));
        let Some(schedule) = first.transpose().map_err(|why| format!("{element_id}: {why}"))?.flatten() else {
            continue;
        };
        starts.push(TimerStart {
            tenant: definition.tenant.clone(),
            process_id: definition.process_id.clone(),
            element_id,
            definition: definition.key.0,
            due: convert::time(schedule.due),
            repetitions_left: schedule.repetitions_left.map(i64::from),
        });
    }
    Ok(starts)
}

/// Starts what is due; whether there may be more.
pub async fn start_due(world: &World) -> Result<bool, DefinitionError> {
    let mut session = world.store.session().await?;
    session.begin().await?;
    let due = timer_start::lock_due(&session, AT_ONCE).await?;
    if due.is_empty() {
        session.rollback().await?;
        return Ok(false);
    }
    let mut writes = Writes::default();
    let now = world.clock.now();
    for fired in &due {
        let definition = world.definitions.get(fired.definition).await?;
        timer_start::advance(&session, fired, next(&definition, fired, now)).await?;
        let came = Came {
            definition: Some(&*definition),
            element_id: &fired.element_id,
            part: timer_part(),
            correlation_key: None,
            variables: &Variables::default(),
        };
        let Some(variables) = start_together::come(&session, came).await? else { continue };
        let order = Order::StartAt {
            definition: DefinitionKey(fired.definition),
            element_id: fired.element_id.clone(),
            business_key: None,
            variables,
            traceparent: String::new(),
        };
        writes.send(fired.tenant.clone(), InstanceId(Uuid::now_v7()), order);
    }
    crate::persist::outbox(&writes).insert(&session).await?;
    session.commit().await?;
    for order in writes.orders {
        world.lanes.deliver(world, order);
    }
    Ok(due.len() as i64 == AT_ONCE)
}

fn next(definition: &Definition, fired: &TimerStart, now: Timestamp) -> Option<(store::Time, Option<i64>)> {
    let Some(Timer::Cycle(text)) = timer(definition, &fired.element_id) else { return None };
    let text = render(text, now).ok()?;
    let left = fired.repetitions_left.map(|left| u32::try_from(left).unwrap_or(u32::MAX));
    let fired = Schedule { due: Timestamp(fired.due.as_millisecond()), repetitions_left: left };
    let next = time::next_of_cycle(&text, fired, now).ok().flatten()?; // it was read when it was deployed
    Some((convert::time(next.due), next.repetitions_left.map(i64::from)))
}

fn first(timer: &Timer, now: Timestamp) -> Result<Option<Schedule>, String> {
    let once = |due| Schedule { due, repetitions_left: Some(0) };
    let schedule = match timer {
        Timer::Duration(text) => time::after_duration(&render(text, now)?, now).map(once),
        Timer::Date(text) => time::at_date(&render(text, now)?).map(once),
        Timer::Cycle(text) => time::first_of_cycle(&render(text, now)?, now),
    };
    let schedule = schedule.map_err(|error| error.to_string())?;
    Ok((schedule.due >= now).then_some(schedule))
}

fn timer<'d>(definition: &'d Definition, element_id: &str) -> Option<&'d Timer> {
    definition.model.elements.iter().find(|element| element.id == element_id).and_then(|element| match &element.kind {
        ElementKind::StartEvent { trigger, .. } => timer_of(trigger),
        _ => None,
    })
}

fn timer_of(trigger: &Trigger) -> Option<&Timer> {
    match trigger {
        Trigger::Timer(timer) => Some(timer),
        Trigger::Multiple { triggers, .. } => triggers.iter().find_map(timer_of),
        _ => None,
    }
}

/// Nothing is set before an instance starts.
struct NoVariables(Timestamp);

impl Scope for NoVariables {
    fn variable(&self, _name: &str) -> Option<Cow<'_, Value>> {
        None
    }

    fn now(&self) -> Timestamp {
        self.0
    }
}

fn render(text: &model::Template, now: Timestamp) -> Result<String, String> {
    let template = Template::compile(&text.value).map_err(|error| error.to_string())?;
    template.render(&NoVariables(now)).map_err(|error| error.to_string())
}
