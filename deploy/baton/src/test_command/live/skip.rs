//! What cannot be done on a running engine, and why.

use interpreter::scenario::Plan;
use interpreter::scenario::file::Answer;
use std::collections::BTreeSet;

/// Done by Baton's own workers wherever it runs: theirs and ours would share the jobs.
const OF_OUR_OWN_WORKERS: [&str; 5] = ["script", "web-service", "email", "webhook", "agent"];

/// Empty when the scenario can be played.
pub fn reasons(plan: &Plan, has_nats: bool) -> Vec<String> {
    let mut reasons = BTreeSet::new();
    for step in &plan.scenario.steps {
        let clock = "`advance`: the clock of a running engine cannot be moved";
        let trigger = "`trigger`: a running engine delivers by message, time or task only";
        let asked = [(step.advance.is_some(), clock), (step.trigger.is_some(), trigger)];
        reasons.extend(asked.into_iter().filter(|(is_asked, _)| *is_asked).map(|(_, why)| why.to_owned()));
    }
    for (name, answer) in &plan.scenario.workers {
        if matches!(answer, Answer::Detailed(answer) if answer.after.is_some()) {
            reasons.insert(format!("`after` of the worker `{name}`: the clock of a running engine cannot be moved"));
        }
    }
    for (job_type, element) in plan.job_types() {
        let is_own = OF_OUR_OWN_WORKERS.contains(&job_type);
        if is_own && plan.answer(element, job_type).is_some() {
            reasons.insert(format!("the jobs `{job_type}` of `{element}` belong to Baton's own workers there"));
        }
    }
    if !has_nats && !job_types(plan).is_empty() {
        reasons.insert("it has jobs to do: say where NATS is, with `--nats URL`".to_owned());
    }
    reasons.into_iter().collect()
}

/// The jobs that are done here.
pub fn job_types(plan: &Plan) -> BTreeSet<String> {
    let types = plan.job_types().map(|(job_type, _)| job_type);
    types.filter(|job_type| !OF_OUR_OWN_WORKERS.contains(job_type)).map(str::to_owned).collect()
}
