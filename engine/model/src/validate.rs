//! The structural rules of BPMN 2.0 that a file must keep before anything else looks at it: here, that ids are unique.

use crate::{Definitions, Diagnostic, Element};
use std::collections::HashMap;

/// Every broken rule, in no particular order.
pub fn definitions(definitions: &Definitions) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for process in &definitions.processes {
        unique(&process.elements, &mut HashMap::new(), &mut problems);
    }
    problems
}

fn unique<'a>(elements: &'a [Element], seen: &mut HashMap<&'a str, u32>, problems: &mut Vec<Diagnostic>) {
    for element in elements {
        if let Some(line) = seen.insert(&element.id, element.location.line) {
            let message = format!("the id `{}` is taken by the element on line {line}", element.id);
            problems.push(Diagnostic::error("DUPLICATE_ID", element.location, message).on(&element.id));
        }
        unique(element.children(), seen, problems);
    }
}
