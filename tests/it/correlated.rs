//! What `hunt` does with correlations and filters.

use serde_json::{Value, json};

use crate::{Bench, event};

/// A rule for one event name.
fn rule(name: &str, event: &str, level: &str) -> String {
    format!(
        "title: {name}\nid: id-{name}\nname: {name}\nlevel: {level}\nlogsource: {{product: aws, service: cloudtrail}}\n\
         detection:\n  sel: {{eventName: {event}}}\n  condition: sel\n"
    )
}

/// At least so many events of a rule from one address within a minute.
fn burst(name: &str, rules: &str, least: u32, more: &str) -> String {
    format!(
        "title: {name}\nid: id-{name}\nname: {name}\nlevel: high\ntags: [attack.impact]\ncorrelation:\n  \
         type: event_count\n  rules: {rules}\n  group-by: [sourceIPAddress]\n  timespan: 1m\n  \
         condition: {{gte: {least}}}\n{more}"
    )
}

/// A folder with these documents as its rules, and three files in no order of time: `Denied` at the seconds
/// 1, 2, 3 and 100, `Ok` at 4.
fn bench(documents: &[String]) -> Bench {
    let bench = Bench::new();
    std::fs::remove_dir_all(bench.path("rules")).unwrap();
    bench.file("rules/all.yml", documents.join("---\n"));
    bench.log("logs/a.json.gz", &[event("Denied", 100), event("Denied", 2)]);
    bench.log("logs/b.json.gz", &[event("Ok", 4), event("Denied", 1)]);
    bench.log("logs/c.json.gz", &[event("Denied", 3)]);
    bench
}

fn quiet() -> Vec<String> {
    vec![rule("denied", "Denied", "low"), burst("many", "[denied]", 3, "")]
}

fn alerts(findings: &[Value]) -> Vec<&Value> {
    findings.iter().filter(|finding| finding.get("correlation").is_some()).collect()
}

#[test]
fn a_finding_of_a_correlation_has_its_keys_in_order() {
    let ran = bench(&quiet()).hunt(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r#"{"time":"2024-05-01T00:00:03Z","level":"high","rule_id":"id-many","rule_title":"many","tags":["attack.impact"],"event_source":null,"event_name":null,"account":null,"region":null,"principal":null,"access_key":null,"source_ip":null,"user_agent":null,"error_code":null,"event_id":null,"file":null,"record":null,"matched":null,"integrity":null,"event":null,"correlation":{"type":"event_count","group":{"sourceIPAddress":"192.0.2.1"},"count":3,"first":"2024-05-01T00:00:01Z","last":"2024-05-01T00:00:03Z","events":3,"event_ids":["e-0001","e-0002","e-0003"]}}"#);
    assert!(ran.stderr.contains("1 finding with 1 rule and 1 correlation."), "{}", ran.stderr);
}

#[test]
fn csv_has_the_group_as_json_in_its_last_columns() {
    let ran = bench(&quiet()).hunt(&["logs", "-f", "csv"]);
    insta::assert_snapshot!(ran.stdout.lines().nth(1).unwrap(), @r#"2024-05-01T00:00:03Z,high,id-many,many,attack.impact,,,,,,,,,,,,,,event_count,"{""sourceIPAddress"":""192.0.2.1""}",3,2024-05-01T00:00:01Z,2024-05-01T00:00:03Z"#);
    let columns: Vec<usize> = ran.stdout.lines().map(|line| line.matches(',').count()).collect();
    assert_eq!(columns[0], 22);
}

#[test]
fn a_table_shows_group_count_and_time_and_the_events_if_asked() {
    let bench = bench(&quiet());
    let table = bench.hunt(&["logs", "-f", "table"]).stdout;
    let shown = |table: &str| {
        table.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(shown(&table), @r"
    level     time                  rule                   principal         source ip         file              event
    high      2024-05-01T00:00:03Z  many                   192.0.2.1         -                 -                 event_count
              3 in 2s, from 2024-05-01T00:00:01Z, sourceIPAddress=192.0.2.1
    ");
    let table = bench.hunt(&["logs", "-f", "table", "--events"]).stdout;
    insta::assert_snapshot!(shown(&table), @r"
    level     time                  rule                   principal         source ip         file              event
    high      2024-05-01T00:00:03Z  many                   192.0.2.1         -                 -                 event_count
              3 in 2s, from 2024-05-01T00:00:01Z, sourceIPAddress=192.0.2.1
              2024-05-01T00:00:01Z  e-0001
              2024-05-01T00:00:02Z  e-0002
              2024-05-01T00:00:03Z  e-0003
    ");
}

#[test]
fn base_rules_are_reported_only_where_the_correlation_says_so() {
    let mut documents = quiet();
    documents[1] = burst("many", "[denied]", 3, "  generate: true\n");
    let ran = bench(&documents).hunt(&["logs"]);
    assert_eq!(
        ran.column("event_id"),
        ["e-0100", "e-0002", "e-0001", "e-0003", "null"],
        "in file order, and the correlation last"
    );
    let sorted = bench(&documents).hunt(&["logs", "--sort", "time"]);
    assert_eq!(sorted.column("event_id"), ["e-0001", "e-0002", "e-0003", "e-0100", "null"]);
}

#[test]
fn correlations_are_chosen_like_rules_and_take_their_base_rules_along() {
    let mut documents = quiet();
    documents.push(rule("ok", "Ok", "medium"));
    documents.push(burst("rare", "[ok]", 1, ""));
    let bench = bench(&documents);
    for (args, found) in [
        (&[][..], &["many", "rare"][..]),
        (&["--rule", "many"], &["many"]),
        (&["--rule", "denied"], &["denied"; 4]),
        (&["--exclude-rule", "many"], &["denied", "denied", "denied", "denied", "rare"]),
        (&["--exclude-rule", "denied"], &["many", "rare"]),
        (&["--level", "high"], &["many", "rare"]),
    ] {
        let ran = bench.hunt(&[&["logs"], args].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(ran.column("rule_title"), found, "{args:?}");
    }
}

#[test]
fn limits_levels_and_times_hold_for_correlations_too() {
    let mut documents = quiet();
    documents.push(rule("ok", "Ok", "low"));
    documents.push(burst("rare", "[ok]", 1, ""));
    let bench = bench(&documents);
    assert_eq!(bench.hunt(&["logs", "--fail-on", "high"]).code, Some(1));
    assert_eq!(bench.hunt(&["logs", "--fail-on", "critical"]).code, Some(0));
    let (ran, coverage) = bench.coverage(&["logs", "--limit", "1"]);
    assert_eq!(ran.column("rule_title"), ["many"]);
    assert_eq!(
        (&coverage["limit_reached"], &coverage["totals"]["findings"]),
        (&false.into(), &1.into())
    );
    let from = bench.hunt(&["logs", "--from", "2024-05-01T00:00:02Z", "--rule", "many"]);
    assert_eq!(from.stdout, "", "two of three events are left");
}

#[test]
fn a_limit_that_other_findings_reach_leaves_correlations_unrun_and_says_so() {
    let mut documents = quiet();
    documents[1] = burst("many", "[denied]", 3, "  generate: true\n");
    let (ran, coverage) = bench(&documents).coverage(&["logs", "--limit", "2"]);
    assert_eq!(ran.findings().len(), 2);
    assert_eq!(coverage["correlations"]["ran"], false);
    assert!(ran.stderr.contains("correlations did not run"), "{}", ran.stderr);
}

#[test]
fn a_record_in_two_files_counts_once_unless_copies_are_kept() {
    let bench = bench(&quiet());
    bench.log("logs/d.json.gz", &[event("Denied", 3), event("Denied", 2)]);
    let count = |args: &[&str]| {
        let found = bench.hunt(&[&["logs"], args].concat()).findings();
        found[0]["correlation"]["count"].clone()
    };
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--duplicates", "keep"]), 5);
}

#[test]
fn records_without_a_readable_time_take_no_part_and_are_told() {
    let bench = bench(&quiet());
    let mut late = event("Denied", 3);
    late["eventTime"] = json!("later");
    late["eventID"] = json!("x");
    bench.log("logs/d.json.gz", &[late]);
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.findings()[0]["correlation"]["count"], 3);
    assert_eq!(
        coverage["correlations"],
        json!({"loaded": 1, "ran": true, "matches": 4, "without_time": 1, "findings": 1})
    );
    assert!(ran.stderr.contains("1 record without a readable time took no part"), "{}", ran.stderr);
}

#[test]
fn filters_are_applied_and_told() {
    let filter = "title: Known\nid: f-1\nlogsource: {product: aws}\nfilter:\n  rules: [denied]\n  \
                  sel: {eventID: e-0002}\n  condition: not sel\n";
    let mut documents = quiet();
    documents.push(filter.to_owned());
    let bench = bench(&documents);
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.stdout, "", "two events are no burst");
    assert_eq!(coverage["rules"]["filters"], json!([{"id": "f-1", "title": "Known", "rules": 1}]));
    assert!(ran.stderr.contains("narrowed by 1 filter"), "{}", ran.stderr);
    assert_eq!(alerts(&bench.hunt(&["logs", "--exclude-rule", "known"]).findings()).len(), 1);
    let listed = bench.run(&["rules", "list", "-r", "rules"]);
    insta::assert_snapshot!(listed.stdout, @r"
    LEVEL  STATE       ID         TITLE   FILE
    low    feeds       id-denied  denied  rules/all.yml
    high   correlates  id-many    many    rules/all.yml
    -      narrows 1   f-1        Known   rules/all.yml
    ");
    let listed = bench.run(&["rules", "list", "rules", "-f", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(
        (&listed[0]["feeds"], &listed[0]["filters"], &listed[0]["reported"]),
        (&json!(["many"]), &json!(["Known"]), &json!(false))
    );
    assert_eq!(
        (&listed[1]["kind"], &listed[1]["rules"]),
        (&json!("correlation"), &json!(["denied"]))
    );
}

#[test]
fn a_reference_that_means_nothing_stops_the_hunt_with_its_place() {
    let bench = bench(&[rule("denied", "Denied", "low"), burst("many", "[deneid]", 3, "")]);
    let ran = bench.hunt(&["logs"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    for part in ["rules/all.yml:", "deneid", "did you mean", "unknown-reference"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
    let ran = bench.hunt(&["logs", "--skip-bad-rules"]);
    assert_eq!(ran.column("rule_title"), ["denied"; 4]);
}

#[test]
fn neither_threads_nor_the_names_of_files_change_what_correlations_say() {
    let documents = [
        rule("denied", "Denied", "low"),
        rule("ok", "Ok", "low"),
        burst("many", "[denied]", 2, ""),
        "title: then\nname: then\ncorrelation:\n  type: temporal_ordered\n  rules: [many, ok]\n  \
         group-by: [sourceIPAddress]\n  timespan: 5m\n"
            .to_owned(),
    ];
    let mut outputs = Vec::new();
    for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]] {
        let bench = bench(&documents);
        std::fs::remove_dir_all(bench.path("logs")).unwrap();
        for (file, part) in order.into_iter().enumerate() {
            let denied = (0..10).map(|n| event("Denied", 40 * part + 3 * n));
            let records: Vec<Value> = denied.chain([event("Ok", 40 * part + 33)]).collect();
            bench.log(&format!("logs/{file}.json.gz"), &records);
        }
        for threads in ["1", "2", "8"] {
            outputs.push(bench.hunt(&["logs", "-j", threads]).stdout);
        }
    }
    assert_eq!(
        alerts(
            &crate::Ran { code: None, stdout: outputs[0].clone(), stderr: String::new() }
                .findings()
        )
        .len(),
        1
    );
    assert!(outputs.iter().all(|output| *output == outputs[0]), "{outputs:#?}");
}
