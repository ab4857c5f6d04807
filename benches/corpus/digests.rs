//! Digest chains, sound and tampered with, and what is right for each of them.
//!
//! The keys that sign are test data, kept beside the cases and secret to nobody.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::archive::put;
use trail::{Hour, Signer, Stored, Trail, Tree};

pub(crate) mod trail;

const FINGERPRINT: &str = "7e57000000000000000000000000f1a5";
const OTHER: &str = "7e570000000000000000000000000bad";

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Files by their names below `evidence/`.
    pub(crate) tree: Tree,
    /// What `expected.json` says.
    pub(crate) expected: Value,
}

/// The keys that sign, and the key files made from them.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) signer: Signer,
    /// Name and text of each key file.
    pub(crate) files: Vec<(&'static str, String)>,
}

/// The keys of `testdata/digests`.
pub(crate) fn keys() -> io::Result<Keys> {
    let pem = include_str!("../../testdata/digests/test-only-signing-key.pem");
    let other = include_str!("../../testdata/digests/test-only-other-key.pem");
    let (signer, other) = (Signer::new(pem, FINGERPRINT)?, Signer::new(other, OTHER)?);
    let list = |key: Value| format!("{:#}\n", json!({"PublicKeyList": [key]}));
    let files = vec![
        ("keys.json", list(signer.public(FINGERPRINT)?)),
        ("wrong-key.json", list(other.public(FINGERPRINT)?)),
        ("other-key.json", list(other.public(OTHER)?)),
    ];
    Ok(Keys { signer, files })
}

/// Writes all cases and the key files into `dir`.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    let Keys { signer, files } = keys()?;
    for (name, text) in files {
        put(&dir.join(name), text.as_bytes())?;
    }
    for case in cases(&signer)? {
        let folder = dir.join(case.name);
        for (name, stored) in &case.tree.files {
            put(&folder.join("evidence").join(name), &stored.bytes()?)?;
        }
        put(&folder.join("expected.json"), format!("{:#}\n", case.expected).as_bytes())?;
    }
    Ok(())
}

/// A case as it is described: `{why, exit, ...}`; what is not said is nothing.
fn case(name: &'static str, tree: Tree, said: Value) -> Case {
    let mut expected = json!({
        "args": ["--keys", "../keys.json"],
        "conclusion": match said["exit"].as_u64() {
            Some(0) => "proved",
            Some(1) => "tampered",
            _ => "unproved",
        },
        "valid_digests": 0,
        "valid_logs": 0,
        "not_valid": [],
        "gaps": [],
        "relocated": 0,
        "silent_hours": 0.0,
    });
    if let (Value::Object(all), Value::Object(said)) = (&mut expected, said) {
        all.extend(said);
    }
    Case { name, tree, expected }
}

/// A verdict and the last part of a name.
fn row(verdict: &str, key: &str) -> Value {
    json!([verdict, key.rsplit('/').next()])
}

/// A chain of so many hours with a log file each, the newest with its metadata.
fn chain(key: &Signer, hours: usize) -> io::Result<(Tree, Vec<Hour>)> {
    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    let hours = (0..hours).map(|_| trail.hour(&mut tree, 1)).collect::<io::Result<Vec<_>>>()?;
    if let Some(newest) = hours.last() {
        newest.head(&mut tree);
    }
    Ok((tree, hours))
}

/// All cases.
pub(crate) fn cases(key: &Signer) -> io::Result<Vec<Case>> {
    let mut cases = sound(key)?;
    cases.extend(logs(key)?);
    cases.extend(digests(key)?);
    cases.extend(unproved(key)?);
    Ok(cases)
}

/// Cases in which everything is proved.
fn sound(key: &Signer) -> io::Result<Vec<Case>> {
    let (tree, _) = chain(key, 3)?;
    let valid = case(
        "valid-chain",
        tree,
        json!({"why": "three digests, the first of them a starting one", "exit": 0,
            "valid_digests": 3, "valid_logs": 3}),
    );

    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    trail.hour(&mut tree, 2)?;
    trail.hour(&mut tree, 0)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    let empty = case(
        "empty-digest",
        tree,
        json!({"why": "in the second hour nothing happened", "exit": 0,
            "valid_digests": 3, "valid_logs": 3, "silent_hours": 1.0}),
    );

    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    trail.hour(&mut tree, 1)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    trail.restart(3);
    trail.hour(&mut tree, 1)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    let starting = case(
        "starting-digest",
        tree,
        json!({"why": "logging stopped for three hours and began again with a new chain", "exit": 0,
            "valid_digests": 4, "valid_logs": 4, "gaps": [["started", null]]}),
    );

    let (mut tree, mut trail) =
        (Tree::default(), Trail { root: "audit/logs/AWSLogs", ..Trail::new(key) });
    let first = trail.hour(&mut tree, 2)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    let (mut files, flat) = (Tree::default(), &first.logs[0]);
    for (name, stored) in tree.files {
        let own = &name["audit/logs/".len()..];
        let to = if name == *flat { own.rsplit('/').next().unwrap_or(own) } else { own };
        files.files.insert(to.to_owned(), stored);
    }
    let relocated = case(
        "relocated",
        files,
        json!({"why": "copied without the trail's prefix, and one log file out of its folders", "exit": 0,
            "valid_digests": 2, "valid_logs": 3, "relocated": 5}),
    );

    let mut tree = Tree::default();
    let root = "AWSLogs/o-exampleorg1";
    let mut first = Trail { root, ..Trail::new(key) };
    let mut second =
        Trail { root, account: "444455556666", region: "eu-west-1", ..Trail::new(key) };
    first.hour(&mut tree, 1)?;
    first.hour(&mut tree, 1)?.head(&mut tree);
    second.hour(&mut tree, 1)?.bare(&mut tree);
    let organization = case(
        "organization",
        tree,
        json!({"why": "a trail of an organization: two accounts, each with its own chain", "exit": 0,
            "valid_digests": 3, "valid_logs": 3}),
    );

    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    let mut late = Trail { backfill: true, ..Trail::new(key) };
    trail.hour(&mut tree, 1)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    late.hour(&mut tree, 1)?.head(&mut tree);
    let backfill = case(
        "backfill",
        tree,
        json!({"why": "a log file that the hourly digest missed stands in a backfill digest", "exit": 0,
            "valid_digests": 3, "valid_logs": 3}),
    );

    let name = "my_trail-1.eu_20200101T000000Z";
    let (mut tree, mut trail) = (Tree::default(), Trail { name, ..Trail::new(key) });
    trail.hour(&mut tree, 1)?;
    trail.hour(&mut tree, 1)?.head(&mut tree);
    let trail_name = case(
        "trail-name",
        tree,
        json!({"why": "the name of the trail has underscores and looks like a time", "exit": 0,
            "valid_digests": 2, "valid_logs": 2}),
    );
    Ok(vec![valid, empty, starting, relocated, organization, backfill, trail_name])
}

/// Log files that were tampered with.
fn logs(key: &Signer) -> io::Result<Vec<Case>> {
    let (mut tree, hours) = chain(key, 3)?;
    let log = &hours[1].logs[0];
    tree.change(log, "StopLogging", "StartLogging");
    let changed = case(
        "changed-log",
        tree,
        json!({"why": "in one record an event has another name", "exit": 1,
            "valid_digests": 3, "valid_logs": 2, "not_valid": [row("modified", log)]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let log = &hours[1].logs[0];
    tree.take(log);
    let deleted = case(
        "deleted-log",
        tree,
        json!({"why": "a log file is gone", "exit": 1,
            "valid_digests": 3, "valid_logs": 2, "not_valid": [row("missing", log)]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let log = &hours[1].logs[0];
    let mut bytes = tree.take(log).bytes()?;
    bytes.truncate(bytes.len() / 2);
    tree.files.insert(log.clone(), Stored::Plain(bytes));
    let cut = case(
        "cut-log",
        tree,
        json!({"why": "a log file ends in the middle", "exit": 3,
            "valid_digests": 3, "valid_logs": 2, "not_valid": [row("damaged", log)]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let log = &hours[1].logs[0];
    let mut bytes = tree.take(log).bytes()?;
    bytes.extend_from_slice(b"-- hidden --");
    tree.files.insert(log.clone(), Stored::Plain(bytes));
    let trailing = case(
        "trailing-bytes",
        tree,
        json!({"why": "other data stands behind the gzip stream of a log file", "exit": 3,
            "valid_digests": 3, "valid_logs": 2, "not_valid": [row("damaged", log)]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let planted = hours[1].logs[0].replace("Z_", "Z_planted");
    let text = tree.files[&hours[1].logs[0]].clone();
    tree.files.insert(planted.clone(), text);
    let unlisted = case(
        "planted-log",
        tree,
        json!({"why": "a log file that AWS did not deliver was put among the others", "exit": 3,
            "valid_digests": 3, "valid_logs": 3, "not_valid": [row("unlisted", &planted)]}),
    );
    Ok(vec![changed, deleted, cut, trailing, unlisted])
}

/// Digests that were tampered with.
fn digests(key: &Signer) -> io::Result<Vec<Case>> {
    let (mut tree, hours) = chain(key, 3)?;
    let older = &hours[1].digest;
    tree.change(older, "\"hashValue\":\"", "\"hashValue\":\"00");
    let changed = case(
        "changed-older-digest",
        tree,
        json!({"why": "the second digest gives another hash for its log file", "exit": 1,
            "valid_digests": 2, "valid_logs": 2, "gaps": [["unproved", null]],
            "not_valid": [row("modified", older), row("unproved", &hours[1].logs[0])]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let newest = &hours[2].digest;
    tree.change(newest, "\"logFiles\":[{", "\"logFiles\":[ {");
    let forged = case(
        "changed-newest-digest",
        tree,
        json!({"why": "a blank was put into the newest digest", "exit": 1,
            "valid_digests": 2, "valid_logs": 2,
            "not_valid": [row("bad_signature", newest), row("unproved", &hours[2].logs[0])]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    tree.take(&hours[1].digest);
    let deleted = case(
        "deleted-digest",
        tree,
        json!({"why": "the second digest is gone, and with it the signature of the first", "exit": 1,
            "valid_digests": 1, "valid_logs": 1, "gaps": [["missing", null]],
            "not_valid": [row("unproved", &hours[0].digest), row("missing", &hours[1].digest),
                row("unproved", &hours[0].logs[0]), row("unlisted", &hours[1].logs[0])]}),
    );

    let (mut tree, hours) = chain(key, 5)?;
    tree.take(&hours[2].digest);
    tree.take(&hours[3].digest);
    hours[1].head(&mut tree);
    let two = case(
        "two-deleted-digests",
        tree,
        json!({"why": "two digests in a row are gone; the one before them has its metadata", "exit": 1,
            "valid_digests": 3, "valid_logs": 3, "gaps": [["missing", 2]],
            "not_valid": [row("missing", &hours[3].digest), row("unlisted", &hours[2].logs[0]),
                row("unlisted", &hours[3].logs[0])]}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    let before = &hours[1].digest;
    let mut bytes = tree.take(before).bytes()?;
    bytes.truncate(bytes.len() / 2);
    tree.files.insert(before.clone(), Stored::Plain(bytes));
    let cut = case(
        "cut-digest",
        tree,
        json!({"why": "the second digest ends in the middle", "exit": 3,
            "valid_digests": 1, "valid_logs": 1, "gaps": [["damaged", null]],
            "not_valid": [row("unproved", &hours[0].digest), row("damaged", before),
                row("unproved", &hours[0].logs[0]), row("unlisted", &hours[1].logs[0])]}),
    );

    let (mut tree, hours) = chain(key, 2)?;
    let [older, newer] = [&hours[0].digest, &hours[1].digest];
    tree.take(&format!("{newer}.head.json"));
    let name = format!("\"previousDigestS3Object\":\"{newer}\"");
    tree.change(older, "\"previousDigestS3Object\":null", &name);
    tree.change(
        older,
        "\"digestPublicKeyFingerprint\":\"7e57",
        "\"digestPublicKeyFingerprint\":\"ffff",
    );
    let cycle = case(
        "cycle",
        tree,
        json!({"why": "two digests name each other, and the older one a key nobody has", "exit": 3,
            "not_valid": [row("unproved", older), row("unproved", newer),
                row("unproved", &hours[0].logs[0]), row("unproved", &hours[1].logs[0])]}),
    );
    Ok(vec![changed, forged, deleted, two, cut, cycle])
}

/// Cases in which something cannot be known.
fn unproved(key: &Signer) -> io::Result<Vec<Case>> {
    let (tree, hours) = chain(key, 2)?;
    let logs = hours.iter().map(|hour| row("unproved", &hour.logs[0]));
    let digests = [row("unproved", &hours[0].digest), row("bad_signature", &hours[1].digest)];
    let wrong = digests.into_iter().chain(logs.clone());
    let wrong = case(
        "wrong-key",
        tree.clone(),
        json!({"why": "the key that was given has the right fingerprint and is another one", "exit": 1,
            "args": ["--keys", "../wrong-key.json"], "not_valid": wrong.collect::<Vec<_>>()}),
    );
    let unknown = hours.iter().map(|hour| row("unproved", &hour.digest)).chain(logs);
    let unknown = case(
        "unknown-key",
        tree,
        json!({"why": "the key that signed is not among those that were given", "exit": 3,
            "args": ["--keys", "../other-key.json"], "not_valid": unknown.collect::<Vec<_>>()}),
    );

    let (mut tree, hours) = chain(key, 3)?;
    tree.take(&format!("{}.head.json", hours[2].digest));
    let bare = case(
        "no-metadata",
        tree,
        json!({"why": "the newest digest was copied without its metadata", "exit": 3,
            "valid_digests": 2, "valid_logs": 2,
            "not_valid": [row("unproved", &hours[2].digest), row("unproved", &hours[2].logs[0])]}),
    );

    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    trail.hour(&mut tree, 1)?;
    let odd = trail.hour_with(&mut tree, 1, |body| {
        for name in ["/previousDigestHashValue", "/logFiles/0/hashValue"] {
            if let Some(Value::String(hash)) = body.pointer_mut(name) {
                hash.pop();
            }
        }
    })?;
    odd.head(&mut tree);
    let odd = case(
        "odd-hash",
        tree,
        json!({"why": "the newest digest gives hashes of 63 digits, and is signed", "exit": 3,
            "valid_digests": 2, "valid_logs": 1, "not_valid": [row("unproved", &odd.logs[0])]}),
    );
    Ok(vec![wrong, unknown, bare, odd])
}
