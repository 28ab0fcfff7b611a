//! Repeated activities: standard loop and multi-instance (BPMN 2.0, 10.3.8 and 13.3.6, 13.3.7).
//!
//! The activity is entered once, as the repetition, and is a scope; each of its instances is a child in that scope and does
//! what the activity does. Boundary events are the repetition's; mappings are each instance's. What drives it is in
//! [`crate::run`].
//!
//! - A **standard loop** runs one instance after the other while its condition holds, asked before each (`testBefore`) or
//!   after each, at most `loopMaximum` times.
//! - A **multi-instance** runs `loopCardinality` instances, or one for each item of `inputCollection` (as `inputElement`),
//!   one after the other or all at once, until all are done or `completionCondition` holds after one of them; the rest is
//!   then canceled. With an `outputCollection`, what an instance leaves stays with it, and `outputElement` of each is
//!   collected in the order of the input; an instance that did not complete leaves null. What it throws meanwhile is said in
//!   [`completion_events`].

use super::{CompletionEvents, completion_events};
use crate::compile::Compiler;
use crate::expression::Expression;
use model::ElementKind;

#[derive(Debug)]
pub(crate) enum Repetition {
    Loop(StandardLoop),
    Instances(Box<MultiInstance>),
}

#[derive(Debug)]
pub(crate) struct StandardLoop {
    pub condition: Option<Expression>,
    pub test_before: bool,
    pub maximum: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct MultiInstance {
    pub is_sequential: bool,
    pub cardinality: Option<Expression>,
    pub input_collection: Option<Expression>,
    pub input_element: Option<String>,
    /// The name of the collection, and what of an instance goes into it.
    pub output: Option<(String, Expression)>,
    pub completion_condition: Option<Expression>,
    /// What is thrown when one of them completes.
    pub events: CompletionEvents,
}

pub(crate) fn compile_repetition(compiler: &mut Compiler, element: &model::Element) -> Option<Repetition> {
    let ElementKind::Activity(activity) = &element.kind else { return None };
    match activity.repetition.as_ref()? {
        model::Repetition::StandardLoop { condition, test_before, maximum } => {
            let condition = compiler.optional_expression(element, condition)?;
            Some(Repetition::Loop(StandardLoop { condition, test_before: *test_before, maximum: *maximum }))
        }
        model::Repetition::MultiInstance(instances) => multi_instance(compiler, element, instances),
    }
}

fn multi_instance(
    compiler: &mut Compiler,
    element: &model::Element,
    instances: &model::MultiInstance,
) -> Option<Repetition> {
    let events = completion_events::compile(compiler, element, instances.behavior.as_deref())?;
    if instances.cardinality.is_none() && instances.input_collection.is_none() {
        let message =
            format!("`{}` is a multi-instance activity without `loopCardinality` or `inputCollection`", element.id);
        return compiler.reject(element, "LOOP_INVALID", message);
    }
    let output = match (&instances.output_collection, &instances.output_element) {
        (Some(name), Some(text)) => Some((name.clone(), compiler.expression(element, text)?)),
        (Some(name), None) => {
            Some((name.clone(), compiler.expression(element, &model::Located::nowhere("result".into()))?))
        }
        (None, _) => None,
    };
    Some(Repetition::Instances(Box::new(MultiInstance {
        is_sequential: instances.is_sequential,
        cardinality: compiler.optional_expression(element, &instances.cardinality)?,
        input_collection: compiler.optional_expression(element, &instances.input_collection)?,
        input_element: instances.input_element.clone(),
        output,
        completion_condition: compiler.optional_expression(element, &instances.completion_condition)?,
        events,
    })))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use crate::{Effect, Key};
    use model::{Element, ElementKind, MultiInstance, Repetition};
    use serde_json::json;

    fn repeated(mut element: Element, repetition: Repetition) -> Element {
        if let ElementKind::Activity(activity) = &mut element.kind {
            activity.repetition = Some(repetition);
        }
        element
    }

    fn for_each(is_sequential: bool, completion_condition: Option<&str>) -> Element {
        let instances = MultiInstance {
            is_sequential,
            input_collection: Some(text("items")),
            input_element: Some("item".into()),
            output_collection: Some("results".into()),
            output_element: Some(text("result * item")),
            completion_condition: completion_condition.map(text),
            ..Default::default()
        };
        repeated(service("work"), Repetition::MultiInstance(instances))
    }

    fn jobs(hand: &Hand) -> usize {
        hand.effects.iter().filter(|effect| matches!(effect, Effect::CreateJob { .. })).count()
    }

    /// Completes the job of the instance with this loop counter.
    fn complete(hand: &mut Hand, number: u32, result: i64) {
        let mut elements = hand.instance.elements.iter();
        let key = *elements.find(|(_, element)| element.loop_counter == Some(number)).unwrap().0;
        let variables = variables(json!({"result": result}));
        hand.does(crate::CommandKind::CompleteJob { key, attempt: 1, variables });
    }

    #[test]
    fn parallel_instances_are_collected_in_the_order_of_the_input() {
        let elements = vec![start("s"), for_each(false, None), end("e")];
        let mut hand = Hand::started(elements, &["s -> work -> e"], json!({"items": [1, 2, 3]}));
        assert_eq!(jobs(&hand), 3);
        for number in [2, 0, 1] {
            complete(&mut hand, number, 10);
        }
        assert!(hand.is_completed());
        let root = &hand.instance.variables[&Key::ROOT];
        assert_eq!(json!(root), json!({"items": [1, 2, 3], "results": [10, 20, 30]}));
    }

    #[test]
    fn sequential_instances_wait_for_each_other() {
        let elements = vec![start("s"), for_each(true, None), end("e")];
        let mut hand = Hand::started(elements, &["s -> work -> e"], json!({"items": [1, 2]}));
        assert_eq!(jobs(&hand), 1);
        complete(&mut hand, 0, 1);
        assert_eq!(jobs(&hand), 2);
        complete(&mut hand, 1, 1);
        assert!(hand.is_completed());
    }

    #[test]
    fn a_completion_condition_cancels_the_rest() {
        let elements = vec![start("s"), for_each(false, Some("nrOfCompletedInstances >= 1")), end("e")];
        let mut hand = Hand::started(elements, &["s -> work -> e"], json!({"items": [1, 2, 3]}));
        complete(&mut hand, 1, 10);
        assert!(hand.is_completed());
        assert_eq!(hand.variable("results"), json!([null, 20, null]));
    }

    #[test]
    fn no_items_are_no_instances() {
        for is_sequential in [true, false] {
            let elements = vec![start("s"), for_each(is_sequential, None), end("e")];
            let hand = Hand::started(elements, &["s -> work -> e"], json!({"items": []}));
            assert!(hand.is_completed());
            assert_eq!(hand.variable("results"), json!([]));
        }
    }

    #[test]
    fn what_is_no_list_is_an_incident_until_it_is() {
        let elements = vec![start("s"), for_each(false, None), end("e")];
        let mut hand = Hand::started(elements, &["s -> work -> e"], json!({}));
        assert_eq!(hand.incident(), Some("LOOP_INVALID"));
        let items = variables(json!({"items": [4]}));
        hand.does(crate::CommandKind::SetVariables { scope: Key::ROOT, variables: items });
        hand.resolves("work", 0);
        complete(&mut hand, 0, 1);
        assert!(hand.is_completed());
    }

    #[test]
    fn more_instances_than_a_step_may_start_are_started_by_the_next() {
        let items: Vec<u32> = (0..250).collect();
        let elements = vec![start("s"), for_each(false, None), end("e")];
        let mut hand = Hand::started(elements, &["s -> work -> e"], json!({"items": items}));
        while hand.effects.last() == Some(&Effect::Continue) {
            hand.does(crate::CommandKind::Continue);
        }
        assert_eq!(jobs(&hand), 250);
    }

    fn looped(condition: &str, test_before: bool, maximum: Option<u64>) -> Element {
        let condition = Some(text(condition));
        repeated(service("work"), Repetition::StandardLoop { condition, test_before, maximum })
    }

    fn run_loop(work: Element) -> usize {
        let mut hand = Hand::started(vec![start("s"), work, end("e")], &["s -> work -> e"], json!({"n": 0}));
        for n in 1.. {
            let Some(Effect::CreateJob { key, .. }) = hand.effects.last().cloned() else { break };
            let variables = variables(json!({"n": n}));
            hand.does(crate::CommandKind::CompleteJob { key, attempt: 1, variables });
        }
        assert!(hand.is_completed());
        jobs(&hand)
    }

    #[test]
    fn a_loop_goes_on_while_its_condition_holds() {
        assert_eq!(run_loop(looped("n < 3", false, None)), 3);
        assert_eq!(run_loop(looped("n < 0", false, None)), 1);
        assert_eq!(run_loop(looped("n < 0", true, None)), 0);
        assert_eq!(run_loop(looped("true", true, Some(4))), 4);
    }

    #[test]
    fn an_error_in_one_instance_ends_the_repetition() {
        let elements = vec![start("s"), for_each(false, None), boundary("b", "work", true, error("E")), end("e")];
        let mut hand = Hand::started(elements, &["s -> work", "b -> e"], json!({"items": [1, 2]}));
        let key = *hand.instance.elements.iter().find(|(_, element)| element.loop_counter == Some(0)).unwrap().0;
        let (code, message) = ("E".to_owned(), String::new());
        hand.does(crate::CommandKind::ThrowJobError { key, attempt: 1, code, message, variables: Default::default() });
        assert!(hand.is_completed());
        assert_eq!(hand.entered().last(), Some(&"e"));
    }
}
