//! The broken inputs of `testdata/broken`: what becomes of each, and what is found in it all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;
use serde_json::Value;

use crate::{Bench, Ran};

/// The rule whose matches are planted in the inputs.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// What `expected.json` says of one input.
#[derive(Debug, Deserialize)]
struct Expected {
    outcome: String,
    found: Vec<String>,
    absent: Vec<String>,
    why: String,
}

/// The inputs in a folder `logs`, and what is expected of each.
fn broken() -> (Bench, BTreeMap<String, Expected>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/broken");
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

fn hunt(bench: &Bench, args: &[&str]) -> Ran {
    let seed = ["hunt", "-r", "builtin", "--rule", SEED, "--duplicates", "keep", "logs"];
    bench.run(&[&seed, args].concat())
}

/// The file and the id of each finding. One of them nests deeper than a JSON parser likes to go, so
/// the line is read only up to the event.
fn findings(ran: &Ran) -> Vec<(String, String)> {
    let text = |line: &str, key: &str| {
        let (_, rest) = line.split_once(&format!("\"{key}\":\"")).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    ran.stdout.lines().map(|line| (text(line, "file"), text(line, "event_id"))).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn each_input_ends_as_told_and_gives_what_was_planted() {
    let (bench, expected) = broken();
    let ran = hunt(&bench, &["--coverage-detail", "all", "--coverage", "coverage.json"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    let outcomes: BTreeMap<&str, &Value> = coverage["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["name"].as_str().unwrap(), file))
        .collect();
    assert_eq!(outcomes.len(), expected.len());

    let all = findings(&ran);
    for (name, Expected { outcome, found, absent, why }) in &expected {
        let file = format!("logs/{name}");
        let told = outcomes[file.as_str()];
        assert_eq!(told["outcome"], *outcome, "{name}, {why}: {told}");
        let reasons = told["reasons"].as_array().map_or(0, Vec::len);
        assert_eq!(reasons > 0, outcome != "read", "{name}: {told}");
        let ids: BTreeSet<&String> =
            all.iter().filter(|finding| finding.0 == file).map(|finding| &finding.1).collect();
        assert_eq!(ids, found.iter().collect(), "{name}, {why}");
        assert!(!all.iter().any(|(_, id)| absent.contains(id)), "{name}, {why}: {absent:?}");
    }
    let planted: usize = expected.values().map(|file| file.found.len()).sum();
    assert_eq!(all.len(), planted, "each is found once");
}

#[test]
fn the_totals_add_up() {
    let (bench, expected) = broken();
    hunt(&bench, &["--coverage-detail", "all", "--coverage", "coverage.json"]);
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    for outcome in ["read", "salvaged", "skipped", "failed"] {
        let count = expected.values().filter(|file| file.outcome == outcome).count();
        assert_eq!(number(&coverage["outcomes"][outcome]), count as u64, "{outcome}");
    }
    let totals = &coverage["totals"];
    let outcomes = coverage["outcomes"].as_object().unwrap();
    assert_eq!(outcomes.values().map(number).sum::<u64>(), number(&totals["files"]));
    assert_eq!(number(&totals["files"]), expected.len() as u64);
    let files = coverage["files"].as_array().unwrap();
    let records: u64 = files.iter().map(|file| number(&file["records"])).sum();
    assert_eq!(records, number(&totals["records"]));
    let planted: usize = expected.values().map(|file| file.found.len()).sum();
    assert_eq!(number(&totals["findings"]), planted as u64);
}

#[test]
fn every_way_to_hunt_finds_the_same() {
    let (bench, _) = broken();
    let plain = hunt(&bench, &[]);
    for way in [
        "--coverage-detail all --coverage coverage.json --force",
        "--coverage-detail times --coverage coverage.json --force",
        "-j1",
        "-j2",
        "--no-prefilter",
        "--access read",
        "--access mmap",
        // Less than the 12 MiB of one of them, which is streamed then.
        "--max-inflated 1MiB",
        "--max-inflated 1MiB --no-prefilter",
    ] {
        let ran = hunt(&bench, &way.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(3), "{way}: {}", ran.stderr);
        assert_eq!(findings(&ran), findings(&plain), "{way}");
        assert!(ran.stdout == plain.stdout, "{way}: other bytes for the same findings");
    }
}
