//! Business rule task: a decision table in `custom.rules` is evaluated in place; without rules it is a job of type
//! `business-rule` (BPMN 2.0, 13.3.3).
//!
//! The result is left in `resultVariable`, else in `result`.

use super::{Acted, Behavior, Fault, JobSpec, Next, job, label::outcome_of};
use crate::Variables;
use crate::compile::Compiler;
use crate::decision::DecisionTable;
use crate::run::{Here, Run};
use model::Activity;

#[derive(Debug)]
pub(crate) struct BusinessRuleTask {
    rule: Rule,
    result_variable: String,
}

#[derive(Debug)]
enum Rule {
    Table(DecisionTable),
    Job(Box<JobSpec>),
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &Activity,
    task: &model::BusinessRuleTask,
) -> Option<BusinessRuleTask> {
    let rule = match task {
        model::BusinessRuleTask::Decision { .. } => return compiler.not_yet(element, "deployed decisions are"),
        model::BusinessRuleTask::Rules(rules) => match DecisionTable::compile(rules) {
            Ok(table) => Rule::Table(table),
            Err(error) => return compiler.reject(element, "RULES_INVALID", error.to_string()),
        },
        model::BusinessRuleTask::External => {
            Rule::Job(Box::new(job::compile(compiler, element, activity, "business-rule", &[])?))
        }
    };
    let result_variable = activity.result_variable.clone().unwrap_or_else(|| "result".to_owned());
    Some(BusinessRuleTask { rule, result_variable })
}

impl Behavior for BusinessRuleTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let table = match &self.rule {
            Rule::Job(spec) => return job::enter(run, here, spec),
            Rule::Table(table) => table,
        };
        let result =
            table.decide(&run.view(here.key)).map_err(|error| Fault::incident("DECISION_FAILED", error.to_string()))?;
        let outcome = outcome_of(&result);
        let left = Variables::from_iter([(self.result_variable.clone(), result)]);
        run.check_size(&left)?;
        run.leave_behind(here, left);
        Ok(Next::Leave(outcome))
    }

    fn is_instant(&self) -> bool {
        matches!(self.rule, Rule::Table(_))
    }

    fn job(&self) -> Option<&JobSpec> {
        match &self.rule {
            Rule::Job(spec) => Some(spec),
            Rule::Table(_) => None,
        }
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        Ok(Next::Leave(job::leave_result(run, here, returned, Some(&self.result_variable))))
    }
}
