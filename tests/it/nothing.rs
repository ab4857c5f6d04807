//! "Found nothing" is only reported of an archive that was searched by a rule.

use std::fs;

use serde_json::Value;

use crate::{BAD, Bench, Ran, STOP, event, key};

/// Two accounts and two regions, and rules.
fn bench() -> Bench {
    let bench = Bench::new();
    for (account, region) in [("111122223333", "us-east-1"), ("444455556666", "eu-central-1")] {
        bench.log(&format!("logs/{}", key(account, region, "2024-05-01")), &[event("GetTrail", 1)]);
    }
    fs::create_dir(bench.path("empty")).unwrap();
    bench
}

/// Runs a hunt that searches nothing: it says so, keeps no findings, and still writes its coverage.
fn nothing(bench: &Bench, args: &[&str], told: &str) -> Ran {
    let ran = bench.run(&[&["hunt", "-r", "rules"], args].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(&format!("error: {told}")), "{args:?}: {}", ran.stderr);
    let files = ["-o", "found", "--coverage", "coverage.json", "--bundle", "run"];
    let ran = bench.run(&[&["hunt", "-r", "rules"], args, &files].concat());
    assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert_eq!(coverage["outcomes"]["read"], 0);
    for name in ["found", "found.partial", "run"] {
        assert!(!bench.path(name).exists(), "{args:?}: {name}");
    }
    fs::remove_file(bench.path("coverage.json")).unwrap();
    ran
}

#[test]
fn nothing_to_search_is_an_error_that_says_what_is_there() {
    let bench = bench();
    let there = "this archive has 111122223333, 444455556666";
    let cases = [
        (&["empty"][..], "empty holds no files; nothing was searched".to_owned()),
        (&["empty", "rules", "--exclude", "*.yml"], "--exclude leaves out all 2 files".to_owned()),
        (
            &["logs", "--account", "acme"],
            format!(r#""acme" is not a 12-digit account ID; {there}"#),
        ),
        (
            &["logs", "--account", "999900001111"],
            format!("no file is of account 999900001111; {there}"),
        ),
        (
            &["logs", "--region", "us-esat-1"],
            "no file is of region us-esat-1; this archive has eu-central-1, us-east-1".to_owned(),
        ),
        (
            &["logs", "--account", "111122223333", "--region", "eu-central-1"],
            "all 2 files are outside the bounds (account 111122223333, region eu-central-1)"
                .to_owned(),
        ),
        (
            &["logs", "--from", "2024-06-01"],
            "all 2 files are outside the bounds (first_day 2024-06-01); they are of 2024-05-01"
                .to_owned(),
        ),
        (&["logs", "--exclude", "logs/**"], "--exclude leaves out all 2 files".to_owned()),
    ];
    for (args, told) in cases {
        nothing(&bench, args, &told);
    }
    let ran = bench.hunt(&["logs"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_cloudtrail_logs_are_nothing_to_search() {
    let bench = bench();
    bench.file("notes/readme", "notes");
    nothing(&bench, &["notes"], "notes/readme is not a CloudTrail log");
    bench.file("notes/other.txt", "more");
    nothing(&bench, &["notes"], "none of the 2 files is a CloudTrail log (notes/other.txt: ");
    let digests = bench.path("digests");
    let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/digests/valid-chain/evidence");
    for name in crate::catalog::files(&from).iter().filter(|name| name.contains("-Digest")) {
        let to = digests.join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from.join(name), to).unwrap();
    }
    nothing(&bench, &["digests"], "none of the ");
    // A log without a record is a log.
    bench.file("none.json", r#"{"Records":[]}"#);
    let ran = bench.hunt(&["none.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Found nothing"), "{}", ran.stderr);
}

#[test]
fn files_that_failed_leave_coverage_incomplete() {
    let bench = bench();
    bench.file("broken.json", "{\"Records\": [");
    bench.file("unknown.json", "nothing of this kind");
    for file in ["broken.json", "unknown.json"] {
        assert_eq!(bench.hunt(&[file]).code, Some(3), "{file}");
    }
    let mut command = bench.command(&["hunt", "-r", "rules", "-"]);
    assert_eq!(crate::ran(&command.write_stdin("").output().unwrap()).code, Some(3));
}

#[test]
fn a_bound_that_no_file_meets_is_reported_although_others_do() {
    let bench = bench();
    let args = ["logs", "--account", "111122223333", "--account", "44445555666"];
    let ran = bench.hunt(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let told = r#"warning: "44445555666" is not a 12-digit account ID; this archive has 111122223333, 444455556666"#;
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let ran = bench.hunt(&["logs", "--account", "111122223333", "--region", "US-EAST-1"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn no_rule_that_runs_is_an_error_that_says_which_there_are() {
    let bench = bench();
    bench.file(
        "win/rule.yml",
        STOP.replace("product: aws, service: cloudtrail", "product: windows, service: security"),
    );
    let filter = "title: F\nlogsource: {product: aws, service: cloudtrail}\nfilter:\n  rules: [x]\n  selection: {a: b}\n  condition: not selection\n";
    bench.file("filter/f.yml", filter);
    bench.file("bad/b.yml", BAD);
    for (args, told) in [
        (
            &["-r", "win"][..],
            "none of the 1 rule is for CloudTrail (win/rule.yml: windows/security); nothing to hunt with",
        ),
        (&["-r", "filter"], "there is 1 filter and no rule"),
        (&["-r", "bad", "--skip-bad-rules"], "1 document is refused; nothing to hunt with"),
        (
            &["-r", "rules", "--level", "critical"],
            "none of the 2 rules is chosen by --rule, --exclude-rule and --level",
        ),
        (&["-r", "rules", "--exclude-rule", "Trail*"], "none of the 2 rules is chosen"),
    ] {
        for command in ["hunt", "profile"] {
            let ran = bench.run(&[&[command, "logs"], args].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
        }
        // Coverage that was asked for is written all the same.
        let ran = bench.run(
            &[&["hunt", "logs", "--coverage", "c.json", "--force", "-o", "found"], args].concat(),
        );
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        let coverage: Value = serde_json::from_str(&bench.read("c.json")).unwrap();
        assert_eq!(
            (&coverage["outcomes"]["read"], &coverage["rules"]["loaded"]),
            (&2.into(), &0.into())
        );
        assert!(!bench.path("found").exists());
    }
}

#[test]
fn other_commands_that_read_an_archive_need_one_too() {
    let bench = bench();
    for args in [
        &["profile", "empty"][..],
        &["profile", "empty", "--baseline"],
        &["profile", "logs", "--account", "acme"],
        &["rules", "check", "rules", "--against", "empty"],
    ] {
        let ran = bench.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.stderr);
        let told =
            if args.contains(&"acme") { "is not a 12-digit" } else { "empty holds no files" };
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(bench.hunt(&["logs", "--bundle", "run"]).code, Some(0));
    let ran = bench.run(&["repeat", "run", "--inputs", "empty"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
}

#[test]
fn a_hunt_that_was_done_before_has_searched_what_its_checkpoint_says() {
    let bench = bench();
    let args = ["hunt", "-r", "rules", "logs", "-o", "found", "--resume", "state"];
    assert_eq!(bench.run(&args).code, Some(0));
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 of the files were already processed"), "{}", ran.stderr);
    // A hunt that searched nothing leaves no checkpoint that would refuse the corrected one.
    let wrong = ["hunt", "-r", "rules", "logs", "-o", "other", "--resume", "next"];
    let ran = bench.run(&[&wrong[..], &["--account", "acme"]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!(bench.run(&wrong).code, Some(0));
}
