//! Marks with AVX2: comparisons of 32 bytes, two for a block.

use std::{
    arch::x86_64::{
        __m256i, _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8,
        _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    },
    ops::Range,
};

use super::{
    super::windows::{NARROW, WIDTH, Windows},
    BLOCK, Brackets, Carry, OnBrackets, OnRow, READ, ROW, ROW_READ, Row, TELLING, table_of,
    take_rows,
};

const LANES: usize = 32;

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    let mut masks = [0; ROW];
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut busy = 0;
        for (block, places) in masks[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            *places = self::places(bytes);
            busy |= u64::from(*places != 0) << block;
        }
        on.row(&mut Row { at, places: &mut masks[..blocks], busy, brackets: () })
    });
}

/// See [`super::each_marks`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnBrackets) {
    let mut masks = [0; ROW];
    let (mut brackets, mut carry) = (Brackets::NONE, Carry::default());
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut busy = 0;
        brackets.low = 0;
        for (block, places) in masks[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let (low, up) = (load(bytes, 0), load(bytes, LANES));
            let both = |byte| bits(is(low, byte)) | bits(is(up, byte)) << LANES;
            // Square and curly brackets differ in one bit.
            let fold = splat(0x20);
            let folded = (_mm256_or_si256(low, fold), _mm256_or_si256(up, fold));
            let bracket = |byte| bits(is(folded.0, byte)) | bits(is(folded.1, byte)) << LANES;
            let version = |offset| bits(is(load(bytes, offset + TELLING), b'V'));
            let quotes = both(b'"');
            *places = self::places(bytes) | quotes & (version(0) | version(LANES) << LANES);
            busy |= u64::from(*places != 0) << block;
            let (inside, _) = carry.strings.step(quotes, odd(quotes), both(b'\\'));
            carry.count(block, bracket(b'{') & !inside, bracket(b'}') & !inside, &mut brackets);
        }
        on.row(&mut Row { at, places: &mut masks[..blocks], busy, brackets: &brackets })
    });
}

/// See [`super::each_window`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_window(
    text: &[u8],
    range: Range<usize>,
    windows: &Windows,
    on: &mut impl OnRow,
) -> bool {
    if windows.width <= NARROW {
        each_window_of::<NARROW>(text, range, windows, on)
    } else {
        each_window_of::<WIDTH>(text, range, windows, on)
    }
}

/// The same for a width.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
fn each_window_of<const WIDTH: usize>(
    text: &[u8],
    range: Range<usize>,
    windows: &Windows,
    on: &mut impl OnRow,
) -> bool {
    let low = windows.low.map(|table| _mm256_broadcastsi128_si256(table_of(&table)));
    let high = windows.high.map(|table| _mm256_broadcastsi128_si256(table_of(&table)));
    let nibble = splat(0xF);
    let mut masks = [0; ROW];
    let mut all = _mm256_setzero_si256();
    take_rows!(text, range, |bytes, blocks, at| {
        let mut busy = 0;
        for (block, places) in masks[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk::<READ>() else { break };
            all = _mm256_or_si256(all, _mm256_or_si256(load(bytes, 0), load(bytes, LANES)));
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
            *places = !(bits(is(both[0], 0)) | bits(is(both[1], 0)) << LANES);
            busy |= u64::from(*places != 0) << block;
        }
        on.row(&mut Row { at, places: &mut masks[..blocks], busy, brackets: () })
    });
    _mm256_movemask_epi8(all) == 0
}

/// Where a place may be.
#[target_feature(enable = "avx2")]
#[inline]
fn places(bytes: &[u8; READ]) -> u64 {
    let half = |offset| {
        let here = load(bytes, offset);
        let (next, telling) = (load(bytes, offset + 1), load(bytes, offset + TELLING));
        let named = _mm256_or_si256(is(telling, b'N'), is(telling, b'C'));
        let key = _mm256_or_si256(named, is(next, b'o'));
        let escape = _mm256_or_si256(is(next, b'u'), is(next, b'/'));
        bits(_mm256_or_si256(
            _mm256_and_si256(is(here, b'"'), key),
            _mm256_and_si256(is(here, b'\\'), escape),
        ))
    };
    half(0) | half(LANES) << LANES
}

/// Of each bit, whether it and those below it are odd: a product without carries, by ones alone.
#[target_feature(enable = "avx2,pclmulqdq")]
#[inline]
fn odd(quotes: u64) -> u64 {
    let product =
        _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes.cast_signed()), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product).cast_unsigned()
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
