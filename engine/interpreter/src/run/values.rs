//! Evaluating in a running instance, and writing what comes out.

use super::{Here, Run};
use crate::elements::Fault;
use crate::expression::{Expression, ExpressionError};
use crate::process::Choice;
use crate::template::Template;
use crate::variables::{View, With, check_size};
use crate::{EventKind, FlowIndex, Key, Variables};
use serde_json::Value;

impl From<ExpressionError> for Fault {
    fn from(error: ExpressionError) -> Fault {
        Fault::incident(error.code.as_str(), error.to_string())
    }
}

impl<'r> Run<'r> {
    pub fn view(&self, key: Key) -> View<'_> {
        View { process: self.process, instance: self.instance, key, now: self.now }
    }

    pub fn evaluate(&self, key: Key, expression: &Expression) -> Result<Value, Fault> {
        Ok(expression.evaluate(&self.view(key))?)
    }

    pub fn is_true(&self, key: Key, expression: &Expression) -> Result<bool, Fault> {
        Ok(expression.is_true(&self.view(key))?)
    }

    /// The same, with one more name that it sees.
    pub fn is_true_with(&self, key: Key, expression: &Expression, name: &str, value: Value) -> Result<bool, Fault> {
        Ok(expression.is_true(&With { scope: self.view(key), name, value })?)
    }

    pub fn render(&self, key: Key, template: &Template) -> Result<String, Fault> {
        Ok(template.render(&self.view(key))?)
    }

    pub fn render_optional(&self, key: Key, template: &Option<Template>) -> Result<Option<String>, Fault> {
        template.as_ref().map(|template| self.render(key, template)).transpose()
    }

    pub fn set(&mut self, scope: Key, name: String, value: Value) {
        self.emit(EventKind::VariableSet { scope, name, value });
    }

    /// Writes each variable to the scope around `key` that declares it, else to the root.
    pub fn merge(&mut self, key: Key, variables: Variables) {
        for (name, value) in variables {
            let scope = self.instance.declaring_scope(key, &name);
            self.set(scope, name, value);
        }
    }

    /// What an activity leaves behind. With output mappings, or when a repetition collects its output, it stays with the
    /// activity for those to choose from; else it is merged.
    pub fn leave_behind(&mut self, here: Here<'r>, variables: Variables) {
        if here.element.output_mappings.is_empty() && !self.is_collected(here) {
            self.merge(here.key, variables);
        } else {
            for (name, value) in variables {
                self.set(here.key, name, value);
            }
        }
    }

    pub fn check_size(&self, variables: &Variables) -> Result<(), Fault> {
        check_size(self.instance, variables).map_err(|message| Fault::incident("VARIABLES_TOO_LARGE", message))
    }

    /// Input mappings see what the element sees (an instance of a repetition its item), not one another, and write to the
    /// element's own scope.
    pub fn map_input(&mut self, here: Here<'r>) -> Result<(), Fault> {
        let mappings = &here.element.input_mappings;
        let values: Vec<Value> =
            mappings.iter().map(|mapping| self.evaluate(here.key, &mapping.source)).collect::<Result<_, _>>()?;
        for (mapping, value) in mappings.iter().zip(values) {
            self.write_mapped(here.key, &mapping.target, value)?;
        }
        Ok(())
    }

    /// Output mappings see the element's own scope and write outside it.
    pub fn map_output(&mut self, here: Here<'r>) -> Result<(), Fault> {
        for mapping in &here.element.output_mappings {
            let value = self.evaluate(here.key, &mapping.source)?;
            let scope = self.instance.declaring_scope(here.scope, &mapping.target);
            self.write_mapped(scope, &mapping.target, value)?;
        }
        Ok(())
    }

    fn write_mapped(&mut self, scope: Key, target: &str, value: Value) -> Result<(), Fault> {
        let name = target.to_owned();
        check_size(self.instance, [(&name, &value)])
            .map_err(|message| Fault::incident("VARIABLES_TOO_LARGE", message))?;
        self.set(scope, name, value);
        Ok(())
    }

    /// The flows that a token leaves an activity or event by: all that are unconditional or whose condition holds, and the
    /// default one when no condition holds (BPMN 2.0, 13.2.1). An element without flows out is an end.
    pub fn flows_taken(&self, here: Here<'r>) -> Result<Vec<FlowIndex>, Fault> {
        let mut taken = Vec::with_capacity(here.element.outgoing.len());
        let (mut default, mut conditions, mut hold) = (None, 0, 0);
        for flow in &here.element.outgoing {
            match &self.process.flow(*flow).choice {
                Choice::Always | Choice::Label(_) => taken.push(*flow),
                Choice::Default => default = Some(*flow),
                Choice::When(condition) => {
                    conditions += 1;
                    if self.is_true(here.scope, condition)? {
                        hold += 1;
                        taken.push(*flow);
                    }
                }
            }
        }
        if taken.is_empty() || (conditions > 0 && hold == 0) {
            taken.extend(default);
        }
        if taken.is_empty() && !here.element.outgoing.is_empty() {
            return Err(Fault::incident(
                "NO_FLOW_MATCHES",
                "no condition of its outgoing flows holds, and none is the default",
            ));
        }
        Ok(taken)
    }
}
