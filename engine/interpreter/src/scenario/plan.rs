//! A scenario that has been read, with its processes: ready to be run here, or to be played against an engine.

use super::coverage::Coverage;
use super::file::{Answer, Scenario};
use super::standing::Standing;
use super::{Mismatch, Options, Report, Verdict, deploy, expectations, log, reading, steps, world};
use crate::Process;
use model::Diagnostic;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Debug)]
pub struct Plan {
    pub name: String,
    pub scenario: Scenario,
    pub processes: Vec<Process>,
    /// Of each process, the file that it stands in.
    pub sources: Vec<String>,
    pub decisions: Vec<Arc<decision::Compiled>>,
    /// Name and text of every file, as an engine is given them.
    pub files: Vec<(String, String)>,
    /// Why the definitions are refused; empty when they are not.
    pub diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Reads a scenario file and what it names. `load` reads a file that stands beside it. The error is for a person.
    pub fn read(file_name: &str, text: &str, load: &dyn Fn(&str) -> Result<String, String>) -> Result<Plan, String> {
        let scenario = reading::read(text)?;
        let deploy::Deployment { processes, sources, decisions, files, diagnostics } =
            deploy::deploy(file_name, &scenario, load)?;
        let name = scenario.scenario.clone().unwrap_or_else(|| file_name.to_owned());
        Ok(Plan { name, scenario, processes, sources, decisions, files, diagnostics })
    }

    /// Runs it in the simulated world.
    pub fn run(self, options: Options) -> Report {
        let name = self.name.clone();
        match self.without_running() {
            Some(verdict) => Report { name, verdict, log: Vec::new(), coverage: Vec::new() },
            None => self.play(options),
        }
    }

    /// The verdict, where it does not take a run: definitions that are refused or were expected to be, workers for nobody.
    pub fn without_running(&self) -> Option<Verdict> {
        let expect = self.scenario.expect.as_ref();
        if let Some(expected) = expect.and_then(|expect| expect.deployment.as_ref()) {
            return Some(expectations::rejection(expected, &self.diagnostics));
        }
        if self.diagnostics.is_empty() {
            return Some(self.workers_of_nobody()).filter(|found| !found.is_empty()).map(Verdict::Failed);
        }
        let Some(expect) = expect.filter(|expect| expect.incident_or_error) else {
            return Some(Verdict::Refused(self.diagnostics.clone()));
        };
        Some(Verdict::of(expectations::check_refused(expect)))
    }

    /// The types of the jobs that an element creates, and the element's id.
    pub fn job_types(&self) -> impl Iterator<Item = (&str, &str)> {
        let elements = self.processes.iter().flat_map(|process| &process.elements);
        elements.filter_map(|element| {
            let job = element.kind.behavior().job()?;
            Some((job.job_type.as_str(), element.id.as_str()))
        })
    }

    /// What the scenario answers to a job: the element comes before the type.
    pub fn answer(&self, element: &str, job_type: &str) -> Option<&Answer> {
        self.scenario.workers.get(element).or_else(|| self.scenario.workers.get(job_type))
    }

    /// All element ids.
    pub fn elements(&self) -> BTreeSet<String> {
        let elements = self.processes.iter().flat_map(|process| &process.elements);
        elements.map(|element| element.id.clone()).collect()
    }

    /// Workers that no element asks for and whose name is nearly that of one that does: a slip. Others are let be, because
    /// several scenarios may share one table of workers.
    fn workers_of_nobody(&self) -> Vec<Mismatch> {
        let workers = &self.scenario.workers;
        let mut known = self.elements();
        known.extend(self.job_types().map(|(job_type, _)| job_type.to_owned()));
        let nobody = workers.keys().filter(|name| !known.contains(*name));
        let free = || known.iter().map(String::as_str).filter(|name| !workers.contains_key(*name));
        let wrong = nobody.filter_map(|name| {
            Some(Mismatch {
                what: format!("workers.{name}"),
                expected: "an element or a job type".to_owned(),
                happened: format!("there is none of this name ({})", model::near_miss::did_you_mean(name, free())?),
            })
        });
        wrong.collect()
    }

    /// Runs it as far as it goes, and says how everything stands then; the log is there whatever came of it. Nothing stands
    /// where nothing was run.
    pub fn simulate(self) -> (Report, Option<Standing>) {
        match self.without_running() {
            Some(verdict) => (Report { name: self.name, verdict, log: Vec::new(), coverage: Vec::new() }, None),
            None => self.play_and_look(Options::default(), true),
        }
    }

    fn play(self, options: Options) -> Report {
        self.play_and_look(options, false).0
    }

    fn play_and_look(self, options: Options, look: bool) -> (Report, Option<Standing>) {
        let mut world = world::World::new(self.processes, &self.scenario.workers, options);
        world.decisions = self.decisions;
        let verdict = match steps::play(&mut world, &self.scenario) {
            Ok(mismatches) => Verdict::of(mismatches),
            Err(what) => Verdict::Failed(vec![Mismatch {
                what: "the run".to_owned(),
                expected: "every step to be possible".to_owned(),
                happened: what,
            }]),
        };
        let coverage: Vec<Coverage> = world.coverage(&self.sources);
        let log = if look || verdict != Verdict::Passed { log::lines(&world) } else { Vec::new() };
        let standing = look.then(|| Standing::of(&world));
        (Report { name: self.name, verdict, log, coverage }, standing)
    }
}
