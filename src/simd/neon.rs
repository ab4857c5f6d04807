//! The instance for NEON, which every ARM CPU of 64 bits has: four registers of 16 bytes.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use std::arch::aarch64::{
    uint8x16_t, vandq_u8, vceqq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vorrq_u8, vpaddq_u8,
    vqtbl1q_u8, vreinterpretq_u64_u8,
};

use super::{BLOCK, kernel::entry_points, vector::Vector};

#[derive(Clone, Copy)]
pub(super) struct Neon([uint8x16_t; 4]);

entry_points!(Neon, "neon");

pub(super) fn is_available() -> bool {
    std::arch::is_aarch64_feature_detected!("neon")
}

/// Applies a function to the registers of two vectors.
macro_rules! each {
    ($function:ident, $one:expr, $other:expr) => {{
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = ($one, $other);
        Self([$function(a0, b0), $function(a1, b1), $function(a2, b2), $function(a3, b3)])
    }};
}

/// The bit of each byte in a byte of a mask.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

// SAFETY: every function only uses NEON, which the callers have checked for.
unsafe impl Vector for Neon {
    type Mask = Self;

    #[inline(always)]
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self {
        let start = bytes.as_ptr();
        Self([
            vld1q_u8(start),
            vld1q_u8(start.add(16)),
            vld1q_u8(start.add(32)),
            vld1q_u8(start.add(48)),
        ])
    }

    #[inline(always)]
    unsafe fn splat(byte: u8) -> Self {
        Self([vdupq_n_u8(byte); 4])
    }

    #[inline(always)]
    unsafe fn table(entries: &[u8; 16]) -> Self {
        Self([vld1q_u8(entries.as_ptr()); 4])
    }

    #[inline(always)]
    unsafe fn lookup(self, table: Self) -> Self {
        // An index beyond the table yields 0, as does one with its highest bit set.
        let index = self.and(Self::splat(0x8F));
        each!(vqtbl1q_u8, table.0, index.0)
    }

    #[inline(always)]
    unsafe fn and(self, other: Self) -> Self {
        each!(vandq_u8, self.0, other.0)
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        each!(vorrq_u8, self.0, other.0)
    }

    #[inline(always)]
    unsafe fn equal(self, other: Self) -> Self {
        each!(vceqq_u8, self.0, other.0)
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
        let [m0, m1, m2, m3] = mask.and(Self([vld1q_u8(BITS.as_ptr()); 4])).0;
        // Sums of neighbors, until each byte has the bits of eight.
        let quarters = vpaddq_u8(vpaddq_u8(m0, m1), vpaddq_u8(m2, m3));
        vgetq_lane_u64::<0>(vreinterpretq_u64_u8(vpaddq_u8(quarters, quarters)))
    }
}
