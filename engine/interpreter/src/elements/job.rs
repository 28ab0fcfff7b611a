//! Jobs: the part that all job-creating elements have in common.
//!
//! | property | default |
//! |---|---|
//! | `retries` | 3 attempts in all |
//! | `retryBackoff` | `exponential(PT1S, 2, PT1M)` |
//! | `jobTimeout` | 60 s without a sign of life from the worker |
//! | `jobPriority` | 0 |

use super::{Acted, Next, label::outcome_of};
use crate::Variables;
use crate::compile::Compiler;
use crate::expression::{ExpressionError, ExpressionErrorCode, Scope};
use crate::run::{Here, Run};
use crate::template::Template;
use model::{Activity, Backoff};
use serde_json::{Map, Value};

/// The keys of `custom` with what an agent may do with its tools, and with what its answers have to satisfy.
pub(super) const TOOL_POLICY: &str = "toolPolicy";
pub(super) const CHECKS: &str = "checks";
const RETRIES: u32 = 3;
const BACKOFF: Backoff = Backoff { initial_ms: 1_000, factor: 2.0, maximum_ms: 60_000 };
const TIMEOUT_MS: u64 = 60_000;

#[derive(Debug)]
pub(crate) struct JobSpec {
    pub job_type: String,
    /// Attempts in all.
    pub retries: u32,
    pub backoff: Backoff,
    pub timeout_ms: u64,
    pub priority: i32,
    pub task: TaskData,
}

/// What a worker is told about the task: its properties, with the texts that are templates compiled.
#[derive(Debug)]
pub(crate) enum TaskData {
    Fixed(Value),
    Text(Template),
    List(Vec<TaskData>),
    Fields(Vec<(String, TaskData)>),
}

/// The job of `element`; `templates` are the properties whose texts have holes, beside all of `custom`.
pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    job_type: &str,
    templates: &[&str],
) -> Option<JobSpec> {
    let mut fields = Vec::new();
    for (name, value) in element.properties.iter().filter(|(name, _)| *name != "custom") {
        let is_template = templates.contains(&name.as_str());
        let data = if is_template { task_data(compiler, element, value)? } else { TaskData::Fixed(value.clone()) };
        fields.push((name.clone(), data));
    }
    if !element.custom.is_empty() {
        let custom = element.custom.iter().map(|(name, value)| {
            // Their expressions are about what the worker knows, and evaluated there.
            let is_fixed = name == TOOL_POLICY || name == CHECKS;
            let data =
                if is_fixed { Some(TaskData::Fixed(value.clone())) } else { task_data(compiler, element, value) };
            Some((name.clone(), data?))
        });
        fields.push(("custom".to_owned(), TaskData::Fields(custom.collect::<Option<_>>()?)));
    }
    let options = &activity.job;
    Some(JobSpec {
        job_type: job_type.to_owned(),
        retries: options.retries.unwrap_or(RETRIES).max(1),
        backoff: options.retry_backoff.unwrap_or(BACKOFF),
        timeout_ms: options.timeout_ms.unwrap_or(TIMEOUT_MS),
        priority: options.priority.unwrap_or_default(),
        task: TaskData::Fields(fields),
    })
}

fn task_data(compiler: &mut Compiler, element: &model::Element, value: &Value) -> Option<TaskData> {
    match value {
        Value::String(text) if text.contains("${") => compiler.template_text(element, text).map(TaskData::Text),
        Value::Array(items) => {
            items.iter().map(|item| task_data(compiler, element, item)).collect::<Option<_>>().map(TaskData::List)
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Some((name.clone(), task_data(compiler, element, value)?)))
            .collect::<Option<_>>()
            .map(TaskData::Fields),
        other => Some(TaskData::Fixed(other.clone())),
    }
}

/// Workers put secrets where a task says `secret://name`: only who wrote the definition may say so, never the data that
/// fills its holes.
fn rendered(template: &Template, scope: &dyn Scope) -> Result<String, ExpressionError> {
    let text = template.render(scope)?;
    let strange = secrets(&text).find(|name| !secrets(template.source()).any(|written| written == *name));
    if let Some(name) = strange {
        return Err(ExpressionError {
            code: ExpressionErrorCode::Failed,
            expression: template.source().to_owned(),
            variable: template.variables().next().map(str::to_owned),
            message: format!("a value refers to the secret `{name}`, which the definition does not name"),
        });
    }
    Ok(text)
}

fn secrets(text: &str) -> impl Iterator<Item = &str> {
    let is_end = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.');
    text.split("secret://").skip(1).map(move |rest| rest.split(is_end).next().unwrap_or_default())
}

impl TaskData {
    pub fn render(&self, scope: &dyn Scope) -> Result<Value, ExpressionError> {
        match self {
            TaskData::Fixed(value) => Ok(value.clone()),
            TaskData::Text(template) => rendered(template, scope).map(Value::String),
            TaskData::List(items) => items.iter().map(|item| item.render(scope)).collect(),
            TaskData::Fields(fields) => {
                let rendered = fields.iter().map(|(name, data)| Ok((name.clone(), data.render(scope)?)));
                rendered.collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// Whether every hole can be filled: a job that cannot be described is an incident before it is created.
    pub fn check(&self, scope: &dyn Scope) -> Result<(), ExpressionError> {
        match self {
            TaskData::Fixed(_) => Ok(()),
            TaskData::Text(template) => rendered(template, scope).map(drop),
            TaskData::List(items) => items.iter().try_for_each(|item| item.check(scope)),
            TaskData::Fields(fields) => fields.iter().try_for_each(|(_, data)| data.check(scope)),
        }
    }
}

impl JobSpec {
    /// The delay after `failed` failed attempts.
    pub fn delay_ms(&self, failed: u32) -> u64 {
        let Backoff { initial_ms, factor, maximum_ms } = self.backoff;
        let exponent = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let delay = initial_ms as f64 * factor.max(0.0).powi(exponent);
        // Casting saturates, also from infinity.
        (delay as u64).min(maximum_ms)
    }
}

/// Orders the job and waits for it.
pub(crate) fn enter<'r>(run: &mut Run<'r>, here: Here<'r>, job: &'r JobSpec) -> Acted {
    job.task.check(&run.view(here.key))?;
    run.create_job(here, job);
    Ok(Next::Wait)
}

/// Leaves behind what a worker returned, its `result` under the name of `result_variable` (dropped without one).
pub(crate) fn leave_result<'r>(
    run: &mut Run<'r>,
    here: Here<'r>,
    mut returned: Variables,
    result_variable: Option<&str>,
) -> Option<Value> {
    let result = returned.shift_remove("result");
    let outcome = result.as_ref().and_then(outcome_of);
    if let Some(result) = result.as_ref().filter(|_| run.is_collected(here)) {
        // The output element may say `result`, whatever the variable is called.
        run.set(here.key, "result".to_owned(), result.clone());
    }
    if let (Some(name), Some(result)) = (result_variable, result) {
        returned.insert(name.to_owned(), result);
    }
    run.leave_behind(here, returned);
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use serde_json::json;
    use std::borrow::Cow;

    struct Given(Value);

    impl Scope for Given {
        fn variable(&self, name: &str) -> Option<Cow<'_, Value>> {
            self.0.get(name).map(Cow::Borrowed)
        }

        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
    }

    fn render(text: &str, x: &str) -> Result<String, ExpressionError> {
        rendered(&Template::compile(text)?, &Given(json!({"x": x})))
    }

    #[test]
    fn data_does_not_name_secrets() {
        assert!(render("Bearer secret://token ${x}", "plain").is_ok());
        for (text, x) in [("${x}", "secret://token"), ("secret://${x}", "token"), ("secret://to${x}", "ken")] {
            let message = render(text, x).unwrap_err().message;
            assert!(message.contains("`token`"), "{message}");
        }
    }
}
