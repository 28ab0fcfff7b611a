//! Decisions and what they require (DMN 1.5, chapter 6), and one evaluation of them.

use crate::{
    DecisionError, DecisionErrorCode, Evaluated, Step,
    boxed::{Boxed, Fault, FunctionDefinition},
    scope::Scope,
    table::Seen,
    types::{Type, conform},
};
use feel::{Evaluation, FeelError, Value};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Everything of a file, with references resolved to places in these lists.
#[derive(Debug, Default)]
pub struct Graph {
    pub inputs: Vec<Input>,
    pub decisions: Vec<Decision>,
    pub models: Vec<KnowledgeModel>,
    pub services: Vec<Service>,
}

#[derive(Debug)]
pub struct Input {
    pub name: Arc<str>,
    pub kind: Type,
}

#[derive(Debug)]
pub struct Decision {
    pub id: String,
    /// What its result is called where it is required: by the variable's name, its own name, its id.
    pub names: Vec<Arc<str>>,
    pub kind: Type,
    pub logic: Boxed,
    pub requires: Requires,
    /// Decisions that are evaluated before it, each after what it requires itself.
    pub before: Vec<usize>,
}

#[derive(Debug, Default)]
pub struct Requires {
    pub inputs: Vec<usize>,
    pub decisions: Vec<usize>,
    pub models: Vec<usize>,
    pub services: Vec<usize>,
}

#[derive(Debug)]
pub struct KnowledgeModel {
    pub name: Arc<str>,
    pub logic: FunctionDefinition,
    pub requires: Requires,
}

#[derive(Debug)]
pub struct Service {
    pub name: Arc<str>,
    pub kind: Type,
    pub outputs: Vec<usize>,
    /// Input data, then decisions that the caller has decided: its parameters.
    pub inputs: Vec<usize>,
    pub decided: Vec<usize>,
    /// What is evaluated, in order.
    pub order: Vec<usize>,
}

pub fn evaluate(
    graph: &Arc<Graph>,
    decision: &str,
    variables: &Map<String, Json>,
    now: Timestamp,
) -> Result<Evaluated, DecisionError> {
    let Some(wanted) = graph.decisions.iter().position(|candidate| candidate.id == decision) else {
        let message = "there is no such decision in its file".to_owned();
        return Err(DecisionError { code: DecisionErrorCode::UnknownDecision, decision: decision.to_owned(), message });
    };
    let evaluation = Evaluation::new(now);
    let variable = |name: &str| variables.get(name).map(Value::from_json);
    let run = Run::new(graph, &variable, &evaluation);
    let order = graph.decisions[wanted].before.iter().chain([&wanted]);
    let mut trace = Vec::new();
    let mut output = Json::Null;
    for index in order {
        let of = |fault| error(&graph.decisions[*index].id, fault);
        let (value, seen) = run.decide(*index).map_err(of)?;
        trace.push(run.step(*index, &value, seen).map_err(|error| of(Fault::Feel(error)))?);
        if *index == wanted {
            output = value.to_json(&evaluation).map_err(|error| of(Fault::Feel(error)))?;
        }
    }
    Ok(Evaluated { output, trace })
}

fn error(decision: &str, fault: Fault) -> DecisionError {
    let (code, message) = match fault {
        Fault::Decision(code, message) => (code, message),
        Fault::Feel(FeelError::TooMuchWork) => (DecisionErrorCode::TooMuchWork, FeelError::TooMuchWork.to_string()),
        Fault::Feel(FeelError::Failed(message)) => (DecisionErrorCode::AmbiguousRules, message),
        Fault::Feel(other) => (DecisionErrorCode::InvalidResult, other.to_string()),
    };
    DecisionError { code, decision: decision.to_owned(), message }
}

/// One evaluation: the decisions that have results, and where names come from.
struct Run<'a> {
    graph: &'a Arc<Graph>,
    variable: feel::Lookup<'a>,
    evaluation: &'a Evaluation,
    results: RefCell<HashMap<usize, Value>>,
}

impl<'a> Run<'a> {
    fn new(graph: &'a Arc<Graph>, variable: feel::Lookup<'a>, evaluation: &'a Evaluation) -> Run<'a> {
        Run { graph, variable, evaluation, results: RefCell::default() }
    }

    /// What it requires has been decided.
    fn decide(&self, index: usize) -> Result<(Value, Seen), Fault> {
        let decision = &self.graph.decisions[index];
        let inputs = self.inputs(&decision.requires.inputs)?;
        let base = |name: &str| self.find(name, &decision.requires, &inputs);
        let scope = Scope::new(&base, self.evaluation);
        let mut seen = Seen::default();
        let value = decision.logic.evaluate(&scope, Some(&mut seen))?;
        let value = conform(value, &decision.kind, &scope)?;
        self.results.borrow_mut().insert(index, value.clone());
        Ok((value, seen))
    }

    /// Input data as its types have it.
    fn inputs(&self, required: &[usize]) -> Result<Vec<(Arc<str>, Value)>, Fault> {
        let input = |index: &usize| {
            let Input { name, kind } = &self.graph.inputs[*index];
            let value = (self.variable)(name).unwrap_or(Value::Null);
            let given = value.kind();
            let admitted = kind.admit(value, self.evaluation)?;
            let invalid = || {
                let message = format!("the input `{name}` is {given}, which its type does not admit");
                Fault::Decision(DecisionErrorCode::InvalidInput, message)
            };
            Ok((name.clone(), admitted.ok_or_else(invalid)?))
        };
        required.iter().map(input).collect()
    }

    fn find(&self, name: &str, requires: &Requires, inputs: &[(Arc<str>, Value)]) -> Option<Value> {
        let input = || inputs.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone());
        let decided = || {
            let named = |index: &&usize| self.graph.decisions[**index].names.iter().any(|known| &**known == name);
            let index = requires.decisions.iter().find(named)?;
            self.results.borrow().get(index).cloned()
        };
        input().or_else(decided).or_else(|| self.graph.function(name, requires)).or_else(|| (self.variable)(name))
    }

    fn step(&self, index: usize, value: &Value, seen: Seen) -> Result<Step, FeelError> {
        // a function may be what a decision is required for
        let to_json = |value: &Value| match value.to_json(self.evaluation) {
            Err(FeelError::Result(_)) => value.to_text(self.evaluation).map(Json::String),
            json => json,
        };
        let inputs = seen.inputs.iter().map(|(label, value)| Ok((label.clone(), to_json(value)?)));
        Ok(Step {
            decision: self.graph.decisions[index].id.clone(),
            inputs: inputs.collect::<Result<_, FeelError>>()?,
            rules: seen.rules,
            output: to_json(value)?,
        })
    }
}

impl Graph {
    /// A business knowledge model or a service, as the function that it is to who requires it.
    fn function(self: &Arc<Self>, name: &str, requires: &Requires) -> Option<Value> {
        if let Some(index) = requires.models.iter().find(|index| &*self.models[**index].name == name) {
            let (graph, index) = (self.clone(), *index);
            let parameters = self.models[index].logic.parameters.iter().map(|(name, _)| name.clone()).collect();
            return Some(Value::native(parameters, move |arguments, evaluation| {
                graph.call_model(index, arguments, evaluation)
            }));
        }
        let index = *requires.services.iter().find(|index| &*self.services[**index].name == name)?;
        let service = &self.services[index];
        let inputs = service.inputs.iter().map(|input| self.inputs[*input].name.clone());
        let decided = service.decided.iter().filter_map(|decision| self.decisions[*decision].names.first().cloned());
        let (graph, parameters) = (self.clone(), inputs.chain(decided).collect());
        Some(Value::native(parameters, move |arguments, evaluation| graph.call_service(index, arguments, evaluation)))
    }

    /// It sees what it requires, and itself.
    fn call_model(
        self: &Arc<Self>,
        index: usize,
        arguments: Vec<Value>,
        evaluation: &Evaluation,
    ) -> Result<Value, FeelError> {
        let model = &self.models[index];
        let own = Requires { models: vec![index], ..Requires::default() };
        let base = |name: &str| self.function(name, &model.requires).or_else(|| self.function(name, &own));
        model.logic.call(arguments, &Scope::new(&base, evaluation))
    }

    fn call_service(
        self: &Arc<Self>,
        index: usize,
        arguments: Vec<Value>,
        evaluation: &Evaluation,
    ) -> Result<Value, FeelError> {
        let service = &self.services[index];
        let (data, decided) = arguments.split_at(service.inputs.len().min(arguments.len()));
        let variable = |name: &str| {
            let place = service.inputs.iter().position(|input| &*self.inputs[*input].name == name)?;
            data.get(place).cloned()
        };
        let run = Run::new(self, &variable, evaluation);
        run.results.borrow_mut().extend(service.decided.iter().copied().zip(decided.iter().cloned()));
        for index in &service.order {
            run.decide(*index).map_err(|fault| match error(&self.decisions[*index].id, fault) {
                DecisionError { code: DecisionErrorCode::TooMuchWork, .. } => FeelError::TooMuchWork,
                other => FeelError::Failed(other.to_string()),
            })?;
        }
        let results = run.results.borrow();
        let result = |index: &usize| results.get(index).cloned().unwrap_or(Value::Null);
        let value = match service.outputs.as_slice() {
            [only] => result(only),
            several => {
                let name = |index: &usize| self.decisions[*index].names.first().map(ToString::to_string);
                Value::context(several.iter().map(|index| (name(index).unwrap_or_default(), result(index))).collect())
            }
        };
        Ok(service.kind.admit(value, evaluation)?.unwrap_or(Value::Null))
    }

    /// What these need before them, each after what it requires itself; those in `decided` are not evaluated.
    pub fn order(&self, wanted: &[usize], decided: &[usize]) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen: BTreeSet<usize> = decided.iter().copied().collect();
        // as a stack of its own: a chain of requirements may be long
        let mut stack: Vec<(usize, bool)> = wanted.iter().rev().map(|index| (*index, false)).collect();
        while let Some((index, is_ready)) = stack.pop() {
            if is_ready {
                order.push(index);
            } else if seen.insert(index) {
                stack.push((index, true));
                stack.extend(self.decisions[index].requires.decisions.iter().rev().map(|next| (*next, false)));
            }
        }
        order
    }
}
