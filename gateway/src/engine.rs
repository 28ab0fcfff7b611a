//! Request and reply with the engine over core NATS.

use crate::problem::Problem;
use async_nats::{Client, HeaderMap, client::RequestErrorKind};
use prost::Message;
use std::time::Duration;
use telemetry::propagation;

/// Asks whichever engine is free. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    client: Client,
    timeout: Duration,
}

impl Engine {
    pub fn new(client: Client, timeout: Duration) -> Self {
        Self { client, timeout }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Calls `api.<method>`. No engine, or none in time, is 503: the command may or may not have been carried out.
    #[tracing::instrument(name = "engine call", skip(self, request), fields(otel.kind = "client"))]
    pub async fn call<Reply: Message + Default>(
        &self,
        method: &'static str,
        request: &impl Message,
    ) -> Result<Reply, Problem> {
        let payload = request.encode_to_vec();
        let limit = self.client.max_payload();
        if payload.len() > limit {
            return Err(Problem::too_large(format!("The request is {} bytes; the bus takes {limit}", payload.len())));
        }
        let mut headers = HeaderMap::new();
        propagation::inject(&mut headers);
        let question = async_nats::Request::new().payload(payload.into()).headers(headers).timeout(Some(self.timeout));
        let answer = self.client.send_request(proto::subject::api(method), question).await.map_err(|error| {
            tracing::warn!(method, %error, "the engine did not answer");
            not_answered(error.kind())
        })?;
        decode(method, &answer.payload)
    }
}

fn not_answered(kind: RequestErrorKind) -> Problem {
    match kind {
        RequestErrorKind::NoResponders => Problem::unavailable("No engine is running; try again"),
        RequestErrorKind::TimedOut => Problem::unavailable("The engine did not answer in time; try again"),
        _ => Problem::unavailable("The bus cannot be reached; try again"),
    }
}

fn decode<Reply: Message + Default>(method: &str, payload: &[u8]) -> Result<Reply, Problem> {
    use proto::api_reply::Reply as Wire;
    let reply = proto::ApiReply::decode(payload).ok().and_then(|reply| reply.reply);
    match reply {
        Some(Wire::Problem(problem)) => Err(problem.into()),
        Some(Wire::Ok(bytes)) => Reply::decode(bytes).map_err(|error| {
            tracing::error!(method, %error, "the engine's answer is of another version");
            Problem::internal()
        }),
        None => {
            tracing::error!(method, "the engine's answer is empty or of another version");
            Err(Problem::internal())
        }
    }
}
