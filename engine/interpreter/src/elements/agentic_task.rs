//! Agentic task: a job of type `agent`. It has no chapter in BPMN 2.0; it acts as a service task whose worker thinks.
//!
//! The result is left in `resultVariable`, else in `<id>_result`. Its outcome is true when its `confidence` meets the
//! task's threshold, else false, also when it does not say; runs below the threshold have been repeated by the worker.

use super::{Acted, Behavior, JobSpec, Next, agent_rules, job};
use crate::Variables;
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Activity;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct AgenticTask {
    job: JobSpec,
    result_variable: String,
    confidence_threshold: f64,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    task: &model::AgenticTask,
) -> Option<AgenticTask> {
    agent_rules::check(compiler, element)?;
    let job = job::compile(compiler, element, activity, "agent", &["systemPrompt", "prompt"])?;
    let result_variable = activity.result_variable.clone().unwrap_or_else(|| format!("{}_result", element.id));
    Some(AgenticTask { job, result_variable, confidence_threshold: task.confidence_threshold })
}

impl Behavior for AgenticTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        job::enter(run, here, &self.job)
    }

    fn job(&self) -> Option<&JobSpec> {
        Some(&self.job)
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        let is_met = confidence(&returned).is_some_and(|confidence| confidence >= self.confidence_threshold);
        job::leave_result(run, here, returned, Some(&self.result_variable));
        Ok(Next::Leave(Some(Value::Bool(is_met))))
    }
}

fn confidence(returned: &Variables) -> Option<f64> {
    let in_result = || returned.get("result")?.get("confidence")?.as_f64();
    returned.get("confidence").and_then(Value::as_f64).or_else(in_result)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::{ActivityKind, Gateway};
    use serde_json::{Value, json};

    fn run(returned: Value) -> Hand {
        let agent = model::AgenticTask { confidence_threshold: 0.8, ..Default::default() };
        let elements = vec![
            start("s"),
            activity("think", ActivityKind::AgenticTask(agent)),
            gateway("x", Gateway::Exclusive),
            end("good"),
            end("bad"),
        ];
        let connections = ["s -> think -> x", "x -> good : Valid", "x -> bad : No - low confidence"];
        let mut hand = Hand::started(elements, &connections, json!({}));
        hand.completes("think", returned);
        hand
    }

    #[test]
    fn its_outcome_is_whether_it_met_its_threshold() {
        assert_eq!(run(json!({"result": {"a": 1, "confidence": 0.9}})).entered().last(), Some(&"good"));
        assert_eq!(run(json!({"result": {"a": 1}, "confidence": 0.5})).entered().last(), Some(&"bad"));
        assert_eq!(run(json!({})).entered().last(), Some(&"bad"));
    }

    #[test]
    fn its_result_carries_its_id() {
        assert_eq!(run(json!({"result": {"a": 1, "confidence": 0.9}})).variable("think_result")["a"], json!(1));
    }
}
