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

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// At the start of a field.
    Start,
    Plain,
    Quoted,
    /// After a quote in a quoted field: it closes the field, or is the first of two.
    Quote,
    Skipping(Reason),
}

pub struct Reader {
    separator: u8,
    limit: usize,
    /// Where the record starts that is being read.
    checkpoint: Checkpoint,
    /// Where the next byte is.
    offset: u64,
    line: u64,
    /// How many bytes of a byte order mark were read, while everything before is one.
    mark: usize,
    state: State,
    /// A `\r` was read that may belong to a line end.
    held_return: bool,
    /// The size of the record so far.
    size: usize,
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
}

impl Reader {
    pub fn new(separator: u8, limit: usize) -> Reader {
        Reader::resume(separator, limit, Checkpoint { offset: 0, line: 1, width: None })
    }

    pub fn resume(separator: u8, limit: usize, checkpoint: Checkpoint) -> Reader {
        Reader {
            separator,
            limit,
            checkpoint,
            offset: checkpoint.offset,
            line: checkpoint.line,
            mark: 0,
            state: State::Start,
            held_return: false,
            size: 0,
            fields: Vec::new(),
            field: Vec::new(),
        }
    }

    pub fn feed(&mut self, chunk: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for &byte in chunk {
            let may_be_mark = self.offset == self.mark as u64 && self.mark < BYTE_ORDER_MARK.len();
            self.offset += 1;
            if may_be_mark && byte == BYTE_ORDER_MARK[self.mark] {
                self.mark += 1;
                continue;
            }
            if may_be_mark {
                self.take_unfinished_mark();
            }
            events.extend(self.take(byte));
        }
        events
    }

    /// The event of the last record, if it has no line end.
    pub fn finish(mut self) -> Option<Event> {
        if self.offset == self.mark as u64 && self.mark < BYTE_ORDER_MARK.len() {
            self.take_unfinished_mark();
        }
        if self.held_return {
            self.take_data(b'\r');
        }
        if self.state == State::Quoted {
            self.state = State::Skipping(Reason::Unclosed);
        }
        self.end_record()
    }

    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// What looked like a byte order mark is data. It contains no line end, so no record ends.
    fn take_unfinished_mark(&mut self) {
        for &byte in &BYTE_ORDER_MARK[..self.mark] {
            self.take_data(byte);
        }
    }

    fn take(&mut self, byte: u8) -> Option<Event> {
        if byte == b'\n' {
            self.line += 1;
            self.held_return = false;
            if self.state == State::Quoted {
                self.take_data(byte);
            }
            // Between quotes the record goes on, unless this very byte makes it too long.
            return if self.state == State::Quoted { None } else { self.end_record() };
        }
        if self.held_return {
            self.held_return = false;
            self.take_data(b'\r');
        }
        if byte == b'\r' && self.state != State::Quoted {
            self.held_return = true;
        } else {
            self.take_data(byte);
        }
        None
    }

    /// Takes a byte that belongs to the record.
    fn take_data(&mut self, byte: u8) {
        if let State::Skipping(_) = self.state {
            return;
        }
        self.size += 1;
        if self.size > self.limit {
            self.state = State::Skipping(Reason::TooLong);
            return;
        }
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::Quote,
            (State::Start, b'"') => State::Quoted,
            (State::Plain, b'"') => State::Skipping(Reason::BareQuote),
            (State::Start | State::Plain | State::Quote, byte) if byte == self.separator => {
                self.fields.push(std::mem::take(&mut self.field));
                State::Start
            }
            (State::Quote, byte) if byte != b'"' => State::Skipping(Reason::AfterQuote),
            (state, byte) => {
                self.field.push(byte);
                match state {
                    State::Start => State::Plain,
                    State::Quote => State::Quoted,
                    same => same,
                }
            }
        };
    }

    fn end_record(&mut self) -> Option<Event> {
        let line = self.checkpoint.line;
        let mut fields = std::mem::take(&mut self.fields);
        fields.push(std::mem::take(&mut self.field));
        let event = match self.state {
            State::Skipping(reason) => Some(Event::Bad { line, reason }),
            _ if self.size == 0 => None,
            _ => Some(self.row(line, fields)),
        };
        self.checkpoint = Checkpoint { offset: self.offset, line: self.line, ..self.checkpoint };
        self.state = State::Start;
        self.size = 0;
        event
    }

    fn row(&mut self, line: u64, fields: Vec<Vec<u8>>) -> Event {
        let Ok(fields) = fields.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>() else {
            return Event::Bad { line, reason: Reason::NotUtf8 };
        };
        if *self.checkpoint.width.get_or_insert(fields.len()) != fields.len() {
            return Event::Bad { line, reason: Reason::Width };
        }
        Event::Row { line, fields }
    }
}
