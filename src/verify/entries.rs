//! The log files that digests list: found by name, whatever their number.
//!
//! Digests are read again for this, once it is known which are proved. What proved digests list is
//! all taken. Of the others, those that list least are taken first, up to a bound over all of them,
//! so one forged digest with millions of entries displaces no other.

use std::{
    hash::{DefaultHasher, Hasher},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    Verdict,
    load::{NameHash, Node, file_key, key_hash, name_hash},
    names::{Name, Names},
    table::{ENTRY, Entry, Table},
};
use crate::{cloudtrail::Listed, sort::Sorter};

/// Entries of one name in digests that are not proved, at most.
const MOST_OF_ONE_NAME: usize = 64;

/// Bytes on disk that entries of digests that are not proved may take in all.
const MOST_UNPROVED: u64 = 512 << 20;

/// Bytes that one entry takes on disk beside its name: sorted, merged, and as a name.
const ENTRY_ON_DISK: u64 = 2 * ENTRY as u64 + 28;

/// Bytes of entries that are sorted in memory.
const SORTED: usize = 16 << 20;

/// Instead of a verdict: the entry says what another one says too, and is not counted.
const REPEATED: u8 = 0;

/// Which digests' entries are taken.
pub(super) fn chosen(nodes: &[Node]) -> (Vec<u32>, NotCompared) {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let all = || (0..nodes.len()).filter(|&at| !nodes[at].copy && nodes[at].files > 0);
    let mut chosen: Vec<u32> = all().filter(|&at| nodes[at].proved).map(place).collect();
    let mut unproved: Vec<usize> = all().filter(|&at| !nodes[at].proved).collect();
    let cost = |at: usize| nodes[at].files * ENTRY_ON_DISK + nodes[at].files_bytes;
    unproved.sort_by_key(|&at| (cost(at), at));
    let (mut left, mut not_compared) = (MOST_UNPROVED, NotCompared::default());
    for at in unproved {
        if let Some(rest) = left.checked_sub(cost(at)) {
            left = rest;
            chosen.push(place(at));
        } else {
            left = 0;
            not_compared.digests += 1;
            not_compared.log_files += nodes[at].files;
        }
    }
    (chosen, not_compared)
}

/// Digests that are not proved and list more log files than are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct NotCompared {
    /// Such digests.
    pub digests: u64,
    /// The log files they list.
    pub log_files: u64,
}

/// Takes entries, one digest after the other.
#[derive(Debug)]
pub(super) struct Builder {
    sorter: Sorter,
    names: Option<Names>,
    number: u64,
}

impl Builder {
    /// `keep_names`: what is missing will be reported.
    pub(super) fn new(keep_names: bool) -> Self {
        let names = keep_names.then(Names::new);
        Self { sorter: Sorter::new(SORTED), names, number: 0 }
    }

    pub(super) fn add(&mut self, listed: &Listed, digest: u32, proved: bool) -> io::Result<()> {
        let Listed { object, hash } = listed;
        let entry = Entry {
            name: key_hash(object),
            proved,
            digest,
            hash: *hash,
            object: object_hash(object),
            number: self.number,
        };
        self.number += 1;
        self.sorter.push(&entry.to_bytes(), b"")?;
        self.names.as_mut().map_or(Ok(()), |names| names.push(digest, object))
    }

    pub(super) fn finish(self) -> io::Result<Entries> {
        let mut table = Table::new();
        let mut seen = Sorter::new(SORTED);
        let mut last: Option<Entry> = None;
        let mut of_name = 0;
        self.sorter.finish(&mut |bytes, _| {
            let Some(entry) = Entry::from_bytes(bytes) else { return Ok(true) };
            let repeats_name = last.is_some_and(|last| last.name == entry.name);
            let repeats_all = last.is_some_and(|last| last.says_the_same_as(&entry));
            of_name = if repeats_name { of_name + 1 } else { 0 };
            // What is missing is reported once by digests that are not proved, and not at all if a
            // proved one lists it.
            if repeats_all || (repeats_name && !entry.proved) {
                note(&mut seen, entry.number, REPEATED)?;
            }
            if !repeats_all && (entry.proved || of_name < MOST_OF_ONE_NAME) {
                table.push(entry)?;
            }
            last = Some(entry);
            Ok(true)
        })?;
        Ok(Entries { table, names: self.names, seen: Mutex::new(seen) })
    }
}

/// Notes what became of an entry; of several notes the least counts.
fn note(seen: &mut Sorter, number: u64, verdict: u8) -> io::Result<()> {
    seen.push(&[&number.to_be_bytes()[..], &[verdict]].concat(), b"")
}

/// Every log file that a digest lists.
#[derive(Debug)]
pub(super) struct Entries {
    table: Table,
    names: Option<Names>,
    /// Entries that a file was compared with, and the verdict.
    seen: Mutex<Sorter>,
}

/// What the entries say of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) verdict: Verdict,
    /// The digest that says so.
    pub(super) digest: Option<usize>,
    /// It is not where AWS put it.
    pub(super) relocated: bool,
    /// Its hash is not the one in that digest.
    pub(super) differs: bool,
}

/// One entry and what became of it.
pub(super) struct Seen<'s> {
    /// The digest, by its place among the nodes.
    pub(super) digest: u32,
    pub(super) object: &'s str,
    /// `None` if no file of that name is here.
    pub(super) verdict: Option<Verdict>,
}

impl Entries {
    /// Judges a file, if a digest lists one of its name. With `hash` being `None` the answer is the
    /// one for a file that fits. `note`: the file counts as seen.
    pub(super) fn judge(
        &self,
        nodes: &[Node],
        name: &str,
        hash: Option<&[u8; 32]>,
        damaged: bool,
        note: bool,
    ) -> io::Result<Sealed> {
        let unlisted =
            Sealed { verdict: Verdict::Unlisted, digest: None, relocated: false, differs: false };
        let (mut best, mut rank) = (unlisted, u8::MAX);
        let mut noted: io::Result<()> = Ok(());
        self.table.each(&key_hash(name), |entry| {
            let Some(node) = nodes.get(entry.digest as usize) else { return };
            let (verdict, differs, order) = verdict(&entry, node, hash, damaged);
            if note && noted.is_ok() {
                noted = self::note(&mut self.locked(), entry.number, verdict as u8);
            }
            if order < rank {
                rank = order;
                let relocated = !ends_like(name, entry.object);
                let digest = Some(entry.digest as usize);
                best = Sealed { verdict, digest, relocated, differs };
            }
        })?;
        noted.map(|()| best)
    }

    fn locked(&self) -> MutexGuard<'_, Sorter> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `take` with every entry and what became of it, in the order they were added.
    pub(super) fn each(&self, mut take: impl FnMut(Seen<'_>) -> io::Result<()>) -> io::Result<()> {
        let Some(names) = &self.names else { return Ok(()) };
        let mut names = names.reader();
        let mut take = |name: &Name<'_>, verdict: Option<u8>| {
            if verdict == Some(REPEATED) {
                return Ok(());
            }
            let verdict = verdict.and_then(verdict_of);
            take(Seen { digest: name.digest, object: name.object, verdict })
        };
        let seen = std::mem::replace(&mut *self.locked(), Sorter::new(SORTED));
        let mut last = None;
        seen.finish(&mut |key, _| {
            let (number, verdict) = key.split_at(key.len() - 1);
            let number = number.try_into().map_or(0, u64::from_be_bytes);
            if last != Some(number) {
                while let Some(name) = names.next()? {
                    let verdict = (name.number == number).then(|| verdict[0]);
                    take(&name, verdict)?;
                    if verdict.is_some() {
                        break;
                    }
                }
                last = Some(number);
            }
            Ok(true)
        })?;
        while let Some(name) = names.next()? {
            take(&name, None)?;
        }
        Ok(())
    }
}

/// The verdict of one entry, whether the hash differs, and how much the entry counts: less is more.
fn verdict(
    entry: &Entry,
    node: &Node,
    hash: Option<&[u8; 32]>,
    damaged: bool,
) -> (Verdict, bool, u8) {
    if damaged {
        return (Verdict::Damaged, false, u8::from(!node.proved));
    }
    let Some(listed) = &entry.hash else { return (Verdict::Unproved, false, 4) };
    let fits = hash.is_none_or(|hash| hash == listed);
    match (fits, node.proved) {
        (true, true) => (Verdict::Valid, false, 1),
        (false, true) => (Verdict::Modified, true, 2),
        (true, false) => (Verdict::Unproved, false, 3),
        // A digest that is not proved may be forged, so it says nothing against a file.
        (false, false) => (Verdict::Unproved, true, 5),
    }
}

fn verdict_of(seen: u8) -> Option<Verdict> {
    [Verdict::Valid, Verdict::Unproved, Verdict::Damaged, Verdict::Modified]
        .into_iter()
        .find(|verdict| *verdict as u8 == seen)
}

/// A whole key without its packing, hashed. A clash makes a file count as in its place, no more.
fn object_hash(key: &str) -> u64 {
    let folders = key.len() - key.rsplit(['/', '!']).next().unwrap_or(key).len();
    let mut hasher = DefaultHasher::new();
    hasher.write(&key.as_bytes()[..folders]);
    hasher.write(file_key(key).as_bytes());
    hasher.finish()
}

/// Whether a name ends like a key, from the start of one of its parts on.
fn ends_like(name: &str, key: u64) -> bool {
    let starts = name.rmatch_indices(['/', '!']).map(|(at, _)| at + 1);
    // Keys have few parts, so deeper ones need no look.
    starts.chain([0]).take(64).any(|at| object_hash(&name[at..]) == key)
}

/// Which of the chosen digests a file is, by its name and text.
#[derive(Debug)]
pub(super) struct Chosen {
    sorted: Vec<(NameHash, [u8; 32], u32)>,
}

impl Chosen {
    pub(super) fn new(nodes: &[Node], chosen: &[u32]) -> Self {
        let named = |&at: &u32| {
            let node = &nodes[at as usize];
            (name_hash(&node.name.display), node.hash, at)
        };
        let mut sorted: Vec<_> = chosen.iter().map(named).collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        let name = name_hash(name);
        self.sorted.binary_search_by(|(of, _, _)| of.cmp(&name)).is_ok()
    }

    pub(super) fn find(&self, name: &str, hash: &[u8; 32]) -> Option<u32> {
        let wanted = (name_hash(name), *hash);
        let at = self.sorted.binary_search_by(|(of, hash, _)| (*of, *hash).cmp(&wanted)).ok()?;
        self.sorted.get(at).map(|(_, _, node)| *node)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn a_name_ends_like_its_key_wherever_it_was_copied_to() {
        let key = object_hash("p/AWSLogs/1/f.json.gz");
        for (name, expected) in [
            ("p/AWSLogs/1/f.json.gz", true),
            ("copy/p/AWSLogs/1/f.json", true),
            ("a.zip!p/AWSLogs/1/f.json.zst", true),
            ("xp/AWSLogs/1/f.json.gz", false),
            ("AWSLogs/1/f.json.gz", false),
            ("f.json.gz", false),
        ] {
            assert_eq!(ends_like(name, key), expected, "{name}");
        }
    }

    #[test]
    fn each_entry_is_reported_once_with_the_best_verdict() {
        let mut builder = Builder::new(true);
        let listed =
            |object: &str, byte: u8| Listed { object: object.to_owned(), hash: Some([byte; 32]) };
        for (object, byte, digest, proved) in [
            ("a/1.json.gz", 1, 0, false),
            ("a/1.json.gz", 1, 1, true),
            ("a/2.json.gz", 2, 1, true),
            ("a/2.json.gz", 2, 1, true),
            ("b/3.json.gz", 3, 0, false),
            ("c/3.json.gz", 4, 2, false),
            ("a/4.json.gz", 4, 1, true),
        ] {
            builder.add(&listed(object, byte), digest, proved).unwrap();
        }
        let entries = builder.finish().unwrap();
        let mut all = Vec::new();
        let mut found = Vec::new();
        entries.table.each(&key_hash("x/1.json"), |entry| found.push(entry.proved)).unwrap();
        assert_eq!(found, [true, false]);
        note(&mut entries.locked(), 6, Verdict::Modified as u8).unwrap();
        note(&mut entries.locked(), 6, Verdict::Valid as u8).unwrap();
        entries
            .each(|seen| {
                all.push((seen.digest, seen.object.to_owned(), seen.verdict));
                Ok(())
            })
            .unwrap();
        let of = |digest, object: &str, verdict| (digest, object.to_owned(), verdict);
        assert_eq!(
            all,
            [
                of(1, "a/1.json.gz", None),
                of(1, "a/2.json.gz", None),
                of(0, "b/3.json.gz", None),
                of(1, "a/4.json.gz", Some(Verdict::Valid)),
            ]
        );
    }
}
