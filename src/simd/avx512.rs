//! The instance for AVX-512: one register of 64 bytes, whose comparisons yield a mask of 64 bits.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use std::arch::x86_64::{
    __m512i, _mm_loadu_si128, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmpeq_epi8_mask,
    _mm512_loadu_si512, _mm512_or_si512, _mm512_set1_epi8, _mm512_shuffle_epi8,
};

use super::{BLOCK, kernel::entry_points, vector::Vector};

#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512i);

entry_points!(Avx512, "avx512bw,avx512dq,avx512vl,avx512vpopcntdq,bmi1,bmi2,lzcnt,popcnt");

/// Not so on the first CPUs with AVX-512, which run at a lower frequency while they use it.
pub(super) fn is_available() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512bw")
        && has!("avx512dq")
        && has!("avx512vl")
        && has!("avx512vpopcntdq")
        && super::avx2::is_available()
}

// SAFETY: every function only uses AVX-512F and AVX-512BW, which the callers have checked for.
unsafe impl Vector for Avx512 {
    type Mask = u64;

    #[inline(always)]
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self {
        Self(_mm512_loadu_si512(bytes.as_ptr().cast()))
    }

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Self(_mm512_set1_epi8(byte.cast_signed()))
    }

    #[inline(always)]
    unsafe fn table(entries: &[u8; 16]) -> Self {
        Self(_mm512_broadcast_i32x4(_mm_loadu_si128(entries.as_ptr().cast())))
    }

    #[inline(always)]
    unsafe fn lookup(self, table: Self) -> Self {
        Self(_mm512_shuffle_epi8(table.0, self.0))
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        Self(_mm512_and_si512(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        Self(_mm512_or_si512(self.0, other.0))
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> u64 {
        _mm512_cmpeq_epi8_mask(self.0, other.0)
    }

    #[inline(always)]
    unsafe fn both(one: u64, other: u64) -> u64 {
        one & other
    }

    #[inline(always)]
    unsafe fn either(one: u64, other: u64) -> u64 {
        one | other
    }

    #[inline(always)]
    unsafe fn bits(mask: u64) -> u64 {
        mask
    }
}
