//! One trace follows an instance through gateway, engine, worker and back: seen by an OTLP receiver of our own.

use crate::running::Baton;
use axum::{Router, body::Bytes, extract::State, routing::post};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Service names by trace id.
type Seen = Arc<Mutex<BTreeMap<Vec<u8>, BTreeSet<String>>>>;

const PROCESS: &str = "
process:
  id: traced
  elements:
    - {id: start, type: startEvent}
    - {id: add, type: scriptTask, properties: {scriptFormat: python, script: 'result = 1 + 2', resultVariable: sum}}
    - {id: end, type: endEvent}
  connections:
    - {id: a, from: start, to: add}
    - {id: b, from: add, to: end}
";

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_follows_an_instance_through_every_service() {
    let (address, seen) = receiver().await;
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "200")];
    let mut baton = Baton::run("dev", &["--deploy", "examples/approval"], &environment);
    let api = baton.api();
    assert_eq!(api.deploy(PROCESS).await.0, 201);
    let instance = api.start("traced", json!({})).await;
    let ended = api.instance_where(&instance, |i| i["instance"]["state"] == "completed").await;
    assert_eq!(ended["variables"]["sum"], 3);
    let trace = ended["instance"]["traceparent"].as_str().expect("the instance knows its trace");
    let id = trace.split('-').nth(1).expect("a traceparent has a trace id").to_owned();
    let wanted = ["baton-engine", "baton-gateway", "baton-worker-script"];
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let services = services_of(&seen, &id);
        if wanted.iter().all(|service| services.contains(*service)) {
            return;
        }
        assert!(Instant::now() < deadline, "trace {id} was seen in {services:?} only\n{}", baton.logs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn services_of(seen: &Seen, trace: &str) -> BTreeSet<String> {
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let seen = seen.lock().expect("no test thread died with it");
    seen.iter().filter(|(id, _)| hex(id) == trace).flat_map(|(_, services)| services.clone()).collect()
}

async fn receiver() -> (String, Seen) {
    let seen = Seen::default();
    let routes = Router::new().route("/v1/traces", post(receive)).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, seen)
}

async fn receive(State(seen): State<Seen>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).expect("the exporter sends OTLP");
    let mut seen = seen.lock().expect("no test thread died with it");
    for resource in request.resource_spans {
        let attributes = resource.resource.into_iter().flat_map(|resource| resource.attributes);
        let name = attributes.filter(|pair| pair.key == "service.name").find_map(|pair| match pair.value?.value? {
            opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue(name) => Some(name),
            _ => None,
        });
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            seen.entry(span.trace_id).or_default().extend(name.clone());
        }
    }
}
