//! `verify` on what is not a folder of digests: archives, saved Lake queries, keys of another time.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    Bench, Ran, gzip,
    pack::{self, DEFLATE, STORED, Tar, Zip},
    verify::hex,
};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/digests")
}

/// The evidence of a case, by name, sorted; and its keys in a folder to work in.
fn case(name: &str) -> (Bench, Vec<(String, Vec<u8>)>) {
    let bench = Bench::new();
    bench.file("keys.json", fs::read(cases().join("keys.json")).unwrap());
    let root = cases().join(name).join("evidence");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    (bench, files)
}

fn zip(files: &[(String, Vec<u8>)], method: u16) -> Vec<u8> {
    let mut zip = Zip::default();
    for (name, content) in files {
        zip.file(name, content, method).unwrap();
    }
    zip.finish()
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = Tar::default();
    for (name, content) in files {
        tar.file(name, content);
    }
    tar.finish()
}

fn run(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let ran = bench.run(&[&["verify", "-f", "json", "--keys", "keys.json"], args].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, report)
}

/// What is told but for the names of files, which begin with that of their archive.
fn told(ran: &Ran, report: &Value) -> Value {
    let last = |name: &Value| name.as_str().unwrap().rsplit(['/', '!']).next().unwrap().to_owned();
    let mut rows: Vec<_> = report["not_valid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["kind"], row["verdict"], last(&row["name"]), row["reason"]]))
        .collect();
    rows.sort_by_key(Value::to_string);
    json!([
        ran.code,
        report["conclusion"],
        report["files"],
        report["chains"],
        report["side_files"],
        rows
    ])
}

#[test]
fn a_trail_in_an_archive_is_verified_like_a_folder() {
    for name in
        ["valid-chain", "changed-log", "deleted-digest", "cut-log", "organization", "no-metadata"]
    {
        let (bench, files) = case(name);
        for (file, content) in &files {
            bench.file(format!("folder/{file}"), content);
        }
        let (ran, report) = run(&bench, &["folder"]);
        let expected = told(&ran, &report);
        assert!(!report["chains"].as_array().unwrap().is_empty());
        let inner = [("inner.tar".to_owned(), tar(&files))];
        for (archive, bytes) in [
            ("a.zip", zip(&files, DEFLATE)),
            ("b.zip", zip(&files, STORED)),
            ("c.tar", tar(&files)),
            ("d.tgz", pack::gzip(&tar(&files)).unwrap()),
            ("named-otherwise", pack::zstd(&tar(&files))),
            ("nested.zip", zip(&inner, DEFLATE)),
            ("packed-twice.gz", pack::gzip(&zip(&files, DEFLATE)).unwrap()),
        ] {
            bench.file(format!("{archive}.d/{archive}"), bytes);
            // What is larger than the cap comes in pieces: each archive, and no digest.
            for cap in ["64MiB", "4KiB"] {
                let args = [&format!("{archive}.d")[..], "--max-inflated", cap];
                let (ran, report) = run(&bench, &args);
                assert_eq!(told(&ran, &report), expected, "{name} in {archive}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn digests_and_logs_may_lie_in_different_archives() {
    let (bench, files) = case("valid-chain");
    let (digests, logs): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(name, _)| name.contains("CloudTrail-Digest"));
    bench.file("evidence/digests.zip", zip(&digests, DEFLATE));
    bench.file("evidence/logs.tar", tar(&logs));
    let (ran, report) = run(&bench, &["evidence"]);
    assert_eq!((ran.code, &report["conclusion"]), (Some(0), &json!("proved")), "{}", ran.stderr);
    assert_eq!(report["files"]["valid"], 3);
    // So a hunt knows of them, too.
    let found = ["evidence", "--verify", "--keys", "keys.json", "--coverage", "c.json"];
    let ran = bench.hunt(&found);
    let coverage: Value = serde_json::from_str(&bench.read("c.json")).unwrap();
    assert_eq!(coverage["integrity"], json!({"valid": 3}), "{}", ran.stderr);
}

#[test]
fn an_archive_that_is_cut_is_told_and_gives_what_it_has() {
    let (bench, files) = case("valid-chain");
    let bytes = tar(&files);
    bench.file("evidence/cut.tar", &bytes[..bytes.len() - 1024 - 700]);
    let (ran, report) = run(&bench, &["evidence"]);
    assert_eq!(ran.code, Some(1), "what was cut off is missing: {}", ran.stderr);
    let rows = report["not_valid"].as_array().unwrap();
    let cut = rows.iter().find(|row| row["name"] == "evidence/cut.tar").unwrap();
    assert_eq!(cut["verdict"], "damaged", "{cut}");
    assert_eq!(report["files"]["valid"], 2, "{rows:?}");
}

#[test]
fn archives_nested_too_deep_are_told() {
    let (bench, files) = case("valid-chain");
    let mut bytes = tar(&files);
    for level in 0..6 {
        bytes = tar(&[(format!("{level}.tar"), bytes)]);
    }
    bench.file("evidence/deep.tar", bytes);
    let (ran, report) = run(&bench, &["evidence"]);
    assert_eq!(ran.code, Some(3));
    assert!(report.to_string().contains("nested more than 4 levels deep"), "{report}");
}

#[test]
fn an_archive_made_to_inflate_without_end_is_left() {
    let (bench, _) = case("valid-chain");
    let zeros = vec![0; 8 << 20];
    let mut bytes =
        zip(&(0..16).map(|at| (format!("{at}"), zeros.clone())).collect::<Vec<_>>(), DEFLATE);
    for _ in 0..2 {
        bytes = zip(&[("more.zip".to_owned(), bytes)], DEFLATE);
    }
    bench.file("evidence/bomb.zip", &bytes);
    assert!(bytes.len() < 64 << 10, "{}", bytes.len());
    let (ran, report) = run(&bench, &["evidence"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(report.to_string().contains("decompression limit exceeded"), "{report}");
    let read = report["files"]["files"].as_u64().unwrap();
    assert!(read < 16, "{read} were read");
}

#[test]
fn a_file_left_out_inside_an_archive_is_not_read() {
    let (bench, mut files) = case("valid-chain");
    files.push(("notes.txt".to_owned(), b"eventName: mine".to_vec()));
    bench.file("evidence/a.zip", zip(&files, DEFLATE));
    assert_eq!(run(&bench, &["evidence"]).0.code, Some(3), "no digest lists it");
    assert_eq!(run(&bench, &["evidence", "--exclude", "*notes.txt"]).0.code, Some(0));
}

/// The keys with other times.
fn dated(from: Value, to: Value) -> String {
    let text = fs::read_to_string(cases().join("keys.json")).unwrap();
    let mut keys: Value = serde_json::from_str(&text).unwrap();
    let key = &mut keys["PublicKeyList"][0];
    (key["ValidityStartTime"], key["ValidityEndTime"]) = (from, to);
    keys.to_string()
}

#[test]
fn a_digest_signed_outside_of_its_keys_validity_is_told() {
    let (bench, files) = case("valid-chain");
    for (file, content) in &files {
        bench.file(format!("evidence/{file}"), content);
    }
    // The digests end at 02:01:17, 03:01:17 and 04:01:17 on the first of March.
    for (from, to, note) in [
        (json!("2026-02-01T00:00:00+00:00"), json!("2026-04-01T00:00:00+00:00"), None),
        (json!("2026-02-01T00:00:00Z"), json!("2026-03-01T03:30:00Z"), Some("1 digest was")),
        (
            json!(1_769_904_000.0),
            json!(1_769_990_400),
            Some("after it was valid, until 2026-02-02"),
        ),
        (json!("2026-03-02T00:00:00Z"), json!("2026-04-01T00:00:00Z"), Some("before it was valid")),
        (json!("2026-03-01T04:30:00Z"), json!(null), Some("1 digest was")),
        (json!("2026-03-01T04:30:00Z"), json!("2026-03-01T04:40:00Z"), Some("1 digest was")),
        (json!(null), json!(null), None),
    ] {
        bench.file("keys.json", dated(from.clone(), to.clone()));
        let (ran, report) = run(&bench, &["evidence"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let notes = report["notes"].to_string();
        assert_eq!(note.is_some(), notes.contains("signed with key"), "{from} {to}: {notes}");
        assert!(notes.contains(note.unwrap_or_default()), "{from} {to}: {notes}");
    }
    let ran = bench.hunt(&["evidence", "--verify", "--keys", "keys.json"]);
    assert!(!ran.stderr.contains("it was valid"), "{}", ran.stderr);
    bench.file("keys.json", dated(json!(null), json!("2026-01-01T00:00:00Z")));
    let ran = bench.hunt(&["evidence", "--verify", "--keys", "keys.json"]);
    assert!(ran.stderr.contains("after it was valid, until 2026-01-01"), "{}", ran.stderr);
    bench.file("keys.json", dated(json!("soon"), json!(null)));
    let ran = bench.run(&["verify", "evidence", "--keys", "keys.json"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("invalid ValidityStartTime"), "{}", ran.stderr);
}

/// A saved query with two results, signed with the key of the test data; nothing without `openssl`.
fn query(bench: &Bench, folder: &str) -> Option<()> {
    let results = ["eventName\nStopLogging\n", "eventName\nStartLogging\n"].map(gzip);
    let hashes: Vec<_> = results.iter().map(|result| hex(&Sha256::digest(result))).collect();
    bench.file("signed.txt", hashes.join(" "));
    let key = cases().join("test-only-signing-key.pem");
    let made = Command::new("openssl")
        .args(["dgst", "-sha256", "-sign", key.to_str().unwrap(), "signed.txt"])
        .current_dir(bench.folder.path())
        .output()
        .ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let names = ["result_1.csv.gz", "result_2.csv.gz"];
    let sign = json!({
        "version": "1.0",
        "region": "us-east-1",
        "files": names.iter().zip(&hashes).map(|(name, hash)| json!({"fileHashValue": hash, "fileName": name})).collect::<Vec<_>>(),
        "hashAlgorithm": "SHA-256",
        "signatureAlgorithm": "SHA256withRSA",
        "queryCompleteTime": "2026-03-02T10:00:00.000Z",
        "hashSignature": hex(&made.stdout),
        "publicKeyFingerprint": "7e57000000000000000000000000f1a5",
    });
    bench.file(format!("{folder}/result_sign.json"), sign.to_string());
    for (name, result) in names.iter().zip(&results) {
        bench.file(format!("{folder}/{name}"), result);
    }
    Some(())
}

#[test]
fn saved_results_of_a_lake_query_are_held_against_their_signature() {
    let (bench, _) = case("valid-chain");
    if query(&bench, "lake").is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test says why")]
        {
            eprintln!("skipped: there is no openssl to sign with");
        }
        return;
    }
    let (ran, report) = run(&bench, &["lake"]);
    assert_eq!((ran.code, &report["conclusion"]), (Some(0), &json!("proved")), "{}", ran.stdout);
    assert_eq!(report["queries"][0]["verdict"], "valid");
    assert_eq!(report["queries"][0]["results"]["valid"], 2);
    assert!(
        ran.stderr.contains("Proved to be results of Lake queries: 2 files."),
        "{}",
        ran.stderr
    );

    let rows = |report: &Value| {
        let rows = report["not_valid"].as_array().unwrap().clone();
        rows.into_iter().map(|row| json!([row["kind"], row["verdict"]])).collect::<Vec<_>>()
    };
    // One byte of a result; a result that is gone; a result that nobody signed.
    let first = fs::read(bench.path("lake/result_1.csv.gz")).unwrap();
    let mut changed = first.clone();
    changed[4] ^= 1;
    bench.file("lake/result_1.csv.gz", &changed);
    fs::remove_file(bench.path("lake/result_2.csv.gz")).unwrap();
    bench.file("lake/result_3.csv.gz", &first);
    let (ran, report) = run(&bench, &["lake"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let expected =
        [json!(["result", "modified"]), json!(["log", "unlisted"]), json!(["result", "missing"])];
    assert_eq!(rows(&report), expected);

    // Other hashes under the same signature; another key; in an archive.
    query(&bench, "lake");
    fs::remove_file(bench.path("lake/result_3.csv.gz")).unwrap();
    let sign = bench.read("lake/result_sign.json");
    let names = ["result_sign.json", "result_1.csv.gz", "result_2.csv.gz"];
    let all: Vec<_> = names
        .iter()
        .map(|name| (format!("q/{name}"), fs::read(bench.path(&format!("lake/{name}"))).unwrap()))
        .collect();
    bench.file("bundled/q.zip", zip(&all, DEFLATE));
    let (ran, report) = run(&bench, &["bundled"]);
    assert_eq!((ran.code, &report["files"]["valid"]), (Some(0), &json!(2)), "{}", ran.stderr);
    let mut forged: Value = serde_json::from_str(&sign).unwrap();
    forged["files"].as_array_mut().unwrap().swap(0, 1);
    bench.file("lake/result_sign.json", forged.to_string());
    let (ran, report) = run(&bench, &["lake"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(rows(&report).contains(&json!(["query", "bad_signature"])), "{report}");
    bench.file("lake/result_sign.json", sign.replace("7e57", "7e58"));
    let (ran, report) = run(&bench, &["lake"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        report["not_valid"][0]["reason"].as_str().unwrap().contains("--keys has no key"),
        "{report}"
    );
    bench.file("lake/result_sign.json", "{}");
    assert_eq!(run(&bench, &["lake"]).0.code, Some(3));
    bench.file("keys.json", dated(json!(null), json!("2026-03-01T00:00:00Z")));
    bench.file("lake/result_sign.json", &sign);
    let (ran, report) = run(&bench, &["lake"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(
        report["notes"].to_string().contains("after it was valid, until 2026-03-01"),
        "{report}"
    );
}
