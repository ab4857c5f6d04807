//! Time, account and region: which records are reported, and which files are not even opened.

use serde_json::Value;

use crate::{Bench, event, key};

fn archive() -> Bench {
    let bench = Bench::new();
    for (account, region, day, id) in [
        ("111122223333", "eu-west-1", "2024-04-30", 1),
        ("111122223333", "eu-west-1", "2024-05-01", 2),
        ("111122223333", "eu-west-1", "2024-05-04", 3),
        ("111122223333", "us-east-1", "2024-05-01", 4),
        ("444455556666", "eu-west-1", "2024-06-20", 5),
    ] {
        bench.log(&key(account, region, day), &[event("StopLogging", id)]);
    }
    // Nothing is known of this one by its name.
    bench.log("AWSLogs/loose.json.gz", &[event("StopLogging", 9)]);
    bench
}

#[test]
fn event_time_is_half_open() {
    let bench = Bench::new();
    let records: Vec<_> = (1..=4).map(|id| event("StopLogging", id)).collect();
    bench.log("a.json.gz", &records);
    let ran = bench.hunt(&[
        "a.json.gz",
        "--from",
        "2024-05-01T00:00:02Z",
        "--to",
        "2024-05-01T00:00:04Z",
    ]);
    assert_eq!(ran.column("event_id"), ["e-0002", "e-0003"]);
    let ran = bench.hunt(&["a.json.gz", "--from", "2024-05-01T02:00:03+02:00"]);
    assert_eq!(ran.column("event_id"), ["e-0003", "e-0004"]);
    assert_eq!(bench.hunt(&["a.json.gz", "--to", "2024-05-01"]).findings().len(), 0);
}

#[test]
fn a_matching_record_without_a_readable_time_is_kept_and_counted_once_with_a_range_or_without() {
    let bench = Bench::new();
    let mut odd = event("StopLogging", 1);
    odd["eventTime"] = "a while ago".into();
    bench.log("a.json.gz", &[odd, event("StopLogging", 2)]);
    for (range, findings) in [(&["--from", "2030-01-01"][..], 1), (&[], 2)] {
        let (ran, coverage) = bench.coverage(&[&["a.json.gz"], range].concat());
        assert_eq!(ran.findings().len(), findings);
        assert_eq!(coverage["totals"]["records_without_time"], 1);
        assert!(ran.stderr.contains("1 matching record has no readable time"), "{}", ran.stderr);
    }
}

#[test]
fn a_time_counts_however_it_is_spelled() {
    let bench = Bench::new();
    let at = |id: u32, name: &str, time: Value| {
        let mut record = event("StopLogging", id);
        record.as_object_mut().unwrap().remove("eventTime");
        record[name] = time;
        record
    };
    // All within one second.
    let records = [
        at(1, "eventTime", "2026-03-05T02:06:22.678Z".into()),
        at(2, "eventTime", "2026-03-05T02:06:22+00:00".into()),
        at(3, "eventTime", "2026-03-05T03:06:22.1+01:00".into()),
        at(4, "eventTime", "2026-03-05 02:06:22".into()),
        at(5, "eventTime", 1_772_676_382.into()),
        at(6, "eventTime", "1772676382999".into()),
        at(7, "@timestamp", "2026-03-05T02:06:22.000Z".into()),
    ];
    bench.log("a.json.gz", &records);
    let second = ["--from", "2026-03-05T02:06:22Z", "--to", "2026-03-05T02:06:23Z"];
    let args =
        [&["a.json.gz", "--sort", "time", "--coverage-detail", "times"], &second[..]].concat();
    let (ran, coverage) = bench.coverage(&args);
    assert_eq!(
        ran.column("event_id"),
        ["e-0002", "e-0004", "e-0005", "e-0007", "e-0003", "e-0001", "e-0006"]
    );
    assert_eq!(
        ran.column("time"),
        [
            "2026-03-05T02:06:22Z",
            "2026-03-05T02:06:22Z",
            "2026-03-05T02:06:22Z",
            "2026-03-05T02:06:22.000Z",
            "2026-03-05T02:06:22.1Z",
            "2026-03-05T02:06:22.678Z",
            "2026-03-05T02:06:22.999Z"
        ]
    );
    let totals = &coverage["totals"];
    assert_eq!(totals["records_without_time"], 0);
    assert_eq!(totals["first_event"], "2026-03-05T02:06:22Z");
    assert_eq!(totals["last_event"], "2026-03-05T02:06:22.999Z");
    // The record stays as it is.
    assert_eq!(ran.findings()[2]["event"]["eventTime"], 1_772_676_382);
}

#[test]
fn dates_in_keys_prune_with_room_for_late_delivery() {
    let bench = archive();
    let range = ["AWSLogs", "--from", "2024-05-01", "--to", "2024-05-02"];
    let (ran, coverage) = bench.coverage(&[&range[..], &["--late-days", "2"]].concat());
    // Delivered on 1 May at the earliest and on 3 May at the latest.
    assert_eq!(ran.column("event_id"), ["e-0002", "e-0004", "e-0009"]);
    assert_eq!(coverage["pruned"]["files"], 3);
    assert_eq!(coverage["totals"]["files"], 3);
    assert_eq!(coverage["pruned"]["bounds"]["last_day"], "2024-05-03");
    let (ran, coverage) = bench.coverage(&range);
    assert_eq!(ran.findings().len(), 4, "the default is 30 days");
    assert_eq!(coverage["pruned"]["files"], 2);
}

#[test]
fn accounts_and_regions_prune_by_key_and_never_a_loose_file() {
    let bench = archive();
    let ran = bench.hunt(&["AWSLogs", "--account", "444455556666"]);
    assert_eq!(ran.column("event_id"), ["e-0005", "e-0009"]);
    let ran = bench.hunt(&["AWSLogs", "--region", "us-east-1", "--region", "ap-east-1"]);
    // The record itself names eu-west-1; the key decides.
    assert_eq!(ran.column("event_id"), ["e-0004", "e-0009"]);
}

#[test]
fn an_empty_range_is_refused() {
    let ran = archive().hunt(&["AWSLogs", "--from", "2024-05-02", "--to", "2024-05-02"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    insta::assert_snapshot!(ran.stderr, @"error: --from must be before --to: 2024-05-02T00:00:00Z is not before 2024-05-02T00:00:00Z");
}

#[test]
fn the_grid_has_days_and_holes() {
    let (_, coverage) = archive().coverage(&["AWSLogs", "--coverage-detail", "times"]);
    let cell = &coverage["grid"][0];
    assert_eq!((&cell["account"], &cell["region"]), (&"111122223333".into(), &"eu-west-1".into()));
    assert_eq!(cell["holes"], serde_json::json!(["2024-05-02", "2024-05-03"]));
    assert_eq!(cell["days"][1]["day"], "2024-05-01");
    assert_eq!(cell["days"][1]["first_event"], "2024-05-01T00:00:02Z");
    assert_eq!(coverage["grid"].as_array().unwrap().len(), 3);
}
