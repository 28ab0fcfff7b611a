//! As much of Postgres's protocol as is needed to see whether a connection is busy, and to meet a COMMIT.

use super::CommitFate;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

/// The simple query `COMMIT`, as it travels.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

/// Of all connections of a link.
#[derive(Default)]
pub struct Watch {
    busy: AtomicI64,
    doom: AtomicU8,
}

impl Watch {
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    pub fn doom(&self, fate: CommitFate) {
        self.doom.store(fate as u8, Ordering::Relaxed);
    }

    pub fn spare(&self) {
        self.doom.store(0, Ordering::Relaxed);
    }

    /// What is to become of the COMMIT among these bytes of a client, if there is one and it is doomed.
    pub fn fate_of(&self, sent: &[u8]) -> Option<CommitFate> {
        if self.doom.load(Ordering::Relaxed) == 0 || !sent.windows(COMMIT.len()).any(|window| window == COMMIT) {
            return None;
        }
        match self.doom.swap(0, Ordering::Relaxed) {
            1 => Some(CommitFate::Lost),
            2 => Some(CommitFate::Unanswered),
            _ => None,
        }
    }
}

/// One connection: busy from a word of the client to the server's being ready again, outside of a transaction.
pub struct Connection<'w> {
    watch: &'w Watch,
    is_busy: AtomicBool,
    is_answered: AtomicBool,
}

impl<'w> Connection<'w> {
    pub fn new(watch: &'w Watch) -> Connection<'w> {
        Connection { watch, is_busy: AtomicBool::new(false), is_answered: AtomicBool::new(true) }
    }

    /// What the server says from now on is thrown away.
    pub fn no_more_answers(&self) {
        self.is_answered.store(false, Ordering::Relaxed);
    }

    pub fn is_answered(&self) -> bool {
        self.is_answered.load(Ordering::Relaxed)
    }

    pub fn asked(&self) {
        self.set(true);
    }

    /// `b'I'`, `b'T'` or `b'E'`.
    pub fn ready(&self, status: u8) {
        self.set(status != b'I');
    }

    fn set(&self, busy: bool) {
        if self.is_busy.swap(busy, Ordering::Relaxed) != busy {
            self.watch.busy.fetch_add(if busy { 1 } else { -1 }, Ordering::Relaxed);
        }
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        self.set(false);
    }
}

/// Finds ReadyForQuery among the messages of a server, in whatever pieces they come.
#[derive(Default)]
pub struct Messages {
    /// The beginning of a message, as far as it has come: type, length, and for ReadyForQuery the status.
    head: Vec<u8>,
    /// Bytes of the message's body that are to be skipped.
    skip: usize,
}

impl Messages {
    pub fn read(&mut self, mut bytes: &[u8], mut ready: impl FnMut(u8)) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                (self.skip, bytes) = (self.skip - skipped, &bytes[skipped..]);
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if let [kind, a, b, c, d, rest @ ..] = self.head.as_slice() {
                let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                match (kind, rest) {
                    (b'Z', []) => continue,
                    (b'Z', [status, ..]) => ready(*status),
                    _ => self.skip = length.saturating_sub(4),
                }
                self.head.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_found_in_whatever_pieces_it_comes() {
        let sent = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05TC\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I";
        for size in 1..sent.len() {
            let (mut messages, mut found) = (Messages::default(), Vec::new());
            sent.chunks(size).for_each(|piece| messages.read(piece, |status| found.push(status)));
            assert_eq!(found, b"TI", "in pieces of {size}");
        }
    }

    #[test]
    fn only_a_doomed_commit_meets_its_fate_and_only_once() {
        let watch = Watch::default();
        assert_eq!(watch.fate_of(COMMIT), None);
        watch.doom(CommitFate::Unanswered);
        assert_eq!(watch.fate_of(b"Q\0\0\0\x0aBEGIN\0"), None);
        assert_eq!(watch.fate_of(COMMIT), Some(CommitFate::Unanswered));
        assert_eq!(watch.fate_of(COMMIT), None);
    }
}
