use driver::{Objects, Operations};
use std::cell::RefCell;
use submission::Lru;

fn main() {
    let caches: RefCell<Objects<Lru>> = RefCell::default();
    Operations::new()
        .add_fallible("new", |(capacity,): (usize,)| Lru::new(capacity).map(|cache| caches.borrow_mut().add(cache)))
        .add("put", |(cache, key, value): (usize, String, i64)| caches.borrow_mut().get(cache).put(&key, value))
        .add("get", |(cache, key): (usize, String)| caches.borrow_mut().get(cache).get(&key))
        .add("keys", |(cache,): (usize,)| caches.borrow_mut().get(cache).keys())
        .serve();
}
