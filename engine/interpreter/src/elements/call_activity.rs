//! Call activity: runs another process as an instance of its own and waits for it (BPMN 2.0, 13.3.4).
//!
//! The called instance starts with every variable that the call sees (`inheritVariables`), and the input mappings' on top;
//! without inheriting, with the mappings' alone. What it has in its root scope at its end is for the output mappings;
//! without any, all of it is merged when variables are inherited, and none of it when they are not.

use super::{Acted, Behavior, Fault, Next};
use crate::compile::Compiler;
use crate::limits::CALL_DEPTH;
use crate::run::{Here, Run};
use crate::template::Template;
use crate::variables::{HIDDEN, visible};
use crate::{Effect, EventKind, Key, Variables};
use model::Binding;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct CallActivity {
    called_element: Template,
    inherit_variables: bool,
    binding: Binding,
}

pub(crate) fn compile(
    compiler: &mut Compiler,
    element: &model::Element,
    call: &model::CallActivity,
) -> Option<CallActivity> {
    let called_element = compiler.template(element, &call.called_element)?;
    Some(CallActivity { called_element, inherit_variables: call.inherit_variables, binding: call.binding })
}

impl Behavior for CallActivity {
    fn enter<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>) -> Acted {
        let depth = run.instance.parent.map_or(0, |parent| parent.depth) + 1;
        if depth > CALL_DEPTH {
            let message = format!(
                "calls are more than {CALL_DEPTH} deep; processes may be calling each other without end: `{}`",
                round(&callers(run), &run.render(here.key, &self.called_element)?)
            );
            return Err(Fault::incident("CALL_DEPTH_EXCEEDED", message));
        }
        let called_element = run.render(here.key, &self.called_element)?;
        let mut variables = match self.inherit_variables {
            true => visible(run.instance, here.key),
            false => run.instance.variables.get(&here.key).cloned().unwrap_or_default(),
        };
        if depth > CALL_DEPTH / 2 {
            variables.insert(called_by(), callers(run).into());
        }
        // A new id each time it calls: one that failed is not called again under the same one.
        let (key, child, binding) = (here.key, run.instance.id.called_by(run.fresh_key()), self.binding);
        run.emit(EventKind::ChildStarted { key, child, called_element: called_element.clone() });
        run.effect(Effect::StartChild { key, child, called_element, binding, variables, depth });
        Ok(Next::Wait)
    }

    fn child_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        if self.inherit_variables || !here.element.output_mappings.is_empty() {
            run.check_size(&variables)?;
            run.leave_behind(here, variables);
        }
        Ok(Next::Leave(None))
    }
}

/// The name of the hidden variable that tells a called instance which processes have called each other to get there. Only
/// deep ones are told: it names what calls itself without end.
fn called_by() -> String {
    format!("{HIDDEN}calledBy")
}

/// The processes that have called each other, the latest last.
fn callers(run: &Run<'_>) -> Vec<String> {
    let told = run.instance.variables.get(&Key::ROOT).and_then(|root| root.get(&called_by())).and_then(Value::as_array);
    let before = told.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    before.chain([run.process.id.clone()]).collect()
}

/// From the last call of `called` to this one, if it was called before.
fn round(callers: &[String], called: &str) -> String {
    let since = callers.iter().rposition(|caller| caller == called).unwrap_or(0);
    let mut round = callers[since..].to_vec();
    round.push(called.to_owned());
    round.join(" → ")
}

#[cfg(test)]
mod tests {
    use crate::command::Start;
    use crate::instance::Parent;
    use crate::testing::*;
    use crate::{CommandKind, Effect, InstanceState};
    use model::ActivityKind;
    use serde_json::{Value, json};

    fn call(inherit_variables: bool) -> model::Element {
        let call =
            model::CallActivity { called_element: text("other"), inherit_variables, binding: Default::default() };
        activity("call", ActivityKind::CallActivity(call))
    }

    fn child_ends(hand: &mut Hand, with: Value) {
        let key = hand.key("call");
        let child = hand.instance.elements[&key].child.unwrap();
        hand.does(CommandKind::CompleteChild { key, child, variables: variables(with) });
    }

    #[test]
    fn it_hands_over_what_it_sees_and_merges_what_comes_back() {
        let mut hand = Hand::started(vec![start("s"), call(true), end("e")], &["s -> call -> e"], json!({"x": 1}));
        assert!(matches!(&hand.effects[..], [Effect::StartChild { variables, depth: 1, .. }] if variables["x"] == 1));
        child_ends(&mut hand, json!({"x": 2, "y": 3}));
        assert_eq!((hand.variable("x"), hand.variable("y")), (json!(2), json!(3)));
        assert!(hand.is_completed());
    }

    #[test]
    fn without_inheriting_only_mappings_cross_the_border() {
        let mut call = call(false);
        call.input_mappings.push(mapping("x + 1", "in"));
        call.output_mappings.push(mapping("out", "back"));
        let mut hand = Hand::started(vec![start("s"), call, end("e")], &["s -> call -> e"], json!({"x": 1}));
        let [Effect::StartChild { variables: passed, .. }] = hand.effects.as_slice() else { panic!() };
        assert_eq!(json!(passed), json!({"in": 2}));
        child_ends(&mut hand, json!({"out": 5, "x": 9}));
        assert_eq!((hand.variable("back"), hand.variable("x")), (json!(5), json!(1)));
    }

    #[test]
    fn an_error_of_the_called_instance_goes_on_at_the_call() {
        let elements = vec![start("s"), call(true), boundary("b", "call", true, error("E")), end("e")];
        let mut hand = Hand::started(elements, &["s -> call", "b -> e"], json!({}));
        let key = hand.key("call");
        let child = hand.instance.elements[&key].child.unwrap();
        hand.does(CommandKind::FailChild { key, child, code: Some("E".into()), message: String::new() });
        assert!(hand.is_completed());
    }

    #[test]
    fn a_refused_call_is_an_incident_and_resolving_it_calls_anew() {
        let mut hand = Hand::started(vec![start("s"), call(true), end("e")], &["s -> call -> e"], json!({}));
        let (key, code) = (hand.key("call"), "PROCESS_NOT_FOUND".to_owned());
        let first = hand.instance.elements[&key].child;
        hand.does(CommandKind::RefuseChild { key, code, message: "no process `other`".into() });
        assert_eq!(hand.incident(), Some("PROCESS_NOT_FOUND"));
        hand.resolves("call", 0);
        let second = hand.instance.elements[&hand.key("call")].child;
        assert!(second.is_some() && second != first);
        child_ends(&mut hand, json!({}));
        assert!(hand.is_completed());
    }

    /// A calls B, which calls A: the last of them names both.
    #[test]
    fn who_calls_itself_without_end_is_named() {
        let at = |depth| Parent { instance: crate::InstanceId(uuid::Uuid::nil()), element: crate::Key(3), depth };
        let mut variables = variables(json!({"x": 1, "#calledBy": ["other", "test", "other"]}));
        for depth in [31, 32] {
            let mut hand = Hand::new(vec![start("s"), call(true), end("e")], &["s -> call -> e"]);
            hand.does(CommandKind::Start(Start { parent: Some(at(depth)), variables, ..Default::default() }));
            variables = match hand.effects.first() {
                Some(Effect::StartChild { variables, .. }) => variables.clone(),
                _ => {
                    let incident = hand.instance.incidents.values().next().unwrap();
                    assert!(incident.message.ends_with("`other → test → test → other`"), "{}", incident.message);
                    return;
                }
            };
        }
        panic!("the last call is refused");
    }

    #[test]
    fn a_called_instance_tells_its_caller_how_it_ended() {
        let parent = Parent { instance: crate::InstanceId(uuid::Uuid::nil()), element: crate::Key(3), depth: 32 };
        let mut hand = Hand::new(vec![start("s"), call(true), end_by("fail", error("E"))], &["s -> call", "s -> fail"]);
        hand.does(CommandKind::Start(Start { parent: Some(parent), ..Default::default() }));
        let told = hand.history.iter().map(|event| format!("{event:?}")).find(|it| it.contains("CALL_DEPTH_EXCEEDED"));
        assert!(told.unwrap().contains("`test → other`"));
        assert_eq!(hand.instance.state, InstanceState::Failed);
        let told = Effect::FailParent { parent, code: Some("E".into()), message: String::new() };
        assert!(hand.effects.contains(&told));
    }
}
