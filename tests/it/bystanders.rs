//! Files that lie beside evidence and hold no log.

use serde_json::json;

use crate::{Bench, event, log_text};

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const LOG: &str = "111122223333_CloudTrail_us-east-1_20260305T0130Z_0a1B2c3D4e5F6g7H.json";

fn utf16(text: &str) -> Vec<u8> {
    "\u{feff}".chars().chain(text.chars()).flat_map(|c| (c as u16).to_le_bytes()).collect()
}

/// Files of every kind, by name.
fn bystanders() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        (
            "LICENSE-3rdparty.csv",
            text("Component,Origin,License\nserde,https://example.com,\"MIT, or Apache-2.0\"\n"),
        ),
        ("one column.csv", text("name\nfoo\nbar\n")),
        ("odd names.tsv", text("What (kind)\tWhere?\tHow:\na\tb\tc\n")),
        ("inventory.csv", text(&format!("\"bucket\",\"AWSLogs/{LOG}\",\"1234\"\n"))),
        ("hashes.csv", text(&format!("Algorithm,Hash,Path\r\nSHA256,{HASH},C:\\in\\{LOG}\r\n"))),
        ("package.json", text(&json!({"name": "x", "dependencies": {"y": "1.0.0"}}).to_string())),
        ("README.md", text("# Evidence\n\nCopied on a Friday.\n")),
        ("notes.txt", text("the key was used from a hotel\n")),
        ("desktop.ini", text("[.ShellClassInfo]\r\nIconResource=C:\\a.dll,3\r\n")),
        ("._a.json.gz", text("\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x02\0\0\0\x09")),
        (".DS_Store", [b"\0\0\0\x01Bud1\0\0\x10\0\0\0\x08\0".as_slice(), &[0; 500]].concat()),
        ("DS_Store.json", [b"\0\0\0\x01Bud1\0\0\x10\0\0\0\x08\0".as_slice(), &[0; 90]].concat()),
        ("Thumbs.db", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 504]].concat()),
        ("a.json.gz:Zone.Identifier", utf16("[ZoneTransfer]\r\nZoneId=3\r\n")),
        ("MD5SUMS", text(&format!("d41d8cd98f00b204e9800998ecf8427e  {LOG}\n"))),
        ("sums.json", text(&format!("{HASH} *{LOG}\n"))),
        ("powershell.txt", utf16(&format!("\r\nAlgorithm  Hash  Path\r\n------\r\nSHA256 {HASH}"))),
    ]
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.file("in/trail.json", log_text(&[event("StopLogging", 1)]));
    bench
}

#[test]
fn files_beside_evidence_are_skipped_whatever_their_names_and_sizes() {
    let bench = bench();
    let files = bystanders();
    for (name, content) in &files {
        bench.file(format!("in/{name}"), content);
    }
    for way in [&[][..], &["--max-inflated", "64"], &["--coverage-detail", "all"]] {
        let (ran, coverage) = bench.coverage(&[&["in"], way].concat());
        assert_eq!(ran.code, Some(0), "{way:?} {coverage:#}");
        assert_eq!(coverage["outcomes"]["skipped"], json!(files.len()), "{way:?} {coverage:#}");
        assert_eq!(ran.findings().len(), 1);
    }
}

#[test]
fn what_may_hold_records_is_no_bystander() {
    let hidden = log_text(&[event("StopLogging", 2)]);
    let files = [
        ("athena.csv", "user,event_name\nmallory,StopLogging\n".to_owned()),
        ("sources.csv", "a,b\n1,cloudtrail.amazonaws.com\n".to_owned()),
        ("key.csv", "a,b\n1,AKIAIOSFODNN7EXAMPLE\n".to_owned()),
        ("packed.csv", "a,b\n1,H4sIAAAAAAAAA6tWSlSyUoAArdRaAMm9\n".to_owned()),
        ("actions.json", json!({"rows": [{"who": "arn:aws:iam::1:root"}]}).to_string()),
        ("error.json", "<Error><Code>AccessDenied</Code></Error>".to_owned()),
        (LOG, json!({"message": "not found"}).to_string()),
        ("sums.txt", format!("{HASH}  a\n{hidden}")),
        ("._b.txt", format!("\0\x05\x16\x07\0\x02\0\0Mac OS X {hidden}")),
    ];
    for (name, content) in files {
        let bench = bench();
        bench.file(format!("in/{name}"), content);
        let (ran, coverage) = bench.coverage(&["in"]);
        assert_eq!(ran.code, Some(3), "{name} {coverage:#}");
    }
}

#[test]
fn a_table_that_the_user_named_has_failed() {
    let bench = bench();
    bench.file("table.csv", "a,b\n1,2\n");
    assert_eq!(bench.hunt(&["in", "table.csv"]).code, Some(3));
}
