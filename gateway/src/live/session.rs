//! One WebSocket: its subscriptions, what is sent to it and what it asks for.

use super::{
    Sources,
    client::{Answer, Cancel, ClientMessage, Target, task_variables},
    follow::Follower,
    hub::{Listener, Signal, Topic},
    message::Message,
    outbound::Outbound,
    rate::Bucket,
};
use crate::{
    auth::Caller,
    json,
    policy::{self, Action},
    problem::Problem,
    rest,
    state::App,
};
use axum::extract::ws::{Message as Frame, WebSocket};
use futures::StreamExt;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

/// Subscriptions of one connection.
const MAX_SUBSCRIPTIONS: usize = 256;
/// Instances that a connection follows at once; with more, those of wide subscriptions begin anew.
const MAX_FOLLOWED: usize = 10_000;

const GOING_AWAY: u16 = 1001;
const POLICY: u16 = 1008;
const TRY_AGAIN: u16 = 1013;
const IDLE: u16 = 4001;
const SLOW: u16 = 4008;

pub struct Session {
    caller: Caller,
    sources: Sources,
    listener: Listener,
    followers: HashMap<Arc<str>, Follower>,
    /// Instances subscribed to by their id: these are checked against the history when it is quiet.
    subscribed: HashSet<Arc<str>>,
    outbound: Outbound,
    heartbeat: Duration,
    last_heard: Instant,
    bucket: Bucket,
    last_sent: Option<(Arc<str>, u64)>,
    shutdown: CancellationToken,
    app: Arc<App>,
}

/// Why a connection ends.
struct End {
    code: u16,
    reason: String,
}

impl End {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

impl Session {
    pub fn new(app: &Arc<App>, caller: Caller) -> Self {
        Self {
            caller,
            sources: app.sources.clone(),
            listener: app.sources.hub.listener(),
            followers: HashMap::new(),
            subscribed: HashSet::new(),
            outbound: Outbound::default(),
            heartbeat: app.config.heartbeat(),
            last_heard: Instant::now(),
            bucket: Bucket::full(Instant::now()),
            last_sent: None,
            shutdown: app.shutdown.clone(),
            app: Arc::clone(app),
        }
    }

    /// Until the client leaves, is too slow, or the gateway stops.
    pub async fn run(mut self, socket: WebSocket) {
        let (sink, mut frames) = socket.split();
        let writer = tokio::spawn(self.outbound.clone().write(sink));
        let mut heartbeat = tokio::time::interval(self.heartbeat);
        heartbeat.tick().await;
        let end = loop {
            let step = tokio::select! {
                frame = frames.next() => match frame {
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => break None,
                    Some(Ok(frame)) => self.on_frame(frame).await,
                },
                signal = self.listener.recv() => match signal {
                    Some(signal) => self.on_signal(signal).await,
                    None => Err(self.slow()),
                },
                _ = heartbeat.tick() => self.on_heartbeat().await,
                () = self.shutdown.cancelled() => Err(End::new(GOING_AWAY, "the gateway stops; connect again")),
            };
            if let Err(end) = step {
                break Some(end);
            }
            if self.outbound.is_broken() {
                break None;
            }
        };
        let Some(end) = end else {
            writer.abort();
            return;
        };
        if end.code == SLOW {
            self.app.metrics.dropped_clients.inc();
        }
        tracing::debug!(code = end.code, reason = end.reason, "a live connection is closed");
        self.outbound.close(end.code, &end.reason, end.code == SLOW);
        let _ = tokio::time::timeout(Duration::from_secs(15), writer).await;
    }

    async fn on_signal(&mut self, signal: Signal) -> Result<(), End> {
        match signal {
            Signal::Batch(batch) => {
                let key: Arc<str> = batch.instance_id.as_str().into();
                self.make_room();
                let follower =
                    self.followers.entry(Arc::clone(&key)).or_insert_with(|| Follower::from_first_heard(&batch));
                let messages = follower.on_batch(&self.sources, &batch).await;
                let ended = follower.ended();
                self.tell(messages.map_err(lost)?)?;
                if ended && !self.subscribed.contains(&key) {
                    self.followers.remove(&key);
                }
                Ok(())
            }
            Signal::Live(live) => {
                let Some(follower) = self.followers.get_mut(live.instance_id.as_str()) else { return Ok(()) };
                let messages = follower.on_live(&live);
                self.tell(messages)
            }
            Signal::Resync => {
                let all: Vec<_> = self.followers.keys().cloned().collect();
                self.compare(&all).await
            }
        }
    }

    /// Followers of wide subscriptions can begin anew at any batch.
    fn make_room(&mut self) {
        if self.followers.len() >= MAX_FOLLOWED {
            let subscribed = &self.subscribed;
            self.followers.retain(|instance, _| subscribed.contains(instance));
        }
    }

    /// Catches up on instances whose news may have been lost.
    async fn compare(&mut self, instances: &[Arc<str>]) -> Result<(), End> {
        for instance in instances {
            if let Some(follower) = self.followers.get_mut(instance) {
                let messages = follower.catch_up(&self.sources).await.map_err(lost)?;
                for message in messages {
                    self.note_sent(&message);
                    self.outbound.push_waiting(text(&message)).await.map_err(|_| self.slow())?;
                }
            }
        }
        Ok(())
    }

    async fn on_heartbeat(&mut self) -> Result<(), End> {
        if self.last_heard.elapsed() > self.heartbeat * 3 {
            return Err(End::new(IDLE, "nothing was heard; connect again"));
        }
        self.say(&Answer::Ping { timestamp: json::now() })?;
        self.outbound.ping().map_err(|_| self.slow())?;
        let open = self.subscribed.iter().filter(|id| self.followers.get(*id).is_some_and(|f| !f.ended()));
        let open: Vec<_> = open.cloned().collect();
        self.compare(&open).await
    }

    async fn on_frame(&mut self, frame: Frame) -> Result<(), End> {
        self.last_heard = Instant::now();
        if !self.bucket.take(self.last_heard) {
            return Err(End::new(POLICY, "too many messages"));
        }
        let text = match frame {
            Frame::Text(text) => text,
            Frame::Binary(_) => return self.say(&Answer::error("INVALID", "Messages are JSON text", None)),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => return Ok(()),
        };
        match ClientMessage::read(&text) {
            Ok(message) => self.on_message(message).await,
            Err(answer) => self.say(&answer),
        }
    }

    async fn on_message(&mut self, message: ClientMessage) -> Result<(), End> {
        match message {
            ClientMessage::Ping {} => self.say(&Answer::Pong { timestamp: json::now() }),
            ClientMessage::Pong {} => Ok(()),
            ClientMessage::Subscribe(target) => self.subscribe(target).await,
            ClientMessage::Unsubscribe(target) => {
                self.unsubscribe(&target);
                Ok(())
            }
            ClientMessage::ReplayRequest { instance_id, from } => {
                let from = Some(from.unwrap_or(1));
                self.subscribe(Target { instance_id: Some(instance_id), from, ..Target::default() }).await
            }
            ClientMessage::UserTaskComplete { task_id, user, request_id, variables, fields } => {
                let variables = task_variables(variables, fields);
                let done = self.complete(task_id, user, variables).await;
                self.answer("userTask.complete", request_id, done)
            }
            ClientMessage::TaskCancel(cancel) => {
                let request_id = cancel.request_id.clone();
                let done = self.cancel(cancel).await?;
                self.answer("task.cancel", request_id, done)
            }
            ClientMessage::MessagesRequest { job_id, request_id } => {
                let messages = match self.may(Action::ReadInstances) {
                    Ok(()) => rest::conversation(&self.app, &self.caller, &job_id).await,
                    Err(problem) => Err(problem),
                };
                let timestamp = json::now();
                self.say(&match messages {
                    Ok(messages) => Answer::MessagesSnapshot { request_id, job_id, messages, timestamp },
                    Err(problem) => Answer::error(&problem.code, problem.detail, request_id),
                })
            }
        }
    }

    async fn subscribe(&mut self, target: Target) -> Result<(), End> {
        if self.listener.topic_count() >= MAX_SUBSCRIPTIONS {
            return self.say(&Answer::error("LIMIT_EXCEEDED", "A connection has 256 subscriptions at most", None));
        }
        if !policy::allow(self.caller.role, Action::ReadInstances) {
            return self.say(&Answer::error("FORBIDDEN", "This role may not read instances", None));
        }
        if let Some(instance_id) = target.instance_id {
            return self.subscribe_instance(instance_id, target.from).await;
        }
        let Some(topic) = self.wide_topic(&target) else {
            return self.say(&Answer::error("INVALID", "Subscribe to `instanceId`, `processId` or `all`", None));
        };
        self.listener.listen(topic);
        let (process_id, all) = (target.process_id, target.all);
        self.say(&Answer::Subscribed { instance_id: None, process_id, all, last_seq: None })
    }

    fn wide_topic(&self, target: &Target) -> Option<Topic> {
        let tenant = Arc::clone(&self.caller.tenant);
        match &target.process_id {
            Some(process) => Some(Topic::Process(tenant, process.as_str().into())),
            None => target.all.then_some(Topic::Tenant(tenant)),
        }
    }

    /// Listens first and reads the history then, so that nothing falls between. Without `from` nothing is replayed.
    async fn subscribe_instance(&mut self, instance_id: String, from: Option<u64>) -> Result<(), End> {
        let key: Arc<str> = instance_id.as_str().into();
        let topic = Topic::Instance(Arc::clone(&self.caller.tenant), Arc::clone(&key));
        let is_new = !self.listener.listens_to(&topic);
        self.listener.listen(topic.clone());
        let mut follower = Follower::new(&self.caller.tenant, &instance_id, from.unwrap_or(u64::MAX));
        if let Err(end_or_problem) = self.replay(&mut follower).await {
            if is_new {
                self.listener.unlisten(&topic);
            }
            let problem = end_or_problem?;
            return self.say(&Answer::error(&problem.code, problem.detail, None));
        }
        follower.tell_all();
        let last_seq = Some(follower.next_seq().saturating_sub(1));
        self.followers.insert(Arc::clone(&key), follower);
        self.subscribed.insert(key);
        self.say(&Answer::Subscribed { instance_id: Some(instance_id), process_id: None, all: false, last_seq })
    }

    /// Sends the history. The error is the engine's problem, or the end of the connection.
    async fn replay(&mut self, follower: &mut Follower) -> Result<(), Result<Problem, End>> {
        while let Some(page) = follower.next_page(&self.sources).await.map_err(Ok)? {
            for message in page {
                self.note_sent(&message);
                self.outbound.push_waiting(text(&message)).await.map_err(|_| Err(self.slow()))?;
            }
        }
        Ok(())
    }

    fn unsubscribe(&mut self, target: &Target) {
        if let Some(instance_id) = &target.instance_id {
            let key: Arc<str> = instance_id.as_str().into();
            self.listener.unlisten(&Topic::Instance(Arc::clone(&self.caller.tenant), Arc::clone(&key)));
            self.subscribed.remove(&key);
            self.followers.remove(&key);
        } else if let Some(topic) = self.wide_topic(target) {
            self.listener.unlisten(&topic);
        }
    }

    async fn complete(
        &self,
        id: String,
        user: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<proto::CommandReply, Problem> {
        self.may(Action::DoUserTask)?;
        let request = proto::CompleteUserTaskRequest {
            tenant: self.caller.tenant.to_string(),
            id,
            variables: json::object_bytes(&variables),
            by: user.unwrap_or_else(|| self.caller.by.to_string()),
            command_id: None,
        };
        self.sources.engine.call("complete_user_task", &request).await
    }

    /// The instance, or what is active of one element. The outer error is the end of the connection.
    async fn cancel(&mut self, cancel: Cancel) -> Result<Result<proto::CommandReply, Problem>, End> {
        if let Err(problem) = self.may(Action::ChangeInstance) {
            return Ok(Err(problem));
        }
        let Some(instance_id) = cancel.instance_id else {
            return Ok(Err(Problem::invalid("`task.cancel` names an `instanceId`")));
        };
        let Some(element_id) = cancel.element_id else { return Ok(self.cancel_instance(instance_id).await) };
        let keys = match self.active(&instance_id, &element_id, cancel.element_instance_key).await {
            Ok(keys) => keys,
            Err(problem) => return Ok(Err(problem)),
        };
        let (element_instance_keys, timestamp) = (keys.clone(), json::now());
        let id = instance_id.clone();
        self.say(&Answer::TaskCancelling { instance_id: id, element_id, element_instance_keys, timestamp })?;
        let operation = json!({"operation": "modify", "end": keys, "begin": []});
        let done = rest::operation(&self.app, &self.caller, instance_id, &operation, false).await;
        Ok(done.map(|reply| proto::CommandReply { instance_id: reply.instance_id, version: reply.version }))
    }

    /// Keys of what is active of an element.
    async fn active(&self, instance: &str, element: &str, key: Option<u64>) -> Result<Vec<u64>, Problem> {
        let request = proto::GetInstanceRequest {
            tenant: self.caller.tenant.to_string(),
            instance_id: instance.to_owned(),
            min_version: None,
        };
        let reply: proto::GetInstanceReply = self.sources.engine.call("get_instance", &request).await?;
        let of_element = reply.elements.iter().filter(|active| active.element_id == element);
        let keys: Vec<u64> =
            of_element.map(|active| active.key).filter(|found| key.is_none_or(|key| key == *found)).collect();
        if keys.is_empty() {
            return Err(Problem::not_found(format!("`{element}` is not active in this instance")));
        }
        Ok(keys)
    }

    async fn cancel_instance(&self, instance_id: String) -> Result<proto::CommandReply, Problem> {
        let request = proto::CancelInstanceRequest {
            tenant: self.caller.tenant.to_string(),
            instance_id,
            reason: None,
            by: self.caller.by.to_string(),
        };
        self.sources.engine.call("cancel_instance", &request).await
    }

    fn may(&self, action: Action) -> Result<(), Problem> {
        if policy::allow(self.caller.role, action) {
            return Ok(());
        }
        Err(Problem::forbidden(format!("The role {} may not do this", self.caller.role.name())))
    }

    fn answer(
        &mut self,
        command: &'static str,
        request_id: Option<String>,
        done: Result<proto::CommandReply, Problem>,
    ) -> Result<(), End> {
        let answer = match done {
            Ok(reply) => Answer::Ack { command, request_id, instance_id: reply.instance_id, version: reply.version },
            Err(problem) => Answer::error(&problem.code, problem.detail, request_id),
        };
        self.say(&answer)
    }

    fn tell(&mut self, messages: Vec<Message>) -> Result<(), End> {
        for message in messages {
            self.outbound.push(text(&message)).map_err(|_| self.slow())?;
            self.note_sent(&message);
        }
        Ok(())
    }

    fn note_sent(&mut self, message: &Message) {
        if let Some(seq) = message.seq {
            self.last_sent = Some((Arc::clone(&message.instance_id), seq));
        }
    }

    fn say(&self, answer: &Answer) -> Result<(), End> {
        self.outbound.push(text(answer)).map_err(|_| self.slow())
    }

    fn slow(&self) -> End {
        let last = self.last_sent.as_ref().map(|(instance, seq)| format!("; last {instance} seq {seq}"));
        End::new(SLOW, format!("reading too slowly{}", last.unwrap_or_default()))
    }
}

fn lost(problem: Problem) -> End {
    tracing::warn!(code = problem.code, "a live connection is closed: the history cannot be read");
    End::new(TRY_AGAIN, "the history cannot be read now; connect again")
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
