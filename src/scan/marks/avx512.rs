//! Marks with AVX-512: a comparison of 64 bytes is a mask at once, and eight masks are one vector.
//!
//! Two ports take such vectors. One alone compares and permutes, the other alone maps bits and finds the lesser of two,
//! so both are given as much as can be.

mod alike;
mod brackets;
mod fold;

use std::{
    arch::x86_64::{
        __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_and_si512, _mm512_cmpeq_epi8_mask,
        _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_mask_cmpeq_epi8_mask,
        _mm512_min_epu8, _mm512_movepi8_mask, _mm512_or_si512, _mm512_permutexvar_epi8,
        _mm512_set1_epi8, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_storeu_si512,
        _mm512_test_epi8_mask, _mm512_test_epi64_mask, _mm512_testn_epi8_mask, _mm512_xor_si512,
    },
    ops::Range,
};

use self::{
    alike::{KEYS, KEYS_AND_VERSIONS, Map, TELLING},
    brackets::{slot, tell_apart, unescape},
    fold::{Fold, SIDES},
};
use super::{
    super::windows::{MOST, NARROW, WIDTH, Windows},
    Aligned, BLOCK, Brackets, Carry, Folded, KEY_WINDOW, OnBrackets, OnRow, READ, ROW, ROW_READ,
    Row, THIRD, take_rows,
};

/// Masks that fill a vector.
const LANES: usize = 8;

/// Whether this machine can do it: it can if it is not one of the first with AVX-512.
pub(super) fn is_here() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512bw")
        && has!("avx512dq")
        && has!("avx512vbmi")
        && has!("avx512vbmi2")
        && has!("avx512vpopcntdq")
        && has!("gfni")
        && has!("pclmulqdq")
        && has!("vpclmulqdq")
        && super::counts_bits()
}

/// See [`super::each_places`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) {
    each_place_of(text, 0..text.len(), &Sought::keys(KEYS), on);
}

/// See [`super::each_marks`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_marks(text: &[u8], folded: Option<&mut Folded>, on: &mut impl OnBrackets) {
    each_mark(text, &Sought::keys(KEYS_AND_VERSIONS), folded, on);
}

/// See [`super::each_window`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_window(
    text: &[u8],
    range: Range<usize>,
    windows: &Windows,
    on: &mut impl OnRow,
) -> bool {
    match windows.width {
        ..=NARROW => each_place_of(text, range, &Sought::<NARROW>::windows(windows), on),
        WIDTH => each_place_of(text, range, &Sought::<WIDTH>::windows(windows), on),
        _ => each_place_of(text, range, &Sought::<MOST>::windows(windows), on),
    }
}

/// See [`super::each_mark_and_window`].
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
pub(super) fn each_mark_and_window(
    text: &[u8],
    windows: &Windows,
    folded: Option<&mut Folded>,
    on: &mut impl OnBrackets,
) -> bool {
    match windows.width {
        ..=NARROW => each_mark(text, &Sought::<NARROW>::windows(windows), folded, on),
        WIDTH => each_mark(text, &Sought::<WIDTH>::windows(windows), folded, on),
        _ => each_mark(text, &Sought::<MOST>::windows(windows), folded, on),
    }
}

/// Gives `on` the places in a range of what is sought, and of escapes. Gives whether that range is ASCII, if
/// windows are sought.
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
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
            let here = load(bytes, 0);
            *places = sought.at(bytes, is(here, b'"'));
            seen.note(here, WIDTH > 0);
        }
        ascii &= seen.is_ascii();
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
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
fn each_mark<const WIDTH: usize>(
    text: &[u8],
    sought: &Sought<WIDTH>,
    folded: Option<&mut Folded>,
    on: &mut impl OnBrackets,
) -> bool {
    match folded {
        Some(folded) => each_mark_of::<WIDTH, true>(text, sought, folded, on),
        None => each_mark_of::<WIDTH, false>(text, sought, &mut Folded::nothing(), on),
    }
}

/// The same, where it is known whether the checksum is asked for.
#[target_feature(
    enable = "avx512bw,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq,gfni,vpclmulqdq,bmi1,bmi2,popcnt"
)]
fn each_mark_of<const WIDTH: usize, const FOLDS: bool>(
    text: &[u8],
    sought: &Sought<WIDTH>,
    folded: &mut Folded,
    on: &mut impl OnBrackets,
) -> bool {
    let (mut places, mut quotes) = (Aligned([0; ROW]), Aligned([0; ROW]));
    let (places, quotes) = (&mut places.0, &mut quotes.0);
    let (mut brackets, mut carry) = (Brackets::new(LANES), Carry::default());
    let (mut ascii, mut fold) = (true, Fold::nothing());
    take_rows!(text, 0..text.len(), |bytes, blocks, at| {
        let mut seen = Seen::nothing();
        let mut folding = fold;
        // Behind the text there are blanks.
        for part in 0..LANES {
            for step in 0..ROW / LANES {
                let block = part * (ROW / LANES) + step;
                let Some(bytes) = bytes[block * BLOCK..].first_chunk() else { break };
                let (here, slot) = (load(bytes, 0), slot(block));
                if FOLDS {
                    fetch(bytes);
                    folding.add(step % SIDES, here);
                }
                quotes[slot] = is(here, b'"');
                places[block] = sought.at(bytes, quotes[slot]);
                seen.note(here, WIDTH > 0);
                brackets.opens[slot] = is(here, b'{');
                brackets.closes[slot] = is(here, b'}');
            }
        }
        ascii &= seen.is_ascii();
        if FOLDS && text.len() - at >= ROW * BLOCK {
            (fold, folded.end) = (folding, at + ROW * BLOCK);
        }
        if carry.strings.is_escaped() || seen.has_slashes() {
            let slashes = slashes(bytes, blocks);
            note_escapes(bytes, &slashes, &mut places[..blocks]);
            unescape(quotes, &slashes, blocks, &mut carry);
        }
        tell_apart(quotes, &mut brackets, &mut carry);
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
    if FOLDS {
        folded.like = fold.like();
    }
    ascii
}

/// What there is in a row.
struct Seen {
    /// Zero where a backslash stands.
    slash: __m512i,
    /// All bytes, one upon the other.
    all: __m512i,
}

impl Seen {
    #[target_feature(enable = "avx512bw")]
    #[inline]
    fn nothing() -> Self {
        Self { slash: splat(u8::MAX), all: _mm512_setzero_si512() }
    }

    #[target_feature(enable = "avx512bw")]
    #[inline]
    fn note(&mut self, here: __m512i, asks_all: bool) {
        self.slash = _mm512_min_epu8(self.slash, _mm512_xor_si512(here, splat(b'\\')));
        if asks_all {
            self.all = _mm512_or_si512(self.all, here);
        }
    }

    #[target_feature(enable = "avx512bw")]
    #[inline]
    fn has_slashes(&self) -> bool {
        _mm512_testn_epi8_mask(self.slash, self.slash) != 0
    }

    /// Whether all is, of what was asked for.
    #[target_feature(enable = "avx512bw")]
    #[inline]
    fn is_ascii(&self) -> bool {
        _mm512_movepi8_mask(self.all) == 0
    }
}

/// What is sought beside escapes: keys, or windows of so many bytes.
struct Sought<const WIDTH: usize> {
    keys: Keys,
    tables: [__m512i; WIDTH],
}

impl Sought<0> {
    #[target_feature(enable = "avx512bw")]
    fn keys(map: Map) -> Self {
        Self { keys: Keys::with(map), tables: [] }
    }
}

impl<const WIDTH: usize> Sought<WIDTH> {
    /// How far behind its quote the place of a key of events is.
    const BEHIND: usize = if WIDTH == 0 { 0 } else { KEY_WINDOW };

    #[target_feature(enable = "avx512bw")]
    fn windows(windows: &Windows) -> Self {
        let tables = std::array::from_fn(|place| load(&windows.sixes[place], 0));
        Self { keys: Keys::with(KEYS), tables }
    }

    /// Where it may begin in a block that has its quotes there.
    #[target_feature(enable = "avx512bw,avx512vbmi,gfni")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], quotes: u64) -> u64 {
        let Some((last, tables)) = self.tables.split_last() else {
            return self.keys.at(bytes, quotes);
        };
        let stands = |place, table| _mm512_permutexvar_epi8(load(bytes, place), table);
        let all = tables.iter().enumerate().map(|(place, &table)| stands(place, table));
        let buckets = all.fold(splat(u8::MAX), |all, here| _mm512_and_si512(all, here));
        _mm512_test_epi8_mask(buckets, stands(WIDTH - 1, *last))
    }
}

/// What tells the keys that are looked for.
struct Keys {
    map: __m512i,
}

impl Keys {
    #[target_feature(enable = "avx512bw")]
    #[inline]
    fn with(map: Map) -> Self {
        Self { map: _mm512_set1_epi64(map) }
    }

    /// Where one may begin in a block that has its quotes there.
    #[target_feature(enable = "avx512bw,gfni")]
    #[inline]
    fn at(&self, bytes: &[u8; READ], quotes: u64) -> u64 {
        let (third, telling) = (load(bytes, THIRD), load(bytes, TELLING));
        let like = _mm512_gf2p8affine_epi64_epi8::<0>(telling, self.map);
        _mm512_mask_cmpeq_epi8_mask(quotes, third, like)
    }
}

/// The masks of a row.
type Masks = [u64; ROW];

/// Where the backslashes of a row stand.
#[target_feature(enable = "avx512bw")]
#[inline(never)]
fn slashes(bytes: &[u8; ROW_READ], blocks: usize) -> Masks {
    let mut slashes = [0; ROW];
    for (block, slashes) in slashes[..blocks].iter_mut().enumerate() {
        let Some(bytes) = bytes[block * BLOCK..].first_chunk::<READ>() else { break };
        *slashes = is(load(bytes, 0), b'\\');
    }
    slashes
}

/// Adds to the places of a row those of `\u` and `\/`.
#[target_feature(enable = "avx512bw")]
#[inline]
fn note_escapes(bytes: &[u8; ROW_READ], slashes: &Masks, places: &mut [u64]) {
    for (block, (places, &slashes)) in places.iter_mut().zip(slashes).enumerate() {
        if slashes != 0 {
            let Some(bytes) = bytes[block * BLOCK..].first_chunk::<READ>() else { return };
            let next = load(bytes, 1);
            *places |= slashes & (is(next, b'u') | is(next, b'/'));
        }
    }
}

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

/// Fetches what stands so far behind a block that it is here when it is its turn.
#[inline]
fn fetch(bytes: &[u8; READ]) {
    const FAR: usize = 2 << 10;
    // SAFETY: nothing is read, and where nothing stands nothing is fetched.
    #[expect(unsafe_code, reason = "there is no safe way to fetch ahead")]
    unsafe {
        _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(FAR).cast());
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
