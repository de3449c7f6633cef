use submission::{bucket, Bucket, BucketError, Calendar, Event, Period};

type Row = (String, i64, i64, u64, i64, Option<i64>);

fn row(bucket: Bucket) -> Row {
    (bucket.label, bucket.start, bucket.end, bucket.count, bucket.sum, bucket.last)
}

fn run(events: Vec<(i64, i64)>, name: String, n: u32, calendar: (i32, u32, u32)) -> Result<Vec<Row>, &'static str> {
    let events: Vec<Event> = events.into_iter().map(|(at, value)| Event { at, value }).collect();
    let period = match name.as_str() {
        "minutes" => Period::Minutes(n),
        "day" => Period::Day,
        "week" => Period::Week,
        _ => Period::Month,
    };
    let calendar = Calendar { offset_minutes: calendar.0, day_start: calendar.1, week_start: calendar.2 };
    match bucket(&events, period, &calendar) {
        Ok(buckets) => Ok(buckets.into_iter().map(row).collect()),
        Err(BucketError::BadCalendar) => Err("BadCalendar"),
        Err(BucketError::BadPeriod) => Err("BadPeriod"),
        Err(BucketError::TooManyBuckets) => Err("TooManyBuckets"),
    }
}

fn main() {
    driver::Operations::new()
        .add_fallible("bucket", |(events, name, n, calendar): (Vec<(i64, i64)>, String, u32, (i32, u32, u32))| {
            run(events, name, n, calendar)
        })
        .serve();
}
