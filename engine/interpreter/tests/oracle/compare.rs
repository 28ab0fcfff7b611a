//! One model, both ways: what the oracle says and what the engine did, and where they differ.

use crate::draw::{Names, draw};
use crate::drawing::Scope;
use crate::evaluate::{Expected, Mistake, evaluate};
use crate::generate::Model;
use crate::world::{Happened, Options, run};
use std::fmt::{Debug, Write};

pub enum Verdict {
    /// They agree.
    Same(Box<Expected>, Box<Happened>),
    /// Nothing to compare: too large, or two things happen in one moment.
    Open(&'static str),
    Different(String),
}

pub fn check(model: &Model, mistake: Mistake, options: Options) -> Verdict {
    check_drawing(model, &draw(model, Names::Plain), mistake, options)
}

pub fn check_drawing(model: &Model, drawing: &Scope, mistake: Mistake, options: Options) -> Verdict {
    let Some(expected) = evaluate(model, mistake) else { return Verdict::Open("too large") };
    if let Some(why) = expected.ambiguous {
        return Verdict::Open(why);
    }
    match run(drawing, model.seed, options) {
        Err(broken) => Verdict::Different(broken),
        Ok(happened) => match differences(&expected, &happened) {
            text if text.is_empty() => Verdict::Same(Box::new(expected), Box::new(happened)),
            text => Verdict::Different(text),
        },
    }
}

fn differences(expected: &Expected, happened: &Happened) -> String {
    let mut text = String::new();
    if (expected.state, expected.ended_at) != (happened.state, happened.ended_at) {
        let (ended, did_end) = (expected.ended_at, happened.ended_at);
        let _ = writeln!(text, "state: expected {} {ended:?}, was {} {did_end:?}", expected.state, happened.state);
    }
    lists(&mut text, "element", &expected.records, &happened.records);
    let sorted = |attempts: &[_]| {
        let mut attempts = attempts.to_vec();
        attempts.sort();
        attempts
    };
    lists(&mut text, "attempt", &sorted(&expected.trace.attempts), &sorted(&happened.attempts));
    let of = |it: &crate::trace::Incident| (it.element, it.code.to_owned(), it.from, it.until);
    let mut incidents: Vec<_> = expected.trace.incidents.iter().map(of).collect();
    let mut raised = happened.incidents.clone();
    incidents.sort();
    raised.sort();
    lists(&mut text, "incident", &incidents, &raised);
    let mut names: Vec<&String> = expected.variables.keys().chain(happened.variables.keys()).collect();
    // Flags and lists are the world's own.
    names.retain(|name| !name.starts_with("f_") && !name.starts_with("l_"));
    names.sort();
    names.dedup();
    for name in names {
        let (wanted, is) = (expected.variables.get(name), happened.variables.get(name));
        if wanted != is {
            let _ = writeln!(text, "variable {name}: expected {wanted:?}, was {is:?}");
        }
    }
    text
}

/// What of two sorted lists is only in one.
fn lists<T: Ord + Debug>(text: &mut String, what: &str, expected: &[T], happened: &[T]) {
    let (mut left, mut right) = (expected.iter().peekable(), happened.iter().peekable());
    while left.peek().is_some() || right.peek().is_some() {
        match (left.peek(), right.peek()) {
            (Some(wanted), Some(is)) if wanted == is => {
                left.next();
                right.next();
            }
            (Some(wanted), is) if is.is_none_or(|is| wanted < is) => {
                let _ = writeln!(text, "{what} missing: {:?}", left.next());
            }
            _ => {
                let _ = writeln!(text, "{what} unexpected: {:?}", right.next());
            }
        }
    }
}
