//! Rows: the masks of 4 KiB of a text.

#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use super::{BETWEEN, BLOCK, BLOCKS, Filter, Instance, PARTS, ROW_READ, STEPS, strings::Strings};

/// One mask for each block of a row.
///
/// A row has [`PARTS`] parts of [`STEPS`] blocks. First come the masks of the first block of each
/// part, then those of the second, and so on: so a vector holds one block of each part, and what one
/// block leaves to the next stays in its lane.
pub(super) type Masks = [u64; BLOCKS];

/// The masks of up to 4 KiB.
#[derive(Debug, Clone)]
#[repr(align(64))]
pub struct Row {
    pub(super) places: Masks,
    pub(super) opens: Masks,
    pub(super) closes: Masks,
    /// Brackets that are open before each block, less those that are open before its part: a signed
    /// number.
    pub(super) depths: Masks,
    /// Brackets that are open before each part.
    pub(super) before: [u64; PARTS],
    pub(super) low: u64,
    pub(super) busy: u64,
    /// All bytes so far are ASCII.
    pub(super) ascii: bool,
    /// Blocks that have a byte of the text.
    pub(super) blocks: usize,
    at: usize,
}

/// What one row leaves to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Carry {
    pub(super) strings: Strings,
    pub(super) depth: i64,
    /// Brackets are to be counted.
    pub(super) brackets: bool,
}

impl Row {
    fn new() -> Self {
        Self {
            places: [0; BLOCKS],
            opens: [0; BLOCKS],
            closes: [0; BLOCKS],
            depths: [0; BLOCKS],
            before: [0; PARTS],
            low: 0,
            busy: 0,
            ascii: true,
            blocks: 0,
            at: 0,
        }
    }

    /// Where the masks of a block are.
    #[inline(always)]
    pub(super) fn slot(block: usize) -> usize {
        (block % STEPS * PARTS + block / STEPS) % BLOCKS
    }

    /// Where the row begins in the text.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The blocks in which a record may end, one bit each: no more than [`BETWEEN`] brackets are open
    /// after one of the closing brackets, as far as their number tells and whether any opens before the
    /// first of them. If brackets are counted.
    #[inline]
    pub fn low(&self) -> u64 {
        self.low
    }

    /// The curly brackets outside strings that open in a block, those that close in it, and how many
    /// are open before it: a negative number if more were closed than opened. If brackets are counted.
    #[inline]
    pub fn brackets(&self, block: usize) -> (u64, u64, i64) {
        let slot = Self::slot(block);
        let before = self.before[slot % PARTS].wrapping_add(self.depths[slot]);
        (self.opens[slot], self.closes[slot], before.cast_signed())
    }

    /// The curly brackets that are open before byte `at` of the text, which lies in this row. If
    /// brackets are counted.
    #[inline]
    pub fn depth(&self, at: usize) -> i64 {
        let within = at - self.at;
        let (opens, closes, before) = self.brackets(within / BLOCK);
        let earlier = (1 << (within % BLOCK)) - 1;
        before + i64::from((opens & earlier).count_ones())
            - i64::from((closes & earlier).count_ones())
    }

    /// Removes the place at byte `at` of the text, if it lies in this row.
    #[inline]
    pub fn remove(&mut self, at: usize) {
        let within = at.wrapping_sub(self.at);
        let block = within / BLOCK;
        if block < BLOCKS {
            let places = &mut self.places[Self::slot(block)];
            *places &= !(1 << (within % BLOCK));
            self.busy &= !(u64::from(*places == 0) << block);
        }
    }

    /// Removes the first place, and returns it.
    #[inline]
    pub fn next_place(&mut self) -> Option<usize> {
        if self.busy == 0 {
            return None;
        }
        let block = self.busy.trailing_zeros() as usize;
        let places = &mut self.places[Self::slot(block)];
        let at = self.at + block * BLOCK + places.trailing_zeros() as usize;
        *places &= places.wrapping_sub(1);
        if *places == 0 {
            self.busy &= self.busy - 1;
        }
        Some(at)
    }
}

/// Goes through a text row by row.
#[derive(Debug)]
pub struct Rows<'t> {
    instance: &'static Instance,
    text: &'t [u8],
    filter: &'t Filter,
    carry: Carry,
    row: Row,
}

impl<'t> Rows<'t> {
    /// Rows with the places that `filter` finds and those of `\u` and `\/`; with `brackets`, curly
    /// brackets are counted too.
    pub fn new(
        instance: &'static Instance,
        text: &'t [u8],
        filter: &'t Filter,
        brackets: bool,
    ) -> Self {
        let carry = Carry { brackets, ..Carry::default() };
        Self { instance, text, filter, carry, row: Row::new() }
    }

    /// The masks of the next 4 KiB; `None` after the end of the text. After the text there are blanks.
    #[inline]
    pub fn next_row(&mut self) -> Option<&mut Row> {
        let at = self.row.at + self.row.blocks * BLOCK;
        let rest = self.text.get(at..).filter(|rest| !rest.is_empty())?;
        (self.row.at, self.row.blocks) = (at, rest.len().div_ceil(BLOCK).min(BLOCKS));
        match rest.first_chunk() {
            Some(bytes) => self.fill(bytes),
            None => self.fill_last(rest),
        }
        Some(&mut self.row)
    }

    /// Fills the row from fewer bytes than that takes.
    #[inline(never)]
    fn fill_last(&mut self, rest: &[u8]) {
        let mut bytes = [b' '; ROW_READ];
        bytes[..rest.len()].copy_from_slice(rest);
        self.fill(&bytes);
    }

    #[inline]
    fn fill(&mut self, bytes: &[u8; ROW_READ]) {
        self.instance.fill(&mut self.row, bytes, self.filter, &mut self.carry);
    }

    /// Whether all rows so far are ASCII.
    pub fn is_ascii(&self) -> bool {
        self.row.ascii
    }
}

/// Whether a record may end in a block with these brackets, before which `depth` brackets are open.
#[inline(always)]
pub(super) fn is_low(opens: u64, closes: u64, depth: i64) -> bool {
    let before_first = opens & closes.wrapping_sub(1) & !closes;
    depth + i64::from(before_first != 0) - i64::from(closes.count_ones()) <= BETWEEN
}
