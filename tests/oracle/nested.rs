//! No record is lost without a word, whatever it is wrapped in.
//!
//! Records are put into random nestings: wrappings that the scanner knows and others, several records
//! in one object, strings with any escapes, base64, packings, foreign events beside them. Each record
//! must be found, or the file must not count as read. With the prefilter and without it, everything is
//! the same.

use std::{collections::BTreeSet, io::Write as _};

use backtrail::{
    engine::Engine,
    scan::{Content, ScanOptions},
};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

use crate::{trial::rule_set, wrapped::scanned};

/// Numbers below what is asked, the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % below
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A record with this id, and more or less in it.
fn record(random: &mut Random, id: usize) -> String {
    let more = random.of(&["", ",\"requestParameters\":{\"name\":\"a \\\"b\\\" \\u00e9\"}"]);
    let name = random.of(&["CreateUser", "StopLogging", "GetObject"]);
    let first = random.of(&["\"userIdentity\":{\"type\":\"Root\"},", ""]);
    format!(
        "{{\"eventVersion\":\"1.08\",{first}\"eventSource\":\"iam.amazonaws.com\",\
         \"eventName\":\"{name}\",\"eventID\":\"{id}\",\"awsRegion\":\"us-east-1\"{more}}}"
    )
}

fn foreign(random: &mut Random) -> String {
    random
        .of(&[
            r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{}}"#,
            r#"{"EventVersion":"1.0","EventSource":"aws:sns","Sns":{"Message":"Hello"}}"#,
            r#"{"a":1,"eventName":[true,null,-1.5e3]}"#,
            r#""START RequestId: 1""#,
            "17",
        ])
        .to_owned()
}

fn string(random: &mut Random, text: &str) -> String {
    let odd = random.of(&[0, 0, 0, 20]);
    let mut out = String::from("\"");
    for c in text.chars() {
        if c < ' ' || (odd > 0 && c.is_ascii() && random.below(100) < odd) {
            out += &format!("\\u{:04x}", u32::from(c));
        } else if matches!(c, '"' | '\\') {
            out.push('\\');
            out.push(c);
        } else {
            out.push(c);
        }
    }
    out + "\""
}

fn packed(random: &mut Random, text: &str) -> Vec<u8> {
    use flate2::{Compression, write};
    let bytes = text.as_bytes();
    let level = Compression::default();
    match random.below(6) {
        0 => {
            let mut encoder = write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).expect("it is memory");
            encoder.finish().expect("it is memory")
        }
        1 => {
            let mut encoder = write::ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).expect("it is memory");
            encoder.finish().expect("it is memory")
        }
        2 => {
            let mut encoder = write::DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).expect("it is memory");
            encoder.finish().expect("it is memory")
        }
        3 => {
            let mut encoder =
                bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(bytes).expect("it is memory");
            encoder.finish().expect("it is memory")
        }
        4 => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            ruzstd::encoding::compress_to_vec(bytes, level)
        }
        _ => bytes.to_vec(),
    }
}

const KEYS: [&str; 26] = [
    "message",
    "Message",
    "_raw",
    "events",
    "Records",
    "logEvents",
    "data",
    "Data",
    "detail",
    "Body",
    "_source",
    "fields",
    "kinesis",
    "result",
    "results",
    "hits",
    "Sns",
    "CloudTrailEvent",
    "original",
    "x",
    "page2",
    "evidence",
    "us-east-1",
    "awslogs",
    "eventSource",
    "records",
];

/// A JSON value with some records in it. `next` is the id of the next one.
fn value(random: &mut Random, depth: usize, next: &mut usize) -> String {
    if depth == 0 || random.below(6) == 0 {
        *next += 1;
        return record(random, *next - 1);
    }
    match random.below(7) {
        0 | 1 => {
            let mut members = Vec::new();
            for _ in 0..=random.below(3) {
                let key = random.of(&KEYS);
                let inner = match random.below(5) {
                    0 => foreign(random),
                    _ => value(random, depth - 1, next),
                };
                members.push(format!("\"{key}\":{inner}"));
            }
            format!("{{{}}}", members.join(random.of(&[",", " , ", ",\n"])))
        }
        2 => {
            let elements: Vec<_> = (0..=random.below(3))
                .map(|_| match random.below(4) {
                    0 => foreign(random),
                    _ => value(random, depth - 1, next),
                })
                .collect();
            format!("[{}]", elements.join(","))
        }
        3 => {
            let inner = value(random, depth - 1, next);
            string(random, &inner)
        }
        4 => {
            let inner = value(random, depth - 1, next);
            let before =
                random.of(&["", " ", "\u{feff}", "2026-03-05T02:14:09.000Z ", "host app: "]);
            string(random, &format!("{before}{inner}"))
        }
        _ => {
            let inner = value(random, depth - 1, next);
            let bytes = packed(random, &inner);
            let text = match random.below(3) {
                0 => Base64UrlUnpadded::encode_string(&bytes),
                _ => Base64::encode_string(&bytes),
            };
            format!("\"{text}\"")
        }
    }
}

/// A file of such values.
fn file(random: &mut Random, next: &mut usize) -> String {
    let depth = random.below(5);
    let mut values: Vec<_> = (0..=random.below(3)).map(|_| value(random, depth, next)).collect();
    if random.below(2) == 0 {
        let at = random.below(values.len() + 1);
        values.insert(at, foreign(random));
    }
    match random.below(8) {
        0 => values.join("\n") + "\n",
        1 => format!("[{}]", values.join(",")),
        2 => format!("{{\"Records\":[{}]}}", values.join(",")),
        3 => format!("{{\"Records\":[{}],\"x\":{}}}", values.join(","), value(random, 2, next)),
        4 => format!("{{\"x\":{},\"Events\":[{}]}}", value(random, 2, next), values.join(",")),
        5 => {
            let line = |value: &String| format!("<134>Mar  5 02:01:00 host app: {value}\n");
            values.iter().map(|value| value.replace('\n', " ")).map(|value| line(&value)).collect()
        }
        6 => {
            let line = |value: &String| format!("2026-03-05T02:14:09.000Z {value}\n");
            values.iter().map(|value| value.replace('\n', " ")).map(|value| line(&value)).collect()
        }
        _ => {
            let row = |value: &String| format!("7,\"{}\"\r\n", value.replace('"', "\"\""));
            format!("id,event\r\n{}", values.iter().map(row).collect::<String>())
        }
    }
}

/// The scanner's rules: one that finds every record, and one that the prefilter serves.
fn engine() -> Engine {
    let rule = |id: u8, selection: &str| {
        format!(
            "title: t{id}\nid: 11111111-2222-4333-8444-55555555555{id}\nlogsource: {{product: aws, \
             service: cloudtrail}}\ndetection:\n  sel: {selection}\n  condition: sel\n"
        )
    };
    let rules = [rule(1, "{eventName|exists: true}"), rule(2, "{eventName: StopLogging}")];
    Engine::compile(&rule_set(&rules).expect("the rules load").rules)
}

#[test]
fn every_record_is_found_or_the_file_is_not_read() {
    let engine = engine();
    let plain = ScanOptions::default();
    let slow = ScanOptions { no_prefilter: true, ..plain };
    let (mut all, mut found_all) = (0, 0);
    for seed in 0..u64::from(crate::generated::cases()) {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut next = 0;
        let file = file(&mut random, &mut next);
        let (hits, told) = scanned(&engine, plain, file.as_bytes(), None);
        let event_id = |event: &String| {
            let value: serde_json::Value = serde_json::from_str(event).expect("a record");
            value["eventID"].as_str().unwrap_or_default().to_owned()
        };
        let found: BTreeSet<_> = hits.iter().map(|(_, _, event)| event_id(event)).collect();
        let lost: Vec<_> = (0..next).filter(|id| !found.contains(&id.to_string())).collect();
        let read = told.content == Content::Trail && told.damage.is_empty();
        assert!(
            lost.is_empty() || !read,
            "{seed}: {lost:?} of {next} are lost in\n{file}\n{told:?}"
        );
        all += next;
        found_all += next - lost.len();
        // One record, one number.
        let every: Vec<_> = hits.iter().filter(|(_, rule, _)| *rule == 0).collect();
        let numbers: BTreeSet<_> = every.iter().map(|(number, ..)| number).collect();
        assert_eq!(numbers.len(), every.len(), "{seed}: {file}\n{every:?}");
        assert!(!read || told.records >= next as u64, "{seed}: {} of {next}\n{file}", told.records);
        // Other ways come to the same.
        let other = scanned(&engine, slow, file.as_bytes(), None);
        assert_eq!(
            (&hits, &told.damage, &told.content),
            (&other.0, &other.1.damage, &other.1.content),
            "{seed}: {file}"
        );
        assert_eq!(
            (told.records, told.foreign_events),
            (other.1.records, other.1.foreign_events),
            "{seed}: {file}"
        );
        let (pieces, told_pieces) =
            scanned(&engine, plain, file.as_bytes(), Some((1 + random.below(300), 1 << 20)));
        assert_eq!((&hits, told.records), (&pieces, told_pieces.records), "{seed}: {file}");
        assert_eq!(
            (&told.damage, &told.content),
            (&told_pieces.damage, &told_pieces.content),
            "{seed}: {file}"
        );
    }
    // Nearly all are found: what is only reported is rare.
    assert!(all > 1000 && found_all * 100 > all * 97, "{found_all} of {all}");
}

/// Elements of trail files, records and what only looks like one, as the cheap proof sees them.
#[test]
fn a_trail_file_in_which_nothing_is_hit_comes_to_what_the_slow_path_says() {
    let set =
        rule_set(&["title: t\nid: 11111111-2222-4333-8444-555555555559\nlogsource: {product: \
         aws, service: cloudtrail}\ndetection:\n  sel: {eventName: NoSuchEvent}\n  condition: sel\n"
            .to_owned()]);
    let engine = Engine::compile(&set.expect("the rule loads").rules);
    let plain = ScanOptions::default();
    let slow = ScanOptions { no_prefilter: true, ..plain };
    let encoded = |text: &str| Base64::encode_string(text.as_bytes());
    let mut partly = 0;
    for seed in 0..u64::from(crate::generated::cases()) {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let elements: Vec<_> = (0..=random.below(40))
            .map(|id| {
                let inner = record(&mut random, id + 1000);
                let head = "{\"eventVersion\":\"1.08\"";
                let source = "\"eventSource\":\"iam.amazonaws.com\",\"eventName\":\"A\"";
                match random.below(60) {
                    0 => foreign(&mut random),
                    1 => format!("{head},\"data\":\"{}\"}}", encoded(&inner)),
                    2 => format!("{head},\"meta\":{{{source}}},\"data\":\"{}\"}}", encoded(&inner)),
                    3 => format!("{head},\"eventName\":\"A\",\"data\":\"{}\"}}", encoded(&inner)),
                    4 => format!("{head},\"eventSource\":\"\\u0061ws:s3\",\"eventName\":\"A\"}}"),
                    5 => format!("{head},\"x\":{}}}", string(&mut random, &inner)),
                    6 => format!("{{\"x\":{inner}}}"),
                    7 => format!("{head},\"x\":\"}}\",\"y\":{{{source}}},\"z\":\"{{\"}}"),
                    _ => record(&mut random, id),
                }
            })
            .collect();
        let tail = match random.below(8) {
            0 => format!(",\"x\":{}", record(&mut random, 2000)),
            1 => format!(",\"x\":\"{}\"", encoded(&record(&mut random, 2000))),
            _ => String::new(),
        };
        let behind = random.of(&["", "\n", "", "{\"Records\":[]}"]);
        let file = format!("{{\"Records\":[{}]{tail}}}{behind}", elements.join(","));
        let fast = scanned(&engine, plain, file.as_bytes(), None);
        let other = scanned(&engine, slow, file.as_bytes(), None);
        assert_eq!(fast, other, "{seed}: {file}");
        let id = |id: usize| format!("\"eventID\":\"{id}\"");
        partly += u64::from(file.contains(&id(2000)) || fast.1.foreign_events > 0);
    }
    assert!(partly > 10, "{partly}");
}
