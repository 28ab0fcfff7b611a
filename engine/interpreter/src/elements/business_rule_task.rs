//! Business rule task: a deployed decision (`decisionRef`) is asked for and waited for; a decision table in `custom.rules` is
//! evaluated in place; with neither it is a job of type `business-rule` (BPMN 2.0, 13.3.3).
//!
//! A decision sees every variable that the task sees, its input mappings' on top. The result is left in `resultVariable`, else in `result`.

use super::{Acted, Behavior, Fault, JobSpec, Next, job, label::outcome_of};
use crate::Variables;
use crate::compile::Compiler;
use crate::decision::DecisionTable;
use crate::run::{Here, Run};
use crate::template::Template;
use model::{Activity, Binding};
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct BusinessRuleTask {
    rule: Rule,
    result_variable: String,
}

#[derive(Debug)]
enum Rule {
    Decision { decision_ref: Template, binding: Binding },
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
        model::BusinessRuleTask::Decision { decision_ref, binding } => {
            Rule::Decision { decision_ref: compiler.template(element, decision_ref)?, binding: *binding }
        }
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
            Rule::Decision { decision_ref, binding } => {
                let decision_id = run.render(here.key, decision_ref)?;
                run.ask_decision(here, decision_id.trim().to_owned(), *binding);
                return Ok(Next::Wait);
            }
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
            Rule::Decision { .. } | Rule::Table(_) => None,
        }
    }

    fn job_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, returned: Variables) -> Acted {
        Ok(Next::Leave(job::leave_result(run, here, returned, Some(&self.result_variable))))
    }

    fn decided<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, output: Value) -> Acted {
        let returned = Variables::from_iter([("result".to_owned(), output)]);
        run.check_size(&returned)?;
        Ok(Next::Leave(job::leave_result(run, here, returned, Some(&self.result_variable))))
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Decided;
    use crate::testing::*;
    use crate::{CommandKind, Effect, Key, Variables, why};
    use model::{ActivityKind, Binding, BusinessRuleTask, MultiInstance, Repetition};
    use serde_json::{Value, json};

    fn rate(decision_ref: &str) -> model::Element {
        let task = BusinessRuleTask::Decision { decision_ref: text(decision_ref), binding: Binding::Version(2) };
        activity("rate", ActivityKind::BusinessRuleTask(task))
    }

    fn asked(hand: &Hand) -> Vec<(Key, String, Variables)> {
        let asked = hand.effects.iter().filter_map(|effect| match effect {
            Effect::EvaluateDecision { key, decision_id, binding: Binding::Version(2), variables, now } => {
                assert_eq!(*now, hand.now);
                Some((*key, decision_id.clone(), variables.clone()))
            }
            _ => None,
        });
        asked.collect()
    }

    fn made(key: Key, output: Value) -> CommandKind {
        let decided = Decided { decision_id: "risk".into(), version: 2, output, trace: Value::Null };
        CommandKind::CompleteDecision { key, decided }
    }

    #[test]
    fn it_asks_with_what_it_sees_and_leaves_the_answer() {
        let mut rate = rate("${kind}");
        rate.input_mappings.push(mapping("amount * 2", "twice"));
        let mut hand =
            Hand::started(vec![start("s"), rate, end("e")], &["s -> rate -> e"], json!({"kind": "risk", "amount": 2}));
        let [(key, decision_id, variables)] = &asked(&hand)[..] else { panic!("it asks once") };
        assert_eq!((decision_id.as_str(), &variables["twice"]), ("risk", &json!(4)));
        assert_eq!(why::of_element(&hand.process, &hand.instance, *key).unwrap(), "waits for the decision `risk`");
        hand.does(made(*key, json!("high")));
        assert_eq!(hand.variable("result"), "high");
        assert!(hand.is_completed());
    }

    #[test]
    fn a_refusal_is_an_incident_and_resolving_it_asks_again() {
        let mut hand = Hand::started(vec![start("s"), rate("risk"), end("e")], &["s -> rate -> e"], json!({}));
        let (key, code) = (hand.key("rate"), "UNKNOWN_DECISION".to_owned());
        hand.does(CommandKind::RefuseDecision { key, code, message: "no decision `risk` is deployed".into() });
        assert_eq!(hand.incident(), Some("UNKNOWN_DECISION"));
        assert!(hand.tries(made(key, json!(1))).is_err(), "it does not wait for an answer now");
        hand.resolves("rate", 0);
        assert_eq!(asked(&hand).len(), 2);
        hand.does(made(key, json!(1)));
        assert!(hand.tries(made(key, json!(2))).is_err(), "the same answer again");
        assert!(hand.is_completed());
    }

    #[test]
    fn an_answer_to_a_task_that_was_interrupted_is_too_late() {
        let elements = vec![start("s"), rate("risk"), boundary("late", "rate", true, after("PT1M")), end("e")];
        let mut hand = Hand::started(elements, &["s -> rate", "late -> e"], json!({}));
        let key = hand.key("rate");
        hand.fires("rate", "late");
        assert!(hand.tries(made(key, json!(1))).is_err());
        assert!(hand.is_completed());
        assert_eq!(hand.variable("result"), Value::Null);
    }

    #[test]
    fn each_instance_of_a_repetition_has_its_own_answer() {
        let mut rate = rate("risk");
        if let model::ElementKind::Activity(activity) = &mut rate.kind {
            activity.repetition = Some(Repetition::MultiInstance(MultiInstance {
                input_collection: Some(text("amounts")),
                input_element: Some("amount".into()),
                output_collection: Some("risks".into()),
                output_element: Some(text("result")),
                ..Default::default()
            }));
        }
        let mut hand = Hand::started(vec![start("s"), rate, end("e")], &["s -> rate -> e"], json!({"amounts": [1, 2]}));
        for (key, _, variables) in asked(&hand) {
            hand.does(made(key, json!(variables["amount"].as_i64().unwrap() * 10)));
        }
        assert_eq!(hand.variable("risks"), json!([10, 20]));
        assert!(hand.is_completed());
    }
}
