//! Where records stand, in every wrapping and with every kind of damage.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;

/// The records of a text and its damage, whole or in pieces.
fn split(text: &str) -> (Vec<String>, Vec<String>) {
    let mut splitter = Splitter::default();
    let mut records = Vec::new();
    while let Part::Record { start, end, .. } | Part::Item { start, end, .. } =
        splitter.next(text.as_bytes(), true)
    {
        records.push(text[start..end].to_owned());
    }
    (records, splitter.damage.into_reasons())
}

fn split_in_pieces(text: &[u8], piece: usize, window: usize) -> Vec<(u64, String)> {
    let mut splitter = Splitter::default();
    let (mut held, mut fed) = (Vec::new(), 0);
    let mut records = Vec::new();
    loop {
        match splitter.next(&held, fed == text.len()) {
            Part::Record { start, end, index } | Part::Item { start, end, index, .. } => {
                records.push((index, String::from_utf8(held[start..end].to_vec()).unwrap()));
            }
            Part::End => return records,
            Part::More { keep } => {
                held.drain(..keep);
                splitter.shift(keep);
                if held.len() >= window {
                    let gone = splitter.give_up(held.len());
                    held.drain(..gone);
                    splitter.shift(gone);
                }
                let next = (fed + piece).min(text.len());
                held.extend_from_slice(&text[fed..next]);
                fed = next;
            }
        }
    }
}

const A: &str = r#"{"eventVersion":"1.08","eventName":"A","x":["]}",{"y":"\"{"}]}"#;
const B: &str = r#"{"eventName":"B","eventVersion":"1.08"}"#;

#[test]
fn records_are_found_in_every_wrapping() {
    for text in [
        format!("{{\"Records\":[{A},{B}]}}"),
        format!("\u{feff}{{ \"Records\" : [ {A} ,\n {B} ] }}\n"),
        format!("{{\"a\":{{\"Records\":[1]}},\"Records\":[{A},{B}],\"b\":1}}"),
        format!("[{A},{B}]"),
        format!("{A}\n{B}\n"),
        format!("{A}{B}"),
        format!("{{\"Records\":[{A}]}}\n{{\"Records\":[{B}]}}"),
        format!("{{\"Records\":[{A}],\"Records\":[{B}]}}"),
        format!("{{\"\\u0052ecords\":[{A},{B}]}}"),
    ] {
        assert_eq!(split(&text), (vec![A.to_owned(), B.to_owned()], Vec::new()), "{text}");
    }
}

#[test]
fn pieces_of_any_size_give_the_same_records() {
    for text in [
        format!("{{\"a\":{{\"Records\":[1]}},\"Records\":[{A},null,{B}],\"b\":1}} {A}\n{B}"),
        format!("\u{feff}[{A},\"x\", 12 ,{B}]"),
        format!("{{\"Records\":[{A},{{\"a\":\"x,\"b\":1}},{A},{B}]}}"),
    ] {
        let whole = split(&text).0;
        for piece in 1..40 {
            let found = split_in_pieces(text.as_bytes(), piece, 1 << 20);
            assert_eq!(
                found.into_iter().map(|(_, record)| record).collect::<Vec<_>>(),
                whole,
                "{piece} {text}"
            );
        }
    }
}

#[test]
fn what_stands_on_a_line_behind_other_text_is_no_record_in_any_pieces() {
    let text = format!("nothing '{A}' {B}\n{B}\nand:{A}\n{}{A}\n", " x".repeat(300));
    assert_eq!(split(&text).0, [B]);
    for piece in 1..40 {
        assert_eq!(split_in_pieces(text.as_bytes(), piece, 1 << 20), [(0, B.to_owned())]);
    }
}

#[test]
fn a_record_at_the_end_of_a_line_is_an_item_if_it_begins_as_aws_writes_it_in_any_pieces() {
    let text = format!("May 1 host: {A}\n{B}\nnothing {B}\n\thost\t{A}");
    let expected = [(0, A.to_owned()), (1, B.to_owned()), (2, A.to_owned())];
    for piece in 1..40 {
        assert_eq!(split_in_pieces(text.as_bytes(), piece, 1 << 20), expected, "{piece}");
    }
}

#[test]
fn a_damaged_text_as_aws_writes_it_gives_the_same_records_in_any_pieces() {
    let records = [A, &A.replace("\"A\"", "\"C\""), A];
    let text = format!("{{\"Records\":[{}]}}", records.join(","));
    let heads: Vec<_> = text.match_indices("{\"eventVersion\"").map(|(at, _)| at).collect();
    for at in 11..text.len() {
        // What tells the beginning of a record is whole.
        if heads.iter().any(|head| (head - 1..head + 15).contains(&at)) {
            continue;
        }
        for new in ["", "\"", "{", "}", "]", ",", "x"] {
            let damaged = format!("{}{new}{}", &text[..at], &text[at + 1..]);
            let whole = split_in_pieces(damaged.as_bytes(), damaged.len(), 1 << 20);
            for piece in [1, 2, 7, 31, 64] {
                let found = split_in_pieces(damaged.as_bytes(), piece, 1 << 20);
                assert_eq!(found, whole, "{piece} {damaged}");
            }
        }
    }
}

#[test]
fn a_first_line_is_known_in_any_pieces() {
    let text = format!("{} * a.json.gz\n", "0".repeat(64));
    for cut in [1, 30, 66, text.len()] {
        let mut splitter = Splitter::default();
        if let Part::More { keep } = splitter.next(&text.as_bytes()[..cut], false) {
            assert!(keep == 0 || cut == text.len(), "{cut}");
        }
        while splitter.next(text.as_bytes(), true) != Part::End {}
        assert_eq!(splitter.seen.known, Some("list of hashes"), "{cut}");
    }
}

#[test]
fn a_record_over_the_window_is_told_and_the_next_is_found() {
    let large = format!("{{\"eventVersion\":\"1\",\"x\":\"{}\"}}", "y".repeat(1000));
    let text = format!("{{\"Records\":[{A},{large},{B}]}}");
    let found = split_in_pieces(text.as_bytes(), 100, 200);
    assert_eq!(found, [(0, A.to_owned()), (2, B.to_owned())]);
}

#[test]
fn whatever_is_over_the_window_is_passed_over_wherever_the_window_ends() {
    let large = format!("{{\"eventVersion\":\"1\",\"x\":\"{}\"}}", "\\\"\\\\".repeat(100));
    let key = "k".repeat(300);
    for text in [
        format!("{{\"Records\":[{A},{large},{B}]}}"),
        format!("{{\"{key}\":1,\"a\":2}}\n{A}\n{B}\n"),
        format!("{large}\n{A}\n{B}\n"),
        format!("{{\"big\":{large},\"Records\":[{A},{B}]}}"),
    ] {
        for window in 70..110 {
            let found = split_in_pieces(text.as_bytes(), 7, window);
            let found: Vec<&str> = found.iter().map(|(_, record)| record.as_str()).collect();
            assert_eq!(found, [A, B], "window {window}: {text}");
        }
    }
}

#[test]
fn after_a_broken_record_the_next_is_found() {
    for broken in [
        r#"{"eventVersion":"1","a":"x,"b":"y"}"#,
        r#"{"eventVersion":"1","a":{"b":1,"c":2}"#,
        r#"{"eventVersion":"1","a":[1,2,"b":3}"#,
        r#"{"eventVersion":"1","userId"#,
        r#"{"eventVersion":"1","a":[[[["#,
        "nonsense",
    ] {
        let text = format!("{{\"Records\":[{A},{broken},{A},{B}]}}");
        let (records, damage) = split(&text);
        assert_eq!(records, [A, A, B], "{broken}");
        assert!(!damage.is_empty(), "{broken}");
    }
}

#[test]
fn an_extra_brace_loses_no_record() {
    let (records, damage) = split(&format!("{{\"Records\":[{A}}},{A},{B}]}}"));
    assert_eq!(records, [A, A, B]);
    assert!(!damage.is_empty());
}

#[test]
fn a_broken_line_costs_one_line() {
    let (records, damage) = split(&format!("{A}\n{{\"eventName\":\"x\n{A}\n{B}\n"));
    assert_eq!(records, [A, A, B]);
    assert_eq!(damage.len(), 1);
}

#[test]
fn a_cut_text_gives_its_whole_records() {
    let text = format!("{{\"Records\":[{A},{B}");
    let (records, damage) = split(&text);
    assert_eq!(records, [A, B]);
    assert_eq!(damage.len(), 1);
    let (records, damage) = split(&text[..text.len() - 3]);
    assert_eq!(records, [A]);
    assert!(!damage.is_empty());
}

#[test]
fn foreign_elements_count_and_are_no_damage() {
    let mut splitter = Splitter::default();
    let text = format!("{{\"Records\":[null,\"x\",{A}]}}");
    assert!(matches!(splitter.next(text.as_bytes(), true), Part::Item { index: 2, .. }));
    assert_eq!(splitter.next(text.as_bytes(), true), Part::End);
    assert_eq!(splitter.records(), 1);
    assert!(splitter.damage.into_reasons().is_empty());
}

#[test]
fn what_is_not_a_record_is_a_stranger() {
    for text in
        ["hello", "{\"Happenings\":[]}", "{\"digestEndTime\":\"x\",\"digestS3Object\":\"y\"}"]
    {
        let mut splitter = Splitter::default();
        while !matches!(splitter.next(text.as_bytes(), true), Part::End) {}
        assert_eq!((splitter.seen.containers, splitter.seen.loose_records), (0, 0), "{text}");
        let first = splitter.seen.first_stranger.or(splitter.seen.first_line);
        assert!(first.is_some(), "{text}");
    }
}

#[test]
fn hostile_beginnings_do_not_take_quadratic_time() {
    let text = format!("{{\"Records\":[{}", "{\"eventVersion\":[".repeat(20_000));
    let started = split(&text);
    assert!(started.0.is_empty());
}
