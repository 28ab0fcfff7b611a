//! Orders of one sender to one receiver are obeyed in their order, whoever comes first with which.

use store::{Session, Store, command, migrate};
use test_harness::Servers;
use uuid::Uuid;

/// `begin` of the pair, and the orders with these numbers.
fn pair(numbers: &[u128]) -> (Uuid, Vec<Uuid>) {
    let begin = 0x5000_0000_0000_8000_8000_0000_0000_0000;
    (Uuid::from_u128(begin), numbers.iter().map(|number| Uuid::from_u128(begin + number)).collect())
}

async fn order(session: &Session, ids: &[Uuid]) -> store::Result<()> {
    let mut commands = command::Commands::default();
    for id in ids {
        let (tenant, instance) = ("acme".to_owned(), Uuid::nil());
        commands.push(command::Command { id: *id, tenant, instance, payload: Vec::new() });
    }
    commands.insert(session).await
}

#[tokio::test]
async fn a_later_order_waits_for_the_earlier_ones() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let session = Store::new(&url, 1)?.session().await?;
    let (begin, ids) = pair(&[1, 2, 3]);
    let alone = Uuid::now_v7();
    order(&session, &ids).await?;
    order(&session, &[alone]).await?;
    assert!(command::delete(&session, &ids[2..], &[begin]).await?.is_empty());
    assert_eq!(command::delete(&session, &[alone], &[alone]).await?, [alone]);
    let mut obeyed = command::delete(&session, &ids[..2], &[begin, begin]).await?;
    obeyed.sort_unstable();
    assert_eq!(obeyed, ids[..2], "those that come together are obeyed together");
    assert_eq!(command::delete(&session, &ids[2..], &[begin]).await?, ids[2..]);
    Ok(())
}
