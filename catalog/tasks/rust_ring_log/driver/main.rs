use driver::{Objects, Operations};
use std::cell::RefCell;
use submission::{AppendError, Kind, Read, RingLog};

fn append(log: &mut RingLog, payload: &[u8]) -> Result<u64, String> {
    log.append(payload).map_err(|error| match error {
        AppendError::TooLarge => "TooLarge".to_string(),
        AppendError::Blocked(id) => format!("Blocked {id}"),
    })
}

fn read(log: &mut RingLog, id: usize) -> Option<(&'static str, u64, Vec<u8>)> {
    Some(match log.read(id)? {
        Read::Record(number, payload) => ("record", number, payload),
        Read::Lost(count) => ("lost", count, Vec::new()),
        Read::Empty => ("empty", 0, Vec::new()),
    })
}

fn main() {
    let logs: RefCell<Objects<RingLog>> = RefCell::default();
    Operations::new()
        .add("new", |(capacity,): (usize,)| logs.borrow_mut().add(RingLog::new(capacity)))
        .add("storage", |(log,): (usize,)| logs.borrow_mut().get(log).storage().to_vec())
        .add("range", |(log,): (usize,)| logs.borrow_mut().get(log).range())
        .add_fallible("append", |(log, payload): (usize, Vec<u8>)| append(logs.borrow_mut().get(log), &payload))
        .add("subscribe", |(log, holding, from): (usize, bool, u64)| {
            logs.borrow_mut().get(log).subscribe(if holding { Kind::Holding } else { Kind::Lossy }, from)
        })
        .add("read", |(log, id): (usize, usize)| read(logs.borrow_mut().get(log), id))
        .add("unsubscribe", |(log, id): (usize, usize)| logs.borrow_mut().get(log).unsubscribe(id))
        .add("truncate", |(log, before): (usize, u64)| logs.borrow_mut().get(log).truncate(before))
        .serve();
}
