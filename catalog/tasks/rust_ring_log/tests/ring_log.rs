use candidate::call;

#[derive(Clone, Copy)]
struct Log(usize);

#[derive(Debug, PartialEq)]
enum Read {
    Record(u64, Vec<u8>),
    Lost(u64),
    Empty,
}

impl Log {
    fn new(capacity: usize) -> Log {
        Log(call("new", (capacity,)).unwrap())
    }

    /// A log with payloads of one byte: the record of number n is [n].
    fn filled(capacity: usize, count: u8) -> Log {
        let log = Log::new(capacity);
        for number in 0..count {
            assert_eq!(log.append(&[number]), Ok(number.into()));
        }
        log
    }

    fn storage(self) -> Vec<u8> {
        call("storage", (self.0,)).unwrap()
    }

    fn range(self) -> (u64, u64) {
        call("range", (self.0,)).unwrap()
    }

    fn append(self, payload: &[u8]) -> Result<u64, String> {
        call("append", (self.0, payload)).map_err(|error| error.message)
    }

    fn lossy(self, from: u64) -> usize {
        call("subscribe", (self.0, false, from)).unwrap()
    }

    fn holding(self, from: u64) -> usize {
        call("subscribe", (self.0, true, from)).unwrap()
    }

    fn read(self, id: usize) -> Option<Read> {
        let found: Option<(String, u64, Vec<u8>)> = call("read", (self.0, id)).unwrap();
        found.map(|(name, number, payload)| match name.as_str() {
            "record" => Read::Record(number, payload),
            "lost" => Read::Lost(number),
            _ => Read::Empty,
        })
    }

    fn unsubscribe(self, id: usize) -> bool {
        call("unsubscribe", (self.0, id)).unwrap()
    }

    fn truncate(self, before: u64) {
        call::<()>("truncate", (self.0, before)).unwrap()
    }
}

fn blocked(id: usize) -> Result<u64, String> {
    Err(format!("Blocked {id}"))
}

fn too_large() -> Result<u64, String> {
    Err("TooLarge".to_string())
}

fn record(number: u8) -> Option<Read> {
    Some(Read::Record(number.into(), vec![number]))
}

#[test]
fn records_follow_their_length() {
    let log = Log::new(10);
    assert_eq!(log.storage(), [0; 10]);
    assert_eq!(log.range(), (0, 0));
    assert_eq!(log.append(&[7, 8, 9]), Ok(0));
    assert_eq!(log.append(&[255]), Ok(1));
    assert_eq!(log.storage(), [0, 3, 7, 8, 9, 0, 1, 255, 0, 0]);
    assert_eq!(log.range(), (0, 2));
}

#[test]
fn records_wrap_byte_by_byte() {
    let log = Log::new(8);
    let reader = log.lossy(1);
    log.append(&[7, 7, 7]).unwrap();
    log.append(&[9, 8]).unwrap();
    assert_eq!(log.storage(), [8, 3, 7, 7, 7, 0, 2, 9]);
    assert_eq!(log.range(), (1, 2));
    assert_eq!(log.read(reader), Some(Read::Record(1, vec![9, 8])));
    log.append(&[1, 2, 3, 4]).unwrap();
    assert_eq!(log.storage(), [8, 0, 4, 1, 2, 3, 4, 9]);
    log.append(&[5, 6, 5]).unwrap();
    assert_eq!(log.storage(), [3, 5, 6, 5, 2, 3, 4, 0]);
    assert_eq!(log.range(), (3, 4));
    assert_eq!(log.read(reader), Some(Read::Lost(1)));
    assert_eq!(log.read(reader), Some(Read::Record(3, vec![5, 6, 5])));
}

#[test]
fn as_few_as_possible_are_dropped() {
    let log = Log::filled(12, 4);
    assert_eq!(log.range(), (0, 4));
    assert_eq!(log.append(&[4]), Ok(4));
    assert_eq!(log.range(), (1, 5));
    assert_eq!(log.append(&[5, 5]), Ok(5));
    assert_eq!(log.range(), (3, 6));
    assert_eq!(log.append(&[]), Ok(6));
    assert_eq!(log.range(), (3, 7));
    assert_eq!(log.append(&[7; 10]), Ok(7));
    assert_eq!(log.range(), (7, 8));
}

#[test]
fn dropped_bytes_stay_until_they_are_overwritten() {
    let log = Log::filled(9, 2);
    log.truncate(2);
    assert_eq!(log.range(), (2, 2));
    assert_eq!(log.storage(), [0, 1, 0, 0, 1, 1, 0, 0, 0]);
    assert_eq!(log.append(&[6, 6, 6]), Ok(2));
    assert_eq!(log.storage(), [6, 6, 0, 0, 1, 1, 0, 3, 6]);
    assert_eq!(log.range(), (2, 3));
}

#[test]
fn records_that_never_fit_are_refused() {
    let log = Log::filled(6, 2);
    let reader = log.holding(0);
    assert_eq!(log.append(&[9; 5]), too_large());
    assert_eq!(log.storage(), [0, 1, 0, 0, 1, 1]);
    assert_eq!(log.range(), (0, 2));
    assert_eq!(log.append(&[9; 4]), blocked(reader));
    assert!(log.unsubscribe(reader));
    assert_eq!(log.append(&[9; 4]), Ok(2));
    assert_eq!(log.storage(), [0, 4, 9, 9, 9, 9]);
    for capacity in [0, 1] {
        assert_eq!(Log::new(capacity).append(&[]), too_large());
    }
}

#[test]
fn lengths_have_sixteen_bits() {
    let log = Log::new(65_600);
    assert_eq!(log.append(&vec![1; 65_536]), too_large());
    assert_eq!(log.append(&vec![1; 65_535]), Ok(0));
    assert_eq!(log.storage()[..4], [255, 255, 1, 1]);
    assert_eq!(log.append(&[2; 258]), Ok(1));
    assert_eq!(log.storage()[65_537..65_541], [1, 2, 2, 2]);
    assert_eq!(log.range(), (1, 2));
}

#[test]
fn empty_payloads_are_records() {
    let log = Log::new(5);
    let reader = log.lossy(0);
    for number in 0..2 {
        assert_eq!(log.append(&[]), Ok(number));
    }
    assert_eq!(log.range(), (0, 2));
    assert_eq!(log.read(reader), Some(Read::Record(0, vec![])));
    assert_eq!(log.append(&[]), Ok(2));
    assert_eq!(log.range(), (1, 3));
    assert_eq!(log.read(reader), Some(Read::Record(1, vec![])));
    assert_eq!(log.read(reader), Some(Read::Record(2, vec![])));
    assert_eq!(log.read(reader), Some(Read::Empty));
}

#[test]
fn readers_do_not_affect_each_other() {
    let log = Log::filled(30, 3);
    let (first, second) = (log.lossy(0), log.holding(1));
    assert_eq!((first, second), (0, 1));
    assert_eq!(log.read(first), record(0));
    assert_eq!(log.read(second), record(1));
    assert_eq!(log.read(first), record(1));
    assert_eq!(log.read(second), record(2));
    assert_eq!(log.read(second), Some(Read::Empty));
    assert_eq!(log.read(first), record(2));
    log.append(&[3]).unwrap();
    assert_eq!(log.read(second), record(3));
    assert_eq!(log.range(), (0, 4));
    let other = Log::filled(9, 1);
    assert_eq!(other.lossy(0), 0);
    assert_eq!(log.read(first), record(3));
}

#[test]
fn readers_learn_how_many_records_they_lost() {
    let log = Log::filled(9, 3);
    let (early, late) = (log.lossy(0), log.lossy(0));
    assert_eq!(log.read(late), record(0));
    for number in 3..8 {
        log.append(&[number]).unwrap();
    }
    assert_eq!(log.read(early), Some(Read::Lost(5)));
    assert_eq!(log.read(late), Some(Read::Lost(4)));
    assert_eq!(log.read(early), record(5));
    log.append(&[8]).unwrap();
    assert_eq!(log.read(early), record(6));
    assert_eq!(log.read(late), Some(Read::Lost(1)));
    assert_eq!(log.read(late), record(6));
}

#[test]
fn holding_readers_block() {
    let log = Log::filled(9, 3);
    let spectator = log.lossy(0);
    let (first, second, third) = (log.holding(2), log.holding(1), log.holding(1));
    assert_eq!(log.append(&[3]), Ok(3));
    assert_eq!(log.append(&[4]), blocked(second));
    assert_eq!(log.append(&[4; 4]), blocked(first));
    assert_eq!(log.range(), (1, 4));
    assert_eq!(log.storage(), [0, 1, 3, 0, 1, 1, 0, 1, 2]);
    assert_eq!(log.read(second), record(1));
    assert_eq!(log.append(&[4]), blocked(third));
    assert_eq!(log.read(third), record(1));
    assert_eq!(log.append(&[4]), Ok(4));
    assert_eq!(log.read(spectator), Some(Read::Lost(2)));
}

#[test]
fn reading_and_leaving_unblock() {
    let log = Log::filled(6, 2);
    let (first, second) = (log.holding(0), log.holding(0));
    assert_eq!(log.append(&[2]), blocked(first));
    assert_eq!(log.read(first), record(0));
    assert_eq!(log.append(&[2]), blocked(second));
    assert!(log.unsubscribe(second));
    assert_eq!(log.append(&[2]), Ok(2));
    assert_eq!(log.append(&[3]), blocked(first));
    assert_eq!(log.read(first), record(1));
    assert_eq!(log.append(&[3, 3]), blocked(first));
    assert_eq!(log.append(&[3]), Ok(3));
    assert!(log.unsubscribe(first));
    assert_eq!(log.holding(2), 2);
    assert_eq!(log.append(&[4]), blocked(2));
}

#[test]
fn readers_start_anywhere() {
    let log = Log::filled(6, 4);
    let (past, future) = (log.holding(0), log.holding(6));
    assert_eq!(log.read(future), Some(Read::Empty));
    assert_eq!(log.append(&[4]), blocked(past));
    assert_eq!(log.read(past), Some(Read::Lost(2)));
    assert_eq!(log.append(&[4]), blocked(past));
    for number in 2..4 {
        assert_eq!(log.read(past), record(number));
    }
    assert_eq!(log.read(past), Some(Read::Empty));
    assert!(log.unsubscribe(past));
    for number in 4..8 {
        assert_eq!(log.read(future), Some(Read::Empty));
        if number < 6 {
            assert_eq!(log.append(&[number]), Ok(number.into()));
        }
    }
    log.append(&[6]).unwrap();
    log.append(&[7]).unwrap();
    assert_eq!(log.append(&[8]), blocked(future));
    assert_eq!(log.read(future), record(6));
}

#[test]
fn truncate_drops_in_spite_of_readers() {
    let log = Log::filled(30, 5);
    let (holding, lossy) = (log.holding(1), log.lossy(4));
    log.truncate(3);
    assert_eq!(log.range(), (3, 5));
    log.truncate(2);
    assert_eq!(log.range(), (3, 5));
    assert_eq!(log.read(holding), Some(Read::Lost(2)));
    assert_eq!(log.read(holding), record(3));
    log.truncate(100);
    assert_eq!(log.range(), (5, 5));
    assert_eq!(log.read(lossy), Some(Read::Lost(1)));
    assert_eq!(log.read(lossy), Some(Read::Empty));
    assert_eq!(log.append(&[5; 14]), Ok(5));
    assert_eq!(log.storage()[12..19], [0, 1, 4, 0, 14, 5, 5]);
    assert_eq!(log.storage()[..4], [5, 1, 0, 0]);
    assert_eq!(log.append(&[6; 14]), blocked(holding));
    assert_eq!(log.read(holding), Some(Read::Lost(1)));
    assert_eq!(log.append(&[6; 14]), blocked(holding));
    assert_eq!(log.read(holding), Some(Read::Record(5, vec![5; 14])));
    assert_eq!(log.append(&[6; 14]), Ok(6));
}

#[test]
fn unknown_readers_get_nothing() {
    let log = Log::filled(9, 1);
    assert_eq!(log.read(0), None);
    assert!(!log.unsubscribe(0));
    let reader = log.lossy(0);
    assert_eq!(log.read(reader), record(0));
    assert!(log.unsubscribe(reader));
    assert!(!log.unsubscribe(reader));
    assert_eq!(log.read(reader), None);
    assert_eq!(log.lossy(0), 1);
    assert_eq!(log.read(1), record(0));
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Everything that was ever written, one byte after the other.
struct Tape {
    bytes: Vec<u8>,
    /// Where each record starts, and its payload.
    records: Vec<(usize, Vec<u8>)>,
    oldest: usize,
    /// Whether it holds, and what it wants.
    readers: Vec<Option<(bool, usize)>>,
}

impl Tape {
    fn append(&mut self, payload: &[u8], capacity: usize) -> Result<u64, String> {
        if payload.len() + 2 > capacity {
            return too_large();
        }
        let end = self.bytes.len() + 2 + payload.len();
        let must_go = self.records.iter().rposition(|record| end - record.0 > capacity);
        if let Some(last) = must_go.filter(|last| *last >= self.oldest) {
            let blocks = |reader: &Option<(bool, usize)>| matches!(reader, Some((true, wants)) if *wants <= last);
            if let Some(id) = self.readers.iter().position(blocks) {
                return blocked(id);
            }
            self.oldest = last + 1;
        }
        self.records.push((self.bytes.len(), payload.to_vec()));
        self.bytes.extend([0, payload.len() as u8]);
        self.bytes.extend(payload);
        Ok(self.records.len() as u64 - 1)
    }

    fn read(&mut self, id: usize) -> Option<Read> {
        let (_, wants) = self.readers.get_mut(id)?.as_mut()?;
        let lost = self.oldest.saturating_sub(*wants);
        if lost > 0 {
            *wants = self.oldest;
            return Some(Read::Lost(lost as u64));
        }
        let Some((_, payload)) = self.records.get(*wants) else { return Some(Read::Empty) };
        *wants += 1;
        Some(Read::Record(*wants as u64 - 1, payload.clone()))
    }

    fn storage(&self, capacity: usize) -> Vec<u8> {
        let mut storage = vec![0; capacity];
        for (at, byte) in self.bytes.iter().enumerate() {
            storage[at % capacity] = *byte;
        }
        storage
    }
}

#[test]
fn agrees_with_an_endless_tape() {
    let mut random = Random(5);
    for capacity in [2, 7, 16, 23, 40] {
        let log = Log::new(capacity);
        let mut tape = Tape { bytes: vec![], records: vec![], oldest: 0, readers: vec![] };
        for step in 0..120u64 {
            match random.below(20) {
                0..=7 => {
                    let length = random.below(if step % 7 == 0 { capacity as u64 } else { 6 }) as usize;
                    let payload = vec![step as u8 + 1; length];
                    assert_eq!(log.append(&payload), tape.append(&payload, capacity));
                }
                8..=15 if !tape.readers.is_empty() => {
                    let id = random.below(tape.readers.len() as u64) as usize;
                    assert_eq!(log.read(id), tape.read(id));
                }
                16 => {
                    let id = random.below(tape.readers.len() as u64 + 1) as usize;
                    let known = tape.readers.get_mut(id).is_some_and(|reader| reader.take().is_some());
                    assert_eq!(log.unsubscribe(id), known);
                }
                17 if step % 3 == 0 => {
                    let before = random.below(tape.records.len() as u64 + 3) as usize;
                    tape.oldest = tape.oldest.max(before.min(tape.records.len()));
                    log.truncate(before as u64);
                }
                _ if tape.readers.iter().flatten().count() < 4 => {
                    let from = random.below(tape.records.len() as u64 + 4);
                    let holds = random.below(2) == 0;
                    tape.readers.push(Some((holds, from as usize)));
                    let id = if holds { log.holding(from) } else { log.lossy(from) };
                    assert_eq!(id, tape.readers.len() - 1);
                }
                _ => {}
            }
            if step % 4 == 0 {
                assert_eq!(log.storage(), tape.storage(capacity));
                assert_eq!(log.range(), (tape.oldest as u64, tape.records.len() as u64));
            }
        }
    }
}
