//! Marks with AVX-512: a comparison of 64 bytes is a mask at once.

use std::arch::x86_64::{
    __m512i, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512, _mm512_mask_cmpeq_epi8_mask,
    _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8, _mm512_setzero_si512,
};

use super::{OnRow, READ, Shape, TELLING, make_rows, odd};

/// See [`super::each_places`].
#[target_feature(enable = "avx512bw,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow<u64>) -> bool {
    let mut high = _mm512_setzero_si512();
    make_rows!(text, on, |places: &u64| *places != 0, |bytes| {
        high = _mm512_or_si512(high, load(bytes, 0));
        places(bytes)
    });
    _mm512_movepi8_mask(high) == 0
}

/// See [`super::each_shape`].
#[target_feature(enable = "avx512bw,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_shape(text: &[u8], on: &mut impl OnRow<Shape>) {
    make_rows!(text, on, |_| false, |bytes| shape(bytes));
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn places(bytes: &[u8; READ]) -> u64 {
    let (here, next, telling) = (load(bytes, 0), load(bytes, 1), load(bytes, TELLING));
    let quotes = is(here, b'"');
    let keys = _mm512_mask_cmpeq_epi8_mask(quotes, telling, splat(b'N'))
        | _mm512_mask_cmpeq_epi8_mask(quotes, next, splat(b'o'));
    let backslashes = is(here, b'\\');
    if backslashes == 0 {
        return keys;
    }
    keys | backslashes & (is(next, b'u') | is(next, b'/'))
}

#[target_feature(enable = "avx512bw,pclmulqdq")]
#[inline]
fn shape(bytes: &[u8; READ]) -> Shape {
    let here = load(bytes, 0);
    let quotes = is(here, b'"');
    // Square and curly brackets differ in one bit.
    let folded = _mm512_or_si512(here, splat(0x20));
    Shape {
        quotes,
        odd: odd(quotes),
        backslashes: is(here, b'\\'),
        opens: is(folded, b'{'),
        closes: is(folded, b'}'),
        versions: _mm512_mask_cmpeq_epi8_mask(quotes, load(bytes, TELLING), splat(b'V')),
    }
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn splat(byte: u8) -> __m512i {
    _mm512_set1_epi8(byte.cast_signed())
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn is(lanes: __m512i, byte: u8) -> u64 {
    _mm512_cmpeq_epi8_mask(lanes, splat(byte))
}

/// The 64 bytes from `offset` on.
#[target_feature(enable = "avx512bw")]
#[inline]
fn load(bytes: &[u8; READ], offset: usize) -> __m512i {
    let lanes: &[u8] = &bytes[offset..offset + super::BLOCK];
    // SAFETY: the slice has 64 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from a slice")]
    unsafe {
        _mm512_loadu_si512(lanes.as_ptr().cast())
    }
}
