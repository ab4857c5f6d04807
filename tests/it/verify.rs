//! `verify`: the cases of `testdata/digests`, options, and a signature that `openssl` made.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::{Bench, Ran, gzip};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/digests")
}

/// One case and `keys.json` in a folder to work in.
fn copied(name: &str) -> Bench {
    let bench = Bench::new();
    copy(&bench, &cases().join(name), Path::new(""));
    bench.file("keys.json", fs::read(cases().join("keys.json")).unwrap());
    bench
}

fn copy(bench: &Bench, from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(bench, &path, &to);
        } else {
            bench.file(to, fs::read(&path).unwrap());
        }
    }
}

/// `verify`, and the report it gave.
fn report(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let ran = bench.run(&[&["verify", "-f", "json"], args].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, report)
}

fn last(name: &Value) -> &str {
    name.as_str().unwrap().rsplit('/').next().unwrap()
}

/// What `expected.json` holds a report to.
fn told(report: &Value, code: Option<i32>, why: &Value, args: &Value) -> Value {
    let chains = report["chains"].as_array().unwrap();
    let sum = |path: &str| -> u64 {
        chains.iter().map(|chain| chain.pointer(path).unwrap().as_u64().unwrap()).sum()
    };
    let rows = report["not_valid"].as_array().unwrap();
    let rows = rows.iter().map(|row| json!([row["verdict"], last(&row["name"])]));
    let gaps = chains.iter().flat_map(|chain| chain["gaps"].as_array().unwrap());
    let gaps = gaps.map(|gap| json!([gap["why"], gap["about"]]));
    let silent: f64 = chains.iter().map(|chain| chain["silent_hours"].as_f64().unwrap()).sum();
    json!({
        "args": args,
        "why": why,
        "exit": code,
        "conclusion": report["conclusion"],
        "valid_digests": sum("/digests/valid"),
        "valid_logs": report["files"]["valid"],
        "not_valid": rows.collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
        "relocated": sum("/digests_relocated") + report["files"]["relocated"].as_u64().unwrap(),
        "silent_hours": silent,
    })
}

#[test]
fn each_case_is_told_as_it_is() {
    let mut count = 0;
    for entry in fs::read_dir(cases()).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(expected) = fs::read_to_string(folder.join("expected.json")) else { continue };
        let expected: Value = serde_json::from_str(&expected).unwrap();
        let args: Vec<_> =
            expected["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        let bench = Bench::new();
        let run = |more: &[&str]| {
            let mut command = bench.command(&[&["verify", "evidence"], &args[..], more].concat());
            crate::ran(&command.current_dir(&folder).output().unwrap())
        };
        let ran = run(&["-f", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let told = told(&report, ran.code, &expected["why"], &expected["args"]);
        // Objects are compared without regard to the order of their members.
        assert!(told == expected, "{}:\n{told:#}\nis not\n{expected:#}", folder.display());
        for way in ["-j1", "-j3", "--access read", "--access mmap"] {
            let other = run(&[&["-f", "json"], &way.split(' ').collect::<Vec<_>>()[..]].concat());
            assert_eq!(other.stdout, ran.stdout, "{} with {way}", folder.display());
        }
        let csv = run(&["-f", "csv"]);
        let rows = report["not_valid"].as_array().unwrap().len();
        assert_eq!((csv.code, csv.stdout.lines().count()), (ran.code, rows + 1));
        let text = run(&[]);
        assert_eq!(text.code, ran.code);
        count += 1;
    }
    assert!(count >= 17, "{count} cases");
}

#[test]
fn the_report_for_people_has_chains_gaps_files_and_a_conclusion() {
    let bench = copied("two-deleted-digests");
    let ran = bench.run(&["verify", "evidence", "--keys", "keys.json"]);
    insta::assert_snapshot!(ran.stdout, @r"
    account       region     trail       from                  to                    hours  silent  gaps  digests  valid  logs  valid
    111122223333  us-east-1  management  2026-03-01T01:01:17Z  2026-03-01T06:01:17Z    3.0     0.0     1        4      3     3      3

    Gaps:
    111122223333 us-east-1 management: 2026-03-01T03:01:17Z to 2026-03-01T05:01:17Z: about 2 digests are missing or not proved; the newest missing one is AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_management_us-east-1_20260301T050117Z.json.gz, which has the name of the one before

    Not valid:
    missing         digest  AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/111122223333_CloudTrail-Digest_us-east-1_management_us-east-1_20260301T050117Z.json.gz: named by 111122223333_CloudTrail-Digest_us-east-1_management_us-east-1_20260301T060117Z.json.gz
    unlisted        log     evidence/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T0306Z_87878bad0679a0b3.json.gz: no digest here lists it
    unlisted        log     evidence/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/111122223333_CloudTrail_us-east-1_20260301T0406Z_50446993add90b62.json.gz: no digest here lists it

    Something is not what AWS delivered, or is missing. 1 digest is missing. In the time around it, about 2
    digests are missing or not proved. Proved to be what AWS delivered: 3 digests and 3 log files; proved digests
    cover 3.0 hours. Not proved: 2 files that no digest here lists. Gaps in time: 1 where digests are missing.
    Nothing is known about deliveries after the newest proved digest, 2026-03-01T06:01:17Z.
    ");
    insta::assert_snapshot!(ran.stderr, @"Compared 5 files with 3 digests in 1 chain, using 1 key: 3 valid, 2 unlisted, 1 digest missing.");
}

#[test]
fn bounds_choose_what_is_told() {
    let bench = copied("starting-digest");
    let all = ["evidence", "--keys", "keys.json"];
    let (_, whole) = report(&bench, &all);
    assert_eq!(whole["files"]["valid"], 4);
    // The first part of the chain alone; days are padded, so the log files after it are not of the
    // time asked for and are not told.
    let (ran, first) = report(&bench, &[&all[..], &["--to", "2026-03-01T03:00:00Z"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(first["chains"][0]["digests"]["valid"], 2);
    assert_eq!((&first["files"]["valid"], &first["chains"][0]["gaps"]), (&json!(2), &json!([])));
    for (bound, value) in
        [("--account", "444455556666"), ("--region", "eu-west-1"), ("--trail", "other")]
    {
        let ran = bench.run(&[&["verify"], &all[..], &[bound, value]].concat());
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{bound}");
        assert!(ran.stderr.contains("there are digests of 111122223333 us-east-1"), "{bound}");
    }
    let (ran, _) = report(&bench, &[&all[..], &["--trail", "management"]].concat());
    assert_eq!(ran.code, Some(0));
}

#[test]
fn a_part_of_an_archive_is_whole_if_one_says_so() {
    let bench = copied("valid-chain");
    let digests = "evidence/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/03/01/";
    let logs = "evidence/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01/";
    for folder in [digests, logs] {
        let mut names: Vec<_> =
            fs::read_dir(bench.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        fs::remove_file(&names[0]).unwrap();
    }
    let (ran, told) = report(&bench, &["evidence", "--keys", "keys.json"]);
    assert_eq!(ran.code, Some(1), "the digest before the first is named and gone");
    assert_eq!(told["chains"][0]["gaps"][0]["from"], Value::Null);
    let from = ["evidence", "--keys", "keys.json", "--from", "2026-03-01T02:01:17Z"];
    let (ran, told) = report(&bench, &from);
    assert_eq!((ran.code, &told["chains"][0]["gaps"]), (Some(0), &json!([])), "{}", ran.stderr);
}

#[test]
fn without_keys_nothing_is_proved_and_nothing_is_accused() {
    let bench = copied("changed-log");
    let (ran, told) = report(&bench, &["evidence"]);
    assert_eq!(ran.code, Some(3), "the digest that has another hash may be forged");
    assert!(ran.stderr.contains("without --keys"), "{}", ran.stderr);
    assert_eq!((&told["files"]["valid"], &told["files"]["modified"]), (&json!(0), &json!(0)));
    assert_eq!(told["files"]["differ_unproved"], 1, "it is reported all the same");
    let bench = copied("valid-chain");
    assert_eq!(bench.run(&["verify", "evidence"]).code, Some(3));
}

#[test]
fn what_cannot_be_used_ends_with_two_and_a_reason() {
    let bench = copied("valid-chain");
    bench.file(
        "broken.json",
        "{\"PublicKeyList\": [{\"Value\": \"AAAA\", \"Fingerprint\": \"f\"}]}",
    );
    bench.file("text.json", "no keys");
    for (args, told) in [
        (
            vec!["evidence", "--keys", "broken.json"],
            "--keys broken.json: key 1, f: Value is not an RSA public key",
        ),
        (vec!["evidence", "--keys", "text.json"], "--keys text.json: not what `aws cloudtrail"),
        (vec!["evidence", "--keys", "none.json"], "--keys none.json: No such file"),
        (vec!["nowhere", "--keys", "keys.json"], "nowhere: no such file or folder"),
        (vec!["--keys", "keys.json"], "name files or folders"),
        (vec!["evidence", "--from", "2026-03-02", "--to", "2026-03-02"], "nothing lies between"),
        (vec!["evidence", "-o", "no/such/folder"], "--output"),
    ] {
        let ran = bench.run(&[&["verify"], &args[..]].concat());
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn the_report_is_not_written_among_the_evidence_nor_over_another_one() {
    let bench = copied("valid-chain");
    let args = ["verify", "evidence", "-f", "csv", "--keys", "keys.json", "-o"];
    let ran = bench.run(&[&args[..], &["evidence/r.csv"]].concat());
    assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{}", ran.stderr);
    let told = "--output evidence/r.csv lies in evidence, which is searched; write it to r.csv";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!bench.path("evidence/r.csv").exists());
    let keys = bench.read("keys.json");
    for (output, told) in [("keys.json", "are the same file"), ("./keys.json", "are the same file")]
    {
        let ran = bench.run(&[&args[..], &[output, "--force"]].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
        assert_eq!(bench.read("keys.json"), keys);
    }
    assert_eq!(bench.run(&[&args[..], &["r.csv"]].concat()).code, Some(0));
    assert_eq!(bench.read("r.csv"), "kind,verdict,name,reason,digest\n");
    let ran = bench.run(&[&args[..], &["r.csv"]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("r.csv exists and is not empty"), "{}", ran.stderr);
    assert_eq!(bench.run(&[&args[..], &["r.csv", "--force"]].concat()).code, Some(0));
}

#[test]
fn hostile_names_are_made_harmless() {
    let bench = copied("valid-chain");
    bench.file("evidence/=cmd\x1b[31m\u{9b}31m.json", "{\"eventName\":1}");
    let ran = bench.run(&["verify", "evidence", "--keys", "keys.json"]);
    assert!(ran.stdout.contains("\\x1b[31m") && !ran.stdout.contains('\x1b'), "{}", ran.stdout);
    let (ran, told) = report(&bench, &["evidence", "--keys", "keys.json"]);
    assert!(!ran.stdout.contains(['\x1b', '\u{9b}']), "{}", ran.stdout);
    assert_eq!(told["not_valid"][0]["name"], "evidence/=cmd\x1b[31m\u{9b}31m.json");
    let ran = bench.run(&["verify", "evidence", "--keys", "keys.json", "-f", "csv"]);
    assert!(!ran.stdout.contains(['\x1b', '\u{9b}']), "{}", ran.stdout);
}

/// Runs `openssl`; `None` if there is none.
fn openssl(bench: &Bench, args: &str) -> Option<Vec<u8>> {
    let output =
        Command::new("openssl").args(args.split(' ')).current_dir(bench.path("")).output().ok()?;
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn a_signature_that_openssl_made_is_good_and_another_is_not() {
    let bench = Bench::new();
    if openssl(&bench, "genrsa -out k.pem 2048").is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test says why")]
        {
            eprintln!("skipped: there is no openssl to sign with");
        }
        return;
    }
    openssl(&bench, "rsa -in k.pem -RSAPublicKey_out -outform DER -out pub.der");
    let value = openssl(&bench, "base64 -A -in pub.der").unwrap();
    let value = String::from_utf8(value).unwrap();
    let keys = json!({"PublicKeyList": [{"Fingerprint": "ab", "Value": value.trim()}]});
    bench.file("keys.json", keys.to_string());

    let object = "AWSLogs/1/CloudTrail-Digest/us-east-1/2026/03/01/\
                  1_CloudTrail-Digest_us-east-1_t_us-east-1_20260301T010000Z.json.gz";
    let digest = json!({
        "awsAccountId": "1", "digestStartTime": "2026-03-01T00:00:00Z",
        "digestEndTime": "2026-03-01T01:00:00Z", "digestS3Bucket": "b", "digestS3Object": object,
        "digestPublicKeyFingerprint": "ab", "digestSignatureAlgorithm": "SHA256withRSA",
        "previousDigestS3Object": null, "previousDigestSignature": null, "logFiles": [],
    });
    bench.file(Path::new("evidence").join(object), gzip(&digest.to_string()));
    bench.file("digest.json", digest.to_string());
    let hash = String::from_utf8(openssl(&bench, "dgst -sha256 -r digest.json").unwrap()).unwrap();
    let signed = format!("2026-03-01T01:00:00Z\nb/{object}\n{}\nnull", &hash[..64]);
    bench.file("tosign.txt", &signed);
    openssl(&bench, "dgst -sha256 -sign k.pem -out sig.bin tosign.txt");
    let signature = fs::read(bench.path("sig.bin")).unwrap();
    let side = format!("evidence/{object}.sig");
    bench.file(&side, hex(&signature));
    let args = ["verify", "evidence", "--keys", "keys.json"];
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);

    bench.file("tosign.txt", signed + "\n");
    openssl(&bench, "dgst -sha256 -sign k.pem -out sig.bin tosign.txt");
    let signature = fs::read(bench.path("sig.bin")).unwrap();
    bench.file(&side, hex(&signature));
    let ran = bench.run(&args);
    assert_eq!(ran.code, Some(1), "a line feed more is another text: {}", ran.stdout);
}

/// Findings of `StopLogging` in a case under `--verify`, by the last part of their file's name.
fn hunted(bench: &Bench, args: &[&str]) -> (Ran, Vec<(String, Value)>, Value) {
    let hunt = ["evidence", "--rule", "Trail Stopped", "--verify", "--keys", "keys.json"];
    let (ran, coverage) = bench.coverage(&[&hunt, args].concat());
    let findings = ran.findings();
    let found = findings
        .iter()
        .map(|finding| (last(&finding["file"]).to_owned(), finding["integrity"].clone()))
        .collect();
    (ran, found, coverage)
}

#[test]
fn a_hunt_says_of_each_finding_what_the_digests_say_of_its_file() {
    for (case, expected, counts) in [
        ("valid-chain", vec!["valid", "valid", "valid"], json!({"valid": 3})),
        (
            "planted-log",
            vec!["valid", "valid", "unlisted", "valid"],
            json!({"unlisted": 1, "valid": 3}),
        ),
        ("trailing-bytes", vec!["valid", "damaged", "valid"], json!({"damaged": 1, "valid": 2})),
        ("no-metadata", vec!["valid", "valid", "unproved"], json!({"unproved": 1, "valid": 2})),
    ] {
        let bench = copied(case);
        let (ran, found, coverage) = hunted(&bench, &["--duplicates", "keep"]);
        let integrity: Vec<_> = found.iter().map(|(_, integrity)| integrity).collect();
        assert_eq!(integrity, expected.iter().collect::<Vec<_>>(), "{case}: {}", ran.stderr);
        assert_eq!(coverage["integrity"], counts, "{case}");
        let whole = if case == "trailing-bytes" { 3 } else { 0 };
        assert_eq!(ran.code, Some(whole), "{case}: digests and side files are skipped");
        assert!(ran.stderr.contains("Held against digests: "), "{}", ran.stderr);
    }
}

#[test]
fn a_hunt_names_changed_files_in_its_coverage() {
    let bench = copied("changed-log");
    let log = "111122223333_CloudTrail_us-east-1_20260301T0206Z_4e905442fd42ab0a.json.gz";
    let (ran, found, coverage) = hunted(&bench, &[]);
    assert_eq!(found.len(), 2, "the event that was renamed is not found: {}", ran.stderr);
    let files = coverage["files"].as_array().unwrap();
    let changed = files.iter().find(|file| file["integrity"] == "modified").unwrap();
    assert_eq!((last(&changed["name"]), &changed["outcome"]), (log, &json!("read")));
    assert_eq!(coverage["integrity"], json!({"modified": 1, "valid": 2}));

    bench.file("rules/stop.yml", crate::STOP.replace("StopLogging", "StartLogging"));
    let (_, found, _) = hunted(&bench, &[]);
    assert_eq!(found, [(log.to_owned(), json!("modified"))]);
}

#[test]
fn a_streamed_file_has_the_verdict_of_its_whole_text() {
    let bench = copied("valid-chain");
    let folder = "evidence/AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/01";
    let mut names: Vec<_> =
        fs::read_dir(bench.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    // The same records, and blanks behind them: a text that is too large to hold, and not the one
    // that is listed. That is known at its end, after its findings were rendered.
    let name = names[1].strip_prefix(bench.path("")).unwrap();
    let text = flate_text(&names[1]) + &" ".repeat(2 << 20);
    bench.file(name, gzip(&text));
    for cap in ["64KiB", "64MiB"] {
        let (ran, found, _) = hunted(&bench, &["--max-inflated", cap]);
        let integrity: Vec<_> = found.iter().map(|(_, integrity)| integrity).collect();
        assert_eq!(integrity, ["valid", "modified", "valid"], "{cap}: {}", ran.stderr);
    }
}

#[expect(clippy::disallowed_types, reason = "a file of the test's own")]
fn flate_text(path: &Path) -> String {
    use std::io::Read as _;
    let packed = fs::read(path).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn without_verify_a_hunt_says_nothing_of_digests() {
    let bench = copied("changed-log");
    let (ran, coverage) = bench.coverage(&["evidence", "--rule", "Trail Stopped"]);
    assert_eq!(ran.column("integrity"), ["null", "null"]);
    assert_eq!(coverage.get("integrity"), None);
    assert_eq!(
        bench.hunt(&["evidence", "--keys", "keys.json"]).code,
        Some(2),
        "keys want --verify"
    );
}
