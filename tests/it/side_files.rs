//! Side files as shells of Windows write them: UTF-16, byte order marks, CRLF.

use std::{fs, path::Path};

use serde_json::json;

use crate::{Bench, STOP, event, log_text};

/// Turns a text into the bytes of a file.
type Store = fn(&str) -> Vec<u8>;

/// How a text may be stored.
const FORMS: [(&str, Store); 5] = [
    ("UTF-8", |text| text.as_bytes().to_vec()),
    ("UTF-8 with a mark", |text| format!("\u{feff}{text}").into_bytes()),
    ("UTF-16 LE", |text| utf16(&format!("\u{feff}{text}"), u16::to_le_bytes)),
    ("UTF-16 BE", |text| utf16(&format!("\u{feff}{text}"), u16::to_be_bytes)),
    ("UTF-16 without a mark", |text| utf16(text, u16::to_le_bytes)),
];

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// A rule with a placeholder.
const NAMED: &str = "\
title: By Name
id: 11111111-aaaa-4aaa-8aaa-000000000009
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName|expand: '%names%'}
  condition: selection
";

#[test]
fn rules_lists_and_values_are_read_in_every_form() {
    for (form, stored) in FORMS {
        let bench = Bench::new();
        bench.file("in/ä.json", log_text(&[event("StopLogging", 1), event("Other", 2)]));
        bench.file("r/stop.yml", stored(&crlf(STOP)));
        bench.file("r/named.yml", stored(&crlf(NAMED)));
        bench.file("names.txt", stored("Other\r\n\r\nNothing\r\n"));
        bench.file("list.txt", stored("in/ä.json\r\n"));
        let args = ["hunt", "-r", "r", "--placeholder", "names=@names.txt"];
        let ran = bench.run(&[&args[..], &["--files-from", "list.txt"]].concat());
        assert_eq!(ran.code, Some(0), "{form}: {}", ran.stderr);
        assert_eq!(ran.column("rule_title"), ["Trail Stopped", "By Name"], "{form}");
    }
}

#[test]
fn examples_and_events_are_read_in_every_form() {
    let good = json!({
        "rule": "11111111-aaaa-4aaa-8aaa-000000000001",
        "match": [event("StopLogging", 1)],
        "no_match": [{"why": "It starts.", "record": event("StartLogging", 2)}],
    });
    for (form, stored) in FORMS {
        let bench = Bench::new();
        bench.file("rules/stop.json", stored(&good.to_string()));
        let ran = bench.run(&["rules", "test", "rules"]);
        assert_eq!(ran.code, Some(0), "{form}: {}", ran.stderr);
        assert!(ran.stdout.contains("2 examples tried"), "{form}: {}", ran.stdout);
        bench.file("event.json", stored(&event("StopLogging", 1).to_string()));
        let ran = bench.run(&["rules", "explain", "rules/stop.yml", "--event", "event.json"]);
        assert_eq!(ran.code, Some(0), "{form}: {}", ran.stderr);
    }
}

#[test]
fn keys_and_signatures_are_read_in_every_form() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/digests");
    let root = cases.join("valid-chain/evidence");
    for (form, stored) in FORMS {
        let bench = Bench::new();
        let keys = fs::read_to_string(cases.join("keys.json")).unwrap();
        bench.file("keys.json", stored(&crlf(&keys)));
        let (mut folders, mut side_files) = (vec![root.clone()], 0);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                let mut content = fs::read(&path).unwrap();
                if name.ends_with(".head.json") {
                    side_files += 1;
                    content = stored(&crlf(str::from_utf8(&content).unwrap()));
                }
                bench.file(format!("in/{name}"), content);
            }
        }
        assert!(side_files > 0);
        let ran = bench.run(&["verify", "in", "--keys", "keys.json"]);
        assert_eq!(ran.code, Some(0), "{form}: {} {}", ran.stdout, ran.stderr);
    }
}

#[test]
fn what_is_no_text_is_refused_with_a_clear_message() {
    let bench = Bench::new();
    bench.file("in/a.json", log_text(&[event("StopLogging", 1)]));
    bench.file("r/named.yml", NAMED);
    let cut =
        [&b"\xff\xfe"[..], &utf16("in/a.json", u16::to_le_bytes), &[0x3d, 0xd8, 0x61, 0]].concat();
    bench.file("cut.txt", cut);
    bench.file("nul.txt", b"in/a.json\0in/b.json\0");
    for (option, file, said) in [
        ("--files-from", "nul.txt", "need --null"),
        ("--files-from", "cut.txt", "half a character at byte 20"),
        ("--placeholder", "nul.txt", "a NUL character at byte 9"),
        ("--placeholder", "cut.txt", "half a character at byte 20"),
        ("--keys", "nul.txt", "a NUL character at byte 9"),
    ] {
        let value =
            if option == "--placeholder" { format!("names=@{file}") } else { file.to_owned() };
        let mut args = vec!["hunt", "-r", "rules", "in", option, &value];
        if option == "--keys" {
            args.push("--verify");
        }
        let ran = bench.run(&args);
        assert_eq!(ran.code, Some(2), "{option} {file}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{option} {file}: {}", ran.stderr);
    }
    bench.file("r/cut.yml", [utf16(STOP, u16::to_le_bytes), vec![b'x']].concat());
    let ran = bench.run(&["rules", "check", "-r", "r/cut.yml"]);
    assert!(
        ran.stdout.contains("odd number of bytes") || ran.stderr.contains("odd number of bytes"),
        "{ran:?}"
    );
}
