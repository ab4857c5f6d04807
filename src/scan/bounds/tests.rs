//! Bounds beside the splitter, on texts of every kind.

use std::fmt::Write as _;

use super::*;
use crate::{
    scan::{
        key_filter::{self, ANCHOR_KEY},
        made,
        split::{Part, Splitter},
    },
    simd,
};

/// The bounds of a text.
fn bounds_of(text: &[u8]) -> Bounds {
    let mut bounds = Bounds::default();
    bounds.begin(text);
    let (filter, instance) = (key_filter::keys(), simd::selected().expect("there is an instance"));
    let mut rows = simd::Rows::new(instance, text, &filter, true);
    while let Some(row) = rows.next_row() {
        bounds.row(text, row, 0);
        while let Some(at) = row.next_place() {
            if text[at..].starts_with(VERSION_KEY) {
                bounds.version(at);
            } else if text[at..].starts_with(ANCHOR_KEY) {
                bounds.name(text, at, row.depth(at));
            }
        }
    }
    bounds
}

#[test]
fn the_next_record_begins_with_its_version() {
    assert_eq!(NEXT.strip_prefix(b"},{"), Some(VERSION_KEY));
}

#[test]
fn the_only_low_bracket_is_the_one_that_counting_finds() {
    let mut random = made::random(9);
    let mut told = 0;
    for _ in 0..200_000 {
        let [mut opens, mut closes] = [0_u64; 2];
        for _ in 0..random(6) {
            let bit = 1 << random(64);
            if random(2) == 0 { opens |= bit } else { closes |= bit }
        }
        opens &= !closes;
        let before = i64::try_from(random(8)).expect("it is small") - 1;
        let mut depth = before;
        let low: Vec<(u32, i64)> = (0..64)
            .filter_map(|bit| {
                depth += i64::from(opens >> bit & 1 == 1) - i64::from(closes >> bit & 1 == 1);
                (closes >> bit & 1 == 1 && depth <= BETWEEN).then_some((bit, depth))
            })
            .collect();
        if let Some(bit) = only_low(opens, closes, before) {
            assert_eq!(low, [(bit, BETWEEN)]);
            told += 1;
        }
    }
    assert!(told > 5_000, "{told}");
}

/// Start, end and index of what a splitter gives, and what it counts.
fn parts(mut splitter: Splitter, text: &[u8]) -> (Vec<(usize, usize, u64)>, u64) {
    let mut parts = Vec::new();
    while let Part::Record { start, end, index } | Part::Item { start, end, index, .. } =
        splitter.next(text, true)
    {
        parts.push((start, end, index));
    }
    (parts, splitter.records())
}

/// A record, its version first, with members of every kind; sometimes an event in one of them.
fn record(random: &mut impl FnMut(usize) -> usize, out: &mut String) {
    out.push_str("{\"eventVersion\":\"1.08\"");
    for member in 0..random(5) {
        let _ = write!(out, ",\"k{member}\":");
        match random(16) {
            // Long ones, so that texts have many rows, and records end anywhere in them.
            3 if random(4) == 0 => {
                let _ = write!(out, "\"{}\"", "x".repeat(random(9_000)));
            }
            0 => out.push_str("[{\"a\":1},{\"eventVersion\":\"1.08\",\"eventName\":\"In\"}]"),
            1 => out.push_str("{\"eventVersion\":\"1.08\"}"),
            2 => out.push_str("\"{\\\"eventVersion\\\":1}\""),
            _ => made::value(random, 0, out),
        }
    }
    if random(8) > 0 {
        out.push_str(",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\"");
    }
    out.push('}');
}

/// A text such as AWS writes, and sometimes a little different.
fn text(random: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let mut text = String::from("{\"Records\":[");
    for index in 0..random(6) {
        text.push_str(if index > 0 { "," } else { "" });
        match random(40) {
            0 => text.push_str("null"),
            1 => text.push_str("{}"),
            2 => text.push_str("{\"eventName\":\"Other\"}"),
            3 => text.push_str(" {\"eventVersion\":1}"),
            4 => text.push_str("{\"x\":[1},2,{3]}"),
            5 => text.push_str("{\"eventVersion\":\"1\",\"x\":[1},2,{\"y\":3],\"z\":1}"),
            _ => record(random, &mut text),
        }
    }
    text.push_str(["]}", "]}", "]}", "]}\n", "]", "],\"more\":1}", "]}{}"][random(7)]);
    text.into_bytes()
}

#[test]
fn records_told_here_are_those_of_the_splitter() {
    let mut random = made::random(11);
    let (mut whole, mut lost, mut told_broken, mut broken_last) = (0, 0, 0, 0);
    for round in 0..40_000 {
        let mut text = text(&mut random);
        if round % 2 == 0 {
            made::damage(&mut random, &mut text);
        }
        let bounds = bounds_of(&text);
        let shown = String::from_utf8_lossy(&text);
        let (all, count) = parts(Splitter::default(), &text);
        let (told, rest) = bounds.told();
        for index in 0..told {
            let (start, end) = bounds.record(index);
            if let Some(part) = all.iter().find(|part| part.2 == index as u64) {
                assert_eq!((part.0, part.1), (start, end), "record {index} of {shown}");
            } else {
                told_broken += 1;
                let value = serde_json::from_slice::<serde_json::Value>(&text[start..end]);
                assert!(value.is_err(), "record {index} of {shown}");
            }
        }
        let mut splitter = Splitter::default();
        match rest {
            Rest::Everything => continue,
            Rest::Record(start) => splitter.resume(start, false, told as u64),
            Rest::End(end) => splitter.resume(end, true, told as u64),
        }
        let behind: Vec<_> = all.into_iter().filter(|part| part.2 >= told as u64).collect();
        let within_last = |part: &(usize, usize, u64)| part.1 < bounds.record(told - 1).1;
        if matches!(rest, Rest::End(_)) && behind.iter().any(within_last) {
            // The last record is broken, and the splitter found whole objects in it.
            let (start, end) = bounds.record(told - 1);
            let value = serde_json::from_slice::<serde_json::Value>(&text[start..end]);
            assert!(value.is_err() && behind.iter().all(within_last), "{shown}");
            broken_last += 1;
            continue;
        }
        assert_eq!(parts(splitter, &text), (behind, count), "behind record {told} of {shown}");
        whole += usize::from(matches!(rest, Rest::End(_)));
        lost += usize::from(told > 0 && matches!(rest, Rest::Record(_)));
    }
    assert!(whole > 3_000, "{whole}");
    assert!(lost > 2_000, "{lost}");
    assert!(told_broken > 20, "{told_broken}");
    assert!(broken_last < whole / 20, "{broken_last}");
}

#[test]
fn a_record_is_found_from_a_byte_in_it() {
    let record = r#"{"eventVersion":"1","eventSource":"s","eventName":"n"}"#;
    let text = format!("{{\"Records\":[{record},{record},{record}]}}").into_bytes();
    let bounds = bounds_of(&text);
    assert_eq!(bounds.told(), (3, Rest::End(text.len() - 2)));
    for index in 0..3 {
        let (start, end) = bounds.record(index);
        assert!(text[start] == b'{' && text[end - 1] == b'}');
        for at in start..end {
            assert_eq!(bounds.around(at, 0), index);
            assert_eq!(bounds.around(at, index), index);
        }
    }
}
