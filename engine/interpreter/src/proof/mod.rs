//! Proof at deployment: what can go wrong in a process whatever its data, said before anything runs.
//!
//! | code | what it found |
//! |---|---|
//! | `DEADLOCK` | a parallel join waits for a token that cannot come any more |
//! | `LACK_OF_SYNCHRONISATION` | tokens that run beside each other are merged without waiting, so what follows runs several times |
//! | `DEAD_ELEMENT` | nothing leads there |
//! | `NO_WAY_TO_END` | from there no end can be reached |
//! | `READ_BEFORE_WRITTEN` | on some way to a reader nothing has written the variable yet |
//!
//! Everything here is a warning: conditions are taken to be free, and a process may know better than its picture. A finding
//! names a way through the process on which it happens; where there is doubt, or too much to look at, it is silent.
//!
//! ```text
//! Picture ──▶ reach                          dead elements, no way to an end: two walks
//!         ──▶ net: build ─▶ reduce ─▶ explore   tokens, scope by scope: sound blocks collapse to a flow, the rest is played
//!         ──▶ variables                      who writes, who reads, and the ways between
//! ```

mod choices;
mod net;
mod picture;
mod reach;
mod variables;
mod way;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

use crate::{ElementIndex, Process};
use model::{Diagnostic, ProcessDefinition};
use picture::Picture;

/// No more warnings than a person reads, of each kind.
const MOST_OF_A_KIND: usize = 20;

/// What is wrong with a process that compiles: warnings only, in the order of the file. `process` is `definition` compiled.
pub fn prove(definition: &ProcessDefinition, process: &Process) -> Vec<Diagnostic> {
    if !definition.is_executable {
        return Vec::new();
    }
    let picture = Picture::of(definition, process);
    let mut found = reach::dead_elements(&picture);
    found.extend(reach::no_way_to_end(&picture));
    found.extend(net::tokens(&picture));
    found.extend(variables::read_before_written(&picture));
    found.sort_by_key(|finding| finding.at);
    found.iter().map(|finding| finding.diagnostic(&picture)).collect()
}

/// One thing that is wrong.
struct Finding {
    code: &'static str,
    at: ElementIndex,
    message: String,
    hint: &'static str,
}

impl Finding {
    fn diagnostic(&self, picture: &Picture<'_>) -> Diagnostic {
        let element = picture.element(self.at);
        Diagnostic::warning(self.code, element.location, self.message.as_str()).on(&element.id).hint(self.hint)
    }
}
