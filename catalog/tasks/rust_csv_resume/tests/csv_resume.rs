use candidate::call;

type Event = (String, u64, Vec<String>);
type Checkpoint = (u64, u64, Option<usize>);
type Reading = (Vec<Vec<Event>>, Vec<Checkpoint>);

fn read(chunks: &[&[u8]], separator: u8, limit: usize) -> Reading {
    call("read", (separator, limit, chunks)).unwrap()
}

fn resume(chunks: &[&[u8]], separator: u8, limit: usize, checkpoint: Checkpoint) -> Reading {
    call("resume", (separator, limit, checkpoint, chunks)).unwrap()
}

fn all_events(reading: Reading) -> Vec<Event> {
    reading.0.into_iter().flatten().collect()
}

/// The events of an input, which are the same if its bytes come one by one.
fn events_within(input: &[u8], limit: usize) -> Vec<Event> {
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    let events = all_events(read(&[input], b',', limit));
    assert_eq!(all_events(read(&bytes, b',', limit)), events);
    events
}

fn events(input: &[u8]) -> Vec<Event> {
    events_within(input, 1000)
}

fn row(line: u64, fields: &[&str]) -> Event {
    ("Row".to_string(), line, fields.iter().map(|field| field.to_string()).collect())
}

fn bad(line: u64, reason: &str) -> Event {
    (reason.to_string(), line, vec![])
}

#[test]
fn records_have_fields() {
    assert_eq!(events(b"a,b\nc,d\r\n"), [row(1, &["a", "b"]), row(2, &["c", "d"])]);
    assert_eq!(events(b",,\n a , ,\t\n"), [row(1, &["", "", ""]), row(2, &[" a ", " ", "\t"])]);
    assert_eq!(events("\u{e9}\u{1f600}\nb".as_bytes()), [row(1, &["\u{e9}\u{1f600}"]), row(2, &["b"])]);
    assert_eq!(all_events(read(&[b"a,b|c\n"], b'|', 99)), [row(1, &["a,b", "c"])]);
}

#[test]
fn quotes_protect_separators_and_line_ends() {
    assert_eq!(events(b"\"a,b\",\"c\nd\"\n"), [row(1, &["a,b", "c\nd"])]);
    assert_eq!(events(b"\"x\r\ny\rz\"\r\n"), [row(1, &["x\r\ny\rz"])]);
    assert_eq!(events(b"\"\"\"\",\"a\"\"b\"\"\"\n"), [row(1, &["\"", "a\"b\""])]);
    assert_eq!(events(b"\"\",\"\"\n\"\"\"\"\"\",\n"), [row(1, &["", ""]), row(2, &["\"\"", ""])]);
    assert_eq!(events(b"a,\"b\"\"\n\"\"\"\n"), [row(1, &["a", "b\"\n\""])]);
}

#[test]
fn carriage_returns_alone_are_data() {
    assert_eq!(events(b"a\rb,\r,c\r\r\n"), [row(1, &["a\rb", "\r", "c\r"])]);
    assert_eq!(events(b"\r\r\n"), [row(1, &["\r"])]);
    assert_eq!(events(b"\r"), [row(1, &["\r"])]);
    assert_eq!(events(b"a,b\r"), [row(1, &["a", "b\r"])]);
    assert_eq!(events(b"\r\"a\"\n"), [bad(1, "BareQuote")]);
    assert_eq!(events(b"\"a\"\r\r\n"), [bad(1, "AfterQuote")]);
    assert_eq!(events(b"\"a\"\r"), [bad(1, "AfterQuote")]);
    assert_eq!(events(b"\"a\"\r,b\n"), [bad(1, "AfterQuote")]);
}

#[test]
fn empty_lines_are_skipped() {
    assert_eq!(events(b"\n\r\na\n\n\r\n\nb\n\n"), [row(3, &["a"]), row(7, &["b"])]);
    assert_eq!(events(b"a\n\"\"\n \n"), [row(1, &["a"]), row(2, &[""]), row(3, &[" "])]);
    assert_eq!(events(b"a,b\n\nc\n"), [row(1, &["a", "b"]), bad(3, "Width")]);
    assert_eq!(events(b"\"a\n\n\r\n\"\n"), [row(1, &["a\n\n\r\n"])]);
}

#[test]
fn events_come_with_the_end_of_the_record() {
    let (events, _) =
        read(&[b"a", b"", b",b\nc,", b"d\r", b"\ne,\"f\"", b"\ng,h", b"\n\n1,x\"", b"y\n\"", b"\"z"], b',', 99);
    assert_eq!(
        events,
        [
            vec![],
            vec![],
            vec![row(1, &["a", "b"])],
            vec![],
            vec![row(2, &["c", "d"])],
            vec![row(3, &["e", "f"])],
            vec![row(4, &["g", "h"])],
            vec![bad(6, "BareQuote")],
            vec![],
            vec![bad(7, "AfterQuote")],
        ]
    );
    assert_eq!(read(&[b"a\nb\nc"], b',', 99).0, [vec![row(1, &["a"]), row(2, &["b"])], vec![row(3, &["c"])]]);
}

#[test]
fn lines_are_counted_between_quotes() {
    assert_eq!(
        events(b"a\n\"1\n2\r\n3\"\nb\n\"4\n\"x\nc\n"),
        [row(1, &["a"]), row(2, &["1\n2\r\n3"]), row(5, &["b"]), bad(6, "AfterQuote"), row(8, &["c"])]
    );
    assert_eq!(events(b"a\rb\nc\n"), [row(1, &["a\rb"]), row(2, &["c"])]);
}

#[test]
fn wrong_quotes_end_with_their_line() {
    assert_eq!(events(b"a\"b,c\nd\n"), [bad(1, "BareQuote"), row(2, &["d"])]);
    assert_eq!(events(b"a,b\"\nd\n"), [bad(1, "BareQuote"), row(2, &["d"])]);
    assert_eq!(events(b"\"a\"b,\"c\nd\n"), [bad(1, "AfterQuote"), row(2, &["d"])]);
    assert_eq!(events(b"\"a\" ,\"c\nd\",\"e\n"), [bad(1, "AfterQuote"), bad(2, "BareQuote")]);
    assert_eq!(events(b"a \"b\nc\"\nd\n"), [bad(1, "BareQuote"), bad(2, "BareQuote"), row(3, &["d"])]);
    assert_eq!(events(b"x\"\r\n\r\n\"y\nz\"!\ny\n"), [bad(1, "BareQuote"), bad(3, "AfterQuote"), row(5, &["y"])]);
    assert_eq!(events(b"x\"\rx\ny\n"), [bad(1, "BareQuote"), row(2, &["y"])]);
}

#[test]
fn long_records_are_cut_off() {
    assert_eq!(events_within(b"abcd\nabcde\nabcd\r\n", 4), [row(1, &["abcd"]), bad(2, "TooLong"), row(3, &["abcd"])]);
    assert_eq!(events_within(b"a,b,c\na,b,\n", 4), [bad(1, "TooLong"), row(2, &["a", "b", ""])]);
    assert_eq!(events_within(b"\"abc\"\n\"ab\"\n", 4), [bad(1, "TooLong"), row(2, &["ab"])]);
    assert_eq!(events_within(b"abcd\r\r\nab\n", 4), [bad(1, "TooLong"), row(2, &["ab"])]);
    assert_eq!(events_within(b"abcd\r", 4), [bad(1, "TooLong")]);
    assert_eq!(events_within(b"abcd\rx\ny\n", 4), [bad(1, "TooLong"), row(2, &["y"])]);
    // A quote that is never closed costs no more than the limit.
    assert_eq!(events_within(b"\"ab\ncd\ne\n", 5), [bad(1, "TooLong"), row(3, &["e"])]);
    assert_eq!(events_within(b"\"abc\n\nef\n", 4), [bad(1, "TooLong"), row(3, &["ef"])]);
    assert_eq!(events_within(b"\"abc\nef\n\"", 4), [bad(1, "TooLong"), row(2, &["ef"]), bad(3, "Unclosed")]);
    assert_eq!(events_within(b"\"a\r\nbc\n", 3), [bad(1, "TooLong"), row(2, &["bc"])]);
    assert_eq!(events_within(b"\"a\n\"\n", 4), [row(1, &["a\n"])]);
    assert_eq!(events_within(b"\n\r\na\n", 0), [bad(3, "TooLong")]);
}

#[test]
fn the_first_reason_counts() {
    assert_eq!(events_within(b"ab\"cdefg\n", 4), [bad(1, "BareQuote")]);
    assert_eq!(events_within(b"abcd\"\n", 4), [bad(1, "TooLong")]);
    assert_eq!(events_within(b"\"ab\"x\n", 4), [bad(1, "TooLong")]);
    assert_eq!(events_within(b"\"ab\"x\n", 5), [bad(1, "AfterQuote")]);
    assert_eq!(events_within(b"\"abcd", 4), [bad(1, "TooLong")]);
    assert_eq!(events(b"a\n\xff,\"b\n"), [row(1, &["a"]), bad(2, "Unclosed")]);
    assert_eq!(events(b"a\n\xff,b\"\n"), [row(1, &["a"]), bad(2, "BareQuote")]);
    assert_eq!(events(b"a\n\xff,b\nc,d\n"), [row(1, &["a"]), bad(2, "NotUtf8"), bad(3, "Width")]);
}

#[test]
fn the_width_is_that_of_the_first_row() {
    assert_eq!(
        events(b"a,b\nc\nd,e,f\ng,\n,\n"),
        [row(1, &["a", "b"]), bad(2, "Width"), bad(3, "Width"), row(4, &["g", ""]), row(5, &["", ""])]
    );
    assert_eq!(
        events(b"a\"\n\xff\n\nx,y,z\na\nb,c,d"),
        [bad(1, "BareQuote"), bad(2, "NotUtf8"), row(4, &["x", "y", "z"]), bad(5, "Width"), row(6, &["b", "c", "d"])]
    );
}

#[test]
fn text_is_utf8() {
    assert_eq!(events(b"\xc3\xa9\n\xc3\n\xa9\n"), [row(1, &["\u{e9}"]), bad(2, "NotUtf8"), bad(3, "NotUtf8")]);
    assert_eq!(events(b"\xc3,\xa9\nx\n"), [bad(1, "NotUtf8"), row(2, &["x"])]);
    assert_eq!(events(b"\"\xed\xa0\x80\"\n\xf0\x9f\x98\x80\n"), [bad(1, "NotUtf8"), row(2, &["\u{1f600}"])]);
    assert_eq!(events(b"a\0\n"), [row(1, &["a\0"])]);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(events(b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n"), [row(1, &["a"]), row(2, &["\u{feff}b"])]);
    assert_eq!(events(b"\xef\xbb\xbf\"a,b\"\n"), [row(1, &["a,b"])]);
    assert_eq!(events(b"\xef\xbb\xbf\r\na\n"), [row(2, &["a"])]);
    assert_eq!(events(b"\xef\xbb\xbf\xef\xbb\xbfa"), [row(1, &["\u{feff}a"])]);
    assert_eq!(events(b"\xef\xbba\nb"), [bad(1, "NotUtf8"), row(2, &["b"])]);
    assert_eq!(events(b"\xef\xbb"), [bad(1, "NotUtf8")]);
    assert_eq!(events(b"\xef\xbb\"\n"), [bad(1, "BareQuote")]);
    assert_eq!(events("\u{fec0}\n".as_bytes()), [row(1, &["\u{fec0}"])]);
    assert_eq!(events_within(b"\xef\xbb\xbfab\n", 2), [row(1, &["ab"])]);
    let (events, checkpoints) = read(&[b"\xef\xbb\xbf", b"a", b"\n"], b',', 9);
    assert_eq!(checkpoints, [(0, 1, None), (0, 1, None), (5, 2, Some(1))]);
    assert_eq!(events[2], [row(1, &["a"])]);
    assert_eq!(all_events(resume(&[b"\xef\xbb\xbfa"], b',', 9, (0, 1, None))), [row(1, &["a"])]);
    assert_eq!(all_events(resume(&[b"\xef\xbb\xbfa"], b',', 9, (7, 3, None))), [row(3, &["\u{feff}a"])]);
}

#[test]
fn the_input_can_end_anywhere() {
    for (input, expected) in [
        (&b"a"[..], row(1, &["a"])),
        (b"\"a\"", row(1, &["a"])),
        (b"a,", row(1, &["a", ""])),
        (b"\"\"", row(1, &[""])),
        (b"\"", bad(1, "Unclosed")),
        (b"\"a\n\nb\"\"", bad(1, "Unclosed")),
        (b"x,\"\r", bad(1, "Unclosed")),
        (b"a\"b", bad(1, "BareQuote")),
        (b"\"a\"b", bad(1, "AfterQuote")),
        (b"\n\n\xff", bad(3, "NotUtf8")),
    ] {
        assert_eq!(events(input), [expected]);
    }
    for input in [&b""[..], b"\n", b"\r\n\n", b"\xef\xbb\xbf"] {
        assert_eq!(events(input), []);
    }
}

#[test]
fn checkpoints_are_at_the_start_of_a_record() {
    let chunks: [&[u8]; 12] =
        [b"", b"\n\r", b"\n", b"a;b", b"\r\n\"x", b"\n\";y", b"\r", b"\nz\n", b"q\"\"", b"\r\n\n", b"\"\"z\n\n", b"1"];
    let expected = [
        (0, 1, None),
        (1, 2, None),
        (3, 3, None),
        (3, 3, None),
        (8, 4, Some(2)),
        (8, 4, Some(2)),
        (8, 4, Some(2)),
        (18, 7, Some(2)),
        (18, 7, Some(2)),
        (24, 9, Some(2)),
        (29, 11, Some(2)),
        (29, 11, Some(2)),
    ];
    assert_eq!(read(&chunks, b';', 20).1, expected);
    let (events, checkpoints) = resume(&[b"a\n", b"b;c\nd", b"\n"], b';', 20, (1000, 50, Some(2)));
    assert_eq!(checkpoints, [(1002, 51, Some(2)), (1006, 52, Some(2)), (1008, 53, Some(2))]);
    assert_eq!(events, [vec![bad(50, "Width")], vec![row(51, &["b", "c"])], vec![bad(52, "Width")], vec![]]);
    assert_eq!(read(&[b"\"abc\n", b"\xff\n"], b';', 4).1, [(5, 2, None), (7, 3, None)]);
}

#[test]
fn every_prefix_can_be_resumed() {
    let input = b"\xef\xbb\xbf\r\nid,name\r\n\"1\",\"a\n\r\n\"\"b\"\"\"\n\n2,x\"y\",\"\n\
                  3,\xff\n\"4\"4\n5\n\"far too long\n,\"\n6,\"\xc3\xa9\"";
    let expected = all_events(read(&[input], b',', 15));
    assert_eq!(expected.len(), 8);
    for end in 0..=input.len() {
        let (events, checkpoints) = read(&[&input[..end]], b',', 15);
        let rest = &input[checkpoints[0].0 as usize..];
        let resumed = all_events(resume(&[rest], b',', 15, checkpoints[0]));
        assert_eq!([events[0].clone(), resumed].concat(), expected, "{end}");
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Reads a whole input, with a look ahead wherever it helps. Returns the events, and the checkpoint after each line end
/// that ends a record or is skipped.
fn read_whole(input: &[u8], limit: usize) -> (Vec<Event>, Vec<Checkpoint>) {
    let (mut events, mut checkpoints, mut width) = (vec![], vec![], None);
    let mut at = if input.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let line_end = |at: usize| {
        if input[at..].starts_with(b"\n") {
            Some(1)
        } else {
            input[at..].starts_with(b"\r\n").then_some(2)
        }
    };
    while at < input.len() {
        let line = 1 + input[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        let start = at;
        let (mut fields, mut field, mut reason) = (vec![], vec![], None);
        if line_end(at).is_none() {
            // Where it stands in its field: 0 before it, 1 in a plain one, 2 between quotes, 3 after them.
            let mut place = 0;
            while at < input.len() && (place == 2 || line_end(at).is_none()) {
                if at - start == limit {
                    reason = Some("TooLong");
                    break;
                }
                match input[at] {
                    b'"' if place == 0 => place = 2,
                    b'"' if place == 1 => reason = Some("BareQuote"),
                    b'"' if place == 2 && input.get(at + 1) == Some(&b'"') && at + 1 - start < limit => {
                        field.push(b'"');
                        at += 1;
                    }
                    b'"' if place == 2 => place = 3,
                    b',' if place != 2 => {
                        fields.push(std::mem::take(&mut field));
                        place = 0;
                    }
                    _ if place == 3 => reason = Some("AfterQuote"),
                    byte => {
                        field.push(byte);
                        place = place.max(1);
                    }
                }
                if reason.is_some() {
                    break;
                }
                at += 1;
            }
            if reason.is_none() && place == 2 {
                reason = Some("Unclosed");
            }
            fields.push(field);
            let texts: Result<Vec<String>, _> = fields.into_iter().map(String::from_utf8).collect();
            events.push(match (reason, texts) {
                (Some(reason), _) => bad(line, reason),
                (None, Err(_)) => bad(line, "NotUtf8"),
                (None, Ok(texts)) if width.is_some_and(|width| width != texts.len()) => bad(line, "Width"),
                (None, Ok(texts)) => {
                    width = Some(texts.len());
                    ("Row".to_string(), line, texts)
                }
            });
        }
        match input[at..].iter().position(|byte| *byte == b'\n') {
            Some(more) => at += more + 1,
            None => break,
        }
        let line = 1 + input[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        checkpoints.push((at as u64, line, width));
    }
    (events, checkpoints)
}

#[test]
fn agrees_with_a_reader_of_whole_inputs() {
    let mut random = Random(12);
    for round in 0..300 {
        let mut input = if round % 10 == 0 { b"\xef\xbb\xbf".to_vec() } else { vec![] };
        for _ in 0..random.below(40) {
            let part: &[u8] = [
                &b"a"[..],
                b"b",
                b",",
                b",",
                b"\"",
                b"\",\"",
                b"\n",
                b"\n",
                b"\r\n",
                b"\r",
                b"\xc3\xa9",
                b"\xc3",
                b"\"\"",
                b"\"\n",
            ][random.below(if round % 2 == 0 { 14 } else { 10 })];
            input.extend(part);
        }
        let limit = 3 + random.below(20);
        let (expected, boundaries) = read_whole(&input, limit);
        let mut chunks: Vec<&[u8]> = vec![];
        let (mut rest, mut end) = (&input[..], 0);
        let mut checkpoints = vec![];
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.below(rest.len().min(9) + 1));
            chunks.push(chunk);
            rest = after;
            end += chunk.len() as u64;
            checkpoints.push(boundaries.iter().rfind(|found| found.0 <= end).copied().unwrap_or((0, 1, None)));
        }
        let reading = read(&chunks, b',', limit);
        assert_eq!(reading.1, checkpoints, "{input:?}");
        let mut events = reading.0;
        assert_eq!(events.concat(), expected, "{input:?}, {limit}");
        if !checkpoints.is_empty() {
            let count = 1 + random.below(checkpoints.len());
            let checkpoint = checkpoints[count - 1];
            let resumed = resume(&[&input[checkpoint.0 as usize..]], b',', limit, checkpoint);
            events.truncate(count);
            assert_eq!([events.concat(), all_events(resumed)].concat(), expected, "{input:?}, {checkpoint:?}");
        }
    }
}
