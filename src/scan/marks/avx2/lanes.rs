//! Vectors of 32 bytes: from a text, from masks and back.

use std::arch::x86_64::{
    __m128i, __m256i, _mm_set_epi64x, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_set1_epi8, _mm256_storeu_si256,
};

use super::super::READ;

/// Bytes of a vector, half a block.
pub(super) const LANES: usize = 32;

/// Masks that fill a vector.
pub(super) const GROUP: usize = LANES / size_of::<u64>();

/// The mask of a block from the halves of a comparison.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn mask(halves: [__m256i; 2]) -> u64 {
    joined(both_bits(halves))
}

/// The halves of that mask.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn both_bits([low, up]: [__m256i; 2]) -> [u32; 2] {
    [bits(low), bits(up)]
}

#[inline]
pub(super) fn joined(halves: [u32; 2]) -> u64 {
    let [low, up] = halves.map(u64::from);
    low | up << LANES
}

/// Stores the halves of a mask one by one. Where several masks are made at once it takes longer to join them first, which is
/// what a compiler does with two plain stores.
#[inline]
pub(super) fn store(mask: &mut u64, [low, up]: [u32; 2]) {
    let halves: *mut u32 = std::ptr::from_mut(mask).cast();
    // SAFETY: the mask has two halves, the lower one first, as a processor with AVX2 has them, and is borrowed.
    #[expect(unsafe_code, reason = "there is no safe store that a compiler leaves as it is")]
    unsafe {
        halves.write_volatile(low);
        halves.add(1).write_volatile(up);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn lanes(masks: &[u64; GROUP]) -> __m256i {
    // SAFETY: four masks are 32 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from an array")]
    unsafe {
        _mm256_loadu_si256(masks.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn put(masks: &mut [u64; GROUP], lanes: __m256i) {
    // SAFETY: four masks are 32 bytes, and the store asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe store of a vector to an array")]
    unsafe {
        _mm256_storeu_si256(masks.as_mut_ptr().cast(), lanes);
    }
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn is(lanes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(lanes, splat(byte))
}

#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn bits(lanes: __m256i) -> u32 {
    _mm256_movemask_epi8(lanes).cast_unsigned()
}

/// The 32 bytes from `offset` on.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) fn load(bytes: &[u8; READ], offset: usize) -> __m256i {
    let lanes: &[u8] = &bytes[offset..offset + LANES];
    // SAFETY: the slice has 32 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from a slice")]
    unsafe {
        _mm256_loadu_si256(lanes.as_ptr().cast())
    }
}

/// A table of sixteen bytes as a vector.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn table_of(table: &[u8; 16]) -> __m128i {
    let [low, high] = [0, 8].map(|from| table[from..].first_chunk().copied().unwrap_or_default());
    _mm_set_epi64x(i64::from_le_bytes(high), i64::from_le_bytes(low))
}

/// Some bytes each at the place of its lower four bits, by which a byte finds the one that is the same; all differ there.
#[inline]
pub(super) fn by_lower_bits(bytes: &[u8]) -> [u8; 16] {
    // What stands at a place where none of them is must not be found there.
    let mut table = std::array::from_fn(|place| u8::from(place == 0));
    for &byte in bytes {
        table[usize::from(byte & 0xF)] = byte;
    }
    table
}
