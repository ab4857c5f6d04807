//! Marks with AVX2: comparisons of 32 bytes, two for a block.

use std::{
    arch::x86_64::{
        __m256i, _mm_srli_si128, _mm256_add_epi16, _mm256_add_epi64, _mm256_and_si256,
        _mm256_andnot_si256, _mm256_broadcastsi128_si256, _mm256_castsi256_pd,
        _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64, _mm256_cmpgt_epi16,
        _mm256_cvtepi16_epi64, _mm256_cvtepu8_epi16, _mm256_extract_epi64,
        _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_movemask_pd,
        _mm256_or_si256, _mm256_packs_epi16, _mm256_permute2x128_si256, _mm256_permute4x64_epi64,
        _mm256_set_epi64x, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi64x,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi64, _mm256_slli_si256,
        _mm256_storeu_si256, _mm256_sub_epi16, _mm256_xor_si256,
    },
    ops::Range,
};

use super::{
    super::windows::{MOST, Windows},
    BETWEEN, BLOCK, Brackets, Carry, OnBrackets, OnRow, READ, ROW, ROW_READ, Row, TELLING,
    table_of, take_rows,
};

const LANES: usize = 32;

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    let mut places = [0; ROW];
    let keys = Keys::of(b"NC");
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut slashed = _mm256_setzero_si256();
        for (block, places) in places[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let [low, up] = [0, LANES].map(|offset| load(bytes, offset));
            *places = mask([keys.at(bytes, 0, low), keys.at(bytes, LANES, up)]);
            slashed = _mm256_or_si256(slashed, _mm256_or_si256(is(low, b'\\'), is(up, b'\\')));
        }
        if _mm256_movemask_epi8(slashed) != 0 {
            note_escapes(bytes, &slashes(bytes, blocks), &mut places[..blocks]);
        }
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, brackets: () })
    });
}

/// See [`super::each_marks`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt,pclmulqdq")]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnBrackets) {
    let (mut places, mut quotes) = ([0; ROW], [0; ROW]);
    let (mut brackets, mut carry) = (Brackets::NONE, Carry::default());
    let keys = Keys::of(b"NCV");
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut slashed = _mm256_setzero_si256();
        for block in 0..blocks {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let [low, up] = [0, LANES].map(|offset| load(bytes, offset));
            places[block] = mask([keys.at(bytes, 0, low), keys.at(bytes, LANES, up)]);
            quotes[block] = mask([is(low, b'"'), is(up, b'"')]);
            brackets.opens[block] = mask([is(low, b'{'), is(up, b'{')]);
            brackets.closes[block] = mask([is(low, b'}'), is(up, b'}')]);
            slashed = _mm256_or_si256(slashed, _mm256_or_si256(is(low, b'\\'), is(up, b'\\')));
        }
        if _mm256_movemask_epi8(slashed) != 0 {
            let slashes = slashes(bytes, blocks);
            note_escapes(bytes, &slashes, &mut places[..blocks]);
            carry.strings.unescape(&mut quotes[..blocks], &slashes, busy(&slashes, blocks));
        } else {
            carry.strings.unescape(&mut quotes[..blocks], &[], 0);
        }
        brackets_outside(&mut quotes, blocks, &mut brackets, &mut carry);
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, brackets: &brackets })
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
    match windows.width {
        ..=4 => each_window_of::<4>(text, range, windows, on),
        5..=6 => each_window_of::<6>(text, range, windows, on),
        _ => each_window_of::<MOST>(text, range, windows, on),
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
    let tables: [__m256i; WIDTH] =
        std::array::from_fn(|place| _mm256_broadcastsi128_si256(table_of(&windows.nibbles[place])));
    let mut masks = [0; ROW];
    let mut ascii = true;
    take_rows!(text, range, |bytes, blocks, at| {
        let mut high = _mm256_setzero_si256();
        for (block, places) in masks[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            high = _mm256_or_si256(high, _mm256_or_si256(load(bytes, 0), load(bytes, LANES)));
            *places = may_stand(bytes, &tables, |here| here);
        }
        if _mm256_movemask_epi8(high) != 0 {
            ascii = false;
            may_stand_otherwise(bytes, &tables, &mut masks[..blocks]);
        }
        let busy = busy(&masks, blocks);
        on.row(&mut Row { at, places: &mut masks[..blocks], busy, brackets: () })
    });
    ascii
}

/// Where the windows of a bucket may stand in a block. The lookup goes by the lower four bits of a byte, but
/// gives nothing for one beyond ASCII.
#[target_feature(enable = "avx2")]
#[inline]
fn may_stand(bytes: &[u8; READ], tables: &[__m256i], index: impl Fn(__m256i) -> __m256i) -> u64 {
    let none = [0, LANES].map(|offset| {
        let stands = tables
            .iter()
            .enumerate()
            .map(|(place, &table)| _mm256_shuffle_epi8(table, index(load(bytes, offset + place))));
        let buckets = stands.fold(splat(0xFF), |all, here| _mm256_and_si256(all, here));
        is(buckets, 0)
    });
    !mask(none)
}

/// The same of a row with bytes beyond ASCII, which may stand where anything may.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn may_stand_otherwise(bytes: &[u8; ROW_READ], tables: &[__m256i], masks: &mut [u64]) {
    let nibble = splat(0xF);
    for (block, places) in masks.iter_mut().enumerate() {
        let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { return };
        *places = may_stand(bytes, tables, |here| _mm256_and_si256(here, nibble));
    }
}

/// The masks of a row.
type Masks = [u64; ROW];

/// Masks that fill a vector.
const GROUP: usize = LANES / size_of::<u64>();

/// Words that fill a vector.
const WORDS: usize = LANES / size_of::<u16>();

/// What tells the keys that are looked for.
struct Keys {
    quote: __m256i,
    /// Of some letters each at the place of its lower four bits, by which a byte finds it; all differ there.
    letters: __m256i,
    omitted: __m256i,
}

impl Keys {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of(letters: &[u8]) -> Self {
        // What stands at a place where no letter is must not be found there.
        let mut table: [u8; 16] = std::array::from_fn(|place| u8::from(place == 0));
        for &letter in letters {
            table[usize::from(letter & 0xF)] = letter;
        }
        let letters = _mm256_broadcastsi128_si256(table_of(&table));
        Self { quote: splat(b'"'), letters, omitted: splat(b'o') }
    }

    /// Where one may begin in the half of a block from `offset` on, which is `here`.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], offset: usize, here: __m256i) -> __m256i {
        let telling = load(bytes, offset + TELLING);
        let letter = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(self.letters, telling), telling);
        let omitted = _mm256_cmpeq_epi8(load(bytes, offset + 1), self.omitted);
        let quote = _mm256_cmpeq_epi8(here, self.quote);
        _mm256_and_si256(quote, _mm256_or_si256(letter, omitted))
    }
}

/// Where the backslashes of a row stand.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn slashes(bytes: &[u8; ROW_READ], blocks: usize) -> Masks {
    let mut slashes = [0; ROW];
    for (block, slashes) in slashes[..blocks].iter_mut().enumerate() {
        let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
        *slashes = mask([0, LANES].map(|offset| is(load(bytes, offset), b'\\')));
    }
    slashes
}

/// Adds to the places of a row those of `\u` and `\/`.
#[target_feature(enable = "avx2")]
#[inline]
fn note_escapes(bytes: &[u8; ROW_READ], slashes: &Masks, places: &mut [u64]) {
    for (block, (places, &slashes)) in places.iter_mut().zip(slashes).enumerate() {
        if slashes != 0 {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { return };
            let next = [1, 1 + LANES].map(|offset| load(bytes, offset));
            let either = |next| _mm256_or_si256(is(next, b'u'), is(next, b'/'));
            *places |= slashes & mask(next.map(either));
        }
    }
}

/// From the quotes of a row that are not escaped, and all its curly brackets, to those outside strings.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn brackets_outside(quotes: &mut Masks, blocks: usize, brackets: &mut Brackets, carry: &mut Carry) {
    let groups = blocks.div_ceil(GROUP);
    // The blocks with an odd number of quotes.
    let mut odd = 0;
    for group in 0..groups {
        let quotes = group_of(quotes, group);
        let mut inside = lanes(quotes);
        // Whether the bits up to each are odd, in steps.
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<1>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<2>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<4>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<8>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<16>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<32>(inside));
        put(quotes, inside);
        odd |= signs(inside) << (group * GROUP);
    }
    let inverted = carry.strings.blocks_begun_inside(odd);
    let bit = _mm256_set_epi64x(8, 4, 2, 1);
    for group in 0..groups {
        let begun = _mm256_set1_epi64x((inverted >> (group * GROUP)).cast_signed());
        let begun = _mm256_cmpeq_epi64(_mm256_and_si256(begun, bit), bit);
        let inside = _mm256_xor_si256(lanes(group_of(quotes, group)), begun);
        for masks in [&mut brackets.opens, &mut brackets.closes] {
            let masks = group_of(masks, group);
            put(masks, _mm256_andnot_si256(inside, lanes(masks)));
        }
    }
    count(blocks, brackets, &mut carry.depth);
}

/// Counts how many brackets are open before each block of a row.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn count(blocks: usize, brackets: &mut Brackets, depth: &mut i64) {
    let number = |mask: &u64| u8::try_from(mask.count_ones()).unwrap_or(u8::MAX);
    let mut opened = [0; ROW];
    let mut closed = [0; ROW];
    for block in 0..blocks {
        opened[block] = number(&brackets.opens[block]);
        closed[block] = number(&brackets.closes[block]);
    }
    brackets.low = 0;
    for (part, (opened, closed)) in
        opened.as_chunks().0.iter().zip(closed.as_chunks().0).enumerate()
    {
        let (opened, closed) = (words(opened), words(closed));
        let change = _mm256_sub_epi16(opened, closed);
        // Each lane and all before it, in three steps; then the upper eight get what the lower have.
        let pairs = _mm256_add_epi16(change, _mm256_slli_si256::<2>(change));
        let fours = _mm256_add_epi16(pairs, _mm256_slli_si256::<4>(pairs));
        let halves = _mm256_add_epi16(fours, _mm256_slli_si256::<8>(fours));
        let lower = _mm256_permute2x128_si256::<0x08>(halves, halves);
        let last = _mm256_shuffle_epi8(lower, _mm256_set1_epi16(0x0F0E));
        let sums = _mm256_add_epi16(halves, last);
        let before = _mm256_sub_epi16(sums, change);
        let at = part * WORDS;
        let begun = _mm256_set1_epi64x(*depth);
        let [low, up] = [_mm256_castsi256_si128(before), _mm256_extracti128_si256::<1>(before)];
        for (group, four) in
            [low, _mm_srli_si128::<8>(low), up, _mm_srli_si128::<8>(up)].into_iter().enumerate()
        {
            let depths = group_of(&mut brackets.depths, part * GROUP + group);
            put(depths, _mm256_add_epi64(_mm256_cvtepi16_epi64(four), begun));
        }
        // Of sixteen blocks no more than a thousand brackets can be closed.
        let most = (BETWEEN - *depth).clamp(i64::from(i16::MIN), i64::from(i16::MAX));
        let most = _mm256_set1_epi16(i16::try_from(most).unwrap_or(0));
        let above = _mm256_cmpgt_epi16(_mm256_sub_epi16(before, closed), most);
        let above = _mm256_packs_epi16(above, _mm256_setzero_si256());
        let above = bits(_mm256_permute4x64_epi64::<0b10_00>(above)) & 0xFFFF;
        brackets.low |= (above ^ 0xFFFF) << at;
        // The last word, with its sign.
        *depth += _mm256_extract_epi64::<3>(sums) >> 48;
    }
    brackets.low &= u64::MAX >> (ROW - blocks);
}

/// The blocks of a row whose mask is not empty.
#[target_feature(enable = "avx2")]
#[inline]
fn busy(masks: &Masks, blocks: usize) -> u64 {
    let groups = masks.as_chunks::<GROUP>().0.iter().enumerate();
    let idle = groups.fold(0, |idle, (group, masks)| {
        let empty = _mm256_cmpeq_epi64(lanes(masks), _mm256_setzero_si256());
        idle | signs(empty) << (group * GROUP)
    });
    !idle & u64::MAX >> (ROW - blocks)
}

/// The highest bit of each mask.
#[target_feature(enable = "avx2")]
#[inline]
fn signs(masks: __m256i) -> u64 {
    u64::from(_mm256_movemask_pd(_mm256_castsi256_pd(masks)).cast_unsigned())
}

#[inline]
fn group_of(masks: &mut Masks, group: usize) -> &mut [u64; GROUP] {
    &mut masks.as_chunks_mut::<GROUP>().0[group]
}

/// The mask of a block from the halves of a comparison.
#[target_feature(enable = "avx2")]
#[inline]
fn mask([low, up]: [__m256i; 2]) -> u64 {
    bits(low) | bits(up) << LANES
}

/// Sixteen bytes as words.
#[target_feature(enable = "avx2")]
#[inline]
fn words(bytes: &[u8; WORDS]) -> __m256i {
    _mm256_cvtepu8_epi16(table_of(bytes))
}

#[target_feature(enable = "avx2")]
#[inline]
fn lanes(masks: &[u64; GROUP]) -> __m256i {
    // SAFETY: four masks are 32 bytes, and the load asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe load of a vector from an array")]
    unsafe {
        _mm256_loadu_si256(masks.as_ptr().cast())
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn put(masks: &mut [u64; GROUP], lanes: __m256i) {
    // SAFETY: four masks are 32 bytes, and the store asks for no alignment.
    #[expect(unsafe_code, reason = "there is no safe store of a vector to an array")]
    unsafe {
        _mm256_storeu_si256(masks.as_mut_ptr().cast(), lanes);
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
