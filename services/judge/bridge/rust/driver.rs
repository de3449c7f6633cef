//! Serves the operations of a submission to tests in another sandbox.
//!
//! ```
//! driver::Operations::new()
//!     .add("add", |(a, b): (i64, i64)| submission::add(a, b))
//!     .add_fallible("divide", |(a, b): (i64, i64)| submission::divide(a, b))
//!     .serve();
//! ```
//!
//! An operation takes its arguments as a tuple, and returns a value, or a `Result` whose error can be displayed.

mod json;

pub use json::{FromJson, ToJson, Value};
use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::FromRawFd;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// What the tests get instead of a value. `kind` is the name of the error's type, or "panic".
pub struct Failure {
    pub kind: String,
    pub message: String,
}

type Operation<'a> = Box<dyn FnMut(&Value) -> Result<Value, Failure> + 'a>;

#[derive(Default)]
pub struct Operations<'a> {
    by_name: BTreeMap<&'static str, Operation<'a>>,
}

impl<'a> Operations<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add<A: FromJson, R: ToJson>(mut self, name: &'static str, mut operation: impl FnMut(A) -> R + 'a) -> Self {
        self.by_name.insert(name, Box::new(move |given| Ok(operation(arguments(given)?).to_json())));
        self
    }

    pub fn add_fallible<A: FromJson, R: ToJson, E: Display>(
        mut self,
        name: &'static str,
        mut operation: impl FnMut(A) -> Result<R, E> + 'a,
    ) -> Self {
        let answer = move |given: &Value| match operation(arguments(given)?) {
            Ok(value) => Ok(value.to_json()),
            Err(error) => Err(failure(short_name::<E>(), error.to_string())),
        };
        self.by_name.insert(name, Box::new(answer));
        self
    }

    /// Answers requests until there are no more. The channel is at descriptors 3 and 4, so what the submission prints
    /// does not disturb it.
    pub fn serve(mut self) {
        // SAFETY: the judge opened both for this program, and nothing else in it owns them.
        let (requests, mut replies) = unsafe { (File::from_raw_fd(3), File::from_raw_fd(4)) };
        for line in BufReader::new(requests).lines() {
            let Ok(line) = line else { return };
            let Ok(request) = Value::parse(&line) else { return };
            let reply = format!("{}\n", self.answer(&request));
            if replies.write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&mut self, request: &Value) -> Value {
        let mut reply = BTreeMap::from([("id".to_string(), request.get("id").clone())]);
        match self.perform(request) {
            Ok(value) => reply.insert("value".to_string(), value),
            Err(failed) => {
                let error = [("kind", failed.kind), ("message", failed.message)];
                let error = error.map(|(key, text)| (key.to_string(), Value::String(text)));
                reply.insert("error".to_string(), Value::Object(BTreeMap::from(error)))
            }
        };
        Value::Object(reply)
    }

    fn perform(&mut self, request: &Value) -> Result<Value, Failure> {
        let name = String::from_json(request.get("op")).unwrap_or_default();
        let operation = self.by_name.get_mut(name.as_str());
        let operation = operation.ok_or_else(|| failure("LookupError", format!("the driver has no operation {name}")))?;
        let result = catch_unwind(AssertUnwindSafe(|| operation(request.get("args"))));
        result.unwrap_or_else(|cause| {
            let text = cause.downcast_ref::<String>().cloned();
            let text = text.or_else(|| cause.downcast_ref::<&str>().map(|text| text.to_string()));
            Err(failure("panic", text.unwrap_or_default()))
        })
    }
}

/// Keeps what operations create, so that later requests can name it by number.
pub struct Objects<T> {
    items: Vec<T>,
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self { items: Vec::new() }
    }
}

impl<T> Objects<T> {
    pub fn add(&mut self, object: T) -> usize {
        self.items.push(object);
        self.items.len()
    }

    /// Panics if there is no object of that number.
    pub fn get(&mut self, number: usize) -> &mut T {
        let at = number.checked_sub(1).expect("objects have numbers from 1");
        self.items.get_mut(at).expect("there is no object of this number")
    }
}

fn arguments<A: FromJson>(given: &Value) -> Result<A, Failure> {
    A::from_json(given).map_err(|message| failure("TypeError", message))
}

fn failure(kind: impl Into<String>, message: impl Into<String>) -> Failure {
    Failure { kind: kind.into(), message: message.into() }
}

/// The name of a type without its module.
fn short_name<E>() -> &'static str {
    type_name::<E>().rsplit("::").next().unwrap_or("")
}
