//! One scenario on an engine: its instances, its worker, and the waiting.

use super::view::{Seen, View, text};
use super::{Target, broken, work};
use anyhow::{Context, Result};
use interpreter::scenario::file::{Answer, Detailed, Expect, Word};
use interpreter::scenario::{Mismatch, Plan, Reply, Report, Verdict, check};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_millis(60);
/// Looks in a row that must show the same before the engine counts as at rest.
const SAME_LOOKS: u32 = 2;
/// Events of one instance that are read; a scenario with more is no test.
const MOST_EVENTS: usize = 100_000;

pub struct Session<'t> {
    pub(super) target: &'t Target,
    pub(super) plan: Arc<Plan>,
    pub(super) held: work::Held,
    /// Instances of these processes that were there before.
    others: BTreeSet<String>,
}

impl Session<'_> {
    /// Plays a deployed scenario to its end, and cleans up behind it.
    pub(super) async fn play(plan: Plan, target: &Target) -> Report {
        let plan = Arc::new(plan);
        let mut session = Session { target, plan: plan.clone(), held: work::Held::default(), others: BTreeSet::new() };
        let stop = CancellationToken::new();
        let _stopped = stop.clone().drop_guard();
        let verdict = match session.begin(stop).await {
            Ok(mismatches) => Verdict::of(mismatches),
            Err(error) => Verdict::Failed(vec![broken(&error)]),
        };
        let view = session.look().await.unwrap_or_default();
        session.cancel_all(&view).await;
        let log = if verdict == Verdict::Passed { Vec::new() } else { view.log() };
        Report { name: plan.name.clone(), verdict, log, coverage: view.coverage(&plan) }
    }

    async fn begin(&mut self, stop: CancellationToken) -> Result<Vec<Mismatch>> {
        self.others = self.instance_ids().await?.into_iter().map(|(_, id)| id).collect();
        work::start(&self.plan, self.target.nats.as_deref(), &self.held, stop);
        self.play_all().await
    }

    /// Everything that can be seen of the scenario's instances now.
    pub(super) async fn look(&self) -> Result<View> {
        let mut view = View::default();
        for (_, id) in self.instance_ids().await?.into_iter().filter(|(_, id)| !self.others.contains(id)) {
            let state = self.target.client.get(&format!("/instances/{id}")).await?;
            view.instances.push(Seen { state, events: self.history(&id).await? });
        }
        Ok(view)
    }

    /// Looks until the engine is at rest: nothing changes, and no job is on its way. Gives up waiting, not the scenario,
    /// when that takes too long: some processes never rest.
    pub(super) async fn rest(&self) -> Result<View> {
        let deadline = self.deadline();
        let (mut before, mut same) = (None, 0);
        loop {
            let view = self.look().await?;
            self.do_tasks(&view).await?;
            let is_same = before.as_ref() == Some(&view.versions()) && !self.works(&view);
            same = if is_same { same + 1 } else { 0 };
            if same >= SAME_LOOKS || Instant::now() > deadline {
                return Ok(view);
            }
            before = Some(view.versions());
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the expectation holds at rest; what does not hold at the end of the time is the answer.
    pub(super) async fn expect(&self, expect: &Expect) -> Result<Vec<Mismatch>> {
        let deadline = self.deadline();
        loop {
            let found = check(&self.rest().await?.facts(&self.plan), expect);
            if found.is_empty() || Instant::now() > deadline {
                return Ok(found);
            }
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.target.timeout
    }

    /// Whether a job is neither held here nor given up: somebody will answer it.
    fn works(&self, view: &View) -> bool {
        view.instances.iter().any(|seen| {
            let incidents: BTreeSet<&str> = seen.list("incidents").iter().map(|it| text(it, "elementId")).collect();
            let jobs = seen.list("elements").iter().filter(|element| element["jobType"].is_string());
            let mut open = jobs.filter(|element| !incidents.contains(text(element, "elementId")));
            open.any(|element| !self.held.has(seen.id(), element["key"].as_u64().unwrap_or_default()))
        })
    }

    /// Creation time and id of the newest instances of every process, the oldest first.
    async fn instance_ids(&self) -> Result<Vec<(String, String)>> {
        let mut all = BTreeSet::new();
        let processes: BTreeSet<&str> = self.plan.processes.iter().map(|process| process.id.as_str()).collect();
        for process in processes {
            let page = self.target.client.get(&format!("/instances?processId={process}&limit=500")).await?;
            for instance in page["instances"].as_array().into_iter().flatten() {
                all.insert((text(instance, "createdAt").to_owned(), text(instance, "instanceId").to_owned()));
            }
        }
        Ok(all.into_iter().collect())
    }

    async fn history(&self, id: &str) -> Result<Vec<Value>> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let path = format!("/instances/{id}/history?limit=1000&from={}", events.len() + 1);
            let page = self.target.client.get(&path).await?;
            let before = events.len();
            for batch in page["batches"].as_array().into_iter().flatten() {
                events.extend(batch["events"].as_array().into_iter().flatten().cloned());
            }
            if page["more"] != true || events.len() == before || events.len() > MOST_EVENTS {
                return Ok(events);
            }
        }
    }

    /// Open tasks of people, of these instances in their order.
    pub(super) async fn tasks(&self, view: &View) -> Result<Vec<Value>> {
        let mut tasks = Vec::new();
        for seen in view.instances.iter().filter(|seen| seen.is_active()) {
            let page =
                self.target.client.get(&format!("/user-tasks?instanceId={}&state=open&limit=500", seen.id())).await?;
            let mut of_one: Vec<Value> = page["tasks"].as_array().cloned().unwrap_or_default();
            of_one.sort_by_key(|task| text(task, "id").rsplit_once(':').and_then(|(_, key)| key.parse::<u64>().ok()));
            tasks.extend(of_one);
        }
        Ok(tasks)
    }

    /// Does the people's tasks that `workers` answers.
    async fn do_tasks(&self, view: &View) -> Result<()> {
        if self.plan.scenario.workers.is_empty() {
            return Ok(());
        }
        for task in self.tasks(view).await? {
            let answer = match self.plan.scenario.workers.get(text(&task, "elementId")) {
                None | Some(Answer::Word(Word::Hold)) => continue,
                Some(Answer::Word(Word::Complete)) => Detailed::default(),
                Some(Answer::Detailed(answer)) => answer.as_ref().clone(),
            };
            let path = format!("/user-tasks/{}", text(&task, "id"));
            let sees = self.target.client.get(&path).await?["variables"].as_object().cloned().unwrap_or_default();
            if let Reply::Complete(variables) = work::fill(&answer, 0, &sees).map_err(anyhow::Error::msg)? {
                let done = self.target.client.post(&format!("{path}/complete"), json!({"variables": variables})).await;
                done.context("doing a task that `workers` answers")?;
            }
        }
        Ok(())
    }

    /// A test leaves nothing running behind it.
    async fn cancel_all(&self, view: &View) {
        for seen in view.instances.iter().filter(|seen| seen.is_root() && seen.is_active()) {
            let body = json!({"reason": "the scenario is over"});
            if let Err(error) = self.target.client.post(&format!("/instances/{}/cancel", seen.id()), body).await {
                eprintln!("cleaning up: {error:#}");
            }
        }
    }
}
