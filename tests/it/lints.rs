//! `rules check` beyond what loading tells: lints, their forms, comments, changes, archives.

use serde_json::Value;

use super::{Bench, event, key};

/// One field in another case, one permission that is no event, one event that nobody knows.
const ODD: &str = "\
title: Odd
id: 22222222-aaaa-4aaa-8aaa-000000000001
level: low
logsource: {product: aws, service: cloudtrail}
detection:
  selection:
    eventsource: iam.amazonaws.com
    eventName:
      - PassRole
      - Frobnicate
  condition: selection
";

fn odd() -> Bench {
    let bench = Bench::new();
    bench.file("odd.yml", ODD);
    bench
}

fn problems(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn codes(text: &str) -> Vec<String> {
    problems(text).iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn warnings_and_notes_are_told_with_their_place_and_do_not_fail() {
    let ran = odd().run(&["rules", "check", "odd.yml"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for part in [
        "warning[field-case]: the field eventsource is spelled eventSource",
        "odd.yml:7:5",
        "note[unknown-event]: Frobnicate is not known as an event name",
        "- PassRole",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(ran.stderr.contains("errors: 0, warnings: 2, notes: 1"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of these can be set right with --fix"), "{}", ran.stderr);
}

#[test]
fn json_has_both_ends_of_the_place_and_what_a_fix_does() {
    let ran = odd().run(&["rules", "check", "odd.yml", "-f", "json"]);
    let problems = problems(&ran.stdout);
    let first = &problems[0];
    assert_eq!((&first["line"], &first["column"]), (&7.into(), &5.into()));
    assert_eq!((&first["end_line"], &first["end_column"]), (&7.into(), &16.into()));
    assert_eq!(first["severity"], "warning");
    assert_eq!(first["fix"], "eventsource is now eventSource");
    assert_eq!(problems[1]["fix"], Value::Null);
}

#[test]
fn sarif_has_rules_regions_and_fixes() {
    let bench = odd();
    bench.file("a b.yml", super::BAD);
    let ran = bench.run(&["rules", "check", "odd.yml", "a b.yml", "-f", "sarif"]);
    assert_eq!(ran.code, Some(1));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &run["tool"]["driver"]["rules"]
            [usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["shortDescription"]["text"].as_str().unwrap().ends_with('.'));
    }
    let of = |code: &str| results.iter().find(|result| result["ruleId"] == code).unwrap();
    let fixed = of("field-case");
    let region = &fixed["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 7);
    let replacement = &fixed["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], "eventSource");
    assert_eq!(replacement["deletedRegion"], *region);
    let refused = of("unknown-modifier");
    assert_eq!(refused["level"], "error");
    assert_eq!(refused["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.yml");
}

#[test]
fn codes_are_allowed_and_denied_by_options() {
    let bench = odd();
    let ran = bench.run(&["rules", "check", "odd.yml", "--allow", "field-case", "-f", "json"]);
    assert_eq!(codes(&ran.stdout), ["wrong-event-name", "unknown-event"]);
    assert!(ran.stderr.contains("allowed: 1"), "{}", ran.stderr);
    let ran = bench.run(&["rules", "check", "odd.yml", "--deny", "unknown-event", "-f", "json"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(problems(&ran.stdout)[2]["severity"], "error");
    let ran = bench.run(&["rules", "check", "odd.yml", "--deny", "warnings", "-f", "json"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(problems(&ran.stdout)[2]["severity"], "note");
    let ran = bench.run(&["rules", "check", "odd.yml", "--allow", "no-such-code"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
}

#[test]
fn comments_keep_lints_silent_and_never_what_refuses() {
    let bench = odd();
    let commented = ODD.replace("Role\n", "Role # backtrail: allow(wrong-event-name)\n");
    bench.file("odd.yml", format!("# backtrail: allow(field-case, unknown-event)\n{commented}"));
    let ran = bench.run(&["rules", "check", "odd.yml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    bench
        .file("bad.yml", super::BAD.replace("Stop}", "Stop} # backtrail: allow(unknown-modifier)"));
    let ran = bench.run(&["rules", "check", "bad.yml", "-f", "json"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(codes(&ran.stdout), ["unknown-modifier", "unused-allow"]);
}

#[test]
fn a_fix_changes_the_file_once_and_leaves_the_rest() {
    let bench = odd();
    let shown = bench.run(&["rules", "check", "odd.yml", "--fix", "--diff"]);
    assert!(
        shown.stdout.contains("-    eventsource: iam.amazonaws.com\n+    eventSource: iam"),
        "{}",
        shown.stdout
    );
    assert_eq!(bench.read("odd.yml"), ODD, "a diff changes nothing");
    let ran = bench.run(&["rules", "check", "odd.yml", "--fix", "-f", "json"]);
    assert_eq!(bench.read("odd.yml"), ODD.replace("eventsource", "eventSource"));
    assert_eq!(codes(&ran.stdout), ["wrong-event-name", "unknown-event"]);
    assert!(
        ran.stderr.contains("fixed: odd.yml:7: eventsource is now eventSource"),
        "{}",
        ran.stderr
    );
    let again = bench.run(&["rules", "check", "odd.yml", "--fix", "-f", "json"]);
    assert!(again.stderr.contains("fixed in all: 0"), "{}", again.stderr);
    let names: Vec<_> = std::fs::read_dir(bench.path(".")).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");
}

#[cfg(unix)]
#[test]
fn a_fix_keeps_links_and_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let bench = odd();
    std::fs::set_permissions(bench.path("odd.yml"), PermissionsExt::from_mode(0o640)).unwrap();
    symlink("odd.yml", bench.path("link.yml")).unwrap();
    assert_eq!(bench.run(&["rules", "check", "link.yml", "--fix"]).code, Some(0));
    assert!(bench.path("link.yml").is_symlink());
    assert!(bench.read("odd.yml").contains("eventSource"));
    let mode = std::fs::metadata(bench.path("odd.yml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn rules_are_held_against_an_archive() {
    let bench = odd();
    let mut odd = event("Frobnicate", 2);
    odd["eventSource"] = "iam.amazonaws.com".into();
    odd["requestParameters"] = serde_json::json!({"bucketName": "a"});
    bench.log(&key("111122223333", "eu-west-1", "2024-05-01"), &[event("StopLogging", 1), odd]);
    let ran =
        bench.run(&["rules", "check", "-r", "rules", "-r", "odd.yml", "--against", "AWSLogs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stdout.contains("unknown-event"), "the archive has that name: {}", ran.stdout);
    for part in [
        "warning[cannot-fire]: cannot fire on this data: eventName is never \"DescribeTrails\"",
        "cannot fire on this data: the field eventsource never occurs",
        "help: nearest: the field eventSource",
        "           1  requestParameters.bucketName\n",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("Trail Stopped"), "{}", ran.stdout);
    let ran = bench.run(&["rules", "check", "rules", "--against", "AWSLogs", "-f", "json"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["problems"][0]["code"], "cannot-fire");
    assert_eq!(
        (&document["archive"]["records"], &document["archive"]["whole"]),
        (&2.into(), &true.into())
    );
    let fields = document["archive"]["fields_not_looked_at"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["field"] == "awsRegion" && field["records"] == 2));
    assert!(fields.iter().all(|field| field["field"] != "eventName"));
}

#[test]
fn an_archive_can_make_events_and_fields_known() {
    let bench = odd();
    bench.file("log.json", super::log_text(&[event("Frobnicate", 1)]));
    let ran = bench.run(&["rules", "check", "odd.yml", "--events-from", "log.json", "-f", "json"]);
    assert_eq!(codes(&ran.stdout), ["field-case", "wrong-event-name"]);
    bench.file("own.yml", ODD.replace("eventsource", "eventContext.own"));
    assert!(
        codes(&bench.run(&["rules", "check", "own.yml", "-f", "json"]).stdout)
            .contains(&"unknown-field".to_owned())
    );
    let mut own = event("Frobnicate", 1);
    own["eventContext"] = serde_json::json!({"own": "iam.amazonaws.com"});
    bench.file("own.json", super::log_text(&[own]));
    let ran = bench.run(&["rules", "check", "own.yml", "--events-from", "own.json", "-f", "json"]);
    assert_eq!(codes(&ran.stdout), ["wrong-event-name"]);
    bench.file("cut.json.gz", &super::gzip(&super::log_text(&[event("Frobnicate", 1)]))[..80]);
    let ran = bench.run(&["rules", "check", "odd.yml", "--events-from", "cut.json.gz"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let ran = bench.run(&["rules", "check", "odd.yml", "--against", "gone"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
}

#[test]
fn every_lint_is_listed_and_has_a_page() {
    let bench = Bench::new();
    let list = bench.run(&["rules", "check", "--list-lints"]).stdout;
    let lints: Vec<_> = list.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert!(lints.len() > 30 && lints.contains(&"no-required-literal"), "{list}");
    for lint in ["no-required-literal", "unused-allow", "bad-cidr"] {
        let page = bench.run(&["rules", "check", "--explain", lint]);
        assert_eq!(page.code, Some(0));
        assert!(page.stdout.starts_with(&format!("{lint} (")), "{}", page.stdout);
    }
    assert_eq!(bench.run(&["rules", "check", "--explain", "nothing"]).code, Some(2));
}
