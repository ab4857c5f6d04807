//! From items to records: takes records out of the objects and strings that wrap them.
//!
//! An item is an object of a text that may wrap a record, in as many layers as there are tools
//! between AWS and the archive. What is wrapped as an object is a piece of the text; what is wrapped
//! as a string is unescaped into a buffer that is kept for the next one. Records end up in a
//! [`Batch`], over which the gates and the rest of the river run as over any other text.
//!
//! Layers are counted and bounded, so are the buffers: none is larger than the item, but for what was
//! packed in it, which may have [`packed::LARGEST`] bytes.

mod batch;
mod escape;
mod members;
mod rows;

use self::members::each_member;
pub(super) use self::{
    batch::{Batch, Bound},
    escape::unescape,
    members::{is_whole_record, shape_of},
    rows::{Row, Rows},
};
use super::{
    encoded,
    packed::{self, Packing},
    split::{Part, Splitter},
};
use crate::cloudtrail::{
    envelope::{Look, Shape, is_encoded, may_hold_record, resembles_record},
    rebuild::{self, Columns, Rebuilt},
};

/// Steps from an item to its record at most. A wrapping is one to three steps deep.
const MOST_STEPS: u8 = 8;

/// What an item is and the split it came from.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Index in the file.
    index: u64,
    /// Steps taken to get here.
    steps: u8,
    /// One of them was to unpack.
    packed: bool,
}

impl Place {
    /// The item itself.
    fn of(index: u64) -> Self {
        Self { index, steps: 0, packed: false }
    }

    fn deeper(self) -> Self {
        Self { steps: self.steps + 1, ..self }
    }
}

/// Takes records out of items. Reused from item to item.
#[derive(Debug, Default)]
pub(super) struct Unwrapper {
    pub(super) batch: Batch,
    spare: Vec<Vec<u8>>,
}

impl Unwrapper {
    /// Puts the records that the object `bytes` of this shape wraps into the batch. Gives whether
    /// there were any, broken ones included; what was broken is told to `splitter`.
    pub(super) fn object(
        &mut self,
        bytes: &[u8],
        shape: &Shape,
        index: u64,
        splitter: &mut Splitter,
    ) -> bool {
        self.whole(bytes, shape, Place::of(index), splitter)
    }

    /// The same for a text that need not be one whole object, such as the cell of a table.
    pub(super) fn text(&mut self, text: &[u8], index: u64, splitter: &mut Splitter) -> bool {
        self.within_text(text, Place::of(index), splitter)
    }

    /// An object from brace to brace.
    fn whole(
        &mut self,
        bytes: &[u8],
        shape: &Shape,
        place: Place,
        splitter: &mut Splitter,
    ) -> bool {
        let look = shape.look();
        if place.steps >= MOST_STEPS
            && !matches!(look, Look::Record | Look::Document | Look::Foreign)
        {
            splitter.damage.add(format!("item {} is wrapped too often", place.index));
            return true;
        }
        let found = match look {
            Look::Record => {
                self.batch.push(bytes, place.index);
                return true;
            }
            Look::Aggregated => {
                splitter.seen.aggregated += 1;
                return false;
            }
            Look::Foreign | Look::Document => false,
            Look::Container => return self.document(bytes, place.deeper(), splitter),
            Look::Object(_) | Look::Text(_) => self.wrapped(bytes, &look, place, splitter),
        };
        if !found && shape.is_record() {
            self.batch.push(bytes, place.index);
            return true;
        }
        found
            || shape.others(&look).any(|other| self.wrapped(bytes, other, place, splitter))
            || (shape.is_document() && self.document_of_search(bytes, place, splitter))
            || self.members(bytes, place, splitter)
    }

    /// What is wrapped at this place in an object.
    fn wrapped(
        &mut self,
        bytes: &[u8],
        look: &Look,
        place: Place,
        splitter: &mut Splitter,
    ) -> bool {
        match look {
            Look::Object(range) => self.part(&bytes[range.clone()], place.deeper(), splitter),
            Look::Text(range) => self.string(&bytes[range.clone()], place, splitter),
            _ => false,
        }
    }

    /// An object that is no wrapping by its names: its members may hold records all the same.
    fn members(&mut self, bytes: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        if !may_hold_record(bytes) {
            return false;
        }
        if place.steps >= MOST_STEPS {
            splitter.damage.add(format!("item {} is wrapped too often", place.index));
            return true;
        }
        let mut found = false;
        let _ = each_member(bytes, |_, range| {
            let value = &bytes[range];
            found |= may_hold_record(value) && self.value(value, place.deeper(), splitter);
        });
        found
    }

    /// A value of any kind.
    fn value(&mut self, value: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        match value.first() {
            Some(b'"') => self.string(value, place, splitter),
            _ => self.part(value, place, splitter),
        }
    }

    /// The text in a string, which stands in `string` with its quotes.
    fn string(&mut self, string: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        let mut text = self.spare.pop().unwrap_or_default();
        text.clear();
        let whole = unescape(string, &mut text);
        let found = self.within_text(&text, place.deeper(), splitter);
        self.spare.push(text);
        if found && !whole {
            splitter.damage.add(format!("item {}: an escape in it is broken", place.index));
        }
        found
    }

    /// What is in base64.
    fn encoded(&mut self, text: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        let mut decoded = self.spare.pop().unwrap_or_default();
        decoded.clear();
        encoded::decode(text, &mut decoded);
        let found = match Packing::of(&decoded) {
            _ if !encoded::is_whole(text) => false,
            Some(packing) if !packing.is_guess() => self.packed(packing, &decoded, place, splitter),
            _ => self.within_text(&decoded, place.deeper(), splitter),
        };
        self.spare.push(decoded);
        found
    }

    /// What is packed, as far as it can be read. Packed data in packed data is left to
    /// [`Traces`](super::traces::Traces), as no tool makes it and each layer needs memory of its own.
    fn packed(
        &mut self,
        packing: Packing,
        bytes: &[u8],
        place: Place,
        splitter: &mut Splitter,
    ) -> bool {
        if place.packed {
            return false;
        }
        let mut text = Vec::new();
        let unpacked = packed::unpack(packing, bytes, packed::LARGEST, &mut text);
        if let Err(error) = &unpacked {
            splitter.damage.add(format!("item {}: packed data in it: {error}", place.index));
        }
        let place = Place { packed: true, ..place.deeper() };
        self.within_text(&text, place, splitter) || unpacked.is_err()
    }

    /// A document of Elasticsearch that did not keep its record, which is built again.
    fn document_of_search(&mut self, bytes: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        if bytes.len() > rebuild::LARGEST {
            splitter.damage.add(format!("item {} is too large to be rebuilt", place.index));
            return true;
        }
        match rebuild::from_document(bytes) {
            Rebuilt::Record(record) => self.rebuilt(&record, place.index, splitter),
            Rebuilt::Original(text) => {
                return self.within_text(text.as_bytes(), place.deeper(), splitter);
            }
            Rebuilt::Other => {
                splitter.seen.other_documents += 1;
                return false;
            }
            Rebuilt::None => match rebuild::from_members(bytes) {
                Some(record) => self.rebuilt(&record, place.index, splitter),
                None => return false,
            },
        }
        true
    }

    /// Puts a record that was built again into the batch.
    pub(super) fn rebuilt(&mut self, record: &str, index: u64, splitter: &mut Splitter) {
        splitter.seen.rebuilt += 1;
        self.batch.push(record.as_bytes(), index);
    }

    /// An object that is a part of another.
    fn part(&mut self, bytes: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        match shape_of(bytes) {
            Some(shape) => self.whole(bytes, &shape, place, splitter),
            None => self.broken(bytes, place, splitter),
        }
    }

    /// The text of a string: an object, an array, or a few of them.
    fn within_text(&mut self, text: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        let text = text.trim_ascii();
        match text.first() {
            Some(b'{') => self.part(text, place, splitter),
            Some(b'[') => self.row(text, place, splitter) || self.broken(text, place, splitter),
            Some(_) if place.steps > MOST_STEPS => false,
            Some(b'"') => self.string(text, place, splitter),
            Some(_) if is_encoded(text) => self.encoded(text, place, splitter),
            _ => false,
        }
    }

    /// A row of the answer to a query: names and cells. Gives whether it was one with a record.
    fn row(&mut self, text: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        let Some(cells) = rebuild::named_cells(text).filter(|_| place.steps < MOST_STEPS) else {
            return false;
        };
        let columns = Columns::of(cells.iter().map(|(name, _)| name.as_bytes()));
        for (at, (_, cell)) in cells.iter().enumerate() {
            let is_part = columns.as_ref().is_some_and(|columns| columns.is_part(at));
            if !is_part && self.within_text(cell.as_bytes(), place.deeper(), splitter) {
                return true;
            }
        }
        let cells = cells.iter().map(|(_, cell)| cell.as_bytes());
        let Some(record) = columns.and_then(|columns| columns.rebuild(cells)) else { return false };
        self.rebuilt(&record, place.index, splitter);
        true
    }

    /// What is no object from brace to brace: not JSON, broken, or several values. A line of some
    /// other program is no damage, so it must look like a record to be looked at.
    fn broken(&mut self, text: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        resembles_record(text) && self.document(text, place.deeper(), splitter)
    }

    /// A whole document inside an item, with a split of its own.
    fn document(&mut self, text: &[u8], place: Place, splitter: &mut Splitter) -> bool {
        if place.steps > MOST_STEPS {
            splitter.damage.add(format!("item {} is wrapped too often", place.index));
            return true;
        }
        let mut inner = splitter.inside(place.index);
        let mut found = false;
        loop {
            match inner.next(text, true) {
                Part::Record { start, end, index } => {
                    self.batch.push(&text[start..end], index);
                    found = true;
                }
                Part::Item { start, end, index, .. } => {
                    let place = Place { index, ..place };
                    let item = &text[start..end];
                    found |= self.value(item, place, &mut inner);
                }
                Part::More { .. } | Part::End => break,
            }
        }
        splitter.absorb(place.index, inner) || found
    }
}

#[cfg(test)]
mod tests;
