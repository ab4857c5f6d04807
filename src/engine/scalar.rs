//! Scalars of an event as Sigma compares them: by text, by number, by part of a timestamp.

use std::borrow::Cow;

use crate::{
    cloudtrail::Node,
    rule::{Number, TimePart},
};

/// The text form of a scalar; none for null, objects and arrays.
pub(super) fn text(node: Node<'_>) -> Option<Cow<'_, str>> {
    Some(match node {
        Node::String(text) => Cow::Borrowed(text),
        Node::Bool(true) => Cow::Borrowed("true"),
        Node::Bool(false) => Cow::Borrowed("false"),
        Node::Int(value) => Cow::Owned(value.to_string()),
        Node::UInt(value) => Cow::Owned(value.to_string()),
        Node::Float(value) => Cow::Owned(Number::Float(value).text()),
        Node::Spelled("-0") => Cow::Borrowed("0"),
        // An integer of any size is its digits; a number beyond double compares by its spelling.
        Node::Spelled(spelling)
            if spelling.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            Cow::Borrowed(spelling)
        }
        Node::Spelled(spelling) => Number::parse_json(spelling)
            .map_or(Cow::Borrowed(spelling), |number| Cow::Owned(number.text())),
        Node::Null | Node::Object { .. } | Node::Array { .. } => return None,
    })
}

/// The numeric value of a number, or of a string that is exactly a JSON number.
pub(super) fn number(node: Node<'_>) -> Option<Number> {
    match node {
        Node::Int(value) => Some(Number::Int(i128::from(value))),
        Node::UInt(value) => Some(Number::Int(i128::from(value))),
        Node::Float(value) => Some(Number::Float(value)),
        Node::Spelled(text) | Node::String(text) => Number::parse_json(text),
        _ => None,
    }
}

/// A part of a timestamp `YYYY-MM-DDThh:mm[:ss[.f]][Z|offset]` as written.
pub(super) fn time_part(text: &str, part: TimePart) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| -> Option<i64> {
        let digits = bytes.get(from..to)?;
        digits.iter().try_fold(0, |value, byte| {
            byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
        })
    };
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    let (hour, minute) = (digits(11, 13)?, digits(14, 16)?);
    if !(is(4, b"-") && is(7, b"-") && is(10, b"T ") && is(13, b":") && is_time_tail(&bytes[16..]))
    {
        return None;
    }
    match part {
        TimePart::Year => Some(year),
        TimePart::Month => Some(month),
        TimePart::Day => Some(day),
        TimePart::Hour => Some(hour),
        TimePart::Minute => Some(minute),
        TimePart::Week => {
            let date = jiff::civil::Date::new(
                year.try_into().ok()?,
                month.try_into().ok()?,
                day.try_into().ok()?,
            );
            Some(i64::from(date.ok()?.iso_week_date().week()))
        }
    }
}

/// Seconds, fraction and zone, each of which may be missing.
fn is_time_tail(mut tail: &[u8]) -> bool {
    let two_digits = |bytes: &[u8]| bytes.len() >= 2 && bytes[..2].iter().all(u8::is_ascii_digit);
    if let [b':', rest @ ..] = tail {
        if !two_digits(rest) {
            return false;
        }
        tail = &rest[2..];
        if let [b'.', rest @ ..] = tail {
            let fraction = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if fraction == 0 {
                return false;
            }
            tail = &rest[fraction..];
        }
    }
    match tail {
        [] | [b'Z'] => true,
        [b'+' | b'-', rest @ ..] if two_digits(rest) => match &rest[2..] {
            [b':', minutes @ ..] | minutes => minutes.len() == 2 && two_digits(minutes),
        },
        _ => false,
    }
}
