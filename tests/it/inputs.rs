//! What `hunt` takes for input, and what it refuses before it reads anything.

use crate::{Bench, event, log_text};

#[test]
fn a_hunt_without_input_says_what_to_give() {
    let ran = Bench::new().hunt(&[]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr, @"error: no input: name files or folders, - for standard input, or --files-from FILE");
}

#[test]
fn a_named_input_that_is_missing_stops_the_hunt_before_it_reads() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let ran = bench.hunt(&["a.json.gz", "gone.json.gz"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("gone.json.gz"), "{}", ran.stderr);
}

#[test]
fn folders_are_walked_in_the_order_of_their_keys() {
    let bench = Bench::new();
    for (name, id) in [
        ("logs/b.json.gz", 3),
        ("logs/a/z.json.gz", 1),
        ("logs/a.json.gz", 2),
        ("logs/.hidden.json.gz", 4),
    ] {
        bench.log(name, &[event("StopLogging", id)]);
    }
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let order = ["logs/.hidden.json.gz", "logs/a.json.gz", "logs/a/z.json.gz", "logs/b.json.gz"];
    assert_eq!(ran.column("file"), order);
}

#[test]
fn named_inputs_keep_the_order_they_are_given_in() {
    let bench = Bench::new();
    for (name, id) in [("a.json.gz", 1), ("b.json.gz", 2)] {
        bench.log(name, &[event("StopLogging", id)]);
    }
    assert_eq!(bench.hunt(&["b.json.gz", "a.json.gz"]).column("file"), ["b.json.gz", "a.json.gz"]);
}

#[test]
fn names_come_from_a_list_with_line_feeds_or_nul_bytes() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    bench.log("odd\nname.json.gz", &[event("StopLogging", 2)]);
    bench.file("lines", "a.json.gz\n");
    bench.file("nuls", "odd\nname.json.gz\0a.json.gz\0");
    assert_eq!(bench.hunt(&["--files-from", "lines"]).column("file"), ["a.json.gz"]);
    let ran = bench.hunt(&["-0", "--files-from", "nuls"]);
    assert_eq!(ran.column("file"), ["odd\nname.json.gz", "a.json.gz"]);
    let piped = bench
        .command(&["hunt", "-r", "rules", "--files-from", "-"])
        .write_stdin("a.json.gz\n")
        .output()
        .unwrap();
    assert_eq!(crate::ran(&piped).column("file"), ["a.json.gz"]);
}

#[test]
fn one_log_comes_from_standard_input() {
    let bench = Bench::new();
    let text = log_text(&[event("StopLogging", 1)]);
    for input in [text.clone().into_bytes(), crate::gzip(&text)] {
        let output =
            bench.command(&["hunt", "-r", "rules", "-"]).write_stdin(input).output().unwrap();
        let ran = crate::ran(&output);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.column("file"), ["-"]);
    }
}

#[test]
fn standard_input_cannot_be_both_log_and_list() {
    let ran = Bench::new().hunt(&["-", "--files-from", "-"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("can be named only once"), "{}", ran.stderr);
}

#[test]
fn excluded_names_are_not_listed() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    bench.log("logs/old/b.json.gz", &[event("StopLogging", 2)]);
    let (ran, coverage) = bench.coverage(&["logs", "--exclude", "*/old/*"]);
    assert_eq!(ran.column("file"), ["logs/a.json.gz"]);
    assert_eq!(coverage["totals"]["files"], 1);
}

#[test]
fn malformed_values_name_the_flag() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let cases = [
        ["--from", "yesterday"],
        ["--to", "2024-02-30"],
        ["--max-inflated", "64MB"],
        ["--threads", "0"],
        ["--limit", "0"],
        ["--fail-on", "dire"],
        ["--format", "xml"],
        ["--exclude", "[a"],
        ["--placeholder", "admins"],
    ];
    for [flag, value] in cases {
        let ran = bench.hunt(&["a.json.gz", flag, value]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{flag} {value}");
        assert!(ran.stderr.contains(flag), "{flag} {value}: {}", ran.stderr);
    }
}
