use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireError {
    BadWeight,
    Closed,
}

/// A handle of a limiter; clones are handles of the same one.
#[derive(Clone)]
pub struct Limiter {}

impl Limiter {
    pub fn new(limit: u32, window: u64) -> Limiter {
        todo!("not implemented")
    }

    pub fn acquire(&self, weight: u32) -> Acquire {
        todo!("not implemented")
    }

    pub fn advance(&self, now: u64) {
        todo!("not implemented")
    }

    pub fn close(&self) {
        todo!("not implemented")
    }

    pub fn used(&self) -> u32 {
        todo!("not implemented")
    }

    pub fn waiting(&self) -> usize {
        todo!("not implemented")
    }

    pub fn deadline(&self) -> Option<u64> {
        todo!("not implemented")
    }
}

/// Becomes ready with the time of its grant.
pub struct Acquire {}

impl Future for Acquire {
    type Output = Result<u64, AcquireError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        todo!("not implemented")
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {}
}
