//! Leap: the end of a clean value, 64 bytes at a time.
//!
//! What a [`Walk`](super::walk::Walk) finds byte by byte is found here from bit masks of a block:
//! which bytes are quotes, which brackets are outside strings. Only the brackets are then looked at
//! one by one. An answer is given only where the walk would give the same one; whatever is unusual
//! (control characters, deep nesting, anything broken) is left to the walk.

use wide::u8x16;

use super::strings::{Strings, parity};

/// Bytes of a block, one bit each in its masks.
const BLOCK: usize = 64;

/// The index after the object or array that starts at `start`, if it is clean and ends in `text`.
pub(super) fn leap(text: &[u8], start: usize) -> Option<usize> {
    let mut strings = Strings::default();
    // The last byte of the block before closed a string.
    let mut closed = false;
    let mut open = Open::default();
    let mut at = start;
    loop {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let masks = if let Some(block) = rest.first_chunk::<BLOCK>() {
            Masks::of(block)
        } else {
            let mut block = [b' '; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            Masks::of(&block)
        };
        let odd = parity(masks.quotes);
        let (inside, quotes) = strings.step(masks.quotes, odd, masks.backslashes);
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
                // What comes after the value in this block is not this value's affair.
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
struct Masks {
    quotes: u64,
    backslashes: u64,
    opens: u64,
    closes: u64,
    /// What may stand after a string: comma, colon, closing bracket, blank.
    after_string: u64,
    controls: u64,
}

impl Masks {
    #[inline]
    fn of(block: &[u8; BLOCK]) -> Self {
        let mut masks =
            Self { quotes: 0, backslashes: 0, opens: 0, closes: 0, after_string: 0, controls: 0 };
        for (part, bytes) in block.as_chunks::<16>().0.iter().enumerate() {
            let bytes = u8x16::new(*bytes);
            let is = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
            // Square and curly brackets differ in one bit.
            let folded = bytes | u8x16::splat(0x20);
            let closes = folded.simd_eq(u8x16::splat(b'}'));
            let after_string = closes | is(b',') | is(b':') | is(b' ');
            let shift = part * 16;
            let bits = |lanes: u8x16| u64::from(lanes.to_bitmask()) << shift;
            masks.quotes |= bits(is(b'"'));
            masks.backslashes |= bits(is(b'\\'));
            masks.opens |= bits(folded.simd_eq(u8x16::splat(b'{')));
            masks.closes |= bits(closes);
            masks.after_string |= bits(after_string);
            masks.controls |= bits(bytes.min(u8x16::splat(0x1F)).simd_eq(bytes));
        }
        masks
    }
}

/// The open containers, innermost in the lowest bit: set for an object.
#[derive(Default)]
struct Open {
    objects: u64,
    depth: u32,
}

impl Open {
    fn push(&mut self, text: &[u8], start: usize, index: usize) -> Option<()> {
        if self.depth == u64::BITS
            || (self.depth > 0 && !self.value_may_stand_at(text, start, index))
        {
            return None;
        }
        self.objects = self.objects << 1 | u64::from(text[index] == b'{');
        self.depth += 1;
        Some(())
    }

    /// Whether that was the outermost; `None` if it closes what is not open.
    fn pop(&mut self, byte: u8) -> Option<bool> {
        let object = self.objects & 1 == 1;
        if self.depth == 0 || object != (byte == b'}') {
            return None;
        }
        self.objects >>= 1;
        self.depth -= 1;
        Some(self.depth == 0)
    }

    fn value_may_stand_at(&self, text: &[u8], start: usize, index: usize) -> bool {
        let before = text[start..index].iter().rev().find(|&&byte| byte != b' ');
        match before {
            Some(b':') => self.objects & 1 == 1,
            Some(b'[' | b',') => self.objects & 1 == 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{
        made,
        walk::{Walk, Walked},
    };

    #[test]
    fn it_never_lands_where_the_walk_would_not() {
        let mut random = made::random(7);
        let (mut landed, mut broken) = (0, 0);
        for _ in 0..20_000 {
            let mut text = "x".repeat(random(3)) + "{\"k\":";
            let start = text.find('{').unwrap_or(0);
            made::value(&mut random, 0, &mut text);
            text.push_str(",\"l\":");
            made::value(&mut random, 0, &mut text);
            text.push_str("},{\"eventVersion\":\"1\"},x");
            let mut bytes = text.into_bytes();
            made::damage(&mut random, &mut bytes);
            if !matches!(bytes.get(start), Some(b'{' | b'[')) {
                continue;
            }
            let walked = Walk::default().run_bytewise(&bytes, start, true);
            match leap(&bytes, start) {
                Some(end) => {
                    assert_eq!(walked, Walked::End(end), "{}", String::from_utf8_lossy(&bytes));
                    landed += 1;
                }
                None => broken += usize::from(!matches!(walked, Walked::End(_))),
            }
        }
        assert!(landed > 8_000, "{landed}");
        assert!(broken > 1_000, "{broken}");
    }
}
