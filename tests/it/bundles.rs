//! The bundles of `testdata/bundles`, and others made here: each file inside is a file like any other.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Bench, Ran, event, gzip, key, log_text,
    pack::{DEFLATE, STORED, Tar, Zip},
};

/// The rule whose matches are planted in the inputs.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// What `expected.json` says of one file inside a bundle, or of a bundle that is not whole.
#[derive(Debug, Deserialize)]
struct Expected {
    outcome: String,
    found: Vec<String>,
    integrity: Option<String>,
    why: String,
}

/// The bundles in a folder `logs`, and what is expected of each file in them.
fn bundles() -> (Bench, BTreeMap<String, Expected>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/bundles");
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

/// A hunt for the planted matches, and its coverage report.
fn hunt(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let fixed = ["hunt", "-r", "builtin", "--rule", SEED, "--duplicates", "keep", "logs"];
    let covered = ["--coverage", "coverage.json", "--force", "--coverage-detail", "all"];
    let ran = bench.run(&[&fixed, &covered[..], args].concat());
    (ran, serde_json::from_str(&bench.read("coverage.json")).unwrap())
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Outcomes add up to the files listed, and every file is named once or, if its name stands twice
/// in its bundle, as often as it stands there.
fn adds_up(coverage: &Value) {
    let outcomes = coverage["outcomes"].as_object().unwrap();
    let files = number(&coverage["totals"]["files"]);
    assert_eq!(outcomes.values().map(number).sum::<u64>(), files);
    if coverage["command"]["coverage_detail"] == "all" {
        assert_eq!(coverage["files"].as_array().unwrap().len() as u64, files);
    }
}

#[test]
fn each_file_ends_as_told_and_gives_what_was_planted() {
    let (bench, expected) = bundles();
    let (ran, coverage) = hunt(&bench, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    adds_up(&coverage);
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let findings = ran.findings();
    for finding in &findings {
        found.entry(finding["file"].as_str().unwrap()).or_default().push(finding);
    }
    let mut listed = Vec::new();
    for file in coverage["files"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        let own = name.strip_prefix("logs/").unwrap();
        listed.push(own);
        let Some(Expected { outcome, found: ids, integrity, why }) = expected.get(own) else {
            panic!("not expected to be listed: {file}")
        };
        assert_eq!(file["outcome"], *outcome, "{own}, {why}: {file}");
        assert_eq!(file["reasons"].is_array(), outcome != "read", "{file}");
        let found = found.remove(name).unwrap_or_default();
        let found_ids: Vec<_> = found.iter().map(|f| f["event_id"].as_str().unwrap()).collect();
        assert_eq!(found_ids, *ids, "{own}, {why}");
        for finding in found {
            assert_eq!(finding["integrity"].as_str(), integrity.as_deref(), "{own}, {why}");
        }
    }
    listed.sort_unstable();
    assert_eq!(listed, expected.keys().collect::<Vec<_>>(), "each is listed once");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_way_to_hunt_finds_the_same_and_tells_the_same() {
    let (bench, expected) = bundles();
    let (plain, covered) = hunt(&bench, &[]);
    let planted: usize = expected.values().map(|file| file.found.len()).sum();
    assert_eq!(plain.findings().len(), planted);
    for way in [
        "-j1",
        "-j2",
        "-j8",
        "--no-prefilter",
        "--access read",
        "--access mmap",
        "--max-inflated 64KiB",
        // Everything is streamed that can be.
        "--max-inflated 1",
        "--max-inflated 1000 --access mmap --no-prefilter",
    ] {
        let (ran, coverage) = hunt(&bench, &way.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(3), "{way}: {}", ran.stderr);
        assert!(ran.stdout == plain.stdout, "{way}: other bytes for the same findings");
        for part in ["files", "totals", "outcomes", "grid"] {
            assert_eq!(coverage[part], covered[part], "{way}");
        }
    }
}

#[test]
fn names_that_are_not_utf8_and_names_that_control_terminals_are_made_harmless() {
    let bench = Bench::new();
    let text = log_text(&[event("StopLogging", 1)]);
    let mut tar = Tar::default();
    tar.file(b"e\xe9.json", text.as_bytes()).file("\x1b[2Jx.json", text.as_bytes());
    bench.file("a.tar", tar.finish());
    let ran = bench.hunt(&["a.tar", "--duplicates", "keep"]);
    assert_eq!(ran.column("file"), ["a.tar!e\u{fffd}.json", "a.tar!\u{1b}[2Jx.json"]);
    assert_eq!(ran.findings()[0]["file_raw"], "612e7461722165e92e6a736f6e");
    let table = bench.hunt(&["a.tar", "--duplicates", "keep", "-f", "table"]);
    assert!(!table.stdout.contains('\x1b'), "{}", table.stdout);
}

/// Logs of two accounts, regions and days in each of the bundles, and one of no known origin.
fn archive(bench: &Bench) {
    let (mut zip, mut tar) = (Zip::default(), Tar::default());
    for (account, region, day, id) in [
        ("111122223333", "eu-west-1", "2024-04-30", 1),
        ("111122223333", "us-east-1", "2024-05-01", 2),
        ("444455556666", "eu-west-1", "2024-07-20", 3),
    ] {
        let log = |id| gzip(&log_text(&[event("StopLogging", id)]));
        zip.file(key(account, region, day), &log(id), STORED).unwrap();
        tar.file(key(account, region, day), &log(10 + id));
    }
    zip.file("loose.json", log_text(&[event("StopLogging", 9)]).as_bytes(), DEFLATE).unwrap();
    bench.file("logs/a.zip", zip.finish());
    bench.file("logs/b.tar", tar.finish());
}

#[test]
fn bounds_prune_by_the_key_inside() {
    let bench = Bench::new();
    archive(&bench);
    for (args, ids, pruned) in [
        ("--account 444455556666", &["e-0003", "e-0009", "e-0013"][..], 4),
        ("--region us-east-1", &["e-0002", "e-0009", "e-0012"], 4),
        ("--from 2024-05-01 --to 2024-05-02", &["e-0002", "e-0009", "e-0012"], 4),
        ("--exclude **/us-east-1/**", &["e-0001", "e-0003", "e-0009", "e-0011", "e-0013"], 0),
        ("--exclude loose.json", &["e-0001", "e-0002", "e-0003", "e-0011", "e-0012", "e-0013"], 0),
        ("--exclude logs/b.tar!**", &["e-0001", "e-0002", "e-0003", "e-0009"], 0),
        ("--exclude **/b.tar", &["e-0001", "e-0002", "e-0003", "e-0009"], 0),
    ] {
        let args: Vec<_> = args.split(' ').collect();
        let (ran, coverage) = bench.coverage(&[&["logs"], &args[..]].concat());
        assert_eq!(
            (ran.code, &ran.column("event_id")[..]),
            (Some(0), &to_owned(ids)[..]),
            "{args:?}"
        );
        assert_eq!(coverage["pruned"]["files"], pruned, "{args:?}");
        assert_eq!(coverage["totals"]["files"], ids.len(), "{args:?}");
        adds_up(&coverage);
    }
    let (_, coverage) = bench.coverage(&["logs"]);
    assert_eq!(coverage["grid"].as_array().unwrap().len(), 3, "keys inside are in the grid");
}

fn to_owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[test]
fn a_copy_in_a_bundle_is_a_copy() {
    let bench = Bench::new();
    let text = log_text(&[event("StopLogging", 1), event("StopLogging", 2)]);
    bench.file("logs/a.json", &text);
    let mut zip = Zip::default();
    zip.file("a.json", text.as_bytes(), DEFLATE).unwrap();
    zip.file("a.json", text.as_bytes(), DEFLATE).unwrap();
    bench.file("logs/b.zip", zip.finish());
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.column("file"), ["logs/a.json", "logs/a.json"]);
    assert_eq!(coverage["totals"]["duplicates_dropped"], 4);
    assert_eq!(coverage["totals"]["files"], 3, "a name that stands twice is two files");
}

#[test]
fn a_bundle_stands_in_its_place_and_keeps_its_own_order() {
    let bench = Bench::new();
    let log = |id| log_text(&[event("StopLogging", id)]).into_bytes();
    bench.file("logs/a.json", log(1));
    let mut zip = Zip::default();
    for (name, id) in [("z.json", 2), ("m.json", 3), ("a.json", 4)] {
        zip.file(name, &log(id), DEFLATE).unwrap();
    }
    bench.file("logs/b.zip", zip.finish());
    bench.file("logs/c.json", log(5));
    let mut stdin = bench.command(&["hunt", "-r", "rules", "-", "logs"]);
    let ran = crate::ran(&stdin.write_stdin(zip.finish()).output().unwrap());
    let files = ["-!z.json", "-!m.json", "-!a.json", "logs/a.json", "logs/c.json"];
    assert_eq!(ran.column("file"), files, "{}", ran.stderr);
    assert_eq!(
        bench.hunt(&["logs"]).column("event_id"),
        ["e-0001", "e-0002", "e-0003", "e-0004", "e-0005"]
    );
}

#[test]
fn twenty_thousand_files_in_each_of_three_bundles_keep_their_order() {
    const COUNT: u32 = 20_000;
    let bench = Bench::new();
    let log = |id| log_text(&[event("StopLogging", id)]).into_bytes();
    for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
        let at = u32::try_from(at).unwrap();
        if name == "b" {
            let mut tar = Tar::default();
            for file in 0..COUNT {
                let content = if file % 1000 == 0 { log(at * COUNT + file) } else { Vec::new() };
                tar.file(format!("{file:05}"), &content);
            }
            bench.file("logs/b.tar.gz", gzip_bytes(&tar.finish()));
        } else {
            let mut zip = Zip::default();
            for file in 0..COUNT {
                let content = if file % 1000 == 0 { log(at * COUNT + file) } else { Vec::new() };
                zip.file(format!("{file:05}"), &content, STORED).unwrap();
            }
            bench.file(format!("logs/{name}.zip"), zip.finish());
        }
    }
    let one = bench.hunt(&["logs", "-j", "1"]);
    assert_eq!(one.findings().len(), 60);
    let (ran, coverage) = bench.coverage(&["logs", "-j", "3"]);
    assert_eq!((ran.code, &ran.stdout), (Some(0), &one.stdout));
    assert_eq!(coverage["totals"]["files"], 3 * COUNT);
    assert_eq!(coverage["outcomes"]["read"], 60);
    assert_eq!(coverage["outcomes"]["skipped"], 3 * COUNT - 60, "empty, and not named like data");
    adds_up(&coverage);
    let (ran, coverage) = bench.coverage(&["logs", "--limit", "25"]);
    assert_eq!((ran.findings().len(), &coverage["limit_reached"]), (25, &true.into()));
    assert_eq!(coverage["totals"]["files"], COUNT + 4001, "the files up to the last finding");
}

fn gzip_bytes(bytes: &[u8]) -> Vec<u8> {
    crate::pack::gzip(bytes).unwrap()
}

/// A bundle of bundles of bundles, each of which holds the next sixteen times.
#[test]
fn a_bundle_that_multiplies_is_opened_to_its_depth_and_told() {
    let bench = Bench::new();
    let mut bytes = vec![0; 100_000];
    for _ in 0..6 {
        let mut zip = Zip::default();
        for number in 0..5 {
            zip.file(format!("{number}.zip"), &bytes, DEFLATE).unwrap();
        }
        bytes = zip.finish();
    }
    bench.file("42.zip", bytes);
    let (ran, coverage) = bench.coverage(&["42.zip"]);
    assert_eq!(ran.code, Some(3));
    assert_eq!(coverage["outcomes"]["failed"], 625, "five of five of five of five");
    assert_eq!(coverage["totals"]["files"], 625);
    assert!(coverage["files"][0]["reasons"][0].as_str().unwrap().contains("nested more than 4"));
    adds_up(&coverage);
}

#[test]
fn a_profile_a_floor_and_a_sample_see_the_files_inside() {
    let bench = Bench::new();
    let (mut zip, mut tar) = (Zip::default(), Tar::default());
    for file in 0..400 {
        let text = log_text(&[event("StopLogging", file), event("GetTrail", 1)]);
        zip.file(format!("{file}.json.gz"), &gzip(&text), STORED).unwrap();
        tar.file(format!("{file}.json"), text.as_bytes());
    }
    bench.file("logs/a.zip", zip.finish());
    bench.file("logs/b.tgz", gzip_bytes(&tar.finish()));
    bench.file("logs/c.zip", log_text(&[event("StopLogging", 1)]));
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let profile = |args: &[&str]| -> Value {
        let ran = bench.run(&[&["profile", "logs", "-f", "json"], args].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let baseline = profile(&["--baseline"]);
    for name in ["files", "bytes_packed", "bytes_inflated"] {
        assert_eq!(baseline[name], coverage["totals"][name], "{name}");
    }
    let whole = profile(&["-r", "rules"]);
    let matches = |profile: &Value| -> u64 {
        profile["rules"].as_array().unwrap().iter().map(|rule| number(&rule["matched"])).sum()
    };
    assert_eq!(matches(&whole), 801);
    let part = profile(&["-r", "rules", "--sample", "20%"]);
    assert_eq!(part["run"]["files"], 801);
    let files = number(&part["run"]["files_read"]);
    assert!((80..240).contains(&files), "{files} files of a fifth of 801");
}

#[test]
fn without_room_for_temporary_files_what_needs_them_fails_and_is_told() {
    let bench = Bench::new();
    let log = |id| log_text(&[event("StopLogging", id)]).into_bytes();
    let inner = Zip::default().file("x.json", &log(1), STORED).unwrap().finish();
    let mut outer = Zip::default();
    outer.file("a.zip", &inner, DEFLATE).unwrap().file("b.json", &log(2), DEFLATE).unwrap();
    bench.file("outer.zip", outer.finish());
    for (cap, ids, code) in [("64MiB", &["e-0001", "e-0002"][..], 0), ("1", &["e-0002"], 3)] {
        let args = ["hunt", "-r", "rules", "outer.zip", "--max-inflated", cap];
        let covered = ["--coverage", "coverage.json", "--force"];
        let mut command = bench.command(&[&args[..], &covered].concat());
        let ran = crate::ran(&command.env("TMPDIR", "/nowhere").output().unwrap());
        assert_eq!((ran.code, ran.column("event_id")), (Some(code), to_owned(ids)), "{cap}");
        let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
        adds_up(&coverage);
        assert_eq!(coverage["outcomes"]["failed"], u64::from(code == 3));
        if code == 3 {
            assert!(ran.stderr.contains("cannot keep it in a temporary file"), "{}", ran.stderr);
        }
    }
}
