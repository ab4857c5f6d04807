//! The time of a record: one function decides what it is, for findings, bounds, correlations and coverage.
//!
//! The time is `eventTime`. Tools that pass records on respell it, and Logstash moves it to
//! `@timestamp`; so that field counts where `eventTime` is missing or cannot be read. Readable are:
//!
//! - dates with a time of day, with `T` or a blank between them, with or without a fraction, with `Z`, `UTC`,
//!   `GMT`, an offset, or no zone, which means UTC, as `CloudTrail` writes UTC only;
//! - numbers since 1970, as numbers or strings: seconds if they have 10 digits before the point,
//!   milliseconds if 13, microseconds if 16, nanoseconds if 19. Other lengths are no times that an archive
//!   can hold, and mostly something else, such as `20260305`.

use std::borrow::Cow;

use jiff::{Timestamp, civil, tz::Offset};

use super::{Event, Node};

/// The fields that hold the time of a record, the first readable one first.
pub const TIME_FIELDS: [&str; 2] = ["eventTime", "@timestamp"];

/// The time of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTime<'e> {
    /// The instant; `None` if no field has a readable time.
    pub at: Option<Timestamp>,
    /// How a finding shows it: as the record has it where that is a time in UTC as RFC 3339 has it, else
    /// the instant in that form, else `eventTime` as it is. `None` if there is no text at all.
    pub text: Option<Cow<'e, str>>,
}

impl<'e> EventTime<'e> {
    /// The time of a record.
    pub fn of(event: &'e Event<'_>) -> Self {
        let values = TIME_FIELDS.map(|name| event.get(0, name).and_then(|at| scalar(event, at)));
        for value in values.iter().flatten() {
            if let Some(at) = read_time(value) {
                let text = if is_plain(value) { value.clone() } else { Cow::Owned(at.to_string()) };
                return Self { at: Some(at), text: Some(text) };
            }
        }
        let [text, _] = values;
        Self { at: None, text }
    }
}

/// The text of a scalar.
fn scalar<'e>(event: &'e Event<'_>, index: usize) -> Option<Cow<'e, str>> {
    match event.node(index) {
        Node::String(text) => Some(Cow::Borrowed(text)),
        Node::Null | Node::Object { .. } | Node::Array { .. } => None,
        _ => Some(Cow::Owned(event.json_of(index))),
    }
}

/// Whether a readable time is spelled `YYYY-MM-DDThh:mm:ss[.fraction]Z`.
fn is_plain(text: &str) -> bool {
    let form = b"dddd-dd-ddTdd:dd:dd";
    let Some((date, rest)) = text.as_bytes().split_at_checked(form.len()) else { return false };
    let fits = date.iter().zip(form).all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        form => byte == form,
    });
    let fraction = rest.strip_suffix(b"Z");
    fits && fraction.is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix(b".").is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
    })
}

/// Reads a time in any of the spellings above.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim_ascii();
    if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+')) {
        return since_1970(text);
    }
    // A date alone is no time.
    if !text.contains(':') {
        return None;
    }
    let local =
        ["UTC", "GMT"].iter().find_map(|zone| text.strip_suffix(zone)).map(str::trim_ascii_end);
    if local.is_none() {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        // `2026-03-05 02:06:22 +0000`
        if let Some((local, zone)) = text.rsplit_once(' ')
            && zone.starts_with(['+', '-', 'Z', 'z'])
        {
            return format!("{}{zone}", local.trim_ascii_end()).parse().ok();
        }
    }
    let local = local.unwrap_or(text);
    let is_local =
        local.bytes().skip(10).all(|byte| !matches!(byte, b'+' | b'-' | b'Z' | b'z' | b'['));
    let time = local.parse::<civil::DateTime>().ok().filter(|_| is_local)?;
    Offset::UTC.to_timestamp(time).ok()
}

/// A number since 1970, whose unit its length tells. A fraction finer than nanoseconds is cut.
fn since_1970(text: &str) -> Option<Timestamp> {
    let (decimal, exponent) = match text.split_once(['e', 'E']) {
        Some((decimal, exponent)) => (decimal, exponent.parse::<usize>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    if exponent > 19 || whole.is_empty() {
        return None;
    }
    let mut digits = [whole, fraction].concat();
    let point = whole.len() + exponent;
    let unit = match point {
        10 => 9,
        13 => 6,
        16 => 3,
        19 => 0,
        _ => return None,
    };
    // As a number of nanoseconds: 19 digits, whatever the unit.
    while digits.len() < point + unit {
        digits.push('0');
    }
    digits.truncate(point + unit);
    Timestamp::from_nanosecond(digits.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::cloudtrail::Parser;

    #[test]
    fn one_instant_is_read_in_every_spelling() {
        for text in [
            "2026-03-05T02:06:22Z",
            "2026-03-05T02:06:22.000Z",
            "2026-03-05t02:06:22z",
            "2026-03-05 02:06:22Z",
            "2026-03-05 02:06:22",
            "2026-03-05T02:06:22",
            "2026-03-05 02:06:22 UTC",
            "2026-03-05 02:06:22.000 GMT",
            "2026-03-05T02:06:22UTC",
            "2026-03-05T02:06:22+00:00",
            "2026-03-05T02:06:22+0000",
            "2026-03-05 02:06:22 +0000",
            "2026-03-05T03:36:22+01:30",
            "2026-03-04T21:06:22-05:00",
            " 2026-03-05T02:06:22Z ",
            "20260305T02:06:22Z",
            "1772676382",
            "1772676382.0",
            "1.772676382E9",
            "1.772676382e+9",
            "1772676382000",
            "1772676382000.5",
            "1772676382000000",
            "1772676382000000000",
        ] {
            let at = read_time(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(at.as_second(), 1_772_676_382, "{text}");
        }
    }

    #[test]
    fn fractions_are_exact() {
        for (text, shown) in [
            ("2026-03-05T02:06:22.678Z", "2026-03-05T02:06:22.678Z"),
            ("2026-03-05 02:06:22,678", "2026-03-05T02:06:22.678Z"),
            ("1772676382.678", "2026-03-05T02:06:22.678Z"),
            ("1772676382678", "2026-03-05T02:06:22.678Z"),
            ("1772676382678901234", "2026-03-05T02:06:22.678901234Z"),
            ("1772676382.6789012345678", "2026-03-05T02:06:22.678901234Z"),
        ] {
            assert_eq!(read_time(text).map(|at| at.to_string()).as_deref(), Some(shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for text in [
            "",
            "soon",
            "0",
            "5",
            "20260305",
            "2026-03-05",
            "177267638",
            "17726763820",
            "1e400",
            "-1772676382",
            "2026-03-05T25:00:00Z",
            "2026-13-05T02:06:22Z",
            "2026-03-05T02:06:22+99:00",
            "02:06:22",
            "Z",
            "UTC",
            "+",
            ".",
            "e9",
            "1772676382.",
        ] {
            // A point without a fraction is read as none.
            let wanted = (text == "1772676382.").then_some(1_772_676_382);
            assert_eq!(read_time(text).map(Timestamp::as_second), wanted, "{text}");
        }
    }

    #[test]
    fn the_time_of_a_record_is_its_event_time_or_else_its_timestamp() {
        for (record, at, text) in [
            (
                r#"{"eventTime":"2026-03-05T02:06:22.50Z"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22.50Z"),
            ),
            (
                r#"{"eventTime":"2026-03-05 02:06:22"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22Z"),
            ),
            (r#"{"eventTime":1772676382}"#, Some(1_772_676_382), Some("2026-03-05T02:06:22Z")),
            (r#"{"eventTime":1.772676382E9}"#, Some(1_772_676_382), Some("2026-03-05T02:06:22Z")),
            (
                r#"{"@timestamp":"2026-03-05T02:06:22.000Z"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22.000Z"),
            ),
            (
                r#"{"eventTime":"2026-03-05T02:06:22Z","@timestamp":"2030-01-01T00:00:00Z"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22Z"),
            ),
            (
                r#"{"eventTime":"soon","@timestamp":"2026-03-05T02:06:22Z"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22Z"),
            ),
            (r#"{"eventTime":"soon"}"#, None, Some("soon")),
            (r#"{"eventTime":true,"@timestamp":["2026-03-05T02:06:22Z"]}"#, None, Some("true")),
            (
                r#"{"eventTime":"2020-01-01T00:00:00Z","eventTime":"2026-03-05T02:06:22Z"}"#,
                Some(1_772_676_382),
                Some("2026-03-05T02:06:22Z"),
            ),
            (r#"{"x":{"eventTime":"2026-03-05T02:06:22Z"}}"#, None, None),
        ] {
            Parser::default()
                .parse(record.as_bytes(), |event| {
                    let time = EventTime::of(event);
                    assert_eq!(time.at.map(Timestamp::as_second), at, "{record}");
                    assert_eq!(time.text.as_deref(), text, "{record}");
                })
                .unwrap();
        }
    }
}
