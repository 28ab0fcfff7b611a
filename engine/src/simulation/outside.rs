//! The outside of the process for a simulated thread: time that passes only while everything waits, and random numbers that come
//! from the seed.
//!
//! Whatever asks the system for these (maps for their hashes, ids, clocks, the runtime for its timers) does it through the three
//! functions of the C library below, which this test binary defines itself. So nothing in the engine knows that it is
//! simulated, and the same seed always takes the same way. Threads that are not simulated get the real thing.
#![allow(unsafe_code)] // takes the place of functions of the C library

use std::{
    cell::Cell,
    ffi::{c_int, c_long, c_uint, c_void},
};

thread_local! {
    /// Nanoseconds since the beginning of the simulation.
    static CLOCK: Cell<Option<u64>> = const { Cell::new(None) };
    static RANDOM: Cell<u64> = const { Cell::new(0) };
    static IS_HELD: Cell<bool> = const { Cell::new(false) };
}

/// When every simulation begins, in seconds since 1970: the first of January 2026.
const BEGINNING: i64 = 1_767_225_600;
const SECOND: u64 = 1_000_000_000;

/// This thread is simulated from now on; to be the first thing that it does.
pub fn enter(seed: u64) {
    RANDOM.set(seed);
    CLOCK.set(Some(0));
}

/// While the clock is held, other threads may work for this one: it waits for them, and meanwhile no time passes.
pub fn hold(is_held: bool) {
    IS_HELD.set(is_held);
}

/// Microseconds since 2000, as Postgres counts.
pub fn postgres_time() -> i64 {
    const YEAR_2000: i64 = 946_684_800;
    (BEGINNING - YEAR_2000) * 1_000_000 + (CLOCK.get().unwrap_or(0) / 1000) as i64
}

/// Since the beginning.
pub fn seconds() -> u64 {
    CLOCK.get().unwrap_or(0) / SECOND
}

#[repr(C)]
pub struct Timespec {
    seconds: i64,
    nanoseconds: c_long,
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

/// # Safety
/// As in C: `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: c_int, out: *mut Timespec) -> c_int {
    let since = match clock {
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE => BEGINNING,
        libc::CLOCK_MONOTONIC | libc::CLOCK_MONOTONIC_COARSE | libc::CLOCK_BOOTTIME => 1_000_000,
        _ => -1, // of the processor: as it is
    };
    match CLOCK.get().filter(|_| since >= 0) {
        Some(now) => {
            let time = Timespec { seconds: since + (now / SECOND) as i64, nanoseconds: (now % SECOND) as c_long };
            unsafe { out.write(time) };
            0
        }
        None => unsafe { syscall(libc::SYS_clock_gettime, clock, out) as c_int },
    }
}

/// # Safety
/// As in C: `buffer` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: usize, flags: c_uint) -> isize {
    if CLOCK.get().is_none() {
        return unsafe { syscall(libc::SYS_getrandom, buffer, length, flags) as isize };
    }
    for place in 0..length {
        let next = faults::dice::mix(RANDOM.get(), 0x5EED);
        RANDOM.set(next);
        unsafe { buffer.cast::<u8>().add(place).write(next as u8) };
    }
    length as isize
}

/// Where the runtime waits when nothing is to be done: the clock jumps to the time that it waits for.
///
/// # Safety
/// As in C: `events` has room for `most` events.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn epoll_wait(epoll: c_int, events: *mut c_void, most: c_int, timeout: c_int) -> c_int {
    let mut waits = timeout;
    if let Some(now) = CLOCK.get().filter(|_| timeout > 0) {
        if IS_HELD.get() {
            waits = -1;
        } else {
            CLOCK.set(Some(now + timeout as u64 * 1_000_000));
            waits = 0;
        }
    }
    let (mask, size) = (std::ptr::null::<c_void>(), 8usize);
    unsafe { syscall(libc::SYS_epoll_pwait, epoll, events, most, waits, mask, size) as c_int }
}
