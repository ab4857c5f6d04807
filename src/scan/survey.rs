//! What a text tells without being split: its two ends, times, and what AWS left out.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use super::{marks::OMITTED_KEY, split::TELLING_BYTES};
use crate::cloudtrail::envelope::{AGGREGATED, is_delivered};

/// Whether a text begins `{"Records":`, as a trail file does.
pub(super) fn has_plain_head(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    let head = [&b"{"[..], b"\"Records\"", b":"];
    head.iter().try_fold(text, |text, token| text.trim_ascii_start().strip_prefix(*token)).is_some()
}

/// Whether the first record of what looks like a trail file may be an aggregated event, or a message that
/// wraps one, as far as its first bytes tell.
pub(super) fn is_other(text: &[u8]) -> bool {
    static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(AGGREGATED));
    let head = &text[..text.len().min(TELLING_BYTES + 64)];
    let element = memchr::memchr(b'[', head).map_or(head, |at| head[at + 1..].trim_ascii_start());
    FINDER.find(head).is_some() || is_delivered(element)
}

/// Whether a text begins `{"Records":[` and ends `]}`, with blanks and a byte order mark allowed:
/// then it is a trail file, and nothing more needs to be known of it if no gate saw a hit.
pub(super) fn has_plain_ends(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii();
    let head = [&b"{"[..], b"\"Records\"", b":", b"["];
    let inside =
        head.iter().try_fold(text, |text, token| text.trim_ascii_start().strip_prefix(*token));
    let inside = inside
        .and_then(|text| text.strip_suffix(b"}"))
        .and_then(|text| text.trim_ascii_end().strip_suffix(b"]"));
    inside
        .map(<[u8]>::trim_ascii)
        .is_some_and(|inside| inside.is_empty() || (inside[0] == b'{' && inside.ends_with(b"}")))
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

/// The earliest and latest eventTime of a text.
#[derive(Debug, Default)]
pub(super) struct Times {
    range: Option<([u8; LENGTH], [u8; LENGTH])>,
}

/// `YYYY-MM-DDThh:mm:ssZ`.
const LENGTH: usize = 20;

impl Times {
    /// Notes the times in a text. They are compared as texts, which is their order in time.
    pub(super) fn note(&mut self, text: &[u8]) {
        let key = b"\"eventTime\"";
        for at in memmem::find_iter(text, key) {
            let value = text[at + key.len()..]
                .trim_ascii_start()
                .strip_prefix(b":")
                .map(<[u8]>::trim_ascii_start);
            let time = value
                .and_then(|value| value.strip_prefix(b"\""))
                .and_then(|value| value.first_chunk::<LENGTH>());
            let Some(&time) = time.filter(|time| is_time(time)) else { continue };
            self.range = match self.range {
                Some((first, last)) => Some((first.min(time), last.max(time))),
                None => Some((time, time)),
            };
        }
    }

    /// First and last, if there was any.
    pub(super) fn range(&self) -> Option<(String, String)> {
        let text = |time: [u8; LENGTH]| String::from_utf8_lossy(&time).into_owned();
        self.range.map(|(first, last)| (text(first), text(last)))
    }
}

fn is_time(text: &[u8; LENGTH]) -> bool {
    text.iter().zip(b"dddd-dd-ddTdd:dd:ddZ").all(|(byte, form)| match form {
        b'd' => byte.is_ascii_digit(),
        form => byte == form,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_ends_are_those_of_a_trail_file() {
        for text in [r#"{"Records":[]}"#, "\u{feff}{ \"Records\" : [ {} , {} ] }\n"] {
            assert!(has_plain_ends(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"Records":[{}]"#,
            r#"{"Records":[{},{]}"#,
            r#"{"Records":[]},"x""#,
            r#"{"Events":[]}"#,
            "",
        ] {
            assert!(!has_plain_ends(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_first_record_tells_that_events_are_aggregated_or_wrapped() {
        let trail = r#"{"Records":[{"eventName":"A"},{"eventName":"B"}]}"#;
        assert!(!is_other(trail.as_bytes()) && !is_other(b"{\"Records\":[]}"));
        assert!(is_other(trail.replace("\"A\"", "\"AwsAggregatedEvent\"").as_bytes()));
        assert!(is_other(b"{\"Records\": [ {\"Data\":\"eyJldmVudA==\"}]}"));
    }

    #[test]
    fn times_and_omissions_are_noted() {
        let text = br#"{"eventTime":"2026-01-02T00:00:00Z","x":{"omitted":"true"},"eventTime" : "2025-01-02T00:00:00Z","eventTime":"soon"}"#;
        let mut times = Times::default();
        times.note(text);
        assert_eq!(
            times.range(),
            Some(("2025-01-02T00:00:00Z".into(), "2026-01-02T00:00:00Z".into()))
        );
        assert_eq!(omitted(text), 1);
    }
}
