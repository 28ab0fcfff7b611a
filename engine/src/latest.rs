//! Which version of a process is the latest: asked of the database for every start, since any replica may have deployed
//! another one, but for all that ask at the same time together.

use std::collections::HashMap;
use store::{Store, definition};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

const AT_ONCE: usize = 512;

/// A process, and where to say the key of its latest version; none: it is not deployed.
pub struct Question {
    tenant: String,
    process_id: String,
    answer: oneshot::Sender<Option<Uuid>>,
}

/// Asks.
#[derive(Clone)]
pub struct Latest {
    questions: mpsc::Sender<Question>,
}

impl Latest {
    pub fn new() -> (Latest, mpsc::Receiver<Question>) {
        let (questions, asked) = mpsc::channel(AT_ONCE * 8);
        (Latest { questions }, asked)
    }

    /// As of now or later: what was deployed before is seen.
    pub async fn key(&self, tenant: &str, process_id: &str) -> store::Result<Option<Uuid>> {
        let (answer, answered) = oneshot::channel();
        let question = Question { tenant: tenant.to_owned(), process_id: process_id.to_owned(), answer };
        let _ = self.questions.send(question).await; // it is there as long as the engine runs
        answered.await.map_err(|_| store::Error::Silent("definition/latest_keys"))
    }
}

/// Until nobody can ask any more. Who is not answered is told so by the end of his channel.
pub async fn run(store: Store, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::with_capacity(AT_ONCE);
    while questions.recv_many(&mut asked, AT_ONCE).await > 0 {
        let mut waiting: HashMap<(String, String), Vec<oneshot::Sender<Option<Uuid>>>> = HashMap::new();
        for Question { tenant, process_id, answer } in asked.drain(..) {
            waiting.entry((tenant, process_id)).or_default().push(answer);
        }
        let processes: Vec<(&str, &str)> = waiting.keys().map(|(tenant, id)| (tenant.as_str(), id.as_str())).collect();
        match latest(&store, &processes).await {
            Ok(keys) => {
                for (answers, key) in waiting.into_values().zip(keys) {
                    for answer in answers {
                        let _ = answer.send(key); // nobody waits any more
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "the latest versions cannot be read"),
        }
    }
}

async fn latest(store: &Store, processes: &[(&str, &str)]) -> store::Result<Vec<Option<Uuid>>> {
    definition::latest_keys(&store.session().await?, processes).await
}
