//! The instance for SSSE3, for x86-64 CPUs without AVX2: four registers of 16 bytes.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use std::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128,
    _mm_set1_epi8, _mm_shuffle_epi8,
};

use super::{BLOCK, kernel::entry_points, vector::Vector};

#[derive(Clone, Copy)]
pub(super) struct Ssse3([__m128i; 4]);

entry_points!(Ssse3, "ssse3");

pub(super) fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("ssse3")
}

/// Applies a function to the registers of two vectors.
macro_rules! each {
    ($function:ident, $one:expr, $other:expr) => {{
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = ($one, $other);
        Self([$function(a0, b0), $function(a1, b1), $function(a2, b2), $function(a3, b3)])
    }};
}

// SAFETY: every function only uses SSSE3, which the callers have checked for.
unsafe impl Vector for Ssse3 {
    type Mask = Self;

    #[inline(always)]
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self {
        let start: *const __m128i = bytes.as_ptr().cast();
        Self([
            _mm_loadu_si128(start),
            _mm_loadu_si128(start.add(1)),
            _mm_loadu_si128(start.add(2)),
            _mm_loadu_si128(start.add(3)),
        ])
    }

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Self([_mm_set1_epi8(byte.cast_signed()); 4])
    }

    #[inline(always)]
    unsafe fn table(entries: &[u8; 16]) -> Self {
        Self([_mm_loadu_si128(entries.as_ptr().cast()); 4])
    }

    #[inline(always)]
    unsafe fn lookup(self, table: Self) -> Self {
        each!(_mm_shuffle_epi8, table.0, self.0)
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        each!(_mm_and_si128, self.0, other.0)
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        each!(_mm_or_si128, self.0, other.0)
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self {
        each!(_mm_cmpeq_epi8, self.0, other.0)
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
        let bits = |register| u64::from(_mm_movemask_epi8(register).cast_unsigned());
        let [m0, m1, m2, m3] = mask.0;
        bits(m0) | bits(m1) << 16 | bits(m2) << 32 | bits(m3) << 48
    }
}
