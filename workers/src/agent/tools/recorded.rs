//! Tools of a cassette: offered as they were, they answer what they answered to the same call.

use super::{Answer, Target, Tool};
use crate::agent::cassette::{Cassette, RecordedTool};
use serde_json::Value;
use std::collections::BTreeSet;

pub fn offered(cassette: &Cassette, names: &[String]) -> Vec<Tool> {
    let offered = cassette.tools.iter().filter(|tool| names.contains(&tool.alias));
    offered.map(tool).collect()
}

fn tool(recorded: &RecordedTool) -> Tool {
    let target = Target { server: "a cassette".to_owned(), tool: recorded.name.clone(), pin: None };
    let RecordedTool { alias, is_read_only, .. } = recorded.clone();
    // nothing happens when a recorded call is made again
    Tool { spec: recorded.into(), alias, target, is_repeatable: true, is_read_only, is_untrusted: false }
}

/// A call that was not made then is an error that names those which were.
pub fn answer(cassette: &Cassette, tool: &Tool, arguments: &Value) -> Answer {
    let mut of_tool = cassette.answers().filter(|(name, ..)| *name == tool.spec.name);
    if let Some((_, _, text, is_error)) = of_tool.find(|(_, recorded, ..)| *recorded == arguments) {
        return Answer { text: text.to_owned(), is_error };
    }
    let of_tool = cassette.answers().filter(|(name, ..)| *name == tool.spec.name);
    let known: BTreeSet<String> = of_tool.map(|(_, recorded, ..)| recorded.to_string()).collect();
    let known = known.into_iter().collect::<Vec<_>>().join("; ");
    let text = format!(
        "This is a replay, and `{}` was not called with these arguments then; it was with: {known}",
        tool.spec.name
    );
    Answer { text, is_error: true }
}
