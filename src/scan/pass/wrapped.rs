//! Records in wrappings: items to a batch, the batch through the gates, and the rows of tables.

use super::{GateScratch, Pass, Scratch};
use crate::{
    cloudtrail::{
        Record,
        envelope::{Look, Shape, may_hold_record},
        rebuild::{Columns, LARGEST},
    },
    scan::{
        Families, survey,
        unwrap::{Row, Rows, Unwrapper, shape_of},
    },
};

/// Bounds of a value in a text.
type Bounds = std::ops::Range<usize>;

impl Pass<'_, '_> {
    /// An object that may wrap records. Gives whether it is a plain record of the text instead.
    pub(super) fn item(
        &mut self,
        text: &[u8],
        bounds: Bounds,
        index: u64,
        in_array: bool,
        scratch: &mut Scratch,
    ) -> bool {
        let bytes = &text[bounds.clone()];
        let shape = shape_of(bytes);
        let look = shape.as_ref().map_or(Look::Foreign, Shape::look);
        let is_record = in_array && look == Look::Foreign && !hides_records(bytes, shape.as_ref());
        if look == Look::Record || is_record {
            let seen = &mut self.splitter.seen;
            if !in_array {
                seen.loose_records += 1;
            } else if seen.loose_records + seen.unwrapped == 0 {
                seen.look_at_element(bytes);
            }
            return true;
        }
        let unwrapper = &mut scratch.unwrapper;
        let found = match shape {
            Some(shape) => unwrapper.object(bytes, &shape, index, &mut self.splitter),
            None => unwrapper.text(bytes, index, &mut self.splitter),
        };
        unwrapper.tell_missed(!found && may_hold_record(bytes), index, &mut self.splitter);
        self.splitter.seen.note_item(found);
        match self.wrapped.last_mut() {
            Some(part) if !self.apart => part.end = bounds.end,
            _ => self.wrapped.push(bounds),
        }
        self.apart = false;
        if scratch.unwrapper.batch.is_full() {
            self.flush(scratch);
        }
        false
    }

    /// Hunts the cells of a table, or of a piece of one.
    pub(super) fn rows(&mut self, text: &[u8], last: bool, scratch: &mut Scratch) -> usize {
        let Some(mut rows) = self.rows.take() else { return text.len() };
        let mut rest = text;
        loop {
            match rows.next(&mut rest, last, self.window) {
                Row::More => break,
                Row::End => {
                    self.flush(scratch);
                    break;
                }
                Row::TooLarge => {
                    let index = self.splitter.count();
                    self.splitter.damage.add(format!("row {index} is larger than the cap"));
                }
                Row::Whole if rows.first && !rows.cells().any(is_json) => {
                    self.splitter.seen.columns = Some(rows.names());
                    rows.columns = Columns::of(rows.cells());
                }
                Row::Whole => {
                    self.row(&rows, &mut scratch.unwrapper);
                    if scratch.unwrapper.batch.is_full() {
                        self.flush(scratch);
                    }
                }
            }
            rows.first = false;
            rows.forget();
        }
        self.rows = Some(rows);
        text.len()
    }

    /// Takes the record out of a row: from a cell that is one, or else from all of them.
    fn row(&mut self, rows: &Rows, unwrapper: &mut Unwrapper) {
        let index = self.splitter.count();
        let is_part = |at| rows.columns.as_ref().is_some_and(|columns| columns.is_part(at));
        let mut found = rows
            .cells()
            .enumerate()
            .filter(|(at, cell)| is_json(cell) && !is_part(*at))
            .any(|(_, cell)| unwrapper.text(cell, index, &mut self.splitter));
        if let Some(columns) = rows.columns.as_ref().filter(|_| !found) {
            found = true;
            if rows.cells().map(<[u8]>::len).sum::<usize>() > LARGEST {
                self.splitter.damage.add(format!("row {index} is too large to be rebuilt"));
            } else if let Some(record) = columns.rebuild(rows.cells()) {
                unwrapper.rebuilt(&record, index, &mut self.splitter);
            } else {
                found = false;
            }
        }
        let missed = !found && rows.cells().any(may_hold_record);
        unwrapper.tell_missed(missed, index, &mut self.splitter);
        self.splitter.seen.note_item(found);
    }

    /// Hunts the records that were taken out of their wrappings until now.
    pub(super) fn flush(&mut self, scratch: &mut Scratch) {
        if scratch.unwrapper.batch.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut scratch.unwrapper.batch);
        std::mem::swap(&mut scratch.gates, &mut scratch.batch_gates);
        if !self.scanner.options.no_prefilter {
            self.scanner.prefilter.search(batch.lines(), None, &mut scratch.gates);
        }
        let mut next_hit = 0;
        for bound in batch.bounds() {
            let bytes = &batch.lines()[bound.start..bound.end];
            let record = Record { bytes, index: bound.index };
            self.hunt(record, bound.start, &mut next_hit, scratch);
        }
        self.survey_of(batch.lines(), &[], &scratch.gates);
        std::mem::swap(&mut scratch.gates, &mut scratch.batch_gates);
        batch.clear();
        scratch.unwrapper.batch = batch;
    }

    /// Notes what is asked for beside findings, of a text without what stands in `except`.
    pub(super) fn survey_of(&mut self, text: &[u8], except: &[Bounds], gates: &GateScratch) {
        let omitted = if self.scanner.options.no_prefilter {
            let inside: u64 = except.iter().map(|item| survey::omitted(&text[item.clone()])).sum();
            survey::omitted(text).saturating_sub(inside)
        } else {
            let mut items = except.iter().peekable();
            let outside = gates.hits.omitted.iter().filter(|&&at| {
                while items.next_if(|item| item.end <= at).is_some() {}
                at < text.len() && items.peek().is_none_or(|item| at < item.start)
            });
            outside.count() as u64
        };
        self.scanned.omitted_parameters += omitted;
        let slow = self.scanner.options.no_prefilter;
        self.scanned.families.add(if slow { Families::of(text) } else { gates.hits.families });
    }
}

/// Whether an object of no known form is no record, as it names no event itself, and something in it does.
fn hides_records(bytes: &[u8], shape: Option<&Shape>) -> bool {
    shape.is_some_and(|shape| !shape.names_event()) && may_hold_record(bytes)
}

/// Whether a cell may hold JSON.
fn is_json(cell: &[u8]) -> bool {
    matches!(cell.trim_ascii_start().first(), Some(b'{' | b'['))
}
