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
use crate::variables::visible;
use crate::{Effect, EventKind, Variables};
use model::Binding;

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
            let message = format!("calls are more than {CALL_DEPTH} deep; a process may be calling itself without end");
            return Err(Fault::incident("CALL_DEPTH_EXCEEDED", message));
        }
        let called_element = run.render(here.key, &self.called_element)?;
        let variables = match self.inherit_variables {
            true => visible(run.process, run.instance, here.key, false),
            false => run.instance.variables.get(&here.key).cloned().unwrap_or_default(),
        };
        let (key, child, binding) = (here.key, run.instance.id.called_by(here.key), self.binding);
        run.emit(EventKind::ChildStarted { key, child, called_element: called_element.clone() });
        run.effect(Effect::StartChild { key, child, called_element, binding, variables, depth });
        Ok(Next::Wait)
    }

    /// A called instance has its id from the element instance that called it.
    fn is_replaced_on_retry(&self) -> bool {
        true
    }

    fn child_completed<'r>(&'r self, run: &mut Run<'r>, here: Here<'r>, variables: Variables) -> Acted {
        if self.inherit_variables || !here.element.output_mappings.is_empty() {
            run.check_size(&variables)?;
            run.leave_behind(here, variables);
        }
        Ok(Next::Leave(None))
    }
}
