//! The checksum of a text, folded on the way.
//!
//! CRC-32 is the remainder of a polynomial whose factors are the bits of the text. So what is many bytes ahead of other
//! bytes can be added to them, multiplied by `x` to the power of as many bits, modulo the divisor: what is
//! left has the remainder of all. Here four vectors go over the text side by side. (Gopal and others, *Fast CRC
//! Computation for Generic Polynomials Using PCLMULQDQ Instruction*, 2009.)

use std::arch::x86_64::{
    __m512i, _mm512_clmulepi64_epi128, _mm512_set_epi64, _mm512_ternarylogic_epi32,
};

use super::{super::FOLDED, LANES, put};

/// Vectors that go side by side: while one waits for a product another goes on.
pub(super) const SIDES: usize = FOLDED / size_of::<__m512i>();

/// The divisor of CRC-32 without its highest power, bits in the order of bytes on a wire: the lowest is the highest
/// power.
const DIVISOR: u32 = 0xEDB8_8320;

/// What the lower and the upper half of sixteen bytes are multiplied by. With factors in this order of bits a
/// product comes out one bit too low, and each half stands 32 bits away from where a remainder would.
const LOWER: i64 = factor(FOLDED * 8 + 32);
const UPPER: i64 = factor(FOLDED * 8 - 32);

/// Before the first byte of a text the register of CRC-32 is full. This is that, so many bytes before: it comes to
/// the first byte with the first step.
const FIRST: u32 = moved_back(u32::MAX, FOLDED * 8);

/// What there is of a text so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fold {
    sides: [__m512i; SIDES],
}

impl Fold {
    #[target_feature(enable = "avx512bw")]
    #[inline]
    pub(super) fn nothing() -> Self {
        let mut sides = [_mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, 0); SIDES];
        sides[0] = _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, i64::from(FIRST));
        Self { sides }
    }

    /// Adds the bytes of a block, which `side` is next for.
    #[target_feature(enable = "avx512bw,vpclmulqdq")]
    #[inline]
    pub(super) fn add(&mut self, side: usize, block: __m512i) {
        let factors = _mm512_set_epi64(UPPER, LOWER, UPPER, LOWER, UPPER, LOWER, UPPER, LOWER);
        let side = &mut self.sides[side];
        let lower = _mm512_clmulepi64_epi128::<0x00>(*side, factors);
        let upper = _mm512_clmulepi64_epi128::<0x11>(*side, factors);
        // All three differ, or one alone.
        *side = _mm512_ternarylogic_epi32::<0x96>(lower, upper, block);
    }

    /// Bytes with the same checksum as all that was added.
    #[target_feature(enable = "avx512bw")]
    pub(super) fn like(&self) -> [u8; FOLDED] {
        let mut words = [[0; LANES]; SIDES];
        words.iter_mut().zip(self.sides).for_each(|(words, side)| put(words, side));
        // Who takes their checksum begins with a full register once more.
        words[0][0] ^= u64::from(u32::MAX);
        let mut bytes = [0; FOLDED];
        let places = bytes.as_chunks_mut().0.iter_mut();
        places.zip(words.as_flattened()).for_each(|(place, word)| *place = word.to_le_bytes());
        bytes
    }
}

/// `x` to that power, as the multiplication takes it.
const fn factor(power: usize) -> i64 {
    let (mut rest, mut done) = (1 << 31, 0);
    while done < power {
        rest = rest >> 1 ^ if rest & 1 == 1 { DIVISOR } else { 0 };
        done += 1;
    }
    (rest as i64) << 1
}

/// What becomes `rest` when it is multiplied by `x` to that power.
const fn moved_back(mut rest: u32, power: usize) -> u32 {
    let mut done = 0;
    while done < power {
        rest = if rest >> 31 == 1 { (rest ^ DIVISOR) << 1 | 1 } else { rest << 1 };
        done += 1;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_those_that_are_known() {
        // Of the paper, for 64 and for 16 bytes.
        assert_eq!((factor(512 + 32), factor(512 - 32)), (0x1_5444_2BD4, 0x1_C6E4_1596));
        assert_eq!((factor(128 + 32), factor(128 - 32)), (0x1_7519_97D0, 0x0_CCAA_009E));
    }
}
