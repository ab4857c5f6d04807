//! Well-formed JSON values: which objects in them are traces, and which strings lie in none.

use memchr::memchr2;

use super::{Names, SHORTEST, Search};
use crate::{cloudtrail::envelope::FOREIGN_SOURCE, scan::unwrap::unescape};

/// Something that a well-formed value holds, in the order of the text.
#[derive(Debug)]
pub(super) enum Entry {
    /// A trace.
    Trace { start: usize, end: usize, covered: bool },
    /// A string that lies in no trace.
    Text { start: usize, end: usize, payload: bool },
    /// A foreign event.
    Foreign,
}

/// An object or array that is open.
#[derive(Debug)]
pub(super) struct Frame {
    start: usize,
    is_object: bool,
    names: Names,
    is_foreign: bool,
    is_aggregated: bool,
    /// The key of the value that comes next.
    key: Key,
    /// Entries before this one precede it.
    entries: usize,
}

/// A key whose value says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Source,
    /// `eventCategory` or `eventType`.
    Category,
    /// What streams deliver, always in base64.
    Payload,
    Other,
}

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    Key,
    CommaOrEnd,
}

/// Containers that may be open at once.
const DEEPEST: usize = 1 << 16;

impl Search<'_, '_, '_> {
    /// Walks over the object or array at `start`. Gives the index after it, or where it is broken or
    /// ends too early; `entries` has then nothing to be relied on.
    pub(super) fn value(
        &mut self,
        text: &[u8],
        start: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<usize, usize> {
        let mut frames = std::mem::take(&mut self.traces.frames);
        frames.clear();
        let walked = self.walk(text, start, entries, &mut frames);
        self.traces.frames = frames;
        walked
    }

    fn walk(
        &mut self,
        text: &[u8],
        start: usize,
        entries: &mut Vec<Entry>,
        frames: &mut Vec<Frame>,
    ) -> Result<usize, usize> {
        let (mut at, mut next) = (start, Next::Value);
        loop {
            at = skip_blanks(text, at);
            let Some(&byte) = text.get(at) else { return Err(at) };
            match (next, byte) {
                (Next::Value, b'{' | b'[') => {
                    if frames.len() == DEEPEST {
                        self.hide(super::TOO_DEEP);
                        return Err(at);
                    }
                    let is_object = byte == b'{';
                    frames.push(Frame {
                        start: at,
                        is_object,
                        names: Names::NONE,
                        is_foreign: false,
                        is_aggregated: false,
                        key: Key::Other,
                        entries: entries.len(),
                    });
                    at = skip_blanks(text, at + 1);
                    let is_empty = text.get(at) == Some(if is_object { &b'}' } else { &b']' });
                    next = match (is_empty, is_object) {
                        (true, _) => Next::CommaOrEnd,
                        (false, true) => Next::Key,
                        (false, false) => Next::Value,
                    };
                }
                (Next::Value, b'"') => {
                    let end = string_end(text, at + 1).ok_or(text.len())?;
                    if let Some(frame) = frames.last_mut() {
                        note_string(frame, text, at..end, entries);
                    }
                    (at, next) = (end, Next::CommaOrEnd);
                }
                (Next::Value, _) => {
                    let length = text[at..].iter().take_while(|byte| is_bare(**byte)).count();
                    if length == 0 {
                        return Err(at);
                    }
                    (at, next) = (at + length, Next::CommaOrEnd);
                }
                (Next::Key, b'"') => {
                    let end = string_end(text, at + 1).ok_or(text.len())?;
                    let Some(frame) = frames.last_mut() else { return Err(at) };
                    note_key(frame, text, at..end, entries);
                    at = skip_blanks(text, end);
                    if text.get(at) != Some(&b':') {
                        return Err(at);
                    }
                    (at, next) = (at + 1, Next::Value);
                }
                (Next::CommaOrEnd, b',') => {
                    let Some(frame) = frames.last_mut() else { return Err(at) };
                    next = if frame.is_object { Next::Key } else { Next::Value };
                    at += 1;
                }
                (Next::CommaOrEnd, b'}' | b']') => {
                    let closes = |frame: &Frame| frame.is_object == (byte == b'}');
                    if !frames.last().is_some_and(closes) {
                        return Err(at);
                    }
                    at += 1;
                    if let Some(frame) = frames.pop().filter(|frame| frame.is_object) {
                        self.object(text, &frame, at, entries)?;
                    }
                    if frames.is_empty() {
                        return Ok(at);
                    }
                }
                _ => return Err(at),
            }
        }
    }

    /// An object ends before `end`. An error says that there is no work left.
    fn object(
        &mut self,
        text: &[u8],
        frame: &Frame,
        end: usize,
        entries: &mut Vec<Entry>,
    ) -> Result<(), usize> {
        if frame.is_foreign {
            entries.push(Entry::Foreign);
            return Ok(());
        }
        if frame.names != Names::ALL || frame.is_aggregated {
            return Ok(());
        }
        let bytes = &text[frame.start..end];
        if !self.spend(bytes.len()) {
            return Err(end);
        }
        let covered = self.searched.has(bytes);
        if !covered && self.searched.is_shown_by(bytes) {
            return Ok(());
        }
        // What lies in a record is a part of it.
        entries.truncate(frame.entries);
        entries.push(Entry::Trace { start: frame.start, end, covered });
        Ok(())
    }
}

fn note_key(
    frame: &mut Frame,
    text: &[u8],
    range: std::ops::Range<usize>,
    entries: &mut Vec<Entry>,
) {
    let mut unescaped = Vec::new();
    let mut key = &text[range.start + 1..range.end - 1];
    if memchr::memchr(b'\\', key).is_some() {
        unescape(&text[range.clone()], &mut unescaped);
        key = &unescaped;
    }
    if key.len() >= SHORTEST {
        entries.push(Entry::Text { start: range.start, end: range.end, payload: false });
    }
    let name = super::NAMES.iter().position(|name| *name == key);
    frame.names.0 |= name.map_or(0, |name| 1 << name);
    frame.key = match key {
        b"eventSource" | b"EventSource" => Key::Source,
        b"eventCategory" | b"eventType" => Key::Category,
        b"data" | b"Data" | b"rawData" => Key::Payload,
        _ => Key::Other,
    };
}

fn note_string(
    frame: &mut Frame,
    text: &[u8],
    range: std::ops::Range<usize>,
    entries: &mut Vec<Entry>,
) {
    let key = std::mem::replace(&mut frame.key, Key::Other);
    if matches!(key, Key::Source | Key::Category) {
        let mut value = Vec::new();
        unescape(&text[range.clone()], &mut value);
        frame.is_foreign |= key == Key::Source && value.starts_with(FOREIGN_SOURCE);
        frame.is_aggregated |= key == Key::Category
            && matches!(value.as_slice(), b"Aggregated" | b"AwsAggregatedEvent");
    }
    if range.len() >= SHORTEST {
        let payload = key == Key::Payload;
        entries.push(Entry::Text { start: range.start, end: range.end, payload });
    }
}

/// The index after the quote that closes the string whose inside begins at `at`.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Whether a string may end before this byte.
pub(super) fn may_follow_string(byte: Option<&u8>) -> bool {
    byte.is_none_or(|byte| b",:}] \t\r\n".contains(byte))
}

/// Whether a byte may be a part of a number, a word, or what some writers put for one.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}
