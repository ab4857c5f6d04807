//! Bounds: where the records of a trail file stand, as AWS writes it, from the masks of its blocks.
//!
//! The splitter says what a record is, and walks over every value to say it. Where a text is written
//! as AWS writes it, without blanks and each record with its version first, the same is known from
//! counting brackets: here that is done on the way, while the gates look for their marks. The
//! promise is that a record told here is the record that the splitter would tell, with the same
//! index. What is told ends at the first thing that is not plain, and the splitter goes on from there.
//!
//! Why that holds: a record is taken only if as many curly brackets are closed in it as opened, what follows
//! it is a comma and a further record with its version first, or the end of the document, and no other
//! key of that name stands in it. In such a text the walk over the record ends at the same byte, or
//! calls it broken; then it counts as one record, and the next place where a record can begin is
//! where the next one begins here. A record with a hit that turns out not to be JSON is given back to
//! the splitter, so what is told of it is the same too: also of the last one, in which the splitter
//! may find whole objects that name their event.
//!
//! A record is told only if it is one itself, and not an object that wraps some. It begins with its
//! version, so a name and a source among its own members make it a record. AWS writes the source just
//! before the name: a key `eventName` with one bracket open in the record, and before it a source that
//! does not begin with `aws:`, are both. A record that says this in another way is left to the
//! splitter. So whatever lies in what is told lies in a record, and only commas stand between.

use super::key_filter::VERSION_KEY;
use crate::{
    cloudtrail::envelope::FOREIGN_SOURCE,
    simd::{BETWEEN, BLOCK, Row},
};

/// How a trail file of AWS begins.
const HEAD: &[u8] = b"{\"Records\":[";

/// The end of a record and how the next begins: with [`VERSION_KEY`].
const NEXT: &[u8] = b"},{\"eventVersion\"";

/// Where the records of one text begin and end.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// First bytes, in order.
    starts: Vec<usize>,
    /// Of the starts, those before this one begin with the only version in their record.
    checked: usize,
    /// Of the starts, those before this one begin what is a record itself.
    proved: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum State {
    /// The text does not begin as AWS begins it.
    #[default]
    Unknown,
    /// In a record, or just before it.
    Within,
    /// The document has ended, and its last record before this byte.
    Whole(usize),
    /// Something is not plain in the record begun last.
    Lost,
}

/// Where to go on behind the records that are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// There are no bounds: from the start of the text.
    Everything,
    /// From the start of the record after them, at this byte.
    Record(usize),
    /// After the last record, which ends before this byte.
    End(usize),
}

impl Bounds {
    /// How many records are told, and where to go on.
    pub(super) fn told(&self) -> (usize, Rest) {
        match (self.state, self.starts.last()) {
            (State::Unknown, _) => (0, Rest::Everything),
            _ if self.proved + 1 < self.starts.len() => {
                (self.proved, Rest::Record(self.starts[self.proved]))
            }
            (State::Whole(end), _) if self.proved == self.starts.len() => {
                (self.proved, Rest::End(end))
            }
            (State::Whole(_) | State::Within | State::Lost, Some(&last)) => {
                (self.starts.len() - 1, Rest::Record(last))
            }
            _ => (0, Rest::Everything),
        }
    }

    /// First byte of the record with this index, and one past its last. It must be told.
    pub(super) fn record(&self, index: usize) -> (usize, usize) {
        let end = match (self.starts.get(index + 1), self.state) {
            // A comma stands between two records.
            (Some(next), _) => next - 1,
            (None, State::Whole(end)) => end,
            (None, _) => self.starts[index],
        };
        (self.starts[index], end)
    }

    /// The first record at or after `index` that does not end before `at`.
    pub(super) fn around(&self, at: usize, index: usize) -> usize {
        let after = self.starts[index..].partition_point(|&start| start <= at);
        index + after.saturating_sub(1)
    }

    /// Forgets everything, for another text.
    pub(super) fn begin(&mut self, text: &[u8]) {
        let starts = std::mem::take(&mut self.starts);
        *self = Self { starts, ..Self::default() };
        self.starts.clear();
        let first = text.strip_prefix(HEAD).and_then(|rest| rest.strip_prefix(b"{"));
        if first.is_some_and(|rest| rest.starts_with(VERSION_KEY)) {
            self.starts.push(HEAD.len());
            self.state = State::Within;
        }
    }

    /// Takes the brackets of the next row of `text`, and removes from its places the versions that
    /// records begin with. `place_of_key` says where the place of a key is from where the key begins.
    #[inline]
    pub(super) fn row(&mut self, text: &[u8], row: &mut Row, place_of_key: usize) {
        let mut low = row.low();
        while low != 0 && self.state == State::Within {
            let block = low.trailing_zeros() as usize;
            low &= low - 1;
            self.look(text, block, row, place_of_key);
        }
    }

    /// Counts the brackets of a block as they close, as a record may end in it.
    #[inline]
    fn look(&mut self, text: &[u8], block: usize, row: &mut Row, place_of_key: usize) {
        let (opens, closes, before) = row.brackets(block);
        let at = row.at() + block * BLOCK;
        if let Some(bit) = only_low(opens, closes, before) {
            self.low(text, at + bit as usize, BETWEEN, row, place_of_key);
            return;
        }
        let (mut left, mut closed) = (closes, 0);
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            closed += 1;
            let opened = (opens & ((1 << bit) - 1)).count_ones();
            let depth = before + i64::from(opened) - closed;
            if depth <= BETWEEN {
                self.low(text, at + bit as usize, depth, row, place_of_key);
                if self.state != State::Within {
                    return;
                }
            }
        }
    }

    /// A bracket closes at `place`, and no more than [`BETWEEN`] are open behind it.
    #[inline]
    fn low(&mut self, text: &[u8], place: usize, depth: i64, row: &mut Row, place_of_key: usize) {
        if depth == BETWEEN && text[place..].starts_with(NEXT) {
            self.starts.push(place + 2);
            // The version of the record that begins here is no other.
            row.remove(place + 3 + place_of_key);
        } else {
            self.state = if depth == BETWEEN { last_end(text, place) } else { State::Lost };
        }
    }

    /// Notes the [`ANCHOR_KEY`](super::key_filter::ANCHOR_KEY) at `at`, before which so many brackets are open; they come in
    /// order, after the brackets of their row.
    #[inline]
    pub(super) fn name(&mut self, text: &[u8], at: usize, depth: i64) {
        let Some(&start) = self.starts.get(self.proved) else { return };
        let next = self.starts.get(self.proved + 1);
        if depth == BETWEEN + 1
            && start < at
            && next.is_none_or(|&next| at < next)
            && is_behind_source(&text[start..at])
        {
            self.proved += 1;
        }
    }

    /// Notes the [`VERSION_KEY`] at `at`; they come in order, after the brackets of their row.
    pub(super) fn version(&mut self, at: usize) {
        while self.starts.get(self.checked).is_some_and(|&start| start + 1 < at) {
            self.checked += 1;
        }
        if self.starts.get(self.checked).is_none_or(|&start| start + 1 > at) {
            // Another one in the same record: were that record broken, a record might begin here.
            self.starts.truncate(self.checked);
            self.state = State::Lost;
        }
    }
}

/// Bytes of a source at most; those of AWS have about 40.
const LONGEST_SOURCE: usize = 96;

/// Whether a text ends with the source of a record, which is not foreign, and a comma.
#[inline]
fn is_behind_source(text: &[u8]) -> bool {
    let Some(text) = text.strip_suffix(b"\",") else { return false };
    let from = text.len().saturating_sub(LONGEST_SOURCE);
    let Some(quote) = memchr::memrchr(b'"', &text[from..]).map(|at| from + at) else {
        return false;
    };
    let value = &text[quote + 1..];
    // An escape may hide what it begins with; the splitter looks closer.
    text[..quote].ends_with(b"\"eventSource\":")
        && !value.starts_with(FOREIGN_SOURCE)
        && memchr::memchr(b'\\', value).is_none()
}

/// What it means that a record ends at `place` and none begins behind it as AWS begins one.
#[cold]
fn last_end(text: &[u8], place: usize) -> State {
    match text[place..].strip_prefix(b"}]}") {
        Some(blanks) if blanks.iter().all(|byte| b" \t\n\r".contains(byte)) => {
            State::Whole(place + 1)
        }
        // What comes behind the record is for the splitter to say.
        _ => State::Lost,
    }
}

/// The bracket that closes a record in a block, if nothing opens before it and nothing closes behind it: then
/// it is the only one behind which no more than [`BETWEEN`] are open. `before` are open before the block.
#[inline]
fn only_low(opens: u64, closes: u64, before: i64) -> Option<u32> {
    // With each step one bracket less is left; a table needs no guess of how many there are.
    let first = closes;
    let second = first & first.wrapping_sub(1);
    let third = second & second.wrapping_sub(1);
    let fourth = third & third.wrapping_sub(1);
    let left = *[first, second, third, fourth].get(usize::try_from(before - BETWEEN - 1).ok()?)?;
    let until = left ^ left.wrapping_sub(1);
    // Put together, they are one question, which is seldom answered otherwise.
    let otherwise = opens & until | closes & !until | u64::from(left == 0);
    (otherwise == 0).then(|| left.trailing_zeros())
}

#[cfg(test)]
mod tests;
