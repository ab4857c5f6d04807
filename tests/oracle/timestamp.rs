//! The written parts of a timestamp (S7.12).

use backtrail::rule::TimePart;

/// The part of the time as written; `None` if the text is not a timestamp.
pub(crate) fn part(text: &str, part: TimePart) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' '])?;
    let date: Vec<i64> = shaped(date, "dddd-dd-dd")?;
    let [year, month, day] = date[..] else { return None };
    let clock: Vec<i64> = shaped(time.get(..5)?, "dd:dd")?;
    let [hour, minute] = clock[..] else { return None };
    rest_is_well_formed(&time[5..]).then_some(())?;
    match part {
        TimePart::Minute => Some(minute),
        TimePart::Hour => Some(hour),
        TimePart::Day => Some(day),
        TimePart::Month => Some(month),
        TimePart::Year => Some(year),
        TimePart::Week => iso_week(year, month, day),
    }
}

/// The numbers of a text whose letters fit the shape, where `d` is a digit.
fn shaped(text: &str, shape: &str) -> Option<Vec<i64>> {
    let fits = |(c, s): (char, char)| if s == 'd' { c.is_ascii_digit() } else { c == s };
    let all = text.len() == shape.len() && text.chars().zip(shape.chars()).all(fits);
    all.then(|| text.split(['-', ':']).filter_map(|number| number.parse().ok()).collect())
}

/// Seconds, a fraction of them, and a zone: each may be left out.
fn rest_is_well_formed(rest: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut rest = rest;
    if let Some(seconds) = rest.strip_prefix(':') {
        if digits(seconds) != 2 {
            return false;
        }
        rest = &seconds[2..];
        if let Some(fraction) = rest.strip_prefix('.') {
            if digits(fraction) == 0 {
                return false;
            }
            rest = &fraction[digits(fraction)..];
        }
    }
    let zone = rest
        .strip_prefix(['+', '-'])
        .is_some_and(|zone| shaped(zone, "dd:dd").is_some() || shaped(zone, "dddd").is_some());
    rest.is_empty() || rest == "Z" || zone
}

/// The week that holds the Thursday nearest to the day.
fn iso_week(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths =
        |year| [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_at = usize::try_from(month - 1).ok()?;
    if day < 1 || day > *lengths(year).get(month_at)? {
        return None;
    }
    let of_year: i64 = lengths(year)[..month_at].iter().sum::<i64>() + day;
    let before = year - 1;
    // Monday is 0. 1 January of the year 1 was a Monday.
    let weekday = (before * 365 + before / 4 - before / 100 + before / 400 + of_year - 1) % 7;
    let thursday = of_year - weekday + 3;
    let length = lengths(year).iter().sum::<i64>();
    if thursday < 1 {
        return iso_week(year - 1, 12, 31);
    }
    Some(if thursday > length { 1 } else { (thursday - 1) / 7 + 1 })
}

#[test]
fn weeks_are_those_of_the_calendar() {
    for (day, week) in [
        ("2024-01-01", 1),
        ("2021-01-03", 53),
        ("2021-01-04", 1),
        ("2024-12-30", 1),
        ("2020-12-31", 53),
        ("2023-07-10", 28),
        ("2023-01-01", 52),
    ] {
        assert_eq!(part(&format!("{day}T00:00:00Z"), TimePart::Week), Some(week), "{day}");
    }
    assert_eq!(part("2023-02-29T00:00:00Z", TimePart::Week), None);
    assert_eq!(part("2023-02-28 07:45", TimePart::Minute), Some(45));
    assert_eq!(part("2023-02-28T07:45:00.5+01:00", TimePart::Hour), Some(7));
    assert_eq!(part("2023-02-28T07:45:0Z", TimePart::Hour), None);
}
