//! Tasks of every kind, and the call activity.

use super::element::Source;
use super::event::{check_duration, message, normalised};
use super::fields::{Fields, Problems};
use super::tree::{Content, Node};
use crate::near_miss::did_you_mean;
use crate::{
    ActivityKind, AgenticTask, Binding, BusinessRuleTask, CallActivity, FieldType, FormField, Located, MessageType,
    ReceiveTask, ScriptFormat, ScriptTask, SendTask, ServiceTask, UserTask,
};

pub(super) const TYPES: [&str; 10] = [
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
    "agenticTask",
    "callActivity",
];

/// The task, when the element's type names one.
pub(super) fn task(source: &mut Source<'_>, problems: &mut Problems) -> Option<ActivityKind> {
    let properties = &mut source.properties;
    Some(match source.kind.value.as_str() {
        "task" => ActivityKind::Task,
        "manualTask" => ActivityKind::ManualTask,
        "userTask" => ActivityKind::UserTask(user_task(source, problems)),
        "serviceTask" => ActivityKind::ServiceTask(service_task(source, problems)),
        "scriptTask" => ActivityKind::ScriptTask(script_task(properties, problems)),
        "sendTask" => ActivityKind::SendTask(send_task(properties, problems)),
        "receiveTask" => ActivityKind::ReceiveTask(receive_task(properties, problems)),
        "businessRuleTask" => ActivityKind::BusinessRuleTask(business_rule_task(source, problems)),
        "agenticTask" => ActivityKind::AgenticTask(agentic_task(source, problems)),
        "callActivity" => ActivityKind::CallActivity(call_activity(properties, problems)),
        _ => return None,
    })
}

/// One of a closed set of words, in any letter case.
fn choice<T: Copy>(
    key: &'static str,
    choices: &[(&'static str, T)],
    properties: &mut Fields<'_>,
    problems: &mut Problems,
) -> Option<T> {
    let text = properties.text(key, problems)?;
    let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text.value.trim()));
    if found.is_none() {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let message = format!("`{key}` must be one of {}, not `{}`", names.join(", "), text.value);
        let mut problem = properties.error("INVALID_VALUE", text.location, message);
        problem.hint = did_you_mean(&text.value, names);
        problems.push(problem);
    }
    found.map(|(_, value)| *value)
}

fn user_task(source: &mut Source<'_>, problems: &mut Problems) -> UserTask {
    let properties = &mut source.properties;
    let mut form_fields: Vec<FormField> = Vec::new();
    for fields in [&mut source.custom, properties] {
        form_fields.extend(fields.list("formFields", problems).iter().filter_map(|node| form_field(node, problems)));
    }
    let properties = &mut source.properties;
    UserTask {
        assignee: properties.text("assignee", problems),
        candidate_groups: properties.texts("candidateGroups", problems),
        candidate_users: properties.texts("candidateUsers", problems),
        priority: properties.text("priority", problems),
        due_date: properties.text("dueDate", problems),
        form_fields,
    }
}

/// A name, or a map with more about it.
fn form_field(node: &Node, problems: &mut Problems) -> Option<FormField> {
    if let Content::Scalar { text, .. } = &node.content {
        let name = text.trim().to_owned();
        return (!name.is_empty()).then(|| FormField {
            name,
            label: None,
            field_type: FieldType::Text,
            required: false,
            options: Vec::new(),
        });
    }
    let mut fields = Fields::of(node, "a form field", problems);
    let field_type = choice("type", &FIELD_TYPES, &mut fields, problems);
    let field = FormField {
        name: fields.required("name", "a form field", problems).value,
        label: fields.plain_text("label", problems),
        required: fields.flag("required", problems).unwrap_or(false),
        options: fields.texts("options", problems).into_iter().map(|text| text.value).collect(),
        field_type: field_type.unwrap_or_default(),
    };
    if field.field_type == FieldType::Select && field.options.is_empty() {
        problems.push(fields.error("MISSING_PROPERTY", node.location, "a field of type select needs `options`"));
    }
    fields.finish("UNKNOWN_KEY", "a form field", problems);
    Some(field)
}

/// The names of the types, and those that other tools use for them.
const FIELD_TYPES: [(&str, FieldType); 15] = [
    ("text", FieldType::Text),
    ("multiline", FieldType::Multiline),
    ("number", FieldType::Number),
    ("boolean", FieldType::Boolean),
    ("date", FieldType::Date),
    ("select", FieldType::Select),
    ("file", FieldType::File),
    ("json", FieldType::Json),
    ("string", FieldType::Text),
    ("textarea", FieldType::Multiline),
    ("integer", FieldType::Number),
    ("bool", FieldType::Boolean),
    ("checkbox", FieldType::Boolean),
    ("enum", FieldType::Select),
    ("object", FieldType::Json),
];

fn service_task(source: &mut Source<'_>, problems: &mut Problems) -> ServiceTask {
    let properties = &mut source.properties;
    let topic = properties.plain_text("topic", problems);
    let choices = [("External", false), ("Web Service", true), ("WebService", true)];
    let web = choice("implementation", &choices, properties, problems).unwrap_or(false);
    if !web {
        return ServiceTask::External { topic: topic.unwrap_or_else(|| source.id.clone()) };
    }
    // each says what is called, and by which connector
    let callable = ["endpoint", "url", "operation", "sql"];
    if !callable.into_iter().any(|key| source.custom.text(key, problems).is_some()) {
        let message = "a web service needs `custom.endpoint`, `custom.operation` or `custom.sql`";
        problems.push(properties.error("MISSING_PROPERTY", properties.location, message));
    }
    ServiceTask::WebService
}

fn script_task(properties: &mut Fields<'_>, problems: &mut Problems) -> ScriptTask {
    let choices = [
        ("python", ScriptFormat::Python),
        ("javascript", ScriptFormat::JavaScript),
        ("feel", ScriptFormat::Feel),
        ("expression", ScriptFormat::Expression),
        ("js", ScriptFormat::JavaScript),
        ("py", ScriptFormat::Python),
    ];
    let format = choice("scriptFormat", &choices, properties, problems).unwrap_or_default();
    let script = properties.text("script", problems);
    if script.is_none() {
        let message = "the script task has no `script`, so it does nothing";
        problems.push(properties.warning("EMPTY_SCRIPT", properties.location, message));
    }
    let nothing = Located::new(String::new(), properties.location);
    ScriptTask { format, script: script.unwrap_or(nothing) }
}

fn send_task(properties: &mut Fields<'_>, problems: &mut Problems) -> SendTask {
    let choices = [("Email", MessageType::Email), ("Webhook", MessageType::Webhook), ("Message", MessageType::Message)];
    let message_type = choice("messageType", &choices, properties, problems);
    check_duration(properties.text("timeout", problems), "timeout", properties, problems);
    let send = SendTask {
        message_type: MessageType::Email,
        to: properties.text("to", problems),
        subject: properties.text("subject", problems),
        body: properties.text("messageBody", problems),
        message: message(properties, problems),
    };
    // Without a word about it, a task that names a message and no receiver sends that message.
    let is_message = send.to.is_none() && send.message.message_ref.is_some();
    let message_type = message_type.unwrap_or(if is_message { MessageType::Message } else { MessageType::Email });
    SendTask { message_type, ..send }
}

fn receive_task(properties: &mut Fields<'_>, problems: &mut Problems) -> ReceiveTask {
    let timeout = properties.text("timeout", problems);
    check_duration(timeout.clone(), "timeout", properties, problems);
    ReceiveTask {
        message: message(properties, problems),
        timeout: timeout.map(normalised),
        instantiate: properties.flag("instantiate", problems).unwrap_or(false),
    }
}

fn business_rule_task(source: &mut Source<'_>, problems: &mut Problems) -> BusinessRuleTask {
    if let Some(decision_ref) = source.properties.text("decisionRef", problems) {
        let binding = binding(&mut source.properties, problems);
        return BusinessRuleTask::Decision { decision_ref, binding };
    }
    match source.custom.node("rules") {
        Some(rules) => BusinessRuleTask::Rules(rules.to_json()),
        None => BusinessRuleTask::External,
    }
}

fn agentic_task(source: &mut Source<'_>, problems: &mut Problems) -> AgenticTask {
    let properties = &mut source.properties;
    let threshold = properties.decimal("confidenceThreshold", problems).unwrap_or(0.8);
    if !(0.0..=1.0).contains(&threshold) {
        let message = format!("`confidenceThreshold` must be between 0 and 1, not {threshold}");
        problems.push(properties.error("INVALID_VALUE", properties.location, message));
    }
    let values = |texts: Vec<Located<String>>| texts.into_iter().map(|text| text.value).collect();
    AgenticTask {
        agent_type: properties.plain_text("agentType", problems),
        model: properties.plain_text("model", problems),
        capabilities: values(properties.texts("capabilities", problems)),
        confidence_threshold: threshold,
        max_retries: properties.number("maxRetries", "a whole number", problems).unwrap_or(3),
        mcp_tools: values(source.custom.texts("mcpTools", problems)),
        system_prompt: source.custom.text("systemPrompt", problems),
    }
}

fn call_activity(properties: &mut Fields<'_>, problems: &mut Problems) -> CallActivity {
    CallActivity {
        called_element: properties.required("calledElement", "a call activity", problems),
        inherit_variables: properties.flag("inheritVariables", problems).unwrap_or(true),
        binding: binding(properties, problems),
    }
}

/// `latest`, `deployment`, or the number of a version.
fn binding(properties: &mut Fields<'_>, problems: &mut Problems) -> Binding {
    let Some(text) = properties.text("binding", problems) else { return Binding::Latest };
    match text.value.trim() {
        "latest" => Binding::Latest,
        "deployment" => Binding::Deployment,
        version => match version.parse() {
            Ok(version) => Binding::Version(version),
            Err(_) => {
                let message = format!("`binding` must be latest, deployment or a version, not `{version}`");
                let mut problem = properties.error("INVALID_VALUE", text.location, message);
                problem.hint = did_you_mean(version, ["latest", "deployment"]);
                problems.push(problem);
                Binding::Latest
            }
        },
    }
}
