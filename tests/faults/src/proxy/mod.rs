//! Links that can fail: a TCP proxy of our own between one program and one server.
//!
//! Namespaces and packet filters need privileges that a test should not have; what they would do to a connection is done to
//! its bytes here: cut it, hold back one direction or both, slow it down, or lose what the server answers to a COMMIT.

pub mod points;
mod postgres;
mod pump;

use points::Points;
use postgres::Watch;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What a link does to what travels on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Open,
    /// Connections are closed, new ones too.
    Cut,
    /// Nothing goes on, and nobody is told.
    Silent,
    /// What the client says does not arrive.
    Deaf,
    /// What the server says does not arrive.
    Mute,
    /// Each piece is held back for so long.
    Slow(Duration),
    /// Bytes in a second, for each direction of each connection.
    Narrow(u64),
}

/// What happens to the next COMMIT on the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFate {
    /// It never arrives, and the connection breaks.
    Lost = 1,
    /// It is carried out, and the connection breaks before its answer.
    Unanswered = 2,
}

/// From one program to one server.
#[derive(Clone)]
pub struct Link {
    pub name: String,
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    shared: Arc<Shared>,
}

struct Shared {
    /// Of the engine's links.
    points: Option<Arc<Points>>,
    watch: Watch,
    cut_commits: AtomicU64,
    connections: AtomicU64,
}

impl Link {
    /// Listens on a free port until the process ends.
    pub async fn open(name: String, server: u16, points: Option<Arc<Points>>) -> anyhow::Result<Link> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (cut_commits, connections) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Shared { points: points.clone(), watch: Watch::default(), cut_commits, connections };
        let link = Link { name, address, mode: watch::Sender::new(Mode::Open), shared: Arc::new(shared) };
        points.into_iter().for_each(|points| points.watch(link.clone()));
        tokio::spawn(accept(link.clone(), listener, server));
        Ok(link)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// The next COMMIT that comes along meets this.
    pub fn doom_commit(&self, fate: CommitFate) {
        self.shared.watch.doom(fate);
    }

    /// A COMMIT that was to be met was not there.
    pub fn spare_commits(&self) {
        self.shared.watch.spare();
    }

    /// COMMITs that were met so far.
    pub fn cut_commits(&self) -> u64 {
        self.shared.cut_commits.load(Ordering::Relaxed)
    }

    /// Whether a connection to Postgres has something in hand: a transaction, or a question without its answer.
    pub fn is_busy(&self) -> bool {
        self.shared.watch.is_busy()
    }

    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

async fn accept(link: Link, listener: TcpListener, server: u16) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        if *link.mode.borrow() == Mode::Cut {
            continue; // dropped: closed
        }
        tokio::spawn(carry(link.clone(), client, server));
    }
}

async fn carry(link: Link, client: TcpStream, server: u16) {
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await else { return };
    let _ = client.set_nodelay(true).and(server.set_nodelay(true));
    link.shared.connections.fetch_add(1, Ordering::Relaxed);
    pump::both(&link, client, server).await;
    link.shared.connections.fetch_sub(1, Ordering::Relaxed);
}
