//! What the crowd has met.

use crate::Size;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

pub struct Report {
    size: Size,
    following: AtomicUsize,
    heard: AtomicU64,
    gaps: AtomicU64,
    doubles: AtomicU64,
    cuts: AtomicU64,
    memory: AtomicU64,
    closes: Mutex<BTreeMap<u16, u64>>,
    refusals: Mutex<Vec<String>>,
    /// Of live messages, in milliseconds.
    late: Mutex<Vec<u32>>,
    began: Instant,
}

impl Report {
    pub fn new(size: &Size) -> Self {
        Self {
            size: size.clone(),
            following: AtomicUsize::default(),
            heard: AtomicU64::default(),
            gaps: AtomicU64::default(),
            doubles: AtomicU64::default(),
            cuts: AtomicU64::default(),
            memory: AtomicU64::default(),
            closes: Mutex::default(),
            refusals: Mutex::default(),
            late: Mutex::default(),
            began: Instant::now(),
        }
    }

    pub fn follows(&self) {
        self.following.fetch_add(1, Relaxed);
    }

    pub async fn until_all_follow(&self, within: Duration) {
        while self.following.load(Relaxed) < self.size.clients {
            let following = self.following.load(Relaxed);
            assert!(self.began.elapsed() < within, "only {following} of {} are let in", self.size.clients);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("{} clients follow after {:.1?}", self.size.clients, self.began.elapsed());
    }

    pub fn heard(&self, last: u64, seq: u64) {
        self.heard.fetch_add(1, Relaxed);
        if seq <= last {
            self.doubles.fetch_add(1, Relaxed);
        } else if seq > last + 1 {
            self.gaps.fetch_add(1, Relaxed);
        }
    }

    pub fn late(&self, timestamp: &str) {
        let Ok(at) = timestamp.parse::<jiff::Timestamp>() else { return };
        let late = jiff::Timestamp::now().as_millisecond() - at.as_millisecond();
        self.late.lock().unwrap().push(late.clamp(0, i64::from(u32::MAX)) as u32);
    }

    pub fn cut(&self) {
        self.cuts.fetch_add(1, Relaxed);
    }

    pub fn closed(&self, code: Option<u16>) {
        *self.closes.lock().unwrap().entry(code.unwrap_or_default()).or_default() += 1;
    }

    pub fn refused(&self, message: String) {
        self.refusals.lock().unwrap().push(message);
    }

    pub fn memory(&self, bytes: u64) {
        self.memory.fetch_max(bytes, Relaxed);
    }

    /// What must hold at any size.
    pub fn check(&self) {
        assert_eq!(self.gaps.load(Relaxed), 0, "nobody misses anything");
        assert_eq!(self.doubles.load(Relaxed), 0, "nobody hears anything twice");
        let refusals = self.refusals.lock().unwrap();
        assert!(refusals.is_empty(), "{} were refused: {:?}", refusals.len(), refusals.first());
        assert!(self.memory.load(Relaxed) < 1 << 30, "the gateway stays below 1 GiB");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut late = self.late.lock().unwrap().clone();
        late.sort_unstable();
        let at = |share: usize| late.get((late.len() * share / 1000).min(late.len().saturating_sub(1))).unwrap_or(&0);
        let Size { clients, slow, kills, rate, lasts, storm, .. } = &self.size;
        writeln!(
            formatter,
            "{clients} clients, {slow} slow, {kills} kills, {rate} events/s for {lasts:?}, storms of {storm:?}"
        )?;
        writeln!(formatter, "  heard      {}", self.heard.load(Relaxed))?;
        writeln!(formatter, "  missed     {}", self.gaps.load(Relaxed))?;
        writeln!(formatter, "  twice      {}", self.doubles.load(Relaxed))?;
        writeln!(formatter, "  cut off    {}, closed with {:?}", self.cuts.load(Relaxed), self.closes.lock().unwrap())?;
        writeln!(formatter, "  live after {} ms (p50), {} ms (p99), {} ms (p99.9)", at(500), at(990), at(999))?;
        write!(formatter, "  memory     {} MiB at most", self.memory.load(Relaxed) >> 20)
    }
}
