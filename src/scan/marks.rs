//! Marks: where something the gates look at may begin, found in one pass over the text.
//!
//! The gates ask for the anchor key, for escapes that may hide anything, for what AWS left out, and
//! whether the text is ASCII. One search for each would read the text four times, which costs a
//! quarter of inflating it; with AVX2 one pass finds all of them. Where the machine has no AVX2 they
//! are searched for one after the other. This is one of the three places with `unsafe`.

use memchr::memmem;

/// A key with its quotes, whose byte at [`TELLING`] tells it from nearly all other strings.
pub(super) const ANCHOR_KEY: &[u8] = b"\"eventName\"";

/// The key of the marker that stands for parameters that AWS left out.
pub(super) const OMITTED_KEY: &[u8] = b"\"omitted\"";

/// Calls `on` with every place where [`ANCHOR_KEY`], [`OMITTED_KEY`], `\u` or, with `slashes`, `\/`
/// stands, and perhaps with others. Gives whether the whole text is ASCII. The places come in order
/// if the answer's second part says so.
pub(super) fn each_mark(text: &[u8], slashes: bool, on: &mut impl FnMut(usize)) -> (bool, bool) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks for.
        #[expect(unsafe_code, reason = "a function for AVX2 is called where AVX2 was detected")]
        let ascii = unsafe { avx2::each_mark(text, slashes, on) };
        return (ascii, true);
    }
    each_mark_portably(text, slashes, on);
    (text.is_ascii(), false)
}

/// The same, one search after the other.
fn each_mark_portably(text: &[u8], slashes: bool, on: &mut impl FnMut(usize)) {
    let wanted = [ANCHOR_KEY, OMITTED_KEY, b"\\u", b"\\/"];
    for needle in &wanted[..if slashes { 4 } else { 3 }] {
        memmem::find_iter(text, needle).for_each(&mut *on);
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8,
    };

    use super::{ANCHOR_KEY, OMITTED_KEY};

    const LANES: usize = 32;

    /// Bytes looked at in one turn.
    const BLOCK: usize = 2 * LANES;

    /// The byte of the anchor key that is compared beside its quote: few keys have an `N` there.
    const TELLING: usize = 6;

    /// What is compared with, in every lane.
    struct Wanted {
        quote: __m256i,
        anchor: __m256i,
        omitted: __m256i,
        omitted_second: __m256i,
        backslash: __m256i,
        u: __m256i,
        slash: __m256i,
    }

    /// See [`super::each_mark`].
    #[target_feature(enable = "avx2")]
    pub(super) fn each_mark(text: &[u8], slashes: bool, on: &mut impl FnMut(usize)) -> bool {
        let splat = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
        let wanted = Wanted {
            quote: splat(b'"'),
            anchor: splat(ANCHOR_KEY[TELLING]),
            omitted: splat(OMITTED_KEY[TELLING]),
            omitted_second: splat(OMITTED_KEY[1]),
            backslash: splat(b'\\'),
            u: splat(b'u'),
            slash: splat(if slashes { b'/' } else { b'u' }),
        };
        // Kept in a word and not in a vector, which would not outlive the calls of `on`.
        let mut high = 0;
        let mut at = 0;
        while let Some(bytes) =
            text.get(at..).and_then(|rest| rest.first_chunk::<{ BLOCK + TELLING }>())
        {
            let (first, first_marks) = look(bytes, 0, &wanted);
            let (second, second_marks) = look(bytes, LANES, &wanted);
            high |= _mm256_movemask_epi8(_mm256_or_si256(first, second));
            let mut marks = bits(first_marks) | bits(second_marks) << LANES;
            while marks != 0 {
                on(at + marks.trailing_zeros() as usize);
                marks &= marks - 1;
            }
            at += BLOCK;
        }
        let rest = text.get(at..).unwrap_or_default();
        for (offset, &byte) in rest.iter().enumerate() {
            if matches!(byte, b'"' | b'\\') {
                on(at + offset);
            }
        }
        high == 0 && rest.is_ascii()
    }

    /// The bytes from `offset` on, and the lanes where a mark may begin.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn look(bytes: &[u8; BLOCK + TELLING], offset: usize, wanted: &Wanted) -> (__m256i, __m256i) {
        let here = load(bytes, offset);
        let (next, telling) = (load(bytes, offset + 1), load(bytes, offset + TELLING));
        let is = |lanes, byte| _mm256_cmpeq_epi8(lanes, byte);
        let omitted =
            _mm256_and_si256(is(telling, wanted.omitted), is(next, wanted.omitted_second));
        let key = _mm256_and_si256(
            is(here, wanted.quote),
            _mm256_or_si256(is(telling, wanted.anchor), omitted),
        );
        let escaped = _mm256_or_si256(is(next, wanted.u), is(next, wanted.slash));
        let escape = _mm256_and_si256(is(here, wanted.backslash), escaped);
        (here, _mm256_or_si256(key, escape))
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn bits(lanes: __m256i) -> u64 {
        u64::from(_mm256_movemask_epi8(lanes).cast_unsigned())
    }

    /// The 32 bytes from `offset` on.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(bytes: &[u8; BLOCK + TELLING], offset: usize) -> __m256i {
        let lanes: &[u8] = &bytes[offset..offset + LANES];
        // SAFETY: the slice has 32 bytes, and the load asks for no alignment.
        #[expect(unsafe_code, reason = "there is no safe load of a vector from a slice")]
        unsafe {
            _mm256_loadu_si256(lanes.as_ptr().cast())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of what is wanted, among those that were called.
    fn exact(
        text: &[u8],
        slashes: bool,
        each: impl Fn(&[u8], bool, &mut Vec<usize>),
    ) -> Vec<usize> {
        let mut places = Vec::new();
        each(text, slashes, &mut places);
        let wanted = [ANCHOR_KEY, OMITTED_KEY, b"\\u", b"\\/"];
        places.retain(|&at| {
            wanted[..if slashes { 4 } else { 3 }]
                .iter()
                .any(|needle| text[at..].starts_with(needle))
        });
        places.sort_unstable();
        places
    }

    #[test]
    fn the_key_is_that_of_the_anchor() {
        assert_eq!(ANCHOR_KEY, format!("\"{}\"", crate::engine::ANCHOR).as_bytes());
    }

    #[test]
    fn one_pass_finds_what_single_searches_find() {
        let pieces: [&[u8]; 10] = [
            b"\"eventName\"",
            b"\"omitted\"",
            b"\\u0041",
            b"\\/",
            b"\"eventNode\"",
            b"\\\\",
            b"x",
            b"abcdefghijk",
            b"\"",
            "é".as_bytes(),
        ];
        let mut state = 1_u64;
        for _ in 0..3000 {
            let mut text = Vec::new();
            for _ in 0..state % 40 {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.extend_from_slice(pieces[(state >> 40) as usize % pieces.len()]);
            }
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            for slashes in [false, true] {
                let fast = exact(&text, slashes, |text, slashes, places| {
                    let (ascii, _) = each_mark(text, slashes, &mut |at| places.push(at));
                    assert_eq!(ascii, text.is_ascii());
                });
                let slow = exact(&text, slashes, |text, slashes, places| {
                    each_mark_portably(text, slashes, &mut |at| places.push(at));
                });
                assert_eq!(fast, slow, "{}", String::from_utf8_lossy(&text));
            }
        }
    }
}
