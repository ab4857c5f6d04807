//! Hunts that end early: by a limit, a reader that goes away, a signal, a full disk.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{Bench, event, log_text};

fn many(bench: &Bench, files: u32) {
    for file in 0..files {
        let records: Vec<_> = (0..50).map(|id| event("StopLogging", file * 50 + id)).collect();
        bench.log(&format!("logs/{file:03}.json.gz"), &records);
    }
}

#[test]
fn a_limit_ends_the_hunt_at_the_same_place_whatever_the_threads_do() {
    let bench = Bench::new();
    many(&bench, 40);
    let whole = bench.hunt(&["logs"]).stdout;
    for threads in ["1", "4"] {
        let (ran, coverage) = bench.coverage(&["logs", "--limit", "120", "-j", threads]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.findings().len(), 120);
        assert!(whole.starts_with(&ran.stdout));
        assert_eq!(coverage["limit_reached"], true);
        assert_eq!(coverage["totals"]["findings"], 120);
        assert_eq!(coverage["totals"]["files"], 3, "the files up to the last finding");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_hunt_quietly() {
    let bench = Bench::new();
    many(&bench, 100);
    let mut child = spawn(&bench, &["logs", "--coverage", "coverage.json"]);
    drop(child.stdin.take());
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!stderr.contains("error"), "{stderr}");
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert_eq!(coverage["output_closed"], true);
}

#[test]
fn an_interrupt_ends_the_hunt_also_while_it_waits_for_input() {
    let bench = Bench::new();
    many(&bench, 2);
    // Standard input is a file in flight for as long as the test wants; the folder comes after it.
    let args = ["-", "logs", "-j", "1", "-v", "-o", "found.ndjson", "--coverage", "coverage.json"];
    let mut child = spawn(&bench, &args);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for(&mut stderr, "hunting with");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&log_text(&[event("StopLogging", 7)]).as_bytes()[..10]).ok();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    wait_for(&mut stderr, "interrupted");
    // Nobody waits for the rest.
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.contains("found.ndjson.partial"), "{told}");
    assert!(!bench.path("found.ndjson").exists());
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert_eq!(coverage["interrupted"], true);
    let files = coverage["totals"]["files"].as_u64().unwrap();
    assert!(files <= 1, "no file was started after the interrupt, {files} were");
    let found = bench.read("found.ndjson.partial");
    assert_eq!(found, "", "the rest never came");
    if files == 1 {
        let reasons = &coverage["files"][0]["reasons"];
        assert_eq!(reasons[0], "interrupted before all of it was read", "{coverage}");
    }
    drop(stdin);
}

#[test]
fn an_output_that_fails_in_mid_run_is_an_error_and_coverage_is_still_written() {
    let bench = Bench::new();
    many(&bench, 20);
    let (ran, coverage) = bench.coverage(&["logs", "-o", "/dev/full"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: cannot write findings"), "{}", ran.stderr);
    assert!(coverage["finished"].is_string());
}

fn spawn(bench: &Bench, args: &[&str]) -> std::process::Child {
    Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
        .args([&["hunt", "-r", "rules"], args].concat())
        .current_dir(bench.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads lines until one holds `text`.
fn wait_for(lines: &mut impl BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "the program ended before it said {text:?}"
        );
    }
}
