//! What wraps records and what only looks like them: every file of `testdata/containers`, in every
//! way of scanning.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;
use serde_json::Value;

use crate::{Bench, Ran};

/// The rule whose matches are planted.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// What `expected.json` says of one file.
#[derive(Debug, Deserialize)]
struct Expected {
    outcome: String,
    records: u64,
    /// The id of each event, and its index.
    found: BTreeSet<(String, u64)>,
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
    let coverage = ["--coverage", "coverage.json"];
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
    for (name, Expected { outcome, records, found, why }) in &expected {
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
    let (bench, _) = containers();
    let (ran, _) = hunt(&bench, "");
    let findings = ran.findings();
    assert!(findings.len() > 50);
    for finding in findings {
        let event = &finding["event"];
        assert_eq!(event["eventName"], "GetSigninToken", "{finding}");
        assert_eq!(event["eventID"], finding["event_id"]);
        let note = "quote \" backslash \\ café 🔑 line\nend";
        assert_eq!(event["additionalEventData"]["note"], note, "{finding}");
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
