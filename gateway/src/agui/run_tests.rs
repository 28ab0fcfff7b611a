//! Two projections of one history: what a client of AG-UI has come to must be what a client of the live messages has.
//! Histories are made up at random, with what workers say in between, and every stream is verified.

use super::{interrupt::Who, run::Run};
use crate::{
    auth::Caller,
    live::{activity::Activity, message::Message, project::Projection, shape::Shape},
    policy::Role,
};
use agui::{Body, Thread, Verifier};
use proto::{Empty, Event, EventBatch, Live, event::Kind, live};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// An instance that is made up as it goes.
struct Story {
    dice: Dice,
    projection: Projection,
    activity: Activity,
    seq: u64,
    next_key: u64,
    /// Active elements: an agent's, a person's, a gateway, or any.
    active: Vec<(u64, &'static str)>,
    attempt: u32,
}

const KINDS: [&str; 4] = ["agenticTask", "userTask", "exclusiveGateway", "serviceTask"];

impl Story {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            projection: Projection::starting_at(1),
            activity: Activity::default(),
            seq: 0,
            next_key: 2,
            active: Vec::new(),
            attempt: 1,
        }
    }

    fn happens(&mut self, key: u64, element: &'static str, kind: Kind) -> Vec<Message> {
        self.seq += 1;
        let event = Event {
            at: self.seq as i64 * 1_000,
            key,
            element_id: format!("{element}/{}", key % 3),
            element_name: element.into(),
            element_type: element.into(),
            kind: Some(kind),
            ..Event::default()
        };
        let (instance_id, first_seq) = ("i".into(), self.seq);
        let batch = EventBatch { instance_id, first_seq, events: vec![event], ..EventBatch::default() };
        self.projection.project(&Shape::default(), &batch)
    }

    fn says(&mut self, key: u64, kind: live::Kind) -> Vec<Message> {
        let live = Live {
            instance_id: "i".into(),
            element_id: format!("agenticTask/{}", key % 3),
            job_id: format!("i:{key}"),
            attempt: self.attempt,
            kind: Some(kind),
            ..Live::default()
        };
        self.activity.project(&live)
    }

    fn one_of(&mut self, kind: &str) -> Option<(u64, &'static str)> {
        let fitting: Vec<_> = self.active.iter().copied().filter(|(_, active)| *active == kind).collect();
        if fitting.is_empty() { None } else { Some(fitting[self.dice.roll(fitting.len() as u64) as usize]) }
    }

    fn step(&mut self) -> Vec<Message> {
        let (key, name) = (self.next_key, self.dice.roll(3));
        match self.dice.roll(9) {
            0 | 1 => self.begins(key),
            2 => self.ends(),
            3 => self.happens(1, "", set(&format!("v~/{name}"), self.seq)),
            4 => self.asks(),
            5 => self.fails(),
            6 => self.happens(1, "", taken(&format!("f/{name}"), "serviceTask/0")),
            _ => self.talks(),
        }
    }

    fn begins(&mut self, key: u64) -> Vec<Message> {
        let kind = KINDS[self.dice.roll(4) as usize];
        self.next_key += 1;
        self.active.push((key, kind));
        let activated = Kind::ElementActivated(proto::ElementActivated { scope: 1, ..Default::default() });
        let mut messages = self.happens(key, kind, activated);
        if kind == "agenticTask" {
            let job = proto::JobCreated { r#type: "agent".into(), retries: 3 };
            messages.extend(self.happens(key, kind, Kind::JobCreated(job)));
        }
        if kind == "userTask" {
            messages.extend(self.happens(key, kind, Kind::UserTaskCreated(proto::UserTask::default())));
        }
        messages
    }

    fn ends(&mut self) -> Vec<Message> {
        if self.active.is_empty() {
            return Vec::new();
        }
        let place = self.dice.roll(self.active.len() as u64) as usize;
        let (key, kind) = self.active.swap_remove(place);
        let mut messages = Vec::new();
        if kind == "exclusiveGateway" {
            let from = format!("{kind}/{}", key % 3);
            messages.extend(self.happens(1, kind, taken("way", &from)));
        }
        if kind == "userTask" {
            messages.extend(self.happens(key, kind, Kind::UserTaskCompleted(proto::UserTaskCompleted::default())));
        }
        let how =
            if self.dice.roll(4) == 0 { Kind::ElementTerminated(Empty {}) } else { Kind::ElementCompleted(Empty {}) };
        messages.extend(self.happens(key, kind, how));
        messages
    }

    /// An agent's job asks a person: the attempt is over.
    fn asks(&mut self) -> Vec<Message> {
        let Some((key, kind)) = self.one_of("agenticTask") else { return Vec::new() };
        let task = self.next_key;
        self.next_key += 1;
        let asked = proto::JobAsked { attempt: self.attempt, question: "q".into(), task };
        let mut messages = self.happens(key, kind, Kind::JobAsked(asked));
        let question = proto::AskedInJob { element_instance: key, id: "q".into(), ..Default::default() };
        let created = proto::UserTask { question: Some(question), ..Default::default() };
        messages.extend(self.happens(task, kind, Kind::UserTaskCreated(created)));
        messages.extend(self.happens(task, kind, Kind::UserTaskCompleted(proto::UserTaskCompleted::default())));
        self.attempt += 1;
        messages
    }

    fn fails(&mut self) -> Vec<Message> {
        let Some((key, kind)) = self.one_of("agenticTask") else { return Vec::new() };
        let incident = self.next_key;
        self.next_key += 1;
        let raised = proto::IncidentRaised { incident, code: "E".into(), message: "broken".into() };
        let mut messages = self.happens(key, kind, Kind::IncidentRaised(raised));
        messages.extend(self.happens(key, kind, Kind::IncidentResolved(proto::IncidentResolved { incident })));
        self.attempt += 1;
        messages
    }

    fn talks(&mut self) -> Vec<Message> {
        let Some((key, _)) = self.one_of("agenticTask") else { return Vec::new() };
        let (done, delta) = (self.dice.roll(4) == 0, format!("{} ", self.dice.roll(100)));
        let text = proto::TextDelta { message_id: format!("m{}", self.attempt), delta, done };
        let call =
            proto::ToolUse { call_id: format!("c{}", self.dice.roll(20)), tool: "t".into(), ..Default::default() };
        let answered = proto::ToolUse { result: Some((&b"1"[..]).into()), ..call.clone() };
        let usage = proto::ModelUsage { model: "m".into(), input_tokens: 2, output_tokens: 3 };
        let kind = match self.dice.roll(5) {
            0 => live::Kind::Thinking(text),
            1 => live::Kind::ToolUse(call),
            2 => live::Kind::ToolUse(answered),
            3 => live::Kind::Usage(usage),
            _ => live::Kind::Text(text),
        };
        self.says(key, kind)
    }
}

fn set(name: &str, value: u64) -> Kind {
    Kind::VariableSet(proto::VariableSet { name: name.into(), value: value.to_string().into_bytes().into() })
}

fn taken(flow: &str, from: &str) -> Kind {
    Kind::FlowTaken(proto::FlowTaken { flow_id: flow.into(), from_element_id: from.into(), ..Default::default() })
}

fn run() -> Run {
    let caller = Caller { tenant: "t".into(), role: Role::Admin, by: "key".into() };
    Run::new("t".into(), "r".into(), Who::new(&caller, None, Vec::new()), Vec::new())
}

/// What a client of the live messages makes of them.
#[derive(Default)]
struct Seen {
    tokens: BTreeSet<u64>,
    variables: BTreeMap<String, Value>,
    flows: BTreeMap<String, u64>,
    said: BTreeMap<String, String>,
    thought: String,
    calls: BTreeSet<String>,
    tokens_used: u64,
}

impl Seen {
    fn see(&mut self, message: &Value) {
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str().unwrap() {
            "element.activated" => _ = self.tokens.insert(message["elementInstanceKey"].as_u64().unwrap()),
            "element.completed" | "task.cancelled" => {
                self.tokens.remove(&message["elementInstanceKey"].as_u64().unwrap());
            }
            "variable.set" => _ = self.variables.insert(text("name"), message["value"].clone()),
            "flow.taken" | "gateway.path_taken" => *self.flows.entry(text("flowId")).or_default() += 1,
            "text.message.content" => {
                let id = format!("{}/{}/{}", text("jobId"), message["attempt"], text("messageId"));
                self.said.entry(id).or_default().push_str(&text("delta"));
            }
            "task.thinking" => self.thought.push_str(&text("delta")),
            "agent.tool_use" => _ = self.calls.insert(format!("{}/{}", text("jobId"), text("callId"))),
            "agent.usage" => {
                self.tokens_used +=
                    message["inputTokens"].as_u64().unwrap() + message["outputTokens"].as_u64().unwrap();
            }
            _ => {}
        }
    }

    fn compare(&self, thread: &Thread) {
        let state = &thread.state;
        let tokens: BTreeSet<u64> = keys(&state["tokens"]).iter().map(|key| key.parse().unwrap()).collect();
        assert_eq!(tokens, self.tokens);
        assert_eq!(state["variables"], json!(self.variables));
        assert_eq!(state["flows"], json!(self.flows));
        let (mut said, mut thought, mut calls) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for message in &thread.messages {
            match &message.body {
                Body::Assistant { content, tool_calls } => {
                    calls.extend(tool_calls.iter().map(|call| call.id.clone()));
                    said.extend(content.clone().map(|content| (message.id.clone(), content)));
                }
                Body::Reasoning { content } => thought.extend(content.bytes()),
                _ => {}
            }
        }
        said.retain(|_, text: &mut String| !text.is_empty());
        thought.sort_unstable();
        let mut expected: Vec<_> = self.thought.bytes().collect();
        expected.sort_unstable();
        assert_eq!((said, thought, calls), (self.said.clone(), expected, self.calls.clone()));
    }
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn both_projections_of_a_history_say_the_same() {
    for seed in 0..25 {
        let (mut story, mut run) = (Story::new(seed), run());
        let (mut verifier, mut seen, mut seqs, mut used) = (Verifier::default(), Seen::default(), BTreeSet::new(), 0);
        let mut messages = story.happens(1, "", Kind::InstanceCreated(Default::default()));
        for _ in 0..200 {
            messages.extend(story.step());
        }
        messages.extend(story.happens(1, "", Kind::InstanceCompleted(Empty {})));
        let mut told = run.start();
        for message in &messages {
            seen.see(&serde_json::to_value(message).unwrap());
            told.extend(run.project(message));
        }
        for (event, _) in told {
            verifier.accept(&event).unwrap_or_else(|violation| panic!("seed {seed}: {violation}: {event:?}"));
            seqs.extend(event.metadata.as_ref().and_then(|metadata| metadata["seq"].as_u64()));
            if let agui::Kind::RunFinished { usage, .. } = &event.kind {
                used += usage.iter().filter_map(|usage| usage.total_tokens).sum::<u64>();
            }
        }
        verifier.finish().unwrap();
        seen.compare(verifier.thread());
        assert_eq!(seqs, (1..=story.seq).collect(), "seed {seed}: nothing of the history is left out");
        assert_eq!(used, seen.tokens_used);
    }
}

#[test]
fn a_run_may_begin_anywhere() {
    for seed in 0..10 {
        let mut story = Story::new(seed);
        let mut messages = story.happens(1, "", Kind::InstanceCreated(Default::default()));
        for _ in 0..120 {
            messages.extend(story.step());
        }
        messages.retain(|message| message.seq.is_some());
        messages.extend(story.happens(1, "", Kind::InstanceCompleted(Empty {})));
        let end = |from: usize| {
            let (mut run, mut verifier) = (run(), Verifier::default());
            messages[..from].iter().for_each(|message| run.remember(message));
            let told: Vec<_> =
                run.start().into_iter().chain(messages[from..].iter().flat_map(|it| run.project(it))).collect();
            for (event, _) in &told {
                verifier.accept(event).unwrap_or_else(|violation| panic!("seed {seed}, from {from}: {violation}"));
            }
            verifier.finish().unwrap();
            (verifier.thread().state.clone(), told.last().map(|(event, _)| event.kind.clone()))
        };
        let whole = end(0);
        for from in [1, 17, 50, messages.len() - 1, messages.len()] {
            assert_eq!(end(from), whole, "seed {seed}, from {from}");
        }
    }
}
