//! The masks are those of single bytes, and all that is searched for is among them.

use super::*;

/// Texts put together from what the marks tell apart.
fn texts() -> impl Iterator<Item = Vec<u8>> {
    let pieces: [&[u8]; 14] = [
        b"\"eventName\"",
        b"\"eventVersion\"",
        b"\"eventCategory\"",
        b"\"omitted\"",
        b"\\u0041",
        b"\\/",
        b"\"eventNode\"",
        b"\\\\",
        b"x",
        b"abcdefghijk",
        b"\"",
        b"{[]}",
        b"\x00\x1f\x7f",
        "é".as_bytes(),
    ];
    let mut random = crate::scan::made::random(1);
    (0..1000).map(move |_| {
        (0..random(2000)).flat_map(|_| pieces[random(pieces.len())]).copied().collect()
    })
}

/// The marks of the block at `at`, byte by byte.
fn slowly(text: &[u8], at: usize) -> Marks {
    let byte = |index: usize| text.get(index).copied().unwrap_or(b' ');
    let (mut marks, mut odd) = (Marks::default(), false);
    for bit in 0..BLOCK {
        let (here, next) = (byte(at + bit), byte(at + bit + 1));
        let telling = byte(at + bit + TELLING);
        let key = here == b'"' && (matches!(telling, b'N' | b'C') || next == b'o');
        odd ^= here == b'"';
        let set = |mask: &mut u64, holds: bool| *mask |= u64::from(holds) << bit;
        set(&mut marks.places, key || here == b'\\' && matches!(next, b'u' | b'/'));
        set(&mut marks.quotes, here == b'"');
        set(&mut marks.odd, odd);
        set(&mut marks.backslashes, here == b'\\');
        set(&mut marks.opens, matches!(here, b'{' | b'['));
        set(&mut marks.closes, matches!(here, b'}' | b']'));
        set(&mut marks.versions, here == b'"' && telling == b'V');
    }
    marks
}

/// All masks of a text, as one of the ways makes them.
type Masks = (Vec<u64>, Vec<Marks>, bool);

/// Collects all masks; nothing if the machine makes none.
fn masks(
    text: &[u8],
    places: impl Fn(&[u8], &mut dyn FnMut(&Row<'_, u64>)) -> Option<bool>,
    marks: impl Fn(&[u8], &mut dyn FnMut(&Row<'_, Marks>)) -> bool,
) -> Option<Masks> {
    let mut all: Masks = Default::default();
    all.2 = places(text, &mut |row| {
        assert_eq!(row.at, all.0.len() * BLOCK);
        all.0.extend(row.blocks);
        for (block, places) in row.blocks.iter().enumerate() {
            assert_eq!(row.busy >> block & 1 == 1, *places != 0);
        }
    })?;
    let ascii = marks(text, &mut |row| {
        assert_eq!(row.at, all.1.len() * BLOCK);
        all.1.extend(row.blocks);
    });
    assert_eq!(ascii, all.2);
    Some(all)
}

#[test]
fn the_key_is_that_of_the_anchor() {
    assert_eq!(ANCHOR_KEY, format!("\"{}\"", crate::engine::ANCHOR).as_bytes());
}

#[test]
fn masks_say_what_each_byte_is() {
    for text in texts() {
        let fast = masks(
            &text,
            |text, mut on| each_places(text, &mut on),
            |text, mut on| each_marks(text, &mut on).unwrap_or_default(),
        );
        let marks = (0..text.len()).step_by(BLOCK).map(|at| slowly(&text, at));
        let (places, marks) = marks.map(|marks| (marks.places, marks)).collect();
        let Some(fast) = fast else { return };
        assert!(fast == (places, marks, text.is_ascii()), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn both_ways_make_the_same_masks() {
    if !avx2::is_here() || !avx512::is_here() {
        eprintln!("skipped: this machine has not both AVX2 and AVX-512");
        return;
    }
    for text in texts() {
        // SAFETY: the processor has AVX2 and AVX-512, as was just asked.
        #[expect(unsafe_code, reason = "functions are called where their features were detected")]
        let (narrow, broad) = unsafe {
            (
                masks(
                    &text,
                    |text, mut on| Some(avx2::each_places(text, &mut on)),
                    |text, mut on| avx2::each_marks(text, &mut on),
                ),
                masks(
                    &text,
                    |text, mut on| Some(avx512::each_places(text, &mut on)),
                    |text, mut on| avx512::each_marks(text, &mut on),
                ),
            )
        };
        assert!(narrow == broad, "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn all_that_is_searched_for_has_its_mark() {
    for text in texts() {
        let mut marked = Vec::new();
        let ascii = each_places(&text, &mut |row: &Row<'_, u64>| marked.extend(row.blocks));
        each_place(&text, &mut |place| {
            let holds = |blocks: &[u64]| blocks[place / BLOCK] >> (place % BLOCK) & 1 == 1;
            assert!(ascii.is_none() || holds(&marked), "{place}");
        });
    }
}
