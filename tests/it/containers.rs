//! What wraps records and what only looks like them: every file of `testdata/containers`, in every
//! way of scanning.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Bench, Ran, event, log_text};

/// The rule whose matches are planted.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// What `expected.json` says of one file.
#[derive(Debug, Deserialize)]
struct Expected {
    outcome: String,
    records: u64,
    /// The id of each event, and its index.
    found: BTreeSet<(String, u64)>,
    /// The records are not in it and have to be rebuilt.
    #[serde(default)]
    rebuilt: bool,
    why: String,
}

fn containers() -> (Bench, BTreeMap<String, Expected>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/containers");
    let bench = Bench::new();
    for entry in fs::read_dir(&from).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "expected.json" {
            bench.file(format!("logs/{name}"), fs::read(from.join(&name)).unwrap());
        }
    }
    let expected = fs::read_to_string(from.join("expected.json")).unwrap();
    (bench, serde_json::from_str(&expected).unwrap())
}

fn hunt(bench: &Bench, way: &str) -> (Ran, Value) {
    let seed = ["hunt", "-r", "builtin", "--rule", SEED, "--duplicates", "keep", "logs"];
    let coverage = ["--coverage", "coverage.json", "--force"];
    let way: Vec<&str> = way.split(' ').filter(|word| !word.is_empty()).collect();
    let ran = bench.run(&[&seed[..], &coverage, &way].concat());
    (ran, serde_json::from_str(&bench.read("coverage.json")).unwrap())
}

#[test]
fn each_form_ends_as_told_and_gives_what_was_planted() {
    let (bench, expected) = containers();
    let (ran, coverage) = hunt(&bench, "--coverage-detail all");
    let findings = ran.findings();
    let files = coverage["files"].as_array().unwrap();
    assert_eq!(files.len(), expected.len());
    let mut wrong = Vec::new();
    for (name, Expected { outcome, records, found, why, .. }) in &expected {
        let file = format!("logs/{name}");
        let told = files.iter().find(|told| told["name"] == *file).unwrap();
        let of_file = findings.iter().filter(|finding| finding["file"] == *file);
        let id = |finding: &Value| finding["event_id"].as_str().unwrap().to_owned();
        let got: BTreeSet<_> =
            of_file.map(|finding| (id(finding), finding["record"].as_u64().unwrap())).collect();
        if told["outcome"] != *outcome || told["records"] != *records || got != *found {
            wrong.push(format!(
                "{name}, {why}: expected {outcome}, {records} records, {found:?}; {told}, {got:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let planted: usize = expected.values().map(|file| file.found.len()).sum();
    assert_eq!(findings.len(), planted, "each is found once");
    assert_eq!(ran.code, Some(3));
}

#[test]
fn the_event_of_a_finding_is_the_record_without_its_wrapping() {
    let (bench, expected) = containers();
    let (ran, _) = hunt(&bench, "");
    let findings = ran.findings();
    let (mut kept, mut rebuilt) = (0, 0);
    for finding in findings {
        let event = &finding["event"];
        assert_eq!(event["eventName"], "GetSigninToken", "{finding}");
        assert_eq!(event["eventID"], finding["event_id"]);
        let name = finding["file"].as_str().unwrap().strip_prefix("logs/").unwrap();
        assert_eq!(event["_rebuiltFrom"].is_string(), expected[name].rebuilt, "{finding}");
        if expected[name].rebuilt {
            // What was chosen or kept is in its place, and nothing is made up for the rest.
            assert_eq!(event["sourceIPAddress"], "198.51.100.23", "{finding}");
            assert_eq!(event["userAgent"], "python-requests/2.31.0", "{finding}");
            assert_eq!(event["additionalEventData"], Value::Null, "{finding}");
            rebuilt += 1;
            continue;
        }
        kept += 1;
        let note = "quote \" backslash \\ café 🔑 line\nend";
        assert_eq!(event["additionalEventData"]["note"], note, "{finding}");
    }
    assert!(kept > 60 && rebuilt == 6, "{kept} {rebuilt}");
}

/// One of `items` is larger than what is held of a streamed file.
fn with_a_giant(items: &mut [Value], key: &str) {
    items[1][key] = Value::from("x".repeat(3 << 20));
}

#[test]
fn an_item_beyond_the_cap_is_told_and_the_others_are_found() {
    let bench = Bench::new();
    let looked_up = |id| json!({"CloudTrailEvent": event("StopLogging", id).to_string()});
    let mut items: Vec<Value> = (0..4).map(looked_up).collect();
    with_a_giant(&mut items, "Note");
    bench.file("answer.json", json!({"Events": items}).to_string());
    let lines: Vec<String> = items.iter().map(Value::to_string).collect();
    bench.file("lines.json", lines.join("\n"));
    let cells: Vec<String> = lines.iter().map(|line| line.replace('"', "\"\"")).collect();
    bench.file("table.csv", format!("event\n\"{}\"\n", cells.join("\"\n\"")));
    for file in ["answer.json", "lines.json", "table.csv"] {
        let (ran, coverage) = bench.coverage(&[file, "--max-inflated", "1MiB"]);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert_eq!(ran.column("record"), ["0", "2", "3"], "{file}");
        let told = &coverage["files"][0];
        assert_eq!(told["outcome"], "salvaged");
        assert!(told["reasons"][0].as_str().unwrap().contains("larger than the cap"), "{told}");
        let whole = bench.hunt(&[file]);
        assert_eq!((whole.code, whole.findings().len()), (Some(0), 4), "{file}: {}", whole.stderr);
    }
}

#[test]
fn a_stranger_beyond_the_cap_is_a_stranger() {
    let bench = Bench::new();
    let mut items = vec![json!({"resourceType": "AWS::S3::Bucket"}); 40_000];
    with_a_giant(&mut items, "configuration");
    let snapshot =
        json!({"configSnapshotId": "c", "configurationItems": items, "fileVersion": "1"});
    bench.file("snapshot.json", snapshot.to_string());
    let flow = "2 111122223333 eni-0a 192.0.2.1 192.0.2.2 443 1 6 2 4 1 2 ACCEPT OK\n";
    bench.file("flow.json", flow.repeat(40_000));
    for cap in ["1MiB", "64MiB"] {
        let (ran, coverage) =
            bench.coverage(&["snapshot.json", "flow.json", "--max-inflated", cap]);
        assert_eq!(ran.code, Some(2), "nothing was searched: {}", ran.stderr);
        assert_eq!(coverage["outcomes"]["skipped"], 2, "{}", coverage["files"]);
    }
}

#[test]
fn what_aws_left_out_of_a_wrapped_record_is_counted_once() {
    let bench = Bench::new();
    let mut cut = event("StopLogging", 1);
    cut["requestParameters"] = json!({"reason": "too large", "omitted": "true"});
    let envelope = json!({"detail-type": "AWS API Call via CloudTrail", "detail": cut});
    let answer = json!({"CloudTrailEvent": cut.to_string()});
    bench.file("lines.json", format!("{envelope}\n{cut}\n{envelope}\n{answer}\n"));
    for way in [&["lines.json"][..], &["lines.json", "--no-prefilter"]] {
        let (ran, coverage) = bench.coverage(&[way, &["--coverage-detail", "all"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(coverage["blind_spots"]["omitted_parameters"], 4, "{way:?}");
        assert_eq!(coverage["totals"]["records"], 4);
    }
}

#[test]
fn every_way_to_hunt_finds_the_same_and_tells_the_same() {
    let (bench, _) = containers();
    let (plain, told) = hunt(&bench, "");
    for way in [
        "-j1",
        "-j2",
        "--no-prefilter",
        "--access read",
        "--access mmap",
        "--max-inflated 1KiB",
        "--max-inflated 1KiB --no-prefilter",
    ] {
        let (ran, coverage) = hunt(&bench, way);
        assert_eq!(ran.code, plain.code, "{way}: {}", ran.stderr);
        assert!(ran.stdout == plain.stdout, "{way}: other bytes");
        assert_eq!(coverage["files"], told["files"], "{way}");
        assert_eq!(coverage["blind_spots"], told["blind_spots"], "{way}");
    }
}

#[test]
fn wrapped_records_between_two_trail_files_are_seen_by_the_gates() {
    let bench = Bench::new();
    let trail = log_text(&[event("Other", 1)]);
    let item = json!({"EventId": "e-0002", "CloudTrailEvent": event("StopLogging", 2).to_string()});
    let glued = format!("{trail}{}{trail}", json!({"Events": [item]}));
    bench.file("glued.json", glued);
    let (gated, slow) =
        (bench.hunt(&["glued.json"]), bench.hunt(&["glued.json", "--no-prefilter"]));
    assert_eq!(gated.column("event_id"), ["e-0002"], "{}", gated.stderr);
    assert_eq!(gated.stdout, slow.stdout);
}
