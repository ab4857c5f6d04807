//! Which rules a hunt runs, and what it says about those it does not.

use crate::{BAD, Bench, event};

fn bench() -> Bench {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1), event("DescribeTrails", 2)]);
    bench
}

#[test]
fn rules_are_chosen_by_id_title_and_level() {
    let bench = bench();
    for (args, found) in [
        (&["--rule", "trail stopped"][..], &["Trail Stopped"][..]),
        (&["--rule", "11111111-aaaa-4aaa-8aaa-000000000002"], &["Trails Looked At"]),
        (&["--rule", "*looked*", "--rule", "*stopped"], &["Trail Stopped", "Trails Looked At"]),
        (&["--exclude-rule", "*looked*"], &["Trail Stopped"]),
        (&["--level", "medium"], &["Trail Stopped"]),
        (&["--level", "low"], &["Trail Stopped", "Trails Looked At"]),
    ] {
        let ran = bench.hunt(&[&["a.json.gz"], args].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.column("rule_title"), found, "{args:?}");
    }
}

#[test]
fn a_choice_that_chooses_nothing_is_refused() {
    let ran = bench().hunt(&["a.json.gz", "--rule", "trail stoped"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(
        ran.stderr.contains("trail stoped") && ran.stderr.contains("Trail Stopped"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_rules_path_without_rules_is_refused() {
    let bench = bench();
    bench.file("none/README", "no rules");
    for path in ["none", "gone"] {
        let ran = bench.run(&["hunt", "a.json.gz", "-r", path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{path}");
        assert!(ran.stderr.contains(path), "{}", ran.stderr);
    }
}

#[test]
fn a_refused_rule_stops_the_hunt_before_it_reads() {
    let bench = bench();
    bench.file("rules/bad.yml", BAD);
    let ran = bench.hunt(&["a.json.gz"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    for part in ["rules/bad.yml:4:", "contians", "--skip-bad-rules"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn refused_rules_can_be_skipped_and_are_told() {
    let bench = bench();
    bench.file("rules/bad.yml", BAD);
    let (ran, coverage) = bench.coverage(&["a.json.gz", "--skip-bad-rules"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(0), 2), "{}", ran.stderr);
    assert_eq!(
        (&coverage["rules"]["loaded"], &coverage["rules"]["refused"]),
        (&2.into(), &1.into())
    );
    let refusal = coverage["rules"]["refusals"][0].as_str().unwrap();
    assert!(refusal.starts_with("rules/bad.yml:4: "), "{refusal}");
}

#[test]
fn rules_for_other_log_sources_are_counted_and_nothing_is_hunted_with_them_alone() {
    let bench = bench();
    bench.file(
        "other/windows.yml",
        crate::STOP.replace("product: aws, service: cloudtrail", "product: windows"),
    );
    let (ran, coverage) = bench.coverage(&["a.json.gz", "-r", "other"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(0), 2), "{}", ran.stderr);
    assert_eq!(coverage["rules"]["not_run"], serde_json::json!({"other-log-source": 1}));
    let alone = bench.run(&["hunt", "a.json.gz", "-r", "other"]);
    assert_eq!((alone.code, alone.stdout.as_str()), (Some(2), ""));
    let told = "error: none of the 1 rule is for CloudTrail (other/windows.yml: windows); nothing to hunt with";
    assert!(alone.stderr.contains(told), "{}", alone.stderr);
}

#[test]
fn the_slow_path_finds_the_same() {
    let bench = bench();
    assert_eq!(
        bench.hunt(&["a.json.gz", "--no-prefilter"]).stdout,
        bench.hunt(&["a.json.gz"]).stdout
    );
}

#[test]
fn placeholders_come_from_values_and_files() {
    let bench = bench();
    bench.file(
        "expand/rule.yml",
        crate::STOP.replace("{eventName: StopLogging}", "{eventName|expand: '%names%'}"),
    );
    bench.file("names.txt", "StopLogging\nDeleteTrail\n");
    let hunt =
        |value: &str| bench.run(&["hunt", "a.json.gz", "-r", "expand", "--placeholder", value]);
    assert_eq!(hunt("names=@names.txt").findings().len(), 1);
    assert_eq!(hunt("names=DeleteTrail").findings().len(), 0);
    assert_eq!(bench.run(&["hunt", "a.json.gz", "-r", "expand"]).code, Some(2));
}
