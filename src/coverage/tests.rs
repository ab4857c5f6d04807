//! The record's JSON and its summary in words.

use super::*;

fn file(name: &str, outcome: &'static str) -> FileCovered {
    let reasons =
        if outcome == "read" { Vec::new() } else { vec!["why".to_owned(), "and why".to_owned()] };
    FileCovered {
        name: name.to_owned(),
        name_raw: None,
        outcome,
        reasons,
        records: 0,
        integrity: None,
        sha256: None,
    }
}

#[test]
fn an_empty_record_has_every_key_in_order() {
    let json = Coverage::default().to_json();
    let keys: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&json).expect("it is JSON");
    let keys: Vec<_> = keys.keys().map(String::as_str).collect();
    let first = [
        "tool",
        "started",
        "finished",
        "interrupted",
        "output_closed",
        "limit_reached",
        "command",
        "rules",
        "correlations",
    ];
    let then = ["totals", "outcomes", "pruned", "grid", "blind_spots", "files"];
    assert_eq!(keys, [&first[..], &then[..]].concat());
    assert!(
        json.starts_with("{\n  \"tool\": {\n    \"name\": \"backtrail\",") && json.ends_with("}\n")
    );
}

#[test]
fn the_summary_of_a_plain_hunt_is_short() {
    let totals = Totals {
        files: 1,
        bytes_packed: 999,
        bytes_inflated: 1_234_567,
        records: 1,
        findings: 1,
        ..Totals::default()
    };
    let mut coverage = Coverage { totals, ..Coverage::default() };
    coverage.rules.loaded = 2;
    coverage.outcomes.insert("read", 1);
    coverage.files.push(file("a", "read"));
    assert_eq!(
        coverage.summary_lines(),
        [
            "Searched 1 file: 999 bytes as stored, 1.2 MB of text, 1 record.",
            "Of 1 file listed: 1 read whole, 0 salvaged, 0 skipped, 0 failed.",
            "2 rules ran.",
            "1 finding.",
        ]
    );
}

#[test]
fn the_summary_tells_what_is_missing() {
    let mut coverage = Coverage { interrupted: true, output_closed: true, ..Coverage::default() };
    coverage.outcomes = [("read", 1200), ("salvaged", 1), ("skipped", 12), ("failed", 1)].into();
    coverage.totals = Totals {
        files: 1214,
        bytes_packed: 1_000_000_000,
        bytes_inflated: 12_999_999_999_999,
        records: 1_234_567,
        records_counted: Counted::Anchors,
        duplicates_dropped: 3,
        conflicting_copies: 1,
        findings: 1000,
        records_without_time: 2,
    };
    coverage.pruned.files = 7;
    coverage.pruned.bounds = [("--from".to_owned(), "2024-01-01".to_owned())].into();
    coverage.rules = RulesCovered { loaded: 5, refused: 1, ..RulesCovered::default() };
    coverage.rules.not_run =
        [("unsupported".to_owned(), 2), ("other-log-source".to_owned(), 1)].into();
    coverage.blind_spots.omitted_parameters = 4;
    coverage.files = (0..12).map(|index| file(&format!("s{index}"), "skipped")).collect();
    coverage.files.extend([file("cut", "salvaged"), file("bad", "failed")]);
    let lines = coverage.summary_lines();
    assert_eq!(
        lines[..12],
        [
            "Interrupted: this is what had been done by then.",
            "The output was closed by its reader before the end.",
            "Searched 1,201 files (1 damaged): 1.0 GB as stored, 12.9 TB of text, about 1,234,567 records \
             (counted by anchors). 1 file could not be searched.",
            "Of 1,214 files listed: 1,200 read whole, 1 salvaged, 12 skipped, 1 failed.",
            "Not opened: 7 files (--from 2024-01-01).",
            "5 rules ran, 3 did not apply, 1 refused.",
            "1,000 findings; 3 duplicates dropped, 1 unlike the copy kept.",
            "Kept 2 records without a readable time although a time range was asked for.",
            "In 4 records AWS left out parameters or response elements for their size; no rule could see those.",
            "failed bad: why; and why",
            "salvaged cut: why; and why",
            "skipped s0: why; and why",
        ]
    );
    assert_eq!(
        lines[18..],
        ["skipped s7: why; and why", "and 4 more, all in the coverage record (--coverage FILE)"]
    );
}

#[test]
fn correlations_and_filters_are_told_where_there_are_any() {
    let mut coverage = Coverage::default();
    coverage.rules.loaded = 2;
    coverage.correlations =
        CorrelationsCovered { loaded: 1, without_time: 3, ..Default::default() };
    let filter = |rules| FilterCovered { id: None, title: "f".to_owned(), rules };
    coverage.rules.filters = vec![filter(2), filter(0)];
    let lines = coverage.summary_lines();
    for line in [
        "2 rules and 1 correlation ran; of 2 filters, 1 narrowed rules.",
        "Not all was read or written, so correlations did not run to their end.",
        "3 records without a readable time took no part in correlations.",
    ] {
        assert!(lines.iter().any(|told| told == line), "{lines:?}");
    }
    coverage.correlations = CorrelationsCovered { loaded: 1, ran: true, ..Default::default() };
    assert_eq!(coverage.summary_lines().len(), lines.len() - 2);
}
