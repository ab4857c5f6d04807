//! Events as rows of bytes that sort as the correlations need them.
//!
//! A key orders by correlation, group, time, event id, what tells records of one id apart, and the
//! place among the correlation's rules. Texts are escaped so that comparing bytes compares texts.
//! The payload holds what is wanted of the event.

use sha2::{Digest, Sha256};

use crate::rule::{CorrelationKind, LoadedCorrelation, Number};

/// The match of a rule that feeds correlations.
#[derive(Debug, Clone, Copy)]
pub struct Match<'m> {
    /// Nanoseconds since the Unix epoch.
    pub time: i128,
    /// The event's id, if it has one.
    pub event_id: Option<&'m str>,
    /// Tells records apart that have no id, or are to count although they share one.
    pub identity: [u8; 16],
    /// The texts it carries.
    pub texts: &'m [Option<&'m str>],
}

/// The beginning of a key: the correlation and the group.
pub(super) fn group_bytes<'t>(at: u32, texts: impl Iterator<Item = Option<&'t str>>) -> Vec<u8> {
    let mut out = at.to_be_bytes().to_vec();
    for text in texts {
        push_text(text, &mut out);
    }
    out
}

/// Appends a text so that bytes order as texts do, none before all, and its end can be found.
pub(crate) fn push_text(text: Option<&str>, out: &mut Vec<u8>) {
    let Some(text) = text else { return out.push(0) };
    out.push(1);
    for &byte in text.as_bytes() {
        out.push(byte);
        if byte == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

pub(super) fn key(
    group: &[u8],
    time: i128,
    id: Option<&str>,
    identity: [u8; 16],
    place: u16,
) -> Vec<u8> {
    let mut key = Vec::with_capacity(group.len() + 80);
    key.extend_from_slice(group);
    key.extend_from_slice(&sortable(time));
    push_text(id, &mut key);
    key.extend_from_slice(&identity);
    key.extend_from_slice(&place.to_be_bytes());
    key
}

/// A time as bytes that order as times do.
pub(crate) fn sortable(time: i128) -> [u8; 16] {
    (time ^ i128::MIN).to_be_bytes()
}

/// The length of the group's bytes, the value, the ids of the events behind the row, and how many more events there are.
pub(super) fn payload(group: usize, value: &[u8], unlisted: u64, events: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + value.len() + events.len());
    out.extend_from_slice(&unlisted.to_le_bytes());
    for length in [group, value.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend_from_slice(value);
    out.extend_from_slice(events);
    out
}

/// What the correlation wants of an event: a hash of its values where different ones are counted,
/// its numbers where it calculates. Empty if there is nothing.
pub(super) fn value_bytes(correlation: &LoadedCorrelation, values: &[Option<&str>]) -> Vec<u8> {
    let kind = correlation.correlation.body.kind;
    if kind == CorrelationKind::ValueCount {
        let Some(values) = values.iter().copied().collect::<Option<Vec<&str>>>() else {
            return Vec::new();
        };
        // Cut to 128 bits; nobody can write two values that count as one.
        let mut hash = Sha256::new();
        for value in values {
            hash.update((value.len() as u64).to_le_bytes());
            hash.update(value);
        }
        hash.finalize().iter().take(16).copied().collect()
    } else if kind.is_numeric() {
        values.iter().copied().flatten().next().unwrap_or_default().into()
    } else {
        Vec::new()
    }
}

/// Appends one event to a list of events.
pub(super) fn push_event(time: i128, id: Option<&str>, out: &mut Vec<u8>) {
    out.extend_from_slice(&time.to_le_bytes());
    let length = id.map_or(u32::MAX, |id| u32::try_from(id.len()).unwrap_or(u32::MAX - 1));
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(id.unwrap_or_default().as_bytes());
}

/// The events of a list: their times and ids.
pub(super) fn events(mut bytes: &[u8]) -> impl Iterator<Item = (i128, Option<&str>)> {
    std::iter::from_fn(move || {
        let time = i128::from_le_bytes(take(&mut bytes)?);
        let length = u32::from_le_bytes(take(&mut bytes)?);
        if length == u32::MAX {
            return Some((time, None));
        }
        let (id, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        bytes = rest;
        Some((time, std::str::from_utf8(id).ok()))
    })
}

/// A row as it is read back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    /// Correlation and group, as bytes.
    pub(super) group: &'r [u8],
    /// When.
    pub(super) time: i128,
    /// The part of the key that is the same for all rows of one event.
    pub(super) event: &'r [u8],
    /// The place among the correlation's rules.
    pub(super) place: u16,
    /// What the correlation wants of the event.
    pub(super) value: &'r [u8],
    /// The events the row stands for.
    pub(super) events: &'r [u8],
    /// How many more events are behind it.
    pub(super) unlisted: u64,
}

impl<'r> Row<'r> {
    /// Reads a row; `None` if it is garbled.
    pub(super) fn read(key: &'r [u8], payload: &'r [u8]) -> Option<Self> {
        let mut rest = payload;
        let unlisted = u64::from_le_bytes(take(&mut rest)?);
        let group = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
        let value = usize::try_from(u32::from_le_bytes(take(&mut rest)?)).ok()?;
        let (value, events) = rest.split_at_checked(value)?;
        let (group, event) = key.split_at_checked(group)?;
        let (event, place) = event.split_at_checked(event.len().checked_sub(2)?)?;
        let time = i128::from_be_bytes(take(&mut &*event)?) ^ i128::MIN;
        let place = u16::from_be_bytes(take(&mut &*place)?);
        Some(Self { group, time, event, place, value, events, unlisted })
    }
}

/// Correlation and texts of a group; `None` if it is garbled.
pub(super) fn read_group(mut bytes: &[u8]) -> Option<(usize, Vec<Option<String>>)> {
    let at = usize::try_from(u32::from_be_bytes(take(&mut bytes)?)).ok()?;
    let mut texts = Vec::new();
    while let Some((&first, rest)) = bytes.split_first() {
        bytes = rest;
        if first == 0 {
            texts.push(None);
            continue;
        }
        let mut text = Vec::new();
        loop {
            match bytes {
                [0, 0, rest @ ..] => {
                    bytes = rest;
                    break;
                }
                [0, 0xFF, rest @ ..] => {
                    text.push(0);
                    bytes = rest;
                }
                [byte, rest @ ..] => {
                    text.push(*byte);
                    bytes = rest;
                }
                [] => return None,
            }
        }
        texts.push(Some(String::from_utf8(text).ok()?));
    }
    Some((at, texts))
}

/// The numbers of a value.
pub(super) fn numbers(value: &[u8]) -> Box<[Number]> {
    let text = std::str::from_utf8(value).unwrap_or_default();
    text.split(' ').filter_map(Number::parse_json).collect()
}

/// Takes the first `N` bytes off `bytes`.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}
