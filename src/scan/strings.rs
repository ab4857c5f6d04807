//! Strings: which bytes of a block stand inside one, from its quotes and backslashes alone.

/// What goes on from block to block about strings.
#[derive(Debug, Clone, Default)]
pub(super) struct Strings {
    /// All ones inside a string.
    pub(super) inside: u64,
    /// The next byte is escaped.
    escaped: bool,
}

impl Strings {
    /// The bytes inside strings, their opening quotes included, and the quotes that are not escaped.
    /// `odd` has the bytes with an odd number of quotes up to them, escaped ones counted as well.
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    pub(super) fn step(&mut self, mut quotes: u64, mut odd: u64, backslashes: u64) -> (u64, u64) {
        if backslashes != 0 || self.escaped {
            quotes &= !self.escaped_bytes(backslashes);
            odd = parity(quotes);
        }
        let inside = odd ^ self.inside;
        self.inside = 0_u64.wrapping_sub(inside >> (u64::BITS - 1));
        (inside, quotes)
    }

    /// Takes from the quotes of some blocks those that are escaped. `slashed` has the blocks with
    /// backslashes, one bit each.
    pub(super) fn unescape(&mut self, quotes: &mut [u64], backslashes: &[u64], slashed: u64) {
        let mut blocks = slashed | u64::from(self.escaped);
        while blocks != 0 {
            let block = blocks.trailing_zeros() as usize;
            blocks &= blocks - 1;
            let Some(quotes) = quotes.get_mut(block) else { return };
            let backslashes = if slashed >> block & 1 == 1 { backslashes[block] } else { 0 };
            *quotes &= !self.escaped_bytes(backslashes);
            if self.escaped {
                blocks |= 2_u64 << block;
            }
        }
    }

    /// Whether the next byte is escaped.
    pub(super) fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// From the parts of a row, one bit each, that have an odd number of quotes to those that begin inside a
    /// string.
    #[inline]
    pub(super) fn parts_begun_inside(&mut self, odd: u8) -> u8 {
        let behind = [1, 2, 4].into_iter().fold(odd, |odd, shift| odd ^ odd << shift);
        let [inside, ..] = self.inside.to_le_bytes();
        let behind = behind ^ inside;
        self.inside = 0_u64.wrapping_sub(u64::from(behind >> 7));
        behind << 1 | (inside & 1)
    }

    /// The bytes that a backslash escapes. Backslashes are rare, so they are taken one by one.
    fn escaped_bytes(&mut self, mut backslashes: u64) -> u64 {
        let mut escaped = u64::from(std::mem::take(&mut self.escaped));
        backslashes &= !escaped;
        while backslashes != 0 {
            let next = (backslashes & backslashes.wrapping_neg()) << 1;
            self.escaped = next == 0;
            escaped |= next;
            backslashes &= (backslashes - 1) & !next;
        }
        escaped
    }
}

/// For each bit, whether it and those below it have an odd number of ones.
#[inline]
pub(super) fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
