#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    TooLong,
    BareQuote,
    AfterQuote,
    Unclosed,
    NotUtf8,
    Width,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Row { line: u64, fields: Vec<String> },
    Bad { line: u64, reason: Reason },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub offset: u64,
    pub line: u64,
    pub width: Option<usize>,
}

pub struct Reader {}

impl Reader {
    pub fn new(separator: u8, limit: usize) -> Reader {
        todo!("not implemented")
    }

    pub fn resume(separator: u8, limit: usize, checkpoint: Checkpoint) -> Reader {
        todo!("not implemented")
    }

    pub fn feed(&mut self, chunk: &[u8]) -> Vec<Event> {
        todo!("not implemented")
    }

    /// The event of the last record, if it has no line end.
    pub fn finish(self) -> Option<Event> {
        todo!("not implemented")
    }

    pub fn checkpoint(&self) -> Checkpoint {
        todo!("not implemented")
    }
}
