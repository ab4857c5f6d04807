//! `rules test`: rules against their example events.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{BAD, Bench, STOP, event};

const STOP_ID: &str = "11111111-aaaa-4aaa-8aaa-000000000001";

/// Examples of [`STOP`], all of them as they should be.
fn good() -> Value {
    json!({
        "rule": STOP_ID,
        "match": [event("StopLogging", 1)],
        "no_match": [{"why": "It starts.", "record": event("StartLogging", 2)}],
    })
}

#[test]
fn examples_beside_a_rule_are_found_and_tried() {
    let bench = Bench::new();
    bench.file("rules/stop.json", good().to_string());
    let ran = bench.run(&["rules", "test", "rules"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    none     no examples  Trails Looked At  (rules/look.yml)
    passed    2 examples  Trail Stopped  (rules/stop.yml)
    1 passed, 0 failed, 1 without examples, 0 used only by correlations; 2 examples tried.
    ");
    let strict = bench.run(&["rules", "test", "rules", "--require-examples"]);
    assert_eq!(strict.code, Some(1), "{}", strict.stderr);
}

#[test]
fn what_was_expected_and_what_was_found_is_told() {
    let bench = Bench::new();
    let wrong = json!({
        "rule": STOP_ID,
        "match": [event("StopLogging", 1), event("DeleteTrail", 2)],
        "no_match": [{"why": "It is not in capitals.", "record": event("stoplogging", 3)}],
    });
    bench.file("examples/any/name.json", wrong.to_string());
    let args = ["rules", "test", "-r", "rules", "--examples", "examples"];
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @"
    none     no examples  Trails Looked At  (rules/look.yml)
    FAILED    3 examples  Trail Stopped  (rules/stop.yml)
            match 2: expected a match, found no match; examples/any/name.json
            near miss 1 (It is not in capitals.): expected no match, found a match; examples/any/name.json
    0 passed, 1 failed, 1 without examples, 0 used only by correlations; 3 examples tried.
    ");
    let json = bench.run(&[&args[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&report["failed"], &report["without_examples"]), (&1.into(), &1.into()));
    assert_eq!(report["rules"][1]["failures"][0]["example"], "match 2");
    assert_eq!(json.code, Some(1));
}

#[test]
fn numbers_of_examples_are_taken_as_they_are_spelled() {
    let bench = Bench::new();
    let number = "123456789012345678901234567891";
    let field = "{eventName: StopLogging, requestParameters.n: NUMBER}".replace("NUMBER", number);
    bench.file("rules/stop.yml", STOP.replace("{eventName: StopLogging}", &field));
    let record = |number: &str| {
        r#"{"eventName":"StopLogging","requestParameters":{"n":NUMBER}}"#.replace("NUMBER", number)
    };
    let near = record("123456789012345678901234567890");
    let examples = format!(
        r#"{{"rule":"{STOP_ID}","match":[{}],"no_match":[{{"why":"one less","record":{near}}}]}}"#,
        record(number)
    );
    bench.file("rules/stop.json", examples);
    let ran = bench.run(&["rules", "test", "rules/stop.yml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 examples"), "{}", ran.stdout);
}

#[test]
fn a_correlation_is_tried_on_whole_archives() {
    let bench = Bench::new();
    let twice = format!(
        "{STOP}---
title: Stopped Twice
id: 11111111-aaaa-4aaa-8aaa-000000000003
correlation:
  type: event_count
  rules: [{STOP_ID}]
  group-by: [awsRegion]
  timespan: 1m
  condition: {{gte: 2}}
"
    );
    bench.file("rules/stop.yml", twice);
    let records =
        json!([{"eventTime": "2024-05-01T00:00:01Z"}, {"eventTime": "2024-05-01T00:00:02Z"}]);
    let examples = |count: u32| {
        json!({
            "correlation": "11111111-aaaa-4aaa-8aaa-000000000003",
            "common": {"eventName": "StopLogging", "awsRegion": "eu-west-1"},
            "found": [{"why": "two", "group": {"awsRegion": "eu-west-1"}, "count": count, "records": records}],
            "not_found": [{"why": "one", "records": [records[0]]}],
        })
    };
    bench.file("rules/stop.json", examples(2).to_string());
    let ran = bench.run(&["rules", "test", "rules/stop.yml", "--require-examples"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    bench.file("rules/stop.json", examples(3).to_string());
    let ran = bench.run(&["rules", "test", "rules/stop.yml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r#"
    feeds    no examples  Trail Stopped  (rules/stop.yml)
    FAILED    2 examples  Stopped Twice  (rules/stop.yml)
            archive 1 (two): expected one finding of group {"awsRegion":"eu-west-1"}, count 3, found group {"awsRegion":"eu-west-1"}, count 2; rules/stop.json
    0 passed, 1 failed, 0 without examples, 1 used only by correlations; 2 examples tried.
    "#);
}

#[test]
fn what_cannot_be_loaded_or_read_is_no_failed_test() {
    let bench = Bench::new();
    bench.file("bad/bad.yml", BAD);
    bench.file("slip/stop.yml", STOP);
    bench.file("slip/stop.json", r#"{"rule": "x", "matches": []}"#);
    bench.file("empty/readme.txt", "");
    for args in [
        &["rules", "test", "bad"][..],
        &["rules", "test", "gone"],
        &["rules", "test", "slip"],
        &["rules", "test", "rules", "--examples", "empty"],
        &["rules", "test", "rules", "--examples", "gone"],
    ] {
        let ran = bench.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.contains("error"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn other_json_beside_rules_is_left_alone_and_lost_examples_are_told() {
    let bench = Bench::new();
    bench.file("rules/stop.json", r#"{"anything": 1}"#);
    assert_eq!(bench.run(&["rules", "test", "rules"]).code, Some(0));
    let lost = good().to_string().replace(STOP_ID, "22222222");
    bench.file("examples/lost.json", lost);
    let ran = bench.run(&["rules", "test", "rules", "--examples", "examples"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.stderr.contains("examples/lost.json has examples of a rule"), "{}", ran.stderr);
}

/// The rules of the program find what their examples say, and nothing that comes near.
#[test]
fn the_rules_of_the_program_pass() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules");
    let files = fs::read_dir(&top).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.is_dir());
    let count: usize = files.map(|folder| fs::read_dir(folder).unwrap().count()).sum();
    let top = top.display().to_string();
    let args = ["rules", "test", "--examples", &top, "--require-examples", "-f", "json"];
    let ran = Bench::new().run(&args);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&report["failed"], &report["passed"]), (&0.into(), &count.into()));
    assert_eq!(report["unused"], json!([]));
}

#[test]
fn a_rule_without_examples_is_reported_and_fails_only_on_request() {
    let bench = Bench::new();
    let ran = bench.run(&["rules", "test", "rules/stop.yml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("1 without examples"), "{}", ran.stdout);
    assert!(ran.stderr.contains("No examples to test"), "{}", ran.stderr);
    let strict = bench.run(&["rules", "test", "rules/stop.yml", "--require-examples"]);
    assert_eq!(strict.code, Some(1));
    assert!(
        strict.stderr.contains("--require-examples: 1 rule without examples"),
        "{}",
        strict.stderr
    );
}

#[test]
fn findings_of_a_hunt_are_examples() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1), event("DescribeTrails", 2)]);
    assert_eq!(bench.hunt(&["logs", "-o", "found.ndjson"]).code, Some(0));
    let args = ["rules", "test", "rules", "--from-findings", "found.ndjson", "--require-examples"];
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 passed, 0 failed"), "{}", ran.stdout);

    // The rule has changed, and no longer matches what it found.
    bench.file("rules/stop.yml", STOP.replace("StopLogging", "DeleteTrail"));
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("line 1: expected a match, found no match; found.ndjson"),
        "{}",
        ran.stdout
    );

    bench.file("bad.ndjson", "{\"time\":1}\n");
    let ran = bench.run(&["rules", "test", "rules", "--from-findings", "bad.ndjson"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("bad.ndjson:1: not a finding"), "{}", ran.stderr);
    bench.file("empty.ndjson", "");
    let ran = bench.run(&["rules", "test", "rules", "--from-findings", "empty.ndjson"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("empty.ndjson holds no finding"), "{}", ran.stderr);
}
