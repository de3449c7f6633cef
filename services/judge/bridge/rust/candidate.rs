//! Calls the operations of a task's driver, which runs the submission in another sandbox.
//!
//! ```
//! let size: usize = candidate::call("size", (cache,)).unwrap();
//! ```

mod json;

pub use json::{FromJson, ToJson, Value};
use std::env;
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;
use std::sync::{Mutex, OnceLock, PoisonError};

/// An error of the submission. `kind` is the name of its type, or "panic".
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub kind: String,
    pub message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for Error {}

/// Performs an operation; `given` is a tuple. Panics, and so fails the test, if the candidate ends, does not answer or
/// returns a value of another type.
pub fn call<R: FromJson>(operation: &str, given: impl ToJson) -> Result<R, Error> {
    let reply = Value::parse(&exchange(operation, given.to_json())).expect("the bridge sends JSON");
    if let Value::String(reason) = reply.get("died") {
        panic!("{reason}");
    }
    if let error @ Value::Object(_) = reply.get("error") {
        let text = |key: &str| String::from_json(error.get(key)).unwrap_or_default();
        return Err(Error { kind: text("kind"), message: text("message") });
    }
    Ok(R::from_json(reply.get("value")).unwrap_or_else(|problem| panic!("{operation} returned {problem}")))
}

fn exchange(operation: &str, given: Value) -> String {
    static CHANNEL: OnceLock<Mutex<BufReader<File>>> = OnceLock::new();
    let channel = CHANNEL.get_or_init(|| Mutex::new(BufReader::new(open())));
    let mut channel = channel.lock().unwrap_or_else(PoisonError::into_inner);
    let given = if given == Value::Null { Value::Array(Vec::new()) } else { given };
    let request = format!("{{\"op\":{},\"args\":{given}}}\n", operation.to_json());
    channel.get_mut().write_all(request.as_bytes()).expect("the bridge is open");
    let mut reply = String::new();
    channel.read_line(&mut reply).expect("the bridge is open");
    reply
}

fn open() -> File {
    let descriptor = env::var("ASSAY_CANDIDATE_FD").ok().and_then(|text| text.parse().ok());
    // SAFETY: the judge opened it for this program, and nothing else in it owns it.
    unsafe { File::from_raw_fd(descriptor.expect("ASSAY_CANDIDATE_FD names a descriptor")) }
}
