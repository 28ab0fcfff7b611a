//! What a worker is sent: computed when the job is sent, from the state as it is then, so that a job costs nothing while it
//! waits.

use crate::expression::ExpressionError;
use crate::instance::Answer;
use crate::variables::{View, size_of, visible_json, visible_names};
use crate::{Instance, Key, Process, Timestamp};
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub struct JobPayload {
    pub job_type: String,
    pub attempt: u32,
    pub retries_left: u32,
    pub element_id: String,
    /// The element's name, or its id when it has none.
    pub element_name: String,
    pub timeout_ms: u64,
    pub priority: i32,
    /// What the element sees, and the built-in names: a JSON object.
    pub variables: Vec<u8>,
    /// Names of what the element sees as well, and what is too large to travel with every job.
    pub left_out: Vec<String>,
    /// The element's properties, templates rendered, and `custom`.
    pub task: Map<String, Value>,
    /// What people have answered so far, oldest first.
    pub answers: Vec<Answer>,
}

/// What travels with a job, in bytes; a worker asks for the rest.
#[derive(Debug, Clone, Copy)]
pub struct Baggage {
    pub of_one_variable: u64,
    pub of_all: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("element instance {} has no open job", .0.0)]
    NoJob(Key),
    #[error("a property of the task cannot be rendered any more")]
    Property(#[source] ExpressionError),
}

/// The payload of the open job of `key`, as of `now`.
pub fn job_payload(
    process: &Process,
    instance: &Instance,
    key: Key,
    now: Timestamp,
    baggage: Baggage,
) -> Result<JobPayload, JobError> {
    let element = instance.element(key).ok_or(JobError::NoJob(key))?;
    let compiled = process.element(element.element);
    let (Some(job), Some(spec)) = (&element.job, compiled.kind.behavior().job()) else {
        return Err(JobError::NoJob(key));
    };
    let view = View { process, instance, key, now };
    let task = match spec.task.render(&view).map_err(JobError::Property)? {
        Value::Object(task) => task,
        _ => Map::new(),
    };
    let left_out = too_large(instance, key, baggage);
    Ok(JobPayload {
        job_type: job.job_type.clone(),
        attempt: job.attempt,
        retries_left: job.retries_left,
        element_id: compiled.id.clone(),
        element_name: compiled.title().to_owned(),
        timeout_ms: spec.timeout_ms,
        priority: spec.priority,
        variables: visible_json(process, instance, key, |name| !left_out.iter().any(|left| left == name)),
        left_out,
        task,
        answers: job.answers.iter().cloned().collect(),
    })
}

/// What is too large by itself; of the others the largest, while all together are too large.
fn too_large(instance: &Instance, key: Key, baggage: Baggage) -> Vec<String> {
    if instance.variable_bytes <= baggage.of_one_variable {
        return Vec::new();
    }
    let mut sizes: Vec<(u64, &str)> =
        visible_names(instance, key).into_iter().map(|(name, value)| (size_of(name, value), name)).collect();
    sizes.sort_unstable();
    let mut all = 0;
    let fits = |(size, _): &&(u64, &str)| {
        all += size;
        *size <= baggage.of_one_variable && all <= baggage.of_all
    };
    let travelling = sizes.iter().take_while(fits).count();
    sizes.split_off(travelling).into_iter().map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn large_variables_do_not_travel_with_the_job() {
        let given = json!({"a": "x".repeat(40), "b": "x".repeat(90), "c": "x".repeat(50), "d": "x".repeat(200)});
        let hand = Hand::started(vec![start("s"), service("work"), end("e")], &["s -> work -> e"], given);
        let payload = |of_one_variable, of_all| {
            let baggage = Baggage { of_one_variable, of_all };
            job_payload(&hand.process, &hand.instance, hand.key("work"), hand.now, baggage).unwrap()
        };
        assert!(payload(1000, 1000).left_out.is_empty());
        let some = payload(150, 120);
        assert_eq!(some.left_out, ["b", "d"]);
        let travelling: Value = serde_json::from_slice(&some.variables).unwrap();
        assert!(travelling.get("a").is_some() && travelling.get("c").is_some());
        assert!(travelling.get("b").is_none() && travelling.get("processId").is_some());
    }
}
