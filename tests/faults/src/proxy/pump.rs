//! Carrying the bytes of one connection, as the link's mode allows.

use super::{
    CommitFate, Link, Mode,
    points::{Met, Place},
    postgres::{Connection, Messages},
};
use std::{sync::atomic::Ordering, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
};

/// A COMMIT has been carried out by then.
const CARRIED_OUT: Duration = Duration::from_millis(80);

/// Until one side closes, or the link is cut.
pub async fn both(link: &Link, mut client: TcpStream, mut server: TcpStream) {
    let connection = Connection::new(&link.shared.watch);
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        () = up(link, &connection, from_client, to_server) => {}
        () = down(link, &connection, from_server, to_client) => {}
        () = until_cut(link.mode.subscribe()) => {}
    }
}

async fn up(link: &Link, connection: &Connection<'_>, mut client: ReadHalf<'_>, mut server: WriteHalf<'_>) {
    let mut mode = link.mode.subscribe();
    let mut is_within = false;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        let bytes = &buffer[..length];
        connection.asked();
        if let Some(met) = at_point(link, bytes, &mut is_within) {
            return meet(met, connection, bytes, &mut server).await;
        }
        let fate = link.shared.watch.fate_of(bytes);
        if let Some(fate) = fate {
            link.shared.cut_commits.fetch_add(1, Ordering::Relaxed);
            connection.no_more_answers();
            if fate == CommitFate::Lost {
                return;
            }
        }
        may_pass(&mut mode, |mode| !matches!(mode, Mode::Silent | Mode::Deaf), length).await;
        if server.write_all(bytes).await.is_err() {
            return;
        }
        if fate == Some(CommitFate::Unanswered) {
            return tokio::time::sleep(CARRIED_OUT).await;
        }
    }
}

fn at_point(link: &Link, said: &[u8], is_within: &mut bool) -> Option<Met> {
    let points = link.shared.points.as_ref()?;
    let is_postgres = link.name.ends_with("postgres");
    let place = if is_postgres { Some(Place::in_postgres(said, is_within)) } else { Place::in_nats(said) };
    points.pass(&link.name, place?)
}

/// What an engine said arrives or does not; then its connection breaks, or it says nothing more until it is killed.
async fn meet(met: Met, connection: &Connection<'_>, said: &[u8], server: &mut WriteHalf<'_>) {
    connection.no_more_answers();
    let fate = met.fate;
    if fate.arrives() && server.write_all(said).await.is_ok() {
        tokio::time::sleep(CARRIED_OUT).await;
    }
    drop(met);
    if fate.kills() {
        std::future::pending().await
    }
}

async fn down(link: &Link, connection: &Connection<'_>, mut server: ReadHalf<'_>, mut client: WriteHalf<'_>) {
    let mut mode = link.mode.subscribe();
    let mut messages = Messages::default();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = server.read(&mut buffer).await {
        let bytes = &buffer[..length];
        if !connection.is_answered() {
            continue;
        }
        messages.read(bytes, |status| connection.ready(status));
        may_pass(&mut mode, |mode| !matches!(mode, Mode::Silent | Mode::Mute), length).await;
        if client.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// Returns when the mode lets these bytes go on.
async fn may_pass(mode: &mut watch::Receiver<Mode>, allowed: impl Fn(&Mode) -> bool, bytes: usize) {
    let now = match mode.wait_for(|mode| allowed(mode)).await {
        Ok(mode) => *mode,
        Err(_) => return, // the run is over
    };
    match now {
        Mode::Slow(delay) => tokio::time::sleep(delay).await,
        Mode::Narrow(rate) => tokio::time::sleep(Duration::from_secs_f64(bytes as f64 / rate.max(1) as f64)).await,
        _ => {}
    }
}

async fn until_cut(mut mode: watch::Receiver<Mode>) {
    let _ = mode.wait_for(|mode| *mode == Mode::Cut).await;
}
