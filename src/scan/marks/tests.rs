//! The masks are those of single bytes, and all that is searched for is among the places.

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

/// What a way gives of a text.
#[derive(Debug, Default)]
struct Made {
    places: Vec<u64>,
    /// The same, with versions.
    more_places: Vec<u64>,
    opens: Vec<u64>,
    closes: Vec<u64>,
    depths: Vec<i64>,
    /// The blocks in which few brackets may be open.
    low: Vec<bool>,
}

impl Made {
    fn take(&mut self, row: &mut Row<'_, &Brackets>) {
        assert_eq!(row.at, self.more_places.len() * BLOCK);
        self.more_places.extend_from_slice(row.places);
        let blocks = row.places.len();
        assert!((0..blocks).all(|block| busy(row, block)));
        for (opens, closes, depth) in (0..blocks).map(|block| row.brackets.of(block)) {
            self.opens.push(opens);
            self.closes.push(closes);
            self.depths.push(depth);
        }
        self.low.extend((0..blocks).map(|block| row.brackets.low >> block & 1 == 1));
    }
}

/// Whether what a way made of a text is what it must be.
fn is_right(made: &Made, text: &[u8]) -> bool {
    let (all, none) = (slowly(text, true), slowly(text, false));
    let between = |least: &[u64], places: &[u64], most: &[u64]| {
        let mut each = least.iter().zip(places).zip(most);
        least.len() == places.len()
            && each.all(|((least, places), most)| least & !places == 0 && places & !most == 0)
    };
    between(&none.places, &made.places, &all.places)
        && are_low(made, &none, &all)
        && between(&none.more_places, &made.more_places, &all.more_places)
        && (&made.opens, &made.closes) == (&all.opens, &all.closes)
        && made.depths == all.depths
}

/// Whether records may end in all blocks in which one does, and in no more than the closing brackets alone allow.
fn are_low(made: &Made, none: &Made, all: &Made) -> bool {
    let mut each = none.low.iter().zip(&made.low).zip(&all.low);
    made.low.len() == all.low.len() && each.all(|((none, low), all)| none <= low && low <= all)
}

/// The same, byte by byte, with all places that may be told or with those alone that must be.
fn slowly(text: &[u8], all: bool) -> Made {
    let byte = |index: usize| text.get(index).copied().unwrap_or(b' ');
    let mut made = Made::default();
    let (mut inside, mut escaped, mut depth) = (false, false, 0);
    for at in (0..text.len()).step_by(BLOCK) {
        let [mut places, mut versions, mut opens, mut closes] = [0_u64; 4];
        made.depths.push(depth);
        for bit in 0..BLOCK {
            let (here, next) = (byte(at + bit), byte(at + bit + 1));
            let begins = |keys: &[&[u8]]| {
                keys.iter()
                    .any(|key| text.get(at + bit..).is_some_and(|text| text.starts_with(key)))
            };
            let keys = [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, OMITTED_KEY];
            // Each way takes some other strings for keys.
            let like = all && matches!(here, b'"' | b'{');
            let key = like || begins(&keys);
            let version = like || begins(&[VERSION_KEY]);
            if here == b'"' && !escaped {
                inside = !inside;
            }
            escaped = here == b'\\' && !escaped;
            let set = |mask: &mut u64, holds: bool| *mask |= u64::from(holds) << bit;
            set(&mut places, key || here == b'\\' && matches!(next, b'u' | b'/'));
            set(&mut versions, version);
            set(&mut opens, !inside && here == b'{');
            set(&mut closes, !inside && here == b'}');
        }
        let counted = |bits: u64| i64::from(bits.count_ones());
        let behind = |bit: u32| {
            let up_to = u64::MAX >> (63 - bit);
            depth + counted(opens & up_to) - counted(closes & up_to)
        };
        let ends = (0..64).any(|bit| closes >> bit & 1 == 1 && behind(bit) <= BETWEEN);
        made.low.push(if all { depth - counted(closes) <= BETWEEN } else { ends });
        depth = behind(63);
        made.places.push(places);
        made.more_places.push(places | versions);
        made.opens.push(opens);
        made.closes.push(closes);
    }
    made
}

/// Collects what one of the ways makes of a text.
fn collected(
    each_places: impl FnOnce(&mut dyn FnMut(&mut Row<'_>)),
    each_marks: impl FnOnce(&mut dyn FnMut(&mut Row<'_, &Brackets>)),
) -> Made {
    let mut made = Made::default();
    let places = &mut made.places;
    each_places(&mut |row| {
        assert_eq!(row.at, places.len() * BLOCK);
        places.extend_from_slice(row.places);
        assert!((0..row.places.len()).all(|block| busy(row, block)));
    });
    each_marks(&mut |row| made.take(row));
    made
}

/// Whether a row says rightly of a block whether it has places.
fn busy<B>(row: &Row<'_, B>, block: usize) -> bool {
    (row.busy >> block & 1 == 1) == (row.places[block] != 0)
}

#[test]
fn the_key_is_that_of_the_anchor() {
    assert_eq!(ANCHOR_KEY, format!("\"{}\"", crate::engine::ANCHOR).as_bytes());
}

/// Whether what was folded on the way stands for the text, as far as it should.
fn stands_for(folded: &Folded, text: &[u8]) -> bool {
    let checksum = |bytes: &[u8]| {
        let mut checksum = flate2::Crc::new();
        checksum.update(bytes);
        checksum.sum()
    };
    let rows = if folds() { text.len() / (ROW * BLOCK) } else { 0 };
    let end = rows * ROW * BLOCK;
    folded.end == end && (end == 0 || checksum(&folded.like) == checksum(&text[..end]))
}

#[test]
fn masks_say_what_each_byte_is() {
    for (number, text) in texts().enumerate() {
        let (fast, mut folded) = (std::cell::Cell::new(true), Folded::nothing());
        let asked = (number % 2 == 0).then_some(&mut folded);
        let made = collected(
            |mut on| fast.set(each_places(&text, &mut on)),
            |mut on| fast.set(fast.get() & each_marks(&text, asked, &mut on)),
        );
        if !fast.get() {
            return;
        }
        assert!(is_right(&made, &text), "{}", String::from_utf8_lossy(&text));
        assert!(number % 2 == 1 || stands_for(&folded, &text), "{}", text.len());
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn the_narrower_way_makes_the_same_masks() {
    if !avx2::is_here() {
        eprintln!("skipped: this machine has no AVX2");
        return;
    }
    for text in texts() {
        // SAFETY: the processor has AVX2, as was just asked.
        #[expect(unsafe_code, reason = "functions are called where their features were detected")]
        let made = collected(
            |mut on| unsafe { avx2::each_places(&text, &mut on) },
            |mut on| unsafe { avx2::each_marks(&text, None, &mut on) },
        );
        assert!(is_right(&made, &text), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn few_other_strings_look_like_keys() {
    let text = include_bytes!("../literal_gate/usual.jsonl");
    let keys = [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, OMITTED_KEY, VERSION_KEY, b"\\u", b"\\/"];
    let sought: usize = keys.iter().map(|key| memmem::find_iter(text, key).count()).sum();
    let count = |row: &Row<'_, &Brackets>| -> usize {
        row.places.iter().map(|places| places.count_ones() as usize).sum()
    };
    let mut marked = 0;
    if each_marks(text, None, &mut |row: &mut Row<'_, &Brackets>| marked += count(row)) {
        assert!(sought > 20 && (sought..sought * 6 / 5).contains(&marked), "{marked} of {sought}");
    }
}

/// Windows of three bytes, of two and of many literals, as each way searches them.
fn some_windows() -> Vec<Windows> {
    let many: Vec<String> = (0..60).map(|number| format!("{number:02}\"event")).collect();
    let sets = [vec!["gor", "\"x"], many.iter().map(String::as_str).collect()];
    let each = |telling| {
        sets.iter().map(move |set| Windows::new(set.iter().map(|text| text.as_bytes()), telling))
    };
    [Telling::Class, Telling::Six, Telling::Nibble].into_iter().flat_map(each).collect()
}

#[test]
fn windows_of_a_range_are_those_of_the_text() {
    let all = |text: &[u8], ranges: &[Range<usize>], windows: &Windows| {
        let (mut found, mut ascii) = (Vec::new(), true);
        for range in ranges {
            ascii &= each_window(text, range.clone(), windows, &mut |row: &mut Row<'_>| {
                assert_eq!(row.at, found.len() * BLOCK);
                found.extend_from_slice(row.places);
            })?;
        }
        Some((found, ascii))
    };
    for windows in some_windows() {
        for text in texts().take(300) {
            let end = text.len();
            let Some(whole) = all(&text, std::slice::from_ref(&(0..end)), &windows) else { return };
            assert_eq!(whole.1, text.is_ascii());
            let middle = text.len() / 2 / BLOCK * BLOCK;
            assert_eq!(all(&text, &[0..middle, middle..text.len()], &windows), Some(whole));
        }
    }
}

#[test]
fn every_place_where_a_window_may_stand_has_its_mark() {
    for windows in some_windows() {
        let mut marked = 0;
        for text in texts().take(300) {
            let fast = each_window(&text, 0..text.len(), &windows, &mut |row: &mut Row<'_>| {
                for (block, places) in row.places.iter().enumerate() {
                    for bit in 0..BLOCK {
                        let at = row.at + block * BLOCK + bit;
                        if at < text.len() && windows.at(&text, at).next().is_some() {
                            assert!(places >> bit & 1 == 1, "{at}");
                            marked += 1;
                        }
                    }
                }
            });
            if fast.is_none() {
                return;
            }
        }
        assert!(marked > 0);
    }
}

/// A way to look for marks and windows at once.
type Together<'w> =
    &'w dyn Fn(&[u8], &Windows, &mut dyn FnMut(&mut Row<'_, &Brackets>)) -> Option<bool>;

/// Checks that a way marks keys, windows, escapes and brackets, if there is such a way.
fn are_marked_together(each_mark_and_window: Together<'_>) {
    for windows in some_windows() {
        let both = windows.with(&key_windows());
        for text in texts().take(300) {
            let mut made = Made::default();
            let ascii = each_mark_and_window(&text, &both, &mut |row| made.take(row));
            if ascii.is_none() {
                return;
            }
            assert_eq!(ascii, Some(text.is_ascii()));
            let right = slowly(&text, true);
            assert_eq!((&made.opens, &made.closes), (&right.opens, &right.closes));
            assert_eq!(made.depths, right.depths);
            assert!(are_low(&made, &slowly(&text, false), &right), "{}", text.len());
            let marked = |at: usize| made.more_places[at / BLOCK] >> (at % BLOCK) & 1 == 1;
            for at in 0..text.len() {
                let begins = |needle: &&[u8]| text[at..].starts_with(needle);
                let keys = [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, VERSION_KEY];
                assert!(!keys.iter().any(begins) || marked(at + KEY_WINDOW), "a key at {at}");
                assert!(!begins(&OMITTED_KEY) || marked(at), "a key at {at}");
                let is_escape = [b"\\u".as_slice(), b"\\/"].iter().any(begins);
                assert!(!is_escape || marked(at), "an escape at {at}");
                assert!(windows.at(&text, at).next().is_none() || marked(at), "a window at {at}");
            }
        }
    }
}

#[test]
fn keys_windows_escapes_and_brackets_are_marked_together() {
    are_marked_together(&|text, windows, mut on| {
        each_mark_and_window(text, windows, None, &mut on)
    });
    are_marked_together(&|text, windows, mut on| {
        let mut folded = Folded::nothing();
        let ascii = each_mark_and_window(text, windows, Some(&mut folded), &mut on);
        assert!(ascii.is_none() || stands_for(&folded, text), "{}", text.len());
        ascii
    });
}

#[test]
#[cfg(target_arch = "x86_64")]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn the_narrower_way_marks_them_together() {
    if !avx2::is_here() {
        eprintln!("skipped: this machine has no AVX2");
        return;
    }
    are_marked_together(&|text, windows, mut on| {
        // SAFETY: the processor has AVX2, as was just asked.
        #[expect(unsafe_code, reason = "functions are called where their features were detected")]
        let ascii = unsafe { avx2::each_mark_and_window(text, windows, None, &mut on) };
        Some(ascii)
    });
}

#[test]
fn what_is_forgotten_is_no_place_of_its_row() {
    let mut places = [u64::MAX; 2];
    let mut row = Row { at: 64, places: &mut places, busy: 3, behind: 0, brackets: () };
    for place in [0, 63, 65, 128, 192] {
        row.forget(place);
    }
    assert_eq!(places, [!2, !1]);
    let mut row = Row { at: 64, places: &mut places, busy: 3, behind: 4, brackets: () };
    for key in [0, 59, 62, 126, 188] {
        row.forget(key);
    }
    assert_eq!(places, [!6, !5]);
}

#[test]
fn all_that_is_searched_for_has_its_mark() {
    for text in texts() {
        let mut marked = Vec::new();
        let fast =
            each_places(&text, &mut |row: &mut Row<'_>| marked.extend_from_slice(row.places));
        each_place(&text, &mut |place| {
            let holds = |blocks: &[u64]| blocks[place / BLOCK] >> (place % BLOCK) & 1 == 1;
            assert!(!fast || holds(&marked), "{place}");
        });
    }
}
