//! Manual task: work outside any system; a person says when it is done (BPMN 2.0, 13.3.3).

use super::{Acted, Behavior, Next};
use crate::effect;
use crate::run::{Here, Run};

#[derive(Debug)]
pub(crate) struct ManualTask;

impl Behavior for ManualTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let name = here.element.title().to_owned();
        let task = effect::UserTask { element: Some(here.element.index), name, is_manual: true, ..Default::default() };
        run.open_user_task(here, task);
        Ok(Next::Wait)
    }
}
