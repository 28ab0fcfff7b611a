//! How an instance has to end: as its seed says, or canceled, when an operator has asked for that.

use super::{Facts, Instance};
use crate::{
    load::Ledger,
    operator::{Said, What},
    outcome::declines,
    process::{FOREVER, JUDGED},
};
use serde_json::Value;
use std::collections::HashMap;

/// The state, the API's word for it, the last event.
pub type End = (i16, &'static str, &'static str);

const CANCELED: End = (3, "canceled", "instanceCanceled");

/// What operators were told when they canceled, by instance.
pub struct Ends<'a> {
    canceled: HashMap<&'a str, Said>,
    parents: HashMap<&'a str, &'a str>,
}

impl<'a> Ends<'a> {
    pub fn of(facts: &'a Facts, ledger: &'a Ledger) -> Ends<'a> {
        let mut canceled: HashMap<&str, Said> = HashMap::new();
        for operation in ledger.operations.iter().filter(|operation| operation.what == What::Cancel) {
            let said = canceled.entry(&operation.instance).or_insert(operation.said);
            *said = (*said).max(operation.said);
        }
        let parents = facts.instances.values().filter_map(|it| Some((it.id.as_str(), it.parent.as_deref()?)));
        Ends { canceled, parents: parents.collect() }
    }

    pub fn of_instance(&self, instance: &Instance) -> End {
        let is_canceled = instance.state == CANCELED.0;
        match (self.canceled.get(instance.id.as_str()), instance.parent.is_none()) {
            (Some(Said::Yes), true) => CANCELED,
            (Some(Said::Unknown), true) if is_canceled => CANCELED,
            (_, false) if is_canceled && self.is_below_a_canceled_one(&instance.id) => CANCELED,
            _ => natural(instance),
        }
    }

    fn is_below_a_canceled_one(&self, id: &str) -> bool {
        let above = std::iter::successors(self.parents.get(id), |id| self.parents.get(*id));
        above.into_iter().any(|id| self.canceled.get(id).is_some_and(|said| *said != Said::No))
    }
}

/// When nobody interferes, only a called one fails or is canceled.
fn natural(instance: &Instance) -> End {
    let seed = instance.variables.get("seed").and_then(Value::as_u64).unwrap_or_default();
    let has = |element: &str| instance.parent.is_some() && instance.events.iter().any(|event| event.element == element);
    if has(JUDGED) && declines(seed, JUDGED) {
        (4, "failed", "instanceFailed")
    } else if has(FOREVER) {
        CANCELED
    } else {
        (1, "completed", "instanceCompleted")
    }
}
