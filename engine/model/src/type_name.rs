//! The names of types and triggers, as YAML spells them.

use crate::{ActivityKind, ElementKind, Gateway, SubProcessKind, Trigger};

impl ElementKind {
    /// The type as YAML spells it: `timerBoundaryEvent`, `userTask`, `exclusiveGateway`.
    pub fn type_name(&self) -> String {
        match self {
            ElementKind::StartEvent { trigger, .. } => trigger.type_of("StartEvent"),
            ElementKind::IntermediateCatchEvent { trigger } => trigger.type_of("IntermediateCatchEvent"),
            ElementKind::IntermediateThrowEvent { trigger: Trigger::None } => "intermediateEvent".into(),
            ElementKind::IntermediateThrowEvent { trigger } => trigger.type_of("IntermediateThrowEvent"),
            ElementKind::BoundaryEvent { trigger, .. } => trigger.type_of("BoundaryEvent"),
            ElementKind::EndEvent { trigger } => trigger.type_of("EndEvent"),
            ElementKind::Activity(activity) => activity.kind.type_name().into(),
            ElementKind::Gateway(gateway) => gateway.type_name().into(),
            ElementKind::Artifact(name) => name.clone(),
        }
    }
}

impl Trigger {
    /// The trigger's name, `timer`; empty for a none event.
    pub fn name(&self) -> &'static str {
        match self {
            Trigger::None => "",
            Trigger::Message(_) => "message",
            Trigger::Timer(_) => "timer",
            Trigger::Signal { .. } => "signal",
            Trigger::Error { .. } => "error",
            Trigger::Escalation { .. } => "escalation",
            Trigger::Compensation { .. } => "compensation",
            Trigger::Conditional { .. } => "conditional",
            Trigger::Link { .. } => "link",
            Trigger::Cancel => "cancel",
            Trigger::Terminate => "terminate",
            Trigger::Multiple { .. } => "multiple",
        }
    }

    fn type_of(&self, position: &str) -> String {
        match (self, position) {
            (Trigger::None, "StartEvent") => "startEvent".into(),
            (Trigger::None, "EndEvent") => "endEvent".into(),
            _ => format!("{}{position}", self.name()),
        }
    }
}

impl ActivityKind {
    pub fn type_name(&self) -> &'static str {
        match self {
            ActivityKind::Task => "task",
            ActivityKind::UserTask(_) => "userTask",
            ActivityKind::ManualTask => "manualTask",
            ActivityKind::ServiceTask(_) => "serviceTask",
            ActivityKind::ScriptTask(_) => "scriptTask",
            ActivityKind::SendTask(_) => "sendTask",
            ActivityKind::ReceiveTask(_) => "receiveTask",
            ActivityKind::BusinessRuleTask(_) => "businessRuleTask",
            ActivityKind::AgenticTask(_) => "agenticTask",
            ActivityKind::CallActivity(_) => "callActivity",
            ActivityKind::SubProcess(sub_process) => match sub_process.kind {
                SubProcessKind::Embedded => "subProcess",
                SubProcessKind::Event => "eventSubProcess",
                SubProcessKind::Transaction => "transaction",
                SubProcessKind::AdHoc { .. } => "adHocSubProcess",
            },
        }
    }
}

impl Gateway {
    pub fn type_name(&self) -> &'static str {
        match self {
            Gateway::Exclusive => "exclusiveGateway",
            Gateway::Parallel => "parallelGateway",
            Gateway::Inclusive => "inclusiveGateway",
            Gateway::EventBased { .. } => "eventBasedGateway",
            Gateway::Complex { .. } => "complexGateway",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trigger_is_written_into_the_type() {
        assert_eq!(ElementKind::EndEvent { trigger: Trigger::Terminate }.type_name(), "terminateEndEvent");
        assert_eq!(ElementKind::EndEvent { trigger: Trigger::None }.type_name(), "endEvent");
        assert_eq!(ElementKind::IntermediateThrowEvent { trigger: Trigger::None }.type_name(), "intermediateEvent");
    }
}
