//! Batch: records that were taken out of their wrappings, waiting for the gates.

/// Records, each on a line, and their indices in the file.
#[derive(Debug, Default)]
pub(in crate::scan) struct Batch {
    lines: Vec<u8>,
    bounds: Vec<Bound>,
}

/// Where a record stands in the lines.
#[derive(Debug, Clone, Copy)]
pub(in crate::scan) struct Bound {
    pub(in crate::scan) start: usize,
    pub(in crate::scan) end: usize,
    /// Index in the file.
    pub(in crate::scan) index: u64,
}

impl Batch {
    /// Bytes beyond which no further item is added. They should stay in the cache.
    const ENOUGH: usize = 1 << 20;

    pub(in crate::scan) fn push(&mut self, record: &[u8], index: u64) {
        let start = self.lines.len();
        self.lines.extend_from_slice(record);
        self.bounds.push(Bound { start, end: self.lines.len(), index });
        self.lines.push(b'\n');
    }

    /// How many records there are.
    pub(in crate::scan) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// The records.
    pub(in crate::scan) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.bounds.iter().map(|bound| &self.lines[bound.start..bound.end])
    }

    /// Takes out the records from this one on.
    pub(in crate::scan) fn split_off(&mut self, first: usize) -> Self {
        let mut bounds = self.bounds.split_off(first);
        let start = bounds.first().map_or(self.lines.len(), |bound| bound.start);
        for bound in &mut bounds {
            bound.start -= start;
            bound.end -= start;
        }
        Self { lines: self.lines.split_off(start), bounds }
    }

    /// Gives the records from `first` on the indices from `index` on.
    pub(in crate::scan) fn number(&mut self, first: usize, index: u64) {
        for (bound, index) in self.bounds[first..].iter_mut().zip(index..) {
            bound.index = index;
        }
    }

    pub(in crate::scan) fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// It must be searched before more is added to it.
    pub(in crate::scan) fn is_full(&self) -> bool {
        self.lines.len() >= Self::ENOUGH
    }

    pub(in crate::scan) fn lines(&self) -> &[u8] {
        &self.lines
    }

    pub(in crate::scan) fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// Forgets the records, and the room for them if an item needed far more than usual.
    pub(in crate::scan) fn clear(&mut self) {
        self.lines.clear();
        self.bounds.clear();
        self.lines.shrink_to(4 * Self::ENOUGH);
    }
}
