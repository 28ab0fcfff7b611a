//! Old history goes by whole weeks, and nobody who writes waits for that.

use std::time::{Duration, Instant};
use store::{Session, Store, history, migrate};
use test_harness::Servers;
use uuid::Uuid;

async fn write(session: &Session) -> store::Result<()> {
    let mut batches = history::Batches::default();
    let at = store::Time::now();
    batches.push(history::Batch { instance: Uuid::now_v7(), first_seq: 1, last_seq: 1, at, events: vec![1] });
    batches.insert(session).await
}

#[tokio::test]
async fn a_week_that_is_being_read_is_left_and_keeps_no_writer_waiting() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let store = Store::new(&url, 3)?;
    let (mut reader, writer, mut cleaner) = (store.session().await?, store.session().await?, store.session().await?);
    let old = "CREATE TABLE history_20200106 PARTITION OF history FOR VALUES FROM ('2020-01-06Z') TO ('2020-01-13Z')";
    writer.simple(old).await?;
    write(&writer).await?;
    reader.begin().await?;
    history::list(&reader, Uuid::nil(), 1, 10).await?;

    let month_ago = store::Time::now() - jiff::SignedDuration::from_hours(24 * 30);
    let began = Instant::now();
    let (dropped, written) = tokio::join!(history::drop_before(&mut cleaner, month_ago), write(&writer));
    written?;
    assert_eq!(dropped?, (0, 1));
    assert!(began.elapsed() < Duration::from_secs(2), "nobody waits for the reader: {:?}", began.elapsed());

    reader.rollback().await?;
    assert_eq!(history::drop_before(&mut cleaner, month_ago).await?, (1, 0));
    assert_eq!(history::drop_before(&mut cleaner, month_ago).await?, (0, 0));
    Ok(())
}
