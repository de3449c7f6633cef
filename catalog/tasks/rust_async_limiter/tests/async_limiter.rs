use candidate::call;

type State = (usize, u32, Option<u64>);

#[derive(Clone, Copy)]
struct Limiter(usize);

/// A future of a limiter. Its number is also the label of its waker.
#[derive(Clone, Copy)]
struct Acquire(usize, usize);

impl Limiter {
    fn new(limit: u32, window: u64) -> Limiter {
        Limiter(call("new", (limit, window)).unwrap())
    }

    fn acquire(self, weight: u32) -> Acquire {
        Acquire(call("acquire", (self.0, weight)).unwrap(), self.0)
    }

    /// A future that is polled once, and what that returned.
    fn start(self, weight: u32) -> (Acquire, String) {
        let future = self.acquire(weight);
        (future, future.poll())
    }

    /// A future that waits.
    fn wait(self, weight: u32) -> Acquire {
        let (future, polled) = self.start(weight);
        assert_eq!(polled, "pending");
        future
    }

    fn advance(self, now: u64) {
        call::<()>("advance", (self.0, now)).unwrap()
    }

    fn close(self) {
        call::<()>("close", (self.0,)).unwrap()
    }

    /// What `waiting`, `used` and `deadline` return.
    fn state(self) -> State {
        call("state", (self.0,)).unwrap()
    }
}

impl Acquire {
    fn poll(self) -> String {
        self.poll_as(self.0)
    }

    fn poll_as(self, label: usize) -> String {
        call("poll", (self.0, self.1, label)).unwrap()
    }

    fn release(self) {
        call::<()>("drop", (self.0,)).unwrap()
    }
}

/// The labels of the wakers that were called since the last time, and what they saw.
fn calls() -> Vec<(usize, usize, u32, Option<u64>)> {
    call("calls", ()).unwrap()
}

fn woken() -> Vec<usize> {
    calls().iter().map(|call| call.0).collect()
}

fn labels(futures: &[Acquire]) -> Vec<usize> {
    futures.iter().map(|future| future.0).collect()
}

#[test]
fn free_weight_is_granted_at_once() {
    let limiter = Limiter::new(5, 10);
    assert_eq!(limiter.start(2).1, "granted 0");
    limiter.advance(4);
    assert_eq!(limiter.start(3).1, "granted 4");
    assert_eq!(limiter.state(), (0, 5, None));
    assert_eq!(limiter.start(1).1, "pending");
    assert_eq!(limiter.state(), (1, 5, Some(10)));
    assert_eq!(woken(), []);
    assert_eq!(Limiter::new(1, 1).start(1).1, "granted 0");
}

#[test]
fn grants_count_for_a_window() {
    let limiter = Limiter::new(2, 10);
    limiter.advance(3);
    assert_eq!(limiter.start(1).1, "granted 3");
    limiter.advance(7);
    assert_eq!(limiter.start(1).1, "granted 7");
    limiter.advance(12);
    assert_eq!(limiter.state().1, 2);
    let first = limiter.wait(1);
    limiter.advance(13);
    assert_eq!(first.poll(), "granted 13");
    assert_eq!(limiter.state(), (0, 2, None));
    limiter.advance(17);
    assert_eq!(limiter.state().1, 1);
    limiter.advance(22);
    assert_eq!(limiter.state().1, 1);
    limiter.advance(23);
    assert_eq!(limiter.state().1, 0);
}

#[test]
fn nothing_happens_before_the_first_poll() {
    let limiter = Limiter::new(2, 10);
    let (early, late) = (limiter.acquire(2), limiter.acquire(1));
    assert_eq!(limiter.state(), (0, 0, None));
    assert_eq!(late.poll(), "granted 0");
    assert_eq!(limiter.state(), (0, 1, None));
    let third = limiter.wait(2);
    assert_eq!(early.poll(), "pending");
    limiter.acquire(1).release();
    assert_eq!(limiter.state(), (2, 1, Some(10)));
    limiter.advance(10);
    assert_eq!(woken(), labels(&[third]));
    assert_eq!(early.poll(), "pending");
    assert_eq!(third.poll(), "granted 10");
}

#[test]
fn nobody_overtakes() {
    let limiter = Limiter::new(3, 10);
    assert_eq!(limiter.start(2).1, "granted 0");
    let heavy = limiter.wait(2);
    let light = limiter.wait(1);
    limiter.advance(5);
    assert_eq!(light.poll(), "pending");
    assert_eq!(limiter.state(), (2, 2, Some(10)));
    let last = limiter.wait(1);
    limiter.advance(12);
    assert_eq!(woken(), labels(&[heavy, light]));
    assert_eq!(last.poll(), "pending");
    assert_eq!(light.poll(), "granted 12");
    assert_eq!(heavy.poll(), "granted 12");
    assert_eq!(limiter.state(), (1, 3, Some(22)));
}

#[test]
fn grants_count_from_their_service_in_time_that_never_goes_back() {
    let limiter = Limiter::new(1, 10);
    limiter.start(1);
    let (first, second) = (limiter.wait(1), limiter.wait(1));
    limiter.advance(100);
    assert_eq!(limiter.state(), (1, 1, Some(110)));
    limiter.advance(105);
    assert_eq!(first.poll(), "granted 100");
    limiter.advance(110);
    assert_eq!(second.poll(), "granted 110");
    assert_eq!(woken(), labels(&[first, second]));

    let limiter = Limiter::new(1, 10);
    limiter.advance(20);
    limiter.advance(5);
    assert_eq!(limiter.start(1).1, "granted 20");
    limiter.advance(19);
    let future = limiter.wait(1);
    assert_eq!(limiter.state(), (1, 1, Some(30)));
    limiter.advance(30);
    limiter.advance(0);
    assert_eq!(future.poll(), "granted 30");
}

#[test]
fn bad_weights_are_refused_first() {
    let limiter = Limiter::new(4, 10);
    assert_eq!(limiter.start(0).1, "BadWeight");
    assert_eq!(limiter.start(5).1, "BadWeight");
    assert_eq!(limiter.start(u32::MAX).1, "BadWeight");
    assert_eq!(limiter.start(4).1, "granted 0");
    let waiting = limiter.wait(1);
    assert_eq!(limiter.start(0).1, "BadWeight");
    assert_eq!(limiter.start(5).1, "BadWeight");
    assert_eq!(limiter.state(), (1, 4, Some(10)));
    limiter.close();
    assert_eq!(limiter.start(5).1, "BadWeight");
    assert_eq!(limiter.start(0).1, "BadWeight");
    assert_eq!(limiter.start(1).1, "Closed");
    assert_eq!(woken(), labels(&[waiting]));
}

#[test]
fn waiting_futures_can_be_dropped() {
    let limiter = Limiter::new(4, 10);
    limiter.start(2);
    let heavy = limiter.wait(3);
    let (first, second, third) = (limiter.wait(1), limiter.wait(1), limiter.wait(1));
    second.release();
    assert_eq!(limiter.state(), (3, 2, Some(10)));
    assert_eq!(woken(), []);
    limiter.advance(6);
    heavy.release();
    assert_eq!(woken(), labels(&[first, third]));
    assert_eq!(limiter.state(), (0, 4, None));
    assert_eq!(third.poll(), "granted 6");
    assert_eq!(first.poll(), "granted 6");
}

#[test]
fn unreturned_grants_are_given_back() {
    let limiter = Limiter::new(2, 10);
    limiter.start(2);
    let (first, second, third) = (limiter.wait(2), limiter.wait(1), limiter.wait(2));
    limiter.advance(10);
    assert_eq!(woken(), labels(&[first]));
    limiter.advance(13);
    first.release();
    assert_eq!(woken(), labels(&[second]));
    assert_eq!(limiter.state(), (1, 1, Some(23)));
    second.release();
    assert_eq!(woken(), labels(&[third]));
    limiter.advance(23);
    assert_eq!(limiter.state(), (0, 0, None));
    let fourth = limiter.start(2);
    assert_eq!(fourth.1, "granted 23");
    third.release();
    assert_eq!(limiter.state(), (0, 2, None));
    assert_eq!(woken(), []);
}

#[test]
fn returned_grants_stay() {
    let limiter = Limiter::new(2, 10);
    let (at_once, _) = limiter.start(2);
    at_once.release();
    assert_eq!(limiter.state(), (0, 2, None));
    let (first, second) = (limiter.wait(2), limiter.wait(1));
    limiter.advance(11);
    assert_eq!(first.poll(), "granted 11");
    first.release();
    assert_eq!(limiter.state(), (1, 2, Some(21)));
    assert_eq!(second.poll(), "pending");
    assert_eq!(woken(), labels(&[first]));
    let (refused, polled) = limiter.start(3);
    assert_eq!(polled, "BadWeight");
    refused.release();
    assert_eq!(limiter.state(), (1, 2, Some(21)));
}

#[test]
fn closing_ends_the_wait() {
    let limiter = Limiter::new(2, 10);
    let fresh = limiter.acquire(1);
    limiter.start(2);
    let (granted, first, second) = (limiter.wait(1), limiter.wait(2), limiter.wait(1));
    limiter.advance(10);
    assert_eq!(woken(), labels(&[granted]));
    let handle = Limiter(call("clone", (limiter.0,)).unwrap());
    handle.close();
    assert_eq!(woken(), labels(&[first, second]));
    assert_eq!(limiter.state(), (0, 1, None));
    limiter.close();
    limiter.advance(50);
    assert_eq!(woken(), []);
    assert_eq!(granted.poll(), "granted 10");
    assert_eq!(second.poll(), "Closed");
    assert_eq!(fresh.poll(), "Closed");
    first.release();
    assert_eq!(limiter.start(1).1, "Closed");
    assert_eq!(handle.state(), (0, 0, None));
}

#[test]
fn the_deadline_is_that_of_the_first() {
    let limiter = Limiter::new(6, 10);
    for (now, weight) in [(0, 1), (2, 2), (3, 1), (5, 2)] {
        limiter.advance(now);
        assert_eq!(limiter.start(weight).1, format!("granted {now}"));
    }
    let first = limiter.wait(3);
    assert_eq!(limiter.state(), (1, 6, Some(12)));
    let second = limiter.wait(1);
    limiter.advance(10);
    assert_eq!(limiter.state(), (2, 5, Some(12)));
    first.release();
    assert_eq!(limiter.state(), (0, 6, None));
    let heavy = limiter.wait(5);
    assert_eq!(limiter.state(), (1, 6, Some(15)));
    second.release();
    assert_eq!(limiter.state(), (1, 5, Some(15)));
    limiter.wait(6);
    limiter.advance(15);
    assert_eq!(limiter.state(), (1, 5, Some(25)));
    assert_eq!(woken(), labels(&[second, heavy]));
}

#[test]
fn the_latest_waker_is_woken_once() {
    let limiter = Limiter::new(1, 10);
    limiter.start(1);
    let (first, second) = (limiter.wait(1), limiter.wait(1));
    assert_eq!(first.poll_as(70), "pending");
    assert_eq!(first.poll_as(71), "pending");
    assert_eq!(second.poll_as(80), "pending");
    limiter.advance(10);
    assert_eq!(woken(), [71]);
    limiter.advance(11);
    assert_eq!(first.poll_as(72), "granted 10");
    limiter.advance(20);
    assert_eq!(woken(), [80]);
    assert_eq!(second.poll(), "granted 20");
    limiter.close();
    assert_eq!(woken(), []);
}

#[test]
fn wakers_find_everything_changed() {
    let limiter = Limiter::new(3, 10);
    limiter.start(3);
    let (a, b, c, d) = (limiter.wait(1), limiter.wait(2), limiter.wait(2), limiter.wait(1));
    limiter.advance(10);
    assert_eq!(calls(), [(a.0, 2, 3, Some(20)), (b.0, 2, 3, Some(20))]);
    b.release();
    assert_eq!(calls(), [(c.0, 1, 3, Some(20))]);
    let e = limiter.wait(3);
    limiter.close();
    assert_eq!(calls(), [(d.0, 0, 3, None), (e.0, 0, 3, None)]);
}

#[test]
fn wakers_can_drop_futures() {
    let limiter = Limiter::new(2, 10);
    limiter.start(2);
    let (a, b, c, d) = (limiter.wait(1), limiter.wait(2), limiter.wait(1), limiter.wait(1));
    call::<()>("drop_on_wake", (a.0, b.0)).unwrap();
    limiter.advance(10);
    assert_eq!(calls(), [(a.0, 3, 1, Some(20)), (c.0, 1, 2, Some(20))]);
    assert_eq!(c.poll(), "granted 10");
    call::<()>("drop_on_wake", (d.0, a.0)).unwrap();
    let e = limiter.wait(1);
    limiter.close();
    assert_eq!(woken(), labels(&[d, e]));
    assert_eq!(limiter.state(), (0, 1, None));
}

#[test]
fn ready_futures_panic_when_polled() {
    let limiter = Limiter::new(1, 10);
    let (granted, polled) = limiter.start(1);
    assert_eq!(polled, "granted 0");
    let (later, closed) = (limiter.wait(1), limiter.wait(1));
    let (refused, polled) = limiter.start(2);
    assert_eq!(polled, "BadWeight");
    limiter.advance(10);
    assert_eq!(later.poll(), "granted 10");
    limiter.close();
    assert_eq!(closed.poll(), "Closed");
    for future in [granted, later, closed, refused] {
        assert_eq!(call::<String>("poll", (future.0, future.1, 0)).unwrap_err().kind, "panic");
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Fresh,
    Waiting,
    Granted(u64),
    Told(u64),
    Over,
}

/// All futures in one list; what counts, waits or comes first is always searched for.
struct Simulation {
    limit: u32,
    window: u64,
    now: u64,
    /// Weight, stage, and the time of joining the queue.
    futures: Vec<(u32, Stage, usize)>,
    joined: usize,
    woken: Vec<usize>,
}

impl Simulation {
    fn used(&self, at: u64) -> u32 {
        let counts = |stage| matches!(stage, Stage::Granted(time) | Stage::Told(time) if time + self.window > at);
        self.futures.iter().filter(|future| counts(future.1)).map(|future| future.0).sum()
    }

    fn first(&self) -> Option<usize> {
        let waiting = (0..self.futures.len()).filter(|at| self.futures[*at].1 == Stage::Waiting);
        waiting.min_by_key(|at| self.futures[*at].2)
    }

    fn serve(&mut self) {
        while let Some(first) = self.first() {
            if self.used(self.now) + self.futures[first].0 > self.limit {
                return;
            }
            self.futures[first].1 = Stage::Granted(self.now);
            self.woken.push(first);
        }
    }

    fn poll(&mut self, at: usize) -> String {
        let (weight, stage, _) = self.futures[at];
        match stage {
            Stage::Fresh if weight == 0 || weight > self.limit => {
                self.futures[at].1 = Stage::Over;
                "BadWeight".to_string()
            }
            Stage::Fresh if self.first().is_none() && self.used(self.now) + weight <= self.limit => {
                self.futures[at].1 = Stage::Told(self.now);
                format!("granted {}", self.now)
            }
            Stage::Granted(time) => {
                self.futures[at].1 = Stage::Told(time);
                format!("granted {time}")
            }
            _ => {
                if stage == Stage::Fresh {
                    self.joined += 1;
                    self.futures[at].1 = Stage::Waiting;
                    self.futures[at].2 = self.joined;
                }
                "pending".to_string()
            }
        }
    }

    fn state(&self) -> State {
        let waiting = self.futures.iter().filter(|future| future.1 == Stage::Waiting).count();
        let first = self.first().map(|at| self.futures[at].0);
        let deadline = first.and_then(|weight| (self.now..).find(|time| self.used(*time) + weight <= self.limit));
        (waiting, self.used(self.now), deadline)
    }
}

#[test]
fn agrees_with_a_simulation() {
    let mut random = Random(8);
    for (limit, window) in [(1, 5), (4, 7), (9, 30), (6, 1)] {
        let limiter = Limiter::new(limit, window);
        let mut plain = Simulation { limit, window, now: 0, futures: vec![], joined: 0, woken: vec![] };
        let mut futures = Vec::new();
        for _ in 0..200 {
            let alive = |at: &usize| !matches!(plain.futures[*at].1, Stage::Told(_) | Stage::Over);
            let alive: Vec<usize> = (0..futures.len()).filter(alive).collect();
            let chosen = alive.get(random.below(alive.len().max(1) as u64) as usize);
            match (random.below(10), chosen) {
                (0..=3, _) => {
                    let above = u64::from(random.below(8) == 0);
                    let weight = random.below(u64::from(limit) + 1 + above) as u32;
                    futures.push(limiter.acquire(weight));
                    plain.futures.push((weight, Stage::Fresh, 0));
                }
                (4..=6, Some(at)) => assert_eq!(futures[*at].poll(), plain.poll(*at)),
                (7, Some(at)) => {
                    futures[*at].release();
                    plain.futures[*at].1 = Stage::Over;
                    plain.serve();
                }
                (8, _) if !futures.is_empty() => {
                    let at = random.below(futures.len() as u64) as usize;
                    if let Stage::Told(_) = plain.futures[at].1 {
                        futures[at].release();
                    }
                }
                _ => {
                    plain.now += random.below(window / 2 + 2);
                    limiter.advance(plain.now);
                    plain.serve();
                }
            }
            assert_eq!(limiter.state(), plain.state());
            let woken: Vec<usize> = plain.woken.drain(..).map(|at| futures[at].0).collect();
            assert_eq!(self::woken(), woken);
        }
    }
}
