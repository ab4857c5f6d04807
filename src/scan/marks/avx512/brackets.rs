//! Brackets outside strings, from the masks of a row. A lane has the blocks of an eighth of the row one by one, so that
//! nothing goes from lane to lane but once a row.

use std::arch::x86_64::{
    __m512i, _mm_cvtsi128_si64, _mm512_add_epi64, _mm512_alignr_epi64, _mm512_andnot_si512,
    _mm512_castsi512_si128, _mm512_clmulepi64_epi128, _mm512_cvtepi64_epi8, _mm512_movm_epi64,
    _mm512_permutexvar_epi64, _mm512_popcnt_epi64, _mm512_set1_epi64, _mm512_setzero_si512,
    _mm512_shldi_epi64, _mm512_srai_epi64, _mm512_sub_epi64, _mm512_ternarylogic_epi64,
    _mm512_test_epi64_mask, _mm512_unpacklo_epi64, _mm512_xor_si512,
};

use super::{
    super::{BETWEEN, Brackets, Carry, ROW},
    LANES, Masks, busy, lanes, put,
};

/// The last lane.
const LAST: i64 = 7;

/// Where the mask of a block stands.
#[inline]
pub(super) fn slot(block: usize) -> usize {
    Brackets::slot_of(LANES, block)
}

/// Takes from the quotes of a row those that are escaped.
#[target_feature(enable = "avx512bw")]
#[inline(never)]
pub(super) fn unescape(quotes: &mut Masks, slashes: &Masks, blocks: usize, carry: &mut Carry) {
    let mut in_order: Masks = std::array::from_fn(|block| quotes[slot(block)]);
    carry.strings.unescape(&mut in_order[..blocks], slashes, busy(slashes, blocks));
    for (block, mask) in in_order.into_iter().enumerate() {
        quotes[slot(block)] = mask;
    }
}

/// From the quotes of a row that are not escaped, and all its brackets, to the brackets outside strings and how many are
/// open before each block.
#[target_feature(enable = "avx512bw,avx512dq,avx512vbmi2,avx512vpopcntdq,vpclmulqdq")]
#[inline]
pub(super) fn tell_apart(quotes: &Masks, brackets: &mut Brackets, carry: &mut Carry) {
    let (zero, ones) = (_mm512_setzero_si512(), _mm512_set1_epi64(-1));
    let Brackets { opens, closes, depths, before, low, .. } = brackets;
    let mut all = zero;
    for quotes in quotes.as_chunks().0 {
        all = _mm512_xor_si512(all, lanes(quotes));
    }
    let odd = _mm512_test_epi64_mask(_mm512_popcnt_epi64(all), _mm512_set1_epi64(1));
    let mut begun = _mm512_movm_epi64(carry.strings.parts_begun_inside(odd));

    let (mut depth, mut least) = (zero, [zero; ROW / LANES]);
    let all = quotes.as_chunks().0.iter().zip(groups(opens)).zip(groups(closes));
    for ((((quotes, opens), closes), depths), least) in all.zip(groups(depths)).zip(&mut least) {
        // A product without carries by ones alone says of each bit whether those up to it are odd.
        let quotes = lanes(quotes);
        let inside = _mm512_unpacklo_epi64(
            _mm512_clmulepi64_epi128::<0>(quotes, ones),
            _mm512_clmulepi64_epi128::<1>(quotes, ones),
        );
        let inside = _mm512_xor_si512(inside, begun);
        begun = _mm512_srai_epi64::<63>(inside);
        let opened = _mm512_andnot_si512(inside, lanes(opens));
        let closed = _mm512_andnot_si512(inside, lanes(closes));
        put(opens, opened);
        put(closes, closed);
        put(depths, depth);
        let (ends, begins) = (_mm512_popcnt_epi64(closed), _mm512_popcnt_epi64(opened));
        // What opens before the first that closes is open behind each that closes.
        let up_to_first = _mm512_add_epi64(closed, ones);
        let first = _mm512_ternarylogic_epi64::<0x20>(up_to_first, closed, opened);
        let after = _mm512_sub_epi64(depth, ends);
        *least = _mm512_add_epi64(after, _mm512_popcnt_epi64(first));
        depth = _mm512_add_epi64(after, begins);
    }

    let sums = sums(depth);
    let first = _mm512_set1_epi64(carry.depth);
    let base = _mm512_add_epi64(first, _mm512_sub_epi64(sums, depth));
    put(before, base);
    let last = _mm512_permutexvar_epi64(_mm512_set1_epi64(LAST), sums);
    let last = _mm512_add_epi64(first, last);
    carry.depth = _mm_cvtsi128_si64(_mm512_castsi512_si128(last));

    // The sign of a difference is one bit for a block.
    let most = _mm512_sub_epi64(_mm512_set1_epi64(BETWEEN + 1), base);
    let signs = least
        .iter()
        .rev()
        .fold(zero, |signs, &least| _mm512_shldi_epi64::<1>(signs, _mm512_sub_epi64(least, most)));
    *low = u64::from_le_bytes(bytes(signs));
}

/// Each lane and all before it, in three steps.
#[target_feature(enable = "avx512bw")]
#[inline]
fn sums(lanes: __m512i) -> __m512i {
    let zero = _mm512_setzero_si512();
    let pairs = _mm512_add_epi64(lanes, _mm512_alignr_epi64::<7>(lanes, zero));
    let fours = _mm512_add_epi64(pairs, _mm512_alignr_epi64::<6>(pairs, zero));
    _mm512_add_epi64(fours, _mm512_alignr_epi64::<4>(fours, zero))
}

/// The lowest byte of each lane.
#[target_feature(enable = "avx512bw")]
#[inline]
fn bytes(lanes: __m512i) -> [u8; LANES] {
    _mm_cvtsi128_si64(_mm512_cvtepi64_epi8(lanes)).to_le_bytes()
}

#[inline]
fn groups(masks: &mut Masks) -> &mut [[u64; LANES]] {
    masks.as_chunks_mut().0
}
