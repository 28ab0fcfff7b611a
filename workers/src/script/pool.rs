//! Children that are in the sandbox already, their interpreter running, and wait for a script. Each is used for one and
//! ends with it; another is started in its place.
//!
//! One thread of the pool's own starts them: a child dies with the thread that started it, and those of the runtime come
//! and go.

use super::{files::Folder, limits::Limits, runner::Language, sandbox::Sandbox};
use std::{
    collections::{HashMap, VecDeque},
    io,
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
};
use tokio::{process::Child, runtime::Handle, sync::oneshot};

const LANGUAGES: [Language; 2] = [Language::Python, Language::JavaScript];

/// A child without a script yet.
pub struct Waiting {
    pub child: Child,
    /// What it sees as `/work`.
    pub folder: Folder,
}

pub struct Pool {
    shared: Arc<Shared>,
    orders: Sender<Order>,
}

struct Shared {
    sandbox: Sandbox,
    limits: Limits,
    waiting: Mutex<HashMap<Language, VecDeque<Waiting>>>,
}

enum Order {
    /// One more that waits.
    Stock(Language),
    /// For a script that is here.
    Now(Language, oneshot::Sender<io::Result<Waiting>>),
}

impl Pool {
    pub fn new(sandbox: Sandbox, limits: Limits, waiting: usize) -> Self {
        let shared = Arc::new(Shared { sandbox, limits, waiting: Mutex::default() });
        let (orders, taken) = channel();
        for language in LANGUAGES {
            for _ in 0..waiting {
                let _ = orders.send(Order::Stock(language));
            }
        }
        let (starter, runtime) = (shared.clone(), Handle::current());
        std::thread::spawn(move || starter.start(&taken, &runtime));
        Pool { shared, orders }
    }

    /// One that waits, else a new one.
    pub async fn take(&self, language: Language) -> io::Result<Waiting> {
        while let Some(mut waiting) = self.shared.pop(language) {
            let _ = self.orders.send(Order::Stock(language));
            // it may have been killed while nobody looked
            if matches!(waiting.child.try_wait(), Ok(None)) {
                return Ok(waiting);
            }
        }
        let (answer, started) = oneshot::channel();
        let gone = || io::Error::other("nobody starts scripts any more");
        self.orders.send(Order::Now(language, answer)).map_err(|_| gone())?;
        started.await.map_err(|_| gone())?
    }

    /// Its folder, as the child names it.
    pub fn folder_inside(&self, waiting: &Waiting) -> String {
        self.shared.sandbox.folder_inside(waiting.folder.path())
    }
}

impl Shared {
    /// Until the pool is dropped, and with it whoever orders.
    fn start(&self, orders: &Receiver<Order>, runtime: &Handle) {
        let _runtime = runtime.enter();
        while let Ok(order) = orders.recv() {
            match order {
                Order::Now(language, answer) => drop(answer.send(self.new_child(language))),
                Order::Stock(language) => match self.new_child(language) {
                    Ok(waiting) => self.all().entry(language).or_default().push_back(waiting),
                    Err(error) => tracing::warn!("a script's process cannot be started in advance: {error}"),
                },
            }
        }
    }

    fn new_child(&self, language: Language) -> io::Result<Waiting> {
        let folder = Folder::new()?;
        let mut command = self.sandbox.command(language.mode(), &self.limits, Some(folder.path()));
        Ok(Waiting { child: command.stdin(Stdio::piped()).spawn()?, folder })
    }

    fn pop(&self, language: Language) -> Option<Waiting> {
        self.all().get_mut(&language)?.pop_front()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Language, VecDeque<Waiting>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
