//! What a text says beside its findings: how it begins, the times of its records, and what AWS left out.

use std::sync::LazyLock;

use jiff::Timestamp;
use memchr::memmem::{self, Finder};

use super::{key_filter::OMITTED_KEY, split::TELLING_BYTES};
use crate::cloudtrail::{EventTime, Parser, TIME_FIELDS, envelope::AGGREGATED, read_time};

/// Whether a text begins `{"Records":`, as a trail file does.
pub(super) fn has_plain_head(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    let head = [&b"{"[..], b"\"Records\"", b":"];
    head.iter().try_fold(text, |text, token| text.trim_ascii_start().strip_prefix(*token)).is_some()
}

/// Whether the first record of what looks like a trail file may be an aggregated event, as far as its
/// first bytes tell.
pub(super) fn is_aggregated(text: &[u8]) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(AGGREGATED));
    let head = &text[..text.len().min(TELLING_BYTES + 64)];
    FINDER.find(head).is_some()
}

/// Whether the text begins with the marker for parameters that AWS left out because they were too
/// large: [`OMITTED_KEY`] with a true value.
pub(super) fn is_omission(text: &[u8]) -> bool {
    let after_key = text.strip_prefix(OMITTED_KEY).map(<[u8]>::trim_ascii_start);
    let value = after_key.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"\"true\"") || value.starts_with(b"true"))
}

/// Places of that marker in a text.
pub(super) fn omitted(text: &[u8]) -> u64 {
    memmem::find_iter(text, OMITTED_KEY).filter(|&at| is_omission(&text[at..])).count() as u64
}

/// The earliest and the latest time of the records of a text.
#[derive(Debug, Default)]
pub(super) struct Times {
    range: Option<(Timestamp, Timestamp)>,
}

impl Times {
    /// Notes the time of a record. Most lie between two that were noted before, which shows without
    /// parsing the record.
    pub(super) fn note(&mut self, record: &[u8], parser: &mut Parser) {
        if !self.may_widen(record) {
            return;
        }
        let Ok(Some(at)) = parser.parse(record, |event| EventTime::of(event).at) else { return };
        self.range = match self.range {
            Some((first, last)) => Some((first.min(at), last.max(at))),
            None => Some((at, at)),
        };
    }

    /// Whether the time of a record may lie outside the range: unless all values behind the keys of a
    /// time, wherever they are, are readable and within it. A key can be spelled otherwise only with `\u`.
    fn may_widen(&self, record: &[u8]) -> bool {
        static KEYS: LazyLock<[Finder<'static>; TIME_FIELDS.len()]> = LazyLock::new(|| {
            TIME_FIELDS.map(|name| Finder::new(&format!("\"{name}\"")).into_owned())
        });
        static ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));
        let Some((first, last)) = self.range else { return true };
        let within = |at: Timestamp| first <= at && at <= last;
        let is_within = |key: &Finder<'_>| {
            key.find_iter(record).all(|at| match value_of(&record[at + key.needle().len()..]) {
                Some(value) => read_time(value).is_some_and(within),
                // A string that is no key.
                None => true,
            })
        };
        !KEYS.iter().all(is_within) || ESCAPE.find(record).is_some()
    }

    /// First and last, if there was any.
    pub(super) fn range(&self) -> Option<(Timestamp, Timestamp)> {
        self.range
    }
}

/// The value behind a key as it is spelled, a string without its quotes; `None` without a colon.
fn value_of(text: &[u8]) -> Option<&str> {
    let value = text.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let end = |of: &[u8], ends: fn(&u8) -> bool| of.iter().position(ends).unwrap_or(of.len());
    let value = match value.strip_prefix(b"\"") {
        Some(inner) => &inner[..end(inner, |&byte| byte == b'"')],
        None => &value[..end(value, |byte| b",}] \t\r\n".contains(byte))],
    };
    Some(std::str::from_utf8(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_record_tells_that_events_are_aggregated() {
        let trail = r#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#;
        assert!(!is_aggregated(trail.as_bytes()) && !is_aggregated(b"{\"Records\":[]}"));
        assert!(is_aggregated(trail.replace("\"A\"", "\"AwsAggregatedEvent\"").as_bytes()));
    }

    /// First and last time of these records.
    fn range(records: &[&str]) -> Option<(String, String)> {
        let mut times = Times::default();
        let mut parser = Parser::default();
        for record in records {
            times.note(record.as_bytes(), &mut parser);
        }
        times.range().map(|(first, last)| (first.to_string(), last.to_string()))
    }

    #[test]
    fn first_and_last_are_those_of_records_however_times_are_spelled() {
        let inside = r#"{"eventTime":"2026-02-01T00:00:00Z"}"#;
        let early = [
            r#"{"eventTime" : "2026-01-01T01:00:00.5+01:00"}"#,
            r#"{"eventTime":1767225600.5}"#,
            r#"{"@timestamp":"2026-01-01T00:00:00.500Z","eventTime":"soon"}"#,
            r#"{"event\u0054ime":"2026-01-01 00:00:00.5"}"#,
            r#"{"eventTime":"2026-\u00301-01T00:00:00.5Z"}"#,
            r#"{"eventTime":"2020-01-01T00:00:00Z","x":1,"eventTime":"2026-01-01T00:00:00.5Z"}"#,
        ];
        let late = r#"{"x":{"eventTime":"2020-01-01T00:00:00Z"},"eventTime":"2026-03-01T00:00:00.999999999Z"}"#;
        for early in early {
            let records = [inside, late, inside, early, inside];
            let wanted = ("2026-01-01T00:00:00.5Z", "2026-03-01T00:00:00.999999999Z");
            for records in [records, [early, late, inside, inside, inside]] {
                let found = range(&records).expect("there are times");
                assert_eq!((found.0.as_str(), found.1.as_str()), wanted, "{early}");
            }
        }
        assert_eq!(
            range(&[r#"{"eventTime":"soon"}"#, r#"{"x":{"eventTime":"2020-01-01T00:00:00Z"}}"#]),
            None
        );
    }

    #[test]
    fn omissions_are_noted() {
        assert_eq!(omitted(br#"{"x":{"omitted":"true"},"y":{"omitted":"false"}}"#), 1);
    }
}
