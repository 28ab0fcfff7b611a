//! User task: a person fills in a form (BPMN 2.0, 13.3.3 and 10.3.4.1).
//!
//! Who may do it, and by when, is rendered when the task opens. The submitted values are checked against the form. They go to
//! `resultVariable`, as one object; without it the decision goes to `<id>_decision`, the comments to `<id>_comments`,
//! and every other field to its own name. The outcome is the decision.

use super::{Acted, Behavior, Fault, Next};
use crate::compile::Compiler;
use crate::run::{Here, Run};
use crate::template::Template;
use crate::{Timestamp, Variables, effect, time};
use model::FormField;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct UserTask {
    assignee: Option<Template>,
    candidate_groups: Vec<Template>,
    candidate_users: Vec<Template>,
    priority: Option<Template>,
    due_date: Option<Template>,
    pub form_fields: Vec<FormField>,
    result_variable: Option<String>,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    activity: &model::Activity,
    task: &model::UserTask,
) -> Option<UserTask> {
    let mut list = |texts: &[model::Template]| -> Option<Vec<Template>> {
        texts.iter().map(|text| compiler.template(element, text)).collect()
    };
    let (candidate_groups, candidate_users) = (list(&task.candidate_groups), list(&task.candidate_users));
    let mut optional = |text: &Option<model::Template>| match text {
        Some(text) => compiler.template(element, text).map(Some),
        None => Some(None),
    };
    Some(UserTask {
        assignee: optional(&task.assignee)?,
        priority: optional(&task.priority)?,
        due_date: optional(&task.due_date)?,
        candidate_groups: candidate_groups?,
        candidate_users: candidate_users?,
        form_fields: task.form_fields.clone(),
        result_variable: activity.result_variable.clone(),
    })
}

impl Behavior for UserTask {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let task = self.rendered(run, here)?;
        run.open_user_task(here, task);
        Ok(Next::Wait)
    }

    fn user_task_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, submitted: Variables) -> Acted {
        let outcome = submitted.get("decision").cloned();
        if run.is_collected(here) {
            run.leave_behind(here, submitted.clone());
        }
        let left = match &self.result_variable {
            Some(name) => Variables::from_iter([(name.clone(), Value::Object(submitted))]),
            None => self.by_name(&here.element.id, submitted),
        };
        run.leave_behind(here, left);
        Ok(Next::Leave(outcome))
    }
}

impl UserTask {
    fn rendered(&self, run: &Run<'_>, here: Here<'_>) -> Result<effect::UserTask, Fault> {
        let all = |templates: &[Template]| -> Result<Vec<String>, Fault> {
            let rendered = templates.iter().map(|template| run.render(here.key, template));
            rendered.filter(|text| !matches!(text, Ok(text) if text.is_empty())).collect()
        };
        let one = |template: &Option<Template>| -> Result<Option<String>, Fault> {
            Ok(run.render_optional(here.key, template)?.filter(|text| !text.is_empty()))
        };
        Ok(effect::UserTask {
            element: Some(here.element.index),
            name: here.element.title().to_owned(),
            is_manual: false,
            assignee: one(&self.assignee)?,
            candidate_groups: all(&self.candidate_groups)?,
            candidate_users: all(&self.candidate_users)?,
            priority: one(&self.priority)?,
            due: one(&self.due_date)?.map(|text| due(&text, run.now)).transpose()?,
            form_fields: self.form_fields.clone(),
            question: None,
        })
    }

    /// `decision` and `comments` carry the task's id, so that those of several tasks stay apart; as fields of the form they
    /// are also left under their own name.
    fn by_name(&self, id: &str, submitted: Variables) -> Variables {
        let mut left = Variables::new();
        for (name, value) in submitted {
            let is_ours = name == "decision" || name == "comments";
            if is_ours {
                left.insert(format!("{id}_{name}"), value.clone());
            }
            if !is_ours || self.form_fields.iter().any(|field| field.name == name) {
                left.insert(name, value);
            }
        }
        left
    }
}

fn due(text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    time::at_date_or_after(text, now).map_err(|error| Fault::incident("DUE_DATE_INVALID", error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{CommandKind, Effect, RejectionCode, Timestamp};
    use model::{ActivityKind, FieldType, FormField};
    use serde_json::json;

    fn ask() -> model::Element {
        let field = |name: &str, field_type| FormField {
            name: name.to_owned(),
            label: None,
            field_type,
            required: true,
            options: Vec::new(),
        };
        let task = model::UserTask {
            assignee: Some(text("${boss}")),
            candidate_groups: vec![text("${team}"), text("managers")],
            due_date: Some(text("PT1H")),
            form_fields: vec![field("amount", FieldType::Number), field("decision", FieldType::Text)],
            ..Default::default()
        };
        activity("ask", ActivityKind::UserTask(task))
    }

    #[test]
    fn it_opens_with_its_texts_rendered() {
        let hand = Hand::started(vec![start("s"), ask()], &["s -> ask"], json!({"boss": "ann"}));
        let [Effect::OpenUserTask { task, .. }] = hand.effects.as_slice() else { panic!("{:?}", hand.effects) };
        assert_eq!(task.assignee.as_deref(), Some("ann"));
        assert_eq!(task.candidate_groups, ["managers"]);
        assert_eq!(task.due, Some(Timestamp(hand.now.0 + 3_600_000)));
    }

    #[test]
    fn values_are_checked_against_the_form_and_left_by_name() {
        let mut hand = Hand::started(vec![start("s"), ask()], &["s -> ask"], json!({}));
        let complete = |key, with| CommandKind::CompleteUserTask { key, variables: variables(with), by: None };
        let wrong = hand.tries(complete(hand.key("ask"), json!({"amount": "many", "decision": "yes"}))).unwrap_err();
        assert_eq!((wrong.code, wrong.message.as_str()), (RejectionCode::Invalid, "`amount` must be a number"));
        hand.does(complete(hand.key("ask"), json!({"amount": "12", "decision": "yes"})));
        assert_eq!((hand.variable("amount"), hand.variable("decision")), (json!(12), json!("yes")));
        assert_eq!(hand.variable("ask_decision"), json!("yes"));
        assert!(hand.is_completed());
    }
}
