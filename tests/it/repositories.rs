//! Rules from a whole repository: what is no `CloudTrail` rule is counted, and what means to be one and cannot run is an
//! error of one line.

use std::fs;

use serde_json::Value;

use crate::{BAD, Bench, STOP, event};

/// A rule for another log source.
const WINDOWS: &str = "\
title: Elsewhere
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: x.exe}
  condition: selection
";

/// A folder as a repository of rules has it.
fn repository() -> Bench {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    bench.file("rules/windows/good.yml", WINDOWS);
    bench.file("rules/windows/broken.yml", WINDOWS.replace("Image|endswith", "Image|unknown"));
    bench.file(
        "rules/windows/aggregate.yml",
        WINDOWS.replace("n: selection\n", "n: selection | count() > 3\n"),
    );
    bench.file("rules/windows/not-yaml.yml", format!("{WINDOWS}\n\t{{{{ template }}}}\n"));
    bench.file(
        "rules/windows/collection.yml",
        format!(
            "action: global\ntitle: Shared\nlevel: low\n---\n{}",
            WINDOWS.replace("Elsewhere", "Collected")
        ),
    );
    bench.file("rules/old/unsupported.yml", format!("status: unsupported\n{BAD}"));
    bench.file("rules/.github/workflows/test.yml", "on: push\njobs: {}\n");
    bench.file("rules/.hidden.yml", BAD);
    bench.file("rules/._stop.yml", [0, 5, 22, 7]);
    bench.file("rules/mkdocs.yml", "site_name: rules\nplugins: [search]\n");
    bench.file("rules/config/list.yaml", "- 1.2.3.4\n- detection\n");
    bench.file("rules/config/template.yml", "{% for x in y %}\n\t- {{x}}\n");
    bench.file("rules/empty.yml", "");
    bench
}

#[test]
fn a_repository_of_rules_can_be_used_whole() {
    let bench = repository();
    let ran = bench.hunt(&["logs", "--coverage", "coverage.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert_eq!(ran.findings().len(), 1);
    assert!(!ran.stderr.contains("error"), "{}", ran.stderr);
    for line in [
        "1 rule document not run: it has status: unsupported.",
        "5 rule documents not run: they are for other log sources.",
        "Left out 4 YAML files that are not Sigma rules.",
        "Left out 3 hidden files and folders among the rules.",
    ] {
        assert!(ran.stderr.contains(line), "{line} in {}", ran.stderr);
    }
    let rules = &coverage["rules"];
    assert_eq!(rules["refused"], 0);
    assert_eq!(rules["not_run"]["other-log-source"], 5);
    assert_eq!(rules["not_run"]["unsupported"], 1);
    assert_eq!(rules["left_out"], serde_json::json!({"hidden": 3, "not_sigma": 4}));
}

#[test]
fn what_means_to_be_a_rule_and_cannot_run_is_a_line_and_an_error() {
    let bench = repository();
    bench.file("rules/bad.yml", BAD);
    bench.file("rules/bad2.yml", BAD.replace("Misspelled", "Again"));
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(2));
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stderr);
    assert!(lines[0].starts_with("error: rules/bad.yml:4:"), "{}", ran.stderr);
    assert!(lines[1].starts_with("error: rules/bad2.yml:4:"), "{}", ran.stderr);
    assert!(lines[2].starts_with("error: 2 rule documents cannot run"), "{}", ran.stderr);
    let verbose = bench.hunt(&["logs", "-v"]);
    assert!(verbose.stderr.contains("contians"), "{}", verbose.stderr);
    let quiet = bench.hunt(&["logs", "-q", "--skip-bad-rules"]);
    assert_eq!(quiet.code, Some(0), "{}", quiet.stderr);
    assert_eq!(quiet.stderr.lines().count(), 1, "{}", quiet.stderr);
    assert!(quiet.stderr.contains("skipped 2 rule documents"), "{}", quiet.stderr);
}

#[test]
fn files_in_other_encodings_and_filters_are_counted_by_their_log_source() {
    let bench = repository();
    let latin1 =
        |text: &str| text.replace("Elsewhere", "Ü").chars().map(|c| c as u8).collect::<Vec<_>>();
    bench.file("rules/windows/latin1.yml", latin1(WINDOWS));
    bench.file(
        "rules/windows/filter.yml",
        "title: F\nlogsource: {product: windows}\nfilter: {rules: [x], selection: {a: b}, condition: not selection}\n",
    );
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("7 rule documents not run: they are for other"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("filter"), "{}", ran.stderr);

    let ours = WINDOWS.replace("product: windows, category: process_creation", "product: aws");
    bench.file("rules/latin1.yml", latin1(&ours));
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("rules/latin1.yml:1:8: this file is not UTF-8"), "{}", ran.stderr);
}

#[test]
fn the_errors_of_a_document_are_one_line() {
    let bench = repository();
    let bad = "title: Several\nlogsource: {product: aws}\ndetection:\n  s: {eventName|a: x, b|c: y}\n  condition: s\n";
    bench.file("rules/bad.yml", format!("{bad}---\n{BAD}---\n{bad}"));
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(2));
    let lines: Vec<_> =
        ran.stderr.lines().filter(|line| line.starts_with("error: rules/")).collect();
    assert_eq!(lines.len(), 3, "{}", ran.stderr);
    assert!(ran.stderr.matches("1 more error in this document").count() == 2, "{}", ran.stderr);
}

#[test]
fn a_folder_without_rules_says_what_it_holds() {
    let bench = Bench::new();
    bench.file("other/a.yml", "on: push\n");
    bench.file("other/b.yaml", "- 1\n");
    let ran = bench.run(&["hunt", "logs", "-r", "other"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("no Sigma rules in other: none of its 2 YAML files"),
        "{}",
        ran.stderr
    );
    // Named itself, a file must be a rule.
    let ran = bench.run(&["rules", "check", "other/a.yml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    fs::create_dir(bench.path("none")).unwrap();
    let ran = bench.run(&["rules", "check", "none"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("no rules in none (looked for *.yml and *.yaml files)"),
        "{}",
        ran.stderr
    );
}

#[cfg(unix)]
#[test]
fn links_in_rule_folders_make_no_loops_and_are_never_lost() {
    use std::os::unix::fs::symlink;

    let bench = Bench::new();
    symlink("..", bench.path("rules/loop")).unwrap();
    symlink("self.yml", bench.path("rules/self.yml")).unwrap();
    symlink("gone.yml", bench.path("rules/dangling.yml")).unwrap();
    let ran = bench.run(&["rules", "check", "rules", "-f", "json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let problems: Value = serde_json::from_str(&ran.stdout).unwrap();
    let unread = problems.as_array().unwrap().iter().filter(|it| it["code"] == "unreadable-file");
    assert_eq!(unread.count(), 2, "{}", ran.stdout);
    assert!(!ran.stdout.contains("os error"), "{}", ran.stdout);
}

#[test]
fn filters_may_name_rules_by_title() {
    let bench = Bench::new();
    bench.file(
        "rules/filter.yml",
        "title: Not us\nlogsource: {product: aws, service: cloudtrail}\nfilter:\n  rules: [Trail Stopped]\n  \
         us: {awsRegion: nowhere}\n  condition: not us\n",
    );
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(coverage["rules"]["filters"][0]["rules"], 1);
    let line = "\"Trail Stopped\" is a title; its id is 11111111-aaaa-4aaa-8aaa-000000000001";
    assert!(ran.stderr.contains(line), "{}", ran.stderr);
    assert!(STOP.contains("Trail Stopped"));
}
