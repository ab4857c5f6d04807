//! The instance for every other CPU: eight integers of 64 bits.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use super::{BLOCK, kernel::entry_points, vector::Vector};

#[derive(Clone, Copy)]
pub(super) struct Portable([u64; 8]);

entry_points!(Portable);

/// The highest bit of each byte.
const HIGHEST: u64 = (u64::MAX / 0xFF) << 7;

/// Multiplied by this, the lowest bits of eight bytes come together in the highest byte.
const TOGETHER: u64 = 0x0102_0408_1020_4080;

/// Applies a function to the integers of two vectors.
#[inline(always)]
fn each(one: Portable, other: Portable, function: impl Fn(u64, u64) -> u64) -> Portable {
    let mut all = one;
    for (one, other) in all.0.iter_mut().zip(other.0) {
        *one = function(*one, other);
    }
    all
}

// SAFETY: no function needs anything of the CPU.
unsafe impl Vector for Portable {
    /// The highest bit of each byte, and no other.
    type Mask = Self;

    #[inline(always)]
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self(words)
    }

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Self([u64::from_ne_bytes([byte; 8]); 8])
    }

    #[inline(always)]
    unsafe fn table(entries: &[u8; 16]) -> Self {
        let mut repeated = [0; BLOCK];
        repeated.as_chunks_mut().0.fill(*entries);
        Self::load(&repeated)
    }

    #[inline(always)]
    unsafe fn lookup(self, table: Self) -> Self {
        let entry = |byte: u8| {
            let word = table.0[usize::from(byte >> 3 & 1)];
            if byte < 0x80 { word.to_le_bytes()[usize::from(byte & 7)] } else { 0 }
        };
        let mut found = self;
        for word in &mut found.0 {
            *word = u64::from_le_bytes(word.to_le_bytes().map(entry));
        }
        found
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        each(self, other, |one, other| one & other)
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        each(self, other, |one, other| one | other)
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self {
        each(self, other, |one, other| {
            let differ = one ^ other;
            // The highest bit of a byte that is not zero; nothing is carried from byte to byte.
            !(((differ & !HIGHEST) + !HIGHEST) | differ) & HIGHEST
        })
    }

    #[inline(always)]
    unsafe fn both(one: Self, other: Self) -> Self {
        one.and(other)
    }

    #[inline(always)]
    unsafe fn either(one: Self, other: Self) -> Self {
        one.or(other)
    }

    #[inline(always)]
    unsafe fn bits(mask: Self) -> u64 {
        let mut bits = 0;
        for (place, word) in mask.0.into_iter().enumerate() {
            bits |= ((word >> 7).wrapping_mul(TOGETHER) >> 56) << (place * 8);
        }
        bits
    }
}
