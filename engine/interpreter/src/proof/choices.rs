//! Whether a way can be gone at all: conditions are free, but the same condition is not true at one gateway and false at the
//! next.

use super::picture::Picture;
use crate::elements::Kind;
use crate::process::Choice;
use crate::{ElementIndex, FlowIndex};
use std::collections::HashMap;

/// On these ways of one run, no condition would have to be true here and false there.
pub(super) fn fit_together(picture: &Picture<'_>, ways: &[Vec<ElementIndex>]) -> bool {
    let mut taken: HashMap<String, (ElementIndex, bool)> = HashMap::new();
    for pair in ways.iter().flat_map(|way| way.windows(2)) {
        for (text, holds) in claims(picture, pair[0], pair[1]) {
            let (gateway, before) = *taken.entry(text).or_insert((pair[0], holds));
            // The same gateway may be asked again after a while, and answer otherwise.
            if before != holds && gateway != pair[0] {
                return false;
            }
        }
    }
    true
}

/// What must hold, and what must not, for a token to go from here to there.
fn claims(picture: &Picture<'_>, from: ElementIndex, to: ElementIndex) -> Vec<(String, bool)> {
    let process = picture.process;
    let outgoing = &process.element(from).outgoing;
    let Some(taken) = outgoing.iter().copied().find(|flow| process.flow(*flow).to == to) else { return Vec::new() };
    let condition = |flow: FlowIndex| match &process.flow(flow).choice {
        Choice::When(condition) => Some(plain(condition.source())),
        Choice::Always | Choice::Default | Choice::Label(_) => None,
    };
    let mut claims: Vec<(String, bool)> = condition(taken).map(|text| (text, true)).into_iter().collect();
    let is_default = matches!(process.flow(taken).choice, Choice::Default | Choice::Always);
    if matches!(process.element(from).kind, Kind::ExclusiveGateway(_)) {
        let asked_before = outgoing.iter().take_while(|flow| is_default || **flow != taken);
        claims.extend(asked_before.filter_map(|flow| condition(*flow)).map(|text| (text, false)));
    }
    claims
}

/// Two elements on the way choose by the same variable, and so perhaps never in these two ways.
pub(super) fn depend_on_each_other(picture: &Picture<'_>, way: &[ElementIndex]) -> bool {
    let process = picture.process;
    let mut asked_by: HashMap<&str, ElementIndex> = HashMap::new();
    for place in way.iter().take(way.len().saturating_sub(1)) {
        for flow in &process.element(*place).outgoing {
            let Choice::When(condition) = &process.flow(*flow).choice else { continue };
            if condition.variables().any(|name| *asked_by.entry(name).or_insert(*place) != *place) {
                return true;
            }
        }
    }
    false
}

fn plain(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && !"${}".contains(*letter)).collect()
}
