//! Marks with AVX2: comparisons of 32 bytes, two for a block.

mod lanes;

use std::{
    arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256,
        _mm256_broadcastsi128_si256, _mm256_castsi256_pd, _mm256_cmpeq_epi8, _mm256_cmpeq_epi64,
        _mm256_cmpgt_epi64, _mm256_movemask_epi8, _mm256_movemask_pd, _mm256_or_si256,
        _mm256_sad_epu8, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_slli_epi64, _mm256_srli_epi16, _mm256_srli_epi64, _mm256_sub_epi64,
        _mm256_xor_si256,
    },
    ops::Range,
};

use self::lanes::{
    GROUP, LANES, bits, both_bits, by_lower_bits, is, joined, lanes, load, mask, put, splat, store,
    table_of,
};
use super::{
    super::windows::{MOST, Windows},
    ANCHOR_KEY, Aligned, BEHIND, BETWEEN, BLOCK, Brackets, CATEGORY_KEY, Carry, Folded, KEY_WINDOW,
    OMITTED_KEY, OnBrackets, OnRow, READ, ROW, ROW_READ, Row, THIRD, VERSION_KEY, take_rows,
};

/// The other byte of a key that is looked at: that of an `a`, an `e` or a `d`. Keys alike in it are alike at [`THIRD`] too.
const TELLING: usize = 7;

const _: () = assert!(THIRD <= BEHIND && TELLING <= BEHIND);

/// Parts of a row whose blocks are counted side by side, one in each lane.
const QUARTERS: usize = GROUP;

/// Whether this machine can do it.
pub(super) fn is_here() -> bool {
    std::arch::is_x86_feature_detected!("avx2") && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    each_place_of(text, 0..text.len(), &Sought::keys(&[ANCHOR_KEY, CATEGORY_KEY, OMITTED_KEY]), on);
}

/// See [`super::each_marks`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn each_marks(text: &[u8], _: Option<&mut Folded>, on: &mut impl OnBrackets) {
    each_mark_of(text, &Sought::keys(&[ANCHOR_KEY, CATEGORY_KEY, OMITTED_KEY, VERSION_KEY]), on);
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
        ..=4 => each_place_of(text, range, &Sought::<4>::windows(windows), on),
        5..=6 => each_place_of(text, range, &Sought::<6>::windows(windows), on),
        _ => each_place_of(text, range, &Sought::<MOST>::windows(windows), on),
    }
}

/// See [`super::each_mark_and_window`].
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn each_mark_and_window(
    text: &[u8],
    windows: &Windows,
    _: Option<&mut Folded>,
    on: &mut impl OnBrackets,
) -> bool {
    match windows.width {
        ..=4 => each_mark_of(text, &Sought::<4>::windows(windows), on),
        5..=6 => each_mark_of(text, &Sought::<6>::windows(windows), on),
        _ => each_mark_of(text, &Sought::<MOST>::windows(windows), on),
    }
}

/// Gives `on` the places in a range of what is sought, and of escapes. Gives whether that range is ASCII, if
/// windows are sought.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn each_place_of<const WIDTH: usize>(
    text: &[u8],
    range: Range<usize>,
    sought: &Sought<WIDTH>,
    on: &mut impl OnRow,
) -> bool {
    let mut places = Aligned([0; ROW]);
    let places = &mut places.0;
    let mut ascii = true;
    take_rows!(text, range, |bytes, blocks, at| {
        let mut seen = Seen::nothing();
        for (block, places) in places[..blocks].iter_mut().enumerate() {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
            let halves = [0, LANES].map(|offset| load(bytes, offset));
            *places = joined(sought.at(bytes, halves.map(|half| is(half, b'"'))));
            seen.note(halves);
        }
        ascii &= sought.complete(&seen, bytes, &mut places[..blocks]);
        if seen.has_slashes() {
            note_escapes(bytes, &slashes(bytes, blocks), &mut places[..blocks]);
        }
        let busy = busy(places, blocks);
        on.row(&mut Row {
            at,
            places: &mut places[..blocks],
            busy,
            behind: Sought::<WIDTH>::BEHIND,
            brackets: (),
        })
    });
    ascii
}

/// The same of the whole text, with brackets.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn each_mark_of<const WIDTH: usize>(
    text: &[u8],
    sought: &Sought<WIDTH>,
    on: &mut impl OnBrackets,
) -> bool {
    let mut places = Aligned([0; ROW]);
    let places = &mut places.0;
    let mut ascii = true;
    let (mut brackets, mut carry) = (Brackets::new(QUARTERS), Carry::default());
    // Which of two masks a byte is in tells three kinds apart, without a third mask.
    let [first, second] = [b"\"{", b"{}"].map(|bytes| one_of(bytes));
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let Brackets { opens, closes, .. } = &mut brackets;
        let mut seen = Seen::nothing();
        for step in 0..ROW / QUARTERS {
            for quarter in 0..QUARTERS {
                let block = quarter * (ROW / QUARTERS) + step;
                let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
                let halves = [0, LANES].map(|offset| load(bytes, offset));
                let firsts = halves.map(|half| is_one_of(half, first));
                store(&mut groups(opens)[step][quarter], both_bits(firsts));
                let seconds = halves.map(|half| is_one_of(half, second));
                store(&mut groups(closes)[step][quarter], both_bits(seconds));
                // No key begins with what opens, so the quotes need not be told from it.
                store(&mut places[block], sought.at(bytes, firsts));
                seen.note(halves);
            }
        }
        ascii &= sought.complete(&seen, bytes, &mut places[..blocks]);
        if carry.strings.is_escaped() || seen.has_slashes() {
            let slashes = slashes(bytes, blocks);
            note_escapes(bytes, &slashes, &mut places[..blocks]);
            unescape(&mut brackets, &slashes, blocks, &mut carry);
        }
        tell_apart(&mut brackets, &mut carry);
        brackets.low &= u64::MAX >> (ROW - blocks);
        let busy = busy(places, blocks);
        on.row(&mut Row {
            at,
            places: &mut places[..blocks],
            busy,
            behind: Sought::<WIDTH>::BEHIND,
            brackets: &brackets,
        })
    });
    ascii
}

/// What there is in a row.
struct Seen {
    /// Ones where a backslash stands.
    slashes: __m256i,
    /// All bytes, one upon the other.
    bytes: __m256i,
}

impl Seen {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn nothing() -> Self {
        Self { slashes: _mm256_setzero_si256(), bytes: _mm256_setzero_si256() }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn note(&mut self, [low, up]: [__m256i; 2]) {
        let slashes = _mm256_or_si256(is(low, b'\\'), is(up, b'\\'));
        self.slashes = _mm256_or_si256(self.slashes, slashes);
        self.bytes = _mm256_or_si256(self.bytes, _mm256_or_si256(low, up));
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn has_slashes(&self) -> bool {
        _mm256_movemask_epi8(self.slashes) != 0
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn is_ascii(&self) -> bool {
        _mm256_movemask_epi8(self.bytes) == 0
    }
}

/// What is sought beside escapes: keys, or windows of so many bytes.
struct Sought<const WIDTH: usize> {
    keys: Keys,
    tables: [__m256i; WIDTH],
}

impl Sought<0> {
    #[target_feature(enable = "avx2")]
    fn keys(keys: &[&[u8]]) -> Self {
        Self { keys: Keys::of(keys), tables: [] }
    }
}

impl<const WIDTH: usize> Sought<WIDTH> {
    /// How far behind its quote the place of a key of events is.
    const BEHIND: usize = if WIDTH == 0 { 0 } else { KEY_WINDOW };

    #[target_feature(enable = "avx2")]
    fn windows(windows: &Windows) -> Self {
        let table = |place: usize| table_of(&windows.nibbles[place]);
        let tables = std::array::from_fn(|place| _mm256_broadcastsi128_si256(table(place)));
        Self { keys: Keys::of(&[]), tables }
    }

    /// Where it may begin in a block whose halves have their quotes there.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], quotes: [__m256i; 2]) -> [u32; 2] {
        if WIDTH == 0 {
            self.keys.at(bytes, quotes)
        } else {
            may_stand(bytes, &self.tables, |here| here)
        }
    }

    /// Sees to it that the places of a row are all there. Gives whether the row is ASCII, if that was asked.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn complete(&self, seen: &Seen, bytes: &[u8; ROW_READ], places: &mut [u64]) -> bool {
        let ascii = WIDTH == 0 || seen.is_ascii();
        if !ascii {
            may_stand_otherwise(bytes, &self.tables, places);
        }
        ascii
    }
}

/// Where the windows of a bucket may stand in a block. The lookup goes by the lower four bits of a byte, but
/// gives nothing for one beyond ASCII.
#[target_feature(enable = "avx2")]
#[inline]
fn may_stand(
    bytes: &[u8; READ],
    tables: &[__m256i],
    index: impl Fn(__m256i) -> __m256i,
) -> [u32; 2] {
    [0, LANES].map(|offset| {
        let stands = tables
            .iter()
            .enumerate()
            .map(|(place, &table)| _mm256_shuffle_epi8(table, index(load(bytes, offset + place))));
        let buckets = stands.fold(splat(0xFF), |all, here| _mm256_and_si256(all, here));
        !bits(is(buckets, 0))
    })
}

/// The same of a row with bytes beyond ASCII, which may stand where anything may.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn may_stand_otherwise(bytes: &[u8; ROW_READ], tables: &[__m256i], masks: &mut [u64]) {
    let nibble = splat(0xF);
    for (block, places) in masks.iter_mut().enumerate() {
        let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { return };
        *places = joined(may_stand(bytes, tables, |here| _mm256_and_si256(here, nibble)));
    }
}

/// The masks of a row.
type Masks = [u64; ROW];

/// What tells the keys that are looked for.
struct Keys {
    /// What stands at [`THIRD`], by the lower four bits of the byte at [`TELLING`].
    thirds: __m256i,
}

impl Keys {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn of(keys: &[&[u8]]) -> Self {
        let mut thirds = [0; 16];
        for key in keys {
            thirds[usize::from(key[TELLING] & 0xF)] = key[THIRD];
        }
        Self { thirds: _mm256_broadcastsi128_si256(table_of(&thirds)) }
    }

    /// Where one may begin in a block whose halves have their quotes there.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], [low, up]: [__m256i; 2]) -> [u32; 2] {
        both_bits([self.behind(bytes, 0, low), self.behind(bytes, LANES, up)])
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn behind(&self, bytes: &[u8; READ], offset: usize, quotes: __m256i) -> __m256i {
        let third = _mm256_shuffle_epi8(self.thirds, load(bytes, offset + TELLING));
        _mm256_and_si256(quotes, _mm256_cmpeq_epi8(load(bytes, offset + THIRD), third))
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
    let slot = |block| Brackets::slot_of(QUARTERS, block);
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
    let Brackets { opens, closes, depths, before, low, .. } = brackets;
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
    let mut most = [0; QUARTERS];
    for ((before, most), change) in before.iter_mut().zip(&mut most).zip(unpack(depth)) {
        *before = carry.depth.cast_unsigned();
        *most = (BETWEEN + 1 - carry.depth).cast_unsigned();
        carry.depth += change.cast_signed();
    }
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
