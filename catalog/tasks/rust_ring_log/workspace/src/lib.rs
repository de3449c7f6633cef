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

/// A log that keeps its newest records in a fixed number of bytes.
pub struct RingLog {}

impl RingLog {
    pub fn new(capacity: usize) -> RingLog {
        todo!("not implemented")
    }

    /// All bytes of the log, whether they are in use or not.
    pub fn storage(&self) -> &[u8] {
        todo!("not implemented")
    }

    /// The number of the oldest record that is kept, and the number of the next.
    pub fn range(&self) -> (u64, u64) {
        todo!("not implemented")
    }

    pub fn append(&mut self, payload: &[u8]) -> Result<u64, AppendError> {
        todo!("not implemented")
    }

    pub fn subscribe(&mut self, kind: Kind, from: u64) -> usize {
        todo!("not implemented")
    }

    pub fn read(&mut self, id: usize) -> Option<Read> {
        todo!("not implemented")
    }

    pub fn unsubscribe(&mut self, id: usize) -> bool {
        todo!("not implemented")
    }

    pub fn truncate(&mut self, before: u64) {
        todo!("not implemented")
    }
}
