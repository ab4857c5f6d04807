//! Marks with AVX2: comparisons of 32 bytes, two for a block.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
};

use super::{OnRow, READ, Shape, TELLING, make_rows, odd};

const LANES: usize = 32;

/// See [`super::each_places`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow<u64>) -> bool {
    let mut high = _mm256_setzero_si256();
    make_rows!(text, on, |places: &u64| *places != 0, |bytes| {
        let (first, second) = (places(bytes, 0), places(bytes, LANES));
        high = _mm256_or_si256(high, _mm256_or_si256(load(bytes, 0), load(bytes, LANES)));
        bits(first) | bits(second) << LANES
    });
    _mm256_movemask_epi8(high) == 0
}

/// See [`super::each_shape`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_shape(text: &[u8], on: &mut impl OnRow<Shape>) {
    make_rows!(text, on, |_| false, |bytes| shape(bytes));
}

/// The lanes where a place may be.
#[target_feature(enable = "avx2")]
#[inline]
fn places(bytes: &[u8; READ], offset: usize) -> __m256i {
    let here = load(bytes, offset);
    let (next, telling) = (load(bytes, offset + 1), load(bytes, offset + TELLING));
    let key = _mm256_or_si256(is(telling, b'N'), is(next, b'o'));
    let escape = _mm256_or_si256(is(next, b'u'), is(next, b'/'));
    _mm256_or_si256(
        _mm256_and_si256(is(here, b'"'), key),
        _mm256_and_si256(is(here, b'\\'), escape),
    )
}

#[target_feature(enable = "avx2,pclmulqdq")]
#[inline]
fn shape(bytes: &[u8; READ]) -> Shape {
    let (low, up) = (load(bytes, 0), load(bytes, LANES));
    let both = |byte| bits(is(low, byte)) | bits(is(up, byte)) << LANES;
    // Square and curly brackets differ in one bit.
    let fold = splat(0x20);
    let (folded_low, folded_up) = (_mm256_or_si256(low, fold), _mm256_or_si256(up, fold));
    let bracket = |byte| bits(is(folded_low, byte)) | bits(is(folded_up, byte)) << LANES;
    let version = |offset| bits(is(load(bytes, offset + TELLING), b'V'));
    let quotes = both(b'"');
    Shape {
        quotes,
        odd: odd(quotes),
        backslashes: both(b'\\'),
        opens: bracket(b'{'),
        closes: bracket(b'}'),
        versions: quotes & (version(0) | version(LANES) << LANES),
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn splat(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn is(lanes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(lanes, splat(byte))
}

#[target_feature(enable = "avx2")]
#[inline]
fn bits(lanes: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(lanes).cast_unsigned())
}

/// The 32 bytes from `offset` on.
#[target_feature(enable = "avx2")]
#[inline]
fn load(bytes: &[u8; READ], offset: usize) -> __m256i {
    let lanes: &[u8] = &bytes[offset..offset + LANES];
    // SAFETY: the slice has 32 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from a slice")]
    unsafe {
        _mm256_loadu_si256(lanes.as_ptr().cast())
    }
}
