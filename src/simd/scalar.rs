//! The specification: what the masks of a row are, byte by byte. It is an instance too, so that a whole
//! program can run with it.

#![expect(unsafe_code, reason = "its functions have the form of those of all instances")]

use super::{
    BLOCK, BLOCKS, Filter, PARTS, ROW_READ, STEPS,
    rows::{Carry, Row, is_low},
};

/// Fills a row.
///
/// # Safety
///
/// It is safe to call everywhere.
pub(super) unsafe fn fill(
    row: &mut Row,
    bytes: &[u8; ROW_READ],
    filter: &Filter,
    carry: &mut Carry,
) {
    row.ascii &= bytes[..row.blocks * BLOCK].is_ascii();
    (row.low, row.busy) = (0, 0);
    for block in 0..BLOCKS {
        let slot = Row::slot(block);
        let (mut places, mut opens, mut closes) = (0, 0, 0);
        let before = carry.depth;
        if block % STEPS == 0 {
            row.before[block / STEPS] = before.cast_unsigned();
        }
        for bit in 0..BLOCK {
            let text = &bytes[block * BLOCK + bit..];
            let escape = matches!(text, [b'\\', b'u' | b'/', ..]);
            places |= u64::from(escape || filter.may_begin(text)) << bit;
            let strings = &mut carry.strings;
            match text[0] {
                _ if strings.escaped => strings.escaped = false,
                b'\\' => strings.escaped = true,
                b'"' => strings.inside = !strings.inside,
                _ => {}
            }
            if strings.inside == 0 {
                opens |= u64::from(text[0] == b'{') << bit;
                closes |= u64::from(text[0] == b'}') << bit;
            }
        }
        let exists = block < row.blocks;
        row.places[slot] = if exists { places } else { 0 };
        row.busy |= u64::from(row.places[slot] != 0) << block;
        (row.opens[slot], row.closes[slot]) = (opens, closes);
        row.depths[slot] = before.cast_unsigned().wrapping_sub(row.before[slot % PARTS]);
        row.low |= u64::from(exists && is_low(opens, closes, before)) << block;
        carry.depth += i64::from(opens.count_ones()) - i64::from(closes.count_ones());
    }
}

/// Skips no value: every byte is looked at.
///
/// # Safety
///
/// It is safe to call everywhere.
pub(super) unsafe fn skip_value(_: &[u8], _: usize) -> Option<usize> {
    None
}
