//! Marks with AVX2: comparisons of 32 bytes, two for a block.

use std::{
    arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256,
        _mm256_broadcastsi128_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64,
        _mm256_cmpgt_epi64, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_movemask_pd,
        _mm256_or_si256, _mm256_sad_epu8, _mm256_set1_epi8, _mm256_set1_epi64x,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi64, _mm256_srli_epi16,
        _mm256_srli_epi64, _mm256_storeu_si256, _mm256_sub_epi64, _mm256_xor_si256,
    },
    ops::Range,
};

use super::{
    super::windows::{MOST, Windows},
    BETWEEN, BLOCK, Brackets, Carry, OnBrackets, OnRow, Order, QUARTERS, READ, ROW, ROW_READ, Row,
    TELLING, by_lower_bits, table_of, take_rows,
};

const LANES: usize = 32;

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    let mut places = [0; ROW];
    let keys = Keys::of(b"NCe");
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut slashed = _mm256_setzero_si256();
        for (block, places) in places[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let [low, up] = [0, LANES].map(|offset| load(bytes, offset));
            *places = keys.at(bytes, [low, up].map(|here| is(here, b'"')));
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
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn each_marks(text: &[u8], on: &mut impl OnBrackets) {
    let mut places = [0; ROW];
    let (mut brackets, mut carry) = (Brackets::new(Order::Quarters), Carry::default());
    let keys = Keys::of(b"NCVe");
    // Which of two masks a byte is in tells three kinds apart, without a third mask.
    let [first, second] = [b"\"{", b"{}"].map(|bytes| one_of(bytes));
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let Brackets { opens, closes, .. } = &mut brackets;
        let mut slashed = _mm256_setzero_si256();
        for quarter in 0..QUARTERS {
            for step in 0..ROW / QUARTERS {
                let block = quarter * (ROW / QUARTERS) + step;
                let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
                let [low, up] = [0, LANES].map(|offset| load(bytes, offset));
                let firsts = [low, up].map(|here| is_one_of(here, first));
                let seconds = [low, up].map(|here| is_one_of(here, second));
                groups(opens)[step][quarter] = mask(firsts);
                groups(closes)[step][quarter] = mask(seconds);
                // No key begins with what opens, so the quotes need not be told from it.
                places[block] = keys.at(bytes, firsts);
                let slashes = _mm256_or_si256(is(low, b'\\'), is(up, b'\\'));
                slashed = _mm256_or_si256(slashed, slashes);
            }
        }
        if carry.strings.is_escaped() || _mm256_movemask_epi8(slashed) != 0 {
            let slashes = slashes(bytes, blocks);
            note_escapes(bytes, &slashes, &mut places[..blocks]);
            unescape(&mut brackets, &slashes, blocks, &mut carry);
        }
        tell_apart(&mut brackets, &mut carry);
        brackets.low &= u64::MAX >> (ROW - blocks);
        let busy = busy(&places, blocks);
        on.row(&mut Row { at, places: &mut places[..blocks], busy, brackets: &brackets })
    });
}

/// See [`super::each_window`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
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
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
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

/// What tells the keys that are looked for.
struct Keys {
    /// What may stand behind the quote, by its lower four bits: few other letters have those.
    seconds: __m256i,
    /// What may stand at [`TELLING`]: the letters of the keys that begin with `event`, and the `e` of `omitted`.
    letters: __m256i,
}

impl Keys {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of(letters: &[u8]) -> Self {
        let mut seconds = [0; 16];
        for second in b"eo" {
            seconds[usize::from(second & 0xF)] = u8::MAX;
        }
        let seconds = _mm256_broadcastsi128_si256(table_of(&seconds));
        Self { seconds, letters: one_of(letters) }
    }

    /// Where one may begin in a block whose halves have their quotes there.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], [low, up]: [__m256i; 2]) -> u64 {
        mask([self.behind(bytes, 0, low), self.behind(bytes, LANES, up)])
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn behind(&self, bytes: &[u8; READ], offset: usize, quotes: __m256i) -> __m256i {
        let second = _mm256_shuffle_epi8(self.seconds, load(bytes, offset + 1));
        let letter = is_one_of(load(bytes, offset + TELLING), self.letters);
        _mm256_and_si256(quotes, _mm256_and_si256(second, letter))
    }
}

/// What [`is_one_of`] finds these bytes by.
#[target_feature(enable = "avx2")]
#[inline]
fn one_of(bytes: &[u8]) -> __m256i {
    _mm256_broadcastsi128_si256(table_of(&by_lower_bits(bytes)))
}

/// Where the bytes are one of those in a table of [`one_of`].
#[target_feature(enable = "avx2")]
#[inline]
fn is_one_of(lanes: __m256i, bytes: __m256i) -> __m256i {
    _mm256_cmpeq_epi8(_mm256_shuffle_epi8(bytes, lanes), lanes)
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

/// Takes from the quotes of a row those that are escaped. So far `opens` has quotes and what opens, and `closes` all brackets.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn unescape(brackets: &mut Brackets, slashes: &Masks, blocks: usize, carry: &mut Carry) {
    let Brackets { opens: firsts, closes: seconds, .. } = brackets;
    let slot = |block| Order::Quarters.slot(block);
    let mut quotes: Masks =
        std::array::from_fn(|block| firsts[slot(block)] & !seconds[slot(block)]);
    carry.strings.unescape(&mut quotes[..blocks], slashes, busy(slashes, blocks));
    for (block, quotes) in quotes.into_iter().enumerate() {
        let slot = slot(block);
        firsts[slot] = firsts[slot] & seconds[slot] | quotes;
    }
}

/// From `opens` with quotes and what opens, and `closes` with all brackets, to brackets outside strings and how many are
/// open before each block. A lane has the blocks of a quarter one by one, so that nothing goes from lane to lane
/// but once a row.
#[target_feature(enable = "avx2,popcnt")]
#[inline]
fn tell_apart(brackets: &mut Brackets, carry: &mut Carry) {
    let zero = _mm256_setzero_si256();
    let Brackets { opens, closes, depths, quarters, low, .. } = brackets;
    let mut quotes = zero;
    for (opens, closes) in groups(opens).iter().zip(groups(closes)) {
        quotes = _mm256_xor_si256(quotes, _mm256_andnot_si256(lanes(closes), lanes(opens)));
    }
    let mut begun = [0; GROUP];
    for (begun, quotes) in begun.iter_mut().zip(unpack(quotes)) {
        *begun = carry.strings.inside;
        carry.strings.inside ^= 0_u64.wrapping_sub(u64::from(quotes.count_ones() & 1));
    }

    let mut begun = lanes(&begun);
    let mut depth = zero;
    let mut least = [0; ROW];
    let all = groups(opens).iter_mut().zip(groups(closes)).zip(groups(depths));
    for (((opens, closes), depths), least) in all.zip(groups(&mut least)) {
        let (firsts, seconds) = (lanes(opens), lanes(closes));
        // Whether the bits up to each are odd, in steps.
        let mut inside = _mm256_andnot_si256(seconds, firsts);
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<1>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<2>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<4>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<8>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<16>(inside));
        inside = _mm256_xor_si256(inside, _mm256_slli_epi64::<32>(inside));
        inside = _mm256_xor_si256(inside, begun);
        begun = _mm256_cmpgt_epi64(zero, inside);

        let outside = _mm256_andnot_si256(inside, seconds);
        let (opened, closed) =
            (_mm256_and_si256(outside, firsts), _mm256_andnot_si256(firsts, outside));
        put(opens, opened);
        put(closes, closed);
        put(depths, depth);
        let closed = _mm256_sad_epu8(ones_of(closed), zero);
        put(least, _mm256_sub_epi64(depth, closed));
        let opened = _mm256_sad_epu8(ones_of(opened), zero);
        depth = _mm256_add_epi64(depth, _mm256_sub_epi64(opened, closed));
    }
    for (quarter, change) in quarters.iter_mut().zip(unpack(depth)) {
        *quarter = carry.depth;
        carry.depth += change.cast_signed();
    }

    let most = quarters.map(|quarter| (BETWEEN + 1 - quarter).cast_unsigned());
    let (most, sign) = (lanes(&most), _mm256_set1_epi64x(i64::MIN));
    let mut found = zero;
    for least in groups(&mut least) {
        let is_low = _mm256_and_si256(_mm256_cmpgt_epi64(most, lanes(least)), sign);
        found = _mm256_or_si256(_mm256_srli_epi64::<1>(found), is_low);
    }
    let found = unpack(found).into_iter().enumerate();
    *low = found.fold(0, |low, (quarter, found)| low | found >> 48 << (quarter * ROW / QUARTERS));
}

#[inline]
fn groups(masks: &mut Masks) -> &mut [[u64; GROUP]] {
    masks.as_chunks_mut().0
}

#[target_feature(enable = "avx2")]
#[inline]
fn unpack(lanes: __m256i) -> [u64; GROUP] {
    let mut unpacked = [0; GROUP];
    put(&mut unpacked, lanes);
    unpacked
}

/// How many bits of each byte are set.
#[target_feature(enable = "avx2")]
#[inline]
fn ones_of(lanes: __m256i) -> __m256i {
    let table = table_of(&[0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4]);
    let (table, nibble) = (_mm256_broadcastsi128_si256(table), splat(0xF));
    let low = _mm256_and_si256(lanes, nibble);
    let up = _mm256_and_si256(_mm256_srli_epi16::<4>(lanes), nibble);
    _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, up))
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

/// The mask of a block from the halves of a comparison.
#[target_feature(enable = "avx2")]
#[inline]
fn mask([low, up]: [__m256i; 2]) -> u64 {
    bits(low) | bits(up) << LANES
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
