//! What hostile input can make a hunt hold: `--memory` bounds it, and nothing changes but where it waits.

use serde_json::{Value, json};

use crate::{Bench, event};

/// A rule that feeds two correlations over one long window, one by a group that records may make long.
const RULES: &str = "\
title: Denied
name: denied
logsource: {product: aws, service: cloudtrail}
detection:
  sel: {eventName: Denied}
  condition: sel
---
title: Many
level: high
correlation:
  type: event_count
  rules: [denied]
  timespan: 30d
  condition: {gte: 3}
---
title: Many in a Group
level: high
correlation:
  type: value_count
  rules: [denied]
  group-by: [userAgent]
  timespan: 30d
  condition: {gte: 3, field: requestID}
";

fn bench() -> Bench {
    let bench = Bench::new();
    std::fs::remove_dir_all(bench.path("rules")).unwrap();
    bench.file("rules/all.yml", RULES);
    bench
}

/// Runs the program; gives what it wrote, and the most memory it had at once, in bytes.
#[cfg(target_os = "linux")]
fn peak(bench: &Bench, args: &[&str]) -> (Vec<Value>, u64) {
    use std::process::{Command, Stdio};
    let out = bench.path("found.ndjson");
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
        .args(["hunt", "-r", "rules", "-q", "-j", "1", "-f", "ndjson"])
        .args(args)
        .current_dir(bench.path("."))
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        // The most until now, so to look often enough is only about the very end.
        let told = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = kib.and_then(|kib| kib.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert!(ended.success(), "{ended}");
    let found = std::fs::read_to_string(out).unwrap();
    (found.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), peak)
}

#[cfg(target_os = "linux")]
#[test]
fn long_ids_and_groups_do_not_fill_memory() {
    const RECORDS: u32 = 96;
    let bench = bench();
    // Each text has a length of its own, and its difference at its end.
    let long = |kind: &str, id: u32| format!("{}{kind}{id}", "x".repeat(1 << 20));
    let records: Vec<Value> = (0..RECORDS)
        .map(|id| {
            let mut record = event("Denied", id);
            record["eventID"] = long("id", id).into();
            record["userAgent"] = long("agent", id % 2).into();
            record["requestID"] = long("request", id % 7).into();
            record
        })
        .collect();
    bench.log("a.json.gz", &records);
    let (found, peak) = peak(&bench, &["a.json.gz", "--memory", "16MiB", "--max-inflated", "8MiB"]);
    assert!(peak > 1 << 20 && peak < 96 << 20, "{peak} bytes for {} of ids", RECORDS << 20);
    assert_eq!(found.len(), 3);
    let counts: Vec<_> = found.iter().map(|finding| &finding["correlation"]["count"]).collect();
    assert_eq!(counts, [&json!(96), &json!(7), &json!(7)]);
    let all = &found[0]["correlation"];
    assert_eq!(all["events"], RECORDS);
    let ids = all["event_ids"].as_array().unwrap();
    assert_eq!(ids.len(), RECORDS as usize);
    assert!(ids.iter().all(|id| id.as_str().unwrap().starts_with("xxx")));
    assert!(ids[0].as_str().unwrap().contains("... [1048579 bytes, SHA-256 "), "{}", ids[0]);
    assert_ne!(ids[0], ids[1]);
    assert_ne!(found[1]["correlation"]["group"], found[2]["correlation"]["group"]);
}

#[test]
fn a_finding_lists_its_first_events_and_counts_all() {
    const RECORDS: u32 = 12_000;
    let bench = bench();
    let records: Vec<Value> = (0..RECORDS)
        .map(|id| {
            let mut record = event("Denied", 0);
            record["eventID"] = format!("e-{id:06}").into();
            record["requestID"] = format!("{}", id % 5000).into();
            record["eventTime"] =
                format!("2024-05-01T{:02}:{:02}:{:02}Z", id / 3600, id / 60 % 60, id % 60).into();
            record
        })
        .collect();
    bench.log("a.json.gz", &records);
    let much = bench.hunt(&["a.json.gz"]);
    let little = bench.hunt(&["a.json.gz", "--memory", "16MiB"]);
    assert_eq!(much.stdout, little.stdout);
    let found = much.findings();
    let it = &found[0]["correlation"];
    assert_eq!((&it["count"], &it["events"]), (&json!(RECORDS), &json!(RECORDS)));
    let ids = it["event_ids"].as_array().unwrap();
    assert_eq!(ids.len(), 10_000);
    assert_eq!((&ids[0], &ids[9999]), (&json!("e-000000"), &json!("e-009999")));
    assert_eq!(it["last"], "2024-05-01T03:19:59Z");
    assert_eq!(found[1]["correlation"]["count"], 5000);
}

#[test]
fn too_little_memory_is_refused() {
    let ran = bench().hunt(&["a.json.gz", "--memory", "1MiB"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("give at least 16MiB"), "{}", ran.stderr);
}
