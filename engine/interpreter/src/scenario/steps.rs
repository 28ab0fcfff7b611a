//! Plays the steps of a scenario.

use super::expectations;
use super::file::{Complete, Fail, Message, Resolve, Scenario, Start, Step, ThrowError};
use super::messages::Publication;
use super::world::{Due, World};
use super::{Mismatch, file};
use crate::{CommandKind, ElementIndex, ElementInstance, InstanceState, Key, Timestamp, Variables, expression, time};

/// Plays everything and gives back what was not as expected.
pub(super) fn play(world: &mut World<'_>, scenario: &Scenario) -> Result<Vec<Mismatch>, String> {
    let mut mismatches = Vec::new();
    // Several start together.
    for start in scenario.start.as_slice() {
        world.put_in_queue(start)?;
    }
    world.settle()?;
    for (index, step) in scenario.steps.iter().enumerate() {
        let here = format!("steps[{index}]");
        world.play_step(step).map_err(|why| format!("{here}: {why}"))?;
        if let Some(expect) = &step.expect {
            mismatches.extend(expectations::check(&world.facts(), expect).into_iter().map(|mut mismatch| {
                mismatch.what = format!("{here}.{}", mismatch.what);
                mismatch
            }));
        }
    }
    if let Some(expect) = &scenario.expect {
        mismatches.extend(expectations::check(&world.facts(), expect));
    }
    world.check_histories();
    mismatches.extend(world.faults.drain(..).map(|fault| Mismatch {
        what: "the run".to_owned(),
        expected: "no fault".to_owned(),
        happened: fault,
    }));
    Ok(mismatches)
}

impl World<'_> {
    fn play_step(&mut self, step: &Step) -> Result<(), String> {
        if let Some(start) = &step.start {
            self.begin(start)?;
        }
        if let Some(complete) = &step.complete {
            self.complete(complete)?;
        }
        if let Some(fail) = &step.fail {
            self.fail(fail)?;
        }
        if let Some(error) = &step.error {
            self.throw(error)?;
        }
        if let Some(message) = &step.message {
            self.send(message)?;
        }
        if let Some(signal) = &step.signal {
            self.broadcast(&signal.name, &signal.variables, None);
            self.settle()?;
        }
        if let Some(element) = &step.trigger {
            self.trigger(element)?;
        }
        if let Some(variables) = &step.variables {
            self.set(variables)?;
        }
        if let Some(resolve) = &step.resolve {
            self.resolve(resolve)?;
        }
        if let Some(length) = &step.advance {
            for _ in 0..step.times.unwrap_or(1) {
                self.advance(length)?;
            }
        }
        if step.cancel.is_some() {
            self.cancel()?;
        }
        Ok(())
    }

    fn begin(&mut self, start: &Start) -> Result<(), String> {
        self.put_in_queue(start)?;
        self.settle()
    }

    fn put_in_queue(&mut self, start: &Start) -> Result<(), String> {
        let process = self.process_to_start(start)?;
        let command = crate::command::Start {
            element_id: start.element.clone(),
            variables: start.variables.clone(),
            business_key: start.business_key.clone(),
            parent: None,
        };
        self.last_start.clone_from(&start.variables);
        self.start(process, None, command);
        Ok(())
    }

    fn process_to_start(&self, start: &Start) -> Result<usize, String> {
        if let Some(id) = &start.process {
            return self.process_named(id).ok_or_else(|| self.no_process(id));
        }
        let has_element = |index: &usize| match &start.element {
            Some(element) => self.processes[*index].find(element).is_some(),
            None => true,
        };
        let mut candidates: Vec<usize> = (0..self.processes.len()).filter(has_element).collect();
        if start.element.is_none() {
            // What a process has for itself to call is not what its file is about.
            candidates.retain(|index| self.processes[*index].local_to.is_none());
        }
        match candidates.as_slice() {
            [only] => Ok(*only),
            [] => Err("no process to start".to_owned()),
            [first, ..] if start.element.is_some() => Ok(*first),
            _ => Err("several processes are deployed: say which one to start".to_owned()),
        }
    }

    fn no_process(&self, id: &str) -> String {
        let hint = model::near_miss::did_you_mean(id, self.processes.iter().map(|process| process.id.as_str()));
        format!("no process `{id}` is deployed{}", hint.map(|hint| format!(" ({hint})")).unwrap_or_default())
    }

    fn complete(&mut self, complete: &Complete) -> Result<(), String> {
        let (run, key) = self.waiting_at(&complete.element, complete.instance)?;
        let variables = complete.variables.clone();
        if self.user_tasks.iter().any(|task| (task.run, task.key) == (run, key)) {
            self.queue.push_back((run, CommandKind::CompleteUserTask { key, variables, by: None }));
        } else if let Some(attempt) = self.attempt(run, key) {
            self.queue.push_back((run, CommandKind::CompleteJob { key, attempt, variables }));
        } else {
            return self.deliver_to(&complete.element, complete.instance, variables);
        }
        self.settle()
    }

    fn fail(&mut self, fail: &Fail) -> Result<(), String> {
        let (run, key) = self.waiting_at(&fail.element, fail.instance)?;
        let attempt = self.attempt(run, key).ok_or_else(|| format!("`{}` has no open job", fail.element))?;
        let message = fail.message.clone();
        let retryable = fail.retries != Some(0);
        self.queue.push_back((run, CommandKind::FailJob { key, attempt, message, retryable, retry_after_ms: None }));
        self.settle()
    }

    fn throw(&mut self, error: &ThrowError) -> Result<(), String> {
        let (run, key) = self.waiting_at(&error.element, error.instance)?;
        let attempt = self.attempt(run, key).ok_or_else(|| format!("`{}` has no open job", error.element))?;
        let (code, message, variables) = (error.code.clone(), error.message.clone(), error.variables.clone());
        self.queue.push_back((run, CommandKind::ThrowJobError { key, attempt, code, message, variables }));
        self.settle()
    }

    fn send(&mut self, message: &Message) -> Result<(), String> {
        let expires = match &message.ttl {
            Some(ttl) => time::after_duration(ttl, self.now).map_err(|error| format!("message: ttl: {error}"))?,
            None => self.now,
        };
        let key = expression::render(&message.correlation_key);
        let (name, variables) = (message.name.clone(), message.variables.clone());
        self.publish(Publication { name, correlation_key: key, business_key: None, variables }, expires);
        self.settle()
    }

    /// Delivers to this one element whatever it waits for; a start event starts another instance.
    fn trigger(&mut self, element: &str) -> Result<(), String> {
        if self.deliver_to(element, 0, Variables::new()).is_ok() {
            return Ok(());
        }
        if let Some((run, key, target)) = self.awaited(element) {
            self.unplan(run, &Due::Timer { key, target });
            self.queue.push_back((run, CommandKind::TriggerEvent { key, target }));
            return self.settle();
        }
        if self.waiting_at(element, 0).is_err() && self.starts_a_process(element) {
            let variables = self.last_start.clone();
            return self.begin(&Start { element: Some(element.to_owned()), variables, ..Start::default() });
        }
        self.complete(&Complete { element: element.to_owned(), variables: Variables::new(), instance: 0 })
    }

    /// Who waits for an event, whatever it waits for.
    fn awaited(&self, element: &str) -> Option<(usize, Key, ElementIndex)> {
        self.runs.iter().enumerate().find_map(|(number, run)| {
            let keys = std::iter::once(Key::ROOT).chain(run.instance.elements.keys().copied());
            keys.into_iter().find_map(|key| {
                let targets = run.instance.waits(key)?.targets();
                let target = targets.into_iter().find(|target| self.element_id(number, *target) == element)?;
                Some((number, key, target))
            })
        })
    }

    fn starts_a_process(&self, element: &str) -> bool {
        self.processes.iter().any(|process| {
            let starts = &process.starts;
            let named = starts.messages.iter().chain(&starts.signals).map(|(index, _)| index);
            let all = starts.none.iter().chain(&starts.timers).chain(&starts.conditions).chain(named);
            all.into_iter().any(|index| process.element(*index).id == element)
        })
    }

    /// Gives the `nth` subscription of the element a message of its name.
    fn deliver_to(&mut self, element: &str, nth: usize, variables: Variables) -> Result<(), String> {
        let place = (0..self.subscriptions.len())
            .filter(|index| {
                let open = &self.subscriptions[*index];
                self.element_id(open.run, open.target) == element
            })
            .nth(nth)
            .ok_or_else(|| self.nothing_waits_at(element, nth))?;
        let open = self.subscriptions.remove(place);
        let (key, target) = (open.key, open.target);
        let command = CommandKind::DeliverMessage { key, target, message_name: open.message_name, variables };
        self.queue.push_back((open.run, command));
        self.settle()
    }

    fn set(&mut self, variables: &Variables) -> Result<(), String> {
        let newest = self.runs.len().checked_sub(1).ok_or_else(|| "there is no instance yet".to_owned())?;
        let command = CommandKind::SetVariables { scope: Key::ROOT, variables: variables.clone() };
        self.queue.push_back((newest, command));
        self.settle()
    }

    fn resolve(&mut self, resolve: &Resolve) -> Result<(), String> {
        let found = self.runs.iter().enumerate().find_map(|(run, state)| {
            let mut incidents = state.instance.incidents.iter();
            let (key, _) = incidents.find(|(_, it)| self.id_of(run, it.element_instance) == resolve.element)?;
            Some((run, *key))
        });
        let (run, incident) = found.ok_or_else(|| format!("`{}` has no incident", resolve.element))?;
        if !resolve.variables.is_empty() {
            let variables = resolve.variables.clone();
            self.queue.push_back((run, CommandKind::SetVariables { scope: Key::ROOT, variables }));
        }
        let retries = resolve.retries.unwrap_or(1);
        self.queue.push_back((run, CommandKind::ResolveIncident { incident, retries }));
        self.settle()
    }

    fn cancel(&mut self) -> Result<(), String> {
        for (index, run) in self.runs.iter().enumerate() {
            if run.is_root && run.instance.state == InstanceState::Active {
                self.queue.push_back((index, CommandKind::Cancel { reason: None }));
            }
        }
        self.settle()
    }

    /// Moves the clock, stopping at everything that comes due on the way.
    fn advance(&mut self, length: &str) -> Result<(), String> {
        let length = time::milliseconds(length, self.now).map_err(|error| format!("advance: {error}"))?;
        let end = Timestamp(self.now.0.saturating_add_unsigned(length));
        while let Some(entry) = self.agenda.first_entry() {
            let (due, _) = *entry.key();
            if due > end {
                break;
            }
            let (run, what) = entry.remove();
            self.now = self.now.max(due);
            self.happen(run, what);
            self.settle()?;
        }
        self.now = Timestamp(self.now.0.max(end.0));
        Ok(())
    }

    fn happen(&mut self, run: usize, due: Due) {
        match due {
            Due::Timer { key, target } => self.queue.push_back((run, CommandKind::FireTimer { key, target })),
            Due::Retry { key } => self.queue.push_back((run, CommandKind::RetryJob { key })),
            Due::Answer { key, attempt } => self.answer_now(run, key, attempt),
        }
    }

    /// The `nth` active instance of an element, the oldest first.
    fn waiting_at(&self, element: &str, nth: usize) -> Result<(usize, Key), String> {
        let index = |run: &super::world::Run| -> Option<ElementIndex> { self.processes[run.process].find(element) };
        let mut all = self.runs.iter().enumerate().flat_map(|(number, run)| {
            let wanted = index(run);
            let keys = run.instance.elements.iter();
            let is_meant =
                move |active: &ElementInstance| Some(active.element) == wanted && active.repetition.is_none();
            keys.filter(move |(_, active)| is_meant(active)).map(move |(key, _)| (number, *key))
        });
        all.nth(nth).ok_or_else(|| self.nothing_waits_at(element, nth))
    }

    /// Why a step finds nothing: no such element, or what is open instead.
    fn nothing_waits_at(&self, element: &str, nth: usize) -> String {
        if !self.element_ids().any(|id| id == element) {
            return expectations::unknown_element(element, self.element_ids());
        }
        let waiting = self.waiting_now();
        let open: Vec<&str> = waiting.keys().map(String::as_str).take(20).collect();
        let instead = if open.is_empty() { "nothing is".to_owned() } else { open.join(", ") };
        match waiting.get(element) {
            Some(count) => format!("`{element}` has no instance {nth}: {count} are open, counted from 0"),
            None => format!("nothing waits at `{element}`; open now: {instead}"),
        }
    }

    fn attempt(&self, run: usize, key: Key) -> Option<u32> {
        self.jobs.iter().find(|job| (job.run, job.key) == (run, key)).map(|job| job.attempt)
    }
}

impl file::Step {
    /// How many actions it names: a step is one.
    pub(super) fn actions(&self) -> usize {
        [
            self.start.is_some(),
            self.complete.is_some(),
            self.fail.is_some(),
            self.error.is_some(),
            self.message.is_some(),
            self.signal.is_some(),
            self.trigger.is_some(),
            self.variables.is_some(),
            self.advance.is_some(),
            self.cancel.is_some(),
            self.resolve.is_some(),
            self.expect.is_some(),
        ]
        .into_iter()
        .filter(|named| *named)
        .count()
    }
}
