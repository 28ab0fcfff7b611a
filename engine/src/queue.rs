//! What waits for a lane: requests from outside by tenant, in turns, so that a tenant with thousands delays nobody else by
//! more than a batch; and what instances, timers and orders ask for, which has every other turn. Within a tenant, and inside,
//! the oldest goes first.

use crate::request::Request;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

pub struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    depth: usize,
}

#[derive(Default)]
struct Waiting {
    inside: VecDeque<Request>,
    tenants: HashMap<String, VecDeque<Request>>,
    /// Of the tenants that have something here.
    turns: VecDeque<String>,
    count: usize,
}

impl Queue {
    /// `depth`: requests that may wait.
    pub fn new(depth: usize) -> Queue {
        Queue { waiting: Mutex::default(), arrived: Notify::new(), depth }
    }

    /// The request comes back when too many are waiting.
    pub fn push(&self, request: Request) -> Result<(), Box<Request>> {
        let mut waiting = self.waiting();
        if waiting.count >= self.depth {
            return Err(Box::new(request));
        }
        waiting.push(request);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// So many at most, and at least one: waits for it. For one taker at a time.
    pub async fn take(&self, most: usize) -> Vec<Request> {
        loop {
            let arrived = self.arrived.notified();
            let taken = self.waiting().take(most);
            if !taken.is_empty() {
                return taken;
            }
            arrived.await;
        }
    }

    /// Adds what is there by now, up to so many in all.
    pub fn top_up(&self, taken: &mut Vec<Request>, most: usize) {
        taken.extend(self.waiting().take(most.saturating_sub(taken.len())));
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn len(&self) -> usize {
        self.waiting().count
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, request: Request) {
        self.count += 1;
        // only who waits for an answer is outside: orders of an instance to another stay in one row, whoever they name
        match request.tenant.as_ref().filter(|_| request.answer.is_some()) {
            None => self.inside.push_back(request),
            Some(tenant) => match self.tenants.get_mut(tenant) {
                Some(row) => row.push_back(request),
                None => {
                    self.turns.push_back(tenant.clone());
                    self.tenants.insert(tenant.clone(), VecDeque::from([request]));
                }
            },
        }
    }

    fn take(&mut self, most: usize) -> Vec<Request> {
        let mut taken = Vec::with_capacity(most.min(self.count));
        let mut is_inside_next = true;
        while taken.len() < most {
            let next = match is_inside_next {
                true => self.inside.pop_front().or_else(|| self.next_of_tenants()),
                false => self.next_of_tenants().or_else(|| self.inside.pop_front()),
            };
            let Some(next) = next else { break };
            taken.push(next);
            is_inside_next = !is_inside_next;
        }
        self.count -= taken.len();
        taken
    }

    fn next_of_tenants(&mut self) -> Option<Request> {
        let tenant = self.turns.pop_front()?;
        let row = self.tenants.get_mut(&tenant)?;
        let next = row.pop_front();
        if row.is_empty() {
            self.tenants.remove(&tenant);
        } else {
            self.turns.push_back(tenant);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Action, Claim};
    use interpreter::{CommandKind, InstanceId};
    use uuid::Uuid;

    fn of_tenant(tenant: &str, number: u128) -> Request {
        let cancel = Action::Step(CommandKind::Cancel { reason: None });
        Request::answered(tenant, InstanceId(Uuid::from_u128(number)), cancel).0
    }

    fn inside(number: u128) -> Request {
        Request::internal(InstanceId(Uuid::from_u128(number)), CommandKind::Continue, Claim::None)
    }

    fn numbers(requests: &[Request]) -> Vec<u128> {
        requests.iter().map(|request| request.instance.0.as_u128()).collect()
    }

    #[tokio::test]
    async fn a_tenant_with_much_does_not_keep_others_waiting() {
        let queue = Queue::new(2000);
        for number in 0..1000 {
            assert!(queue.push(of_tenant("large", number)).is_ok());
        }
        for number in [5001, 5002] {
            assert!(queue.push(of_tenant("small", number)).is_ok());
        }
        for number in [9001, 9002] {
            assert!(queue.push(inside(number)).is_ok());
        }
        assert_eq!(numbers(&queue.take(6).await), [9001, 0, 9002, 5001, 1, 5002]);
        let mut rest = queue.take(500).await;
        queue.top_up(&mut rest, 10_000);
        assert_eq!(numbers(&rest), (2..1000).collect::<Vec<u128>>(), "and the oldest goes first");
        assert_eq!(queue.len(), 0);
    }

    #[tokio::test]
    async fn a_full_queue_gives_back_and_an_empty_one_waits() {
        let queue = Queue::new(1);
        assert!(queue.push(inside(1)).is_ok() && queue.push(inside(2)).is_err());
        let twice = async { [numbers(&queue.take(1).await), numbers(&queue.take(1).await)].concat() };
        let again = async {
            while queue.push(inside(3)).is_err() {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(tokio::join!(twice, again).0, [1, 3]);
    }
}
