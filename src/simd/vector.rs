//! What an instance must provide: 64 bytes in as many registers as its CPU needs for them.

#![expect(unsafe_code, reason = "the functions need instructions that not every CPU has")]

use super::BLOCK;

/// 64 bytes.
///
/// # Safety
///
/// The functions use CPU instructions that not every CPU has. Call them only from a function that is
/// compiled with the target features of the instance, on a CPU that has these features. All
/// implementations are inlined into that function.
pub(super) unsafe trait Vector: Copy {
    /// What a comparison yields: true or false for each byte.
    type Mask: Copy;

    /// Loads 64 bytes, from any address.
    unsafe fn load(bytes: &[u8; BLOCK]) -> Self;

    /// The same byte 64 times.
    unsafe fn splat(byte: u8) -> Self;

    /// A table for [`Vector::lookup`].
    unsafe fn table(entries: &[u8; 16]) -> Self;

    /// For each byte of `self`, the entry of `table` at the lower four bits of that byte; 0 if the
    /// highest bit of the byte is set.
    unsafe fn lookup(self, table: Self) -> Self;

    /// Bitwise and.
    unsafe fn and(self, other: Self) -> Self;

    /// Bitwise or.
    unsafe fn or(self, other: Self) -> Self;

    /// Which bytes are equal.
    unsafe fn equal(self, other: Self) -> Self::Mask;

    /// Where both masks are true.
    unsafe fn both(one: Self::Mask, other: Self::Mask) -> Self::Mask;

    /// Where either mask is true.
    unsafe fn either(one: Self::Mask, other: Self::Mask) -> Self::Mask;

    /// One bit for each byte, the first byte in the lowest bit.
    unsafe fn bits(mask: Self::Mask) -> u64;
}
