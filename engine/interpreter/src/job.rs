//! What a worker is sent: computed when the job is sent, from the state as it is then, so that a job costs nothing while it
//! waits.

use crate::expression::ExpressionError;
use crate::variables::{View, visible};
use crate::{Instance, Key, Process, Timestamp, Variables};
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
    /// Everything that the element sees, and the built-in names.
    pub variables: Variables,
    /// The element's properties, templates rendered, and `custom`.
    pub task: Map<String, Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error("element instance {} has no open job", .0.0)]
    NoJob(Key),
    #[error("a property of the task cannot be rendered any more")]
    Property(#[source] ExpressionError),
}

/// The payload of the open job of `key`, as of `now`.
pub fn job_payload(process: &Process, instance: &Instance, key: Key, now: Timestamp) -> Result<JobPayload, JobError> {
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
    Ok(JobPayload {
        job_type: job.job_type.clone(),
        attempt: job.attempt,
        retries_left: job.retries_left,
        element_id: compiled.id.clone(),
        element_name: compiled.title().to_owned(),
        timeout_ms: spec.timeout_ms,
        priority: spec.priority,
        variables: visible(process, instance, key, true),
        task,
    })
}
