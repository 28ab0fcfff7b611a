//! Messages to AG-UI events: a pure function of the message and what is open in the run.

use super::event::{Event, Interrupt, Outcome};
use crate::live::message::{Body, Element, Message, Outcome as Ended, TaskInstance};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};

/// A run, and all that is known of its instance.
pub struct Run {
    thread_id: String,
    run_id: String,
    state: State,
    messages: Vec<Value>,
    steps: IndexMap<u64, String>,
    texts: IndexMap<String, String>,
    thoughts: IndexSet<String>,
    calls: IndexSet<String>,
    finished: bool,
}

/// What the client sees as the run's state.
#[derive(Default)]
struct State {
    instance_id: String,
    elements: IndexMap<u64, Active>,
    variables: Map<String, Value>,
    flows: IndexMap<String, u64>,
}

struct Active {
    element: Element,
    scope: u64,
    task: Option<Interrupt>,
}

impl Run {
    pub fn new(thread_id: String, run_id: String, messages: Vec<Value>) -> Self {
        Self {
            thread_id,
            run_id,
            state: State::default(),
            messages,
            steps: IndexMap::new(),
            texts: IndexMap::new(),
            thoughts: IndexSet::new(),
            calls: IndexSet::new(),
            finished: false,
        }
    }

    pub fn finished(&self) -> bool {
        self.finished
    }

    /// The beginning of the run, with the state so far.
    pub fn start(&self) -> Vec<Event> {
        let (thread_id, run_id) = (self.thread_id.clone(), self.run_id.clone());
        vec![Event::RunStarted { thread_id, run_id, protocol_version: "1.0" }, self.snapshot()]
    }

    /// What was before this run: known, not told.
    pub fn remember(&mut self, message: &Message) {
        self.change_state(message);
    }

    /// The task is completed, whether or not its event has been heard of yet.
    pub fn answered(&mut self, task_id: &str) {
        for active in self.state.elements.values_mut() {
            active.task.take_if(|task| task.id == task_id);
        }
    }

    pub fn project(&mut self, message: &Message) -> Vec<Event> {
        let delta = self.change_state(message);
        let mut events = Vec::new();
        if !delta.is_empty() {
            events.push(Event::StateDelta { delta });
        }
        match &message.body {
            Body::ElementActivated { element, .. } => {
                let step_name = format!("{}#{}", element.element_id, element.element_instance_key);
                self.steps.insert(element.element_instance_key, step_name.clone());
                events.push(Event::StepStarted { step_name });
            }
            Body::ElementCompleted { element, .. } | Body::TaskCancelled { element, .. } => {
                let step = self.steps.shift_remove(&element.element_instance_key);
                events.extend(step.map(|step_name| Event::StepFinished { step_name }));
            }
            Body::WorkflowCompleted { outcome, .. } if !self.finished => events.extend(self.end(*outcome)),
            Body::WorkflowFailed { error } => {
                self.finished = true;
                events.push(Event::RunError { message: error.message.clone(), code: error.code.clone() });
            }
            Body::VariableSet { .. } | Body::WorkflowStarted { .. } | Body::HistoryEvent { .. } => {}
            body => events.extend(self.activity(message, body)),
        }
        events
    }

    /// What workers say; what has no word in AG-UI is told as it is.
    fn activity(&mut self, message: &Message, body: &Body) -> Vec<Event> {
        match body {
            Body::TextMessageStart { job_id, message_id, .. } => self.text(format!("{job_id}/{message_id}"), "", false),
            Body::TextMessageContent { job_id, message_id, delta, .. } => {
                self.text(format!("{job_id}/{message_id}"), delta, false)
            }
            Body::TextMessageEnd { job_id, message_id, .. } => self.text(format!("{job_id}/{message_id}"), "", true),
            Body::TaskThinking { job_id, message_id, delta, done, .. } => {
                self.thought(format!("{job_id}/{message_id}/thinking"), delta, *done)
            }
            Body::AgentToolUse { job_id, call_id, tool, arguments, result, .. } => {
                self.tool(format!("{job_id}/{call_id}"), tool, arguments, result.as_ref())
            }
            _ => {
                let value = serde_json::to_value(message).unwrap_or_default();
                let name = value["type"].as_str().unwrap_or_default().to_owned();
                vec![Event::Custom { name, value }]
            }
        }
    }

    fn text(&mut self, message_id: String, delta: &str, done: bool) -> Vec<Event> {
        let mut events = Vec::new();
        if !self.texts.contains_key(&message_id) {
            self.texts.insert(message_id.clone(), String::new());
            events.push(Event::TextMessageStart { message_id: message_id.clone(), role: "assistant" });
        }
        if !delta.is_empty() {
            self.texts.entry(message_id.clone()).or_default().push_str(delta);
            events.push(Event::TextMessageContent { message_id: message_id.clone(), delta: delta.to_owned() });
        }
        if done {
            let content = self.texts.shift_remove(&message_id).unwrap_or_default();
            self.messages.push(json!({"id": message_id, "role": "assistant", "content": content}));
            events.push(Event::TextMessageEnd { message_id });
        }
        events
    }

    fn thought(&mut self, message_id: String, delta: &str, done: bool) -> Vec<Event> {
        let mut events = Vec::new();
        if self.thoughts.insert(message_id.clone()) {
            events.push(Event::ReasoningStart { message_id: message_id.clone() });
            events.push(Event::ReasoningMessageStart { message_id: message_id.clone(), role: "reasoning" });
        }
        if !delta.is_empty() {
            events.push(Event::ReasoningMessageContent { message_id: message_id.clone(), delta: delta.to_owned() });
        }
        if done {
            self.thoughts.shift_remove(&message_id);
            events.push(Event::ReasoningMessageEnd { message_id: message_id.clone() });
            events.push(Event::ReasoningEnd { message_id });
        }
        events
    }

    fn tool(&mut self, id: String, tool: &str, arguments: &Value, result: Option<&Value>) -> Vec<Event> {
        let mut events = Vec::new();
        if self.calls.insert(id.clone()) {
            let delta = arguments.to_string();
            let function = json!({"name": tool, "arguments": delta});
            let call = json!({"id": id, "type": "function", "function": function});
            self.messages.push(json!({"id": id, "role": "assistant", "toolCalls": [call]}));
            events.push(Event::ToolCallStart { tool_call_id: id.clone(), tool_call_name: tool.to_owned() });
            events.push(Event::ToolCallArgs { tool_call_id: id.clone(), delta });
            events.push(Event::ToolCallEnd { tool_call_id: id.clone() });
        }
        if let Some(result) = result {
            let content = result.as_str().map_or_else(|| result.to_string(), str::to_owned);
            let message_id = format!("{id}/result");
            self.messages.push(json!({"id": message_id, "role": "tool", "toolCallId": id, "content": content}));
            events.push(Event::ToolCallResult { message_id, tool_call_id: id, content });
        }
        events
    }

    /// Ends the run when the instance can only wait for people. To be asked when nothing more is at hand.
    pub fn wait_for_people(&mut self) -> Vec<Event> {
        let elements = &self.state.elements;
        let is_scope = |key: &u64| elements.values().any(|active| active.scope == *key);
        let leaves = elements.iter().filter(|(key, _)| !is_scope(key)).map(|(_, active)| active);
        let tasks: Option<Vec<_>> = leaves.map(|active| active.task.clone()).collect();
        let Some(interrupts) = tasks.filter(|tasks| !tasks.is_empty() && !self.finished) else { return Vec::new() };
        let mut events = self.close();
        events.push(self.snapshot());
        events.push(Event::MessagesSnapshot { messages: self.messages.clone() });
        events.push(self.finish(None, Outcome::Interrupt { interrupts }));
        events
    }

    fn end(&mut self, outcome: Ended) -> Vec<Event> {
        let outcome = match outcome {
            Ended::Success => Outcome::Success,
            Ended::Failed | Ended::Terminated => Outcome::Cancelled,
        };
        let mut events = self.close();
        let result = Value::Object(self.state.variables.clone());
        events.push(self.finish(Some(result), outcome));
        events
    }

    fn finish(&mut self, result: Option<Value>, outcome: Outcome) -> Event {
        self.finished = true;
        Event::RunFinished { thread_id: self.thread_id.clone(), run_id: self.run_id.clone(), result, outcome }
    }

    /// A run ends with nothing open.
    fn close(&mut self) -> Vec<Event> {
        let texts: Vec<_> = self.texts.keys().cloned().collect();
        let thoughts: Vec<_> = self.thoughts.iter().cloned().collect();
        let mut events: Vec<_> = texts.into_iter().flat_map(|id| self.text(id, "", true)).collect();
        events.extend(thoughts.into_iter().flat_map(|id| self.thought(id, "", true)));
        events.extend(self.steps.drain(..).rev().map(|(_, step_name)| Event::StepFinished { step_name }));
        events
    }

    fn snapshot(&self) -> Event {
        let state = &self.state;
        let elements: Map<_, _> =
            state.elements.iter().map(|(key, active)| (key.to_string(), json!(active.element))).collect();
        let snapshot = json!({
            "instanceId": state.instance_id, "elements": elements, "variables": state.variables, "flows": state.flows,
        });
        Event::StateSnapshot { snapshot }
    }

    /// Changes the state, and says how.
    fn change_state(&mut self, message: &Message) -> Vec<Value> {
        let state = &mut self.state;
        if state.instance_id.is_empty() {
            state.instance_id = message.instance_id.to_string();
        }
        match &message.body {
            Body::ElementActivated { element, scope, .. } => {
                let key = element.element_instance_key;
                state.elements.insert(key, Active { element: element.clone(), scope: *scope, task: None });
                vec![json!({"op": "add", "path": format!("/elements/{key}"), "value": element})]
            }
            Body::ElementCompleted { element, .. } | Body::TaskCancelled { element, .. } => {
                let key = element.element_instance_key;
                let gone = state.elements.shift_remove(&key);
                gone.map(|_| json!({"op": "remove", "path": format!("/elements/{key}")})).into_iter().collect()
            }
            // The variables of inner scopes are theirs.
            Body::VariableSet { scope, name, value } if !state.elements.contains_key(scope) => {
                state.variables.insert(name.clone(), value.clone());
                vec![json!({"op": "add", "path": format!("/variables/{}", pointer(name)), "value": value})]
            }
            Body::GatewayPathTaken { flow_id, .. } | Body::FlowTaken { flow_id, .. } => {
                let count = state.flows.entry(flow_id.clone()).or_default();
                *count += 1;
                vec![json!({"op": "add", "path": format!("/flows/{}", pointer(flow_id)), "value": *count})]
            }
            Body::UserTaskCreated { task_instance, .. } => {
                let own = || task_instance.task_id.rsplit_once(':').and_then(|(_, key)| key.parse().ok());
                let asked = task_instance.question.as_ref().map(|asked| asked.element_instance);
                let key = asked.or_else(own);
                if let Some(active) = key.and_then(|key: u64| state.elements.get_mut(&key)) {
                    active.task = Some(interrupt(task_instance));
                }
                Vec::new()
            }
            // The job goes on: it waits for nobody any more.
            Body::UserTaskCompleted { task_id, .. } | Body::UserTaskCancelled { task_id, .. } => {
                let is_this = |active: &&mut Active| active.task.as_ref().is_some_and(|task| task.id == *task_id);
                if let Some(active) = state.elements.values_mut().find(is_this) {
                    active.task = None;
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

/// A name as a token of RFC 6901.
fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn interrupt(task: &TaskInstance) -> Interrupt {
    let schema_of = |kind: &str| match kind {
        "number" => json!({"type": "number"}),
        "boolean" => json!({"type": "boolean"}),
        "date" => json!({"type": "string", "format": "date"}),
        "file" | "json" => json!({}),
        _ => json!({"type": "string"}),
    };
    let fields = task.form_fields.iter().map(|field| {
        let mut schema = schema_of(&field.kind);
        if !field.options.is_empty() {
            schema["enum"] = json!(field.options);
        }
        schema["title"] = json!(field.label.as_deref().unwrap_or(&field.name));
        (field.name.clone(), schema)
    });
    let properties: Map<_, _> = fields.collect();
    let required: Vec<_> = task.form_fields.iter().filter(|field| field.required).map(|field| &field.name).collect();
    Interrupt {
        id: task.task_id.clone(),
        reason: "input_required",
        message: task.question.as_ref().and_then(|asked| asked.text.as_ref()).unwrap_or(&task.task_name).clone(),
        response_schema: json!({"type": "object", "properties": properties, "required": required}),
        metadata: json!({
            "assignee": task.assignee, "candidateGroups": task.candidate_groups, "dueDate": task.due_date,
            "data": task.data,
        }),
    }
}
