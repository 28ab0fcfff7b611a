//! Script task: a job of type `script` for languages that need a sandbox; `expression` and `feel` are evaluated in place
//! (BPMN 2.0, 13.3.3).
//!
//! The result is left in `resultVariable`, else in `scriptResult`. What a script sets by name is merged; what it fails with
//! is a failure of the job.

use super::{Acted, Behavior, JobSpec, Next, job, label::outcome_of};
use crate::Variables;
use crate::compile::Compiler;
use crate::expression::Expression;
use crate::run::{Here, Run};
use model::{Activity, ScriptFormat};

#[derive(Debug)]
pub(crate) struct ScriptTask {
    script: Script,
    result_variable: String,
}

#[derive(Debug)]
enum Script {
    Job(Box<JobSpec>),
    Expression(Expression),
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    task: &model::ScriptTask,
) -> Option<ScriptTask> {
    let script = match task.format {
        ScriptFormat::Python | ScriptFormat::JavaScript => {
            Script::Job(Box::new(job::compile(compiler, element, activity, "script", &[])?))
        }
        ScriptFormat::Expression => Script::Expression(compiler.expression(element, &task.script)?),
        ScriptFormat::Feel => Script::Expression(compiler.feel(element, &task.script)?),
    };
    let result_variable = activity.result_variable.clone().unwrap_or_else(|| "scriptResult".to_owned());
    Some(ScriptTask { script, result_variable })
}

impl Behavior for ScriptTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let expression = match &self.script {
            Script::Job(spec) => return job::enter(run, here, spec),
            Script::Expression(expression) => expression,
        };
        let result = run.evaluate(here.key, expression)?;
        let outcome = outcome_of(&result);
        let left = Variables::from_iter([(self.result_variable.clone(), result)]);
        run.check_size(&left)?;
        run.leave_behind(here, left);
        Ok(Next::Leave(outcome))
    }

    fn is_instant(&self) -> bool {
        matches!(self.script, Script::Expression(_))
    }

    fn job(&self) -> Option<&JobSpec> {
        match &self.script {
            Script::Job(spec) => Some(spec),
            Script::Expression(_) => None,
        }
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        Ok(Next::Leave(job::leave_result(run, here, returned, Some(&self.result_variable))))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CommandKind, Effect, Key};
    use model::{ActivityKind, ScriptFormat};
    use serde_json::json;

    fn script(format: ScriptFormat, source: &str) -> model::Element {
        activity("script", ActivityKind::ScriptTask(model::ScriptTask { format, script: text(source) }))
    }

    #[test]
    fn an_expression_is_evaluated_in_place() {
        let elements = vec![start("s"), script(ScriptFormat::Expression, "a + b"), end("e")];
        let hand = Hand::started(elements, &["s -> script -> e"], json!({"a": 1, "b": 2}));
        assert_eq!(hand.variable("scriptResult"), json!(3));
        assert!(hand.is_completed());
    }

    #[test]
    fn feel_is_evaluated_in_place() {
        for source in ["for i in 1..a return i * b", "= for i in 1..a return i * b"] {
            let elements = vec![start("s"), script(ScriptFormat::Feel, source), end("e")];
            let hand = Hand::started(elements, &["s -> script -> e"], json!({"a": 2, "b": 5}));
            assert_eq!(hand.variable("scriptResult"), json!([5, 10]));
            assert!(hand.is_completed());
        }
    }

    #[test]
    fn an_expression_that_fails_waits_for_a_person() {
        let elements = vec![start("s"), script(ScriptFormat::Expression, "a + b"), end("e")];
        let mut hand = Hand::started(elements, &["s -> script -> e"], json!({"a": 1, "b": [2]}));
        assert_eq!(hand.incident(), Some("EXPRESSION_FAILED"));
        let variables = variables(json!({"b": 2}));
        hand.does(CommandKind::SetVariables { scope: Key::ROOT, variables });
        hand.resolves("script", 0);
        assert!(hand.is_completed());
    }

    #[test]
    fn python_is_a_job() {
        let elements = vec![start("s"), script(ScriptFormat::Python, "result = 1"), end("e")];
        let mut hand = Hand::started(elements, &["s -> script -> e"], json!({}));
        assert!(matches!(&hand.effects[..], [Effect::CreateJob { job_type, .. }] if job_type == "script"));
        hand.completes("script", json!({"result": 1, "seen": true}));
        assert_eq!((hand.variable("scriptResult"), hand.variable("seen")), (json!(1), json!(true)));
    }
}
