use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    BadWeight,
    Closed,
}

type Outcome = Result<u64, AcquireError>;

struct Grant {
    ticket: u64,
    weight: u32,
    ends: u64,
}

struct Waiter {
    ticket: u64,
    weight: u32,
    waker: Waker,
}

struct State {
    limit: u32,
    window: u64,
    now: u64,
    closed: bool,
    next_ticket: u64,
    /// Those that count, in the order of their ends.
    grants: VecDeque<Grant>,
    queue: VecDeque<Waiter>,
    /// What the next poll of a future that left the queue returns, by ticket.
    settled: HashMap<u64, Outcome>,
}

impl State {
    fn used(&self) -> u32 {
        self.grants.iter().map(|grant| grant.weight).sum()
    }

    fn fits(&self, weight: u32) -> bool {
        weight <= self.limit - self.used()
    }

    fn grant(&mut self, ticket: u64, weight: u32) {
        self.grants.push_back(Grant { ticket, weight, ends: self.now + self.window });
    }

    /// Returns the wakers to call once the state is no longer borrowed.
    #[must_use]
    fn serve(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while self.queue.front().is_some_and(|first| self.fits(first.weight)) {
            let Some(first) = self.queue.pop_front() else { break };
            self.grant(first.ticket, first.weight);
            self.settled.insert(first.ticket, Ok(self.now));
            wakers.push(first.waker);
        }
        wakers
    }

    #[must_use]
    fn advance(&mut self, now: u64) -> Vec<Waker> {
        self.now = self.now.max(now);
        while self.grants.front().is_some_and(|grant| grant.ends <= self.now) {
            self.grants.pop_front();
        }
        self.serve()
    }

    #[must_use]
    fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        let waiters = std::mem::take(&mut self.queue);
        self.settled.extend(waiters.iter().map(|waiter| (waiter.ticket, Err(AcquireError::Closed))));
        waiters.into_iter().map(|waiter| waiter.waker).collect()
    }

    #[must_use]
    fn abandon(&mut self, ticket: u64) -> Vec<Waker> {
        match self.settled.remove(&ticket) {
            Some(_) => self.grants.retain(|grant| grant.ticket != ticket),
            None => self.queue.retain(|waiter| waiter.ticket != ticket),
        }
        self.serve()
    }

    fn deadline(&self) -> Option<u64> {
        let mut missing = self.queue.front()?.weight.saturating_sub(self.limit - self.used());
        for grant in &self.grants {
            missing = missing.saturating_sub(grant.weight);
            if missing == 0 {
                return Some(grant.ends);
            }
        }
        None
    }
}

/// A handle of a limiter; clones are handles of the same one.
#[derive(Clone)]
pub struct Limiter {
    state: Rc<RefCell<State>>,
}

impl Limiter {
    pub fn new(limit: u32, window: u64) -> Limiter {
        let (grants, queue, settled) = (VecDeque::new(), VecDeque::new(), HashMap::new());
        let state = State { limit, window, now: 0, closed: false, next_ticket: 0, grants, queue, settled };
        Limiter { state: Rc::new(RefCell::new(state)) }
    }

    pub fn acquire(&self, weight: u32) -> Acquire {
        Acquire { state: Rc::clone(&self.state), weight, stage: Stage::New }
    }

    pub fn advance(&self, now: u64) {
        let wakers = self.state.borrow_mut().advance(now);
        wake(wakers);
    }

    pub fn close(&self) {
        let wakers = self.state.borrow_mut().close();
        wake(wakers);
    }

    pub fn used(&self) -> u32 {
        self.state.borrow().used()
    }

    pub fn waiting(&self) -> usize {
        self.state.borrow().queue.len()
    }

    pub fn deadline(&self) -> Option<u64> {
        self.state.borrow().deadline()
    }
}

/// The state must not be borrowed: a waker may use the limiter.
fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

enum Stage {
    New,
    /// Waiting, or settled but not told yet.
    Queued(u64),
    Done,
}

/// Becomes ready with the time of its grant.
pub struct Acquire {
    state: Rc<RefCell<State>>,
    weight: u32,
    stage: Stage,
}

impl Acquire {
    fn start(&mut self, waker: &Waker) -> Poll<Outcome> {
        let mut state = self.state.borrow_mut();
        if self.weight == 0 || self.weight > state.limit {
            return Poll::Ready(Err(AcquireError::BadWeight));
        }
        if state.closed {
            return Poll::Ready(Err(AcquireError::Closed));
        }
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        if state.queue.is_empty() && state.fits(self.weight) {
            state.grant(ticket, self.weight);
            return Poll::Ready(Ok(state.now));
        }
        state.queue.push_back(Waiter { ticket, weight: self.weight, waker: waker.clone() });
        self.stage = Stage::Queued(ticket);
        Poll::Pending
    }

    fn resume(&mut self, ticket: u64, waker: &Waker) -> Poll<Outcome> {
        let mut state = self.state.borrow_mut();
        if let Some(outcome) = state.settled.remove(&ticket) {
            return Poll::Ready(outcome);
        }
        if let Some(waiter) = state.queue.iter_mut().find(|waiter| waiter.ticket == ticket) {
            waiter.waker.clone_from(waker);
        }
        Poll::Pending
    }
}

impl Future for Acquire {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let polled = match self.stage {
            Stage::New => self.start(context.waker()),
            Stage::Queued(ticket) => self.resume(ticket, context.waker()),
            Stage::Done => panic!("polled after it was ready"),
        };
        if polled.is_ready() {
            self.stage = Stage::Done;
        }
        polled
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if let Stage::Queued(ticket) = self.stage {
            let wakers = self.state.borrow_mut().abandon(ticket);
            wake(wakers);
        }
    }
}
