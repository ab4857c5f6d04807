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

use std::ops::Range;

use memchr::memmem;

use super::{
    strings::Strings,
    windows::{MOST, Telling, Windows},
};

/// A key with its quotes.
pub(super) const ANCHOR_KEY: &[u8] = b"\"eventName\"";

/// [`ANCHOR_KEY`] within a string, from its quote on.
pub(super) const WRAPPED_KEY: &[u8] = b"\"eventName\\";

/// The key that a record of AWS begins with.
pub(super) const VERSION_KEY: &[u8] = b"\"eventVersion\"";

/// The key of the marker that stands for parameters that AWS left out.
pub(super) const OMITTED_KEY: &[u8] = b"\"omitted\"";

/// How far behind its quote the window of a key of events begins: with its `n`, as no digit is like that by half a byte
/// or by six bits.
pub(super) const KEY_WINDOW: usize = 4;

/// Bytes of a block, one bit each in its masks.
pub(super) const BLOCK: usize = 64;

/// The byte of a key that is compared beside its quote: few other strings have a `v` there. For `omitted` it is an `m`, so what else
/// is compared has to tell which.
const THIRD: usize = 2;

/// The key of the family that an event belongs to.
pub(super) const CATEGORY_KEY: &[u8] = b"\"eventCategory\"";

/// Blocks whose masks are made before they are looked at: a processor gets more done in a short loop.
pub(super) const ROW: usize = u64::BITS as usize;

/// Bytes behind a block that making its masks reads.
const BEHIND: usize = MOST - 1;

/// Bytes that making the masks of a block reads.
const READ: usize = BLOCK + BEHIND;

/// Bytes that making the masks of a row reads.
const ROW_READ: usize = ROW * BLOCK + BEHIND;

/// Curly brackets that are open between the records of a trail file.
pub(super) const BETWEEN: i64 = 1;

/// The masks of some blocks.
#[derive(Debug)]
pub(super) struct Row<'m, B = ()> {
    /// Where the first block begins.
    pub(super) at: usize,
    /// Where what is searched for may begin, for each block.
    pub(super) places: &'m mut [u64],
    /// The blocks that have places, one bit each.
    pub(super) busy: u64,
    /// How far behind its quote the place of a key of events is.
    pub(super) behind: usize,
    /// What else was asked for.
    pub(super) brackets: B,
}

impl<B> Row<'_, B> {
    /// One past its last block, which may be beyond the text.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.at + self.places.len() * BLOCK
    }

    /// Takes the place of the key at `at` away, if it stands in this row.
    #[inline]
    pub(super) fn forget(&mut self, at: usize) {
        let within = (at + self.behind).wrapping_sub(self.at);
        let block = within / BLOCK;
        if let Some(places) = self.places.get_mut(block) {
            *places &= !(1 << (within % BLOCK));
            self.busy &= !(u64::from(*places == 0) << block);
        }
    }

    /// Gives `on` each place, in order.
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    pub(super) fn each_place(&self, on: &mut impl OnPlace) {
        let mut busy = self.busy;
        while busy != 0 {
            let block = busy.trailing_zeros() as usize;
            busy &= busy - 1;
            let mut places = self.places[block];
            // Most blocks with places have one.
            loop {
                on.place(self.at + block * BLOCK + places.trailing_zeros() as usize);
                places &= places.wrapping_sub(1);
                if places == 0 {
                    break;
                }
            }
        }
    }
}

/// The curly brackets outside strings of a row. Where they are as many as they should be, square ones that are not make
/// a record broken, but end none.
#[derive(Debug, Clone)]
pub(super) struct Brackets {
    /// Parts of the row that are counted side by side. Of its masks those of the first block of each part come first, then
    /// those of the second of each, and so on.
    parts: usize,
    opens: [u64; ROW],
    closes: [u64; ROW],
    /// Brackets that are open before each block, beside those before its part: a signed number, as more may be closed
    /// than were opened.
    depths: [u64; ROW],
    /// The same before each part.
    before: [u64; MOST_PARTS],
    /// The blocks in which no more than [`BETWEEN`] may be open, one bit each.
    pub(super) low: u64,
}

/// The most parts that a row has.
const MOST_PARTS: usize = 8;

impl Brackets {
    fn new(parts: usize) -> Self {
        Self {
            parts,
            opens: [0; ROW],
            closes: [0; ROW],
            depths: [0; ROW],
            before: [0; MOST_PARTS],
            low: 0,
        }
    }

    /// What opens in a block, what closes in it, and how many are open before it.
    #[inline]
    pub(super) fn of(&self, block: usize) -> (u64, u64, i64) {
        let slot = Self::slot_of(self.parts, block);
        let before = self.before[block * self.parts / ROW].wrapping_add(self.depths[slot]);
        (self.opens[slot], self.closes[slot], before.cast_signed())
    }

    /// Where the mask of a block stands if there are so many parts.
    #[inline]
    fn slot_of(parts: usize, block: usize) -> usize {
        block * parts % ROW + block * parts / ROW
    }
}

/// Masks that begin at a line of the cache. A function that has such keeps vectors so on its stack too: where they would go from one
/// line into the next is up to who calls it, and takes a loop up to three times as long.
#[derive(Debug)]
#[repr(align(64))]
struct Aligned([u64; ROW]);

/// Bytes with the same checksum as a text, as far as it goes in whole rows.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) like: [u8; FOLDED],
    /// One past the last byte of the text that they stand for.
    pub(super) end: usize,
}

/// How many bytes they are.
const FOLDED: usize = 256;

impl Folded {
    pub(super) fn nothing() -> Self {
        Self { like: [0; FOLDED], end: 0 }
    }
}

/// What goes on from row to row.
#[derive(Debug, Clone, Default)]
struct Carry {
    strings: Strings,
    depth: i64,
}

/// What looks at masks, row by row.
pub(super) trait OnRow<B = ()> {
    /// Takes the next row, and gives whether it wants more of them. To be inlined always: then it is
    /// compiled for the processor that makes the masks.
    fn row(&mut self, row: &mut Row<'_, B>) -> bool;
}

/// What looks at places.
pub(super) trait OnPlace {
    /// Takes the next place. To be inlined always, as [`OnRow::row`] is.
    fn place(&mut self, at: usize);
}

/// What looks at places and brackets.
pub(super) trait OnBrackets: for<'b> OnRow<&'b Brackets> {}

impl<T: for<'b> OnRow<&'b Brackets>> OnBrackets for T {}

#[cfg(test)]
impl<B, F: FnMut(&mut Row<'_, B>)> OnRow<B> for F {
    fn row(&mut self, row: &mut Row<'_, B>) -> bool {
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

/// The windows of keys: from [`KEY_WINDOW`] on those of events, without their last quotes, as within a string a
/// backslash stands there; and the other one, which begins with its quote.
pub(super) fn key_windows() -> [Vec<&'static [u8]>; 2] {
    let of_events = [ANCHOR_KEY, CATEGORY_KEY, VERSION_KEY];
    let windows = of_events.map(|key| &key[KEY_WINDOW..key.len() - 1]);
    [windows.to_vec(), vec![OMITTED_KEY]]
}

/// What [`each_window`] goes by on this machine; nothing if it cannot do it fast.
pub(super) fn telling() -> Option<Telling> {
    #[cfg(target_arch = "x86_64")]
    if avx512::is_here() {
        return Some(Telling::Six);
    } else if avx2::is_here() {
        return Some(Telling::Nibble);
    }
    None
}

/// Whether [`each_marks`] and [`each_mark_and_window`] fold the checksum of a text on this machine.
pub(super) fn folds() -> bool {
    #[cfg(target_arch = "x86_64")]
    if avx512::is_here() {
        return true;
    }
    false
}

/// What the functions of both ways ask for beside vectors.
#[cfg(target_arch = "x86_64")]
fn counts_bits() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("popcnt") && has!("bmi1") && has!("bmi2")
}

/// Gives `on`, in order, for each block of `text` where [`ANCHOR_KEY`], [`WRAPPED_KEY`], [`CATEGORY_KEY`] or
/// [`OMITTED_KEY`] may begin and where `\u` or `\/` stands; a few other places are among them. What is beyond the end
/// of the text counts as blanks. Gives whether this machine can do it fast; if not, there is no call.
pub(super) fn each_places(text: &[u8], on: &mut impl OnRow) -> bool {
    let done: Option<()> = by_best_way!(each_places(text, on));
    done.is_some()
}

/// The same, with the places where [`VERSION_KEY`] may begin among them, and with brackets; until `on`
/// wants no more. If `folded` is asked for, and this machine [`folds`], it is told as well.
pub(super) fn each_marks(
    text: &[u8],
    folded: Option<&mut Folded>,
    on: &mut impl OnBrackets,
) -> bool {
    let done: Option<()> = by_best_way!(each_marks(text, folded, on));
    done.is_some()
}

/// Gives `on`, in order, for each block of a range of `text` the places where a window may begin. The range
/// begins at a block, and ends at one or with the text; what is beyond the end of the text counts as blanks.
/// Those of `\u` and `\/` are among them.
/// Gives whether that range is ASCII; nothing, and no call, if this machine cannot do it fast.
pub(super) fn each_window(
    text: &[u8],
    range: Range<usize>,
    windows: &Windows,
    on: &mut impl OnRow,
) -> Option<bool> {
    by_best_way!(each_window(text, range, windows, on))
}

/// The same as [`each_marks`] with windows in place of keys, of which keys may be some. Gives whether the text is ASCII;
/// nothing, and no call, if this machine cannot do it fast.
pub(super) fn each_mark_and_window(
    text: &[u8],
    windows: &Windows,
    folded: Option<&mut Folded>,
    on: &mut impl OnBrackets,
) -> Option<bool> {
    by_best_way!(each_mark_and_window(text, windows, folded, on))
}

/// Calls `on` with every place where [`ANCHOR_KEY`], [`WRAPPED_KEY`], [`CATEGORY_KEY`], [`OMITTED_KEY`], `\u` or `\/` stands, in no
/// order, by one search after the other.
pub(super) fn each_place(text: &[u8], on: &mut impl FnMut(usize)) {
    for needle in [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, OMITTED_KEY, b"\\u", b"\\/"] {
        memmem::find_iter(text, needle).for_each(&mut *on);
    }
}

/// Takes a range of the text in rows. `$take` has for each what the masks of its blocks are made from, which goes on a little
/// behind the row, how many blocks there are and where the first begins; it gives whether it wants more.
#[cfg(target_arch = "x86_64")]
macro_rules! take_rows {
    ($text:expr, $range:expr, |$bytes:ident, $blocks:ident, $at:ident| $take:expr) => {{
        let (text, range): (&[u8], std::ops::Range<usize>) = ($text, $range);
        let mut $at = range.start;
        let mut filled;
        while $at < range.end {
            let rest = &text[$at..];
            let $bytes: &[u8; ROW_READ] = match rest.first_chunk() {
                Some(bytes) => bytes,
                None => {
                    filled = [b' '; ROW_READ];
                    filled[..rest.len()].copy_from_slice(rest);
                    &filled
                }
            };
            let $blocks = (range.end - $at).div_ceil(BLOCK).min(ROW);
            if !$take {
                break;
            }
            $at += ROW * BLOCK;
        }
    }};
}
#[cfg(target_arch = "x86_64")]
use take_rows;

#[cfg(test)]
mod tests;
