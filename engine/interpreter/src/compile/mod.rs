//! From the definition to arrays and indexes: every text compiled once, every reference an index, every problem a
//! diagnostic with a place.
//!
//! What of BPMN is not executed yet is refused here (`NOT_SUPPORTED_YET`), so nothing runs that would run wrongly.

mod events;
mod flows;
mod reach;
mod starts;
mod texts;

use crate::elements;
use crate::message_flows::{MessageFlows, Wire};
use crate::process::{Element, EventSubProcess, Flow, Process};
use crate::{ElementIndex, FlowIndex};
use model::{Activity, Diagnostic, ElementKind, Location, ProcessDefinition};
use std::collections::HashMap;

/// Compiles a process that stands alone, or says everything that is wrong with it.
pub fn compile(definition: &ProcessDefinition) -> Result<Process, Vec<Diagnostic>> {
    compile_among(definition, &MessageFlows::default())
}

/// Compiles a process of a file that has these message flows.
pub fn compile_among(definition: &ProcessDefinition, flows: &MessageFlows) -> Result<Process, Vec<Diagnostic>> {
    let mut compiler = Compiler { wires: flows.wires(&definition.id), ..Compiler::default() };
    let event_sub_processes = compiler.number_elements(&definition.elements, None);
    compiler.connect(&definition.elements, &definition.flows);
    compiler.compile_elements(&definition.elements);
    let starts = compiler.starts(&definition.elements);
    compiler.compile_flows(&definition.elements, &definition.flows);
    if !compiler.diagnostics.is_empty() {
        return Err(compiler.diagnostics);
    }
    let mut process = Process {
        id: definition.id.clone(),
        name: definition.name.clone(),
        local_to: definition.local_to.clone(),
        elements: compiler.elements,
        flows: compiler.flows,
        starts,
        event_sub_processes,
        inclusive_joins: Vec::new(),
        further_targets: compiler.further_targets,
        by_id: compiler.by_id,
    };
    reach::mark_carried_outcomes(&mut process);
    match reach::inclusive_joins(&process) {
        Ok(joins) => process.inclusive_joins = joins,
        Err((join, message)) => return Err(vec![too_many_joins(&definition.elements, &process, join, message)]),
    }
    Ok(process)
}

fn too_many_joins(elements: &[model::Element], process: &Process, join: ElementIndex, message: String) -> Diagnostic {
    let id = &process.element(join).id;
    let location = location_of(elements, id).unwrap_or(Location { line: 1, column: 1 });
    Diagnostic::error("TOO_MANY_JOINS", location, message).on(id)
}

fn location_of(elements: &[model::Element], id: &str) -> Option<Location> {
    elements.iter().find_map(|element| {
        let inside = match &element.kind {
            ElementKind::Activity(activity) => match &activity.kind {
                model::ActivityKind::SubProcess(inner) => location_of(&inner.elements, id),
                _ => None,
            },
            _ => None,
        };
        inside.or_else(|| (element.id == id).then_some(element.location))
    })
}

/// What has been compiled so far.
#[derive(Default)]
pub(crate) struct Compiler {
    by_id: HashMap<String, ElementIndex>,
    parents: Vec<Option<ElementIndex>>,
    incoming: Vec<Vec<FlowIndex>>,
    outgoing: Vec<Vec<FlowIndex>>,
    boundary: Vec<Vec<ElementIndex>>,
    event_sub_processes: Vec<Vec<EventSubProcess>>,
    /// Catching link events, by scope and name.
    links: HashMap<(Option<ElementIndex>, String), ElementIndex>,
    /// Which activity a compensation boundary event leads to.
    handlers: HashMap<ElementIndex, ElementIndex>,
    further_targets: Vec<ElementIndex>,
    /// The message flows of each element.
    wires: HashMap<String, Wire>,
    elements: Vec<Element>,
    flows: Vec<Flow>,
    diagnostics: Vec<Diagnostic>,
}

impl Compiler {
    /// Gives every element its index: document order, parents before children.
    fn number_elements(&mut self, elements: &[model::Element], parent: Option<ElementIndex>) -> Vec<EventSubProcess> {
        let mut event_sub_processes = Vec::new();
        for element in elements.iter().filter(is_executed) {
            let index = ElementIndex(self.parents.len() as u32);
            self.parents.push(parent);
            self.incoming.push(Vec::new());
            self.outgoing.push(Vec::new());
            self.boundary.push(Vec::new());
            self.event_sub_processes.push(Vec::new());
            if self.by_id.insert(element.id.clone(), index).is_some() {
                self.report(element, "DUPLICATE_ID", format!("`{}` is the id of several elements", element.id));
            }
            self.note_link(element, index);
            let inside = self.number_elements(element.children(), Some(index));
            self.event_sub_processes[index.0 as usize] = inside;
            event_sub_processes.extend(self.event_sub_process(element, index));
        }
        event_sub_processes
    }

    fn compile_elements(&mut self, elements: &[model::Element]) {
        for element in elements.iter().filter(is_executed) {
            self.compile_element(element);
            self.compile_elements(element.children());
        }
    }

    fn compile_element(&mut self, element: &model::Element) {
        let place = self.elements.len();
        let kind = elements::compile(self, element);
        let repetition = elements::compile_repetition(self, element);
        let (start_quantity, completion_quantity) = quantities(element);
        let input_mappings = self.mappings(element, &element.input_mappings);
        let output_mappings = self.mappings(element, &element.output_mappings);
        self.elements.push(Element {
            index: ElementIndex(place as u32),
            id: element.id.clone(),
            name: element.name.clone(),
            parent: self.parents[place],
            incoming: self.incoming[place].clone(),
            outgoing: self.outgoing[place].clone(),
            boundary: self.boundary[place].clone(),
            event_sub_processes: std::mem::take(&mut self.event_sub_processes[place]),
            compensation_handler: self.boundary[place].iter().find_map(|event| self.handlers.get(event)).copied(),
            input_mappings,
            output_mappings,
            start_quantity,
            completion_quantity,
            repetition,
            // Where it did not compile there is a diagnostic, and the process is never run.
            kind: kind.unwrap_or(elements::Kind::nothing()),
        });
    }

    /// Whether an activity asks for something that is not executed yet.
    pub fn check_activity(&mut self, element: &model::Element, activity: &Activity) -> Option<()> {
        if activity.start_quantity == 0 || activity.completion_quantity == 0 {
            let message = format!("`{}`: `startQuantity` and `completionQuantity` are at least 1", element.id);
            return self.reject(element, "QUANTITY_INVALID", message);
        }
        Some(())
    }

    pub fn reject<T>(&mut self, element: &model::Element, code: &str, message: String) -> Option<T> {
        self.report(element, code, message);
        None
    }

    fn report(&mut self, element: &model::Element, code: &str, message: String) {
        self.diagnostics.push(Diagnostic::error(code, element.location, message).on(&element.id));
    }
}

fn quantities(element: &model::Element) -> (u32, u32) {
    match &element.kind {
        ElementKind::Activity(activity) => (activity.start_quantity.max(1), activity.completion_quantity.max(1)),
        _ => (1, 1),
    }
}

fn is_executed(element: &&model::Element) -> bool {
    !matches!(element.kind, ElementKind::Artifact(_))
}

#[cfg(test)]
mod tests {
    use crate::compile;
    use crate::testing::*;
    use model::Gateway;

    fn problems(elements: Vec<model::Element>, connections: &[&str]) -> Vec<(String, Option<String>)> {
        let problems = compile(&definition(elements, connections)).unwrap_err();
        problems.into_iter().map(|problem| (problem.code, problem.element_id)).collect()
    }

    fn problem(code: &str, element: &str) -> (String, Option<String>) {
        (code.to_owned(), Some(element.to_owned()))
    }

    #[test]
    fn elements_are_numbered_in_document_order_with_parents_first() {
        let inside = sub_process("sub", vec![start("s2"), end("e2")], &["s2 -> e2"]);
        let process = compile(&definition(vec![start("s"), inside, end("e")], &["s -> sub -> e"])).unwrap();
        let ids: Vec<&str> = process.elements.iter().map(|element| element.id.as_str()).collect();
        assert_eq!(ids, ["s", "sub", "s2", "e2", "e"]);
        assert_eq!(process.element(process.find("e2").unwrap()).parent, process.find("sub"));
    }

    #[test]
    fn every_problem_is_reported_and_names_its_element() {
        let mut mapped = service("mapped");
        mapped.input_mappings.push(mapping("1 +", "x"));
        let elements = vec![
            start("s"),
            catch("wait", message("go")),
            gateway("any", Gateway::Complex { activation_condition: Some(text("((")) }),
            mapped,
        ];
        let found = problems(elements, &["s -> wait -> any -> mapped", "s -> nowhere"]);
        assert!(found.contains(&problem("UNKNOWN_REFERENCE", "flow_4")), "{found:?}");
        assert!(found.contains(&problem("EXPRESSION_SYNTAX", "any")), "{found:?}");
        assert!(found.contains(&problem("EXPRESSION_SYNTAX", "mapped")), "{found:?}");
    }
}
