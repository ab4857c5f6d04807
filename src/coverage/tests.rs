//! The record's JSON and its summary in words.

use super::*;

fn file(name: &str, outcome: &'static str) -> FileCovered {
    let reasons =
        if outcome == "read" { Vec::new() } else { vec!["why".to_owned(), "and why".to_owned()] };
    FileCovered {
        name: name.to_owned(),
        name_raw: None,
        outcome: outcome.into(),
        reasons,
        records: 0,
        integrity: None,
        sha256: None,
    }
}

fn listed(files: impl IntoIterator<Item = FileCovered>) -> FilesCovered {
    let mut listed = FilesCovered::default();
    for file in files {
        listed.push(&file).expect("memory holds it");
    }
    listed
}

fn json(coverage: &Coverage) -> String {
    let mut json = Vec::new();
    coverage.write_json(&mut json).expect("memory takes it");
    String::from_utf8(json).expect("JSON is text")
}

#[test]
fn an_empty_record_has_every_key_in_order() {
    let json = json(&Coverage::default());
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
    coverage.outcomes.insert("read".into(), 1);
    coverage.files = listed([file("a", "read")]);
    coverage.blind_spots.families = ["management", "data", "network_activity", "insight"]
        .map(|family| (family.into(), true))
        .into();
    assert_eq!(
        coverage.summary_lines(),
        [
            "Searched 1 file: 999 bytes as stored, 1.2 MB of text, 1 record.",
            "1 finding with 2 rules.",
        ]
    );
}

fn cell(region: &str, holes: &[&str]) -> GridCell {
    GridCell {
        account: "111122223333".to_owned(),
        region: region.to_owned(),
        first_day: String::new(),
        last_day: String::new(),
        days: Vec::new(),
        holes: holes.iter().map(|&hole| hole.to_owned()).collect(),
    }
}

/// Everything is missing that can be.
fn full_of_holes() -> Coverage {
    let mut coverage = Coverage { interrupted: true, output_closed: true, ..Coverage::default() };
    coverage.outcomes = [("read", 1200), ("salvaged", 1), ("skipped", 12), ("failed", 5)]
        .map(|(outcome, files)| (outcome.into(), files))
        .into();
    coverage.totals = Totals {
        files: 1214,
        bytes_packed: 1_000_000_000,
        bytes_inflated: 12_999_999_999_999,
        records: 1_234_567,
        duplicates_dropped: 3,
        conflicting_copies: 1,
        findings: 1000,
        shared_events: 2,
        records_without_time: 2,
        ..Totals::default()
    };
    coverage.pruned.files = 7;
    coverage.pruned.bounds = [("--from".to_owned(), "2024-01-01".to_owned())].into();
    coverage.rules = RulesCovered { loaded: 5, refused: 1, ..RulesCovered::default() };
    coverage.rules.not_run =
        [("unsupported".to_owned(), 2), ("other-log-source".to_owned(), 1)].into();
    coverage.grid = vec![
        cell("eu-west-1", &["2024-05-02", "2024-05-03", "2024-05-07"]),
        cell("eu-west-2", &[]),
        cell("eu-west-3", &["2024-02-29/2026-02-28"]),
    ];
    let skipped = (0..12).map(|index| file(&format!("s{index}"), "skipped"));
    let failed = (0..5).map(|index| file(&format!("bad{index}"), "failed"));
    coverage.files = listed(skipped.chain([file("cut", "salvaged")]).chain(failed));
    coverage.blind_spots = BlindSpots {
        omitted_parameters: 4,
        rebuilt_records: 5,
        hours_of_stopped_logging: 3.5,
        stopped_logging: vec![
            StoppedLogging {
                account: "1".to_owned(),
                region: "r".to_owned(),
                trail: "main".to_owned(),
                by: "StopLogging".into(),
                from: "2024-05-01T00:00:00Z".to_owned(),
                to: None,
                hours: None,
            };
            2
        ],
        narrowed_logging: vec![NarrowedLogging {
            account: String::new(),
            region: String::new(),
            trail: String::new(),
            time: "2024-05-01T00:00:00Z".to_owned(),
            by: "UpdateTrail".into(),
            ways: vec!["one region only".to_owned()],
        }],
        logging_changes_not_kept: 3,
        families: [("management", true), ("data", false), ("insight", false)]
            .map(|(family, seen)| (family.into(), seen))
            .into(),
    };
    coverage
}

#[test]
fn the_summary_tells_what_is_missing() {
    let mut coverage = full_of_holes();
    let lines = coverage.summary_lines();
    assert_eq!(
        lines,
        [
            "Searched 1,201 files (1 damaged): 1.0 GB as stored, 12.9 TB of text, 1,234,567 records. \
             5 files could not be searched.",
            "1,000 findings with 5 rules; 3 duplicates dropped, 1 unlike the copy kept; 2 findings are copies of \
             one action delivered to several accounts.",
            "Interrupted: the results cover the files searched until then.",
            "Failed: 5 files; 2 are not named here but in --coverage FILE.",
            "  bad0: why; and why",
            "  bad1: why; and why",
            "  bad2: why; and why",
            "Salvaged, so some records may be missing: 1 file.",
            "  cut: why; and why",
            "Logging stopped 2 times, 2 not seen started again (first main of 1 r, \
             StopLogging, from 2024-05-01T00:00:00Z).",
            "Logging was reduced or redirected 1 time (a trail that is not named, UpdateTrail, \
             2024-05-01T00:00:00Z: one region only).",
            "3 changes of logging are only counted: too many in one account and region, or without a readable time.",
            "734 days without a file between the first and the last of an account and region: 111122223333 eu-west-1 \
             2024-05-02 to 2024-05-03, 2024-05-07; 111122223333 eu-west-3 2024-02-29 to 2026-02-28.",
            "Not opened: 7 files outside the bounds (--from 2024-01-01).",
            "No data events were seen: reads of objects in S3 cannot be ruled out. No Insights events were seen.",
            "AWS omitted large parameters or response elements in 4 records; rules cannot see those. 5 records were rebuilt from Elasticsearch documents or table columns; rules cannot see what those dropped.",
            "2 matching records have no readable time, so no time range leaves them out.",
            "Skipped 12 files that are not CloudTrail logs: 12 (why; and why).",
            "Rule documents not run: 1 cannot run as written, 3 for other log sources or unsupported.",
        ]
    );
    // However much there is to tell, it fits on a screen.
    coverage.outcomes.insert("salvaged".into(), 9);
    for index in 0..9 {
        coverage.files.push(&file(&format!("cut{index}"), "salvaged")).expect("memory holds it");
    }
    coverage.grid = (0..99).map(|region| cell(&format!("r{region}"), &["2024-05-02"])).collect();
    let lines = coverage.summary_lines();
    assert!(lines.len() <= summary::MOST, "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("; and 96 more.")), "{lines:#?}");
}

#[test]
fn skipped_files_of_more_kinds_than_are_told_apart_are_all_counted() {
    let mut coverage = Coverage::default();
    let kinds = summary::KINDS + 100;
    let of = |kind: usize| FileCovered {
        reasons: vec![format!("kind {kind:05}")],
        ..file(&format!("s{kind}"), "skipped")
    };
    // The last of the kinds that are told apart comes twice, and so does the last of all.
    coverage.files = listed((0..kinds).chain([summary::KINDS - 1, kinds - 1]).map(of));
    coverage.outcomes.insert("skipped".into(), coverage.files.len());
    let told = coverage.summary_lines().into_iter().find(|line| line.starts_with("Skipped"));
    assert_eq!(
        told.as_deref(),
        Some(
            "Skipped 4,198 files that are not CloudTrail logs: 2 (kind 04095), 1 (kind 00000), 1 (kind 00001), \
             4,194 of other kinds."
        )
    );
}

#[test]
fn records_that_name_no_family_are_told_as_such() {
    let mut coverage = Coverage::default();
    coverage.totals.records = 1;
    coverage.blind_spots.families = [("management".into(), false), ("data".into(), false)].into();
    let lines = coverage.summary_lines();
    assert!(lines[2].starts_with("No record names its event category"), "{lines:?}");
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
        "Nothing was searched with 2 rules and 1 correlation, narrowed by 1 filter.",
        "Not all was read or written, so correlations did not run to their end. \
         3 records without a readable time took no part in correlations.",
        "Rule documents not run: 1 filter applies to no loaded rule (refer to rules by id, or add -r builtin).",
    ] {
        assert!(lines.iter().any(|told| told == line), "{lines:?}");
    }
    coverage.correlations = CorrelationsCovered { loaded: 1, ran: true, ..Default::default() };
    assert_eq!(coverage.summary_lines().len(), lines.len() - 1);
}
