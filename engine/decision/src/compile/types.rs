//! Types by their names: FEEL's, and those that the file defines.

use super::Compiler;
use crate::types::{Type, named};
use feel::UnaryTests;
use model::{
    Located,
    decision::{ItemDefinition, ItemKind},
};
use std::sync::Arc;

/// Types within each other.
const DEEPEST: usize = 32;

/// The names of a type's entries: they may have spaces in them.
pub fn component_names(item: &ItemDefinition, names: &mut Vec<String>) {
    if let ItemKind::Components(components) = &item.kind {
        for component in components {
            names.push(component.name.value.clone());
            component_names(component, names);
        }
    }
}

impl Compiler<'_> {
    pub(super) fn type_of(&mut self, reference: Option<&Located<String>>) -> Type {
        reference.map_or(Type::Any, |reference| self.type_named(reference, 0))
    }

    fn type_named(&mut self, reference: &Located<String>, depth: usize) -> Type {
        let name = &reference.value;
        if let Some(known) = self.types.get(name) {
            return known.clone();
        }
        let source = self.source;
        if let Some(item) = source.items.iter().find(|item| item.name.value == *name) {
            // a type that has itself as a part admits anything there
            self.types.insert(name.clone(), Type::Any);
            let kind = self.item(item, depth + 1);
            self.types.insert(name.clone(), kind.clone());
            return kind;
        }
        named(name).unwrap_or_else(|| {
            let message =
                format!("there is no type `{name}`: it is none of FEEL's, and the file defines none of that name");
            self.problem("UNKNOWN_TYPE", reference.location, message);
            Type::Any
        })
    }

    fn item(&mut self, item: &ItemDefinition, depth: usize) -> Type {
        if depth > DEEPEST {
            let message = format!("types are nested deeper than {DEEPEST}");
            self.problem("TYPE_TOO_DEEP", item.name.location, message);
            return Type::Any;
        }
        let base = match &item.kind {
            ItemKind::Reference(reference) => self.type_named(reference, depth),
            ItemKind::Function => Type::Function,
            ItemKind::Components(components) if components.is_empty() => Type::Any,
            ItemKind::Components(components) => {
                let entries = components.iter().map(|part| (part.name.value.clone(), self.item(part, depth + 1)));
                Type::Context(Arc::new(entries.collect()))
            }
        };
        let one = self.constrained(base, item.allowed_values.as_ref());
        let whole = if item.is_collection { Type::List(Arc::new(one)) } else { one };
        self.constrained(whole, item.type_constraint.as_ref())
    }

    fn constrained(&mut self, kind: Type, tests: Option<&Located<String>>) -> Type {
        match tests.and_then(|tests| self.tests(tests)) {
            Some(tests) => Type::Constrained(Arc::new(kind), Arc::<UnaryTests>::new(tests)),
            None => kind,
        }
    }
}
