//! What a multi-instance activity throws when one of its instances completes (`behavior`; BPMN 2.0, 10.3.8).
//!
//! - **All** (the default) throws nothing: the activity is left when all instances are done.
//! - **None** throws `noneBehaviorEventRef` with each instance, **One** throws `oneBehaviorEventRef` with the first.
//! - **Complex** asks each entry of `complexBehavior`, `{condition, event}`, after each instance, and throws its event when the
//!   condition holds.
//!
//! What is thrown is a signal for the boundary events of the activity: for those that listen to its name, or, when none does
//! or no name is given, for all of them that listen to a signal. One that interrupts ends the other instances; else the
//! activity is left when all are done.

use crate::compile::Compiler;
use crate::expression::Expression;
use model::{Element, Located};
use serde_json::Value;

#[derive(Debug)]
pub(crate) enum CompletionEvents {
    Never,
    WithEach(Option<String>),
    WithTheFirst(Option<String>),
    When(Vec<(Expression, Option<String>)>),
}

pub(crate) fn compile(compiler: &mut Compiler, element: &Element, behavior: Option<&str>) -> Option<CompletionEvents> {
    let reference = |key: &str| element.properties.get(key).and_then(Value::as_str).map(str::to_owned);
    match behavior.unwrap_or("All").to_lowercase().as_str() {
        "all" => Some(CompletionEvents::Never),
        "none" => Some(CompletionEvents::WithEach(reference("noneBehaviorEventRef"))),
        "one" => Some(CompletionEvents::WithTheFirst(reference("oneBehaviorEventRef"))),
        "complex" => complex(compiler, element).map(CompletionEvents::When),
        other => {
            let message = format!("`{}`: `behavior` is `None`, `One`, `All` or `Complex`, not `{other}`", element.id);
            compiler.reject(element, "INVALID_VALUE", message)
        }
    }
}

fn complex(compiler: &mut Compiler, element: &Element) -> Option<Vec<(Expression, Option<String>)>> {
    let entries = element.properties.get("complexBehavior").and_then(Value::as_array);
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| complex_entry(compiler, element, entry)).collect()
}

fn complex_entry(compiler: &mut Compiler, element: &Element, entry: &Value) -> Option<(Expression, Option<String>)> {
    let text = |key: &str| match entry.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Bool(value)) => Some(value.to_string()),
        _ => None,
    };
    let Some(condition) = text("condition") else {
        let message = format!("`{}`: an entry of `complexBehavior` needs a `condition`", element.id);
        return compiler.reject(element, "MISSING_PROPERTY", message);
    };
    let condition = compiler.expression(element, &Located::new(condition, element.location))?;
    Some((condition, text("event")))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use model::{ElementKind, Trigger};
    use serde_json::{Value, json};

    /// Three instances, one after the other, and a boundary event for the signal `done`.
    fn three(behavior: &str, with: &[(&str, Value)], cancel_activity: bool) -> Hand {
        let mut work = service("work");
        if let ElementKind::Activity(activity) = &mut work.kind {
            activity.repetition = Some(model::Repetition::MultiInstance(model::MultiInstance {
                is_sequential: true,
                cardinality: Some(text("3")),
                behavior: Some(behavior.to_owned()),
                ..Default::default()
            }));
        }
        work.properties.extend(with.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        let done = boundary("b", "work", cancel_activity, Trigger::Signal { signal_ref: text("done") });
        let elements = vec![start("s"), work, done, end("e"), end("other")];
        Hand::started(elements, &["s -> work -> e", "b -> other"], json!({}))
    }

    fn thrown(mut hand: Hand) -> (usize, usize) {
        while hand.waiting().contains(&"work") && !hand.is_completed() {
            let key = *hand.instance.elements.iter().find(|(_, it)| it.job.is_some()).expect("a job").0;
            hand.does(crate::CommandKind::CompleteJob { key, attempt: 1, variables: Default::default() });
        }
        let count = |id: &str| hand.entered().iter().filter(|entered| **entered == id).count();
        (count("other"), count("e"))
    }

    #[test]
    fn none_throws_with_each_and_one_with_the_first() {
        assert_eq!(thrown(three("All", &[], false)), (0, 1));
        assert_eq!(thrown(three("None", &[], false)), (3, 1));
        assert_eq!(thrown(three("One", &[("oneBehaviorEventRef", json!("done"))], false)), (1, 1));
    }

    #[test]
    fn complex_asks_its_conditions_after_each() {
        let when = json!([{"condition": "${nrOfCompletedInstances >= 2}", "event": "done"}]);
        assert_eq!(thrown(three("Complex", &[("complexBehavior", when.clone())], false)), (2, 1));
        assert_eq!(thrown(three("Complex", &[("complexBehavior", when)], true)), (1, 0));
    }

    #[test]
    fn one_that_interrupts_ends_the_others() {
        assert_eq!(thrown(three("None", &[], true)), (1, 0));
    }
}
