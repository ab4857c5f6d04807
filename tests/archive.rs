//! The committed test data is what the generator makes, and holds what its README says.

#![expect(clippy::disallowed_methods, reason = "the test archive is read from disk")]
#![expect(clippy::disallowed_types, reason = "the committed archive is no bomb")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use corpus::archive::{Class, Corpus, Made, Options};
use corpus::digests::trail::Stored;
use corpus::signin::{PORTAL, SCRIPT};
use corpus::steps::{DUPLICATED, MATCHES};
use corpus::{broken, bundles, digests, kinds, story};

#[path = "../benches/corpus/mod.rs"]
#[expect(dead_code, reason = "only a part of the generator is used here")]
mod corpus;

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// All files below `dir`, by path relative to it with `/` between the parts.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let parts =
                    path.strip_prefix(dir).unwrap().iter().map(|part| part.to_str().unwrap());
                found.insert(parts.collect::<Vec<_>>().join("/"), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn inflate(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    MultiGzDecoder::new(packed).read_to_end(&mut text).unwrap();
    text
}

/// What can be inflated, and whether that is all.
///
/// In small steps: of the step that meets the damage the decoder gives nothing.
fn inflate_slowly(packed: &[u8]) -> (Vec<u8>, bool) {
    let (mut decoder, mut text, mut step) = (MultiGzDecoder::new(packed), Vec::new(), [0; 16]);
    loop {
        match decoder.read(&mut step) {
            Ok(0) => return (text, true),
            Ok(read) => text.extend_from_slice(&step[..read]),
            Err(_) => return (text, false),
        }
    }
}

/// The records of the committed archive, each with the name of its file.
fn records() -> Vec<(String, Value)> {
    let mut records = Vec::new();
    for (name, packed) in files(&testdata("archive")) {
        let mut document: Value = serde_json::from_slice(&inflate(&packed)).unwrap();
        let Value::Array(array) = document["Records"].take() else {
            panic!("{name} has no Records")
        };
        records.extend(array.into_iter().map(|record| (name.clone(), record)));
    }
    records
}

/// What the seed rule asks for, written out by hand.
fn seed_rule(record: &Value) -> bool {
    record["eventSource"] == "signin.amazonaws.com"
        && record["eventName"] == "GetSigninToken"
        && !record["userAgent"].as_str().unwrap().contains("Jersey/${project.version}")
}

fn ids(records: &[(String, Value)], select: impl Fn(&Value) -> bool) -> Vec<String> {
    let mut ids: Vec<String> = records
        .iter()
        .filter(|(_, record)| select(record))
        .map(|(_, record)| record["eventID"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn committed_archive_is_what_the_generator_makes() {
    let committed = files(&testdata("archive"));
    let made: BTreeMap<_, _> =
        story::archive().into_iter().map(|file| (file.key, file.text)).collect();
    assert_eq!(committed.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (name, packed) in &committed {
        assert!(inflate(packed) == made[name].as_bytes(), "{name} differs from what is generated");
    }
}

#[test]
fn committed_bundles_are_what_the_generator_makes() {
    let mut committed = files(&testdata("bundles"));
    let made = bundles::bundles().unwrap();
    let expected = committed.remove("expected.json").unwrap();
    assert_eq!(String::from_utf8(expected).unwrap(), made.expected_text().unwrap());
    assert!(committed.values().map(Vec::len).sum::<usize>() < 300_000);
    assert_eq!(
        committed.keys().collect::<Vec<_>>(),
        made.files.keys().collect::<Vec<_>>(),
        "packed bytes may differ with the packer"
    );
}

#[test]
fn committed_archive_is_small_and_wide() {
    let committed = files(&testdata("archive"));
    assert!(committed.len() >= 120, "{} files", committed.len());
    assert!(committed.values().map(Vec::len).sum::<usize>() < 2_000_000);
    let part = |at: usize| -> BTreeSet<&str> {
        committed.keys().map(|name| name.split('/').nth(at).unwrap()).collect()
    };
    assert_eq!(part(1).into_iter().collect::<Vec<_>>(), ["111122223333", "444455556666"]);
    assert_eq!(
        part(3).into_iter().collect::<Vec<_>>(),
        ["ap-southeast-2", "eu-central-1", "us-east-1"]
    );
    assert_eq!(part(6).len(), 8, "days");
}

#[test]
fn one_day_of_one_place_has_no_file() {
    let days: BTreeSet<String> = files(&testdata("archive"))
        .keys()
        .map(|name| name.rsplit_once('/').unwrap().0.to_owned())
        .collect();
    assert_eq!(days.len(), 2 * 3 * 8 - 1);
    assert!(!days.contains("AWSLogs/444455556666/CloudTrail/ap-southeast-2/2026/03/05"));
}

#[test]
fn seed_rule_matches_the_planted_records_and_no_others() {
    let mut planted: Vec<String> = MATCHES.iter().map(|id| (*id).to_owned()).collect();
    planted.push(DUPLICATED.to_owned());
    planted.sort();
    assert_eq!(ids(&records(), seed_rule), planted);
}

#[test]
fn portals_sign_in_with_the_unfilled_placeholder() {
    let planted: Vec<String> = (1..=story::BENIGN).map(story::benign).collect();
    assert_eq!(ids(&records(), |record| record["userAgent"] == PORTAL), planted);
}

#[test]
fn the_story_is_told_in_order() {
    let mut story: Vec<(String, String)> = records()
        .into_iter()
        .filter(|(_, record)| {
            record["recipientAccountId"] == "111122223333"
                && record["awsRegion"] == "us-east-1"
                && record["eventID"].as_str().unwrap().starts_with("c0501e00-")
        })
        .map(|(_, record)| {
            (
                record["eventTime"].as_str().unwrap().to_owned(),
                record["eventName"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    story.sort();
    let names: Vec<&str> = story.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "GetFederationToken",
            "GetCallerIdentity",
            "GetSigninToken",
            "ConsoleLogin",
            "GetSecretValue",
            "GetSecretValue",
            "CreateAccessKey",
            "StopLogging",
        ]
    );
}

#[test]
fn some_events_stand_in_two_files_and_are_the_same_there() {
    let mut seen: BTreeMap<String, (String, Value)> = BTreeMap::new();
    let mut twice = Vec::new();
    for (name, record) in records() {
        let id = record["eventID"].as_str().unwrap().to_owned();
        if let Some((first, copy)) = seen.insert(id.clone(), (name.clone(), record.clone())) {
            assert_ne!(first, name, "{id} stands twice in one file");
            assert_eq!(copy, record, "{id} differs between its files");
            twice.push(id);
        }
    }
    assert!(twice.len() > 4, "{} events stand twice", twice.len());
    assert!(twice.contains(&DUPLICATED.to_owned()));
}

#[test]
fn no_event_is_later_than_the_name_of_its_file() {
    for (name, record) in records() {
        let delivered = name.rsplit('_').nth(1).unwrap();
        let time: String = record["eventTime"]
            .as_str()
            .unwrap()
            .chars()
            .filter(|c| !matches!(c, '-' | ':'))
            .take(13)
            .collect();
        assert!(format!("{time}Z").as_str() <= delivered, "{time} in {name}");
    }
}

#[test]
fn readme_names_every_planted_id() {
    let readme = fs::read_to_string(testdata("README.md")).unwrap();
    for id in MATCHES.into_iter().map(str::to_owned).chain((1..=story::BENIGN).map(story::benign)) {
        assert!(readme.contains(&id), "{id} is not in testdata/README.md");
    }
}

#[test]
fn committed_broken_inputs_are_what_the_generator_makes() {
    let mut committed = files(&testdata("broken"));
    let expected: Value =
        serde_json::from_slice(&committed.remove("expected.json").unwrap()).unwrap();
    assert!(committed.values().map(Vec::len).sum::<usize>() < 200_000);
    let cases = broken::cases().unwrap();
    assert_eq!(committed.len(), cases.len());
    assert_eq!(expected.as_object().unwrap().len(), cases.len());
    for case in cases {
        assert_eq!(expected[&case.name]["outcome"], case.outcome, "{}", case.name);
        assert_eq!(expected[&case.name]["found"], Value::from(case.found), "{}", case.name);
        let bytes = &committed[&case.name];
        // Packed bytes may differ between versions of the compressor.
        if !bytes.starts_with(b"\x1f\x8b") && !bytes.starts_with(b"\x28\xb5\x2f\xfd") {
            assert!(*bytes == case.bytes, "{} differs from what is generated", case.name);
        }
    }
}

#[test]
fn committed_digest_chains_are_what_the_generator_makes() {
    let mut committed = files(&testdata("digests"));
    assert!(committed.values().map(Vec::len).sum::<usize>() < 400_000);
    for own in ["README.md", "test-only-signing-key.pem", "test-only-other-key.pem"] {
        assert!(committed.remove(own).is_some(), "{own}");
    }
    let digests::Keys { signer, files } = digests::keys().unwrap();
    for (name, text) in files {
        assert!(committed.remove(name).unwrap() == text.as_bytes(), "{name}");
    }
    for case in digests::cases(&signer).unwrap() {
        let expected = committed.remove(&format!("{}/expected.json", case.name)).unwrap();
        assert!(expected == format!("{:#}\n", case.expected).as_bytes(), "{}", case.name);
        for (name, stored) in &case.tree.files {
            let packed = committed.remove(&format!("{}/evidence/{name}", case.name)).unwrap();
            // Compressors differ: of what is cut or ends oddly only that it is there can be said.
            match stored {
                Stored::Gzip(text) => assert!(inflate(&packed) == text.as_bytes(), "{name}"),
                Stored::Plain(bytes) if name.ends_with(".json.gz") => assert!(!bytes.is_empty()),
                Stored::Plain(bytes) => assert!(packed == *bytes, "{name}"),
            }
        }
    }
    assert!(committed.is_empty(), "nobody makes {:?}", committed.keys());
}

#[test]
fn broken_streams_still_hold_what_must_be_found() {
    for case in broken::cases().unwrap().iter().filter(|case| case.bytes.starts_with(b"\x1f\x8b")) {
        let (text, whole) = inflate_slowly(&case.bytes);
        // That zeros are padding is a custom this decoder does not know.
        let broken = case.outcome == "salvaged" || case.name == "zeros.json.gz";
        assert_eq!(whole, !broken, "{}", case.name);
        let text = String::from_utf8_lossy(&text);
        for number in ["1", "2"] {
            let id = format!("broken-{}-{number}", case.name.split('.').next().unwrap());
            assert_eq!(text.contains(&id), case.found.contains(&id), "{id}");
        }
    }
}

fn made(class: Class, bytes: u64) -> Vec<Made> {
    Corpus::new(Options { class, bytes, hits: 20_000, seed: 7 }).collect()
}

#[test]
fn same_seed_gives_the_same_bytes() {
    let (once, again) = (made(Class::Mixed, 1 << 20), made(Class::Mixed, 1 << 20));
    assert!(
        once.iter()
            .map(|file| (&file.key, &file.text))
            .eq(again.iter().map(|file| (&file.key, &file.text)))
    );
    // Pinned: if this changes, so do all numbers measured on a corpus.
    let sum = once
        .iter()
        .flat_map(|file| file.text.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    assert_eq!(format!("{sum:016x}"), "031d736e7e7d88f6");
}

#[test]
fn files_are_as_large_as_their_class() {
    let mean = |class, bytes| {
        let files = made(class, bytes);
        // The last file ends where the bytes do.
        let whole = &files[..files.len() - 1];
        let packed: usize = whole.iter().map(|file| file.pack().unwrap().len()).sum();
        let inflated: usize = whole.iter().map(|file| file.text.len()).sum();
        let records: u64 = whole.iter().map(|file| file.tally.records).sum();
        assert!(
            (1_250..1_500).contains(&(inflated as u64 / records)),
            "{} bytes a record",
            inflated as u64 / records
        );
        (packed / whole.len(), inflated * 10 / packed)
    };
    let (packed, ratio) = mean(Class::Small, 4 << 20);
    assert!((1_500..3_000).contains(&packed), "{packed}");
    assert!((50..80).contains(&ratio), "{ratio} tenths");
    let (packed, ratio) = mean(Class::Medium, 24 << 20);
    assert!((60_000..140_000).contains(&packed), "{packed}");
    assert!((80..110).contains(&ratio), "{ratio} tenths");
}

#[test]
fn members_inflate_to_the_text() {
    for file in made(Class::Multi, 3 << 20) {
        assert!(file.members.len() > 1);
        assert!(inflate(&file.pack().unwrap()) == file.text.as_bytes());
    }
}

#[test]
fn records_parse_and_planted_ones_are_counted() {
    let (mut matches, mut benign, mut records) = (0, 0, 0);
    for file in made(Class::Small, 4 << 20) {
        let document: Value = serde_json::from_str(&file.text).unwrap();
        for record in document["Records"].as_array().unwrap() {
            records += 1;
            matches += u64::from(seed_rule(record) && record["userAgent"] == SCRIPT);
            benign +=
                u64::from(record["eventName"] == "GetSigninToken" && record["userAgent"] == PORTAL);
        }
        matches -= file.tally.matches;
        benign -= file.tally.benign;
        records -= file.tally.records;
    }
    assert_eq!((matches, benign, records), (0, 0, 0));
}

#[test]
fn corpus_is_as_varied_as_an_account() {
    let pairs: BTreeSet<_> = kinds::all().map(|kind| (kind.source, kind.name)).collect();
    assert!(pairs.len() >= 120, "{} pairs of source and name", pairs.len());
    let mut seen = BTreeSet::new();
    for file in made(Class::Small, 16 << 20) {
        let document: Value = serde_json::from_str(&file.text).unwrap();
        for record in document["Records"].as_array().unwrap() {
            seen.insert(format!("{} {}", record["eventSource"], record["eventName"]));
        }
    }
    assert!(seen.len() >= 120, "{} pairs seen", seen.len());
}
