//! A person did a user task or a manual task, or answered a job's question.

use super::{act, check_size, find, question, reject};
use crate::elements::{Kind, UserTask};
use crate::run::Run;
use crate::{Effect, EventKind, Key, Rejection, RejectionCode, Variables, form};

pub(super) fn complete(run: &mut Run<'_>, key: Key, variables: Variables, by: Option<String>) -> Result<(), Rejection> {
    if let Some(asker) = run.instance.asker(key) {
        return question::answer(run, asker, key, &variables, by);
    }
    let here = find(run, key)?;
    if !run.instance.element(key).is_some_and(|element| element.user_task) {
        return Err(reject(RejectionCode::NotFound, format!("{} is no open task of a person", here.element.id)));
    }
    let variables = match &here.element.kind {
        Kind::UserTask(UserTask { form_fields, .. }) => {
            form::check(form_fields, &variables).map_err(|message| reject(RejectionCode::Invalid, message))?
        }
        _ => variables,
    };
    check_size(run, &variables)?;
    run.emit(EventKind::UserTaskCompleted { key, by });
    run.effect(Effect::CloseUserTask { key, completed: true });
    act(run, here, |element, run| element.user_task_completed(run, here, variables));
    Ok(())
}
