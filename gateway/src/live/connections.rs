//! How many live connections are open, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{metrics::Metrics, problem::Problem};
use axum::http::StatusCode;

#[derive(Clone)]
pub struct Connections {
    open: Arc<Mutex<HashMap<Option<IpAddr>, usize>>>,
    max: usize,
    max_per_address: usize,
    metrics: Arc<Metrics>,
}

/// An open connection; dropping it makes room.
pub struct Permit {
    connections: Connections,
    address: Option<IpAddr>,
}

impl Connections {
    pub fn new(max: usize, max_per_address: usize, metrics: Arc<Metrics>) -> Self {
        Self { open: Arc::default(), max, max_per_address, metrics }
    }

    pub fn open(&self, address: Option<IpAddr>) -> Result<Permit, Problem> {
        let mut open = self.lock();
        if open.values().sum::<usize>() >= self.max {
            return Err(Problem::unavailable("This gateway has as many live connections as it takes; try again"));
        }
        let here = open.entry(address).or_default();
        if *here >= self.max_per_address {
            let detail = "This address has as many live connections as it may";
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "LIMIT_EXCEEDED", detail));
        }
        *here += 1;
        self.metrics.live_clients.inc();
        Ok(Permit { connections: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.connections.metrics.live_clients.dec();
        let mut open = self.connections.lock();
        if let Some(here) = open.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_in_all_and_by_address() {
        let connections = Connections::new(3, 2, Arc::new(Metrics::default()));
        let (here, there) = (Some(IpAddr::from([127, 0, 0, 1])), Some(IpAddr::from([127, 0, 0, 2])));
        let first = connections.open(here).unwrap();
        let _second = connections.open(here).unwrap();
        assert_eq!(connections.open(here).err().unwrap().status, 429);
        let _third = connections.open(there).unwrap();
        assert_eq!(connections.open(there).err().unwrap().status, 503);
        drop(first);
        assert!(connections.open(here).is_ok());
    }
}
