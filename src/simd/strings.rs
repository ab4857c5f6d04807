//! Strings: which quotes begin or end one, from the quotes and backslashes of each block.

#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

/// What one block leaves to the next about strings.
#[derive(Debug, Clone, Default)]
pub(super) struct Strings {
    /// All ones inside a string.
    pub(super) inside: u64,
    /// A backslash escapes the next byte.
    pub(super) escaped: bool,
}

impl Strings {
    /// The bytes inside strings, with the opening quotes, and the quotes that no backslash escapes.
    #[inline(always)]
    pub(super) fn step(&mut self, mut quotes: u64, backslashes: u64) -> (u64, u64) {
        if backslashes != 0 || self.escaped {
            quotes &= !self.escaped_bytes(backslashes);
        }
        let mut odd = quotes;
        for shift in [1, 2, 4, 8, 16, 32] {
            odd ^= odd << shift;
        }
        let inside = odd ^ self.inside;
        self.inside = 0_u64.wrapping_sub(inside >> (u64::BITS - 1));
        (inside, quotes)
    }

    /// The bytes that a backslash escapes. Backslashes are rare, so this takes them one by one.
    pub(super) fn escaped_bytes(&mut self, mut backslashes: u64) -> u64 {
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
