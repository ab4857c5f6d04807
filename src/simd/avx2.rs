//! The instance for AVX2: two registers of 32 bytes.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use std::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_shuffle_epi8,
};

use super::{BLOCK, kernel::entry_points, vector::Vector};

#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256i, __m256i);

entry_points!(Avx2, "avx2,bmi1,bmi2,lzcnt,popcnt");

pub(super) fn is_available() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt")
}

// SAFETY: every function only uses AVX2, which the callers have checked for.
unsafe impl Vector for Avx2 {
    type Mask = Self;

    #[inline(always)]
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self {
        let start: *const __m256i = bytes.as_ptr().cast();
        Self(_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1)))
    }

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        let register = _mm256_set1_epi8(byte.cast_signed());
        Self(register, register)
    }

    #[inline(always)]
    unsafe fn table(entries: &[u8; 16]) -> Self {
        let start: *const __m128i = entries.as_ptr().cast();
        let register = _mm256_broadcastsi128_si256(_mm_loadu_si128(start));
        Self(register, register)
    }

    #[inline(always)]
    unsafe fn lookup(self, table: Self) -> Self {
        Self(_mm256_shuffle_epi8(table.0, self.0), _mm256_shuffle_epi8(table.1, self.1))
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        Self(_mm256_and_si256(self.0, other.0), _mm256_and_si256(self.1, other.1))
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        Self(_mm256_or_si256(self.0, other.0), _mm256_or_si256(self.1, other.1))
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self {
        Self(_mm256_cmpeq_epi8(self.0, other.0), _mm256_cmpeq_epi8(self.1, other.1))
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
        let bits = |register| u64::from(_mm256_movemask_epi8(register).cast_unsigned());
        bits(mask.0) | bits(mask.1) << 32
    }
}
