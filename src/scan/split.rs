//! From a text to its records: the one function that says where records stand.
//!
//! It takes what `CloudTrail` and the tools around it write: objects with `Records` arrays, top-level
//! arrays, JSON lines, single records, several documents in a row, in any spelling JSON allows. A
//! broken record is told, and the split goes on at the next one. It can be fed a text in pieces.

mod damage;
mod seen;
mod wrapping;

use self::wrapping::Object;
pub(super) use self::{damage::Damage, seen::Seen, wrapping::TELLING_BYTES};
use super::{
    resync::{BEGINNING, KeyError, key_at, next_record},
    walk::{Walk, Walked},
};

/// Where an item lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// In an array called `Records`, whose other elements are records.
    Records,
    /// In a top-level array, or on its own with a key of a record: a record unless it turns out to be
    /// something else.
    Array,
    /// In a wrapping, or on a line.
    Other,
}

/// The next thing in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A record, from brace to brace.
    Record {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// Index in the file.
        index: u64,
    },
    /// An object that may be a record or wrap some.
    Item {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// Index in the file.
        index: u64,
        /// Where it lies.
        within: Within,
    },
    /// The text ends here; bytes from `keep` on are needed again, together with more.
    More {
        /// First byte still needed.
        keep: usize,
    },
    /// The text is at its end.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    /// Between top-level values.
    Top,
    /// Before an element of an array; `Records` arrays return to their object.
    Element { in_object: bool },
    /// After an element.
    Comma { in_object: bool },
    /// In a top-level object, before a key.
    Key,
    /// In a top-level object, after a member.
    MemberEnd,
    /// Looking for the next record after a broken one.
    Lost { in_object: bool, lines: bool },
    /// In the rest of a line that is passed over.
    Line,
    /// Walking over a value too large to hold, without keeping it.
    Passing { then: Then },
}

/// What the value being walked over is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Then {
    Element { in_object: bool },
    Member,
}

/// Splits one text. A text without damage gives the same records in whatever pieces it is fed, and so
/// does a damaged one whose records begin as AWS writes them, with their version, or on lines of their
/// own. After a broken record of another spelling the next object that is whole and names its event
/// is taken, from the piece that is held: where pieces end, that may be another one than in the whole
/// text.
#[derive(Debug)]
pub(super) struct Splitter {
    mode: Mode,
    at: usize,
    /// A value begun at this index and not yet walked to its end.
    begun: Option<usize>,
    walk: Walk,
    object: Object,
    /// Bytes of the text that were dropped before the present piece.
    dropped: u64,
    index: u64,
    /// How many bytes may still be looked at in search of a next record. A text made of nothing
    /// but broken beginnings would otherwise take time in the square of its length.
    search: u64,
    /// The text stands inside another: what looks like a record in it need not be one.
    inside: bool,
    /// Lines of the text begin with a time.
    stamped: bool,
    /// The item given last is a stranger unless a record is found in it; what it is.
    stranger: Option<String>,
    pub(super) seen: Seen,
    pub(super) damage: Damage,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            mode: Mode::Top,
            at: 0,
            begun: None,
            walk: Walk::default(),
            object: Object::default(),
            dropped: 0,
            index: 0,
            search: 1 << 30,
            inside: false,
            stamped: false,
            stranger: None,
            seen: Seen::default(),
            damage: Damage::default(),
        }
    }
}

impl Splitter {
    /// Records met so far, broken ones included.
    pub(super) fn records(&self) -> u64 {
        self.index.saturating_sub(self.seen.foreign)
    }

    /// The index of the next thing that is counted.
    pub(super) fn next_index(&self) -> u64 {
        self.index
    }

    /// Tells that the first `by` bytes of the text are gone.
    pub(super) fn shift(&mut self, by: usize) {
        self.at -= by;
        self.dropped += by as u64;
        self.begun = self.begun.map(|start| start - by);
        self.object.start = self.object.start.map(|start| start - by);
    }

    /// What [`Part::More`] asks to keep fills all the `held` bytes there are: it is told as damage
    /// and passed over. Gives the first byte that is still needed.
    pub(super) fn give_up(&mut self, held: usize) -> usize {
        if self.object.start.take().is_some() && !matches!(self.mode, Mode::Element { .. }) {
            self.damage
                .add(format!("a top-level object at byte {} is larger than the cap", self.dropped));
        }
        let then = match (self.begun.take(), self.mode) {
            (Some(start), Mode::Element { in_object }) => {
                self.damage.add(format!(
                    "record {} at byte {} is larger than the cap",
                    self.index,
                    self.dropped + start as u64
                ));
                self.index += 1;
                Then::Element { in_object }
            }
            (Some(_), _) => Then::Member,
            (None, _) if self.at > 0 => return self.at,
            // Not even a key fits.
            (None, _) => {
                self.damage.add(format!("a key at byte {} is larger than the cap", self.dropped));
                self.object = Object::default();
                self.mode = Mode::Lost { in_object: false, lines: true };
                self.at = held;
                return held;
            }
        };
        self.mode = Mode::Passing { then };
        // The walk may want the last byte again: a backslash whose escape is cut.
        self.at
    }

    /// The next part of `text`. With `last`, no more text will come.
    pub(super) fn next(&mut self, text: &[u8], last: bool) -> Part {
        loop {
            if let Mode::Passing { then } = self.mode {
                if let Some(part) = self.pass(text, last, then) {
                    return part;
                }
                continue;
            }
            if self.mode == Mode::Line {
                if let Some(part) = self.find_next_line(text, last) {
                    return part;
                }
                continue;
            }
            if let Mode::Lost { in_object, lines } = self.mode {
                if let Some(part) = self.find_next_record(text, last, in_object, lines) {
                    return part;
                }
                continue;
            }
            if self.begun.is_none() {
                self.skip_blanks(text);
            }
            let Some(&byte) = text.get(self.at).or_else(|| self.begun.map(|_| &0)) else {
                return self.at_end(last);
            };
            let part = match self.mode {
                Mode::Top => self.top(text, byte, last),
                Mode::Element { in_object } => self.element(text, byte, last, in_object),
                Mode::Comma { in_object } => self.comma(byte, in_object),
                Mode::Key => self.member(text, byte, last),
                _ => self.member_end(text, byte),
            };
            if let Some(part) = part {
                return part;
            }
        }
    }

    fn skip_blanks(&mut self, text: &[u8]) {
        while matches!(text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn at_end(&mut self, last: bool) -> Part {
        if !last {
            return Part::More { keep: self.object.start.unwrap_or(self.at) };
        }
        if self.mode != Mode::Top {
            self.seen.cut |= self.damage.is_empty();
            self.damage.add("the text ends before its JSON document does".to_owned());
            self.mode = Mode::Top;
        }
        Part::End
    }

    /// Walks the value at `self.at`: its start and end, or the part to return first.
    fn value(&mut self, text: &[u8], last: bool) -> Result<(usize, usize), Option<Part>> {
        let start = *self.begun.get_or_insert_with(|| {
            self.walk.reset();
            self.at
        });
        match self.walk.run(text, self.at, last) {
            Walked::End(end) => {
                self.at = end;
                self.begun = None;
                Ok((start, end))
            }
            Walked::More(at) if !last => {
                self.at = at;
                Err(Some(Part::More { keep: self.object.start.unwrap_or(start) }))
            }
            Walked::More(_) => {
                self.search = self.search.saturating_sub((text.len() - start) as u64);
                self.cut(start, text.len());
                Err(None)
            }
            Walked::Broken(at) => {
                self.broken(start, at, "its JSON is broken");
                Err(None)
            }
        }
    }

    /// The value that starts at `start` is not whole when the text ends, at `end`.
    fn cut(&mut self, start: usize, end: usize) {
        // What is broken before may look as if it were cut.
        self.seen.cut |= self.damage.is_empty();
        self.broken(start, end, "the text ends inside it");
    }

    /// The value that starts at `start` is broken at `at`: count it, tell it, look for the next one.
    fn broken(&mut self, start: usize, at: usize, why: &str) {
        self.begun = None;
        let place = self.dropped + at as u64;
        self.damage.add(format!(
            "record {} at byte {}: {why} at byte {place}",
            self.index,
            self.dropped + start as u64
        ));
        self.index += 1;
        self.seen.broken += 1;
        let in_object =
            matches!(self.mode, Mode::Element { in_object: true }) || self.object.is_container;
        let lines = !matches!(self.mode, Mode::Element { .. });
        if lines {
            self.object = self.object.emptied();
        }
        self.mode = Mode::Lost { in_object, lines };
        self.at = start + 1;
    }

    fn pass(&mut self, text: &[u8], last: bool, then: Then) -> Option<Part> {
        match self.walk.run(text, self.at, last) {
            Walked::End(end) => {
                self.at = end;
                self.mode = match then {
                    Then::Element { in_object } => Mode::Comma { in_object },
                    Then::Member => Mode::MemberEnd,
                };
                None
            }
            Walked::More(at) if last => {
                self.at = at.max(text.len());
                Some(self.at_end(true))
            }
            Walked::More(at) => {
                self.at = at;
                Some(Part::More { keep: at })
            }
            Walked::Broken(at) => {
                self.damage.add(format!("its JSON is broken at byte {}", self.dropped + at as u64));
                self.at = at;
                let in_object = matches!(then, Then::Element { in_object: true } | Then::Member);
                self.mode = Mode::Lost { in_object, lines: then == Then::Member };
                None
            }
        }
    }

    /// Tells of a byte that belongs nowhere.
    fn stray(&mut self, byte: u8) {
        let at = self.dropped + self.at as u64;
        self.damage.add(format!("a stray {:?} at byte {at}", char::from(byte)));
    }

    fn top(&mut self, text: &[u8], byte: u8, last: bool) -> Option<Part> {
        match byte {
            b'{' if self.stamped => return self.stamped_line(text, last, 0),
            b'{' => {
                self.object = Object::begun(self.at);
                self.at += 1;
                self.mode = Mode::Key;
            }
            b'[' => {
                self.at += 1;
                self.mode = Mode::Element { in_object: false };
            }
            // A byte order mark: files that were put together have several.
            0xEF if text[self.at..].starts_with(b"\xEF\xBB\xBF") => self.at += 3,
            0xEF if !last && text.len() - self.at < 3 => {
                return Some(Part::More { keep: self.at });
            }
            // The record separator of RFC 7464.
            0x1E => self.at += 1,
            b',' if !self.stamped => {
                self.stray(byte);
                self.at += 1;
            }
            _ => return self.not_json(text, last),
        }
        None
    }

    fn element(&mut self, text: &[u8], byte: u8, last: bool, in_object: bool) -> Option<Part> {
        if self.begun.is_none() && byte == b']' {
            self.at += 1;
            self.mode = if in_object { Mode::MemberEnd } else { Mode::Top };
            return None;
        }
        if self.begun.is_none() && matches!(byte, b'}' | b',' | b':') {
            self.stray(byte);
            self.at += 1;
            self.mode =
                if byte == b'}' { Mode::Lost { in_object, lines: false } } else { self.mode };
            return None;
        }
        let (start, end) = match self.value(text, last) {
            Ok(range) => range,
            Err(part) => {
                if matches!(self.mode, Mode::Lost { .. }) {
                    self.note_broken_element(&text[self.at - 1..]);
                }
                return part;
            }
        };
        let value = &text[start..end];
        if value[0] != b'{'
            && value[0] != b'['
            && serde_json::from_slice::<serde::de::IgnoredAny>(value).is_err()
        {
            self.broken(start, start, "it is no JSON value");
            return None;
        }
        self.mode = Mode::Comma { in_object };
        let index = self.index;
        self.index += 1;
        if !self.may_hold(value, in_object) {
            self.seen.foreign += 1;
            self.seen.elements += u64::from(!in_object);
            return None;
        }
        Some(self.element_part(text, start, end, index, in_object))
    }

    fn comma(&mut self, byte: u8, in_object: bool) -> Option<Part> {
        match byte {
            b',' => self.mode = Mode::Element { in_object },
            b']' => self.mode = if in_object { Mode::MemberEnd } else { Mode::Top },
            b'{' => {
                self.damage
                    .add(format!("a comma is missing at byte {}", self.dropped + self.at as u64));
                self.mode = Mode::Element { in_object };
                return None;
            }
            _ => {
                self.stray(byte);
                self.mode = Mode::Lost { in_object, lines: false };
            }
        }
        self.at += 1;
        None
    }

    fn member(&mut self, text: &[u8], byte: u8, last: bool) -> Option<Part> {
        if self.begun.is_none() && byte == b'}' {
            return self.object_end(text);
        }
        if self.begun.is_none() {
            let start = self.object.start.unwrap_or(self.at);
            match key_at(text, self.at) {
                Ok((key, value)) => {
                    self.note_key(&key);
                    self.at = value;
                    if self.enters(&key, text[value]) {
                        return None;
                    }
                }
                Err(KeyError::More) if !last => return Some(Part::More { keep: start }),
                Err(KeyError::More) => {
                    self.cut(start, text.len());
                    return None;
                }
                Err(KeyError::Broken) => {
                    self.broken(start, self.at, "its JSON is broken");
                    return None;
                }
            }
        }
        match self.value(text, last) {
            Ok((start, end)) => {
                self.note_value(&text[start..end]);
                self.mode = Mode::MemberEnd;
            }
            Err(part) => return part,
        }
        None
    }

    fn member_end(&mut self, text: &[u8], byte: u8) -> Option<Part> {
        match byte {
            b',' => {
                self.at += 1;
                self.mode = Mode::Key;
                None
            }
            b'}' => self.object_end(text),
            _ => {
                self.broken(self.object.start.unwrap_or(self.at), self.at, "its JSON is broken");
                None
            }
        }
    }

    /// Looks for the next record from `self.at` on. Gives a part only when more text is needed or
    /// there is none.
    fn find_next_record(
        &mut self,
        text: &[u8],
        last: bool,
        in_object: bool,
        lines: bool,
    ) -> Option<Part> {
        if self.stamped && lines {
            return self.find_next_line(text, last);
        }
        let found = (self.search > 0).then(|| next_record(text, self.at, lines)).flatten();
        let looked_at =
            if lines { text.len() } else { found.map_or(text.len(), |(start, _)| start) } - self.at;
        self.search = self.search.saturating_sub(looked_at as u64);
        if let Some((start, in_array)) = found {
            self.at = start;
            self.mode = if in_array { Mode::Element { in_object } } else { Mode::Top };
            self.object.is_container |= in_array && in_object;
            return None;
        }
        if !last && self.search > 0 {
            // Enough of the tail stays for a record's beginning that the cut goes through.
            self.at = self.at.max(text.len().saturating_sub(BEGINNING));
            return Some(Part::More { keep: self.at });
        }
        if self.search == 0 {
            self.damage.add("too much of it is broken: the rest is not searched".to_owned());
        }
        self.at = text.len();
        self.mode = if last { Mode::Top } else { self.mode };
        Some(if last { Part::End } else { Part::More { keep: self.at } })
    }
}

#[cfg(test)]
mod tests;
