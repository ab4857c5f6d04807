//! What is a trace in any spelling, what covers one, and what hostile texts cost.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::Write as _;

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::*;
use crate::scan::unwrap::Batch;

const RECORD: &str =
    r#"{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"CreateUser"}"#;
const FOREIGN: &str = r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"Put"}"#;

/// The traces of an item in which these records were searched, in order, and what else is in it.
fn account(item: &[u8], searched: &[&str]) -> (Vec<(String, bool)>, Account) {
    let mut batch = Batch::default();
    for record in searched {
        batch.push(record.as_bytes(), 0);
    }
    let mut met = Vec::new();
    let account = Traces::default().item(
        item,
        &Searched::new(batch.lines(), batch.bounds()),
        &mut |bytes, covered| met.push((String::from_utf8_lossy(bytes).into_owned(), covered)),
    );
    (met, account)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
        let word = word << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The same bytes in each packing that is read.
fn packed(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(bytes).unwrap();
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(bytes).unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    bzip2.write_all(bytes).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    vec![
        gzip(bytes),
        zlib.finish().unwrap(),
        deflate.finish().unwrap(),
        bzip2.finish().unwrap(),
        ruzstd::encoding::compress_to_vec(bytes, level),
    ]
}

#[test]
fn a_trace_is_met_in_any_spelling_and_covered_by_its_record_alone() {
    let escaped = RECORD.replace("eventName", "event\\u004eame");
    let mut items = vec![
        RECORD.to_owned(),
        format!("{{\"x\":[1,{{\"y\":{RECORD}}}]}}"),
        format!("{{\"x\":{}}}", quoted(&quoted(RECORD))),
        format!("\u{feff}  2026-03-05T02:14:09Z host app: {RECORD} and more"),
        format!("level=info msg={}", quoted(RECORD)),
        format!("level=info msg={}", &quoted(&format!("x {RECORD} y"))[1..]),
        format!("an inch is 5\" long, {RECORD}"),
        format!("data={}", base64(RECORD.as_bytes())),
        format!("x/data/{}", base64(RECORD.as_bytes())),
        base64(RECORD.as_bytes()).replace('+', "-").replace('/', "_").replace('=', ""),
        base64(base64(RECORD.as_bytes()).as_bytes()),
        base64(quoted(RECORD).as_bytes()).replace('/', "\\/"),
        base64(RECORD.as_bytes()).as_bytes().chunks(76).fold(String::new(), |mut all, line| {
            all.push_str(std::str::from_utf8(line).unwrap());
            all + "\r\n"
        }),
    ];
    let packings = packed(format!(" \u{feff}{RECORD}\n").as_bytes());
    items.extend(packings.iter().map(|packed| format!("{{\"data\":{:?}}}", base64(packed))));
    items.extend(packings.iter().map(|packed| format!("{{\"Body\":{:?}}}", base64(packed))));
    items.extend(packings.iter().map(|once| format!("{{\"data\":{:?}}}", base64(&gzip(once)))));
    for twice in packings.iter().flat_map(|once| packed(once)) {
        items.push(format!("{{\"data\":{:?}}}", base64(&twice)));
    }
    for little in [true, false] {
        let text = utf16(&format!("\u{feff}{RECORD}"), little);
        items.push(base64(&text));
        items.push(base64(&text[2..]));
        items.extend(packed(&text).iter().map(|packed| base64(packed)));
    }
    for item in &items {
        let (met, uncovered) = account(item.as_bytes(), &[]);
        assert_eq!(met, [(RECORD.to_owned(), false)], "{item}");
        assert_eq!(uncovered, Account { unsearched: 1, foreign: 0, hidden: None }, "{item}");
        let (met, covered) = account(item.as_bytes(), &["{}", RECORD]);
        assert_eq!(met, [(RECORD.to_owned(), true)], "{item}");
        assert_eq!(covered, Account::default(), "{item}");
    }
    assert_eq!(account(escaped.as_bytes(), &[]).1.unsearched, 1);
}

#[test]
fn what_is_cut_or_in_another_notation_is_reported() {
    let cut = &RECORD[..RECORD.len() - 1];
    for item in [
        cut.to_owned(),
        quoted(cut),
        format!("{{\"message\":{}}}", quoted(cut)),
        base64(cut.as_bytes()),
        format!("{{\"data\":{:?}}}", base64(&gzip(cut.as_bytes()))),
        RECORD.replace('"', "'"),
        format!("{{\"message\":{}}}", quoted(&RECORD.replace('"', "'"))),
        "eventVersion: 1.08\neventSource: iam.amazonaws.com\neventName: A\n".to_owned(),
        "<eventVersion>1</eventVersion><eventSource>s</eventSource><eventName/>".to_owned(),
        RECORD.replace('"', "&quot;"),
        cut.replace("event", "\\u0065vent"),
    ] {
        let (met, account) = account(item.as_bytes(), &[]);
        assert!(met.is_empty() && account.hidden == Some(UNREADABLE), "{item}: {account:?}");
    }
    let data = |bytes: &[u8]| format!("{{\"data\":{:?}}}", base64(bytes));
    for text in [RECORD.repeat(9).into_bytes(), utf16(&RECORD.repeat(9), true)] {
        // Bzip2 and zstd give nothing of a block that is not whole.
        for packed in &packed(&text)[..3] {
            let hidden = account(data(&packed[..packed.len() - 12]).as_bytes(), &[]).1.hidden;
            assert_eq!(hidden, Some(BROKEN_PACKING));
        }
    }
    let head = "see {\"eventVersion\":\"1.08\",\"userIdentity\":{";
    assert_eq!(account(head.as_bytes(), &[]).1.hidden, Some(UNREADABLE));
    let xz = [b"\xFD7zXZ\0".as_slice(), &[1; 60]].concat();
    assert_eq!(account(data(&xz).as_bytes(), &[]).1.hidden, Some(UNKNOWN_PACKING));
    let noise: Vec<u8> =
        (0..90_u32).map(|at| (at * at * 167 + 251).to_be_bytes()[3] | 0x86).collect();
    assert_eq!(account(data(&noise).as_bytes(), &[]).1.hidden, Some(UNKNOWN_PACKING));
}

#[test]
fn foreign_and_aggregated_events_are_no_traces() {
    let aggregated = RECORD.replace('{', r#"{"eventType":"AwsAggregatedEvent","#);
    for (item, foreign) in [
        (FOREIGN.to_owned(), 1),
        (FOREIGN.replace("aws:", "a\\u0077s:"), 1),
        (quoted(FOREIGN), 1),
        (format!("START {{\"Records\":[{FOREIGN},{FOREIGN}]}} END"), 2),
        (r#"{"EventSource":"aws:sns","EventVersion":"1.0"}"#.to_owned(), 1),
        (aggregated, 0),
        (r#"{"eventName":"a","x":{"eventVersion":"1","eventSource":"b"}}"#.to_owned(), 0),
        (r#"{"a":"eventName","b":"eventVersion","c":"eventSource"}"#.to_owned(), 0),
        ("no record here at all, and nothing like one".to_owned(), 0),
    ] {
        let expected = Account { unsearched: 0, foreign, hidden: None };
        assert_eq!(account(item.as_bytes(), &[]), (Vec::new(), expected), "{item}");
    }
    // What a foreign event delivers is looked at.
    let delivered = format!(
        r#"{{"eventSource":"aws:kinesis","eventVersion":"1.0","eventName":"x","kinesis":{{"data":{:?}}}}}"#,
        base64(RECORD.as_bytes())
    );
    let (met, account) = account(delivered.as_bytes(), &[]);
    assert_eq!((met.len(), account.unsearched, account.foreign), (1, 1, 1));
}

#[test]
fn what_lies_in_a_searched_record_is_covered_and_what_lies_beside_it_is_not() {
    let outer = format!(r#"{{"eventVersion":"1","eventSource":"b","eventName":"c","x":{RECORD}}}"#);
    assert_eq!(account(outer.as_bytes(), &[&outer]).1, Account::default());
    let (met, of_outer) = account(outer.as_bytes(), &[RECORD]);
    assert_eq!((met, of_outer.unsearched), (vec![(outer.clone(), false)], 1));
    let other = RECORD.replace("CreateUser", "DeleteUser");
    let item = format!(r#"{{"message":{},"events":[{other}],"z":{RECORD}}}"#, quoted(RECORD));
    let (met, account) = account(item.as_bytes(), &[RECORD]);
    let expected = [(RECORD.to_owned(), true), (other, false), (RECORD.to_owned(), true)];
    assert_eq!((met, account.unsearched), (expected.to_vec(), 1));
}

#[test]
fn columns_beside_a_record_are_no_record_unless_they_name_another() {
    let record = RECORD.replace('{', r#"{"eventID":"1","#);
    let row = |id: &str, name: &str| {
        format!(
            r#"{{"_raw":{},"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":{name},"eventID":"{id}"}}"#,
            quoted(&record)
        )
    };
    let names = [r#""CreateUser""#, r#"["CreateUser","CreateUser"]"#];
    for name in names {
        assert_eq!(account(row("1", name).as_bytes(), &[&record]).1, Account::default());
    }
    let without_id = |more: &str| row("1", names[0]).replace(r#","eventID":"1""#, more);
    assert_eq!(account(without_id("").as_bytes(), &[&record]).1, Account::default());
    let other = without_id(r#","userIdentity":{"userName":"eve"}"#);
    for row in [row("2", names[0]), row("1", r#""DeleteUser""#), other] {
        assert_eq!(account(row.as_bytes(), &[&record]).1.unsearched, 1, "{row}");
    }
}

#[test]
fn names_that_are_spread_over_what_lies_between_are_reported_once() {
    let mut traces = Traces::default();
    let mut none = |bytes: &[u8]| panic!("{}", String::from_utf8_lossy(bytes));
    let hidden: Vec<_> = [
        r#"{"kind":"a","eventVersion":"1.08","Records":["#,
        ",",
        r#"],"eventSource":"iam.amazonaws.com","other":["#,
        r#"],"eventName":"A"}"#,
        r#"{"eventName":"B"}"#,
    ]
    .iter()
    .map(|text| traces.between(text.as_bytes(), &mut none).hidden)
    .collect();
    assert_eq!(hidden, [None, None, None, Some(UNREADABLE), None]);
    traces.begin();
    assert_eq!(traces.between(b"eventName and eventSource are here", &mut none).hidden, None);
}

#[test]
fn what_is_nested_too_deeply_is_reported() {
    let mut text = RECORD.to_owned();
    for _ in 0..=MOST_STEPS {
        text = base64(text.as_bytes());
    }
    let (met, account) = account(text.as_bytes(), &[]);
    assert!(met.is_empty() && account.hidden == Some(TOO_DEEP), "{account:?}");
}

#[test]
fn bombs_end_at_the_bound_and_are_reported() {
    let bomb = gzip(&vec![b' '; packed::LARGEST + 1]);
    let item = format!("{{\"data\":{:?}}}", base64(&bomb));
    assert_eq!(account(item.as_bytes(), &[]).1.hidden, Some(TOO_LARGE));
    let large = base64(&gzip(&vec![b' '; packed::LARGEST]));
    let many = format!("[{}]", vec![format!("{large:?}"); 3].join(","));
    assert_eq!(account(many.as_bytes(), &[]).1.hidden, Some(TOO_LARGE));
}

/// Time in these is linear, or bounded by the work that is allowed: 64 times their bytes and some.
#[test]
fn hostile_texts_cost_bounded_work() {
    let many = 200_000;
    let nested = |open: &str, close: &str| open.repeat(many) + &close.repeat(many);
    let deep = r#"{"eventVersion":1,"eventSource":"s","eventName":1,"x":"#;
    for text in [
        "[".repeat(many),
        "{".repeat(many),
        "\"".repeat(many),
        "\\\"".repeat(many),
        "\\".repeat(many),
        "{\"a\":".repeat(many),
        "{\"".repeat(many),
        "[\"".repeat(many),
        nested("[", "]"),
        nested("{\"a\":", "}"),
        deep.repeat(4_000) + "1" + &"}".repeat(4_000),
        deep.repeat(4_000),
        base64(&vec![0x78; many]),
        base64(b"\x78\x9c\x01\x02").repeat(many / 8),
        "H4sI".repeat(many / 4),
        "a".repeat(many),
        "aaaaaaaaaaaaaaaaaaaa ".repeat(many / 20),
        format!("{}{RECORD}", "{\"a\":[\"\\u00".repeat(many / 10)),
        format!("[{}]", vec![RECORD; many / 80].join(",")),
    ] {
        let (met, account) = account(text.as_bytes(), &[RECORD]);
        let has_names = Names::of(text.as_bytes()) == Names::ALL;
        let is_accounted = !met.is_empty() || account.hidden.is_some();
        assert!(is_accounted || !has_names, "{}", &text[..60]);
    }
}
