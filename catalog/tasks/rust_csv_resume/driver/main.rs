use submission::{Checkpoint, Event, Reader, Reason};

type Given = (u64, u64, Option<usize>);
type Found = (&'static str, u64, Vec<String>);

fn found(event: Event) -> Found {
    match event {
        Event::Row { line, fields } => ("Row", line, fields),
        Event::Bad { line, reason } => {
            let name = match reason {
                Reason::TooLong => "TooLong",
                Reason::BareQuote => "BareQuote",
                Reason::AfterQuote => "AfterQuote",
                Reason::Unclosed => "Unclosed",
                Reason::NotUtf8 => "NotUtf8",
                Reason::Width => "Width",
            };
            (name, line, Vec::new())
        }
    }
}

/// The events of each chunk and of the end, and the checkpoint after each chunk.
fn read(mut reader: Reader, chunks: Vec<Vec<u8>>) -> (Vec<Vec<Found>>, Vec<Given>) {
    let (mut events, mut checkpoints) = (Vec::new(), Vec::new());
    for chunk in chunks {
        events.push(reader.feed(&chunk).into_iter().map(found).collect());
        let checkpoint = reader.checkpoint();
        checkpoints.push((checkpoint.offset, checkpoint.line, checkpoint.width));
    }
    events.push(reader.finish().into_iter().map(found).collect());
    (events, checkpoints)
}

fn main() {
    driver::Operations::new()
        .add("read", |(separator, limit, chunks): (u8, usize, Vec<Vec<u8>>)| {
            read(Reader::new(separator, limit), chunks)
        })
        .add("resume", |(separator, limit, given, chunks): (u8, usize, Given, Vec<Vec<u8>>)| {
            let (offset, line, width) = given;
            read(Reader::resume(separator, limit, Checkpoint { offset, line, width }), chunks)
        })
        .serve();
}
