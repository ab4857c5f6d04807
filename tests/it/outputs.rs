//! What `hunt` writes, where, and in which order.

use serde_json::Value;

use crate::{Bench, event, log_text};

#[test]
fn a_finding_has_its_keys_in_order() {
    let bench = Bench::new();
    bench.file("a.json", log_text(&[event("GetTrail", 0), event("StopLogging", 1)]));
    let ran = bench.hunt(&["a.json", "-f", "ndjson"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let line = ran.stdout.strip_suffix('\n').unwrap();
    let (shown, event_text) = line.split_once(",\"event\":").unwrap();
    insta::assert_snapshot!(shown, @r#"{"time":"2024-05-01T00:00:01Z","level":"high","rule_id":"11111111-aaaa-4aaa-8aaa-000000000001","rule_title":"Trail Stopped","tags":["attack.defense-evasion"],"event_source":"cloudtrail.amazonaws.com","event_name":"StopLogging","account":"111122223333","region":"eu-west-1","principal":"arn:aws:iam::111122223333:user/mallory","access_key":"AKIAEXAMPLE","source_ip":"192.0.2.1","user_agent":"aws-cli/2.0","error_code":null,"event_id":"e-0001","file":"a.json","record":1,"matched":{"eventName":"StopLogging"},"integrity":null"#);
    assert_eq!(event_text, format!("{}}}", event("StopLogging", 1)));
}

#[test]
fn csv_has_its_header_even_without_findings() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("GetTrail", 1)]);
    let ran = bench.hunt(&["a.json.gz", "-f", "csv"]);
    assert_eq!(ran.code, Some(0));
    insta::assert_snapshot!(ran.stdout, @"time,level,rule_id,rule_title,tags,event_source,event_name,account,region,principal,access_key,source_ip,user_agent,error_code,event_id,file,record,integrity,correlation_type,group,count,first,last");
    bench.log("b.json.gz", &[event("StopLogging", 1)]);
    assert_eq!(bench.hunt(&["b.json.gz", "-f", "csv"]).stdout.lines().count(), 2);
}

#[test]
fn a_table_is_for_people_and_only_when_asked_here() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let piped = bench.hunt(&["a.json.gz"]);
    assert_eq!(piped.findings().len(), 1, "ndjson where no terminal is");
    let table = bench.hunt(&["a.json.gz", "-f", "table"]);
    assert!(table.stdout.contains("Trail Stopped"), "{}", table.stdout);
    assert!(!table.stdout.contains('\x1b'), "no colours where no terminal is");
    let colored = bench.hunt(&["a.json.gz", "-f", "table", "--color", "always"]);
    assert!(colored.stdout.contains('\x1b'), "{}", colored.stdout);
}

#[test]
fn messages_stay_off_standard_output() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("GetTrail", 1)]);
    let ran = bench.hunt(&["a.json.gz", "-v"]);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("1 file"), "{}", ran.stderr);
}

#[test]
fn an_output_file_appears_whole_and_leaves_standard_output_empty() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    let straight = bench.hunt(&["logs"]).stdout;
    for force in [None, Some("--force")] {
        let args = ["logs", "-o", "found.ndjson", "--coverage", "coverage.json"];
        let ran = bench.hunt(&[&args[..], force.as_slice()].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
        assert_eq!(bench.read("found.ndjson"), straight);
        assert!(!bench.path("found.ndjson.partial").exists());
        let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
        assert_eq!(coverage["totals"]["files"], 1);
    }
}

#[test]
fn an_output_that_cannot_be_made_stops_the_hunt_before_it_reads() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    for flag in ["--output", "--coverage"] {
        let ran = bench.hunt(&["a.json.gz", flag, "no/such/folder/out"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{flag}");
        assert!(ran.stderr.contains(flag), "{}", ran.stderr);
    }
    let ran = bench.hunt(&["a.json.gz", "-o", "same", "--coverage", "same"]);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn threads_change_nothing() {
    let bench = Bench::new();
    for file in 0..60u32 {
        let records: Vec<_> = (0..file % 7)
            .map(|id| event(["StopLogging", "DescribeTrails"][(id % 2) as usize], file * 10 + id))
            .collect();
        bench.log(&format!("logs/{file:02}.json.gz"), &records);
    }
    let one = bench.hunt(&["logs", "-j", "1"]);
    assert_eq!(one.findings().len(), 174);
    for threads in ["2", "4", "8"] {
        assert_eq!(bench.hunt(&["logs", "-j", threads]).stdout, one.stdout, "-j {threads}");
    }
}

#[test]
fn the_first_copy_in_file_order_stays() {
    let bench = Bench::new();
    let mut differing = event("StopLogging", 1);
    differing["userAgent"] = "else".into();
    bench.log("a.json.gz", &[event("StopLogging", 1), event("StopLogging", 2)]);
    bench.log("b.json.gz", &[event("StopLogging", 1)]);
    bench.log("c.json.gz", &[differing]);
    let files = ["a.json.gz", "b.json.gz", "c.json.gz"];
    let (ran, coverage) = bench.coverage(&files);
    assert_eq!(ran.column("event_id"), ["e-0001", "e-0002"]);
    assert_eq!(ran.column("file"), ["a.json.gz", "a.json.gz"]);
    assert_eq!(coverage["totals"]["duplicates_dropped"], 2);
    assert_eq!(coverage["totals"]["conflicting_copies"], 1);
    let (ran, coverage) = bench.coverage(&[&files[..], &["--duplicates", "keep"]].concat());
    assert_eq!((ran.findings().len(), &coverage["totals"]["duplicates_dropped"]), (4, &0.into()));
}

#[test]
fn records_without_an_event_id_are_known_by_their_bytes() {
    let bench = Bench::new();
    let mut bare = event("StopLogging", 1);
    bare.as_object_mut().unwrap().remove("eventID");
    let mut other = bare.clone();
    other["userAgent"] = "else".into();
    bench.log("a.json.gz", &[bare.clone(), other, bare]);
    assert_eq!(bench.hunt(&["a.json.gz"]).column("record"), ["0", "1"]);
}

#[test]
fn findings_sort_by_time_event_and_rule() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 30), event("StopLogging", 10)]);
    bench.log("b.json.gz", &[event("DescribeTrails", 20), event("StopLogging", 5)]);
    let files = ["a.json.gz", "b.json.gz"];
    let by_file = ["e-0030", "e-0010", "e-0020", "e-0005"];
    assert_eq!(bench.hunt(&files).column("event_id"), by_file);
    let by_time = bench.hunt(&[&files[..], &["--sort", "time"]].concat());
    assert_eq!(by_time.column("event_id"), ["e-0005", "e-0010", "e-0020", "e-0030"]);
    let (ran, coverage) =
        bench.coverage(&[&files[..], &["--sort", "time", "--limit", "1"]].concat());
    assert_eq!(ran.column("event_id"), ["e-0005"]);
    assert_eq!(
        (&coverage["totals"]["files"], &coverage["limit_reached"]),
        (&2.into(), &false.into())
    );
}

#[test]
fn the_format_follows_the_extension_of_the_output() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    for (name, begins) in [
        ("a.csv", "time,level"),
        ("a.CSV", "time,level"),
        ("a.json", "{\"time\""),
        ("a.ndjson", "{\"time\""),
        ("a.jsonl", "{\"time\""),
        ("a.out", "{\"time\""),
        ("plain", "{\"time\""),
    ] {
        let ran = bench.hunt(&["logs", "-o", name]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert!(bench.read(name).starts_with(begins), "{name}: {}", bench.read(name));
    }
    assert_eq!(bench.hunt(&["logs", "-o", "a.txt"]).code, Some(0));
    assert!(
        bench.read("a.txt").contains("1 finding by 1 rule: 1 high."),
        "{}",
        bench.read("a.txt")
    );
    // What is asked for counts.
    assert_eq!(bench.hunt(&["logs", "-o", "b.csv", "-f", "ndjson"]).code, Some(0));
    assert!(bench.read("b.csv").starts_with("{\"time\""));
    for name in ["a.parquet", "a.xlsx", "found.ndjson.gz", "a.html"] {
        let ran = bench.hunt(&["logs", "-o", name]);
        assert_eq!(ran.code, Some(2), "{name}");
        assert!(ran.stderr.contains("--format ndjson, csv or table"), "{}", ran.stderr);
        assert!(!bench.path(name).exists());
    }
    assert_eq!(bench.hunt(&["logs", "-o", "a.html", "-f", "csv"]).code, Some(0));
}

#[test]
fn the_summary_counts_by_rule_in_every_format_and_breaks_between_words() {
    let bench = Bench::new();
    let long = "account-".repeat(3);
    bench.log("logs/a.json.gz", &[event("StopLogging", 1), event("DescribeTrails", 2)]);
    for number in 0..4 {
        bench.file(format!("logs/{long}{number}.json"), "{\"Records\":[");
    }
    for format in ["ndjson", "csv"] {
        let output =
            bench.command(&["hunt", "-r", "rules", "logs", "-f", format]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains(
                "\n  1  high           Trail Stopped\n  1  low            Trails Looked At\n"
            ),
            "{stderr}"
        );
        assert!(stderr.lines().all(|line| line.chars().count() <= 100), "{stderr}");
        assert!(stderr.contains("\n    "), "{stderr}");
    }
}
