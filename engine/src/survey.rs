//! What is open and late in the database, put where it can be measured. Every replica looks; what they say is the same.

use crate::world::World;
use std::time::Duration;
use store::survey;

const PAUSE: Duration = Duration::from_secs(10);

pub async fn run(world: World) {
    loop {
        if let Err(error) = look(&world).await {
            tracing::debug!(%error, "nothing can be surveyed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn look(world: &World) -> Result<(), store::Error> {
    let session = world.store.session().await?;
    world.metrics.surveyed_jobs(&survey::jobs(&session).await?);
    if let Some(rest) = survey::rest(&session).await? {
        world.metrics.surveyed(&rest);
    }
    Ok(())
}
