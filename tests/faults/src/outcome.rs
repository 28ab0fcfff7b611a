//! What a job comes to: a pure function of the instance's seed and the element, known to the worker that does the job and to
//! the checker that expects its end. Nothing is recorded in between.

use crate::dice::{hash, mix};

/// Types of jobs.
pub const STEADY: &str = "faults-steady";
pub const SHAKY: &str = "faults-shaky";
pub const JUDGE: &str = "faults-judge";
pub const STUCK: &str = "faults-stuck";

/// The BPMN error of [`JUDGE`].
pub const DECLINED: &str = "DECLINED";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Completes,
    /// It may work next time.
    Fails,
    Declines,
    /// For good: a person has to look.
    Despairs,
}

pub fn of(job_type: &str, seed: u64, element: &str, attempt: u32) -> Outcome {
    match job_type {
        SHAKY if attempt < last_attempt(job_type, seed, element) => Outcome::Fails,
        STUCK if attempt < last_attempt(job_type, seed, element) => Outcome::Despairs,
        JUDGE if declines(seed, element) => Outcome::Declines,
        _ => Outcome::Completes,
    }
}

/// The attempt that completes.
pub fn last_attempt(job_type: &str, seed: u64, element: &str) -> u32 {
    match job_type {
        SHAKY => 1 + (mix(seed, hash(element)) % 3) as u32,
        STUCK => 2,
        _ => 1,
    }
}

pub fn declines(seed: u64, element: &str) -> bool {
    mix(seed, hash(element)).is_multiple_of(2)
}

/// Milliseconds that an attempt takes: mostly few, sometimes many, so that there is always something in flight to be hit.
pub fn duration(seed: u64, element: &str, attempt: u32) -> u64 {
    let thrown = mix(mix(seed, hash(element)), u64::from(attempt) ^ 0xD0);
    if thrown.is_multiple_of(10) { 500 + thrown / 16 % 1500 } else { thrown / 16 % 60 }
}

/// Whether the result is sent several times.
pub fn is_told_often(seed: u64, element: &str, attempt: u32) -> bool {
    mix(mix(seed, hash(element)), u64::from(attempt) ^ 0x2CE).is_multiple_of(4)
}
