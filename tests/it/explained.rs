//! `rules explain`: how rules run, and why they match an event or do not.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{BAD, Bench, STOP, event, log_text};

/// The rule this program was begun for.
const SEED: &str = "f8103686-e3e8-46f3-be72-65f7fcb4aa53";

/// A file with a match of the seed rule and its nearest miss.
fn with_seed_events() -> Bench {
    let name = "testdata/rules/lateral-movement/aws_console_getsignintoken.json";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let examples: Value = serde_json::from_str(&text).unwrap();
    let (found, missed) = (&examples["match"][0], &examples["no_match"][0]["record"]);
    let bench = Bench::new();
    bench.file("events.json", log_text(&[found.clone(), missed.clone()]));
    bench
}

/// A rule of this detection, in YAML's flow style.
fn rule(detection: &str) -> String {
    format!(
        "title: Made Up\nlogsource: {{product: aws, service: cloudtrail}}\ndetection: {detection}\n"
    )
}

/// The explanation of a rule of this detection on this event.
fn explained(detection: &str, event: &Value) -> String {
    let bench = Bench::new();
    bench.file("rule.yml", rule(detection));
    bench.file("event.json", event.to_string());
    let ran = bench.run(&["rules", "explain", "rule.yml", "--event", "event.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.stdout
}

/// Whether all these lines stand in the text.
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.lines().any(|each| each.trim() == *line), "{line}\nis missing in\n{text}");
    }
}

#[test]
fn the_seed_rule_is_explained_on_a_match_and_a_near_miss() {
    let ran = with_seed_events().run(&["rules", "explain", SEED, "--event", "events.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!("seed_rule_as_text", ran.stdout);
}

#[test]
fn the_seed_rule_is_explained_for_tools() {
    let args = ["rules", "explain", SEED, "--event", "events.json", "-f", "json"];
    let ran = with_seed_events().run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let answers = &told["rules"][0]["events"];
    assert_eq!((&answers[0]["matches"], &answers[1]["matches"]), (&true.into(), &false.into()));
    insta::assert_snapshot!("seed_rule_as_json", ran.stdout);
}

#[test]
fn rules_are_named_by_file_folder_id_or_title() {
    let bench = Bench::new();
    let titles = |args: &[&str]| {
        let ran = bench.run(&[&["rules", "explain", "-f", "json"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        let rules = told["rules"].as_array().unwrap().clone();
        rules.iter().map(|rule| rule["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(&["rules"]), ["Trails Looked At", "Trail Stopped"]);
    assert_eq!(titles(&["rules/stop.yml"]), ["Trail Stopped"]);
    assert_eq!(titles(&["rules/stop.yml", "-r", "rules"]), ["Trail Stopped"]);
    assert_eq!(titles(&["trails*", "-r", "rules"]), ["Trails Looked At"]);
    assert_eq!(titles(&["11111111-aaaa-4aaa-8aaa-000000000001", "-r", "rules"]), ["Trail Stopped"]);
    assert_eq!(titles(&[SEED]), ["AWS Console GetSigninToken Potential Abuse"]);
}

#[test]
fn what_cannot_be_explained_is_a_usage_error() {
    let bench = Bench::new();
    bench.file("bad.yml", BAD);
    bench.file("broken.json", "{");
    bench.file("empty.json", r#"{"Records":[]}"#);
    for args in [
        &["rules", "explain"][..],
        &["rules", "explain", "No Such Title"],
        &["rules", "explain", "bad.yml"],
        &["rules", "explain", "rules", "--event", "gone.json"],
        &["rules", "explain", "rules", "--event", "broken.json"],
        &["rules", "explain", "rules", "--event", "empty.json"],
    ] {
        let ran = bench.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
    }
}

#[test]
fn an_event_comes_from_standard_input_too() {
    let bench = Bench::new();
    let mut command = bench.command(&["rules", "explain", "rules/stop.yml", "--event", "-"]);
    let output = command.write_stdin(event("StopLogging", 1).to_string()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    says(&text, &["Record 0, StopLogging, e-0001: MATCHES"]);
}

#[test]
fn each_item_says_what_it_asks_and_what_is_there() {
    let given = json!({
        "eventName": "PutItem",
        "requestParameters": {"n": 12_345_678_901_234_567_890_u64, "list": ["a", "b"], "empty": []},
        "userAgent": "aws",
    });
    let text = explained(
        "{s: {eventName: [GetItem, PutItem], requestParameters.n|gt: 5, requestParameters.list|contains|all: [a, c], requestParameters.gone: x, requestParameters.empty: y, userAgent|neq: aws, eventName|fieldref: userAgent}, condition: s}",
        &given,
    );
    says(
        &text,
        &[
            "Record 0, PutItem, without eventID: does not match",
            "yes    eventName is \"GetItem\", or is \"PutItem\"; found \"PutItem\"; satisfied: PutItem",
            "yes    requestParameters.n is more than 5; found 12345678901234567890",
            "no     requestParameters.list contains \"a\", and contains \"c\"; found \"a\", \"b\"; satisfied: a",
            "no     requestParameters.gone is \"x\"; the field is not there",
            "no     requestParameters.empty is \"y\"; the field is an empty list",
            "no     not: userAgent is \"aws\"; found \"aws\"",
            "no     eventName is what userAgent is; found \"PutItem\"; the other has \"aws\"",
        ],
    );
}

#[test]
fn a_rule_without_a_required_text_is_told_what_it_costs() {
    let text = explained("{s: {eventName|exists: true}, condition: s}", &event("A", 1));
    says(
        &text,
        &[
            "1. No prefilter: every record",
            "Why: a match requires no text: s can match without any literal.",
            "Without a prefilter every record is parsed for this rule, which slows down the whole hunt; `backtrail profile` measures by how much.",
        ],
    );
}

#[test]
fn texts_beside_the_name_and_anywhere_are_told() {
    let text = explained(
        "{s: {eventName: AssumeRole, userAgent|contains: kali-linux}, condition: s}",
        &event("AssumeRole", 1),
    );
    says(
        &text,
        &[
            "1. Event-name filter: records whose eventName is assumerole (any case)",
            "2. Second literal filter: of these, records that also contain kali-linux (any case)",
            "3. These records are parsed, and the condition is evaluated",
        ],
    );
    let text = explained("{s: {userAgent|startswith: kali-linux}, condition: s}", &event("A", 1));
    says(&text, &["1. Literal filter: records that contain \"kali-linux (any case)"]);
}

#[test]
fn what_aws_leaves_out_is_told_by_what_it_does_to_the_rule() {
    let detection = "{s: {eventName: A, requestParameters.x: y}, f: {responseElements.z: w}, condition: s and not f}";
    let text = explained(detection, &event("A", 1));
    for part in [
        "requestParameters.x: AWS omits requestParameters from a record if it is over 100 KB; the rule cannot match there.",
        "responseElements.z: AWS omits responseElements from a record if it is over 100 KB; the exclusion is not true, and the record is still found.",
    ] {
        assert!(text.contains(part), "{part}\nis missing in\n{text}");
    }
}

#[test]
fn text_of_events_and_rules_cannot_control_a_terminal() {
    let mut given = event("A", 1);
    given["eventName"] = json!("A\u{1b}[2J");
    let text = explained("{s: {eventName: \"x\\e[1m\"}, condition: s}", &given);
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn correlations_and_filters_are_explained() {
    let bench = Bench::new();
    let set = format!(
        "{STOP}---
title: Stopped Twice
id: 11111111-aaaa-4aaa-8aaa-000000000003
level: critical
correlation:
  type: value_count
  rules: [{id}]
  group-by: [who]
  aliases: {{who: {{{id}: userIdentity.arn}}}}
  timespan: 10m
  condition: {{gte: 2, field: awsRegion}}
---
title: Not The Operators
logsource: {{product: aws, service: cloudtrail}}
filter:
  rules: [{id}]
  selection: {{userIdentity.arn|endswith: /operator}}
  condition: not selection
",
        id = "11111111-aaaa-4aaa-8aaa-000000000001"
    );
    bench.file("set.yml", set);
    let ran = bench.run(&["rules", "explain", "set.yml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!("correlation_and_filter", ran.stdout);
}
