//! Seconds of a made-up clock as the texts that `CloudTrail` writes.
//!
//! No real clock is read: a corpus made twice is the same bytes.

use std::fmt::Write as _;

/// 2026-03-01T00:00:00Z, where every corpus begins, in seconds since 1970.
pub(crate) const BEGIN: u64 = 1_772_323_200;

/// Seconds of one day.
pub(crate) const DAY: u64 = 86_400;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A second in parts, UTC.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    /// 2026 ...
    pub(crate) year: u64,
    /// 1 to 12.
    pub(crate) month: u64,
    /// 1 to 31.
    pub(crate) day: u64,
    /// 0 to 23.
    pub(crate) hour: u64,
    /// 0 to 59.
    pub(crate) minute: u64,
    /// 0 to 59.
    pub(crate) second: u64,
}

impl Parts {
    /// The parts of `seconds` since 1970.
    ///
    /// The Gregorian calendar in integers: years are taken to begin in March, so the leap day comes last.
    pub(crate) fn of(seconds: u64) -> Self {
        let (days, rest) = (seconds / DAY + 719_468, seconds % DAY);
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            hour: rest / 3_600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }
}

/// `2026-03-01T00:00:00Z`, appended to `out`.
pub(crate) fn iso(out: &mut String, seconds: u64) {
    let t = Parts::of(seconds);
    let (date, time) =
        (t.year * 10_000 + t.month * 100 + t.day, t.hour * 10_000 + t.minute * 100 + t.second);
    // Every record has at least one of these; the formatting machinery would show in the profile.
    for (number, digits, after) in [
        (date / 10_000, 4, '-'),
        (date / 100 % 100, 2, '-'),
        (date % 100, 2, 'T'),
        (time / 10_000, 2, ':'),
        (time / 100 % 100, 2, ':'),
        (time % 100, 2, 'Z'),
    ] {
        for place in (0..digits).rev() {
            out.push(char::from(b'0' + (number / 10_u64.pow(place) % 10) as u8));
        }
        out.push(after);
    }
}

/// `Mar 1, 2026, 12:00:00 AM`, the form in which services written in Java log their dates.
pub(crate) fn long(out: &mut String, seconds: u64) {
    let t = Parts::of(seconds);
    let half = if t.hour < 12 { "AM" } else { "PM" };
    let hour = if t.hour.is_multiple_of(12) { 12 } else { t.hour % 12 };
    let month = MONTHS
        .iter()
        .zip(1..)
        .find_map(|(name, month)| (month == t.month).then_some(*name))
        .unwrap_or_default();
    // Writing to a string cannot fail.
    let _ =
        write!(out, "{month} {}, {}, {hour}:{:02}:{:02} {half}", t.day, t.year, t.minute, t.second);
}
