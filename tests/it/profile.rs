//! `profile`: the floor agrees with the hunt, the rules' counts with its findings.

use std::path::Path;

use serde_json::{Value, json};

use crate::{Bench, Ran, event, gzip, log_text};

/// The test archive of the package.
fn archive() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/archive").display().to_string()
}

fn data(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn the_floor_reads_and_inflates_what_a_hunt_does() {
    let bench = Bench::new();
    let (_, coverage) = bench.coverage(&[&archive()]);
    let ran = bench.run(&["profile", "--floor", &archive(), "-f", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let floor = data(&ran);
    for name in ["files", "bytes_packed", "bytes_inflated"] {
        assert_eq!(floor[name], coverage["totals"][name], "{name}");
    }
    assert!(floor["cpu_seconds"].as_f64().unwrap() > 0.0);
    assert!(floor["wall_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!((&floor["scaled_by"], &floor["interrupted"]), (&json!(1.0), &json!(false)));
}

#[test]
fn the_floor_goes_by_the_options_of_the_hunt() {
    let bench = Bench::new();
    let records: Vec<_> = (0..900).map(|id| event("GetTrail", id)).collect();
    bench.log("logs/a.json.gz", &records);
    bench.file("logs/b.json", log_text(&records));
    bench.log("logs/not/c.json.gz", &records);
    bench.file("names", "logs/a.json.gz\nlogs/b.json\n");
    for options in [
        &["logs", "--max-inflated", "64KiB"][..],
        &["logs", "--exclude", "logs/not/**", "-j", "1", "--access", "read"],
        &["--files-from", "names", "--access", "mmap"],
    ] {
        let (_, coverage) = bench.coverage(options);
        let floor = data(&bench.run(&[&["profile", "--floor", "-f", "json"], options].concat()));
        assert!(floor["bytes_inflated"].as_u64().unwrap() > 400_000, "{floor}");
        for name in ["files", "bytes_packed", "bytes_inflated"] {
            assert_eq!(floor[name], coverage["totals"][name], "{name} {options:?}");
        }
    }
}

#[test]
fn the_floor_is_told_in_words_too() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let ran = bench.run(&["profile", "--floor", "a.json.gz"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for part in ["1 files", "MB/s of text", "CPU-seconds per GB"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
}

#[test]
fn a_damaged_file_makes_three_and_a_wrong_command_line_two() {
    let bench = Bench::new();
    let records: Vec<_> = (0..400).map(|id| event("StopLogging", id)).collect();
    let packed = gzip(&log_text(&records));
    bench.file("cut.json.gz", &packed[..packed.len() / 2]);
    bench.log("a.json.gz", &records);
    let ran = bench.run(&["profile", "--floor", "cut.json.gz"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("salvaged cut.json.gz"), "{}", ran.stderr);
    for args in [
        &["--floor"][..],
        &["--floor", "gone"],
        &["--floor", "a.json.gz", "-r", "rules"],
        &["--floor", "a.json.gz", "-f", "csv"],
        &["--floor", "a.json.gz", "--sample", "5"],
        &["--floor", "a.json.gz", "--sample", "0.0001%"],
    ] {
        let ran = bench.run(&[&["profile"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(!ran.stderr.is_empty());
    }
}
