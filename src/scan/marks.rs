//! Marks: what the bytes of a text are, 64 at a time, as bit masks.
//!
//! The gates ask for the anchor key, for escapes that may hide anything and for what AWS left out;
//! the bounds of records follow from quotes and brackets. One search for each would read the text
//! many times, which costs more than a quarter of inflating it; with AVX-512 or AVX2 one pass makes
//! the masks of all. On other machines there are none, and the text is searched step by step. This is one of the three places with `unsafe`.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use memchr::memmem;

use super::windows::Windows;

/// A key with its quotes. Its byte at [`TELLING`] tells it from nearly all other strings.
pub(super) const ANCHOR_KEY: &[u8] = b"\"eventName\"";

/// [`ANCHOR_KEY`] within a string, from its quote on.
pub(super) const WRAPPED_KEY: &[u8] = b"\"eventName\\";

/// The key that a record of AWS begins with. Its byte at [`TELLING`] is as rare.
pub(super) const VERSION_KEY: &[u8] = b"\"eventVersion\"";

/// The key of the marker that stands for parameters that AWS left out.
pub(super) const OMITTED_KEY: &[u8] = b"\"omitted\"";

/// Bytes of a block, one bit each in its masks.
pub(super) const BLOCK: usize = 64;

/// The byte of a key that is compared beside its quote: few have an `N`, a `C` or a `V` there.
const TELLING: usize = 6;

/// The key of the family that an event belongs to.
pub(super) const CATEGORY_KEY: &[u8] = b"\"eventCategory\"";

/// Blocks whose masks are made before they are looked at: a processor gets more done in a short loop.
const ROW: usize = u64::BITS as usize;

/// Bytes that making the masks of a block reads.
const READ: usize = BLOCK + TELLING;

/// Bytes that making the masks of a row reads.
const ROW_READ: usize = ROW * BLOCK + TELLING;

/// What a block holds: its places, and what makes the bounds of records. Escaped quotes are quotes here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Where [`ANCHOR_KEY`], [`WRAPPED_KEY`], [`CATEGORY_KEY`] or [`OMITTED_KEY`] may begin and where `\u` or `\/` stands; a few other
    /// places are among them.
    pub(super) places: u64,
    pub(super) quotes: u64,
    /// Bytes with an odd number of quotes in the block up to them, their own included.
    pub(super) odd: u64,
    pub(super) backslashes: u64,
    /// `{` and `[`.
    pub(super) opens: u64,
    /// `}` and `]`.
    pub(super) closes: u64,
    /// Where [`VERSION_KEY`] may begin, and few others.
    pub(super) versions: u64,
}

/// The masks of some blocks.
#[derive(Debug)]
pub(super) struct Row<'m, M> {
    /// Where the first block begins.
    pub(super) at: usize,
    pub(super) blocks: &'m [M],
    /// The blocks that have places, one bit each.
    pub(super) busy: u64,
}

/// What looks at masks, row by row.
pub(super) trait OnRow<M> {
    /// Takes the next row, and gives whether it wants more of them. To be inlined always: then it is
    /// compiled for the processor that makes the masks, and counts bits in one instruction.
    fn row(&mut self, row: &Row<'_, M>) -> bool;
}

#[cfg(test)]
impl<M, F: FnMut(&Row<'_, M>)> OnRow<M> for F {
    fn row(&mut self, row: &Row<'_, M>) -> bool {
        self(row);
        true
    }
}

/// What the function of the best way gives that this machine has; `None` if it has none.
macro_rules! by_best_way {
    ($function:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        {
            if avx512::is_here() {
                // SAFETY: the processor has all that the functions there ask for.
                #[expect(unsafe_code, reason = "a function is called where its features are")]
                let answer = unsafe { avx512::$function($($argument),*) };
                Some(answer)
            } else if avx2::is_here() {
                // SAFETY: the processor has all that the functions there ask for.
                #[expect(unsafe_code, reason = "a function is called where its features are")]
                let answer = unsafe { avx2::$function($($argument),*) };
                Some(answer)
            } else {
                None
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            $(let _ = $argument;)*
            None
        }
    }};
}

/// What the functions of both ways ask for beside vectors.
#[cfg(target_arch = "x86_64")]
fn counts_bits() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("popcnt") && has!("bmi1") && has!("bmi2") && has!("pclmulqdq")
}

/// Gives `on`, in order, for each block of `text` its [`Marks::places`] alone. What is beyond the end
/// of the text counts as blanks. Gives whether the whole text is ASCII; nothing, and no call, if this
/// machine cannot do it fast.
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow<u64>) -> Option<bool> {
    by_best_way!(each_places(text, on))
}

/// Gives `on`, in order, the marks of each block of `text`, blanks beyond its end, until it wants no
/// more. Gives whether what it was given is ASCII; nothing, and no call, if this machine cannot do it
/// fast.
pub(super) fn each_marks(text: &[u8], on: &mut impl OnRow<Marks>) -> Option<bool> {
    by_best_way!(each_marks(text, on))
}

/// Gives `on`, in order, for each block of `text` the places where a window may stand. What is beyond
/// the end of the text counts as blanks. Gives whether this machine can do it fast; if not, there is
/// no call.
pub(super) fn each_window(text: &[u8], windows: &Windows, on: &mut impl OnRow<u64>) -> bool {
    by_best_way!(each_window(text, windows, on)).is_some()
}

/// Calls `on` with every place where [`ANCHOR_KEY`], [`WRAPPED_KEY`], [`CATEGORY_KEY`], [`OMITTED_KEY`], `\u` or `\/` stands, in no
/// order, by one search after the other.
pub(super) fn each_place(text: &[u8], on: &mut impl FnMut(usize)) {
    for needle in [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, OMITTED_KEY, b"\\u", b"\\/"] {
        memmem::find_iter(text, needle).for_each(&mut *on);
    }
}

/// See [`Marks::odd`]: a product without carries, by a number of ones alone.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2,pclmulqdq")]
#[inline]
fn odd(quotes: u64) -> u64 {
    use std::arch::x86_64::{
        _mm_clmulepi64_si128, _mm_cvtsi128_si64, _mm_set_epi64x, _mm_set1_epi8,
    };
    let product =
        _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, quotes.cast_signed()), _mm_set1_epi8(-1));
    _mm_cvtsi128_si64(product).cast_unsigned()
}

/// A table of sixteen bytes as a vector.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn table_of(table: &[u8; 16]) -> std::arch::x86_64::__m128i {
    let [low, high] = [0, 8].map(|from| table[from..].first_chunk().copied().unwrap_or_default());
    std::arch::x86_64::_mm_set_epi64x(i64::from_le_bytes(high), i64::from_le_bytes(low))
}

/// Makes rows of masks, each with `$masks` from the bytes that it depends on, and gives them to `$on`.
#[cfg(target_arch = "x86_64")]
macro_rules! make_rows {
    ($text:expr, $on:expr, $busy:expr, |$bytes:ident| $masks:expr) => {{
        use super::{BLOCK, ROW, ROW_READ, Row};
        let (text, mut at): (&[u8], usize) = ($text, 0);
        let mut row = [Default::default(); ROW];
        let mut filled;
        while at < text.len() {
            let rest = &text[at..];
            let (bytes, blocks): (&[u8; ROW_READ], _) = match rest.first_chunk() {
                Some(bytes) => (bytes, ROW),
                None => {
                    filled = [b' '; ROW_READ];
                    filled[..rest.len()].copy_from_slice(rest);
                    (&filled, rest.len().div_ceil(BLOCK).min(ROW))
                }
            };
            let mut busy = 0;
            for (block, masks) in row[..blocks].iter_mut().enumerate() {
                let Some($bytes) = bytes[block * BLOCK..].first_chunk() else { break };
                *masks = $masks;
                busy |= u64::from($busy(masks)) << block;
            }
            if !$on.row(&Row { at, blocks: &row[..blocks], busy }) {
                break;
            }
            at += ROW * BLOCK;
        }
    }};
}
#[cfg(target_arch = "x86_64")]
use make_rows;

#[cfg(test)]
mod tests;
