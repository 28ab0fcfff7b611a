//! From what a file says to what can be evaluated: every expression is read, every type and reference is resolved.

mod expressions;
mod types;

use crate::{
    Compiled,
    boxed::{Boxed, FunctionDefinition, Kind},
    graph::{Decision, Graph, Input, KnowledgeModel, Requires, Service},
    types::Type,
};
use model::{
    Diagnostic, Located, Location,
    decision::{self, Decisions},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// All problems at once. The references of the file have been checked by its reader.
pub fn compile(decisions: &Decisions) -> Result<Compiled, Vec<Diagnostic>> {
    let mut compiler = Compiler::new(decisions);
    let graph = compiler.graph();
    if compiler.problems.is_empty() {
        return Ok(Compiled { graph: Arc::new(graph) });
    }
    let mut problems = compiler.problems;
    for problem in &mut problems {
        problem.file.clone_from(&decisions.file);
    }
    Err(problems)
}

struct Compiler<'a> {
    source: &'a Decisions,
    problems: Vec<Diagnostic>,
    /// Names that expressions know: they may have spaces, or be functions.
    known: Vec<String>,
    /// What the expressions read that were compiled since someone has asked.
    reads: BTreeSet<String>,
    types: HashMap<String, Type>,
    /// Id of what is being compiled.
    owner: String,
}

/// Ids of one kind, and their places.
type Places<'a> = HashMap<&'a str, usize>;

impl<'a> Compiler<'a> {
    fn new(source: &'a Decisions) -> Compiler<'a> {
        let inputs = source.inputs.iter().map(|input| &input.variable.name.value);
        let decided = source
            .decisions
            .iter()
            .flat_map(|decision| decision.name.iter().chain([&decision.variable.name.value, &decision.id]));
        let models = source.knowledge_models.iter().map(|model| &model.variable.name.value);
        let services = source.services.iter().map(|service| &service.variable.name.value);
        let mut known: Vec<String> = inputs.chain(decided).chain(models).chain(services).cloned().collect();
        source.items.iter().for_each(|item| types::component_names(item, &mut known));
        known.retain(|name| !name.trim().is_empty());
        let (problems, reads, types) = (Vec::new(), BTreeSet::new(), HashMap::new());
        Compiler { source, problems, known, reads, types, owner: String::new() }
    }

    fn graph(&mut self) -> Graph {
        let source = self.source;
        let inputs = source.inputs.iter().map(|input| self.input(input)).collect();
        let places = All::of(source);
        let decisions = source.decisions.iter().map(|decision| self.decision(decision, &places)).collect();
        let models = source.knowledge_models.iter().map(|model| self.model(model, &places)).collect();
        let mut graph = Graph { inputs, decisions, models, services: Vec::new() };
        for index in 0..graph.decisions.len() {
            let mut before = graph.order(&[index], &[]);
            before.pop(); // itself
            graph.decisions[index].before = before;
        }
        graph.services = source.services.iter().map(|service| self.service(service, &places, &graph)).collect();
        graph
    }

    fn input(&mut self, input: &decision::InputData) -> Input {
        input.id.clone_into(&mut self.owner);
        Input { name: name(&input.variable), kind: self.type_of(input.variable.type_ref.as_ref()) }
    }

    fn decision(&mut self, decision: &decision::Decision, places: &All<'_>) -> Decision {
        decision.id.clone_into(&mut self.owner);
        let own = [Some(&decision.variable.name.value), decision.name.as_ref(), Some(&decision.id)];
        let mut names: Vec<Arc<str>> = Vec::new();
        for name in own.into_iter().flatten().filter(|name| !name.is_empty()) {
            if !names.iter().any(|known| **known == **name) {
                names.push(name.as_str().into());
            }
        }
        let logic = match &decision.logic {
            Some(logic) => self.boxed(logic),
            None => Boxed { kind: Kind::Null, result: Type::Any },
        };
        let kind = self.type_of(decision.variable.type_ref.as_ref());
        let requires = places.requires(&decision.requires);
        Decision { id: decision.id.clone(), names, kind, logic, requires, before: Vec::new() }
    }

    fn model(&mut self, model: &decision::KnowledgeModel, places: &All<'_>) -> KnowledgeModel {
        model.id.clone_into(&mut self.owner);
        let logic = match &model.logic {
            Some(logic) => self.function(logic),
            None => FunctionDefinition {
                parameters: Vec::new(),
                body: Boxed { kind: Kind::Null, result: Type::Any },
                free: Vec::new(),
            },
        };
        KnowledgeModel { name: name(&model.variable), logic, requires: places.requires(&model.requires) }
    }

    fn service(&mut self, service: &decision::DecisionService, places: &All<'_>, graph: &Graph) -> Service {
        service.id.clone_into(&mut self.owner);
        let outputs = found(&places.decisions, &service.outputs);
        let decided = found(&places.decisions, &service.input_decisions);
        Service {
            name: name(&service.variable),
            kind: self.type_of(service.variable.type_ref.as_ref()),
            order: graph.order(&outputs, &decided),
            inputs: found(&places.inputs, &service.input_data),
            outputs,
            decided,
        }
    }

    fn problem(&mut self, code: &str, location: Location, message: String) {
        let problem = Diagnostic::error(code, location, message).on(&self.owner);
        self.problems.push(problem);
    }
}

struct All<'a> {
    inputs: Places<'a>,
    decisions: Places<'a>,
    models: Places<'a>,
    services: Places<'a>,
}

impl<'a> All<'a> {
    fn of(source: &'a Decisions) -> All<'a> {
        All {
            inputs: places(source.inputs.iter().map(|input| input.id.as_str())),
            decisions: places(source.decisions.iter().map(|decision| decision.id.as_str())),
            models: places(source.knowledge_models.iter().map(|model| model.id.as_str())),
            services: places(source.services.iter().map(|service| service.id.as_str())),
        }
    }

    fn requires(&self, requires: &decision::Requirements) -> Requires {
        Requires {
            inputs: found(&self.inputs, &requires.inputs),
            decisions: found(&self.decisions, &requires.decisions),
            models: found(&self.models, &requires.knowledge),
            services: found(&self.services, &requires.knowledge),
        }
    }
}

fn places<'a>(ids: impl Iterator<Item = &'a str>) -> Places<'a> {
    ids.zip(0..).collect()
}

fn found(places: &Places<'_>, ids: &[Located<String>]) -> Vec<usize> {
    ids.iter().filter_map(|id| places.get(id.value.as_str()).copied()).collect()
}

fn name(variable: &decision::Variable) -> Arc<str> {
    variable.name.value.as_str().into()
}
