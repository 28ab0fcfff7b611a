//! A step sends its statements together with the `BEGIN` before them. Whatever happens to that, all of them count or none.

use futures::try_join;
use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use store::{Session, Store, command, command_id, migrate};
use test_harness::Servers;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

const BEGIN: &[u8] = b"BEGIN READ WRITE\0";

/// Passes everything on, but makes a `BEGIN` that comes along unreadable for the server, once whenever it is told to.
async fn spoiler(port: u16, spoils: Arc<AtomicBool>) -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let own = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { continue };
            let ((mut from, mut to), (mut answers, mut says)) = (client.into_split(), server.into_split());
            tokio::spawn(async move { copy(&mut answers, &mut to).await });
            let spoils = spoils.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(length @ 1..) = from.read(&mut buffer).await {
                    let at = buffer[..length].windows(BEGIN.len()).position(|window| window == BEGIN);
                    if let Some(at) = at.filter(|_| spoils.swap(false, Ordering::SeqCst)) {
                        buffer[at] = b'X';
                    }
                    if says.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(own)
}

/// Like a step of the engine: into two tables, together with the `BEGIN`.
async fn step(session: &mut Session, number: u128) -> store::Result<()> {
    let id = Uuid::from_u128(number);
    let (mut commands, mut answered) = (command::Commands::default(), command_id::AnsweredCommands::default());
    commands.push(command::Command { id, tenant: "a".to_owned(), instance: id, payload: Vec::new() });
    answered.push(command_id::Answered { tenant: "a".to_owned(), id: id.to_string(), reply: Vec::new() });
    session.mark_begun();
    try_join!(session.send_begin(), commands.insert(session), answered.insert(session))?;
    session.commit().await
}

async fn lane(store: &Store) -> store::Result<Session> {
    let mut session = store.prepared_session().await?;
    session.only_in_transactions().await?;
    Ok(session)
}

/// Steps that are there, of which each is whole.
async fn whole(client: &tokio_postgres::Client) -> anyhow::Result<Vec<Uuid>> {
    let sql = "SELECT command.id, command_id.id FROM command FULL JOIN command_id ON command.id::text = command_id.id ORDER BY 1";
    let rows = client.query(sql, &[]).await?;
    // a step in parts has no value in one of the columns, which is an error
    let read = |row: &tokio_postgres::Row| row.try_get::<_, String>(1).and_then(|_| row.try_get(0));
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn what_follows_a_refused_begin_counts_for_nothing() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let port: u16 = client.query_one("SELECT inet_server_port()", &[]).await?.get::<_, i32>(0).try_into()?;
    let spoils = Arc::new(AtomicBool::new(false));
    let through = spoiler(port, spoils.clone()).await?;
    let store = Store::new(&url.replace(&format!(":{port}/"), &format!(":{through}/")), 1)?;
    let mut session = lane(&store).await?;
    step(&mut session, 1).await?;
    spoils.store(true, Ordering::SeqCst);
    let refused = step(&mut session, 2).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("BEGIN")));
    assert!(!spoils.load(Ordering::SeqCst) && !session.is_closed(), "the connection lives");
    session.rollback().await?;
    assert_eq!(whole(&client).await?, [Uuid::from_u128(1)]);
    step(&mut session, 3).await?;
    assert_eq!(whole(&client).await?, [Uuid::from_u128(1), Uuid::from_u128(3)]);
    Ok(())
}

#[tokio::test]
async fn a_step_that_is_canceled_anywhere_counts_as_a_whole_or_not_at_all() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    let store = Store::new(&url, 1)?;
    let cancels = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'baton'";
    let mut counted = Vec::new();
    let steps = async {
        let mut session = lane(&store).await;
        for number in 1..250 {
            match &mut session {
                Ok(open) if !open.is_closed() => match step(open, number).await {
                    Ok(()) => counted.push(Uuid::from_u128(number)),
                    // what became of a COMMIT that is refused is unknown: that session is thrown away
                    Err(error) if error.to_string().contains("COMMIT") => session = lane(&store).await,
                    Err(_) if open.rollback().await.is_ok() => {}
                    Err(_) => session = lane(&store).await,
                },
                _ => session = lane(&store).await,
            }
        }
    };
    let cancel = async {
        loop {
            let _ = client.execute(cancels, &[]).await;
            tokio::time::sleep(Duration::from_micros(1500)).await;
        }
    };
    tokio::select! {
        () = steps => {}
        () = cancel => {}
    }
    let whole = whole(&client).await?;
    assert!(counted.iter().all(|id| whole.contains(id)), "{counted:?}, {whole:?}");
    Ok(())
}
