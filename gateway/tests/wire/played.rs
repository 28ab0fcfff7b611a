//! The engine's side of the wire, for the gateway's tests: it keeps histories, answers calls and remembers them.

use futures::StreamExt;
use prost::Message;
use proto::{ApiReply, Event, EventBatch, Problem, api_reply::Reply, event::Kind, subject};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

pub const TENANT: &str = "acme";

#[derive(Clone)]
pub struct Played {
    client: async_nats::Client,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    histories: HashMap<String, Vec<EventBatch>>,
    calls: Vec<(String, Vec<u8>)>,
    /// By id, those that there are.
    tasks: HashMap<String, proto::UserTaskInfo>,
    /// Answers that are not the usual ones.
    problems: HashMap<String, Problem>,
}

impl Played {
    pub async fn start(client: async_nats::Client) -> Played {
        let played = Played { client: client.clone(), state: Arc::default() };
        let mut calls = client.queue_subscribe("api.*", subject::ENGINE_GROUP.to_owned()).await.unwrap();
        client.flush().await.unwrap();
        let answering = played.clone();
        tokio::spawn(async move {
            while let Some(call) = calls.next().await {
                let method = call.subject.strip_prefix("api.").unwrap().to_owned();
                let reply = answering.answer(&method, &call.payload);
                let payload = ApiReply { reply: Some(reply) }.encode_to_vec();
                client.publish(call.reply.unwrap(), payload.into()).await.unwrap();
            }
        });
        played
    }

    /// From now on the method is answered with this problem.
    pub fn refuse(&self, method: &str, problem: Problem) {
        self.state.lock().unwrap().problems.insert(method.to_owned(), problem);
    }

    /// An open user task.
    pub fn add_task(&self, task: proto::UserTaskInfo) {
        self.state.lock().unwrap().tasks.insert(task.id.clone(), task);
    }

    /// The last request of this method.
    pub fn last<Request: Message + Default>(&self, method: &str) -> Request {
        let state = self.state.lock().unwrap();
        let (_, payload) = state.calls.iter().rev().find(|(called, _)| called == method).expect("it was called");
        Request::decode(payload.as_slice()).unwrap()
    }

    /// Every request of this method.
    pub fn all<Request: Message + Default>(&self, method: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        let calls = state.calls.iter().filter(|(called, _)| called == method);
        calls.map(|(_, payload)| Request::decode(payload.as_slice()).unwrap()).collect()
    }

    pub fn count(&self, method: &str) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|(called, _)| called == method).count()
    }

    /// Commits events without publishing them: the message was lost.
    pub fn commit_silently(&self, instance: &str, kinds: Vec<Kind>) -> EventBatch {
        let mut state = self.state.lock().unwrap();
        let history = state.histories.entry(instance.to_owned()).or_default();
        let first_seq = history.last().map_or(1, |last| last.first_seq + last.events.len() as u64);
        let batch = EventBatch {
            tenant: TENANT.into(),
            instance_id: instance.into(),
            process_id: "order".into(),
            process_version: 1,
            first_seq,
            events: kinds.into_iter().zip(0..).map(|(kind, place)| event(first_seq + place, kind)).collect(),
            traceparent: String::new(),
        };
        history.push(batch.clone());
        batch
    }

    pub async fn commit(&self, instance: &str, kinds: Vec<Kind>) {
        let batch = self.commit_silently(instance, kinds);
        self.publish(&batch).await;
    }

    pub async fn publish(&self, batch: &EventBatch) {
        let to = subject::events(&batch.tenant, &batch.process_id, &batch.instance_id);
        self.client.publish(to, batch.encode_to_vec().into()).await.unwrap();
        self.client.flush().await.unwrap();
    }

    pub async fn live(&self, instance: &str, kind: proto::live::Kind) {
        let live = proto::Live {
            tenant: TENANT.into(),
            instance_id: instance.into(),
            element_id: "assist".into(),
            job_id: format!("{instance}:2"),
            kind: Some(kind),
            ..Default::default()
        };
        self.client.publish(subject::live(TENANT, instance), live.encode_to_vec().into()).await.unwrap();
        self.client.flush().await.unwrap();
    }

    fn answer(&self, method: &str, payload: &[u8]) -> Reply {
        let mut state = self.state.lock().unwrap();
        state.calls.push((method.to_owned(), payload.to_vec()));
        if let Some(problem) = state.problems.get(method) {
            return Reply::Problem(problem.clone());
        }
        let ok = match method {
            "get_history" => return history(&state, &proto::GetHistoryRequest::decode(payload).unwrap()),
            "get_instance" => return instance(&state, &proto::GetInstanceRequest::decode(payload).unwrap()),
            "get_user_task" => {
                let request = proto::GetUserTaskRequest::decode(payload).unwrap();
                let task = state.tasks.get(&request.id).cloned();
                proto::GetUserTaskReply { task, ..Default::default() }.encode_to_vec()
            }
            "get_process" => process().encode_to_vec(),
            "list_processes" => processes(&proto::ListProcessesRequest::decode(payload).unwrap()),
            "list_user_tasks" => user_tasks(&state, &proto::ListUserTasksRequest::decode(payload).unwrap()),
            "list_instances" => instances(&state, &proto::ListInstancesRequest::decode(payload).unwrap()),
            "start_instance" => proto::StartInstanceReply {
                instance_id: "new".into(),
                version: 3,
                definition_key: "key".into(),
                process_version: 1,
            }
            .encode_to_vec(),
            "evaluate_decision" => proto::EvaluateDecisionReply {
                decision_id: "risk".into(),
                version: 2,
                output: br#"{"risk":"high"}"#.to_vec().into(),
                trace: br#"[{"decision":"risk","rules":[1]}]"#.to_vec().into(),
            }
            .encode_to_vec(),
            "complete_user_task" => {
                let request = proto::CompleteUserTaskRequest::decode(payload).unwrap();
                if let Some(task) = state.tasks.get_mut(&request.id) {
                    task.state = "completed".into();
                }
                proto::CommandReply { instance_id: "i".into(), version: 9 }.encode_to_vec()
            }
            "cancel_instance" | "set_variables" | "resolve_incident" => {
                proto::CommandReply { instance_id: "i".into(), version: 9 }.encode_to_vec()
            }
            _ => Vec::new(),
        };
        Reply::Ok(ok.into())
    }
}

pub fn problem(code: &str, status: u32) -> Problem {
    Problem { code: code.into(), status, message: format!("{code}, as the engine says"), ..Default::default() }
}

fn not_found() -> Reply {
    Reply::Problem(problem("NOT_FOUND", 404))
}

fn history(state: &State, request: &proto::GetHistoryRequest) -> Reply {
    let Some(batches) = state.histories.get(&request.instance_id).filter(|_| request.tenant == TENANT) else {
        return not_found();
    };
    let wanted = batches.iter().filter(|batch| batch.first_seq + batch.events.len() as u64 > request.from_seq);
    let (mut page, mut events, mut bytes, mut more) = (Vec::new(), 0, 0, false);
    for batch in wanted {
        let size = batch.encoded_len();
        if events > 0 && (events + batch.events.len() > request.limit as usize || bytes + size > 512 * 1024) {
            more = true;
            break;
        }
        bytes += size;
        events += batch.events.len();
        page.push(batch.clone());
    }
    Reply::Ok(proto::GetHistoryReply { batches: page, more }.encode_to_vec().into())
}

/// What was started with a business key.
fn instances(state: &State, request: &proto::ListInstancesRequest) -> Vec<u8> {
    let started = state.calls.iter().filter(|(method, _)| method == "start_instance");
    let mut keys =
        started.filter_map(|(_, payload)| proto::StartInstanceRequest::decode(&payload[..]).ok()?.business_key);
    let is_there = keys.any(|key| Some(&key) == request.business_key.as_ref()) && request.tenant == TENANT;
    let ends =
        |batch: &EventBatch| batch.events.iter().any(|event| matches!(event.kind, Some(Kind::InstanceCompleted(_))));
    let has_ended = state.histories.get("new").is_some_and(|history| history.iter().any(ends));
    let instance = proto::InstanceSummary {
        instance_id: "new".into(),
        process_id: "order".into(),
        ended_at: has_ended.then_some(9_000),
        ..Default::default()
    };
    let instances = is_there.then_some(instance).into_iter().collect();
    proto::ListInstancesReply { instances, next_cursor: None }.encode_to_vec()
}

fn instance(state: &State, request: &proto::GetInstanceRequest) -> Reply {
    if request.tenant != TENANT || !state.histories.contains_key(&request.instance_id) {
        return not_found();
    }
    let events = || state.histories[&request.instance_id].iter().flat_map(|batch| &batch.events);
    let has_ended = events().any(|event| matches!(event.kind, Some(Kind::InstanceCompleted(_))));
    let is_asked = state.tasks.values().any(|task| task.instance_id == request.instance_id && task.state == "open");
    let element_type = if is_asked { "userTask" } else { "serviceTask" };
    let summary = proto::InstanceSummary {
        instance_id: request.instance_id.clone(),
        state: if has_ended { "completed" } else { "active" }.into(),
        version: events().count() as u64,
        created_at: 1_000,
        ..Default::default()
    };
    let reply = proto::GetInstanceReply {
        instance: Some(summary),
        variables: br#"{"amount":7}"#.to_vec().into(),
        elements: vec![proto::ActiveElement {
            key: 2,
            element_id: "pay".into(),
            element_type: element_type.into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    Reply::Ok(reply.encode_to_vec().into())
}

fn processes(request: &proto::ListProcessesRequest) -> Vec<u8> {
    let order =
        proto::ProcessSummary { process_id: "order".into(), version: 1, is_executable: true, ..Default::default() };
    let processes = (request.tenant == TENANT).then_some(order).into_iter().collect();
    proto::ListProcessesReply { processes }.encode_to_vec()
}

/// Those of one instance that are open.
fn user_tasks(state: &State, request: &proto::ListUserTasksRequest) -> Vec<u8> {
    let is_wanted = |task: &&proto::UserTaskInfo| {
        request.instance_id.as_ref() == Some(&task.instance_id) && task.state == "open" && request.tenant == TENANT
    };
    let tasks = state.tasks.values().filter(is_wanted).cloned().collect();
    proto::ListUserTasksReply { tasks, next_cursor: None }.encode_to_vec()
}

fn process() -> proto::GetProcessReply {
    let element =
        |id: &str, kind: &str| proto::ElementInfo { id: id.into(), r#type: kind.into(), ..Default::default() };
    let form = br#"{"custom":{"formFields":[{"name":"amount","type":"number","required":true}]}}"#;
    let start = proto::ElementInfo { properties: form.to_vec().into(), ..element("placed", "startEvent") };
    proto::GetProcessReply {
        process: Some(proto::ProcessSummary { process_id: "order".into(), name: "Order".into(), ..Default::default() }),
        source: "workflow: {}".into(),
        bpmn_xml: r#"<definitions><sequenceFlow id="f1" sourceRef="check" targetRef="pay"/></definitions>"#.into(),
        elements: vec![start, element("check", "exclusiveGateway"), element("pay", "serviceTask")],
    }
}

/// One event a second.
fn event(seq: u64, kind: Kind) -> Event {
    Event {
        at: seq as i64 * 1_000,
        key: 2,
        element_id: "pay".into(),
        element_name: "Pay".into(),
        element_type: "serviceTask".into(),
        kind: Some(kind),
        ..Default::default()
    }
}

pub fn created() -> Kind {
    Kind::InstanceCreated(proto::InstanceCreated::default())
}

pub fn activated() -> Kind {
    Kind::ElementActivated(proto::ElementActivated { scope: 1, ..Default::default() })
}

pub fn completed() -> Kind {
    Kind::ElementCompleted(proto::Empty {})
}

pub fn variable(name: &str, json: &str) -> Kind {
    Kind::VariableSet(proto::VariableSet { name: name.into(), value: json.as_bytes().to_vec().into() })
}

pub fn finished() -> Kind {
    Kind::InstanceCompleted(proto::Empty {})
}
