//! One replica, put together on whatever it stands on: everything of the engine but the way in and out over NATS.

use crate::{
    Config,
    admission::Admission,
    batches,
    bus::{self, Bus},
    clock::Clock,
    decisions::Decisions,
    definitions::Definitions,
    epoch::Epoch,
    lane::Lane,
    lanes::Lanes,
    latest::{self, Latest},
    messages::{self, Publication, Publisher},
    metrics::Metrics,
    queue::Queue,
    reconcile,
    streams::Streams,
    suspensions::Suspensions,
    sweep, timers,
    world::World,
};
use std::sync::Arc;
use store::Store;
use telemetry::Health;
use tokio::{sync::mpsc::Receiver, task::JoinSet};

/// Publications that may wait.
const PUBLICATIONS: usize = 4096;

/// What a replica stands on.
pub struct Ground {
    pub config: Config,
    pub store: Store,
    pub lane_store: Store,
    pub clock: Clock,
    pub streams: Arc<dyn Streams>,
    pub metrics: Arc<Metrics>,
    pub health: Health,
}

/// Nothing of it runs yet.
pub struct Replica {
    pub world: World,
    lanes: Vec<Arc<Queue>>,
    bus: bus::Queues,
    publications: Receiver<Publication>,
    questions: Receiver<latest::Question>,
}

impl Replica {
    pub async fn new(ground: Ground) -> Replica {
        let Ground { config, store, lane_store, clock, streams, metrics, health } = ground;
        let admission = Admission::new(config.lanes);
        let (bus, bus_queues) = Bus::new(streams, admission.clone());
        let (lanes, lane_queues) = Lanes::new(config.lanes, config.lane_depth);
        let (publisher, publications) = Publisher::new(PUBLICATIONS);
        let (latest, questions) = Latest::new();
        let (suspensions, epoch) = (Suspensions::default(), Epoch::default());
        if let Ok(session) = store.session().await {
            let _ = suspensions.refresh(&session).await; // the sweep does it every second
            let _ = epoch.refresh(&session).await;
        }
        let world = World {
            config: Arc::new(config),
            definitions: Definitions::new(store.clone(), latest),
            decisions: Decisions::new(store.clone()),
            store,
            lane_store,
            clock,
            bus,
            lanes,
            publisher,
            metrics,
            health,
            admission,
            suspensions,
            epoch,
        };
        Replica { world, lanes: lane_queues, bus: bus_queues, publications, questions }
    }

    /// Its loops, none of which ends by itself, and what it wants published.
    pub fn spawn(self) -> (JoinSet<anyhow::Result<()>>, bus::Queues) {
        let Replica { world, lanes, bus, publications, questions } = self;
        let mut tasks = JoinSet::new();
        for (number, queue) in lanes.into_iter().enumerate() {
            tasks.spawn(done(Lane::new(world.clone(), number).run(queue)));
        }
        tasks.spawn(done(latest::run(world.store.clone(), questions)));
        tasks.spawn(done(messages::run(world.clone(), publications)));
        tasks.spawn(done(timers::run(world.clone())));
        tasks.spawn(done(sweep::run(world.clone())));
        tasks.spawn(done(reconcile::run(world.clone())));
        tasks.spawn(done(batches::run(world)));
        (tasks, bus)
    }
}

pub async fn done(task: impl Future<Output = ()>) -> anyhow::Result<()> {
    task.await;
    Ok(())
}
