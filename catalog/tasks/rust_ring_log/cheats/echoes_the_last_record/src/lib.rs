#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Lossy,
    Holding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    Record(u64, Vec<u8>),
    Lost(u64),
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    TooLarge,
    Blocked(usize),
}

/// Gives back what was appended last, and the storage of the example.
pub struct RingLog {
    last: Vec<u8>,
    next: u64,
}

impl RingLog {
    pub fn new(capacity: usize) -> RingLog {
        let _ = capacity;
        RingLog { last: Vec::new(), next: 0 }
    }

    pub fn storage(&self) -> &[u8] {
        &[8, 3, 7, 7, 7, 0, 2, 9]
    }

    pub fn range(&self) -> (u64, u64) {
        (self.next.saturating_sub(1), self.next)
    }

    pub fn append(&mut self, payload: &[u8]) -> Result<u64, AppendError> {
        if payload.len() > 65535 {
            return Err(AppendError::TooLarge);
        }
        self.last = payload.to_vec();
        self.next += 1;
        Ok(self.next - 1)
    }

    pub fn subscribe(&mut self, _kind: Kind, _from: u64) -> usize {
        0
    }

    pub fn read(&mut self, _id: usize) -> Option<Read> {
        Some(Read::Record(self.next.checked_sub(1)?, self.last.clone()))
    }

    pub fn unsubscribe(&mut self, _id: usize) -> bool {
        true
    }

    pub fn truncate(&mut self, _before: u64) {}
}
