//! What the processes of the fault harness do not have: a job that comes to an incident, which a person resolves, and a signal
//! that reaches whoever listens.

use super::clients::{Clients, TENANT};
use faults::{
    outcome::{SHAKY, last_attempt},
    process::Expected,
};
use prost::Message as _;
use proto::*;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use store_model::Value;
use tokio::time::sleep;
use uuid::Uuid;

pub const ID: &str = "special";
const SIGNAL: &str = "simulated";

pub const YAML: &str = r#"
process:
  id: special
  elements:
    - {id: start, type: startEvent}
    - {id: work, type: serviceTask, properties: {implementation: External, topic: faults-shaky, retries: 1}}
    - {id: heard, type: signalIntermediateCatchEvent, properties: {signalRef: simulated}}
    - {id: end, type: endEvent}
  connections: [{from: start, to: work}, {from: work, to: heard}, {from: heard, to: end}]
"#;

/// The attempts that fail are as many incidents.
pub fn expected(seed: u64) -> Expected {
    let mut expected = Expected::default();
    let attempts = last_attempt(SHAKY, seed, "work");
    for (event, element, times) in
        [("jobCompleted", "work", 1), ("incidentResolved", "work", attempts - 1), ("signalReceived", "heard", 1)]
    {
        if times > 0 {
            expected.happens.insert((event, element.to_owned()), times);
        }
    }
    expected.attempts.insert("work".to_owned(), attempts);
    expected
}

impl Clients {
    /// Resolves what incidents there are, and says a signal whenever somebody listens to it, for ever.
    pub async fn look_after(self: Arc<Self>) {
        loop {
            for row in self.model.rows("incident") {
                let [Value::Uuid(instance), incident, ..] = row.as_slice() else { continue };
                let request = ResolveIncidentRequest {
                    tenant: TENANT.to_owned(),
                    id: format!("{instance}:{}", incident.int()),
                    retries: 1,
                    by: "somebody".to_owned(),
                    ..Default::default()
                };
                let _ = self.once("resolve_incident", &request).await; // it may be resolved, or be tried again
            }
            let listens = self.model.rows("signal_subscription");
            if !listens.is_empty() {
                let request = BroadcastSignalRequest {
                    tenant: TENANT.to_owned(),
                    name: SIGNAL.to_owned(),
                    variables: "{}".into(),
                    ..Default::default()
                };
                let _ = self.once("broadcast_signal", &request).await;
            }
            sleep(Duration::from_millis(700)).await;
        }
    }

    pub(super) async fn start_special(&self, number: u64, seed: u64) -> anyhow::Result<()> {
        let key = format!("special-{number}");
        let request = StartInstanceRequest {
            tenant: TENANT.to_owned(),
            process_id: ID.to_owned(),
            variables: json!({"seed": seed}).to_string().into(),
            command_id: Some(key),
            ..Default::default()
        };
        let answer = self.until_answered("start_instance", &request).await?;
        let id: Uuid = StartInstanceReply::decode(answer)?.instance_id.parse()?;
        self.note(id, ID, seed, expected(seed));
        Ok(())
    }
}
