//! A client that does not read is let go; the others do not notice.

use crate::{
    played::{created, variable},
    running::Running,
};
use serde_json::json;

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_with_4008_and_the_others_hear_everything() {
    let running = Running::start().await;
    let (mut slow, mut quick) = (running.socket().await, running.socket().await);
    running.engine.commit_silently("i", vec![created()]);
    for socket in [&mut slow, &mut quick] {
        socket.say(json!({"type": "subscribe", "instanceId": "i"})).await;
        assert_eq!(socket.next().await["type"], "subscribed");
    }
    let large = format!("\"{}\"", "x".repeat(50_000));
    // More than the sockets' own buffers and the queue take together.
    for seq in 2..=600 {
        running.engine.commit("i", vec![variable("large", &large)]).await;
        assert_eq!(quick.next().await["seq"], seq);
    }
    let mut last = 1;
    let close = loop {
        match slow.hear().await {
            Ok(message) => {
                assert_eq!(message["seq"], last + 1, "in order up to the end");
                last += 1;
            }
            Err(close) => break close,
        }
    };
    assert!(last < 600, "it was not kept in memory");
    if let Some(close) = close {
        assert_eq!(u16::from(close.code), 4008);
        assert!(close.reason.contains("last i seq"), "{}", close.reason);
    }
    let metrics = running.metrics().await;
    assert!(metrics.contains("baton_gateway_dropped_clients_total 1"), "{metrics}");
    let mut again = running.socket().await;
    again.subscribe("i", last + 1).await;
    let seqs: Vec<_> = again.until("subscribed").await.into_iter().filter_map(|(_, seq)| seq).collect();
    assert_eq!(seqs, (last + 1..=600).collect::<Vec<_>>(), "and the rest is there for it");
}
