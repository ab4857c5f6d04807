//! `rules list` and `rules check`.

use serde_json::Value;

use crate::{BAD, Bench, STOP};

#[test]
fn the_list_says_what_runs_and_why_the_rest_does_not() {
    let bench = Bench::new();
    bench.file(
        "rules/windows.yml",
        STOP.replace("product: aws, service: cloudtrail", "product: windows")
            .replace("Trail Stopped", "Elsewhere"),
    );
    let ran = bench.run(&["rules", "list", "-r", "rules"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r"
    LEVEL  STATE             ID                                    TITLE             FILE
    low    runs              11111111-aaaa-4aaa-8aaa-000000000002  Trails Looked At  rules/look.yml
    high   runs              11111111-aaaa-4aaa-8aaa-000000000001  Trail Stopped     rules/stop.yml
    -      other-log-source  11111111-aaaa-4aaa-8aaa-000000000001  Elsewhere         rules/windows.yml
    ");
    let json = bench.run(&["rules", "list", "rules", "--format", "json"]);
    let listed: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(
        (&listed[0]["runs"], &listed[2]["reason"]),
        (&true.into(), &"other-log-source".into())
    );
}

#[test]
fn builtin_rules_are_the_default_and_all_good() {
    let bench = Bench::new();
    let ran = bench.run(&["rules", "check"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(bench.run(&["rules", "list"]).stdout.contains("builtin:"));
}

#[test]
fn good_rules_pass_the_check() {
    let ran = Bench::new().run(&["rules", "check", "rules"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
}

#[test]
fn a_bad_rule_fails_the_check_with_its_place() {
    let bench = Bench::new();
    bench.file("rules/bad.yml", BAD);
    let ran = bench.run(&["rules", "check", "-r", "rules"]);
    assert_eq!(ran.code, Some(1));
    for part in ["error[", "rules/bad.yml:4:", "eventName|contians: Stop"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\x1b'));

    let json = bench.run(&["rules", "check", "rules", "-f", "json"]);
    assert_eq!(json.code, Some(1));
    let problems: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&problems[0]["file"], &problems[0]["line"]), (&"rules/bad.yml".into(), &4.into()));
    assert_eq!(problems[0]["severity"], "error");
}

#[test]
fn a_path_without_rules_is_a_usage_error() {
    let bench = Bench::new();
    for args in [["rules", "check", "gone"], ["rules", "list", "gone"]] {
        let ran = bench.run(&args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
    }
}

/// Two rules with techniques and a correlation over one of them.
fn listed() -> Bench {
    let bench = Bench::new();
    bench.file(
        "rules/stop.yml",
        STOP.replace("[attack.defense-evasion]", "[attack.T1562.008, attack.t1078]"),
    );
    bench.file(
        "rules/many.yml",
        "\
title: Many Stops
level: high
tags: [attack.t1562]
correlation:
  type: event_count
  rules: [11111111-aaaa-4aaa-8aaa-000000000001]
  timespan: 1h
  condition: {gte: 2}
---
title: No Gate
logsource: {product: aws, service: cloudtrail}
detection: {s: {errorCode: null}, condition: s}
---
title: By Provider
level: low
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventSource: kms.amazonaws.com, userAgent|contains: rclone}, condition: s}
",
    );
    bench
}

fn titles(bench: &Bench, args: &[&str]) -> Vec<String> {
    let all = [&["rules", "list", "rules", "-q", "-f", "json"], args].concat();
    let ran = bench.run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let listed: Value = serde_json::from_str(&ran.stdout).unwrap();
    let titles = listed.as_array().unwrap().iter().map(|it| it["title"].as_str().unwrap());
    titles.map(str::to_owned).collect()
}

#[test]
fn the_list_is_of_what_is_asked_for() {
    let bench = listed();
    assert_eq!(titles(&bench, &["--technique", "t1562"]), ["Trail Stopped", "Many Stops"]);
    assert_eq!(titles(&bench, &["--technique", "T1562.008"]), ["Trail Stopped"]);
    assert_eq!(titles(&bench, &["--technique", "T1562.007"]), [""; 0]);
    assert_eq!(titles(&bench, &["--event", "stoplogging"]), ["Trail Stopped", "Many Stops"]);
    assert_eq!(
        titles(
            &bench,
            &[
                "--event",
                "DescribeTrails",
                "--event",
                "cloudtrail.amazonaws.com:StopLogging",
                "--level",
                "high"
            ]
        ),
        ["Trail Stopped", "Many Stops"],
        "a rule without a provider is about any"
    );
    assert_eq!(
        titles(&bench, &["--prefilter", "event-name"]),
        ["Trails Looked At", "Trail Stopped"]
    );
    assert_eq!(titles(&bench, &["--prefilter", "literal"]), ["By Provider"]);
    assert_eq!(titles(&bench, &["--prefilter", "none"]), ["No Gate"]);
    assert_eq!(
        titles(&bench, &["--prefilter", "event-name", "--technique", "T1078"]),
        ["Trail Stopped"]
    );
    let ran = bench.run(&["rules", "list", "rules", "--technique", "1562"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("such as T1078 or T1078.004"), "{}", ran.stderr);
}

#[test]
fn the_list_can_be_a_layer_for_the_navigator() {
    let bench = listed();
    let ran = bench.run(&["rules", "list", "rules", "--format", "navigator"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout);
    let narrowed =
        bench.run(&["rules", "list", "rules", "-f", "navigator", "--technique", "T1078"]);
    let layer: Value = serde_json::from_str(&narrowed.stdout).unwrap();
    assert_eq!(
        layer["techniques"].as_array().unwrap().len(),
        2,
        "those of the rule that is listed"
    );
}
