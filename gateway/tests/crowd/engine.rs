//! The engine's side, as far as a crowd asks: histories that grow, and their news on the bus.

use futures::StreamExt;
use prost::Message;
use proto::{ApiReply, Event, EventBatch, api_reply::Reply, event::Kind, subject};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

const TENANT: &str = "acme";

#[derive(Clone)]
pub struct Engine {
    client: async_nats::Client,
    histories: Arc<Vec<Mutex<Vec<EventBatch>>>>,
    closed: Arc<AtomicBool>,
}

pub fn instance(number: usize) -> String {
    format!("crowd-{number}")
}

impl Engine {
    pub async fn start(client: async_nats::Client, instances: usize) -> Engine {
        let histories: Vec<_> = (0..instances).map(|number| Mutex::new(vec![created(number)])).collect();
        let engine = Engine { client: client.clone(), histories: Arc::new(histories), closed: Arc::default() };
        let mut calls = client.queue_subscribe("api.*", subject::ENGINE_GROUP.to_owned()).await.unwrap();
        client.flush().await.unwrap();
        let answering = engine.clone();
        tokio::spawn(async move {
            while let Some(call) = calls.next().await {
                let reply = answering.answer(call.subject.strip_prefix("api.").unwrap_or_default(), &call.payload);
                let payload = ApiReply { reply: Some(Reply::Ok(reply.into())) }.encode_to_vec();
                let _ = client.publish(call.reply.unwrap(), payload.into()).await;
            }
        });
        engine
    }

    /// One more event of an instance: a variable of half a KiB, and of the first instances, which the slow follow, of 8.
    pub async fn tell(&self, number: usize) {
        let batch = {
            let mut history = self.histories[number].lock().unwrap();
            let size = if number < self.histories.len() / 10 + 1 { 8 * 1024 } else { 512 };
            let value = format!("\"{}\"", "x".repeat(size));
            let kind = Kind::VariableSet(proto::VariableSet { name: "news".into(), value: value.into_bytes().into() });
            let seq = history.len() as u64 + 1;
            history.push(batch(number, seq, kind));
            history.last().unwrap().clone()
        };
        let to = subject::events(TENANT, &batch.process_id, &batch.instance_id);
        self.client.publish(to, batch.encode_to_vec().into()).await.unwrap();
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether this is the last event that there will be.
    pub fn is_last(&self, instance: &str, seq: u64) -> bool {
        let number: usize = instance.rsplit('-').next().unwrap().parse().unwrap();
        self.closed.load(Ordering::Relaxed) && self.histories[number].lock().unwrap().len() as u64 == seq
    }

    fn answer(&self, method: &str, payload: &[u8]) -> Vec<u8> {
        match method {
            "get_history" => {
                let request = proto::GetHistoryRequest::decode(payload).unwrap();
                let number: usize = request.instance_id.rsplit('-').next().unwrap().parse().unwrap();
                let history = self.histories[number].lock().unwrap();
                let from = (request.from_seq.max(1) - 1) as usize;
                let page: Vec<_> = history.iter().skip(from).take(50).cloned().collect();
                let more = from + page.len() < history.len();
                proto::GetHistoryReply { batches: page, more }.encode_to_vec()
            }
            "get_process" => proto::GetProcessReply::default().encode_to_vec(),
            _ => Vec::new(),
        }
    }
}

fn created(number: usize) -> EventBatch {
    batch(number, 1, Kind::InstanceCreated(proto::InstanceCreated::default()))
}

fn batch(number: usize, seq: u64, kind: Kind) -> EventBatch {
    let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    EventBatch {
        tenant: TENANT.into(),
        instance_id: instance(number),
        process_id: "crowd".into(),
        process_version: 1,
        first_seq: seq,
        events: vec![Event { at, key: 1, kind: Some(kind), ..Event::default() }],
        traceparent: String::new(),
    }
}
