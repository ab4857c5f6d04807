//! Accounts: what lies beside the records that were searched is searched too, or reported.

use std::ops::Range;

use super::{Pass, Scratch};
use crate::scan::{
    traces::{Account, Searched, Traces},
    unwrap::Batch,
};

/// Bytes between two parts of a text that are looked at together at most.
const MOST_BETWEEN: usize = 1 << 20;

impl Pass<'_, '_> {
    /// Accounts for an item, or a cell of a table, whose records in the batch begin with `first`:
    /// traces that are not among these are added, in the order of the item. Gives what else is in it.
    pub(super) fn account_for(
        &mut self,
        bytes: &[u8],
        index: u64,
        first: usize,
        scratch: &mut Scratch,
    ) -> Account {
        let Scratch { unwrapper, traces, .. } = scratch;
        let batch = &mut unwrapper.batch;
        let searched = Searched::new(batch.lines(), &batch.bounds()[first..]);
        let account = traces.item(bytes, &searched, &mut |_, _| {});
        if account.unsearched > 0 {
            let found = batch.split_off(first);
            add_all(bytes, &found, batch, first, traces);
        }
        if let Some(why) = account.hidden {
            self.splitter.damage.hide(format!("item {index} {why}"));
        }
        account
    }

    /// Accounts for what lies between the part that ended before `self.accounted` and `end`. Records in
    /// it are hunted; gives how many there are. They have the indices from `index` on.
    pub(super) fn between(
        &mut self,
        text: &[u8],
        end: usize,
        index: u64,
        scratch: &mut Scratch,
    ) -> u64 {
        let start = std::mem::replace(&mut self.accounted, end).min(end);
        let damage = self.splitter.damage.count();
        let is_told = std::mem::replace(&mut self.damage_before, damage) != damage;
        let bytes = &text[start..end];
        if self.pending.is_empty() {
            return self.look_between(bytes, start..end, index, is_told, scratch);
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(bytes);
        let found = self.look_between(&pending, end..end, index, is_told, scratch);
        pending.clear();
        self.pending = pending;
        found
    }

    /// Keeps what lies before `end`, as that part of the text will be dropped.
    pub(super) fn keep_between(&mut self, text: &[u8], end: usize, scratch: &mut Scratch) {
        let start = std::mem::replace(&mut self.accounted, end).min(end);
        self.pending.extend_from_slice(&text[start..end]);
        if self.pending.len() > MOST_BETWEEN {
            let index = self.splitter.next_index();
            let found = self.between(text, end, index, scratch);
            self.splitter.count_more(found);
        }
    }

    /// What `is_told` is damaged, and reported as that.
    fn look_between(
        &mut self,
        bytes: &[u8],
        place: Range<usize>,
        index: u64,
        is_told: bool,
        scratch: &mut Scratch,
    ) -> u64 {
        let Scratch { unwrapper, traces, .. } = scratch;
        let batch = &mut unwrapper.batch;
        let first = batch.len();
        let account = traces.between(bytes, &mut |record| batch.push(record, 0));
        batch.number(first, index);
        let found = (batch.len() - first) as u64;
        self.splitter.seen.unwrapped += found;
        self.splitter.seen.foreign_events += account.foreign;
        if found > 0 && !place.is_empty() {
            self.wrapped.push(place);
            self.apart = true;
        }
        if is_told && account.hidden.is_some() {
            self.splitter.damage.hides_more();
        } else if let Some(why) = account.hidden {
            self.splitter.damage.hide(format!("text beside its records {why}"));
        }
        found
    }
}

/// Puts all traces of an item into the batch, from `first` on, behind those that are only in `found`:
/// records that were built again, or have fewer members than a trace.
fn add_all(bytes: &[u8], found: &Batch, batch: &mut Batch, first: usize, traces: &mut Traces) {
    let mut all = Batch::default();
    let searched = Searched::new(found.lines(), found.bounds());
    traces.item(bytes, &searched, &mut |trace, _| all.push(trace, 0));
    let in_order = Searched::new(all.lines(), all.bounds());
    debug_assert_eq!(batch.len(), first, "the records of the item were taken out");
    for record in found.records().filter(|record| !in_order.has(record)) {
        batch.push(record, 0);
    }
    all.records().for_each(|record| batch.push(record, 0));
}
