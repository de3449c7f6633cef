use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use submission::{Acquire, AcquireError, Limiter};

/// What a waker saw: its label, then what the limiter said of `waiting`, `used` and `deadline`.
type Call = (usize, usize, u32, Option<u64>);

#[derive(Default)]
struct World {
    limiters: Vec<Limiter>,
    futures: Vec<Option<Pin<Box<Acquire>>>>,
    calls: Vec<Call>,
    /// A label, and the future that its waker drops.
    drops: Vec<(usize, usize)>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

fn world<T>(action: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with(|world| action(&mut world.borrow_mut()))
}

fn limiter(number: usize) -> Limiter {
    world(|world| world.limiters[number].clone())
}

struct Recorder {
    limiter: usize,
    label: usize,
}

impl Wake for Recorder {
    fn wake(self: Arc<Self>) {
        let limiter = limiter(self.limiter);
        let call = (self.label, limiter.waiting(), limiter.used(), limiter.deadline());
        let to_drop = world(|world| {
            world.calls.push(call);
            let at = world.drops.iter().position(|(label, _)| *label == self.label);
            at.and_then(|at| world.drops.remove(at).1.into())
        });
        if let Some(future) = to_drop {
            release(future);
        }
    }
}

fn add(limiter: Limiter) -> usize {
    world(|world| {
        world.limiters.push(limiter);
        world.limiters.len() - 1
    })
}

fn acquire(number: usize, weight: u32) -> usize {
    let future = limiter(number).acquire(weight);
    world(|world| {
        world.futures.push(Some(Box::pin(future)));
        world.futures.len() - 1
    })
}

fn poll(number: usize, limiter: usize, label: usize) -> String {
    let mut future = world(|world| world.futures[number].take()).expect("the future is not dropped");
    let waker = Waker::from(Arc::new(Recorder { limiter, label }));
    let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
    world(|world| world.futures[number] = Some(future));
    match polled {
        Poll::Pending => "pending".to_string(),
        Poll::Ready(Ok(time)) => format!("granted {time}"),
        Poll::Ready(Err(AcquireError::BadWeight)) => "BadWeight".to_string(),
        Poll::Ready(Err(AcquireError::Closed)) => "Closed".to_string(),
    }
}

/// The world must not be borrowed while the future is dropped: that may call wakers.
fn release(number: usize) {
    let future = world(|world| world.futures[number].take());
    drop(future);
}

fn main() {
    driver::Operations::new()
        .add("new", |(limit, window): (u32, u64)| {
            // One process serves several tests.
            world(|world| world.calls.clear());
            add(Limiter::new(limit, window))
        })
        .add("clone", |(number,): (usize,)| add(limiter(number)))
        .add("acquire", |(number, weight): (usize, u32)| acquire(number, weight))
        .add("poll", |(future, number, label): (usize, usize, usize)| poll(future, number, label))
        .add("drop", |(future,): (usize,)| release(future))
        .add("drop_on_wake", |(label, future): (usize, usize)| world(|world| world.drops.push((label, future))))
        .add("advance", |(number, now): (usize, u64)| limiter(number).advance(now))
        .add("close", |(number,): (usize,)| limiter(number).close())
        .add("state", |(number,): (usize,)| {
            let limiter = limiter(number);
            (limiter.waiting(), limiter.used(), limiter.deadline())
        })
        .add("calls", |(): ()| world(|world| std::mem::take(&mut world.calls)))
        .serve();
}
