//! Records in wrappings: items to a batch, the batch through the gates, and the rows of tables.

use super::{GateScratch, Pass, Scratch};
use crate::{
    cloudtrail::{
        Record,
        envelope::{Look, Shape, may_hold_record},
        rebuild::{Columns, LARGEST},
    },
    scan::{
        Families,
        split::Within,
        survey,
        traces::Account,
        unwrap::{Row, Rows, is_whole_record, shape_of},
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
        within: Within,
        scratch: &mut Scratch,
    ) -> bool {
        let bytes = &text[bounds.clone()];
        let shape = shape_of(bytes);
        let is_object = shape.is_some();
        let look = shape.as_ref().map_or(Look::Foreign, Shape::look);
        let resembles = shape.as_ref().is_some_and(Shape::resembles_record);
        let in_array = within != Within::Other;
        let is_record = look == Look::Record || (in_array && look == Look::Foreign && resembles);
        let is_aggregated = look == Look::Aggregated;
        let first = scratch.unwrapper.batch.len();
        if is_record {
            // What says less of itself than a trace does not account for what is in it.
            if !is_whole_record(bytes) {
                self.account_for(bytes, index, first, scratch);
            }
            let batch = &mut scratch.unwrapper.batch;
            if batch.len() == first {
                self.splitter.seen.loose_records += 1;
                return true;
            }
            let inner = batch.split_off(first);
            batch.push(bytes, index);
            inner.records().for_each(|record| batch.push(record, index));
        }
        let broken = self.splitter.seen.broken;
        let unwrapper = &mut scratch.unwrapper;
        let found = match shape {
            _ if is_record => true,
            Some(shape) => unwrapper.object(bytes, &shape, index, &mut self.splitter),
            None => unwrapper.text(bytes, index, &mut self.splitter),
        };
        let account = if is_record {
            Account::default()
        } else {
            self.account_for(bytes, index, first, scratch)
        };
        let is_missed = !found && may_hold_record(bytes);
        // What is nothing else in `Records` may be a record that was cut down. Rules see it; it counts as
        // a record if it has a key of one.
        let is_rest = within == Within::Records
            && !found
            && is_object
            && !is_aggregated
            && scratch.unwrapper.batch.len() == first
            && account == Account::default();
        if is_rest && resembles {
            scratch.unwrapper.batch.push(bytes, index);
        }
        let foreign = self.splitter.seen.foreign;
        let missed = (is_missed, is_aggregated);
        self.note_item(found, missed, account, index, (first, broken), scratch);
        if in_array && account.foreign == 0 {
            self.splitter.seen.elements += self.splitter.seen.foreign - foreign;
        }
        if is_rest && !resembles {
            scratch.unwrapper.batch.push(bytes, index);
        }
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

    /// Notes what became of an item: its records in the batch begin with `first`, and so many broken
    /// ones had been met before it.
    fn note_item(
        &mut self,
        found: bool,
        (is_missed, is_aggregated): (bool, bool),
        account: Account,
        index: u64,
        (first, broken): (usize, u64),
        scratch: &mut Scratch,
    ) {
        let batch = &mut scratch.unwrapper.batch;
        let splitter = &mut self.splitter;
        let records = (batch.len() - first) as u64 + splitter.seen.broken - broken;
        let found = found || records > 0;
        if splitter.take_stranger(found) {
            splitter.seen.foreign_events += account.foreign;
            return;
        }
        batch.number(first, index);
        splitter.count_more(records.saturating_sub(1));
        if found {
            splitter.seen.unwrapped += 1;
            return;
        }
        splitter.seen.foreign += 1;
        splitter.seen.foreign_events += account.foreign;
        if account.foreign > 0 {
            splitter.seen.foreign_event_items += 1;
        } else if is_missed && account.hidden.is_none() {
            let what = format!("item {index} may hold a record that is not found");
            // Aggregated events are known: they look like records and are none.
            if is_aggregated {
                splitter.damage.add(what);
            } else {
                splitter.damage.hide(what);
            }
        }
    }

    /// Hunts the cells of a table, or of a piece of one.
    pub(super) fn rows(&mut self, text: &[u8], last: bool, scratch: &mut Scratch) -> usize {
        let Some(mut rows) = self.rows.take() else { return text.len() };
        let mut rest = text;
        loop {
            match rows.next(&mut rest, last, self.window) {
                Row::More => break,
                Row::End => {
                    if rows.cut {
                        self.splitter.seen.cut = true;
                        let cut = "the text ends inside a cell in quotes";
                        self.splitter.damage.add(cut.to_owned());
                    }
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
                    self.names(&rows, scratch);
                }
                Row::Whole => {
                    self.row(&rows, scratch);
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

    /// Accounts for a row of names, which may be none.
    fn names(&mut self, rows: &Rows, scratch: &mut Scratch) {
        let (first, index) = (scratch.unwrapper.batch.len(), self.splitter.next_index());
        for cell in rows.cells() {
            self.account_for(cell, index, first, scratch);
        }
        let batch = &mut scratch.unwrapper.batch;
        batch.number(first, index);
        let found = (batch.len() - first) as u64;
        self.splitter.seen.unwrapped += found;
        self.splitter.count_more(found);
    }

    /// Takes the record out of a row: from a cell that is one, or else from all of them.
    fn row(&mut self, rows: &Rows, scratch: &mut Scratch) {
        let index = self.splitter.count();
        let (first, broken) = (scratch.unwrapper.batch.len(), self.splitter.seen.broken);
        let unwrapper = &mut scratch.unwrapper;
        let is_part = |at| rows.columns.as_ref().is_some_and(|columns| columns.is_part(at));
        let mut found = rows
            .cells()
            .enumerate()
            .filter(|(at, cell)| is_json(cell) && !is_part(*at))
            .any(|(_, cell)| unwrapper.text(cell, index, &mut self.splitter));
        if let Some(columns) = rows.columns.as_ref().filter(|_| !found) {
            found = true;
            if rows.cells().map(<[u8]>::len).sum::<usize>() > LARGEST {
                self.splitter.damage.hide(format!("row {index} is too large to be rebuilt"));
            } else if let Some(record) = columns.rebuild(rows.cells()) {
                unwrapper.rebuilt(&record, index, &mut self.splitter);
            } else {
                found = false;
            }
        }
        let is_missed = !found && rows.cells().any(may_hold_record);
        let mut account = Account::default();
        // A part of a record that was built again lies in that record.
        for (_, cell) in rows.cells().enumerate().filter(|(at, _)| !found || !is_part(*at)) {
            let of_cell = self.account_for(cell, index, first, scratch);
            account.foreign += of_cell.foreign;
            account.hidden = account.hidden.or(of_cell.hidden);
        }
        let missed = (is_missed, false);
        self.note_item(found, missed, account, index, (first, broken), scratch);
    }

    /// Hunts the records that were taken out of their wrappings until now.
    pub(super) fn flush(&mut self, scratch: &mut Scratch) {
        if scratch.unwrapper.batch.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut scratch.unwrapper.batch);
        std::mem::swap(&mut scratch.gates, &mut scratch.batch_gates);
        if !self.scanner.options.no_prefilter {
            self.scanner.prefilter.search(batch.lines(), &mut scratch.gates);
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

/// Whether a cell may hold JSON.
fn is_json(cell: &[u8]) -> bool {
    matches!(cell.trim_ascii_start().first(), Some(b'{' | b'['))
}
