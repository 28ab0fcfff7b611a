//! The audit log as a chain: sealed by replicas that take turns, and whatever is done to it behind the engine's back is named.

mod common;

use common::{Engine, TENANT, eventually};
use engine::audit_chain::{self, Verified};
use futures::future::try_join_all;
use serde_json::json;
use test_harness::Servers;

const WAITS: &str = r#"
process:
  id: waits
  elements:
    - {id: start, type: startEvent}
    - {id: approve, type: userTask}
    - {id: end, type: endEvent}
  connections: [{from: start, to: approve}, {from: approve, to: end}]
"#;
const INSTANCES: usize = 12;

async fn verify(engine: &Engine, known: Option<(i64, &str)>) -> anyhow::Result<Verified> {
    let found = audit_chain::verify(&engine.database, Some(TENANT), known).await?;
    found.into_iter().next().ok_or_else(|| anyhow::anyhow!("the tenant has no chain"))
}

/// All rows have their seals.
async fn sealed(engine: &Engine) -> anyhow::Result<Verified> {
    eventually("everything is sealed", || async {
        let found = verify(engine, None).await.ok()?;
        (found.waiting == 0 && found.rows > 0).then_some(found)
    })
    .await
}

async fn suspend_and_resume(engine: &Engine) -> anyhow::Result<()> {
    let id = engine.begin("waits", "{}").await?.instance_id;
    engine.operate(&id, json!({"operation": "suspend"})).await?;
    engine.operate(&id, json!({"operation": "resume"})).await.map(drop)
}

#[tokio::test]
async fn every_change_behind_the_engines_back_is_named() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.add_replica(&servers);
    engine.deploy(WAITS).await?;
    try_join_all((0..INSTANCES).map(|_| suspend_and_resume(&engine))).await?;
    let found = sealed(&engine).await?;
    assert_eq!((found.rows, found.wrong.clone()), (1 + 2 * INSTANCES as u64, vec![]));
    let (number, head) = found.head;
    suspend_and_resume(&engine).await?;
    let later = sealed(&engine).await?;
    assert!(later.rows == found.rows + 2 && later.wrong.is_empty(), "{later:?}");
    assert_eq!(verify(&engine, Some((number, &head))).await?.wrong, [""; 0], "the head from before is in the chain");

    let (client, connection) = tokio_postgres::connect(&engine.database, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    assert!(client.batch_execute("DELETE FROM audit_seal").await.is_err());
    let forgeries = [
        (
            "UPDATE audit SET by = 'nobody' WHERE (at, id) IN (SELECT at, id FROM audit_seal WHERE number = 3)",
            "number 3: ",
        ),
        ("DELETE FROM audit WHERE (at, id) IN (SELECT at, id FROM audit_seal WHERE number = 5)", "number 5: "),
        (
            "INSERT INTO audit SELECT tenant, at - interval '1 hour', gen_random_uuid(), by, operation, instance, subject, arguments, \
             outcome, message FROM audit LIMIT 1",
            "slipped in",
        ),
        ("DELETE FROM audit_seal WHERE number = 7", "number 7 is missing"),
        ("DELETE FROM audit_seal WHERE number > 20", "the chain ends with 20"),
    ];
    client.batch_execute("ALTER TABLE audit DISABLE TRIGGER USER; ALTER TABLE audit_seal DISABLE TRIGGER USER").await?;
    for (forgery, told) in forgeries {
        assert!(!verify(&engine, None).await?.wrong.iter().any(|line| line.contains(told)), "{told} too early");
        client.batch_execute(forgery).await?;
        let wrong = verify(&engine, None).await?.wrong;
        assert!(wrong.iter().any(|line| line.contains(told)), "{forgery}: {wrong:?}");
    }
    client.batch_execute("DELETE FROM audit_head").await?;
    let wrong = verify(&engine, Some((number, &head))).await?.wrong;
    assert!(wrong.contains(&format!("{number} is known, and the chain ends with 20")), "{wrong:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_exported_can_be_checked_by_anybody() -> anyhow::Result<()> {
    let servers = Servers::start()?;
    let engine = Engine::start(&servers).await?;
    engine.deploy(WAITS).await?;
    suspend_and_resume(&engine).await?;
    sealed(&engine).await?;
    let (mut previous, mut operations) = (Vec::new(), Vec::new());
    audit_chain::export(&engine.database, TENANT, |sealed| {
        let row = sealed.row.as_ref().ok_or_else(|| anyhow::anyhow!("number {} is gone", sealed.number))?;
        assert_eq!(audit_chain::hash(&previous, TENANT, sealed.number, row), sealed.hash);
        previous.clone_from(&sealed.hash);
        operations.push(row.operation.clone());
        Ok(())
    })
    .await?;
    assert_eq!(operations, ["deploy", "suspend", "resume"]);
    Ok(())
}
