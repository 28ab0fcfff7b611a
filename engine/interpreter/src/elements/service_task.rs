//! Service task: a job for a worker (BPMN 2.0, 13.3.3).
//!
//! `External` work goes to the worker of its topic; a `Web Service` is called by our own worker, as `custom` describes. The
//! result is left in `resultVariable`, else in `result`; what else the worker returns is merged.

use super::{Acted, Behavior, JobSpec, Next, job};
use crate::Variables;
use crate::compile::Compiler;
use crate::run::{Here, Run};
use model::Activity;

#[derive(Debug)]
pub(crate) struct ServiceTask {
    job: JobSpec,
    result_variable: String,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    task: &model::ServiceTask,
) -> Option<ServiceTask> {
    let job_type = match task {
        model::ServiceTask::External { topic } => topic.as_str(),
        model::ServiceTask::WebService => "web-service",
    };
    let job = job::compile(compiler, element, activity, job_type, &[])?;
    let result_variable = activity.result_variable.clone().unwrap_or_else(|| "result".to_owned());
    Some(ServiceTask { job, result_variable })
}

impl Behavior for ServiceTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        job::enter(run, here, &self.job)
    }

    fn job(&self) -> Option<&JobSpec> {
        Some(&self.job)
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        Ok(Next::Leave(job::leave_result(run, here, returned, Some(&self.result_variable))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CommandKind, Effect, RejectionCode, Variables};
    use serde_json::json;

    fn one_task() -> Hand {
        Hand::started(vec![start("s"), service("work"), end("e")], &["s -> work -> e"], json!({"x": 1}))
    }

    #[test]
    fn the_result_is_left_and_the_rest_is_merged() {
        let mut hand = one_task();
        hand.completes("work", json!({"result": {"a": 1}, "x": 2}));
        assert_eq!((hand.variable("result"), hand.variable("x")), (json!({"a": 1}), json!(2)));
        assert!(hand.is_completed());
    }

    #[test]
    fn a_failure_is_tried_again_after_a_growing_delay_and_ends_as_an_incident() {
        let mut hand = one_task();
        for (attempt, delay) in [(1, 1_000), (2, 2_000)] {
            hand.fails("work", "boom", true);
            let due = crate::Timestamp(hand.now.0 + delay);
            assert_eq!(hand.effects.last(), Some(&Effect::ScheduleRetry { key: hand.key("work"), due }), "{attempt}");
            hand.does(CommandKind::RetryJob { key: hand.key("work") });
        }
        hand.fails("work", "boom", true);
        assert_eq!(hand.incident(), Some("JOB_FAILED"));
        hand.resolves("work", 1);
        hand.completes("work", json!({}));
        assert!(hand.is_completed());
    }

    #[test]
    fn only_the_current_attempt_counts() {
        let mut hand = one_task();
        let complete = |key, attempt| CommandKind::CompleteJob { key, attempt, variables: Variables::new() };
        let key = hand.key("work");
        hand.fails("work", "boom", true);
        assert_eq!(hand.tries(complete(key, 1)).unwrap_err().code, RejectionCode::StaleAttempt);
        hand.does(CommandKind::RetryJob { key });
        assert_eq!(hand.tries(complete(key, 1)).unwrap_err().code, RejectionCode::StaleAttempt);
        hand.does(complete(key, 2));
        assert_eq!(hand.tries(complete(key, 2)).unwrap_err().code, RejectionCode::InstanceEnded);
    }

    #[test]
    fn a_job_is_described_by_its_properties_with_the_holes_filled() {
        let mut work = service("work");
        work.properties.insert("topic".into(), json!("work"));
        work.custom.insert("url".into(), json!({"path": "/orders/${x}"}));
        let hand = Hand::started(vec![start("s"), work, end("e")], &["s -> work -> e"], json!({"x": 7}));
        let payload = hand.payload("work");
        assert_eq!(json!(payload.task), json!({"topic": "work", "custom": {"url": {"path": "/orders/7"}}}));
        let variables: serde_json::Value = serde_json::from_slice(&payload.variables).unwrap();
        assert_eq!(variables["x"], json!(7));
        assert_eq!(variables["taskId"], json!("work"));
    }

    #[test]
    fn output_mappings_choose_what_is_left() {
        let mut work = service("work");
        work.input_mappings.push(mapping("x + 1", "y"));
        work.output_mappings.push(mapping("result.total + y", "z"));
        let mut hand = Hand::started(vec![start("s"), work, end("e")], &["s -> work -> e"], json!({"x": 1}));
        hand.completes("work", json!({"result": {"total": 5}, "x": 100}));
        let root = &hand.instance.variables[&crate::Key::ROOT];
        assert_eq!(json!(root), json!({"x": 1, "z": 7}));
    }
}
