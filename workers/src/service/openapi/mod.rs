//! HTTP as an OpenAPI document describes it: `custom.operation` is `<document's address>#<operationId>`. Parameters and body
//! are checked against the document before anything is sent.

mod document;
mod operation;

use super::{
    Connector, Outcome, Outside,
    web::{self, Request},
};
use crate::secret::Opened;
pub use document::Documents;
use operation::Operation;
use serde_json::{Map, Value};
use worker_sdk::{Context, JobFailure};

pub const CONNECTOR: Connector = Connector {
    key: "operation",
    call: |outside, opened, job| {
        Box::pin(async move {
            let Task { custom } = job.task()?;
            run(outside, opened, &job.context, custom).await
        })
    },
};

#[derive(serde::Deserialize)]
struct Task {
    custom: Described,
}

#[derive(serde::Deserialize)]
struct Described {
    operation: String,
    /// Of the path, the query and headers, by name.
    #[serde(default)]
    parameters: Map<String, Value>,
    /// `endpoint` is the server, when it is not the document's first.
    #[serde(flatten)]
    request: Request,
}

async fn run(outside: &Outside, opened: &Opened<'_>, context: &Context, described: Described) -> Outcome {
    let Described { operation, parameters, mut request } = described;
    let (address, id) = operation
        .rsplit_once('#')
        .filter(|(address, id)| !address.is_empty() && !id.is_empty())
        .ok_or_else(|| JobFailure::bug("`operation` is to be `<document's address>#<operationId>`"))?;
    let document = outside.documents.get(outside, address).await?;
    let operation = Operation::find(&document, id).map_err(JobFailure::bug)?;
    let server = request.endpoint.take();
    let call =
        operation.call(address, server.as_deref(), &parameters, request.body.as_ref()).map_err(JobFailure::bug)?;
    request.endpoint = Some(call.url);
    request.method = Some(call.method);
    for (name, value) in call.headers {
        request.headers.entry(name).or_insert(value);
    }
    web::request(outside, opened, context, &request, "GET").await
}

#[cfg(test)]
mod tests;
