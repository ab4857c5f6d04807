//! Random numbers that are the same on every machine.
//!
//! `SplitMix64`, written out here so that neither a crate's version nor a platform can change what a
//! seed gives. Only integers are used: the floating point functions differ between C libraries.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of `seed`; `path` tells apart the streams that one seed gives (a file, an account).
    pub(crate) fn new(seed: u64, path: u64) -> Self {
        let mut random = Self(seed ^ path.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(random.next() ^ path)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`, or 0 if `bound` is 0.
    ///
    /// The high half of a product instead of a remainder: without a division, and with a bias far
    /// below anything a corpus could show.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(bound);
        (product >> 64) as u64
    }

    /// An index below `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        let index = self.below(len as u64);
        usize::try_from(index).expect("it is below a usize")
    }

    /// A number below `bound`, or 0 if `bound` is 0, in fewer bits.
    pub(crate) fn small(&mut self, bound: u32) -> u32 {
        let number = self.below(u64::from(bound));
        u32::try_from(number).expect("it is below a u32")
    }

    /// True `share` times in a million.
    pub(crate) fn millionths(&mut self, share: u32) -> bool {
        self.small(1_000_000) < share
    }

    /// True `share` times in a hundred.
    pub(crate) fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }

    /// `len` characters of `alphabet`, appended to `out`.
    pub(crate) fn letters(&mut self, out: &mut String, len: usize, alphabet: &[u8]) {
        for _ in 0..len {
            out.push(char::from(self.pick(alphabet)));
        }
    }

    /// `len` hexadecimal digits, appended to `out`; one draw gives sixteen.
    pub(crate) fn hex(&mut self, out: &mut String, len: usize) {
        let mut bits = 0;
        for digit in 0..len {
            if digit % 16 == 0 {
                bits = self.next();
            }
            out.push(char::from(b"0123456789abcdef"[(bits & 15) as usize]));
            bits >>= 4;
        }
    }

    /// A random UUID of version 4, appended to `out`.
    pub(crate) fn uuid(&mut self, out: &mut String) {
        let (high, low) = (self.next(), self.next());
        let digits = (u128::from(high) << 64) | u128::from(low);
        for place in 0..32 {
            if matches!(place, 8 | 12 | 16 | 20) {
                out.push('-');
            }
            let digit = (digits >> (124 - 4 * place)) as usize & 15;
            let digit = match place {
                12 => 4,
                16 => 8 | (digit & 3),
                _ => digit,
            };
            out.push(char::from(b"0123456789abcdef"[digit]));
        }
    }

    /// A size around `median`, spread like file sizes are: a quarter lies below two thirds of it, a
    /// twentieth above three times it.
    ///
    /// The quantiles of a log-normal distribution with sigma 0.65, with straight lines between them.
    pub(crate) fn around(&mut self, median: u64) -> u64 {
        const PER_MILLE: [u64; 17] = [
            220, 369, 474, 562, 645, 728, 813, 903, 1000, 1108, 1230, 1374, 1550, 1780, 2112, 2707,
            4540,
        ];
        let step = self.index(PER_MILLE.len() - 1);
        let (low, high) = (PER_MILLE[step], PER_MILLE[step + 1]);
        (median * (low + self.below(high - low)) / 1000).max(1)
    }
}

/// Bits that look random and depend on `value` only.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
