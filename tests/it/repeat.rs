//! `hunt --bundle` and `repeat`: what a run bundle holds, and which differences `repeat` reports.

use std::{
    fs::{self, OpenOptions},
    io::{BufRead, BufReader},
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use backtrail::text::hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{Bench, Ran, STOP, event, log_text};

/// Two log files, one with a finding of each rule, and the run bundle of a hunt through them.
fn bundled(args: &[&str]) -> Bench {
    let bench = Bench::new();
    bench.file("logs/a.json", log_text(&[event("GetTrail", 1), event("StopLogging", 2)]));
    bench.file("logs/b.json", log_text(&[event("DescribeTrails", 3)]));
    let ran = bench.hunt(&[&["logs", "--bundle", "run"], args].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Wrote the run bundle run; its manifest.json has SHA-256"),
        "{}",
        ran.stderr
    );
    bench
}

fn repeat(bench: &Bench, args: &[&str]) -> Ran {
    without_hash(bench.run(&[&["repeat", "run"], args].concat()))
}

/// The report without its last line, which differs for each bundle.
fn without_hash(mut ran: Ran) -> Ran {
    let line = ran.stdout.find("The manifest has SHA-256 ");
    assert!(line.is_some() || ran.stdout.is_empty() || ran.stdout.starts_with('{'), "{ran:?}");
    if let Some(line) = line {
        ran.stdout.truncate(line);
    }
    ran
}

/// The comparison as JSON.
fn compared(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let ran = repeat(bench, &[&["-f", "json"], args].concat());
    let value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, value)
}

#[test]
fn the_same_files_and_rules_give_the_same() {
    let bench = bundled(&[]);
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.stdout, "The same: 2 findings in 2 files, byte for byte.\n");
    let (ran, value) = compared(&bench, &["-j1"]);
    assert_eq!((ran.code, &value["conclusion"]), (Some(0), &json!("same")));
    assert_eq!(value["rules_changed_since"], json!([]));
}

#[test]
fn a_bundle_holds_all_findings_whatever_is_shown() {
    let bench = Bench::new();
    bench.file("logs/a.json", log_text(&[event("StopLogging", 1), event("DescribeTrails", 2)]));
    let plain = bench.hunt(&["logs", "-f", "ndjson"]);
    for (number, format) in ["ndjson", "csv", "table"].into_iter().enumerate() {
        for sort in ["file", "time"] {
            let folder = format!("run-{number}-{sort}");
            let args = ["logs", "-f", format, "--sort", sort];
            let shown = bench.hunt(&args).stdout;
            let ran = bench.hunt(&[&args[..], &["--bundle", &folder]].concat());
            assert_eq!(ran.stdout, shown, "{format}: what is shown stays the same");
            assert_eq!(bench.read(&format!("{folder}/findings.ndjson")), plain.stdout, "{format}");
            let ran = bench.run(&["repeat", &folder]);
            assert_eq!(ran.code, Some(0), "{format}: {}{}", ran.stdout, ran.stderr);
        }
    }
    let coverage: Value = serde_json::from_str(&bench.read("run-0-file/coverage.json")).unwrap();
    assert_eq!(coverage["files"][0]["name"], "logs/a.json");
    assert_eq!(coverage["files"][0]["sha256"].as_str().unwrap().len(), 64);
    let rules: Value = serde_json::from_str(&bench.read("run-0-file/rules.json")).unwrap();
    assert_eq!(rules[1]["name"], "rules/stop.yml");
    assert_eq!(rules[1]["origin"], "file");
    let part = format!("run-0-file/{}", rules[1]["part"].as_str().unwrap());
    assert_eq!(bench.read(&part), STOP);
}

#[test]
fn the_working_folder_of_the_second_hunt_does_not_matter() {
    let bench = bundled(&[]);
    let folder = bench.path("elsewhere");
    fs::create_dir(&folder).unwrap();
    let mut command = bench.command(&["repeat", "../run"]);
    let ran = crate::ran(&command.current_dir(folder).output().unwrap());
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn one_byte_of_a_file_is_told() {
    let bench = bundled(&[]);
    // Where no rule looks, findings stay the same and the file does not.
    let text = bench.read("logs/a.json");
    bench.file("logs/a.json", text.replace("GetTrail", "GetTrial"));
    let (ran, value) = compared(&bench, &[]);
    assert_eq!((ran.code, &value["conclusion"]), (Some(3), &json!("files-differ")));
    assert_eq!(value["coverage"]["changed"][0]["name"], "logs/a.json");
    insta::assert_snapshot!(repeat(&bench, &[]).stdout, @r"
    Findings are the same (2 findings), but files differ.

    Of 2 files in the bundle: 1 changed, 0 missing; 0 new.
      changed  logs/a.json: another text
    ");
    // In a record with a finding, both differ.
    bench.file("logs/a.json", text.replace("192.0.2.1", "192.0.2.7"));
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stdout, @r"
    Findings differ: of 2 findings in the bundle, 1 not found again; 1 new.

    Not found again:
      2024-05-01T00:00:02Z  high  Trail Stopped  logs/a.json record 1

    Not in the bundle:
      2024-05-01T00:00:02Z  high  Trail Stopped  logs/a.json record 1

    Of 2 files in the bundle: 1 changed, 0 missing; 0 new.
      changed  logs/a.json: another text
    ");
}

#[test]
fn a_file_that_is_read_otherwise_is_told_although_its_text_is_the_same() {
    let bench = Bench::new();
    bench.log("logs/a.json.gz", &[event("GetTrail", 1)]);
    bench.hunt(&["logs", "--bundle", "run"]);
    let mut packed = fs::read(bench.path("logs/a.json.gz")).unwrap();
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    bench.file("logs/a.json.gz", packed);
    let (ran, value) = compared(&bench, &[]);
    assert_eq!(ran.code, Some(3));
    let changed = &value["coverage"]["changed"][0];
    assert_eq!(changed["before"]["sha256"], changed["now"]["sha256"]);
    assert_eq!(
        (&changed["before"]["outcome"], &changed["now"]["outcome"]),
        (&json!("read"), &json!("salvaged"))
    );
}

#[test]
fn a_new_file_is_told() {
    let bench = bundled(&[]);
    bench.file("logs/c.json", log_text(&[event("GetTrail", 4)]));
    let (ran, value) = compared(&bench, &[]);
    assert_eq!((ran.code, &value["coverage"]["new"]), (Some(3), &json!(["logs/c.json"])));
    bench.file("logs/c.json", log_text(&[event("StopLogging", 4)]));
    let (ran, value) = compared(&bench, &[]);
    assert_eq!((ran.code, &value["findings"]["new"]), (Some(1), &json!(1)));
    assert_eq!(value["findings"]["first_new"][0]["event_id"], "e-0004");
    assert_eq!(value["findings"]["missing"], 0);
}

#[test]
fn a_missing_file_is_told() {
    let bench = bundled(&[]);
    fs::remove_file(bench.path("logs/b.json")).unwrap();
    let (ran, value) = compared(&bench, &[]);
    assert_eq!((ran.code, &value["coverage"]["missing"]), (Some(1), &json!(["logs/b.json"])));
    assert_eq!(value["findings"]["missing"], 1);
    assert_eq!(value["findings"]["first_missing"][0]["rule_title"], "Trails Looked At");
}

#[test]
fn a_changed_bundle_is_not_repeated() {
    let bench = bundled(&[]);
    let rules: Value = serde_json::from_str(&bench.read("run/rules.json")).unwrap();
    let part = rules[1]["part"].as_str().unwrap();
    let path = format!("run/{part}");
    bench.file(&path, STOP.replace("StopLogging", "StopLoggin*"));
    let ran = repeat(&bench, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains(&format!("{part} has other content")), "{}", ran.stderr);
    fs::remove_file(bench.path(&path)).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains(&format!("{part} is missing")), "{}", ran.stderr);
    bench.file(&path, STOP);
    assert_eq!(repeat(&bench, &[]).code, Some(0));
    for part in ["findings.ndjson", "coverage.json", "options.json", "rules.json"] {
        let path = format!("run/{part}");
        let whole = bench.read(&path);
        bench.file(&path, format!("{whole} "));
        let ran = repeat(&bench, &[]);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("{part} has ")), "{}", ran.stderr);
        bench.file(&path, whole);
    }
}

#[test]
fn a_part_of_another_length_is_not_read() {
    let bench = bundled(&[]);
    let part = fs::File::options().write(true).open(bench.path("run/findings.ndjson")).unwrap();
    part.set_len(1 << 40).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("has 1,099,511,627,776 bytes, not"), "{}", ran.stderr);
}

#[test]
fn a_manifest_leads_nowhere_else() {
    let bench = bundled(&[]);
    let mut manifest: Value = serde_json::from_str(&bench.read("run/manifest.json")).unwrap();
    manifest["parts"][0]["part"] = json!("../logs/a.json");
    bench.file("run/manifest.json", manifest.to_string());
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("is not a valid name of a part"), "{}", ran.stderr);
    bench.file("run/manifest.json", "{");
    assert_eq!(repeat(&bench, &[]).code, Some(2));
}

#[test]
fn a_bundle_of_another_format_is_refused() {
    let bench = bundled(&[]);
    let mut manifest: Value = serde_json::from_str(&bench.read("run/manifest.json")).unwrap();
    manifest.as_object_mut().unwrap().remove("version").unwrap();
    bench.file("run/manifest.json", manifest.to_string());
    let ran = repeat(&bench, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("run bundle of another version"), "{}", ran.stderr);
}

#[test]
fn a_hostile_coverage_report_is_refused() {
    let bench = bundled(&[]);
    // The manifest vouches for it, as whoever changes a bundle can write a new one.
    let reseal = |coverage: &str| {
        bench.file("run/coverage.json", coverage);
        let mut manifest: Value = serde_json::from_str(&bench.read("run/manifest.json")).unwrap();
        for part in manifest["parts"].as_array_mut().unwrap() {
            if part["part"] == "coverage.json" {
                part["bytes"] = json!(coverage.len());
                part["sha256"] = json!(hex(&Sha256::digest(coverage)));
            }
        }
        bench.file("run/manifest.json", manifest.to_string());
        repeat(&bench, &[])
    };
    let whole = bench.read("run/coverage.json");
    assert_eq!(reseal(&whole).code, Some(0));
    let mut coverage: Value = serde_json::from_str(&whole).unwrap();
    let file = coverage["files"][0].clone();
    let files = (0..100).map(|id| {
        let mut file = file.clone();
        file["outcome"] = json!(format!("outcome {id}"));
        file
    });
    coverage["files"] = files.collect();
    for hostile in [coverage.to_string(), "{".to_owned(), "[".repeat(1 << 20), String::new()] {
        let ran = reseal(&hostile);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("coverage.json of the run bundle is invalid"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn an_incomplete_bundle_is_refused() {
    let bench = bundled(&[]);
    fs::remove_file(bench.path("run/manifest.json")).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("run is not a complete run bundle"), "{}", ran.stderr);
    let ran = bench.run(&["repeat", "nowhere"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
}

#[test]
fn moved_inputs_keep_their_names() {
    let bench = bundled(&["--exclude", "logs/x*"]);
    bench.file("logs/x.json", log_text(&[event("StopLogging", 9)]));
    fs::create_dir(bench.path("vault")).unwrap();
    fs::rename(bench.path("logs"), bench.path("vault/evidence")).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("name their place with --inputs"), "{}", ran.stderr);
    let ran = repeat(&bench, &["--inputs", "vault/evidence"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let ran = repeat(&bench, &["--inputs", "vault/evidence", "vault"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("2 given, and the bundle has 1"), "{}", ran.stderr);
    assert_eq!(repeat(&bench, &["--inputs", "vault/gone"]).code, Some(2));
}

#[test]
fn rules_come_from_the_bundle_and_what_became_of_them_is_told() {
    let bench = bundled(&[]);
    bench.file("rules/stop.yml", STOP.replace("StopLogging", "GetTrail"));
    fs::remove_file(bench.path("rules/look.yml")).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stdout, @r"
    The same: 2 findings in 2 files, byte for byte.
    rules/look.yml is missing since; the rules of the bundle ran.
    rules/stop.yml has changed since; the rules of the bundle ran.
    ");
}

#[test]
fn what_comes_once_is_not_bundled() {
    let bench = Bench::new();
    let mut command = bench.command(&["hunt", "-r", "rules", "-", "--bundle", "run"]);
    let ran = crate::ran(&command.write_stdin(log_text(&[])).output().unwrap());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("it can be read only once"), "{}", ran.stderr);
    assert!(!bench.path("run").exists());
    let ran = bench.hunt(&["/dev/null", "--bundle", "run"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("it is a pipe or a device"), "{}", ran.stderr);
}

#[test]
fn a_bundle_needs_an_empty_folder() {
    let bench = bundled(&[]);
    let ran = bench.hunt(&["logs", "--bundle", "run"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("run is not empty"), "{}", ran.stderr);
    assert_eq!(bench.hunt(&["logs", "--bundle", "logs/a.json"]).code, Some(2));
    fs::create_dir(bench.path("empty")).unwrap();
    assert_eq!(bench.hunt(&["logs", "--bundle", "empty"]).code, Some(0));
}

#[test]
fn the_hash_of_the_manifest_is_that_which_the_hunt_printed() {
    let bench = Bench::new();
    bench.file("logs/a.json", log_text(&[event("StopLogging", 1)]));
    let hunted = bench.hunt(&["logs", "--bundle", "run"]).stderr;
    let hash = hunted.split("SHA-256 ").nth(1).unwrap().split('.').next().unwrap();
    let ran = bench.run(&["repeat", "run"]);
    assert!(ran.stdout.ends_with(&format!("The manifest has SHA-256 {hash}.\n")), "{}", ran.stdout);
    assert_eq!(compared(&bench, &[]).1["manifest_sha256"], hash);
}

#[test]
fn what_was_added_to_a_bundle_is_reported_and_not_read() {
    let bench = bundled(&[]);
    bench.file("run/notes.txt", "added");
    bench.file("run/rules/9999-more.yml", STOP.replace("0001", "0009"));
    symlink("/etc", bench.path("run/more")).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = "Added to the bundle, and not read: more, notes.txt, rules/9999-more.yml.\n";
    assert!(ran.stdout.ends_with(told), "{}", ran.stdout);
    let added = json!(["more", "notes.txt", "rules/9999-more.yml"]);
    assert_eq!(compared(&bench, &[]).1["added_to_bundle"], added);
}

#[test]
fn no_part_of_a_bundle_is_read_through_a_link_a_pipe_or_a_device() {
    let bench = bundled(&[]);
    let copy = bench.read("run/findings.ndjson");
    bench.file("elsewhere/findings.ndjson", &copy);
    let part = bench.path("run/findings.ndjson");
    fs::remove_file(&part).unwrap();
    symlink("../elsewhere/findings.ndjson", &part).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("is a symbolic link"), "{}", ran.stderr);
    fs::remove_file(&part).unwrap();
    // Opened, it would make the program wait for ever.
    assert!(Command::new("mkfifo").arg(&part).status().unwrap().success());
    let ran = repeat(&bench, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("is not a regular file"), "{}", ran.stderr);
    fs::remove_file(&part).unwrap();
    bench.file("run/findings.ndjson", copy);
    assert_eq!(repeat(&bench, &[]).code, Some(0));
    fs::rename(bench.path("run/rules"), bench.path("rules-elsewhere")).unwrap();
    symlink("../rules-elsewhere", bench.path("run/rules")).unwrap();
    assert_eq!(repeat(&bench, &[]).code, Some(2), "a folder of it is a link");
    fs::rename(bench.path("run/manifest.json"), bench.path("manifest.json")).unwrap();
    symlink("../manifest.json", bench.path("run/manifest.json")).unwrap();
    assert_eq!(repeat(&bench, &[]).code, Some(2), "the manifest is a link");
}

#[test]
fn options_and_lists_are_those_of_the_bundle() {
    let bench = Bench::new();
    for (file, id) in [("one/a.json", 1), ("two/b.json", 2), ("three/c.json", 3)] {
        bench.file(file, log_text(&[event("StopLogging", id), event("DescribeTrails", id + 10)]));
    }
    bench.file("values.txt", "StopLogging\n");
    let placed = STOP.replace("eventName: StopLogging", "eventName|expand: '%names%'");
    bench.file("rules/stop.yml", placed);
    bench.file("names.txt", "two\nthree\ngone.json\n");
    let ran = bench.hunt(&[
        "one",
        "--files-from",
        "names.txt",
        "--placeholder",
        "names=@values.txt",
        "--level",
        "high",
        "--to",
        "2024-05-01T00:00:03Z",
        "--limit",
        "5",
        "--memory",
        "32MiB",
        "--bundle",
        "run",
    ]);
    assert_eq!(ran.code, Some(3), "one of the list is gone: {}", ran.stderr);
    assert_eq!(ran.column("event_id"), ["e-0001", "e-0002"]);
    let options: Value = serde_json::from_str(&bench.read("run/options.json")).unwrap();
    assert_eq!(options["hunt"]["spec"]["memory"], 32 << 20);
    assert_eq!(options["hunt"]["placeholders"], json!({"names": ["StopLogging"]}));
    assert_eq!(options["hunt"]["listed"], json!(["two", "three", "gone.json"]));
    fs::remove_file(bench.path("values.txt")).unwrap();
    fs::remove_file(bench.path("names.txt")).unwrap();
    let ran = repeat(&bench, &[]);
    assert_eq!(ran.code, Some(0), "what failed in both is the same: {}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_hunt_that_ends_early_leaves_no_manifest() {
    let bench = Bench::new();
    bench.file("logs/a.json", log_text(&[event("StopLogging", 1)]));
    let output =
        bench.command(&["hunt", "-r", "rules", "logs", "-o", "/dev/full", "--bundle", "run"]);
    let ran = crate::ran(&{ output }.output().unwrap());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("the run bundle in run is incomplete"), "{}", ran.stderr);
    assert!(!bench.path("run/manifest.json").exists());
    assert_eq!(repeat(&bench, &[]).code, Some(2));
}

#[test]
fn refused_rules_and_built_in_ones_come_back_as_they_were() {
    let bench = Bench::new();
    bench.file("rules/odd.yml", b"title: \xff\ndetection: 1\n");
    bench.file("rules/big.yml", format!("detection: {}", "#".repeat(1 << 20)));
    bench.file("logs/a.json", log_text(&[event("StopLogging", 1)]));
    let ran = bench.hunt(&["logs", "-r", "builtin", "--skip-bad-rules", "--bundle", "run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let (ran, value) = compared(&bench, &[]);
    assert_eq!(ran.code, Some(0), "{value:#}");
    assert_eq!(value["coverage"]["refused"], json!([2, 2]));
    assert_eq!(
        value["rules_changed_since"],
        json!([]),
        "a file that is too big is told by what was read"
    );
}

#[test]
fn an_interrupt_ends_a_second_hunt_without_a_verdict() {
    let bench = Bench::new();
    bench.file("a.json", log_text(&[event("StopLogging", 1)]));
    assert_eq!(bench.hunt(&["a.json", "--bundle", "run"]).code, Some(0));
    assert!(Command::new("mkfifo").arg(bench.path("pipe")).status().unwrap().success());
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("backtrail"))
        .args(["repeat", "run", "--inputs", "pipe"])
        .current_dir(bench.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe opens once the hunt reads from it, and the hunt lasts as long as it is open.
    let pipe = OpenOptions::new().write(true).open(bench.path("pipe")).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("interrupted"), "{told}");
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(130), &b""[..]));
}

#[test]
fn containers_correlations_and_digests_are_hunted_again_as_they_were() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
    let bench = Bench::new();
    let keys = format!("{data}/digests/keys.json");
    let digests = format!("{data}/digests/two-deleted-digests/evidence");
    let [archive, bundles] = ["archive", "bundles"].map(|name| format!("{data}/{name}"));
    let cases = [vec![&*archive, &*bundles], vec![&*digests, "--verify", "--keys", &keys]];
    for (number, args) in cases.iter().enumerate() {
        let folder = format!("run-{number}");
        let ran = bench.run(&[&["hunt", "--bundle", &folder], &args[..]].concat());
        assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.stderr);
        assert!(!ran.stdout.is_empty());
        let ran = bench.run(&["repeat", &folder, "-j1"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    }
    let found = bench.read("run-1/findings.ndjson");
    assert!(
        found.contains("\"integrity\":\"valid\"") && found.contains("\"integrity\":\"unlisted\"")
    );
}
