//! Whatever is changed in a sound chain is noticed, and sound chains of any shape are proved.

#![expect(clippy::disallowed_types, reason = "the evidence of a test is no bomb")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    num::NonZeroUsize,
    path::Path,
    sync::{LazyLock, atomic::AtomicBool},
};

use backtrail::{
    archive::{Access, Input, ListOptions},
    verify::{self, Conclusion, Keys, Options, Report, Row, Scope, Verdict, Watch, Why},
};
use corpus::digests::{
    self,
    trail::{Signer, Stored, Trail, Tree, hex},
};
use flate2::read::MultiGzDecoder;
use proptest::prelude::*;

#[path = "../benches/corpus/mod.rs"]
#[expect(dead_code, reason = "only a part of the generator is used here")]
mod corpus;

struct Unwatched;

impl Watch for Unwatched {
    fn listed(&self) {}
    fn listing_done(&self) {}
    fn read(&self, _packed: u64, _inflated: u64) {}
}

fn keys() -> (Signer, Keys) {
    let made = digests::keys().unwrap();
    let mut keys = Keys::default();
    assert_eq!(keys.add(made.files[0].1.as_bytes()).unwrap(), 1);
    (made.signer, keys)
}

fn verified(root: &Path, keys: &Keys, max_inflated: usize) -> Report {
    let options = Options {
        inputs: vec![Input::Path(root.to_owned())],
        listing: ListOptions::default(),
        scope: Scope::default(),
        threads: NonZeroUsize::MIN,
        access: Access::Auto,
        max_inflated,
    };
    verify::run(&options, keys, &Unwatched, &AtomicBool::new(false)).unwrap()
}

fn rows(report: &Report) -> Vec<Row> {
    report.not_valid.iter().map(Result::unwrap).collect()
}

fn write(root: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn bytes(tree: &Tree) -> BTreeMap<String, Vec<u8>> {
    tree.files.iter().map(|(name, stored)| (name.clone(), stored.bytes().unwrap())).collect()
}

fn is_side(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "sig")
}

/// What a file means: the text of gzip, or a signature in lower case. `None` if it is broken.
fn meaning(name: &str, bytes: &[u8]) -> Option<String> {
    if is_side(name) {
        return Some(str::from_utf8(bytes).ok()?.trim().to_ascii_lowercase());
    }
    let mut text = String::new();
    let mut decoder = MultiGzDecoder::new(bytes);
    decoder.read_to_string(&mut text).ok()?;
    Some(text)
}

/// A chain of three digests with two log files each; the newest has its signature beside it.
fn sound(key: &Signer) -> Tree {
    let (mut tree, mut trail) = (Tree::default(), Trail::new(key));
    trail.hour(&mut tree, 2).unwrap();
    trail.hour(&mut tree, 2).unwrap();
    trail.hour(&mut tree, 2).unwrap().bare(&mut tree);
    tree
}

/// Made once: signing takes longer than checking.
static SOUND: LazyLock<(BTreeMap<String, Vec<u8>>, Keys)> = LazyLock::new(|| {
    let (signer, keys) = keys();
    (bytes(&sound(&signer)), keys)
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_changed_byte_is_noticed_unless_the_file_still_means_the_same(
        file: prop::sample::Index, at: prop::sample::Index, mask in 1..=255_u8,
    ) {
        let (mut files, keys) = SOUND.clone();
        let name = file.get(&files.keys().cloned().collect::<Vec<_>>()).clone();
        let changed = files.get_mut(&name).unwrap();
        let before = meaning(&name, changed);
        let at = at.index(changed.len());
        changed[at] ^= mask;
        let same = meaning(&name, changed) == before;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files);
        let report = verified(folder.path(), &keys, 1 << 20);
        prop_assert_eq!(
            report.conclusion == Conclusion::Proved, same, "{} at {}: {:#?}", name, at, rows(&report)
        );
    }

    #[test]
    fn any_file_taken_away_is_noticed(file: prop::sample::Index) {
        let (mut files, keys) = SOUND.clone();
        let name = file.get(&files.keys().cloned().collect::<Vec<_>>()).clone();
        files.remove(&name);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files);
        let report = verified(folder.path(), &keys, 1 << 20);
        // Without the newest digest its log files are listed nowhere.
        prop_assert_ne!(report.conclusion, Conclusion::Proved, "{}", name);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn sound_chains_of_any_shape_are_proved(
        hours in prop::collection::vec((0_u64..4, prop::bool::weighted(0.2)), 1..8),
    ) {
        let (signer, keys) = keys();
        let (mut tree, mut trail) = (Tree::default(), Trail::new(&signer));
        let (mut logs, mut silent) = (0, 0.0);
        let mut gaps = 0;
        for (at, &(count, last)) in hours.iter().enumerate() {
            let hour = trail.hour(&mut tree, count).unwrap();
            if last || at + 1 == hours.len() {
                hour.head(&mut tree);
                trail.restart(2);
                gaps += usize::from(at + 1 < hours.len());
            }
            logs += count;
            silent += if count == 0 { 1.0 } else { 0.0 };
        }
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &bytes(&tree));
        let report = verified(folder.path(), &keys, 1 << 20);
        prop_assert_eq!(report.conclusion, Conclusion::Proved, "{:#?}", rows(&report));
        prop_assert_eq!(report.files.valid, logs);
        let chain = &report.chains[0];
        prop_assert_eq!(chain.digests.valid, hours.len() as u64);
        prop_assert!((chain.silent_hours - silent).abs() < 1e-9);
        prop_assert_eq!(chain.gaps.len(), gaps);
    }
}

#[test]
fn a_log_file_larger_than_the_cap_is_hashed_in_pieces() {
    let (signer, keys) = keys();
    let (mut tree, mut trail) = (Tree::default(), Trail::new(&signer));
    let large = trail.hour(&mut tree, 1).unwrap().logs.remove(0);
    let Stored::Gzip(text) = tree.take(&large) else { panic!("log files are packed") };
    // Signed again over a text of several pieces.
    let text = text + &" ".repeat(3 << 20);
    let mut again = Trail::new(&signer);
    let hash = sha256(text.as_bytes());
    let mut tree = Tree::default();
    let hour = again
        .hour_with(&mut tree, 1, |body| body["logFiles"][0]["hashValue"] = hash.clone().into())
        .unwrap();
    hour.head(&mut tree);
    tree.files.insert(large.clone(), Stored::Gzip(text));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bytes(&tree));
    for cap in [64 << 10, 8 << 20] {
        let report = verified(folder.path(), &keys, cap);
        assert_eq!(report.conclusion, Conclusion::Proved, "{cap}: {:#?}", rows(&report));
    }
    let mut files = bytes(&tree);
    files.get_mut(&large).unwrap().truncate(2000);
    write(folder.path(), &files);
    let report = verified(folder.path(), &keys, 64 << 10);
    assert_eq!(rows(&report)[0].verdict, Verdict::Damaged);
}

#[test]
fn copies_of_a_file_are_judged_each_by_itself() {
    let (signer, keys) = keys();
    let tree = sound(&signer);
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("a"), &bytes(&tree));
    let mut second = tree.clone();
    let log = second.files.keys().find(|name| name.contains("/CloudTrail/")).unwrap().clone();
    second.change(&log, "GetTrailStatus", "SetTrailStatus");
    second.files.retain(|name, _| !is_side(name));
    write(&folder.path().join("b"), &bytes(&second));
    let report = verified(folder.path(), &keys, 1 << 20);
    let rows: Vec<_> = rows(&report).into_iter().map(|row| (row.verdict, row.name)).collect();
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert!(
        rows[0].0 == Verdict::Modified && rows[0].1.ends_with(&format!("b/{log}")),
        "{rows:#?}"
    );
    assert_eq!((report.files.valid, report.chains[0].logs.valid), (11, 6));
}

#[test]
fn a_digest_under_the_name_of_another_is_told_and_counts_as_what_it_is() {
    let (signer, keys) = keys();
    let mut tree = sound(&signer);
    let digests: Vec<_> = tree
        .files
        .keys()
        .filter(|name| name.contains("-Digest") && !is_side(name))
        .cloned()
        .collect();
    // The newest digest says that something happened, and an older one is put in its place.
    let older = tree.files[&digests[1]].clone();
    tree.files.insert(digests[2].clone(), older);
    let report = verified_tree(&tree, &keys);
    let verdict = |digest: &str| {
        let row = rows(&report).into_iter().find(|row| row.name.ends_with(digest));
        row.map(|row| row.verdict)
    };
    assert_eq!(verdict(&digests[2]), Some(Verdict::Modified), "{:#?}", rows(&report));
    assert_eq!(verdict(&digests[1]), Some(Verdict::Unproved), "its signature is gone");
    assert_eq!(verdict(&digests[0]), None, "it is valid");
    assert_eq!(report.conclusion, Conclusion::Tampered);
    assert_eq!(report.files.unlisted, 2, "the log files that only the newest listed");
}

#[test]
fn backfill_digests_need_not_follow_each_other_in_time() {
    let (signer, keys) = keys();
    let (mut tree, mut trail) = (Tree::default(), Trail { backfill: true, ..Trail::new(&signer) });
    // Its own signature proves the oldest one when the next is gone: gaps are between proved digests.
    trail.hour(&mut tree, 1).unwrap().head(&mut tree);
    trail.next += 5;
    let gone = trail.hour(&mut tree, 1).unwrap();
    trail.next += 5;
    trail.hour(&mut tree, 1).unwrap().head(&mut tree);
    let report = verified_tree(&tree, &keys);
    assert_eq!((report.conclusion, &report.chains[0].gaps[..]), (Conclusion::Proved, &[][..]));
    tree.take(&gone.digest);
    let report = verified_tree(&tree, &keys);
    assert_eq!(report.conclusion, Conclusion::Tampered);
    let gap = &report.chains[0].gaps[0];
    assert_eq!((report.chains[0].gaps.len(), gap.why, gap.about), (1, Why::Missing, Some(1)));
}

#[test]
fn forged_digests_change_no_verdict_on_what_is_proved() {
    let (signer, keys) = keys();
    let mut tree = sound(&signer);
    let digests: Vec<_> = tree
        .files
        .keys()
        .filter(|name| name.ends_with("Z.json.gz") && name.contains("-Digest"))
        .cloned()
        .collect();
    let before = verified_tree(&tree, &keys);
    assert_eq!(before.conclusion, Conclusion::Proved);
    // Each says that it follows the oldest digest, which it gives another hash and a bad signature.
    for number in 0..200 {
        let Stored::Gzip(text) = tree.files[&digests[1]].clone() else { panic!("it is packed") };
        let name = digests[2].replace("management", &format!("management{number}"));
        let text = text
            .replace(&digests[1], &name)
            .replace("\"previousDigestHashValue\":\"", "\"previousDigestHashValue\":\"0");
        let text = text.replace("\"hashValue\":\"", "\"hashValue\":\"f");
        let text = text.replace(
            "\"previousDigestSignature\":\"",
            &format!("\"previousDigestSignature\":\"{number:04}"),
        );
        tree.files.insert(name, Stored::Gzip(text));
    }
    let report = verified_tree(&tree, &keys);
    assert_eq!(report.files, before.files);
    let chain = report.chains.iter().find(|chain| chain.trail == "management").unwrap();
    assert_eq!(chain.digests, before.chains[0].digests);
    assert_eq!(report.chains.len(), 201);
}

fn verified_tree(tree: &Tree, keys: &Keys) -> Report {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &bytes(tree));
    verified(folder.path(), keys, 1 << 20)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}
