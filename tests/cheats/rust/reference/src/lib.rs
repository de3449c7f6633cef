use std::fmt;

mod order;

pub struct Lru {
    capacity: usize,
    entries: order::Entries,
}

#[derive(Debug)]
pub struct CapacityError;

impl fmt::Display for CapacityError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the capacity is 0")
    }
}

impl Lru {
    pub fn new(capacity: usize) -> Result<Lru, CapacityError> {
        if capacity == 0 {
            return Err(CapacityError);
        }
        println!("a cache for {capacity}");
        Ok(Lru { capacity, entries: Vec::new() })
    }

    pub fn put(&mut self, key: &str, value: i64) {
        order::remove(&mut self.entries, key);
        self.entries.push((key.to_string(), value));
        if self.entries.len() > self.capacity {
            self.entries.remove(0);
        }
    }

    pub fn get(&mut self, key: &str) -> Option<i64> {
        let value = order::remove(&mut self.entries, key)?;
        self.entries.push((key.to_string(), value));
        Some(value)
    }

    pub fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|(key, _)| key.clone()).collect()
    }
}
