//! `profile`: the baseline agrees with the hunt, the rules' counts with its findings.

use std::path::Path;

use serde_json::{Value, json};

use crate::{BAD, Bench, Ran, event, gzip, log_text};

/// The test archive of the package.
fn archive() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/archive").display().to_string()
}

fn data(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn the_floor_reads_and_inflates_what_a_hunt_does() {
    let bench = Bench::new();
    let (_, coverage) = bench.coverage(&[&archive()]);
    let ran = bench.run(&["profile", "--baseline", &archive(), "-f", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let baseline = data(&ran);
    for name in ["files", "bytes_packed", "bytes_inflated"] {
        assert_eq!(baseline[name], coverage["totals"][name], "{name}");
    }
    assert!(baseline["cpu_seconds"].as_f64().unwrap() > 0.0);
    assert!(baseline["wall_seconds"].as_f64().unwrap() > 0.0);
    assert_eq!((&baseline["scaled_by"], &baseline["interrupted"]), (&json!(1.0), &json!(false)));
}

#[test]
fn the_floor_goes_by_the_options_of_the_hunt() {
    let bench = Bench::new();
    let records: Vec<_> = (0..900).map(|id| event("GetTrail", id)).collect();
    bench.log("logs/a.json.gz", &records);
    bench.file("logs/b.json", log_text(&records));
    bench.log("logs/not/c.json.gz", &records);
    bench.file("names", "logs/a.json.gz\nlogs/b.json\n");
    for options in [
        &["logs", "--max-inflated", "64KiB"][..],
        &["logs", "--exclude", "logs/not/**", "-j", "1", "--access", "read"],
        &["--files-from", "names", "--access", "mmap"],
    ] {
        let (_, coverage) = bench.coverage(options);
        let baseline =
            data(&bench.run(&[&["profile", "--baseline", "-f", "json"], options].concat()));
        assert!(baseline["bytes_inflated"].as_u64().unwrap() > 400_000, "{baseline}");
        for name in ["files", "bytes_packed", "bytes_inflated"] {
            assert_eq!(baseline[name], coverage["totals"][name], "{name} {options:?}");
        }
    }
}

#[test]
fn the_floor_is_told_in_words_too() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let ran = bench.run(&["profile", "--baseline", "a.json.gz"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    for part in ["1 file:", "MB/s of text", "CPU-seconds per GB"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
}

#[test]
fn a_damaged_file_makes_three_and_a_wrong_command_line_two() {
    let bench = Bench::new();
    let records: Vec<_> = (0..400).map(|id| event("StopLogging", id)).collect();
    let packed = gzip(&log_text(&records));
    bench.file("cut.json.gz", &packed[..packed.len() / 2]);
    bench.log("a.json.gz", &records);
    let ran = bench.run(&["profile", "--baseline", "cut.json.gz"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("salvaged cut.json.gz"), "{}", ran.stderr);
    for args in [
        &["--baseline"][..],
        &["--baseline", "gone"],
        &["--baseline", "a.json.gz", "-r", "rules"],
        &["--baseline", "a.json.gz", "-f", "csv"],
        &["--baseline", "a.json.gz", "--sample", "5"],
        &["--baseline", "a.json.gz", "--sample", "0.0001%"],
    ] {
        let ran = bench.run(&[&["profile"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(!ran.stderr.is_empty());
    }
}

/// A rule that requires no text, one of gate B that is true nowhere and hits everywhere.
const UNGATED: &str = "\
title: No Mfa Anywhere
id: 11111111-aaaa-4aaa-8aaa-000000000003
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {additionalEventData.MFAUsed: null}
  filter: {eventName: GetTrail}
  condition: selection and not filter
";
const VAIN: &str = "\
title: Vain Rule
id: 11111111-aaaa-4aaa-8aaa-000000000004
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: cloudtrail.amazonaws.com, awsRegion: mars-north-1}
  other: {eventSource: cloudtrail.amazonaws.com, userAgent: nobody}
  condition: selection or other
";

/// The rows of a profile, by title.
fn row<'p>(profile: &'p Value, title: &str) -> &'p Value {
    let rules = profile["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["title"] == title).unwrap_or_else(|| panic!("no {title}"))
}

#[test]
fn matches_of_each_rule_are_the_findings_of_a_hunt() {
    let bench = Bench::new();
    let archive = archive();
    bench.file("rules/ungated.yml", UNGATED);
    for rules in [&["-r", "rules"][..], &["-r", "builtin"]] {
        let hunt = [&["hunt", &archive, "--duplicates", "keep", "-f", "ndjson"], rules].concat();
        let findings = bench.run(&hunt).findings();
        let found: Vec<&str> = findings
            .iter()
            .filter(|finding| finding.get("correlation").is_none())
            .filter_map(|finding| finding["rule_title"].as_str())
            .collect();
        // Matches of rules that only feed correlations are no findings.
        let listed = bench.run(&[&["rules", "list", "-f", "json"], rules].concat()).stdout;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let is_reported = |title: &Value| {
            listed
                .as_array()
                .unwrap()
                .iter()
                .any(|it| it["title"] == *title && it["reported"] == true)
        };
        let ran = bench.run(&[&["profile", &archive, "-f", "json"], rules].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let profile = data(&ran);
        let mut matched = 0;
        for row in profile["rules"].as_array().unwrap() {
            let count = |name: &str| row[name].as_u64().unwrap();
            let findings = found.iter().filter(|title| row["title"] == **title).count() as u64;
            if is_reported(&row["title"]) {
                assert_eq!(count("matched"), findings, "{}", row["title"]);
            }
            assert!(count("matched") <= count("evaluated"), "{row}");
            assert!(count("evaluated") <= count("candidates"), "{row}");
            assert!(count("parsed_alone") <= count("evaluated"), "{row}");
            matched += findings;
        }
        assert_eq!(matched, found.len() as u64);
        assert!(matched > 0);
    }
}

#[test]
fn a_rule_without_a_gate_has_every_record_and_is_named_in_the_advice() {
    let bench = Bench::new();
    bench.file("rules/ungated.yml", UNGATED);
    let records: Vec<_> = (0..300)
        .map(|id| event(if id % 100 == 0 { "StopLogging" } else { "GetTrail" }, id))
        .collect();
    bench.log("logs/a.json.gz", &records);
    let args = ["profile", "logs", "-r", "rules", "-f", "json"];
    let profile = data(&bench.run(&args));
    let ungated = row(&profile, "No Mfa Anywhere");
    assert_eq!((&ungated["prefilter"], &ungated["literals"]), (&json!("none"), &json!([])));
    assert_eq!((&ungated["candidates"], &ungated["matched"]), (&json!(300), &json!(3)));
    assert_eq!(ungated["parsed_alone"], 297);
    assert_eq!((&profile["ungated"]["records"], &profile["records"]), (&json!(297), &json!(300)));
    let stop = row(&profile, "Trail Stopped");
    assert_eq!(
        (&stop["prefilter"], &stop["literals"]),
        (&json!("event-name"), &json!(["stoplogging"]))
    );
    assert_eq!((&stop["candidates"], &stop["parsed_alone"]), (&json!(3), &json!(0)));
    let advice = profile["advice"][0].as_str().unwrap();
    for part in
        ["1 rule requires no text", "`No Mfa Anywhere`", "297 of 300 parsed records", "eventSource"]
    {
        assert!(advice.contains(part), "{part} in {advice}");
    }

    // Without it the others are all there is, and nothing is advised.
    let quiet = data(&bench.run(&[&args[..], &["--exclude-rule", "No Mfa*"]].concat()));
    assert_eq!(row(&quiet, "Trail Stopped")["parsed_alone"], 3);
    assert!(quiet["advice"][0].as_str().unwrap().contains("Every rule has a prefilter"), "{quiet}");
}

#[test]
fn a_rule_that_hits_much_and_matches_nothing_is_named_with_its_literals() {
    let bench = Bench::new();
    bench.file("rules/vain.yml", VAIN);
    let records: Vec<_> = (0..50).map(|id| event("GetTrail", id)).collect();
    bench.log("a.json.gz", &records);
    let profile = data(&bench.run(&["profile", "a.json.gz", "-r", "rules", "-f", "json"]));
    let vain = row(&profile, "Vain Rule");
    assert_eq!((&vain["prefilter"], &vain["matched"]), (&json!("literal"), &json!(0)));
    assert_eq!(vain["candidates"], 50, "{vain}");
    let advice = profile["advice"][0].as_str().unwrap();
    for part in ["`Vain Rule`", "100.0 %", vain["literals"][0].as_str().unwrap(), "eventName"] {
        assert!(advice.contains(part), "{part} in {advice}");
    }
}

#[test]
fn times_are_shares_of_the_whole() {
    let bench = Bench::new();
    let profile = data(&bench.run(&["profile", &archive(), "-f", "json"]));
    let number = |value: &Value| value.as_f64().unwrap();
    let rules = profile["rules"].as_array().unwrap();
    let saved: Vec<_> = rules.iter().map(|rule| number(&rule["saved_seconds"])).collect();
    assert!(saved.is_sorted_by(|a, b| a >= b), "{saved:?}");
    let sum = |name: &str| rules.iter().map(|rule| number(&rule[name])).sum::<f64>();
    assert!((sum("evaluating_share") - 1.0).abs() < 1e-6);
    assert!((sum("evaluating_seconds") - number(&profile["spent"]["evaluating"])).abs() < 1e-6);
    assert!(sum("parsing_alone_seconds") <= number(&profile["spent"]["parsing"]) + 1e-9);
    let cpu = number(&profile["run"]["cpu_seconds"]);
    for rule in rules {
        let without = number(&rule["cpu_seconds_without"]);
        assert!(without <= cpu && without >= 0.0, "{rule}");
    }
    assert!(profile["clock"]["readings"].as_u64().unwrap() > 0);
}

#[test]
fn csv_has_a_line_for_each_rule_and_a_table_a_bar() {
    let bench = Bench::new();
    // What the clock itself takes is taken off, which may leave nothing of a single record.
    let records: Vec<_> = (0..500).map(|id| event("StopLogging", id)).collect();
    bench.log("a.json.gz", &records);
    let csv = bench.run(&["profile", "a.json.gz", "-r", "rules", "-f", "csv"]).stdout;
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "{csv}");
    assert!(
        lines[0].starts_with("id,title,level,prefilter,literals,candidates,evaluated,matched,")
    );
    assert!(lines[1].starts_with(
        "11111111-aaaa-4aaa-8aaa-000000000001,Trail Stopped,high,event-name,stoplogging,500,500,500,"
    ));
    assert!(lines.iter().all(|line| line.split(',').count() == 16), "{csv}");

    let mut command = bench.command(&["profile", "a.json.gz", "-r", "rules"]);
    let table = command.env("LC_ALL", "C").output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    for part in [
        "########## ",
        "Trail Stopped [stoplogging]",
        "1 of 2 rules had no candidate",
        "saved without it",
    ] {
        assert!(table.contains(part), "{part} in {table}");
    }
}

#[test]
fn a_sample_is_the_same_each_time_and_near_the_whole() {
    let bench = Bench::new();
    for file in 0..300_u32 {
        let count = 1 + file % 7;
        let records: Vec<_> = (0..count)
            .map(|at| event(if (file + at) % 3 == 0 { "StopLogging" } else { "GetTrail" }, at))
            .collect();
        bench.log(&format!("logs/{}/{file:04}.json.gz", file % 5), &records);
    }
    let args = ["profile", "logs", "-r", "rules", "-f", "json"];
    let whole = data(&bench.run(&args));
    let sample = |threads: &str| {
        data(&bench.run(&[&args[..], &["--sample", "30%", "-j", threads]].concat()))
    };
    let (one, two) = (sample("1"), sample("2"));
    for name in ["files", "bytes_inflated", "files_read", "scaled_by"] {
        assert_eq!(one["run"][name], two["run"][name], "{name}");
    }
    assert_eq!(
        (&one["run"]["files"], one["records"].as_u64()),
        (&json!(300), two["records"].as_u64())
    );
    assert!((60..120).contains(&one["run"]["files_read"].as_u64().unwrap()), "{}", one["run"]);
    let near = |estimate: &Value, truth: &Value| {
        let (estimate, truth) = (estimate.as_f64().unwrap(), truth.as_f64().unwrap());
        assert!((estimate - truth).abs() <= 0.2 * truth, "{estimate} for {truth}");
    };
    near(&one["run"]["bytes_inflated"], &whole["run"]["bytes_inflated"]);
    near(&one["records"], &whole["records"]);
    for name in ["candidates", "matched"] {
        near(&row(&one, "Trail Stopped")[name], &row(&whole, "Trail Stopped")[name]);
    }

    let told = bench.run(&["profile", "--baseline", "logs", "--sample", "30%"]);
    assert!(told.stdout.contains("Sample: "), "{}", told.stdout);
    let baseline =
        data(&bench.run(&["profile", "--baseline", "logs", "--sample", "30%", "-f", "json"]));
    assert_eq!(baseline["bytes_inflated"], one["run"]["bytes_inflated"]);
}

#[test]
fn streams_and_whole_files_count_the_same() {
    let bench = Bench::new();
    let records: Vec<_> = (0..900)
        .map(|id| event(if id % 3 == 0 { "StopLogging" } else { "GetTrail" }, id))
        .collect();
    bench.log("a.json.gz", &records);
    let args = ["profile", "a.json.gz", "-r", "rules", "-f", "json"];
    let whole = data(&bench.run(&args));
    let streamed = data(&bench.run(&[&args[..], &["--max-inflated", "64KiB"]].concat()));
    for name in ["candidates", "evaluated", "matched", "parsed_alone"] {
        assert_eq!(row(&whole, "Trail Stopped")[name], 300, "{name}");
        assert_eq!(row(&streamed, "Trail Stopped")[name], 300, "{name}");
    }
}

#[test]
fn refused_rules_stop_a_profile_and_damage_makes_three() {
    let bench = Bench::new();
    let packed = gzip(&log_text(&[event("StopLogging", 1)]));
    bench.file("cut.json.gz", &packed[..packed.len() - 4]);
    let ran = bench.run(&["profile", "cut.json.gz", "-r", "rules", "-f", "json"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(row(&data(&ran), "Trail Stopped")["matched"], 1);
    bench.file("rules/bad.yml", BAD);
    let ran = bench.run(&["profile", "cut.json.gz", "-r", "rules"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    let ran = bench.run(&["profile", "cut.json.gz", "-r", "rules", "--skip-bad-rules"]);
    assert_eq!(ran.code, Some(3));
}
