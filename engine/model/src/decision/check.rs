//! What must hold among the parts of a file: ids are said once, references lead somewhere, and nothing requires itself.

use super::Decisions;
use crate::near_miss::did_you_mean;
use crate::{Diagnostic, Located, Location};
use std::collections::HashMap;

/// Decisions, input data, business knowledge models and services of one file.
pub const MOST_ELEMENTS: usize = 2000;

pub(crate) fn too_many(first: Location) -> Diagnostic {
    Diagnostic::error("TOO_MANY_DECISIONS", first, format!("a file has at most {MOST_ELEMENTS} decisions and inputs"))
        .hint("put them into several files")
}

/// The problems of a file whose parts have been read.
pub fn decisions(decisions: &Decisions) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let parts = Parts::of(decisions, &mut problems);
    duplicate_items(decisions, &mut problems);
    let requirements = requirements(decisions);
    for requirement in &requirements {
        reference(requirement, &parts, &mut problems);
    }
    cycles(&parts, &requirements, &mut problems);
    problems
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Decision,
    Input,
    KnowledgeModel,
    Service,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Decision => "a decision",
            Kind::Input => "input data",
            Kind::KnowledgeModel => "a business knowledge model",
            Kind::Service => "a decision service",
        }
    }
}

struct Parts<'a> {
    kinds: HashMap<&'a str, Kind>,
    /// In the order of the file, for the search for cycles.
    order: Vec<(&'a str, Location)>,
}

impl<'a> Parts<'a> {
    fn of(decisions: &'a Decisions, problems: &mut Vec<Diagnostic>) -> Self {
        let inputs = decisions.inputs.iter().map(|input| (input.id.as_str(), input.location, Kind::Input));
        let own = decisions.decisions.iter().map(|decision| (decision.id.as_str(), decision.location, Kind::Decision));
        let models = decisions.knowledge_models.iter();
        let models = models.map(|model| (model.id.as_str(), model.location, Kind::KnowledgeModel));
        let services = decisions.services.iter().map(|service| (service.id.as_str(), service.location, Kind::Service));
        let mut parts = Parts { kinds: HashMap::new(), order: Vec::new() };
        for (id, location, kind) in inputs.chain(own).chain(models).chain(services) {
            if id.is_empty() {
                continue;
            }
            parts.order.push((id, location));
            if parts.kinds.insert(id, kind).is_some() {
                problems.push(Diagnostic::error("DUPLICATE_ID", location, format!("`{id}` is there twice")).on(id));
            }
        }
        parts
    }
}

fn duplicate_items(decisions: &Decisions, problems: &mut Vec<Diagnostic>) {
    let mut seen = HashMap::new();
    for item in &decisions.items {
        if let Some(first) = seen.insert(item.name.value.as_str(), item.name.location) {
            let message =
                format!("the type `{}` is defined twice; the first is on line {}", item.name.value, first.line);
            problems.push(Diagnostic::error("DUPLICATE_TYPE", item.name.location, message));
        }
    }
}

/// One reference: who refers, to what, and what that may be.
struct Requirement<'a> {
    from: &'a str,
    to: &'a Located<String>,
    allowed: &'static [Kind],
    /// Whether what is referred to is evaluated first; a service does not evaluate the decisions that it is told.
    evaluates: bool,
}

fn requirements(decisions: &Decisions) -> Vec<Requirement<'_>> {
    const KNOWLEDGE: &[Kind] = &[Kind::KnowledgeModel, Kind::Service];
    let mut all = Vec::new();
    for decision in &decisions.decisions {
        list(&mut all, &decision.id, &decision.requires.inputs, &[Kind::Input], true);
        list(&mut all, &decision.id, &decision.requires.decisions, &[Kind::Decision], true);
        list(&mut all, &decision.id, &decision.requires.knowledge, KNOWLEDGE, true);
    }
    for model in &decisions.knowledge_models {
        list(&mut all, &model.id, &model.requires.knowledge, KNOWLEDGE, true);
    }
    for service in &decisions.services {
        list(&mut all, &service.id, &service.outputs, &[Kind::Decision], true);
        list(&mut all, &service.id, &service.encapsulated, &[Kind::Decision], true);
        list(&mut all, &service.id, &service.input_decisions, &[Kind::Decision], false);
        list(&mut all, &service.id, &service.input_data, &[Kind::Input], false);
    }
    all
}

fn list<'a>(
    all: &mut Vec<Requirement<'a>>,
    from: &'a str,
    to: &'a [Located<String>],
    allowed: &'static [Kind],
    evaluates: bool,
) {
    all.extend(to.iter().map(|to| Requirement { from, to, allowed, evaluates }));
}

fn reference(requirement: &Requirement<'_>, parts: &Parts<'_>, problems: &mut Vec<Diagnostic>) {
    let Requirement { from, to, allowed, .. } = requirement;
    let wanted = allowed.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or ");
    let problem = match parts.kinds.get(to.value.as_str()) {
        Some(kind) if allowed.contains(kind) => return,
        Some(kind) => {
            let message = format!("`{}` is {}; {wanted} is needed here", to.value, kind.name());
            Diagnostic::error("WRONG_REFERENCE", to.location, message)
        }
        None => {
            let message = format!("`{}` is not in this file; {wanted} is needed here", to.value);
            let mut problem = Diagnostic::error("UNKNOWN_REFERENCE", to.location, message);
            let candidates = parts.kinds.iter().filter(|(_, kind)| allowed.contains(kind)).map(|(id, _)| *id);
            problem.hint = did_you_mean(&to.value, candidates);
            problem
        }
    };
    problems.push(problem.on(*from));
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Open,
    Done,
}

/// Where each part leads, and where that is said.
type Ways<'a> = HashMap<&'a str, Vec<(&'a str, Location)>>;

fn cycles<'a>(parts: &Parts<'a>, requirements: &[Requirement<'a>], problems: &mut Vec<Diagnostic>) {
    let mut ways: Ways<'a> = HashMap::new();
    for requirement in requirements.iter().filter(|requirement| requirement.evaluates) {
        let to = requirement.to;
        if parts.kinds.contains_key(to.value.as_str()) {
            ways.entry(requirement.from).or_default().push((to.value.as_str(), to.location));
        }
    }
    let mut visits = HashMap::new();
    for (id, _) in &parts.order {
        visit(id, &ways, &mut visits, &mut Vec::new(), problems);
    }
}

/// As deep as a chain of requirements is long, which [`MOST_ELEMENTS`] bounds.
fn visit<'a>(
    id: &'a str,
    ways: &Ways<'a>,
    visits: &mut HashMap<&'a str, Visit>,
    path: &mut Vec<&'a str>,
    problems: &mut Vec<Diagnostic>,
) {
    if visits.contains_key(id) {
        return;
    }
    visits.insert(id, Visit::Open);
    path.push(id);
    for (next, location) in ways.get(id).into_iter().flatten() {
        if visits.get(next) == Some(&Visit::Open) {
            problems.push(cycle(next, *location, path));
        }
        visit(next, ways, visits, path, problems);
    }
    path.pop();
    visits.insert(id, Visit::Done);
}

/// Names that are shown of a long cycle.
const SHOWN: usize = 10;

fn cycle(closes: &str, location: Location, path: &[&str]) -> Diagnostic {
    let begun = path.iter().position(|id| *id == closes).unwrap_or(0);
    let mut names: Vec<String> = path.iter().skip(begun).take(SHOWN).map(|id| format!("`{id}`")).collect();
    if path.len() - begun > SHOWN {
        names.push("…".to_owned());
    }
    names.push(format!("`{closes}`"));
    let message = format!("requirements go in a circle: {}", names.join(" needs "));
    let owner = path.last().copied().unwrap_or(closes);
    Diagnostic::error("REQUIREMENT_CYCLE", location, message).on(owner)
}
