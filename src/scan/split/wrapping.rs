//! What the split knows of wrappings: which arrays hold records or wrapped ones, which objects may
//! be more than a record, which lines begin with a time.
//!
//! It only says where such things stand. Taking records out of them is `unwrap`'s.

use memchr::{memchr, memmem};

use super::{Mode, Part, Splitter, Then, Within};
use crate::{
    cloudtrail::envelope::{
        self, AGGREGATED, CONFIG_ITEMS, CONTROL_MESSAGE, HITS, LONGEST_TELLING, MESSAGE_TYPE,
        RECORD_HEAD, RECORD_KEYS, Stamp,
    },
    scan::{encoded, unwrap::is_whole_record},
};

/// The top-level object the split is in.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that was met or was not")]
pub(super) struct Object {
    /// Where it starts in the text; `None` once it cannot be a record any more.
    pub(super) start: Option<usize>,
    /// An array of records, or of wrapped ones, was met in it.
    pub(super) is_container: bool,
    /// The elements of its array may wrap records.
    items: bool,
    /// So may arrays in it: rows of the answer to a query.
    rows: bool,
    /// No element of its array was met yet.
    fresh: bool,
    /// It is an object within the object, the one with the hits of a search.
    within: bool,
    looks_like_record: bool,
    /// Which of the keys were met that make it a trace of a record.
    version: bool,
    source: bool,
    name: bool,
    is_foreign: bool,
    may_wrap: bool,
    /// A member that is no array of records may hold some.
    hides_records: bool,
    is_control: bool,
    stranger: Option<&'static str>,
    keys: Vec<String>,
    /// The key of the member the split is in, if its value tells something.
    telling: Option<&'static str>,
}

impl Object {
    /// An object that begins at `start`.
    pub(super) fn begun(start: usize) -> Self {
        Self { start: Some(start), ..Self::default() }
    }

    /// What stays of an object that is broken: what its array holds, should more of it be found.
    pub(super) fn emptied(&self) -> Self {
        Self { items: self.items, rows: self.rows, ..Self::default() }
    }
}

/// As many bytes at the beginning of a first record tell whether it is an aggregated event.
pub(in crate::scan) const TELLING_BYTES: usize = 3072;

/// So many bytes may stand before a record on its line.
const LONGEST_PREFIX: usize = 512;

/// Bytes that stand before a record on its line, in a log that some other program wrote. What stands in
/// quotes is no such record: its characters may be escaped in any way.
fn prefix(line: &[u8]) -> Option<usize> {
    let line = &line[..line.len().min(LONGEST_PREFIX)];
    let line = &line[..memchr(b'\n', line).unwrap_or(line.len())];
    let begin = memmem::find(line, RECORD_HEAD)?;
    (begin > 0 && matches!(line[begin - 1], b' ' | b'\t')).then_some(begin)
}

impl Splitter {
    /// Goes on in the `Records` array of a text whose records before `index` are known: at the first
    /// byte of the next record, or behind the last one.
    pub(in crate::scan) fn resume(&mut self, at: usize, behind: bool, index: u64) {
        self.object = Object { is_container: true, ..Object::default() };
        self.seen.containers = 1;
        self.seen.plain = index;
        self.mode = if behind {
            Mode::Comma { in_object: true }
        } else {
            Mode::Element { in_object: true }
        };
        self.at = at;
        self.index = index;
    }

    /// A splitter for a text inside the item `index` of this one. It may search as far as this.
    pub(in crate::scan) fn inside(&self, index: u64) -> Self {
        Self { index, search: self.search, inside: true, ..Self::default() }
    }

    /// Goes on after what `inner` found inside an item. Gives whether it was broken.
    pub(in crate::scan) fn absorb(&mut self, item: u64, inner: Self) -> bool {
        self.search = inner.search;
        self.seen.aggregated += inner.seen.aggregated;
        self.seen.rebuilt += inner.seen.rebuilt;
        self.seen.broken += inner.seen.broken;
        self.damage.add_inner(item, inner.damage)
    }

    /// So many more records than one were found in the item that was counted last, or between items.
    pub(in crate::scan) fn count_more(&mut self, records: u64) {
        self.index += records;
    }

    /// Gives back the index of the item that was counted last, in which no record was found and which
    /// is a stranger. Gives whether it was.
    pub(in crate::scan) fn take_stranger(&mut self, found: bool) -> bool {
        let Some(stranger) = self.stranger.take().filter(|_| !found) else { return false };
        self.index -= 1;
        self.seen.stranger(|| stranger);
        true
    }

    /// Gives an index to something that was found without the splitter.
    pub(in crate::scan) fn count(&mut self) -> u64 {
        self.index += 1;
        self.index - 1
    }

    /// Top-level bytes that begin no object and no array: a line with a time before its text, or
    /// something that is told once. They are passed over to the next line.
    pub(super) fn not_json(&mut self, text: &[u8], last: bool) -> Option<Part> {
        let line = &text[self.at..];
        match envelope::stamp(line) {
            Stamp::Cut if !last => return Some(Part::More { keep: self.at }),
            Stamp::Before(begin) if envelope::stranger_line(line).is_none() => {
                return self.stamped_line(text, last, begin);
            }
            _ => {}
        }
        if !last && line.len() < LONGEST_PREFIX && memchr(b'\n', line).is_none() {
            return Some(Part::More { keep: self.at });
        }
        if let Some(begin) = prefix(line) {
            return self.stamped_line(text, last, begin);
        }
        if self.stamped {
            // More than one line was written at this time.
            let line = &line[..line.len().min(LONGEST_PREFIX)];
            if envelope::resembles_record(&line[..memchr(b'\n', line).unwrap_or(line.len())]) {
                self.damage.hide(format!(
                    "what stands at byte {} may be a part of a record",
                    self.dropped + self.at as u64
                ));
            }
            return self.find_next_line(text, last);
        }
        self.seen.resembles |= envelope::resembles_record(&line[..line.len().min(LONGEST_TELLING)]);
        if self.seen.stranger_lines == 0 {
            if !last && line.len() < LONGEST_TELLING && memchr(b'\n', line).is_none() {
                return Some(Part::More { keep: self.at });
            }
            let shown = String::from_utf8_lossy(&line[..line.len().min(24)]).into_owned();
            self.seen.first_line =
                Some(format!("not JSON or a known log format (begins {shown:?})"));
            self.seen.known = envelope::stranger_line(line).or(self.seen.known);
        }
        self.seen.stranger_lines += 1;
        self.seen.prose = true;
        self.find_next_line(text, last)
    }

    /// A line of a text whose lines begin with a time: an item, whose own text stands `begin` bytes
    /// further on.
    pub(super) fn stamped_line(&mut self, text: &[u8], last: bool, begin: usize) -> Option<Part> {
        let line = &text[self.at..];
        let Some(length) = memchr(b'\n', line).or_else(|| last.then_some(line.len())) else {
            return Some(Part::More { keep: self.at });
        };
        self.stamped = true;
        self.seen.stamped = true;
        // More may stand between the time and the record.
        let begin = begin + prefix(&line[begin..length]).unwrap_or(0);
        let inner = line[begin..length].trim_ascii();
        // The blanks that were trimmed away stand before and after.
        let blanks = line[begin..length].len() - line[begin..length].trim_ascii_start().len();
        let start = self.at + begin + blanks;
        self.at = (self.at + length + 1).min(text.len());
        let index = self.count();
        if inner.first() == Some(&b'{') {
            return Some(Part::Item {
                start,
                end: start + inner.len(),
                index,
                within: Within::Other,
            });
        }
        if self.seen.foreign == 0 {
            self.seen.known = envelope::stranger_line(inner).or(self.seen.known);
        }
        self.seen.foreign += 1;
        None
    }

    /// Goes on at the next line. What stands on this one begins nothing, in whatever piece it comes.
    pub(super) fn find_next_line(&mut self, text: &[u8], last: bool) -> Option<Part> {
        let Some(end) = memchr(b'\n', &text[self.at..]) else {
            self.at = text.len();
            self.mode = if last { Mode::Top } else { Mode::Line };
            return Some(if last { Part::End } else { Part::More { keep: self.at } });
        };
        self.at += end + 1;
        self.mode = Mode::Top;
        None
    }

    /// Whether an element may hold records.
    pub(super) fn may_hold(&self, value: &[u8], in_object: bool) -> bool {
        match value[0] {
            b'{' => true,
            b'[' if in_object && self.object.rows => true,
            b'[' | b'"' => envelope::may_hold_record(value),
            _ => false,
        }
    }

    /// Notes how an element begins that is broken: if as AWS begins a record, then its array holds
    /// records, as the first whole element would have told.
    pub(super) fn note_broken_element(&mut self, element: &[u8]) {
        self.object.fresh &= !element.starts_with(RECORD_HEAD);
    }

    /// The part that an element of an array is.
    pub(super) fn element_part(
        &mut self,
        text: &[u8],
        start: usize,
        end: usize,
        index: u64,
        in_object: bool,
    ) -> Part {
        if in_object && std::mem::take(&mut self.object.fresh) && !self.object.items {
            let head = &text[start..end.min(start + TELLING_BYTES)];
            self.object.items = memmem::find(head, AGGREGATED).is_some();
        }
        let is_object = text[start] == b'{';
        let plain = in_object && is_object && !self.object.items;
        if plain && is_whole_record(&text[start..end]) {
            self.seen.plain += 1;
            return Part::Record { start, end, index };
        }
        let within = match (plain, in_object) {
            _ if self.inside || !is_object => Within::Other,
            (true, _) => Within::Records,
            (false, false) => Within::Array,
            (false, true) => Within::Other,
        };
        Part::Item { start, end, index, within }
    }

    /// Enters the value that begins with `byte` at `self.at`, if this is the key of a container.
    pub(super) fn enters(&mut self, key: &str, byte: u8) -> bool {
        let object = &mut self.object;
        let records = key == "Records" && byte == b'[' && !object.within;
        let items = byte == b'[' && envelope::holds_items(key) && !object.looks_like_record;
        if records || items {
            object.is_container = true;
            object.items = items;
            object.rows = envelope::holds_rows(key);
            object.fresh = true;
            object.start = None;
            if records {
                self.seen.containers += 1;
            } else {
                self.seen.holders += 1;
            }
            self.mode = Mode::Element { in_object: true };
        } else if key == HITS && byte == b'{' && !object.within && !object.looks_like_record {
            object.within = true;
            self.mode = Mode::Key;
        } else {
            if key == CONFIG_ITEMS && byte == b'[' && !object.looks_like_record {
                // Too large to keep, and nobody wants it.
                object.start = None;
                self.walk.reset();
                self.mode = Mode::Passing { then: Then::Member };
                return true;
            }
            return false;
        }
        self.at += 1;
        true
    }

    pub(super) fn note_key(&mut self, key: &str) {
        let object = &mut self.object;
        object.telling = [MESSAGE_TYPE, "eventCategory", "eventType", "eventSource", "EventSource"]
            .into_iter()
            .find(|telling| *telling == key && !object.within);
        if object.within {
            return;
        }
        object.looks_like_record |= RECORD_KEYS.contains(&key);
        object.version |= key == "eventVersion";
        object.source |= key == "eventSource";
        object.name |= key == "eventName";
        object.may_wrap |= envelope::may_wrap(key);
        object.stranger = object.stranger.or_else(|| envelope::stranger(key));
        if object.keys.len() < 4 {
            object.keys.push(key.chars().take(40).collect());
        }
    }

    /// Notes the value of the member whose key was noted last.
    pub(super) fn note_value(&mut self, value: &[u8]) {
        let object = &mut self.object;
        if !object.looks_like_record && !object.may_wrap && !object.hides_records {
            object.hides_records = matches!(value.first(), Some(b'{' | b'[' | b'"'))
                && envelope::may_hold_record(value);
        }
        let Some(key) = self.object.telling.take() else { return };
        if key == MESSAGE_TYPE {
            self.object.is_control |= value == CONTROL_MESSAGE;
        } else {
            self.object.may_wrap |= envelope::is_aggregated(key, value);
            self.object.is_foreign |= envelope::is_foreign(key, value);
        }
    }

    /// A top-level object ends at `self.at`: it was a container, or an item, or a record, or a
    /// stranger.
    pub(super) fn object_end(&mut self, text: &[u8]) -> Option<Part> {
        self.at += 1;
        if self.object.within {
            self.object.within = false;
            self.mode = Mode::MemberEnd;
            return None;
        }
        self.mode = Mode::Top;
        let object = std::mem::take(&mut self.object);
        if object.is_container {
            self.seen.control += u64::from(object.is_control);
            return None;
        }
        let is_whole = object.version && object.source && object.name && !object.is_foreign;
        let is_record = is_whole && !object.may_wrap && !self.inside;
        let is_item = object.may_wrap || self.inside || object.looks_like_record;
        let is_item = is_item || object.is_foreign || object.hides_records;
        if is_record || is_item {
            let index = self.count();
            self.seen.loose_records += u64::from(is_record);
            let alone = object.looks_like_record && !object.may_wrap && !self.inside;
            let within = if alone { Within::Array } else { Within::Other };
            let end = self.at;
            // Without a start it was too large to keep, which has been told.
            return object.start.map(|start| {
                if is_record {
                    Part::Record { start, end, index }
                } else {
                    Part::Item { start, end, index, within }
                }
            });
        }
        self.seen.known = self.seen.known.or(object.stranger);
        let keys = format!("an object with the keys {}", object.keys.join(", "));
        if let Some(start) = object.start.filter(|_| object.stranger.is_none())
            && encoded::runs(&text[start..self.at]).next().is_some()
        {
            let index = self.count();
            self.stranger = Some(keys);
            return Some(Part::Item { start, end: self.at, index, within: Within::Other });
        }
        self.seen.stranger(|| keys);
        None
    }
}
