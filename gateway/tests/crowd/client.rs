//! One of the crowd: follows an instance, comes back when it is cut off, and says what it has missed or heard twice.

use crate::{engine::Engine, report::Report};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

/// Longer than any heartbeat.
const SILENCE: Duration = Duration::from_secs(30);

pub struct Client {
    pub number: usize,
    pub address: SocketAddr,
    pub instance: String,
    pub is_slow: bool,
    pub storm: Duration,
    pub report: Arc<Report>,
    pub engine: Engine,
    pub done: CancellationToken,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Client {
    /// Until it has heard the last event.
    pub async fn live(self) {
        let mut last = 0;
        let mut is_first = true;
        loop {
            if let Some(socket) = self.connect(last + 1).await {
                if self.follow(socket, &mut last, &mut is_first).await {
                    return;
                }
                self.report.cut();
            }
            self.wait().await;
        }
    }

    /// Its own moment within the storm.
    async fn wait(&self) {
        let share = (self.number * 7_919 % 1_000) as u32;
        tokio::time::sleep(self.storm * share / 1_000 + Duration::from_millis(5)).await;
    }

    async fn connect(&self, from: u64) -> Option<Socket> {
        let mut request = format!("ws://{}/api/v1/ws", self.address).into_client_request().ok()?;
        request.headers_mut().insert("sec-websocket-protocol", "baton, key.key".parse().ok()?);
        let connecting = tokio_tungstenite::connect_async(request);
        let (mut socket, _) = tokio::time::timeout(SILENCE, connecting).await.ok()?.ok()?;
        let subscribe = json!({"type": "subscribe", "instanceId": self.instance, "from": from}).to_string();
        socket.send(Message::Text(subscribe.into())).await.ok()?;
        Some(socket)
    }

    /// Whether the last event was heard; else the connection is lost.
    async fn follow(&self, mut socket: Socket, last: &mut u64, is_first: &mut bool) -> bool {
        let mut is_live = false;
        loop {
            if self.engine.is_last(&self.instance, *last) {
                return true;
            }
            // While there is something to hear, the slow do not read at all.
            if self.is_slow && is_live && !self.engine.is_closed() {
                tokio::time::sleep(Duration::from_millis(500)).await;
                continue;
            }
            let heard = tokio::select! {
                heard = tokio::time::timeout(SILENCE, socket.next()) => heard,
                () = self.done.cancelled() => return true,
            };
            let Ok(Some(Ok(frame))) = heard else { return false };
            match frame {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).expect("messages are JSON");
                    self.hear(&message, last, &mut is_live);
                    if is_live && std::mem::take(is_first) {
                        self.report.follows();
                    }
                }
                Message::Close(close) => {
                    self.report.closed(close.map(|close| u16::from(close.code)));
                    return false;
                }
                _ => {}
            }
        }
    }

    fn hear(&self, message: &Value, last: &mut u64, is_live: &mut bool) {
        match (message["type"].as_str(), message["seq"].as_u64()) {
            (Some("subscribed"), _) => *is_live = true,
            (Some("error"), _) => self.report.refused(message.to_string()),
            (_, Some(seq)) => {
                self.report.heard(*last, seq);
                *last = seq.max(*last);
                if *is_live && !self.is_slow {
                    self.report.late(message["timestamp"].as_str().unwrap_or_default());
                }
            }
            _ => {}
        }
    }
}
