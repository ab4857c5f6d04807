//! What hostile or broken items come to, and what is foreign.
//!
//! That every form gives what the bare record gives is held by `tests/oracle/wrapped.rs` and by the
//! files of `testdata/containers`.

use super::*;

const RECORD: &str = r#"{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"A"}"#;

/// The records of one item with their indices, whether there were any, and what was damaged.
fn unwrapped(item: &str) -> (Vec<(u64, String)>, bool, Vec<String>) {
    let (mut unwrapper, mut splitter) = (Unwrapper::default(), Splitter::default());
    let index = splitter.count();
    let found = unwrapper.text(item.as_bytes(), index, &mut splitter);
    let batch = &unwrapper.batch;
    let text = |bound: &batch::Bound| {
        String::from_utf8_lossy(&batch.lines()[bound.start..bound.end]).into_owned()
    };
    let records = batch.bounds().iter().map(|bound| (bound.index, text(bound))).collect();
    (records, found, splitter.damage.into_reasons())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn raw(inner: &str) -> String {
    format!("{{\"_raw\":{}}}", quoted(inner))
}

#[test]
fn a_record_keeps_its_bytes() {
    let odd = r#"{ "eventVersion":"1.08", "eventName" : "\u0041", "n":1.0e0,"n":[ 2 ],"x":"\/" , "eventSource":"é"}"#;
    let expected = (vec![(0, odd.to_owned())], true, Vec::new());
    assert_eq!(unwrapped(&raw(odd)), expected);
    assert_eq!(unwrapped(&raw(&raw(odd))), expected);
}

#[test]
fn what_holds_no_record_is_foreign_and_no_damage() {
    for text in [
        "plain words",
        "",
        "[INFO] it begins like an array",
        "{it begins like an object}",
        "{\"cut\":\"off",
        r#"{"level":"info","userAgent":"x","errorMessage":"y"}"#,
        "[1,2]",
        "null",
    ] {
        assert_eq!(unwrapped(&raw(text)), (Vec::new(), false, Vec::new()), "{text}");
    }
}

#[test]
fn a_cut_record_is_damage_and_those_after_it_are_found() {
    let cut = &RECORD[..RECORD.len() - 5];
    let (records, found, damage) = unwrapped(&raw(cut));
    assert!(records.is_empty() && found);
    assert!(damage.len() == 1 && damage[0].contains("inside item 0"), "{damage:?}");

    let (records, _, damage) =
        unwrapped(&raw(&format!("{{\"Records\":[{cut},{RECORD},{RECORD}]}}")));
    assert_eq!(records, [(1, RECORD.to_owned()), (2, RECORD.to_owned())]);
    assert_eq!(damage.len(), 1, "{damage:?}");
}

#[test]
fn a_wrapping_that_holds_nothing_does_not_hide_the_record_around_it() {
    let record = RECORD.replacen('{', "{\"event\":{\"original\":\"nothing\"},", 1);
    assert_eq!(unwrapped(&record).0, [(0, record.clone())]);
    let record = RECORD.replacen('{', &format!("{{\"_raw\":{},", quoted(RECORD)), 1);
    assert_eq!(unwrapped(&record).0, [(0, RECORD.to_owned())], "what is wrapped is the evidence");
}

#[test]
fn too_many_layers_are_told_and_not_followed() {
    let deep = |layers| (0..layers).fold(RECORD.to_owned(), |text, _| raw(&text));
    assert_eq!(unwrapped(&deep(MOST_STEPS)).0, [(0, RECORD.to_owned())]);
    let (records, _, damage) = unwrapped(&deep(MOST_STEPS + 1));
    assert_eq!((records, damage), (Vec::new(), vec!["item 0 is wrapped too often".to_owned()]));

    // Objects in objects cost no copy, but each is walked again.
    let objects = "{\"_source\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    assert_eq!(unwrapped(&objects).2, ["item 0 is wrapped too often"]);
    let arrays = "{\"Records\":[".repeat(100_000) + "1" + &"]}".repeat(100_000);
    assert!(unwrapped(&arrays).0.len() <= 1);
    let containers = "{\"events\":[".repeat(100_000) + "1" + &"]}".repeat(100_000);
    assert_eq!(unwrapped(&containers).2.len(), 1);
}

#[test]
fn hostile_strings_take_time_in_proportion_to_their_length() {
    let long = 4 << 20;
    for text in [
        format!("{{\"_raw\":\"{}\"}}", "\\".repeat(long)),
        format!("{{\"_raw\":\"{}\"}}", "\\u".repeat(long / 2)),
        format!("{{\"_raw\":\"{}\"}}", "{\\\"eventName\\\":".repeat(long / 15)),
        format!("{{\"_raw\":\"{}\"}}", "{\\\"_raw\\\":\\\"".repeat(long / 12)),
        format!("{{\"_raw\":\"{}", "eventName".repeat(long / 9)),
        format!("{{\"_raw\":[{}", ",{\"eventName\":".repeat(long / 13)),
        format!("{{{}\"a\":1}}", "\"_raw\":\"{}\",".repeat(long / 12)),
        format!("{{\"eventName\":\"{}", raw(RECORD).repeat(long / 100)),
    ] {
        let (records, ..) = unwrapped(&text);
        assert!(records.len() <= 1, "{} records", records.len());
    }
}

#[test]
fn a_broken_escape_in_a_record_is_told() {
    let text = raw(RECORD).replace("eventName", "event\\ud800Name");
    let (records, _, damage) = unwrapped(&text);
    assert_eq!(records.len(), 1);
    assert_eq!(damage, ["item 0: an escape in it is broken"]);
}
