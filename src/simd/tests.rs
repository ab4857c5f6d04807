//! Every instance that this machine can run computes what the specification says.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

/// What texts are put together from: all that masks depend on.
const PIECES: [&[u8]; 24] = [
    b"\"eventName\"",
    b"\"eventVersion\"",
    b"\"eventCategory\"",
    b"\"omitted\"",
    b"\"eventNode\"",
    b"\\u0041",
    b"\\/",
    b"\\\\",
    b"\\",
    b"\\\\\\\"",
    b"\"",
    b"\"a\":1,",
    b"{",
    b"}",
    b"{}",
    b"}}},{",
    b"[{\"a\":{\"b\":1}}]",
    b"RClone",
    b"x",
    b" ",
    b"\x00\x1f\x7f",
    "\u{e9}\u{212a}".as_bytes(),
    b"abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwxyz",
    b"{\"k\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(PIECES.map(<[u8]>::to_vec).to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => (0..PIECES.len(), 1..40_usize).prop_map(|(piece, times)| PIECES[piece].repeat(times)),
    ];
    prop::collection::vec(piece, 0..150).prop_map(|pieces| pieces.concat())
}

/// A filter for keys, and some of each width.
fn filters() -> Vec<Filter> {
    let keys: [&[u8]; 4] =
        [b"\"eventName\"", b"\"eventCategory\"", b"\"eventVersion\"", b"\"omitted\""];
    let mut filters = vec![Filter::keys(&keys, 2, 7)];
    for width in [4, 6, 8] {
        let mut filter = Filter::fingerprints(width);
        let fingerprints: [&[u8]; 4] =
            [b"ntname", b"rclone-x", b"abc", "\u{e9}\u{212a}".as_bytes()];
        for (bucket, fingerprint) in fingerprints.into_iter().enumerate() {
            filter.add(fingerprint, bucket * 2);
        }
        filters.push(filter);
    }
    filters
}

/// Of one row: places, blocks in which a record may end, brackets of each block, whether it is ASCII.
type RowMasks = (Vec<usize>, u64, Vec<(u64, u64, i64)>, bool);

/// All masks of a text. Without brackets, theirs are left out.
fn masks(
    instance: &'static Instance,
    text: &[u8],
    filter: &Filter,
    brackets: bool,
) -> Vec<RowMasks> {
    let mut rows = Rows::new(instance, text, filter, brackets);
    let mut masks = Vec::new();
    while let Some(row) = rows.next_row() {
        let mut row = row.clone();
        let counted = (0..row.blocks).map(|block| row.brackets(block)).collect();
        let (low, counted) = if brackets { (row.low(), counted) } else { (0, Vec::new()) };
        let ascii = row.ascii;
        masks.push((std::iter::from_fn(|| row.next_place()).collect(), low, counted, ascii));
    }
    masks
}

fn scalar() -> &'static Instance {
    let mut all = instances();
    all.find_map(|(name, instance)| instance.ok().filter(|_| name == "scalar")).expect("it is one")
}

/// Runs a test with each instance; what this machine lacks is reported, even if the test passes.
fn with_each(mut test: impl FnMut(&'static Instance)) {
    for (name, instance) in instances() {
        match instance {
            Ok(instance) => test(instance),
            Err(why) => {
                let _ = writeln!(std::io::stderr(), "SKIPPED: not tested with {name}: {why}");
            }
        }
    }
}

#[test]
fn every_instance_computes_what_the_specification_says() {
    let filters = filters();
    let cases = ProptestConfig { cases: 60, max_shrink_iters: 300, ..ProptestConfig::default() };
    proptest!(cases, |(text in text(), brackets: bool)| {
        for filter in &filters {
            let right = masks(scalar(), &text, filter, brackets);
            with_each_quietly(|instance| {
                let masks = masks(instance, &text, filter, brackets);
                assert!(masks == right, "{} of {}", instance.name(), text.escape_ascii());
            });
        }
    });
    with_each(|_| ());
}

fn with_each_quietly(test: impl FnMut(&'static Instance)) {
    instances().filter_map(|(_, instance)| instance.ok()).for_each(test);
}

#[test]
fn the_specification_says_what_the_text_says() {
    let text = br#"{"Records":[{"eventName":"a}\"{"},{"k":"\u0041\/"}]}"#;
    let filters = filters();
    let mut rows = Rows::new(scalar(), text, &filters[0], true);
    let row = rows.next_row().expect("there is text").clone();
    let (opens, closes, before) = row.brackets(0);
    let outside = |bracket: u8| -> Vec<usize> {
        let escaped = |at: usize| at == 27 || at == 30;
        (0..text.len()).filter(|&at| text[at] == bracket && !escaped(at)).collect()
    };
    let bits = |mask: u64| -> Vec<usize> { (0..64).filter(|bit| mask >> bit & 1 == 1).collect() };
    assert_eq!((bits(opens), bits(closes), before), (outside(b'{'), outside(b'}'), 0));
    assert_eq!(row.depth(40), 2);
    assert_eq!((row.low(), rows.is_ascii()), (1, true));
    let mut row = row;
    let places: Vec<usize> = std::iter::from_fn(|| row.next_place()).collect();
    assert_eq!(places, [13, 40, 46]);
}

#[test]
fn a_removed_place_is_gone_and_no_other() {
    let text = br#""eventName""omitted""#.repeat(5);
    for instance in instances().filter_map(|(_, instance)| instance.ok()) {
        let filters = filters();
        let mut rows = Rows::new(instance, &text, &filters[0], false);
        let row = rows.next_row().expect("there is text");
        for at in [11, 20, 21, 4_096, usize::MAX] {
            row.remove(at);
        }
        let places: Vec<usize> = std::iter::from_fn(|| row.next_place()).collect();
        assert_eq!(places, [0, 31, 40, 51, 60, 71, 80, 91]);
    }
}

#[test]
fn places_never_miss_a_fingerprint() {
    let filters = filters();
    let cases = ProptestConfig { cases: 30, max_shrink_iters: 300, ..ProptestConfig::default() };
    proptest!(cases, |(text in text())| {
        for filter in &filters[1..] {
            with_each_quietly(|instance| {
                let masks = masks(instance, &text, filter, false);
                let places: Vec<usize> = masks.into_iter().flat_map(|row| row.0).collect();
                let begins = |at: &usize| {
                    let rest = text[*at..].to_ascii_lowercase();
                    rest.starts_with(b"ntname") || rest.starts_with(b"abc")
                };
                let missed = (0..text.len()).filter(begins).find(|at| !places.contains(at));
                assert_eq!(missed, None, "{}", instance.name());
            });
        }
    });
}
