//! Why an agent's job fails. Each reason has a code, which its message begins with: an error boundary event for that code
//! catches it; without one a person sees it in the incident.

use std::fmt::Display;
use worker_sdk::JobFailure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    ModelUnavailable,
    ModelRefused,
    ToolsUnavailable,
    UnknownTool,
    ToolChanged,
    InvalidTask,
    NoAnswer,
    TooManyCalls,
    RecordTooLarge,
    BudgetExceeded,
    UnknownOutcome,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Code::ModelUnavailable => "AGENT_MODEL_UNAVAILABLE",
            Code::ModelRefused => "AGENT_MODEL_REFUSED",
            Code::ToolsUnavailable => "AGENT_TOOLS_UNAVAILABLE",
            Code::UnknownTool => "AGENT_UNKNOWN_TOOL",
            Code::ToolChanged => "AGENT_TOOL_CHANGED",
            Code::InvalidTask => "AGENT_INVALID_TASK",
            Code::NoAnswer => "AGENT_NO_ANSWER",
            Code::TooManyCalls => "AGENT_TOO_MANY_CALLS",
            Code::RecordTooLarge => "AGENT_RECORD_TOO_LARGE",
            Code::BudgetExceeded => "AGENT_BUDGET_EXCEEDED",
            Code::UnknownOutcome => "AGENT_UNKNOWN_OUTCOME",
        }
    }

    /// Whether an attempt after this failure goes on from the transcript: it does, unless the same conversation would only fail
    /// the same way.
    pub fn goes_on(message: &str) -> bool {
        let hopeless = [Code::NoAnswer, Code::RecordTooLarge, Code::InvalidTask, Code::UnknownOutcome];
        !hopeless.iter().any(|code| message.starts_with(code.name()))
    }

    pub fn retryable(self, message: impl Display) -> JobFailure {
        JobFailure::retryable(format!("{}: {message}", self.name()))
    }

    pub fn bug(self, message: impl Display) -> JobFailure {
        JobFailure::bug(format!("{}: {message}", self.name()))
    }
}
