//! The coverage report adds up, whatever was searched and whatever was left out.

use super::*;

/// Everything in the test data that a hunt may meet, as one archive, with our rules.
fn everything() -> Bench {
    let bench = Bench::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for folder in ["archive", "broken", "bundles", "containers"] {
        std::os::unix::fs::symlink(data.join(folder), bench.path(folder)).unwrap();
    }
    bench
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// A sum over the grid.
fn over_days(coverage: &Value, of: &str) -> u64 {
    let cells = coverage["grid"].as_array().unwrap().iter();
    let days = cells.flat_map(|cell| cell["days"].as_array().unwrap());
    days.map(|day| number(&day[of])).sum()
}

fn hunt(bench: &Bench, args: &[&str]) -> Value {
    let folders = ["archive", "broken", "bundles", "containers"];
    let all = [&["hunt", "--coverage", "coverage.json", "--force"], &folders[..], args].concat();
    let ran = bench.run(&all);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.lines().count() <= 24, "the summary stays on a screen: {}", ran.stderr);
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert_eq!(coverage["totals"]["findings"], ran.stdout.lines().count());
    coverage
}

fn adds_up(coverage: &Value, args: &[&str]) {
    let (totals, outcomes) = (&coverage["totals"], coverage["outcomes"].as_object().unwrap());
    let names: Vec<_> = outcomes.keys().map(String::as_str).collect();
    assert_eq!(names, ["failed", "read", "salvaged", "skipped"]);
    assert_eq!(totals["files"], outcomes.values().map(number).sum::<u64>(), "{args:?}");
    let searched = number(&outcomes["read"]) + number(&outcomes["salvaged"]);
    let placed = over_days(coverage, "files") + number(&totals["files_without_key"]);
    assert_eq!(searched, placed, "{args:?}");
    let records = over_days(coverage, "records") + number(&totals["records_without_key"]);
    assert_eq!(totals["records"], records, "{args:?}");
    let by_rule = coverage["rules"]["findings"].as_array().unwrap();
    let by_rule: u64 = by_rule.iter().map(|rule| number(&rule["findings"])).sum();
    assert_eq!(totals["findings"], by_rule, "{args:?}");

    let files = coverage["files"].as_array().unwrap();
    for (outcome, count) in outcomes {
        let named = files.iter().filter(|file| file["outcome"] == outcome.as_str()).count() as u64;
        if outcome != "read" || args.contains(&"all") {
            assert_eq!(named, number(count), "{outcome} {args:?}");
        }
        let all_hashed = files.iter().filter(|file| file["outcome"] == outcome.as_str());
        if outcome == "read" {
            assert!(
                all_hashed
                    .clone()
                    .all(|file| file["sha256"].as_str().is_some_and(|hash| hash.len() == 64))
            );
        }
    }
}

#[test]
fn everything_adds_up_with_and_without_bounds() {
    let bench = everything();
    let whole = hunt(&bench, &["--duplicates", "keep"]);
    adds_up(&whole, &[]);
    assert_eq!(number(&whole["totals"]["duplicates_dropped"]), 0);
    let listed = number(&whole["totals"]["files"]);
    let ways: [&[&str]; 7] = [
        &[],
        &["--account", "444455556666"],
        &["--region", "eu-central-1", "--coverage-detail", "times"],
        &["--from", "2026-03-05", "--to", "2026-03-06", "--late-days", "0"],
        &["--from", "2026-03-05", "--coverage-detail", "all"],
        &["--to", "2026-03-04", "--late-days", "1", "--account", "111122223333"],
        &["--no-prefilter", "--max-inflated", "64KiB"],
    ];
    for way in ways {
        let kept = hunt(&bench, &[way, &["--duplicates", "keep"]].concat());
        let dropped = hunt(&bench, way);
        adds_up(&kept, way);
        adds_up(&dropped, way);
        let [kept, dropped] = [kept, dropped].map(|coverage| {
            // What is pruned was listed and is counted apart.
            let all = number(&coverage["totals"]["files"]) + number(&coverage["pruned"]["files"]);
            assert_eq!(all, listed, "{way:?}");
            assert_eq!(
                number(&coverage["pruned"]["files"]) > 0,
                way.iter().any(|arg| { ["--account", "--region", "--from", "--to"].contains(arg) })
            );
            // A correlation counts copies as events of their own where they are kept.
            number(&coverage["totals"]["findings"]) - number(&coverage["correlations"]["findings"])
                + number(&coverage["totals"]["duplicates_dropped"])
        });
        assert_eq!(kept, dropped, "{way:?}");
    }
}

#[test]
fn times_are_told_of_each_day_and_of_the_whole_if_asked_for() {
    let bench = everything();
    let plain = hunt(&bench, &[]);
    assert!(plain["totals"].get("first_event").is_none());
    for detail in ["times", "all"] {
        let coverage = hunt(&bench, &["--coverage-detail", detail]);
        let totals = &coverage["totals"];
        let mut days = coverage["grid"].as_array().unwrap().iter();
        let us =
            days.find(|cell| cell["account"] == "111122223333" && cell["region"] == "us-east-1");
        for day in us.unwrap()["days"].as_array().unwrap() {
            let (first, last) =
                (day["first_event"].as_str().unwrap(), day["last_event"].as_str().unwrap());
            assert!(first <= last, "{day}");
            assert!(totals["first_event"].as_str().unwrap() <= first, "{day}");
            assert!(totals["last_event"].as_str().unwrap() >= last, "{day}");
        }
    }
}

#[test]
fn stopped_logging_is_an_interval_that_ends_where_the_trail_starts_again() {
    let bench = Bench::new();
    let call = |name: &str, id: u32, parameters: Value| {
        let mut record = event(name, id);
        record["requestParameters"] = parameters;
        record
    };
    let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";
    bench
        .log("a.json.gz", &[call("StartLogging", 3000, json!({"name": arn})), event("GetUser", 1)]);
    bench.log("b.json.gz", &[call("StopLogging", 300, json!({"name": "main"}))]);
    bench.log("c.json.gz", &[call("StopLogging", 300, json!({"name": "main"}))]);
    bench.log("d.json.gz", &[call("DeleteTrail", 100, json!({"name": "other"}))]);
    let narrower = json!({"trailName": "main", "eventSelectors": [{"readWriteType": "WriteOnly"}]});
    bench.log("e.json.gz", &[call("PutEventSelectors", 200, narrower)]);
    let files = ["a.json.gz", "b.json.gz", "c.json.gz", "d.json.gz", "e.json.gz"];
    // No rule asks for any of these but one; and a rule without a gate changes nothing.
    for way in
        [&["--rule", "Trails Looked At"][..], &["--no-prefilter"], &["--coverage-detail", "all"]]
    {
        let (ran, coverage) = bench.coverage(&[&files[..], way].concat());
        let spots = &coverage["blind_spots"];
        assert_eq!(spots["hours_of_stopped_logging"], 0.75, "{way:?}");
        let intervals = json!([
            {"account": "111122223333", "region": "eu-west-1", "trail": "other", "by": "DeleteTrail",
             "from": "2024-05-01T00:01:40Z", "to": null, "hours": null},
            {"account": "111122223333", "region": "eu-west-1", "trail": "main", "by": "StopLogging",
             "from": "2024-05-01T00:05:00Z", "to": "2024-05-01T00:50:00Z", "hours": 0.75},
        ]);
        assert_eq!(spots["stopped_logging"], intervals, "{way:?}");
        assert_eq!(spots["narrowed_logging"][0]["ways"][0], "not every management event");
        assert!(
            ran.stderr.contains(
                "Logging stopped 2 times, for 0.75 hours in all until started again, 1 not seen"
            ),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn families_that_no_record_names_are_told_in_words() {
    let bench = Bench::new();
    let of = |category: &str, id| {
        let mut record = event("GetObject", id);
        record["eventCategory"] = category.into();
        record
    };
    bench.log("old.json.gz", &[event("GetObject", 1)]);
    bench.log("management.json.gz", &[of("Management", 2)]);
    bench.file(
        "data.json",
        serde_json::to_string_pretty(&json!({"Records": [of("Data", 3)]})).unwrap(),
    );
    let untold = "No record names its event category";
    let unseen = "No data events were seen: reads of objects in S3 cannot be ruled out";
    for way in
        [&["--coverage-detail", "none"][..], &["--no-prefilter"], &["--coverage-detail", "all"]]
    {
        let hunt = |files: &[&str]| bench.coverage(&[files, way].concat());
        assert!(hunt(&["old.json.gz"]).0.stderr.contains(untold), "{way:?}");
        let (ran, coverage) = hunt(&["old.json.gz", "management.json.gz"]);
        assert!(ran.stderr.contains(unseen), "{}", ran.stderr);
        let families = &coverage["blind_spots"]["families"];
        assert_eq!((&families["management"], &families["data"]), (&true.into(), &false.into()));
        let (ran, coverage) = hunt(&["management.json.gz", "data.json"]);
        assert!(!ran.stderr.contains("No data events"), "{}", ran.stderr);
        assert_eq!(coverage["blind_spots"]["families"]["data"], true);
    }
}

#[test]
fn quiet_says_nothing_of_a_whole_hunt() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    assert!(bench.hunt(&["a.json.gz"]).stderr.contains("Searched 1 file"));
    assert_eq!(bench.hunt(&["a.json.gz", "--quiet"]).stderr, "");
}
