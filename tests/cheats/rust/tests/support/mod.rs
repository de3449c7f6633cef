use candidate::call;

pub fn filled(capacity: usize, keys: &[&str]) -> usize {
    let cache = call("new", (capacity,)).unwrap();
    for (at, key) in keys.iter().enumerate() {
        call::<()>("put", (cache, key, at)).unwrap();
    }
    cache
}
