//! What workers say while they work, as messages without a sequence number.

use super::message::{Body, Message};
use crate::json;
use proto::{Live, live::Kind};
use std::collections::HashSet;

/// Text messages that are remembered as begun.
const REMEMBERED: usize = 1_000;

/// Which text messages of an instance have begun.
#[derive(Debug, Default)]
pub struct Activity {
    begun: HashSet<String>,
}

impl Activity {
    pub fn project(&mut self, live: &Live) -> Vec<Message> {
        let message = |body| Message {
            body,
            timestamp: json::time(live.at),
            instance_id: live.instance_id.as_str().into(),
            tenant: live.tenant.as_str().into(),
            seq: None,
            sub: None,
            subs: None,
        };
        self.bodies(live).into_iter().map(message).collect()
    }

    fn bodies(&mut self, live: &Live) -> Vec<Body> {
        let (element_id, job_id, attempt) = (live.element_id.clone(), live.job_id.clone(), live.attempt);
        match &live.kind {
            Some(Kind::Progress(progress)) => vec![Body::TaskProgress {
                element_id,
                job_id: Some(job_id),
                job_type: None,
                progress: if progress.progress.is_finite() { progress.progress.clamp(0.0, 1.0) } else { 0.0 },
                status: progress.status.clone(),
                message: progress.message.clone(),
            }],
            Some(Kind::ToolUse(tool)) => tool_use(live, tool),
            Some(Kind::Text(text)) => self.text(live, text),
            Some(Kind::Thinking(text)) => vec![Body::TaskThinking {
                element_id,
                job_id,
                attempt,
                message_id: text.message_id.clone(),
                delta: text.delta.clone(),
                done: text.done,
            }],
            Some(Kind::Usage(usage)) => vec![Body::AgentUsage {
                element_id,
                job_id,
                attempt,
                model: usage.model.clone(),
                input_tokens: usage.input_tokens,
                output_tokens: usage.output_tokens,
            }],
            Some(Kind::Log(line)) => {
                vec![Body::TaskLog { element_id, job_id, level: line.level.clone(), message: line.message.clone() }]
            }
            None => Vec::new(),
        }
    }

    /// A message begins with its first delta here, also for who joins in the middle.
    fn text(&mut self, live: &Live, text: &proto::TextDelta) -> Vec<Body> {
        let (attempt, message_id) = (live.attempt, text.message_id.clone());
        let of = || (live.element_id.clone(), live.job_id.clone(), message_id.clone());
        let mut bodies = Vec::new();
        if self.begun.len() >= REMEMBERED {
            self.begun.clear();
        }
        if self.begun.insert(message_id.clone()) {
            let (element_id, job_id, message_id) = of();
            bodies.push(Body::TextMessageStart { element_id, job_id, attempt, message_id });
        }
        if !text.delta.is_empty() {
            let (element_id, job_id, message_id) = of();
            let delta = text.delta.clone();
            bodies.push(Body::TextMessageContent { element_id, job_id, attempt, message_id, delta });
        }
        if text.done {
            self.begun.remove(&message_id);
            let (element_id, job_id, message_id) = of();
            bodies.push(Body::TextMessageEnd { element_id, job_id, attempt, message_id });
        }
        bodies
    }
}

/// Twice: in the words of those who draw a call as one, and of those who draw its beginning and its end.
fn tool_use(live: &Live, tool: &proto::ToolUse) -> Vec<Body> {
    let (element_id, job_id, call_id) = (live.element_id.clone(), live.job_id.clone(), tool.call_id.clone());
    let (name, arguments, is_error) = (tool.tool.clone(), json::value(&tool.arguments), tool.is_error);
    let result = tool.result.as_deref().map(json::text_or_value);
    let used = Body::AgentToolUse {
        element_id: element_id.clone(),
        job_id: job_id.clone(),
        attempt: live.attempt,
        call_id: call_id.clone(),
        tool: name.clone(),
        arguments: arguments.clone(),
        result: result.clone(),
        is_error,
    };
    let part = match result {
        None => Body::TaskToolStart { element_id, job_id, call_id, tool: name, arguments },
        Some(result) => Body::TaskToolEnd { element_id, job_id, call_id, tool: name, result, is_error },
    };
    vec![used, part]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(activity: &mut Activity, kind: Kind) -> Vec<String> {
        let live = Live { instance_id: "i".into(), element_id: "e".into(), kind: Some(kind), ..Live::default() };
        let messages = activity.project(&live);
        let texts = messages.iter().map(|message| {
            assert!(message.seq.is_none(), "not history");
            serde_json::to_value(message).unwrap()["type"].as_str().unwrap().to_owned()
        });
        texts.collect()
    }

    fn text(delta: &str, done: bool) -> Kind {
        Kind::Text(proto::TextDelta { message_id: "m".into(), delta: delta.into(), done })
    }

    #[test]
    fn a_text_message_has_a_start_contents_and_an_end() {
        let mut activity = Activity::default();
        assert_eq!(types(&mut activity, text("He", false)), ["text.message.start", "text.message.content"]);
        assert_eq!(types(&mut activity, text("llo", false)), ["text.message.content"]);
        assert_eq!(types(&mut activity, text("", true)), ["text.message.end"]);
        assert_eq!(types(&mut activity, text("x", true)).len(), 3, "the id begins anew");
    }

    #[test]
    fn a_call_of_a_tool_is_told_as_one_and_in_parts() {
        let mut activity = Activity::default();
        let call = |result: Option<&'static [u8]>| {
            Kind::ToolUse(proto::ToolUse { result: result.map(Into::into), ..Default::default() })
        };
        assert_eq!(types(&mut activity, call(None)), ["agent.tool_use", "task.tool.start"]);
        assert_eq!(types(&mut activity, call(Some(b"1"))), ["agent.tool_use", "task.tool.end"]);
    }

    #[test]
    fn each_kind_has_its_message() {
        let mut activity = Activity::default();
        let table = [
            (Kind::Progress(proto::Progress { progress: f64::NAN, ..Default::default() }), "task.progress"),
            (Kind::Thinking(proto::TextDelta::default()), "task.thinking"),
            (Kind::Usage(proto::ModelUsage::default()), "agent.usage"),
            (Kind::Log(proto::LogLine::default()), "task.log"),
        ];
        for (kind, expected) in table {
            assert_eq!(types(&mut activity, kind), [expected]);
        }
    }
}
