//! `verify` against whoever can add files: nothing forged accuses sound evidence or costs more than
//! its size.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    Bench, Ran,
    generator::digests::{
        self,
        trail::{Hour, Signer, Stored, Trail, Tree, hex},
    },
    gzip,
    pack::{self, Tar},
};

const FINGERPRINT: &str = "7e57000000000000000000000000f1a5";
/// Bytes of a signature of the test key, in hex digits.
const SIGNATURE: usize = 512;

/// A trail of so many hours with two log files each, and its keys, in a folder to work in.
struct Forgery {
    bench: Bench,
    signer: Signer,
    tree: Tree,
    hours: Vec<Hour>,
}

impl Forgery {
    fn new(hours: usize) -> Self {
        let digests::Keys { signer, files } = digests::keys().unwrap();
        let bench = Bench::new();
        for (name, text) in files {
            bench.file(name, text);
        }
        let mut tree = Tree::default();
        let mut trail = Trail::new(&signer);
        let hours: Vec<_> = (0..hours).map(|_| trail.hour(&mut tree, 2).unwrap()).collect();
        hours.last().unwrap().head(&mut tree);
        Self { bench, signer, tree, hours }
    }

    /// Writes the tree to `evidence/`.
    fn write(&self) {
        let folder = self.bench.path("evidence");
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        for (name, stored) in &self.tree.files {
            self.bench.file(Path::new("evidence").join(name), stored.bytes().unwrap());
        }
    }

    /// Verifies what is in the tree.
    fn report(&self, args: &[&str]) -> (Ran, Value) {
        self.write();
        verified(&self.bench, &[&["evidence"], args].concat())
    }

    fn plain(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.tree.files.insert(name.into(), Stored::Plain(bytes.into()));
    }

    /// The text of a digest of the trail.
    fn body(&self, hour: usize) -> Value {
        let Stored::Gzip(text) = &self.tree.files[&self.hours[hour].digest] else { panic!() };
        serde_json::from_str(text).unwrap()
    }
}

fn verified(bench: &Bench, args: &[&str]) -> (Ran, Value) {
    let ran = bench.run(&[&["verify", "-f", "json", "--keys", "keys.json"], args].concat());
    let report = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    (ran, report)
}

/// Verdict and the last part of the name of what is not valid.
fn rows(report: &Value) -> Vec<(String, String)> {
    let row = |row: &Value| {
        let name = row["name"].as_str().unwrap().rsplit('/').next().unwrap();
        (row["verdict"].as_str().unwrap().to_owned(), name.to_owned())
    };
    report["not_valid"].as_array().unwrap().iter().map(row).collect()
}

fn last(name: &str) -> String {
    name.rsplit('/').next().unwrap().to_owned()
}

/// A digest that nobody signed. It names `previous` and lists `files`.
fn digest(
    object: &str,
    hours: (&str, &str),
    previous: &Value,
    files: &[(String, String)],
) -> Value {
    let files = files.iter().map(|(object, hash)| {
        json!({"s3Bucket": "b", "s3Object": object, "hashValue": hash, "hashAlgorithm": "SHA-256"})
    });
    let mut digest = json!({
        "awsAccountId": "111122223333",
        "digestStartTime": hours.0,
        "digestEndTime": hours.1,
        "digestS3Bucket": "example-trail-logs",
        "digestS3Object": object,
        "digestPublicKeyFingerprint": FINGERPRINT,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "previousDigestS3Bucket": null,
        "previousDigestS3Object": null,
        "previousDigestHashValue": null,
        "previousDigestHashAlgorithm": null,
        "previousDigestSignature": null,
        "logFiles": files.collect::<Vec<_>>(),
    });
    digest.as_object_mut().unwrap().extend(previous.as_object().unwrap().clone());
    digest
}

/// The key of a digest with that time in its name.
fn object(account: &str, region: &str, trail: &str, time: &str) -> String {
    let (day, _) = time.split_once('T').unwrap();
    format!(
        "AWSLogs/{account}/CloudTrail-Digest/{region}/{}/{}/{}/\
         {account}_CloudTrail-Digest_{region}_{trail}_us-east-1_{time}.json.gz",
        &day[..4],
        &day[4..6],
        &day[6..8]
    )
}

/// What a forged successor says of the digest before it.
fn names(previous: &str, hash: &str, signature: &str) -> Value {
    json!({
        "previousDigestS3Bucket": "example-trail-logs",
        "previousDigestS3Object": previous,
        "previousDigestHashValue": hash,
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": signature,
    })
}

fn hash_of(stored: &Stored) -> String {
    use sha2::{Digest as _, Sha256};
    let Stored::Gzip(text) = stored else { panic!("it is stored as it is") };
    hex(&Sha256::digest(text.as_bytes()))
}

#[test]
fn forged_successors_do_not_hide_a_good_signature() {
    let mut forgery = Forgery::new(1);
    let newest = forgery.hours[0].digest.clone();
    let hash = hash_of(&forgery.tree.files[&newest]);
    for number in 0..100 {
        let key =
            object("111122223333", "us-east-1", "management", &format!("20260302T{number:06}Z"));
        let signature = format!("{number:0SIGNATURE$}");
        let forged = digest(
            &key,
            ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z"),
            &names(&newest, &hash, &signature),
            &[],
        );
        forgery.plain(key, gzip(&forged.to_string()));
    }
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "forged digests are unproved: {}", ran.stderr);
    assert_eq!((&report["files"]["valid"], &report["files"]["unproved"]), (&json!(2), &json!(0)));
    assert_eq!(report["chains"][0]["digests"]["valid"], 1, "{report:#}");
    assert!(
        rows(&report).iter().all(|(verdict, name)| verdict == "unproved" && *name != last(&newest))
    );

    // Without its signature the digest is not proved, and not accused either.
    forgery.tree.take(&format!("{newest}.head.json"));
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert!(rows(&report).contains(&("unproved".to_owned(), last(&newest))));
}

#[test]
fn side_files_with_other_signatures_do_not_hide_a_good_one() {
    let mut forgery = Forgery::new(1);
    let newest = forgery.hours[0].digest.clone();
    for number in 0..200 {
        let signature = format!("{number:0SIGNATURE$}");
        // Names before and after that of the good one.
        forgery.plain(format!("{newest}.a{number}"), signature.clone());
        forgery.plain(format!("{newest}.z{number}"), signature.replace('0', "1"));
    }
    let (ran, report) = forgery.report(&[]);
    assert_eq!((ran.code, &report["conclusion"]), (Some(0), &json!("proved")), "{}", ran.stdout);
    assert_eq!(report["side_files"], 401);
    // None of them fits: that is a bad signature, as a changed digest has.
    forgery.tree.take(&format!("{newest}.head.json"));
    let (ran, report) = forgery.report(&[]);
    assert_eq!((ran.code, &*rows(&report)[0].0), (Some(1), "bad_signature"));
}

#[test]
fn more_signatures_than_are_tried_prove_nothing_and_accuse_nobody() {
    let mut forgery = Forgery::new(1);
    let newest = forgery.hours[0].digest.clone();
    forgery.tree.take(&format!("{newest}.head.json"));
    let mut tar = Tar::default();
    for number in 0..5000 {
        tar.file(format!("{newest}.{number}"), format!("{number:0SIGNATURE$}").as_bytes());
    }
    let digest = forgery.tree.files[&newest].bytes().unwrap();
    tar.file(&newest, &digest);
    forgery.tree.take(&newest);
    forgery.plain("a.tar", tar.finish());
    let (ran, report) = forgery.report(&[]);
    let row = &report["not_valid"][0];
    assert_eq!((ran.code, &row["verdict"]), (Some(3), &json!("unproved")), "{row}");
    assert!(row["reason"].as_str().unwrap().contains("too many signatures"), "{row}");
}

#[test]
fn a_forged_list_makes_no_log_file_missing_or_modified() {
    let mut forgery = Forgery::new(2);
    let sound = forgery.hours[1].logs[0].clone();
    // The digest of the second hour is gone, so nothing proved lists its log files.
    let gone = forgery.hours[1].digest.clone();
    forgery.tree.take(&gone);
    forgery.tree.take(&format!("{gone}.head.json"));
    forgery.hours[0].clone().head(&mut forgery.tree);
    let key = object("111122223333", "us-east-1", "management", "20260301T040117Z");
    let listed = [
        (sound.clone(), "ab".repeat(32)),
        (sound.replace("_CloudTrail_", "_CloudTrail_x"), "cd".repeat(32)),
        // A proved digest lists this one, and it is here.
        (forgery.hours[0].logs[0].clone(), "ef".repeat(32)),
    ];
    let hours = ("2026-03-01T03:01:17Z", "2026-03-01T04:01:17Z");
    let missing = object("111122223333", "us-east-1", "management", "20260301T030117Z");
    let forged = digest(&key, hours, &names(&missing, &"00".repeat(32), "00"), &listed);
    forgery.plain(key.clone(), gzip(&forged.to_string()));
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{:#?}", rows(&report));
    let row = |verdict: &str, name: &str| (verdict.to_owned(), last(name));
    assert_eq!(
        rows(&report),
        [
            row("unproved", &key),
            row("named_unproved", &missing),
            row("unproved", &sound),
            row("unlisted", &forgery.hours[1].logs[1]),
            row("named_unproved", &listed[1].0),
        ]
    );
    let reasons = report["not_valid"].to_string();
    assert!(reasons.contains("named by an unproved digest, 111122223333_"), "{reasons}");
    assert!(reasons.contains("its hash is not the one in the digest that lists it, which is not"));
    let chain = &report["chains"][0];
    assert_eq!(
        (&chain["logs"]["missing"], &chain["logs"]["named_unproved"]),
        (&json!(0), &json!(1))
    );
    assert_eq!((&chain["digests"]["missing"], &chain["gaps"]), (&json!(0), &json!([])));
    assert_eq!(report["files"]["differ_unproved"], 1);
    assert_eq!(report["files"]["valid"], 2, "what a proved digest lists stays proved");
    let text = forgery.bench.run(&["verify", "evidence", "--keys", "keys.json"]).stdout;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("Named by an unproved digest and not here: 1 digest and 1 log file."),
        "{text}"
    );
    assert!(!text.contains("is missing"), "{text}");
}

#[test]
fn a_hunt_says_the_same_of_forged_lists() {
    let mut forgery = Forgery::new(2);
    let gone = forgery.hours[1].digest.clone();
    forgery.tree.take(&gone);
    forgery.tree.take(&format!("{gone}.head.json"));
    forgery.hours[0].clone().head(&mut forgery.tree);
    let listed: Vec<_> = forgery.hours.iter().flat_map(|hour| &hour.logs).cloned().collect();
    let listed: Vec<_> = listed.into_iter().map(|log| (log, "ab".repeat(32))).collect();
    let key = object("111122223333", "us-east-1", "management", "20260301T040117Z");
    let hours = ("2026-03-01T03:01:17Z", "2026-03-01T04:01:17Z");
    let forged = digest(&key, hours, &json!({}), &listed);
    forgery.plain(key, gzip(&forged.to_string()));
    forgery.report(&[]);
    let hunt = ["evidence", "--verify", "--keys", "keys.json", "--duplicates", "keep"];
    let (ran, coverage) = forgery.bench.coverage(&hunt);
    assert_eq!(coverage["integrity"], json!({"unproved": 2, "valid": 2}), "{}", ran.stderr);
}

#[test]
fn gaps_rest_on_proved_digests_alone() {
    let mut forgery = Forgery::new(4);
    let (_, sound) = forgery.report(&[]);
    let ends = ["19700101T000000Z", "20260301T023000Z", "99990101T000000Z"];
    for (number, end) in ends.iter().enumerate() {
        let key = object("111122223333", "us-east-1", "management", end);
        let (day, time) = end.split_once('T').unwrap();
        let time = format!(
            "{}-{}-{}T{}:{}:00Z",
            &day[..4],
            &day[4..6],
            &day[6..8],
            &time[..2],
            &time[2..4]
        );
        let forged =
            digest(&key, (&time, &time), &names(&format!("before{number}"), "", "00"), &[]);
        forgery.plain(key, gzip(&forged.to_string()));
    }
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    let of = |report: &Value| {
        let chain = &report["chains"][0];
        ["covered", "gaps", "silent", "covered_hours"].map(|member| chain[member].clone())
    };
    assert_eq!(of(&report), of(&sound));
    let digests = &report["chains"][0]["digests"];
    assert_eq!(
        (&digests["valid"], &digests["missing"], &digests["named_unproved"]),
        (&json!(4), &json!(0), &json!(3))
    );
}

#[test]
fn digests_of_one_name_with_other_texts_leave_the_sound_one_proved() {
    let mut forgery = Forgery::new(3);
    let mut body = forgery.body(1);
    for number in 0..300 {
        body["logFiles"] = json!([{"s3Object": format!("forged-{number}"), "hashValue": "00"}]);
        let name = last(&forgery.hours[1].digest);
        // Before and after the sound one in the order of names.
        let folder = if number % 2 == 0 { "0" } else { "z" };
        forgery.plain(format!("{folder}/{number}/{name}"), gzip(&body.to_string()));
    }
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(1), "the forged ones are not what AWS delivered: {}", ran.stderr);
    assert_eq!(report["chains"][0]["digests"]["valid"], 3);
    assert_eq!(report["chains"][0]["digests"]["modified"], 300);
    assert_eq!(report["files"]["valid"], 6);
    let sound = format!("evidence/{}", forgery.hours[1].digest);
    let accused = report["not_valid"].as_array().unwrap();
    assert!(accused.iter().all(|row| row["name"] != json!(sound)));
}

#[test]
fn a_long_forged_chain_that_circles_is_judged_like_any_other() {
    let mut forgery = Forgery::new(1);
    let mut tar = Tar::default();
    let name = |number: usize| {
        object("111122223333", "us-east-1", "forged", &format!("20250301T{:06}Z", number % 5_000))
    };
    for number in 0..5_000 {
        let hours = ("2025-03-01T00:00:00Z", "2025-03-01T01:00:00Z");
        let hash = format!("{number:064}");
        let forged =
            digest(&name(number), hours, &names(&name(number + 1), &hash, &hash.repeat(8)), &[]);
        tar.file(name(number), forged.to_string().as_bytes());
    }
    forgery.plain("long.tar", tar.finish());
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let valid: u64 = report["chains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chain| chain["digests"]["valid"].as_u64().unwrap())
        .sum();
    assert_eq!((valid, &report["files"]["valid"]), (1, &json!(2)));
    assert!(
        !rows(&report).iter().any(|(verdict, _)| ["missing", "modified"].contains(&&**verdict))
    );
}

#[test]
fn a_forged_query_signature_accuses_no_result() {
    let mut forgery = Forgery::new(1);
    let result = gzip("eventName\nStopLogging\n");
    let hash = {
        use sha2::{Digest as _, Sha256};
        hex(&Sha256::digest(&result))
    };
    let sign = |name: &str, hash: &str, signature: &str| {
        json!({
            "version": "1.0", "region": "us-east-1", "hashAlgorithm": "SHA-256",
            "files": [{"fileHashValue": hash, "fileName": name}],
            "signatureAlgorithm": "SHA256withRSA", "queryCompleteTime": "2026-03-02T10:00:00.000Z",
            "hashSignature": signature, "publicKeyFingerprint": FINGERPRINT,
        })
        .to_string()
    };
    let good = forgery.signer.sign(&hash).unwrap();
    forgery.plain("lake/q/result_1.csv.gz", result);
    forgery.plain("lake/q/result_sign.json", sign("result_1.csv.gz", &hash, &good));
    assert_eq!(forgery.report(&[]).0.code, Some(0));
    // One in the folder above names the same file with another hash, and one that is not there.
    let other = sign("q/result_1.csv.gz", &"ab".repeat(32), "00");
    forgery.plain("lake/result_sign.json", other.replace(FINGERPRINT, "unknown"));
    let absent = sign("result_9.csv.gz", &"ab".repeat(32), "00");
    forgery.plain("a/result_sign.json", absent.replace(FINGERPRINT, "unknown"));
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{:#?}", rows(&report));
    let verdicts: Vec<_> = rows(&report).into_iter().map(|(verdict, _)| verdict).collect();
    assert_eq!(verdicts, ["unproved", "named_unproved", "unproved"]);
    assert_eq!(report["files"]["valid"], 3);
}

#[test]
fn bystanders_beside_evidence_change_nothing() {
    let mut forgery = Forgery::new(2);
    let (digest, log) = (forgery.hours[1].digest.clone(), forgery.hours[1].logs[0].clone());
    let apple = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ".to_vec();
    let beside = |name: &str, prefix: &str| {
        let (folder, file) = name.rsplit_once('/').unwrap();
        format!("{folder}/{prefix}{file}")
    };
    let hash = "0123456789abcdef".repeat(4);
    for name in [&digest, &log] {
        forgery.plain(beside(name, "._"), apple.clone());
        forgery.plain(format!("{}.head.json", beside(name, "._")), apple.clone());
        forgery.plain(format!("{name}:Zone.Identifier"), "[ZoneTransfer]\r\nZoneId=3\r\n");
        forgery.plain(format!("{name}.sha256"), format!("{hash}  {}\n", last(name)));
        forgery.plain(format!("{name}.sha512"), hash.repeat(2));
        let folder = &name[..=name.rfind('/').unwrap()];
        forgery.plain(format!("{folder}.DS_Store"), b"\0\0\0\x01Bud1".to_vec());
        forgery.plain(format!("{folder}desktop.ini"), "[.ShellClassInfo]\r\nIconIndex=0\r\n");
        forgery.plain(format!("{folder}Thumbs.db"), b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0".to_vec());
        forgery.plain(format!("{folder}SHA256SUMS"), format!("{hash} *{}\n", last(name)));
    }
    forgery.plain("AWSLogs/inventory.json", format!("{{\"Contents\":[{{\"Key\":\"{log}\"}}]}}"));
    let (ran, report) = forgery.report(&[]);
    assert_eq!(
        (ran.code, &report["conclusion"]),
        (Some(0), &json!("proved")),
        "{:#?}",
        rows(&report)
    );
    assert_eq!((&report["files"]["files"], &report["bystanders"]), (&json!(4), &json!(19)));
    assert!(ran.stderr.contains("skipped 19 other files"), "{}", ran.stderr);

    // A log file with the name of a bystander is evidence.
    let stored = forgery.tree.take(&log);
    forgery.tree.files.insert(beside(&log, "._"), stored);
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let row = |verdict: &str, name: &str| (verdict.to_owned(), last(name));
    assert_eq!(rows(&report), [row("unlisted", &beside(&log, "._")), row("missing", &log)]);
}

#[test]
fn texts_without_a_sign_of_a_log_and_empty_files_change_nothing() {
    let mut forgery = Forgery::new(2);
    let (digest, log) = (forgery.hours[1].digest.clone(), forgery.hours[1].logs[0].clone());
    let hash = "0123456789abcdef".repeat(4);
    let texts = [
        ("README.txt", "Collected by Jane on 2026-03-02.\n".to_owned()),
        ("LICENSE-3rdparty.csv", "Component,Origin\nx,example.com/y\n".to_owned()),
        ("case.json", "{\"case\": 5}".to_owned()),
        (".gitignore", "*.tmp\n".to_owned()),
        ("empty.txt", String::new()),
        ("list.txt", format!("SHA256 hash of {}:\r\n{hash}\r\ndone\r\n", last(&log))),
        ("hashdeep.txt", format!("%%%% HASHDEEP-1.0\n## x\n12,{hash},/x/{}\n", last(&log))),
    ];
    for near in [&digest, &log] {
        let folder = &near[..=near.rfind('/').unwrap()];
        for (name, text) in &texts {
            forgery.plain(format!("{folder}{name}"), text.clone());
        }
    }
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(0), "{:#?}", rows(&report));
    assert_eq!(report["bystanders"], json!(14));

    // Whatever shows a sign, or has the name of a log file, counts.
    let other = log.replace(".json.gz", "x.json.gz");
    forgery.plain("AWSLogs/notes.txt", "eventName: StopLogging\n");
    forgery.plain(other.clone(), "the page of an error\n");
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let mut found = rows(&report);
    found.sort();
    let row = |name: &str| ("unlisted".to_owned(), last(name));
    assert_eq!(found, [row(&other), row("notes.txt")]);
}

#[test]
fn a_copy_under_another_name_accuses_nobody() {
    let mut forgery = Forgery::new(3);
    let digest = forgery.hours[1].digest.clone();
    let (folder, file) = digest.rsplit_once('/').unwrap();
    let copies =
        [format!("{folder}/Copy of {file}"), format!("{digest}.bak"), format!("{digest}.1")];
    for copy in &copies {
        forgery.tree.files.insert(copy.clone(), forgery.tree.files[&digest].clone());
    }
    let (ran, report) = forgery.report(&[]);
    let mut found = rows(&report);
    found.sort();
    let mut expected: Vec<_> =
        copies.iter().map(|copy| ("unproved".to_owned(), last(copy))).collect();
    expected.sort();
    assert_eq!((ran.code, found), (Some(3), expected));
    assert_eq!(report["chains"][0]["digests"]["valid"], 3);
}

#[test]
fn whatever_replaces_a_digest_that_a_proved_one_names_is_modified() {
    for text in ["{\"a\":1}", "not JSON", "{\"Records\":[]}"] {
        let mut forgery = Forgery::new(3);
        let digest = forgery.hours[1].digest.clone();
        forgery.tree.files.insert(digest.clone(), Stored::Gzip(text.to_owned()));
        let (ran, report) = forgery.report(&[]);
        assert_eq!(ran.code, Some(1), "{text}");
        assert!(rows(&report).contains(&("modified".to_owned(), last(&digest))), "{report}");
    }
    // Bytes that cannot be read whole may be an accident.
    let mut forgery = Forgery::new(3);
    let digest = forgery.hours[1].digest.clone();
    let bytes = forgery.tree.files[&digest].bytes().unwrap();
    forgery.plain(digest.clone(), &bytes[..bytes.len() / 2]);
    let (ran, report) = forgery.report(&[]);
    assert_eq!(ran.code, Some(3), "{report}");
    assert!(rows(&report).contains(&("damaged".to_owned(), last(&digest))), "{report}");
}

#[test]
fn a_digest_over_the_cap_is_unproved_and_not_damaged() {
    let mut forgery = Forgery::new(2);
    let digest = forgery.hours[1].digest.clone();
    let mut body = forgery.body(1);
    body["padding"] = json!("x".repeat(2 << 20));
    forgery.tree.files.insert(digest.clone(), Stored::Gzip(body.to_string()));
    let (ran, report) = forgery.report(&["--max-inflated", "1MiB"]);
    assert_eq!(ran.code, Some(3), "{report}");
    assert!(rows(&report).contains(&("unproved".to_owned(), last(&digest))), "{report}");
    assert!(report.to_string().contains("larger than --max-inflated"), "{report}");
}

#[test]
fn the_report_follows_the_extension_of_its_file() {
    let forgery = Forgery::new(2);
    forgery.write();
    let run = |name: &str| {
        let ran = forgery.bench.run(&["verify", "evidence", "--keys", "keys.json", "-o", name]);
        (ran.code, fs::read_to_string(forgery.bench.path(name)).unwrap_or_default())
    };
    let (code, text) = run("v.CSV");
    assert!(code == Some(0) && text.starts_with("kind,verdict,"), "{text}");
    let (code, text) = run("v.json");
    assert!(code == Some(0) && text.starts_with('{'), "{text}");
    let (code, text) = run("v.txt");
    assert!(code == Some(0) && text.starts_with("account "), "{text}");
    assert_eq!(run("v.ndjson"), (Some(2), String::new()));
}

#[test]
fn without_digests_one_line_says_so() {
    let bench = Bench::new();
    for number in 0..50 {
        bench.log(
            &crate::key("111122223333", "us-east-1", &format!("2026-03-{:02}", number % 28 + 1)),
            &[],
        );
    }
    fs::create_dir(bench.path("empty")).unwrap();
    let told = |args: &[&str]| {
        let ran = bench.run(&[&["verify"], args].concat());
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{args:?}");
        ran.stderr
    };
    insta::assert_snapshot!(
        told(&["AWSLogs"]),
        @"error: no digest files found in AWSLogs; log file validation was off, or CloudTrail-Digest/ was not copied"
    );
    insta::assert_snapshot!(told(&["empty"]), @"error: empty holds no files; nothing was verified");
    let forgery = Forgery::new(1);
    forgery.report(&[]);
    for scope in [
        ["--account", "444455556666"],
        ["--region", "eu-west-1"],
        ["--trail", "other"],
        ["--from", "2027-01-01"],
    ] {
        let ran = forgery
            .bench
            .run(&[&["verify", "evidence", "--keys", "keys.json"], &scope[..]].concat());
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{scope:?}");
        assert!(
            ran.stderr.contains("there are digests of 111122223333 us-east-1"),
            "{}",
            ran.stderr
        );
    }
    bench.file("rules/stop.yml", crate::STOP);
    let ran = bench.hunt(&["AWSLogs", "--verify"]);
    assert!(ran.stderr.contains("--verify: no digest files found in AWSLogs;"), "{}", ran.stderr);
}

#[test]
fn without_keys_the_command_that_saves_them_is_shown() {
    let mut forgery = Forgery::new(2);
    // A region from a forged digest must not end up in a command.
    let key = object("111122223333", "x;reboot", "t", "20260301T040117Z");
    let hours = ("2026-03-01T03:01:17Z", "2026-03-01T04:01:17Z");
    let forged = digest(&key, hours, &json!({}), &[]);
    forgery.plain(key, gzip(&forged.to_string()));
    forgery.report(&[]);
    let command = "aws cloudtrail list-public-keys --region us-east-1 --start-time 2026-03-01T01:01:17Z \
                   --end-time 2026-03-01T05:01:17Z --output json > us-east-1.keys.json";
    for ran in
        [forgery.bench.run(&["verify", "evidence"]), forgery.bench.hunt(&["evidence", "--verify"])]
    {
        assert!(ran.stderr.contains(command), "{}", ran.stderr);
        assert!(!ran.stderr.contains("--region x"), "{}", ran.stderr);
    }
}

/// Runs `verify` under a limit on address space, in MiB, and returns its exit code and what it printed.
#[cfg(target_os = "linux")]
fn limited(bench: &Bench, mebibytes: u64, args: &[&str]) -> Ran {
    let program = assert_cmd::cargo::cargo_bin!("backtrail");
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh"])
        .arg((mebibytes << 10).to_string())
        .arg(program)
        .args(["verify", "-f", "json", "--keys", "keys.json", "-j", "1"])
        .args(args)
        .current_dir(bench.path(""));
    crate::ran(&command.output().unwrap())
}

#[test]
#[cfg(target_os = "linux")]
fn forged_digests_with_millions_of_entries_fit_into_little_memory() {
    let mut forgery = Forgery::new(2);
    let mut files = String::new();
    for number in 0..300_000 {
        let _ = write!(
            files,
            "{}{{\"s3Object\":\"{number}\",\"hashValue\":\"\"}}",
            if number == 0 { "" } else { "," }
        );
    }
    let hours = ("2026-03-01T03:01:17Z", "2026-03-01T04:01:17Z");
    for number in 0..2 {
        let key =
            object("111122223333", "us-east-1", "management", &format!("20260302T04000{number}Z"));
        let forged = digest(&key, hours, &json!({}), &[]).to_string();
        let forged = forged.replace("\"logFiles\":[]", &format!("\"logFiles\":[{files}]"));
        forgery.plain(key, pack::gzip(forged.as_bytes()).unwrap());
    }
    forgery.write();
    // 2.4 million entries were 240 MB and more.
    let ran = limited(&forgery.bench, 320, &["evidence"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["files"]["valid"], 4);
    assert_eq!(report["chains"][0]["logs"]["missing"], 0);
    assert_eq!(report["chains"][0]["digests"]["valid"], 2);
}

#[test]
#[cfg(target_os = "linux")]
fn many_digests_in_a_small_archive_fit_into_little_memory() {
    let mut forgery = Forgery::new(2);
    let mut tar = Tar::default();
    for number in 0..30_000 {
        let key = object("111122223333", "us-east-1", "t", &format!("20250301T{number:06}Z"));
        let hours = ("2025-03-01T00:00:00Z", "2025-03-01T01:00:00Z");
        tar.file(&key, digest(&key, hours, &json!({}), &[]).to_string().as_bytes());
    }
    let packed = pack::gzip(&tar.finish()).unwrap();
    let most = packed.len() / 64 + 2000;
    forgery.plain("many.tgz", packed);
    forgery.write();
    let ran = limited(&forgery.bench, 320, &["evidence"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let unproved: u64 = report["chains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|chain| chain["digests"]["unproved"].as_u64().unwrap())
        .sum();
    assert!(unproved < most as u64, "{unproved} of {most}");
    assert_eq!(report["files"]["valid"], 4);
    assert!(report["not_valid"].to_string().contains("decompression limit exceeded"), "{unproved}");
}
