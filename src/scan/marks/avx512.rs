//! Marks with AVX-512: a comparison of 64 bytes is a mask at once.

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_broadcast_i32x4, _mm512_cmpeq_epi8_mask, _mm512_loadu_si512,
    _mm512_mask_cmpeq_epi8_mask, _mm512_movepi8_mask, _mm512_or_si512, _mm512_set1_epi8,
    _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_srli_epi16, _mm512_ternarylogic_epi32,
    _mm512_test_epi8_mask,
};

use super::{
    super::windows::{NARROW, WIDTH, Windows},
    Marks, OnRow, READ, TELLING, make_rows, odd, table_of,
};

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx512bw") && super::counts_bits()
}

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

/// See [`super::each_marks`].
#[target_feature(enable = "avx512bw,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnRow<Marks>) -> bool {
    let mut high = _mm512_setzero_si512();
    make_rows!(text, on, |marks: &Marks| marks.places != 0, |bytes| {
        high = _mm512_or_si512(high, load(bytes, 0));
        marks(bytes)
    });
    _mm512_movepi8_mask(high) == 0
}

/// See [`super::each_window`].
#[target_feature(enable = "avx512bw,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_window(text: &[u8], windows: &Windows, on: &mut impl OnRow<u64>) {
    if windows.width <= NARROW {
        each_window_of::<NARROW>(text, windows, on);
    } else {
        each_window_of::<WIDTH>(text, windows, on);
    }
}

/// The same for a width.
#[target_feature(enable = "avx512bw,bmi1,bmi2,popcnt,pclmulqdq")]
fn each_window_of<const WIDTH: usize>(text: &[u8], windows: &Windows, on: &mut impl OnRow<u64>) {
    let low = windows.low.map(|table| _mm512_broadcast_i32x4(table_of(&table)));
    let high = windows.high.map(|table| _mm512_broadcast_i32x4(table_of(&table)));
    let nibble = splat(0xF);
    make_rows!(text, on, |places: &u64| *places != 0, |bytes| {
        let mut buckets = splat(0xFF);
        for place in 0..WIDTH {
            let here = load(bytes, place);
            let lower = _mm512_and_si512(here, nibble);
            let upper = _mm512_and_si512(_mm512_srli_epi16::<4>(here), nibble);
            // All three at once: of eight combinations of bits only the last gives one.
            buckets = _mm512_ternarylogic_epi32::<0x80>(
                buckets,
                _mm512_shuffle_epi8(low[place], lower),
                _mm512_shuffle_epi8(high[place], upper),
            );
        }
        _mm512_test_epi8_mask(buckets, buckets)
    });
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn places(bytes: &[u8; READ]) -> u64 {
    let here = load(bytes, 0);
    places_of(bytes, is(here, b'"'), is(here, b'\\'), load(bytes, TELLING))
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn places_of(bytes: &[u8; READ], quotes: u64, backslashes: u64, telling: __m512i) -> u64 {
    let next = load(bytes, 1);
    let keys = _mm512_mask_cmpeq_epi8_mask(quotes, telling, splat(b'N'))
        | _mm512_mask_cmpeq_epi8_mask(quotes, telling, splat(b'C'))
        | _mm512_mask_cmpeq_epi8_mask(quotes, next, splat(b'o'));
    if backslashes == 0 {
        return keys;
    }
    keys | backslashes & (is(next, b'u') | is(next, b'/'))
}

#[target_feature(enable = "avx512bw,pclmulqdq")]
#[inline]
fn marks(bytes: &[u8; READ]) -> Marks {
    let (here, telling) = (load(bytes, 0), load(bytes, TELLING));
    let (quotes, backslashes) = (is(here, b'"'), is(here, b'\\'));
    // Square and curly brackets differ in one bit.
    let folded = _mm512_or_si512(here, splat(0x20));
    Marks {
        places: places_of(bytes, quotes, backslashes, telling),
        quotes,
        odd: odd(quotes),
        backslashes,
        opens: is(folded, b'{'),
        closes: is(folded, b'}'),
        versions: _mm512_mask_cmpeq_epi8_mask(quotes, telling, splat(b'V')),
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
