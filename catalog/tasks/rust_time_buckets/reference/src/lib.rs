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

const MAX_BUCKETS: usize = 5000;
const DAY_SECONDS: i64 = 86_400;

/// All buckets from that of the earliest event to that of the latest, in order of time.
pub fn bucket(events: &[Event], period: Period, calendar: &Calendar) -> Result<Vec<Bucket>, BucketError> {
    check(period, calendar)?;
    let mut ordered: Vec<&Event> = events.iter().collect();
    ordered.sort_by_key(|event| event.at);
    let Some(latest) = ordered.last() else { return Ok(Vec::new()) };

    // Business time: business days are whole days in it. Adding the shift to UTC gives it.
    let shift = 60 * (i64::from(calendar.offset_minutes) - i64::from(calendar.day_start));
    let mut start = period_start(ordered[0].at + shift, period, calendar);
    let mut buckets = Vec::new();
    let mut rest = ordered.as_slice();
    while start <= latest.at + shift {
        if buckets.len() == MAX_BUCKETS {
            return Err(BucketError::TooManyBuckets);
        }
        let end = period_end(start, period);
        let (inside, after) = rest.split_at(rest.partition_point(|event| event.at + shift < end));
        let total: i128 = inside.iter().map(|event| i128::from(event.value)).sum();
        buckets.push(Bucket {
            label: label(start, period, calendar),
            start: start - shift,
            end: end - shift,
            count: inside.len() as u64,
            sum: total.clamp(i64::MIN.into(), i64::MAX.into()) as i64,
            last: inside.last().map(|event| event.value),
        });
        rest = after;
        start = end;
    }
    Ok(buckets)
}

fn check(period: Period, calendar: &Calendar) -> Result<(), BucketError> {
    let offset_fits = (-840..=840).contains(&calendar.offset_minutes);
    if !offset_fits || calendar.day_start > 1439 || calendar.week_start > 6 {
        return Err(BucketError::BadCalendar);
    }
    match period {
        Period::Minutes(n) if n == 0 || 1440 % n != 0 => Err(BucketError::BadPeriod),
        _ => Ok(()),
    }
}

/// The start of the period that contains a time. Both are in business time.
fn period_start(time: i64, period: Period, calendar: &Calendar) -> i64 {
    let day = time.div_euclid(DAY_SECONDS);
    match period {
        Period::Minutes(n) => time - time.rem_euclid(60 * i64::from(n)),
        Period::Day => day * DAY_SECONDS,
        Period::Week => {
            let weekday = day + 3; // Day 0 was a Thursday.
            (day - (weekday - i64::from(calendar.week_start)).rem_euclid(7)) * DAY_SECONDS
        }
        Period::Month => (day - i64::from(Date::of(day).day) + 1) * DAY_SECONDS,
    }
}

fn period_end(start: i64, period: Period) -> i64 {
    match period {
        Period::Minutes(n) => start + 60 * i64::from(n),
        Period::Day => start + DAY_SECONDS,
        Period::Week => start + 7 * DAY_SECONDS,
        Period::Month => {
            let date = Date::of(start.div_euclid(DAY_SECONDS));
            start + i64::from(month_days(date.year, date.month)) * DAY_SECONDS
        }
    }
}

fn label(start: i64, period: Period, calendar: &Calendar) -> String {
    let day = start.div_euclid(DAY_SECONDS);
    let date = Date::of(day);
    match period {
        Period::Minutes(_) => {
            let local = start + 60 * i64::from(calendar.day_start);
            let minute = local.rem_euclid(DAY_SECONDS) / 60;
            format!("{} {:02}:{:02}", Date::of(local.div_euclid(DAY_SECONDS)), minute / 60, minute % 60)
        }
        Period::Day => date.to_string(),
        Period::Week => format!("{:04}-W{:02}", date.year, (day - first_day(date.year)) / 7 + 1),
        Period::Month => format!("{:04}-{:02}", date.year, date.month),
    }
}

struct Date {
    year: i64,
    month: u32,
    day: u32,
}

impl Date {
    /// The date of a day that is counted from 1970-01-01.
    fn of(number: i64) -> Date {
        let mut year = 1970 + number.div_euclid(366);
        while first_day(year) > number {
            year -= 1;
        }
        while first_day(year + 1) <= number {
            year += 1;
        }
        let (mut month, mut day) = (1, (number - first_day(year)) as u32 + 1);
        while day > month_days(year, month) {
            day -= month_days(year, month);
            month += 1;
        }
        Date { year, month, day }
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The number of January 1 of a year, counted from 1970-01-01.
fn first_day(year: i64) -> i64 {
    let days_before = |year: i64| 365 * year + year / 4 - year / 100 + year / 400;
    days_before(year - 1) - days_before(1969)
}

fn month_days(year: i64, month: u32) -> u32 {
    match month {
        2 if first_day(year + 1) - first_day(year) == 366 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
