//! A tape of small numbers that a generator reads its decisions from.
//!
//! Every decision takes one number; once the tape has run out every decision is 0. Generators put the
//! plainest alternative first, so a shorter tape with smaller numbers makes a simpler case, and proptest
//! can shrink the tape without knowing what is made from it.

pub(crate) struct Choices<'t> {
    tape: &'t [u16],
}

impl<'t> Choices<'t> {
    pub(crate) fn new(tape: &'t [u16]) -> Self {
        Self { tape }
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let Some((first, rest)) = self.tape.split_first() else { return 0 };
        self.tape = rest;
        usize::from(*first) * limit / (usize::from(u16::MAX) + 1)
    }

    /// True in `percent` of 100 cases; false when the tape has run out.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of the items.
    pub(crate) fn of<'i, T: ?Sized>(&mut self, items: &[&'i T]) -> &'i T {
        items[self.below(items.len())]
    }

    /// One of the items, copied.
    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
}
