//! What instances came to, counted by when they began.

use store::{Store, Time, migrate, statistics};
use test_harness::Servers;

const ROWS: &str = "
    INSERT INTO instance (id, tenant, definition, state, version, control, traceparent, created_at, ended_at)
    SELECT gen_random_uuid(), tenant, '00000000-0000-0000-0000-000000000001', state, 1, '', '', to_timestamp(began), to_timestamp(ended)
    FROM (VALUES ('a', 1, 1000, 1010), ('a', 1, 1001, 1031), ('a', 4, 1070, 1071), ('a', 0, 1071, NULL), ('a', 1, 10, 20), ('b', 1, 1000, 1001))
        AS played (tenant, state, began, ended);
    INSERT INTO job (instance, key, attempt, tenant, type, created_at, published_at) VALUES
        (gen_random_uuid(), 1, 1, 'a', 'charge', now() - interval '9 minutes', now()),
        (gen_random_uuid(), 1, 1, 'b', 'ship', now(), now());";

#[tokio::test]
async fn instances_count_where_they_began_and_only_completed_ones_have_taken_time() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let session = Store::new(&url, 1)?.session().await?;
    session.simple(ROWS).await?;
    let since = Time::from_millisecond(1_000_000)?;
    let slots = statistics::instances(&session, "a", since, None, 60.0).await?;
    let counts: Vec<_> = slots.iter().map(|slot| (slot.slot, slot.started, slot.ended, slot.failed)).collect();
    assert_eq!(counts, [(None, 4, 3, 1), (Some(0), 2, 2, 0), (Some(1), 2, 1, 1)]);
    assert_eq!((slots[0].half, slots[0].most), (Some(20.0), Some(29.0)));
    assert_eq!((slots[2].half, slots[2].most), (None, None));
    assert_eq!(statistics::instances(&session, "a", since, Some("other"), 60.0).await?[0].started, 0);

    let jobs = statistics::jobs(&session, "a").await?;
    assert_eq!((jobs.len(), jobs[0].job_type.as_str(), jobs[0].open), (1, "charge", 1));
    assert!(jobs[0].oldest >= 540.0, "{jobs:?}");
    Ok(())
}
