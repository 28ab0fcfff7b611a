//! What is open and late, as it is measured.

use store::{Store, migrate, survey};
use test_harness::Servers;

const ROWS: &str = "
    INSERT INTO job (instance, key, attempt, tenant, type, created_at, published_at, lease_until) VALUES
        (gen_random_uuid(), 1, 1, 'a', 'charge', now() - interval '9 minutes', '-infinity', NULL),
        (gen_random_uuid(), 1, 1, 'a', 'charge', now() - interval '1 hour', now() - interval '1 hour', now() + interval '1 hour'),
        (gen_random_uuid(), 1, 1, 'b', 'ship', now(), now() - interval '1 hour', now() + interval '1 hour');
    INSERT INTO timer (instance, key, target, due, claim_at)
        VALUES (gen_random_uuid(), 1, 1, now() - interval '3 minutes', now() - interval '2 minutes');
    INSERT INTO command (id, tenant, instance, payload, claim_at)
        VALUES (gen_random_uuid(), 'a', gen_random_uuid(), '', now() - interval '30 seconds'),
               (gen_random_uuid(), 'a', gen_random_uuid(), '', now() + interval '1 hour');";

#[tokio::test]
async fn what_waits_is_told_by_type_and_since_when() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let session = Store::new(&url, 1)?.session().await?;
    assert!(survey::jobs(&session).await?.is_empty());
    let nothing = survey::Rest { incidents: 0, orders: 0, orders_late: 0.0, timers_late: 0.0 };
    assert_eq!(survey::rest(&session).await?, Some(nothing));

    session.simple(ROWS).await?;
    let jobs = survey::jobs(&session).await?;
    let (charge, ship) = (&jobs[0], &jobs[1]);
    assert_eq!((charge.job_type.as_str(), charge.open), ("charge", 2));
    assert!((540.0..600.0).contains(&charge.waits), "the one that nobody has, since it was made: {charge:?}");
    assert_eq!((ship.job_type.as_str(), ship.open, ship.waits), ("ship", 1, 0.0));
    let rest = survey::rest(&session).await?.expect("a row");
    assert_eq!((rest.incidents, rest.orders), (0, 2));
    assert!((30.0..90.0).contains(&rest.orders_late) && (120.0..180.0).contains(&rest.timers_late), "{rest:?}");
    Ok(())
}
