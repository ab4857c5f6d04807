//! Marks with AVX-512: a comparison of 64 bytes is a mask at once, and eight masks are one vector.
//!
//! Of the two ports that take such vectors one alone compares and permutes, so what is searched for is
//! told by few comparisons: differences are put together first, and those that are zero are found at once.

use std::{
    arch::x86_64::{
        __m512i, _mm_cvtsi128_si64, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_and_si512,
        _mm512_andnot_si512, _mm512_broadcast_i32x4, _mm512_castsi512_si128,
        _mm512_clmulepi64_epi128, _mm512_cmpeq_epi8_mask, _mm512_cmple_epi64_mask,
        _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_mask_xor_epi64, _mm512_min_epu8,
        _mm512_movepi8_mask, _mm512_movepi64_mask, _mm512_or_si512, _mm512_permutexvar_epi8,
        _mm512_permutexvar_epi64, _mm512_popcnt_epi64, _mm512_set1_epi8, _mm512_set1_epi64,
        _mm512_setzero_si512, _mm512_shuffle_epi8, _mm512_storeu_si512, _mm512_sub_epi64,
        _mm512_ternarylogic_epi32, _mm512_test_epi8_mask, _mm512_test_epi64_mask,
        _mm512_testn_epi8_mask, _mm512_unpacklo_epi64, _mm512_xor_si512,
    },
    ops::Range,
};

use super::{
    super::windows::{NARROW, WIDTH, Windows},
    BETWEEN, BLOCK, Brackets, Carry, OnBrackets, OnRow, Order, READ, ROW, ROW_READ, Row, TELLING,
    by_lower_bits, table_of, take_rows,
};

/// Masks that fill a vector.
const LANES: usize = 8;

/// Whether this machine can do it: it can if it is not one of the first with AVX-512.
pub(super) fn is_here() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512bw")
        && has!("avx512dq")
        && has!("avx512vbmi")
        && has!("avx512vpopcntdq")
        && has!("gfni")
        && has!("pclmulqdq")
        && has!("vpclmulqdq")
        && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    let (mut places, mut slashes) = ([0; ROW], [0; ROW]);
    let table = letters(b"NC");
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        for block in 0..blocks {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let here = load(bytes, 0);
            places[block] = keys(bytes, _mm512_xor_si512(here, splat(b'"')), table);
            slashes[block] = is(here, b'\\');
        }
        note_escapes(bytes, &slashes, busy(&slashes, blocks), &mut places);
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, behind: 0, brackets: () })
    });
}

/// See [`super::each_marks`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnBrackets) {
    let (mut places, mut slashes, mut quotes) = ([0; ROW], [0; ROW], [0; ROW]);
    let (mut brackets, mut carry) = (Brackets::new(Order::Blocks), Carry::default());
    let table = letters(b"NCV");
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        for block in 0..blocks {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let here = load(bytes, 0);
            let from_quote = _mm512_xor_si512(here, splat(b'"'));
            places[block] = keys(bytes, from_quote, table);
            quotes[block] = _mm512_testn_epi8_mask(from_quote, from_quote);
            slashes[block] = is(here, b'\\');
            brackets.opens[block] = is(here, b'{');
            brackets.closes[block] = is(here, b'}');
        }
        let slashed = busy(&slashes, blocks);
        note_escapes(bytes, &slashes, slashed, &mut places);
        carry.strings.unescape(&mut quotes[..blocks], &slashes, slashed);
        brackets_outside(&mut quotes, blocks, &mut brackets, &mut carry);
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, behind: 0, brackets: &brackets })
    });
}

/// See [`super::each_window`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
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
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
fn each_window_of<const WIDTH: usize>(
    text: &[u8],
    range: Range<usize>,
    windows: &Windows,
    on: &mut impl OnRow,
) -> bool {
    let mut places = [0; ROW];
    let tables: [__m512i; WIDTH] = std::array::from_fn(|place| load(&windows.classes[place], 0));
    // Takes the bits of a class from each byte: 0 to 4, and 6.
    let class = _mm512_set1_epi64(0x0102_0408_1040_0000);
    let mut high = _mm512_setzero_si512();
    take_rows!(text, range, |bytes, blocks, at| {
        for block in 0..blocks {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk::<READ>() else { break };
            high = _mm512_or_si512(high, load(bytes, 0));
            let stands = |place: usize| {
                let classes = _mm512_gf2p8affine_epi64_epi8::<0>(load(bytes, place), class);
                _mm512_permutexvar_epi8(classes, tables[place])
            };
            let mut buckets = stands(0);
            for place in 1..WIDTH {
                buckets = _mm512_and_si512(buckets, stands(place));
            }
            places[block] = _mm512_test_epi8_mask(buckets, buckets);
        }
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, behind: 0, brackets: () })
    });
    _mm512_movepi8_mask(high) == 0
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn letters(letters: &[u8]) -> __m512i {
    _mm512_broadcast_i32x4(table_of(&by_lower_bits(letters)))
}

/// Where a block has a quote and one of the letters or the `o` behind it; `from_quote` is zero at quotes.
#[target_feature(enable = "avx512bw")]
#[inline]
fn keys(bytes: &[u8; READ], from_quote: __m512i, letters: __m512i) -> u64 {
    let telling = load(bytes, TELLING);
    let letter = _mm512_shuffle_epi8(letters, telling);
    // The first, or the difference of the other two.
    let key = _mm512_ternarylogic_epi32::<0xF6>(from_quote, telling, letter);
    let omitted = _mm512_ternarylogic_epi32::<0xF6>(from_quote, load(bytes, 1), splat(b'o'));
    let either = _mm512_min_epu8(key, omitted);
    _mm512_testn_epi8_mask(either, either)
}

/// Adds to the places of a row those of `\u` and `\/`.
#[target_feature(enable = "avx512bw")]
#[inline]
fn note_escapes(bytes: &[u8; ROW_READ], slashes: &Masks, mut slashed: u64, places: &mut Masks) {
    while slashed != 0 {
        let block = slashed.trailing_zeros() as usize;
        slashed &= slashed - 1;
        let Some(bytes) = bytes[block * BLOCK..].first_chunk::<READ>() else { return };
        let next = load(bytes, 1);
        places[block] |= slashes[block] & (is(next, b'u') | is(next, b'/'));
    }
}

/// From the quotes of a row that are not escaped, and all its brackets, to the brackets outside strings.
#[target_feature(enable = "avx512bw,avx512dq,avx512vpopcntdq,vpclmulqdq")]
#[inline]
fn brackets_outside(quotes: &mut Masks, blocks: usize, brackets: &mut Brackets, carry: &mut Carry) {
    let ones = _mm512_set1_epi64(-1);
    let groups = blocks.div_ceil(LANES);
    // The blocks with an odd number of quotes.
    let mut odd = 0;
    for group in 0..groups {
        let quotes = group_of(quotes, group);
        let lanes = lanes(quotes);
        // A product without carries by ones alone says of each bit whether those up to it are odd.
        let inside = _mm512_unpacklo_epi64(
            _mm512_clmulepi64_epi128::<0>(lanes, ones),
            _mm512_clmulepi64_epi128::<1>(lanes, ones),
        );
        put(quotes, inside);
        odd |= u64::from(_mm512_movepi64_mask(inside)) << (group * LANES);
    }
    let inverted = carry.strings.blocks_begun_inside(odd);
    let (zero, mut depth) = (_mm512_setzero_si512(), _mm512_set1_epi64(carry.depth));
    brackets.low = 0;
    for group in 0..groups {
        let at = group * LANES;
        #[expect(clippy::cast_possible_truncation, reason = "the bits of one group are meant")]
        let inverted = (inverted >> at) as u8;
        let inside = lanes(group_of(quotes, group));
        let inside = _mm512_mask_xor_epi64(inside, inverted, inside, ones);
        let opens = _mm512_andnot_si512(inside, lanes(group_of(&mut brackets.opens, group)));
        let closes = _mm512_andnot_si512(inside, lanes(group_of(&mut brackets.closes, group)));
        put(group_of(&mut brackets.opens, group), opens);
        put(group_of(&mut brackets.closes, group), closes);
        let closed = _mm512_popcnt_epi64(closes);
        let change = _mm512_sub_epi64(_mm512_popcnt_epi64(opens), closed);
        // Each lane and all before it, in three steps.
        let pairs = _mm512_add_epi64(change, _mm512_alignr_epi64::<7>(change, zero));
        let fours = _mm512_add_epi64(pairs, _mm512_alignr_epi64::<6>(pairs, zero));
        let sums = _mm512_add_epi64(fours, _mm512_alignr_epi64::<4>(fours, zero));
        let before = _mm512_add_epi64(depth, _mm512_sub_epi64(sums, change));
        put(group_of(&mut brackets.depths, group), before);
        let least = _mm512_sub_epi64(before, closed);
        let low = _mm512_cmple_epi64_mask(least, _mm512_set1_epi64(BETWEEN));
        brackets.low |= u64::from(low) << at;
        depth = _mm512_add_epi64(depth, _mm512_permutexvar_epi64(_mm512_set1_epi64(7), sums));
    }
    brackets.low &= u64::MAX >> (ROW - blocks);
    carry.depth = _mm_cvtsi128_si64(_mm512_castsi512_si128(depth));
}

/// The masks of a row.
type Masks = [u64; ROW];

/// The blocks of a row whose mask is not empty.
#[target_feature(enable = "avx512bw")]
#[inline]
fn busy(masks: &Masks, blocks: usize) -> u64 {
    let groups = masks.as_chunks::<LANES>().0.iter().enumerate();
    let all = groups.fold(0, |all, (group, masks)| {
        let masks = lanes(masks);
        all | u64::from(_mm512_test_epi64_mask(masks, masks)) << (group * LANES)
    });
    all & u64::MAX >> (ROW - blocks)
}

#[inline]
fn group_of(masks: &mut Masks, group: usize) -> &mut [u64; LANES] {
    &mut masks.as_chunks_mut::<LANES>().0[group]
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
fn load<const LENGTH: usize>(bytes: &[u8; LENGTH], offset: usize) -> __m512i {
    let lanes: &[u8] = &bytes[offset..offset + BLOCK];
    // SAFETY: the slice has 64 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from a slice")]
    unsafe {
        _mm512_loadu_si512(lanes.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn lanes(masks: &[u64; LANES]) -> __m512i {
    // SAFETY: eight masks are 64 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from an array")]
    unsafe {
        _mm512_loadu_si512(masks.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512bw")]
#[inline]
fn put(masks: &mut [u64; LANES], lanes: __m512i) {
    // SAFETY: eight masks are 64 bytes, and the store asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe store of a vector to an array")]
    unsafe {
        _mm512_storeu_si512(masks.as_mut_ptr().cast(), lanes);
    }
}
