//! The names that an expression has bound itself, the innermost first.

use crate::value::{Context, Value};
use std::sync::Arc;

/// Shared by the functions that were written in it.
#[derive(Debug, Clone, Default)]
pub struct Environment(Option<Arc<Frame>>);

#[derive(Debug)]
struct Frame {
    names: Names,
    outer: Environment,
}

#[derive(Debug)]
enum Names {
    One(Arc<str>, Value),
    All(Arc<Context>),
}

impl Environment {
    pub fn with(&self, name: &Arc<str>, value: Value) -> Environment {
        self.and(Names::One(name.clone(), value))
    }

    pub fn with_all(&self, context: &Arc<Context>) -> Environment {
        self.and(Names::All(context.clone()))
    }

    fn and(&self, names: Names) -> Environment {
        Environment(Some(Arc::new(Frame { names, outer: self.clone() })))
    }

    pub fn find(&self, name: &str) -> Option<&Value> {
        let mut frame = self.0.as_ref();
        while let Some(here) = frame {
            match &here.names {
                Names::One(bound, value) if &**bound == name => return Some(value),
                Names::All(context) if context.contains_key(name) => return context.get(name),
                _ => frame = here.outer.0.as_ref(),
            }
        }
        None
    }
}
