use candidate::{call, Error};

type Row = (String, i64, i64, u64, i64, Option<i64>);
type Calendar = (i32, u32, u32);

const DAY: i64 = 86_400;
const UTC: Calendar = (0, 0, 0);
// 2024-02-29 00:00 UTC, a Thursday.
const LEAP_DAY: i64 = 1_709_164_800;

fn bucket(events: &[(i64, i64)], name: &str, n: u32, calendar: Calendar) -> Result<Vec<Row>, Error> {
    call("bucket", (events.to_vec(), name, n, calendar))
}

fn refusal(events: &[(i64, i64)], name: &str, n: u32, calendar: Calendar) -> String {
    bucket(events, name, n, calendar).unwrap_err().message
}

fn row(label: &str, start: i64, end: i64, count: u64, sum: i64, last: Option<i64>) -> Row {
    (label.to_string(), start, end, count, sum, last)
}

fn label_at(at: i64, name: &str, n: u32, calendar: Calendar) -> String {
    let rows = bucket(&[(at, 1)], name, n, calendar).unwrap();
    assert_eq!(rows.len(), 1);
    assert!(rows[0].1 <= at && at < rows[0].2);
    rows[0].0.clone()
}

#[test]
fn days_are_cut_in_local_time() {
    let rows = bucket(&[(LEAP_DAY - 7201, 1), (LEAP_DAY - 7200, 2), (LEAP_DAY, 4)], "day", 0, (120, 0, 0));
    let start = LEAP_DAY - 7200;
    assert_eq!(
        rows.unwrap(),
        [row("2024-02-28", start - DAY, start, 1, 1, Some(1)), row("2024-02-29", start, start + DAY, 2, 6, Some(4)),]
    );
    assert_eq!(label_at(-1, "day", 0, (-1, 0, 0)), "1969-12-31");
    assert_eq!(label_at(-1, "day", 0, (1, 0, 0)), "1970-01-01");
    assert_eq!(label_at(LEAP_DAY + 2 * DAY - 1, "day", 0, UTC), "2024-03-01");
}

#[test]
fn business_days_start_late() {
    let rows = bucket(&[(10800, 7), (10799, 5)], "day", 0, (60, 240, 0)).unwrap();
    assert_eq!(rows, [row("1969-12-31", -75600, 10800, 1, 5, Some(5)), row("1970-01-01", 10800, 97200, 1, 7, Some(7))]);
    assert_eq!(label_at(LEAP_DAY + 1439 * 60 - 1, "day", 0, (0, 1439, 0)), "2024-02-28");
    assert_eq!(label_at(LEAP_DAY + DAY + 240 * 60 - 1, "month", 0, (0, 240, 0)), "2024-02");
    assert_eq!(label_at(LEAP_DAY + DAY + 240 * 60, "month", 0, (0, 240, 0)), "2024-03");
    assert_eq!(label_at(LEAP_DAY + 4 * DAY + 59, "week", 0, (0, 1, 0)), "2024-W09");
    assert_eq!(label_at(LEAP_DAY + 4 * DAY + 60, "week", 0, (0, 1, 0)), "2024-W10");
}

#[test]
fn minutes_count_from_the_start_of_the_business_day() {
    let day_start = LEAP_DAY + 250 * 60;
    let rows = bucket(&[(day_start - 1, 1), (day_start + 90 * 60, 2)], "minutes", 90, (0, 250, 0)).unwrap();
    assert_eq!(
        rows,
        [
            row("2024-02-29 02:40", day_start - 5400, day_start, 1, 1, Some(1)),
            row("2024-02-29 04:10", day_start, day_start + 5400, 0, 0, None),
            row("2024-02-29 05:40", day_start + 5400, day_start + 10800, 1, 2, Some(2)),
        ]
    );
    assert_eq!(label_at(LEAP_DAY + DAY, "minutes", 480, (0, 600, 0)), "2024-02-29 18:00");
    assert_eq!(label_at(LEAP_DAY + DAY, "minutes", 480, (600, 1200, 0)), "2024-03-01 04:00");
    assert_eq!(label_at(LEAP_DAY + DAY, "minutes", 1440, (0, 1, 0)), "2024-02-29 00:01");
    assert_eq!(label_at(-61, "minutes", 1, UTC), "1969-12-31 23:58");
    assert_eq!(label_at(-60, "minutes", 1, (-840, 0, 0)), "1969-12-31 09:59");
}

#[test]
fn weeks_are_numbered_by_their_first_day() {
    // 2024-01-01 was a Monday, 2023-01-01 a Sunday.
    let new_year = LEAP_DAY - 59 * DAY;
    assert_eq!(label_at(new_year, "week", 0, UTC), "2024-W01");
    assert_eq!(label_at(new_year - 1, "week", 0, UTC), "2023-W52");
    assert_eq!(label_at(new_year, "week", 0, (0, 0, 6)), "2023-W53");
    assert_eq!(label_at(new_year, "week", 0, (0, 0, 1)), "2023-W52");
    assert_eq!(label_at(new_year + 5 * DAY, "week", 0, (0, 0, 6)), "2023-W53");
    assert_eq!(label_at(new_year + 6 * DAY, "week", 0, (0, 0, 6)), "2024-W01");
    assert_eq!(label_at(LEAP_DAY, "week", 0, UTC), "2024-W09");
    assert_eq!(label_at(0, "week", 0, UTC), "1969-W52");
    assert_eq!(label_at(0, "week", 0, (0, 0, 3)), "1970-W01");
    let rows = bucket(&[(new_year - 1, 3)], "week", 0, (0, 0, 6)).unwrap();
    assert_eq!(rows, [row("2023-W53", new_year - DAY, new_year + 6 * DAY, 1, 3, Some(3))]);
}

#[test]
fn months_follow_the_calendar() {
    let first = LEAP_DAY - 28 * DAY;
    let rows = bucket(&[(LEAP_DAY + DAY, 1), (first, 2), (LEAP_DAY, 3)], "month", 0, UTC).unwrap();
    assert_eq!(
        rows,
        [
            row("2024-02", first, LEAP_DAY + DAY, 2, 5, Some(3)),
            row("2024-03", LEAP_DAY + DAY, LEAP_DAY + 32 * DAY, 1, 1, Some(1)),
        ]
    );
    let year: Vec<(i64, i64)> = (0..366).map(|day| (LEAP_DAY - 59 * DAY + day * DAY, 1)).collect();
    let lengths: Vec<u64> = bucket(&year, "month", 0, UTC).unwrap().iter().map(|row| row.3).collect();
    assert_eq!(lengths, [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);
}

#[test]
fn leap_years_follow_the_gregorian_rule() {
    // March 1 of 1900, 2000 and 2100, at noon.
    for (noon, before) in [(-2_203_848_000, "1900-02-28"), (951_912_000, "2000-02-29"), (4_107_585_600, "2100-02-28")] {
        assert_eq!(label_at(noon, "day", 0, UTC), format!("{}-03-01", &before[..4]));
        assert_eq!(label_at(noon - DAY, "day", 0, UTC), before);
    }
    assert_eq!(label_at(-2_208_988_800, "day", 0, UTC), "1900-01-01");
    assert_eq!(label_at(7_258_118_399, "day", 0, UTC), "2199-12-31");
}

#[test]
fn empty_buckets_fill_the_gaps() {
    let rows = bucket(&[(LEAP_DAY + 3 * DAY, 9), (LEAP_DAY, 8)], "day", 0, UTC).unwrap();
    assert_eq!(
        rows,
        [
            row("2024-02-29", LEAP_DAY, LEAP_DAY + DAY, 1, 8, Some(8)),
            row("2024-03-01", LEAP_DAY + DAY, LEAP_DAY + 2 * DAY, 0, 0, None),
            row("2024-03-02", LEAP_DAY + 2 * DAY, LEAP_DAY + 3 * DAY, 0, 0, None),
            row("2024-03-03", LEAP_DAY + 3 * DAY, LEAP_DAY + 4 * DAY, 1, 9, Some(9)),
        ]
    );
    assert_eq!(bucket(&[], "day", 0, UTC).unwrap(), []);
}

#[test]
fn the_latest_event_gives_the_last_value() {
    let last = |events: &[(i64, i64)]| bucket(events, "day", 0, UTC).unwrap()[0].5;
    assert_eq!(last(&[(50, 1), (90, 2), (70, 3)]), Some(2));
    assert_eq!(last(&[(90, 4), (90, 1), (10, 9)]), Some(1));
    assert_eq!(last(&[(90, 0), (89, 7)]), Some(0));
}

#[test]
fn sums_are_exact_until_the_end() {
    let sum = |values: &[i64]| {
        let events: Vec<(i64, i64)> = values.iter().map(|value| (5, *value)).collect();
        bucket(&events, "month", 0, UTC).unwrap()[0].4
    };
    assert_eq!(sum(&[i64::MAX, 10, -20]), i64::MAX - 10);
    assert_eq!(sum(&[i64::MAX, i64::MAX]), i64::MAX);
    assert_eq!(sum(&[i64::MIN, -1]), i64::MIN);
    assert_eq!(sum(&[i64::MIN, i64::MIN, i64::MAX, i64::MAX]), -2);
    assert_eq!(sum(&[-3, 1]), -2);
}

#[test]
fn bad_calendars_are_refused_first() {
    for calendar in [(841, 0, 0), (-841, 0, 0), (0, 1440, 0), (0, 0, 7)] {
        assert_eq!(refusal(&[(0, 1)], "day", 0, calendar), "BadCalendar");
        assert_eq!(refusal(&[], "day", 0, calendar), "BadCalendar");
        assert_eq!(refusal(&[], "minutes", 0, calendar), "BadCalendar");
    }
    assert_eq!(label_at(0, "day", 0, (840, 0, 6)), "1970-01-01");
    assert_eq!(label_at(0, "day", 0, (-840, 1439, 0)), "1969-12-30");
}

#[test]
fn bad_periods_are_refused() {
    for n in [0, 7, 1441, 2880, 1000] {
        assert_eq!(refusal(&[(0, 1)], "minutes", n, UTC), "BadPeriod");
        assert_eq!(refusal(&[], "minutes", n, UTC), "BadPeriod");
    }
    assert_eq!(refusal(&[(0, 1), (4_000_000_000, 1)], "minutes", 11, UTC), "BadPeriod");
    assert_eq!(label_at(3600, "minutes", 32, UTC), "1970-01-01 00:32");
}

#[test]
fn the_number_of_buckets_is_limited() {
    let rows = bucket(&[(4999 * DAY, 1), (0, 1)], "day", 0, UTC).unwrap();
    assert_eq!(rows.len(), 5000);
    assert_eq!(rows[4999].0, "1983-09-09");
    assert_eq!(refusal(&[(5000 * DAY, 1), (0, 1)], "day", 0, UTC), "TooManyBuckets");
    assert_eq!(refusal(&[(-2_000_000_000, 1), (4_000_000_000, 1)], "minutes", 1, UTC), "TooManyBuckets");
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The starts of all buckets with their labels, found by counting days from Monday, 1900-01-01.
fn starts(from: i64, to: i64, name: &str, n: u32, (offset, day_start, week_start): Calendar) -> Vec<(i64, String)> {
    let (mut year, mut month, mut date, mut weekday, mut week) = (1900, 1, 1, 0, 0);
    let mut midnight = -25_567 * DAY - i64::from(offset) * 60;
    let mut found = Vec::new();
    while midnight < to {
        let start = midnight + i64::from(day_start) * 60;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = [31, 28 + i32::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
        let (after_year, after_month, after_date) = match (month, date == length) {
            (12, true) => (year + 1, 1, 1),
            (_, true) => (year, month + 1, 1),
            _ => (year, month, date + 1),
        };
        if month == 1 && date == 1 {
            week = 0;
        }
        if weekday == week_start {
            week += 1;
        }
        if midnight >= from {
            let label = format!("{year}-{month:02}-{date:02}");
            match name {
                "day" => found.push((start, label)),
                "week" if weekday == week_start => found.push((start, format!("{year}-W{week:02}"))),
                "month" if date == 1 => found.push((start, label[..7].to_string())),
                "minutes" => {
                    for minute in (day_start..day_start + 1440).step_by(n as usize) {
                        let (y, m, d) =
                            if minute < 1440 { (year, month, date) } else { (after_year, after_month, after_date) };
                        let (hour, rest) = (minute % 1440 / 60, minute % 60);
                        let at = midnight + i64::from(minute) * 60;
                        found.push((at, format!("{y}-{m:02}-{d:02} {hour:02}:{rest:02}")));
                    }
                }
                _ => {}
            }
        }
        (year, month, date) = (after_year, after_month, after_date);
        weekday = (weekday + 1) % 7;
        midnight += DAY;
    }
    found
}

#[test]
fn agrees_with_a_walk_over_all_days() {
    let mut random = Random(20);
    for round in 0..60 {
        let (name, span) = [("minutes", 2), ("day", 30), ("week", 300), ("month", 1500)][round % 4];
        let n = [1, 10, 45, 96, 160, 288, 720][random.below(7) as usize];
        let calendar = (random.below(1681) as i32 - 840, random.below(1440) as u32, random.below(7) as u32);
        let base = (random.below(100_000) as i64 - 24_000) * DAY;
        let count = 1 + random.below(12);
        let events: Vec<(i64, i64)> = (0..count)
            .map(|_| (base + random.below(span as u64 * 1440) as i64 * 60, random.below(200) as i64 - 100))
            .collect();
        let first = events.iter().map(|event| event.0).min().unwrap();
        let latest = events.iter().map(|event| event.0).max().unwrap();
        let starts = starts(first - 40 * DAY, latest + 40 * DAY, name, n, calendar);
        let mut expected: Vec<Row> = Vec::new();
        for pair in starts.windows(2) {
            let (start, end) = (pair[0].0, pair[1].0);
            if end <= first || start > latest {
                continue;
            }
            let (mut count, mut sum, mut last, mut last_at) = (0, 0, None, start);
            for &(at, value) in events.iter().filter(|event| start <= event.0 && event.0 < end) {
                count += 1;
                sum += value;
                if at >= last_at {
                    (last, last_at) = (Some(value), at);
                }
            }
            expected.push((pair[0].1.clone(), start, end, count, sum, last));
        }
        assert_eq!(bucket(&events, name, n, calendar).unwrap(), expected);
    }
}
