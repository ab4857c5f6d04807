//! Marks with AVX2: comparisons of 32 bytes, two for a block.

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
    _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::{
    super::windows::{NARROW, WIDTH, Windows},
    Marks, OnRow, READ, TELLING, make_rows, odd, table_of,
};

const LANES: usize = 32;

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && super::counts_bits()
}

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

/// See [`super::each_marks`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnRow<Marks>) -> bool {
    let mut high = _mm256_setzero_si256();
    make_rows!(text, on, |marks: &Marks| marks.places != 0, |bytes| {
        high = _mm256_or_si256(high, _mm256_or_si256(load(bytes, 0), load(bytes, LANES)));
        marks(bytes)
    });
    _mm256_movemask_epi8(high) == 0
}

/// See [`super::each_window`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_window(text: &[u8], windows: &Windows, on: &mut impl OnRow<u64>) {
    if windows.width <= NARROW {
        each_window_of::<NARROW>(text, windows, on);
    } else {
        each_window_of::<WIDTH>(text, windows, on);
    }
}

/// The same for a width.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
fn each_window_of<const WIDTH: usize>(text: &[u8], windows: &Windows, on: &mut impl OnRow<u64>) {
    let low = windows.low.map(|table| _mm256_broadcastsi128_si256(table_of(&table)));
    let high = windows.high.map(|table| _mm256_broadcastsi128_si256(table_of(&table)));
    let nibble = splat(0xF);
    make_rows!(text, on, |places: &u64| *places != 0, |bytes| {
        let mut both = [splat(0xFF); 2];
        for place in 0..WIDTH {
            for (buckets, offset) in both.iter_mut().zip([place, LANES + place]) {
                let here = load(bytes, offset);
                let lower = _mm256_and_si256(here, nibble);
                let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(here), nibble);
                let stands = _mm256_and_si256(
                    _mm256_shuffle_epi8(low[place], lower),
                    _mm256_shuffle_epi8(high[place], upper),
                );
                *buckets = _mm256_and_si256(*buckets, stands);
            }
        }
        // What has no bucket is equal to zero.
        !(bits(is(both[0], 0)) | bits(is(both[1], 0)) << LANES)
    });
}

/// The lanes where a place may be.
#[target_feature(enable = "avx2")]
#[inline]
fn places(bytes: &[u8; READ], offset: usize) -> __m256i {
    let here = load(bytes, offset);
    let (next, telling) = (load(bytes, offset + 1), load(bytes, offset + TELLING));
    let named = _mm256_or_si256(is(telling, b'N'), is(telling, b'C'));
    let key = _mm256_or_si256(named, is(next, b'o'));
    let escape = _mm256_or_si256(is(next, b'u'), is(next, b'/'));
    _mm256_or_si256(
        _mm256_and_si256(is(here, b'"'), key),
        _mm256_and_si256(is(here, b'\\'), escape),
    )
}

#[target_feature(enable = "avx2,pclmulqdq")]
#[inline]
fn marks(bytes: &[u8; READ]) -> Marks {
    let (low, up) = (load(bytes, 0), load(bytes, LANES));
    let both = |byte| bits(is(low, byte)) | bits(is(up, byte)) << LANES;
    // Square and curly brackets differ in one bit.
    let fold = splat(0x20);
    let (folded_low, folded_up) = (_mm256_or_si256(low, fold), _mm256_or_si256(up, fold));
    let bracket = |byte| bits(is(folded_low, byte)) | bits(is(folded_up, byte)) << LANES;
    let version = |offset| bits(is(load(bytes, offset + TELLING), b'V'));
    let quotes = both(b'"');
    Marks {
        places: bits(places(bytes, 0)) | bits(places(bytes, LANES)) << LANES,
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
