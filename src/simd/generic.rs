//! The algorithm of all instances, over a [`Vector`].
//!
//! The masks of single blocks come from comparisons. What depends on earlier blocks follows in lanes:
//! plain loops over [`PARTS`] integers, which the compiler turns into vector instructions of the
//! instance.

#![expect(unsafe_code, unsafe_op_in_unsafe_fn, reason = "the contract is that of `Vector`")]
#![expect(clippy::inline_always, reason = "compiled with the target features of its caller")]

use super::{
    AFTER, BETWEEN, BLOCK, BLOCKS, Filter, PARTS, ROW_READ, STEPS,
    filter::{Fingerprints, Keys, Kind, Width},
    rows::{Carry, Masks, Row},
    strings::Strings,
    vector::Vector,
};

/// Fills a row with the masks of the blocks at the start of `bytes`.
///
/// # Safety
///
/// That of [`Vector`].
#[inline(always)]
pub(super) unsafe fn fill<V: Vector>(
    row: &mut Row,
    bytes: &[u8; ROW_READ],
    filter: &Filter,
    carry: &mut Carry,
) {
    match &filter.0 {
        Kind::Keys(keys) => fill_with::<V>(row, bytes, KeySearch::<V>::new(keys), carry),
        Kind::Fingerprints(fingerprints) => match fingerprints.width {
            Width::Four => fill_with::<V>(row, bytes, Search::<V, 4>::new(fingerprints), carry),
            Width::Six => fill_with::<V>(row, bytes, Search::<V, 6>::new(fingerprints), carry),
            Width::Eight => fill_with::<V>(row, bytes, Search::<V, 8>::new(fingerprints), carry),
        },
    }
}

/// Finds places in a block.
trait Find<V: Vector>: Copy {
    /// The places in the block that `bytes` begins with, whose quotes are in `quotes`.
    unsafe fn places(self, bytes: &[u8; BLOCK + AFTER], here: V, quotes: V::Mask) -> u64;
}

#[derive(Clone, Copy)]
struct KeySearch<V> {
    expected: V,
    compared: usize,
    index: usize,
}

impl<V: Vector> KeySearch<V> {
    #[inline(always)]
    unsafe fn new(keys: &Keys) -> Self {
        let Keys { expected, compared, index } = *keys;
        Self { expected: V::table(&expected), compared, index }
    }
}

impl<V: Vector> Find<V> for KeySearch<V> {
    #[inline(always)]
    unsafe fn places(self, bytes: &[u8; BLOCK + AFTER], _: V, quotes: V::Mask) -> u64 {
        let expected = load_at::<V>(bytes, self.index).lookup(self.expected);
        V::bits(V::both(quotes, load_at::<V>(bytes, self.compared).equal(expected)))
    }
}

#[derive(Clone, Copy)]
struct Search<V, const WIDTH: usize> {
    excluded: [V; WIDTH],
    all: V,
}

impl<V: Vector, const WIDTH: usize> Search<V, WIDTH> {
    #[inline(always)]
    unsafe fn new(fingerprints: &Fingerprints) -> Self {
        let all = V::splat(u8::MAX);
        let mut excluded = [all; WIDTH];
        for (vector, table) in excluded.iter_mut().zip(&fingerprints.excluded) {
            *vector = V::table(table);
        }
        Self { excluded, all }
    }
}

impl<V: Vector, const WIDTH: usize> Find<V> for Search<V, WIDTH> {
    #[inline(always)]
    unsafe fn places(self, bytes: &[u8; BLOCK + AFTER], here: V, _: V::Mask) -> u64 {
        let mut excluded = here.lookup(self.excluded[0]);
        for place in 1..WIDTH {
            excluded = excluded.or(load_at::<V>(bytes, place).lookup(self.excluded[place]));
        }
        !V::bits(excluded.equal(self.all))
    }
}

/// The 64 bytes from `offset` on.
#[inline(always)]
unsafe fn load_at<V: Vector>(bytes: &[u8; BLOCK + AFTER], offset: usize) -> V {
    debug_assert!(offset <= AFTER, "a filter looks no further");
    V::load(&*bytes.as_ptr().add(offset).cast())
}

/// The block with this number and what follows it.
#[inline(always)]
fn block_of(bytes: &[u8; ROW_READ], block: usize) -> &[u8; BLOCK + AFTER] {
    debug_assert!(block < BLOCKS, "a row has no more blocks");
    // SAFETY: a row has that many bytes from the start of each of its blocks on.
    unsafe { &*bytes.as_ptr().add(block * BLOCK).cast() }
}

#[inline(always)]
unsafe fn fill_with<V: Vector>(
    row: &mut Row,
    bytes: &[u8; ROW_READ],
    find: impl Find<V>,
    carry: &mut Carry,
) {
    if row.blocks < BLOCKS {
        (row.places, row.opens, row.closes) = ([0; BLOCKS], [0; BLOCKS], [0; BLOCKS]);
    }
    let [quote, open, close, backslash] =
        [V::splat(b'"'), V::splat(b'{'), V::splat(b'}'), V::splat(b'\\')];
    let mut all = V::splat(0);
    let mut backslashes = all.equal(quote);
    for block in 0..row.blocks {
        let (bytes, slot) = (block_of(bytes, block), Row::slot(block));
        let here = load_at::<V>(bytes, 0);
        let (quotes, opens) = (here.equal(quote), here.equal(open));
        // Two masks tell three kinds of bytes apart.
        row.opens[slot] = V::bits(V::either(quotes, opens));
        row.closes[slot] = V::bits(V::either(opens, here.equal(close)));
        row.places[slot] = find.places(bytes, here, quotes);
        backslashes = V::either(backslashes, here.equal(backslash));
        all = all.or(here);
    }
    row.ascii &= V::bits(all.and(V::splat(0x80)).equal(V::splat(0))) == u64::MAX;
    if V::bits(backslashes) != 0 || carry.strings.escaped {
        escapes::<V>(row, bytes, carry);
    }
    row.busy = signs(&row.places, |places| places | places.wrapping_neg());
    if carry.brackets {
        count_brackets(row, carry);
    }
}

/// Adds the places of `\u` and `\/`, and removes quotes that a backslash escapes.
#[inline(never)]
unsafe fn escapes<V: Vector>(row: &mut Row, bytes: &[u8; ROW_READ], carry: &mut Carry) {
    let [backslash, letter, slash] = [V::splat(b'\\'), V::splat(b'u'), V::splat(b'/')];
    for block in 0..row.blocks {
        let (bytes, slot) = (block_of(bytes, block), Row::slot(block));
        let backslashes = V::bits(load_at::<V>(bytes, 0).equal(backslash));
        if backslashes != 0 {
            let next = load_at::<V>(bytes, 1);
            row.places[slot] |=
                backslashes & V::bits(V::either(next.equal(letter), next.equal(slash)));
        }
        if backslashes != 0 || carry.strings.escaped {
            // Quotes alone: what opens is in both masks.
            row.opens[slot] &= !carry.strings.escaped_bytes(backslashes) | row.closes[slot];
        }
    }
}

/// One integer for each part of a row.
type Lanes = [u64; PARTS];

/// From `opens` with quotes and what opens, and `closes` with all brackets, to brackets outside strings
/// and how many are open before each block.
#[inline(always)]
fn count_brackets(row: &mut Row, carry: &mut Carry) {
    let (opens, closes) =
        (row.opens.as_chunks_mut::<PARTS>().0, row.closes.as_chunks_mut::<PARTS>().0);
    let mut odd = [0; PARTS];
    for (opens, closes) in opens.iter().zip(&*closes) {
        for lane in 0..PARTS {
            odd[lane] ^= opens[lane] & !closes[lane];
        }
    }
    for odd in &mut odd {
        *odd = 0_u64.wrapping_sub(count(*odd) & 1);
    }
    let mut inside = [0; PARTS];
    for lane in 0..PARTS {
        inside[lane] = carry.strings.inside;
        carry.strings.inside ^= odd[lane];
    }

    let (mut depth, mut least) = ([0_u64; PARTS], [0; BLOCKS]);
    let rows = opens.iter_mut().zip(closes);
    let rows = rows.zip(row.depths.as_chunks_mut::<PARTS>().0);
    let rows = rows.zip(least.as_chunks_mut::<PARTS>().0);
    for (((opens, closes), depths), least) in rows {
        let outside = outside_strings(opens, closes, &mut inside);
        let (mut opened, mut closed, mut after) = ([0; PARTS], [0; PARTS], [0; PARTS]);
        for lane in 0..PARTS {
            opened[lane] = opens[lane] & closes[lane] & outside[lane];
            closed[lane] = closes[lane] & !opens[lane] & outside[lane];
            after[lane] = depth[lane].wrapping_sub(count(closed[lane]));
        }
        (*opens, *closes, *depths) = (opened, closed, depth);
        for lane in 0..PARTS {
            let first = opened[lane] & closed[lane].wrapping_sub(1) & !closed[lane];
            least[lane] = after[lane].wrapping_add(u64::from(first != 0));
            depth[lane] = after[lane].wrapping_add(count(opened[lane]));
        }
    }

    let mut most = [0; PARTS];
    for lane in 0..PARTS {
        row.before[lane] = carry.depth.cast_unsigned();
        most[lane] = (BETWEEN + 1 - carry.depth).cast_unsigned();
        carry.depth += depth[lane].cast_signed();
    }
    for least in least.as_chunks_mut::<PARTS>().0 {
        for lane in 0..PARTS {
            least[lane] = least[lane].wrapping_sub(most[lane]);
        }
    }
    row.low = signs(&least, |least| least) & u64::MAX >> (BLOCKS - row.blocks);
}

/// The bytes outside strings. `inside` has all ones in each lane that begins in a string.
#[inline(always)]
fn outside_strings(opens: &Lanes, closes: &Lanes, inside: &mut Lanes) -> Lanes {
    let mut odd = [0; PARTS];
    for lane in 0..PARTS {
        odd[lane] = opens[lane] & !closes[lane];
    }
    // For each bit, whether the number of quotes up to it is odd.
    for shift in [1, 2, 4, 8, 16, 32] {
        for odd in &mut odd {
            *odd ^= *odd << shift;
        }
    }
    let mut outside = [0; PARTS];
    for lane in 0..PARTS {
        outside[lane] = !(odd[lane] ^ inside[lane]);
        inside[lane] = !(outside[lane].cast_signed() >> 63).cast_unsigned();
    }
    outside
}

#[inline(always)]
fn count(bits: u64) -> u64 {
    u64::from(bits.count_ones())
}

/// The highest bit of what `function` makes of each mask: one bit for each block.
#[inline(always)]
fn signs(masks: &Masks, function: impl Fn(u64) -> u64) -> u64 {
    let mut found = [0_u64; PARTS];
    for masks in masks.as_chunks::<PARTS>().0 {
        for lane in 0..PARTS {
            found[lane] = found[lane] >> 1 | (function(masks[lane]) & 1 << 63);
        }
    }
    // Each lane has the bits of its part in its highest byte.
    let mut bits = 0;
    for (lane, found) in found.into_iter().enumerate() {
        bits |= found >> (64 - STEPS) << (lane * STEPS);
    }
    bits
}

/// The index after the object or array that starts at `start`, if its strings and brackets are plainly
/// sound and it ends in `text`. What is unusual is left to the caller: control characters, deep
/// nesting, anything broken.
///
/// # Safety
///
/// That of [`Vector`].
#[inline(always)]
pub(super) unsafe fn skip_value<V: Vector>(text: &[u8], start: usize) -> Option<usize> {
    let mut strings = Strings::default();
    // The last byte of the block before closed a string.
    let mut closed = false;
    let mut open = Open::default();
    let mut at = start;
    loop {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let masks = if let Some(block) = rest.first_chunk() {
            ValueMasks::of::<V>(block)
        } else {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            ValueMasks::of::<V>(&block)
        };
        let (inside, quotes) = strings.step(masks.quotes, masks.backslashes);
        let closing = quotes & !inside;
        let follows = closing << 1 | u64::from(closed);
        closed = closing >> (BLOCK - 1) == 1;
        // What may not follow a string, escapes outside strings, control characters.
        let misplaced =
            (follows & !masks.after_string) | (masks.backslashes & !inside) | masks.controls;
        let mut brackets = (masks.opens | masks.closes) & !inside;
        while brackets != 0 {
            let bit = brackets.trailing_zeros();
            let index = at + bit as usize;
            if masks.opens >> bit & 1 == 1 {
                open.push(text, start, index)?;
            } else if open.pop(text[index])? {
                // What comes after the value in this block does not concern it.
                let before_end = u64::MAX >> (u64::BITS - 1 - bit);
                return (misplaced & before_end == 0).then_some(index + 1);
            }
            brackets &= brackets - 1;
        }
        if misplaced != 0 {
            return None;
        }
        at += BLOCK;
    }
}

/// What the bytes of a block are.
struct ValueMasks {
    quotes: u64,
    backslashes: u64,
    opens: u64,
    closes: u64,
    /// What may follow a string: comma, colon, closing bracket, blank.
    after_string: u64,
    controls: u64,
}

impl ValueMasks {
    #[inline(always)]
    unsafe fn of<V: Vector>(block: &[u8; BLOCK]) -> Self {
        let bytes = V::load(block);
        // Square and curly brackets differ in one bit.
        let folded = bytes.or(V::splat(0x20));
        let closes = folded.equal(V::splat(b'}'));
        let separators = V::either(bytes.equal(V::splat(b',')), bytes.equal(V::splat(b':')));
        let after_string = V::either(V::either(closes, separators), bytes.equal(V::splat(b' ')));
        Self {
            quotes: V::bits(bytes.equal(V::splat(b'"'))),
            backslashes: V::bits(bytes.equal(V::splat(b'\\'))),
            opens: V::bits(folded.equal(V::splat(b'{'))),
            closes: V::bits(closes),
            after_string: V::bits(after_string),
            controls: V::bits(bytes.and(V::splat(0xE0)).equal(V::splat(0))),
        }
    }
}

/// The open containers, innermost in the lowest bit: set for an object.
#[derive(Default)]
struct Open {
    objects: u64,
    depth: u32,
}

impl Open {
    #[inline]
    fn push(&mut self, text: &[u8], start: usize, index: usize) -> Option<()> {
        if self.depth == u64::BITS
            || (self.depth > 0 && !self.value_may_begin_at(text, start, index))
        {
            return None;
        }
        self.objects = self.objects << 1 | u64::from(text[index] == b'{');
        self.depth += 1;
        Some(())
    }

    /// Whether that was the outermost; `None` if it closes what is not open.
    #[inline]
    fn pop(&mut self, byte: u8) -> Option<bool> {
        let object = self.objects & 1 == 1;
        if self.depth == 0 || object != (byte == b'}') {
            return None;
        }
        self.objects >>= 1;
        self.depth -= 1;
        Some(self.depth == 0)
    }

    #[inline]
    fn value_may_begin_at(&self, text: &[u8], start: usize, index: usize) -> bool {
        let before = text[start..index].iter().rev().find(|&&byte| byte != b' ');
        match before {
            Some(b':') => self.objects & 1 == 1,
            Some(b'[' | b',') => self.objects & 1 == 0,
            _ => false,
        }
    }
}
