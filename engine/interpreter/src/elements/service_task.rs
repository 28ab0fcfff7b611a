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
