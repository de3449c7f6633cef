use std::collections::VecDeque;

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

struct Reader {
    kind: Kind,
    wants: u64,
}

/// Where a record is: its length starts at `offset`, its payload has `length` bytes.
#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    length: usize,
}

const PREFIX: usize = 2;

impl Place {
    fn size(self) -> usize {
        PREFIX + self.length
    }
}

/// A log that keeps its newest records in a fixed number of bytes.
pub struct RingLog {
    storage: Vec<u8>,
    /// The offset at which the next record starts.
    head: usize,
    /// The records that are kept, the oldest first.
    places: VecDeque<Place>,
    next: u64,
    /// By id; None for a reader that is gone.
    readers: Vec<Option<Reader>>,
}

impl RingLog {
    pub fn new(capacity: usize) -> RingLog {
        RingLog { storage: vec![0; capacity], head: 0, places: VecDeque::new(), next: 0, readers: Vec::new() }
    }

    /// All bytes of the log, whether they are in use or not.
    pub fn storage(&self) -> &[u8] {
        &self.storage
    }

    /// The number of the oldest record that is kept, and the number of the next.
    pub fn range(&self) -> (u64, u64) {
        (self.next - self.places.len() as u64, self.next)
    }

    pub fn append(&mut self, payload: &[u8]) -> Result<u64, AppendError> {
        let Ok(length) = u16::try_from(payload.len()) else { return Err(AppendError::TooLarge) };
        let place = Place { offset: self.head, length: payload.len() };
        if place.size() > self.storage.len() {
            return Err(AppendError::TooLarge);
        }
        let dropped = self.count_to_drop(place.size());
        if let Some(id) = self.blocking_reader(dropped) {
            return Err(AppendError::Blocked(id));
        }
        self.places.drain(..dropped);
        for &byte in length.to_be_bytes().iter().chain(payload) {
            self.storage[self.head] = byte;
            self.head = (self.head + 1) % self.storage.len();
        }
        self.places.push_back(place);
        self.next += 1;
        Ok(self.next - 1)
    }

    pub fn subscribe(&mut self, kind: Kind, from: u64) -> usize {
        self.readers.push(Some(Reader { kind, wants: from }));
        self.readers.len() - 1
    }

    pub fn read(&mut self, id: usize) -> Option<Read> {
        let (oldest, next) = self.range();
        let reader = self.readers.get_mut(id)?.as_mut()?;
        let number = reader.wants;
        if number >= next {
            return Some(Read::Empty);
        }
        if number < oldest {
            reader.wants = oldest;
            return Some(Read::Lost(oldest - number));
        }
        reader.wants += 1;
        Some(Read::Record(number, self.payload(self.places[(number - oldest) as usize])))
    }

    pub fn unsubscribe(&mut self, id: usize) -> bool {
        self.readers.get_mut(id).and_then(Option::take).is_some()
    }

    pub fn truncate(&mut self, before: u64) {
        let (oldest, next) = self.range();
        let dropped = before.min(next).saturating_sub(oldest);
        self.places.drain(..dropped as usize);
    }

    /// How many of the oldest records leave room for `size` bytes when they are dropped.
    fn count_to_drop(&self, size: usize) -> usize {
        let mut used: usize = self.places.iter().map(|place| place.size()).sum();
        let mut count = 0;
        while used + size > self.storage.len() {
            used -= self.places[count].size();
            count += 1;
        }
        count
    }

    /// The first holding reader that has not read all of the `dropped` oldest records.
    fn blocking_reader(&self, dropped: usize) -> Option<usize> {
        let kept_from = self.range().0 + dropped as u64;
        let blocks = |reader: &Reader| reader.kind == Kind::Holding && reader.wants < kept_from;
        self.readers.iter().position(|reader| dropped > 0 && reader.as_ref().is_some_and(blocks))
    }

    fn payload(&self, place: Place) -> Vec<u8> {
        let start = place.offset + PREFIX;
        (start..start + place.length).map(|at| self.storage[at % self.storage.len()]).collect()
    }
}
