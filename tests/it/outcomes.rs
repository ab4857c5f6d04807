//! What becomes of files that are not plain logs, and the exit codes that tell of it.

use serde_json::{Value, json};

use crate::{Bench, event, gzip, log_text};

/// The outcome of each file that is not plainly read.
fn outcomes(coverage: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let files = coverage["files"].as_array().unwrap();
    files.iter().map(|file| (text(&file["name"]), text(&file["outcome"]))).collect()
}

/// A log whose records begin with their version, as those of AWS do.
fn version_first(records: &[Value]) -> String {
    let version = "\"eventVersion\":\"1.10\",";
    let text = log_text(records).replace(version, "");
    text.replace("{\"awsRegion\"", &format!("{{{version}\"awsRegion\""))
}

fn pair(name: &str, outcome: &str) -> (String, String) {
    (name.to_owned(), outcome.to_owned())
}

#[test]
fn findings_alone_are_no_failure() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let ran = bench.hunt(&["a.json.gz"]);
    assert_eq!((ran.code, ran.findings().len()), (Some(0), 1));
}

#[test]
fn fail_on_compares_levels() {
    let bench = Bench::new();
    bench.log("low.json.gz", &[event("DescribeTrails", 1)]);
    bench.log("high.json.gz", &[event("StopLogging", 2)]);
    for (file, level, code) in [
        ("low.json.gz", "high", 0),
        ("low.json.gz", "low", 1),
        ("high.json.gz", "high", 1),
        ("high.json.gz", "critical", 0),
    ] {
        let ran = bench.hunt(&[file, "--fail-on", level]);
        assert_eq!(ran.code, Some(code), "{file} {level}: {}", ran.stderr);
        assert_eq!(ran.findings().len(), 1);
    }
}

#[test]
fn what_is_named_like_data_fails_and_what_merely_lies_there_is_skipped() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    bench.file("logs/README", "nothing here");
    bench.file("logs/notes", "");
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        outcomes(&coverage),
        [pair("logs/README", "skipped"), pair("logs/notes", "skipped")]
    );

    bench.file("logs/empty.json", "");
    bench.file("logs/odd.json.gz", "nothing here");
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(ran.findings().len(), 1);
    assert_eq!(coverage["outcomes"], json!({"read": 1, "salvaged": 0, "skipped": 2, "failed": 2}));
    assert_eq!(coverage["totals"]["files"], 5);
}

#[test]
fn what_the_user_names_must_be_understood() {
    let bench = Bench::new();
    bench.file("README", "nothing here");
    let (ran, coverage) = bench.coverage(&["README"]);
    assert_eq!(ran.code, Some(3));
    assert_eq!(outcomes(&coverage), [pair("README", "failed")]);
}

#[test]
fn a_cut_file_gives_its_whole_records_and_is_salvaged() {
    let bench = Bench::new();
    let records: Vec<_> = (0..400).map(|id| event("StopLogging", id)).collect();
    let packed = gzip(&log_text(&records));
    bench.file("cut.json.gz", &packed[..packed.len() / 2]);
    let (ran, coverage) = bench.coverage(&["cut.json.gz"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(outcomes(&coverage), [pair("cut.json.gz", "salvaged")]);
    let found = ran.findings();
    assert!(!found.is_empty() && found.len() < 400, "{} findings", found.len());
    assert!(found.iter().all(|finding| finding["integrity"] == "unchecked"));
}

#[test]
fn a_wrong_checksum_marks_every_finding_also_of_a_streamed_file() {
    let bench = Bench::new();
    // A small text is checked before it is searched, a large one while it is: in one pass if it is as AWS writes it.
    let forms: [fn(&[Value]) -> String; 2] = [log_text, version_first];
    for (records, large, form) in
        [(400, false, forms[0]), (8_000, true, forms[0]), (8_000, true, forms[1])]
    {
        let events: Vec<_> = (0..records)
            .map(|id| event(if id % 20 == 0 { "StopLogging" } else { "GetTrail" }, id))
            .collect();
        let mut packed = gzip(&form(&events));
        assert_eq!(packed.len() > 32 << 10, large, "{}", packed.len());
        bench.file("good.json.gz", &packed);
        let good = bench.hunt(&["good.json.gz"]);
        assert_eq!(good.code, Some(0), "{}", good.stderr);
        assert!(good.column("integrity").iter().all(|integrity| integrity != "unchecked"));
        let trailer = packed.len() - 8;
        packed[trailer] ^= 1;
        bench.file("bad.json.gz", &packed);
        let whole = bench.hunt(&["bad.json.gz"]);
        let streamed = bench.hunt(&["bad.json.gz", "--max-inflated", "64KiB"]);
        for ran in [&whole, &streamed] {
            assert_eq!(ran.code, Some(3), "{}", ran.stderr);
            assert_eq!(ran.findings().len(), usize::try_from(records).expect("few") / 20);
            assert!(ran.column("integrity").iter().all(|integrity| integrity == "unchecked"));
        }
        assert_eq!(whole.stdout, streamed.stdout);
    }
}

#[test]
fn a_large_file_is_streamed_and_gives_the_same() {
    let bench = Bench::new();
    let records: Vec<_> = (0..900)
        .map(|id| event(if id % 3 == 0 { "StopLogging" } else { "GetTrail" }, id))
        .collect();
    bench.log("a.json.gz", &records);
    bench.file("b.json", log_text(&records));
    let args = ["a.json.gz", "b.json", "--duplicates", "keep"];
    let whole = bench.hunt(&args);
    let streamed = bench.hunt(&[&args[..], &["--max-inflated", "64KiB"]].concat());
    assert_eq!((whole.code, streamed.code), (Some(0), Some(0)), "{}", streamed.stderr);
    assert_eq!(whole.findings().len(), 600);
    assert_eq!(whole.stdout, streamed.stdout);
}

#[test]
fn outcomes_add_up_and_are_told() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("StopLogging", 1)]);
    bench.file("logs/b.json.gz", "");
    bench.file("logs/c", "text");
    let (ran, coverage) = bench.coverage(&["logs"]);
    let sum: u64 = coverage["outcomes"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(coverage["totals"]["files"], sum);
    assert!(ran.stderr.contains("logs/b.json.gz"), "{}", ran.stderr);
    let quiet = bench.hunt(&["logs", "-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(3), ""));
    let verbose = bench.hunt(&["logs", "-v"]);
    assert!(verbose.stderr.contains("skipped logs/c"), "{}", verbose.stderr);
}

#[test]
fn with_full_detail_every_file_has_its_hash() {
    let bench = Bench::new();
    bench.log("a.json.gz", &[event("StopLogging", 1)]);
    let (_, coverage) = bench.coverage(&["a.json.gz", "--coverage-detail", "all"]);
    let file = &coverage["files"][0];
    assert_eq!((file["outcome"].as_str(), file["records"].as_u64()), (Some("read"), Some(1)));
    assert_eq!(file["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(coverage["totals"]["records_counted"], "exactly");
}
