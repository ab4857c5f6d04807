//! The hashes that digests list, by the names of the log files, in little memory.
//!
//! An entry is a hash, a number and a few bytes to find it by: names are kept once, each without
//! what it has in common with the one before it. A file may be listed more than once; a listing
//! that is proved counts more than one that is not.

use std::{
    collections::{HashMap, hash_map::Entry as Slot},
    hash::{DefaultHasher, Hasher},
    sync::atomic::{AtomicU8, Ordering},
};

use sha2::{Digest as _, Sha256};

use super::{
    Verdict,
    load::{Node, file_key},
};
use crate::cloudtrail::Listed;

/// Listings of one name that are compared. Proved ones come first, so forged ones cannot crowd
/// them out.
const MOST_LISTINGS: usize = 64;

const NONE: u32 = u32::MAX;

/// Every log file that a digest lists.
#[derive(Debug, Default)]
pub(super) struct Seals {
    by_name: HashMap<[u8; 16], u32>,
    entries: Vec<Entry>,
    names: Names,
}

#[derive(Debug)]
struct Entry {
    hash: Option<[u8; 32]>,
    /// The digest, by its place among the nodes.
    digest: u32,
    /// The next listing of the same name.
    next: u32,
    /// A hash of the whole key.
    object: u64,
    /// The best verdict on a file here with that name; 0 if there is none.
    seen: AtomicU8,
}

/// What a seal says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) verdict: Verdict,
    /// The digest that says so.
    pub(super) digest: Option<usize>,
    /// It does not lie where AWS put it.
    pub(super) relocated: bool,
}

/// One listed name and what became of it.
pub(super) struct Seen<'s> {
    pub(super) digest: usize,
    pub(super) object: &'s str,
    /// `None` if no file of that name is here.
    pub(super) verdict: Option<Verdict>,
}

impl Seals {
    /// Takes the listings out of the digests.
    pub(super) fn take(nodes: &mut [Node]) -> Self {
        let mut seals = Self::default();
        let mut order: Vec<usize> = (0..nodes.len()).filter(|&at| !nodes[at].copy).collect();
        order.sort_by_key(|&at| !nodes[at].proved);
        for at in order {
            let files = std::mem::take(&mut nodes[at].digest.files);
            let digest = u32::try_from(at).unwrap_or(NONE);
            let refused = files.iter().filter(|file| !seals.add(file, digest)).count();
            if refused > 0 {
                nodes[at]
                    .digest
                    .problems
                    .push(format!("it lists names too often: {refused} times"));
            }
        }
        // Copies say the same again.
        for node in nodes {
            node.digest.files = Vec::new();
        }
        seals
    }

    fn add(&mut self, file: &Listed, digest: u32) -> bool {
        let Ok(at) = u32::try_from(self.entries.len()) else { return false };
        let Listed { object, hash } = file;
        let entry = Entry {
            hash: *hash,
            digest,
            next: NONE,
            object: short_hash(object),
            seen: AtomicU8::new(0),
        };
        match self.by_name.entry(name_hash(object)) {
            Slot::Vacant(new) => {
                new.insert(at);
            }
            Slot::Occupied(first) => {
                let mut last = *first.get();
                for listings in 1.. {
                    let Some(listing) = self.entries.get_mut(last as usize) else { return false };
                    let same = (listing.digest, listing.hash, listing.object);
                    if same == (digest, *hash, entry.object) {
                        return true;
                    }
                    if listing.next == NONE {
                        listing.next = at;
                        break;
                    }
                    if listings == MOST_LISTINGS {
                        return false;
                    }
                    last = listing.next;
                }
            }
        }
        self.entries.push(entry);
        self.names.push(object);
        true
    }

    /// Judges a file, if any digest lists one of its name. With `hash` being `None` the answer is
    /// the one for a file that fits. `note`: the file counts as seen.
    pub(super) fn judge(
        &self,
        nodes: &[Node],
        name: &str,
        hash: Option<&[u8; 32]>,
        damaged: bool,
        note: bool,
    ) -> Sealed {
        let mut next = self.by_name.get(&name_hash(name)).copied().unwrap_or(NONE);
        let mut best = Sealed { verdict: Verdict::Unlisted, digest: None, relocated: false };
        let mut rank = u8::MAX;
        while let Some(entry) = self.entries.get(next as usize) {
            next = entry.next;
            let Some(node) = nodes.get(entry.digest as usize) else { continue };
            let (verdict, order) = entry.verdict(node, hash, damaged);
            if note {
                entry
                    .seen
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |seen| {
                        (seen == 0 || seen > verdict as u8).then_some(verdict as u8)
                    })
                    .ok();
            }
            if order < rank {
                rank = order;
                let relocated = !ends_like(name, entry.object);
                best = Sealed { verdict, digest: Some(entry.digest as usize), relocated };
            }
        }
        best
    }

    /// Every listing and what became of it, in the order they were taken.
    pub(super) fn each(&self, mut tell: impl FnMut(Seen<'_>)) {
        self.names.each(|at, object| {
            if let Some(entry) = self.entries.get(at) {
                let verdict = verdict_of(entry.seen.load(Ordering::Relaxed));
                tell(Seen { digest: entry.digest as usize, object, verdict });
            }
        });
    }
}

impl Entry {
    /// The verdict of one listing, and how much it counts: less is more.
    fn verdict(&self, node: &Node, hash: Option<&[u8; 32]>, damaged: bool) -> (Verdict, u8) {
        if damaged {
            return (Verdict::Damaged, 0);
        }
        let Some(listed) = &self.hash else { return (Verdict::Unproved, 4) };
        let fits = hash.is_none_or(|hash| hash == listed);
        let doubted = matches!(node.verdict, Verdict::Modified | Verdict::BadSignature);
        match (fits, node.proved) {
            (true, true) => (Verdict::Valid, 1),
            (false, true) => (Verdict::Modified, 2),
            (true, false) => (Verdict::Unproved, 3),
            // What a digest says that was itself changed proves nothing.
            (false, false) if doubted => (Verdict::Unproved, 6),
            (false, false) => (Verdict::Modified, 5),
        }
    }
}

fn verdict_of(seen: u8) -> Option<Verdict> {
    [Verdict::Valid, Verdict::Unproved, Verdict::Damaged, Verdict::Modified]
        .into_iter()
        .find(|verdict| *verdict as u8 == seen)
}

/// A name without its folders and packing, hashed so that nobody can make two alike.
fn name_hash(name: &str) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(file_key(name).as_bytes())) {
        *to = from;
    }
    short
}

/// A whole key without its packing, hashed. A clash makes a file count as in its place, no more.
fn short_hash(key: &str) -> u64 {
    let folders = key.len() - key.rsplit(['/', '!']).next().unwrap_or(key).len();
    let mut hasher = DefaultHasher::new();
    hasher.write(&key.as_bytes()[..folders]);
    hasher.write(file_key(key).as_bytes());
    hasher.finish()
}

/// Whether a name ends like a key, from the start of one of its parts on.
fn ends_like(name: &str, key: u64) -> bool {
    let starts = name.rmatch_indices(['/', '!']).map(|(at, _)| at + 1);
    // Keys have few parts, so what stands deeper is not looked at.
    starts.chain([0]).take(64).any(|at| short_hash(&name[at..]) == key)
}

/// Names, each without what it has in common with the one before it.
#[derive(Debug, Default)]
struct Names {
    bytes: Vec<u8>,
    last: String,
}

impl Names {
    fn push(&mut self, name: &str) {
        let same = name.bytes().zip(self.last.bytes()).take_while(|(a, b)| a == b).count();
        // Names are at most 1,024 bytes.
        let same = u16::try_from(name.floor_char_boundary(same)).unwrap_or(0);
        let rest = &name[usize::from(same)..];
        let length = u16::try_from(rest.len()).unwrap_or(u16::MAX);
        self.bytes.extend_from_slice(&same.to_le_bytes());
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(&rest.as_bytes()[..usize::from(length)]);
        name.clone_into(&mut self.last);
    }

    fn each(&self, mut tell: impl FnMut(usize, &str)) {
        let mut name: Vec<u8> = Vec::new();
        let mut rest = &self.bytes[..];
        for at in 0.. {
            let Some(([s0, s1, l0, l1], after)) = rest.split_first_chunk::<4>() else { break };
            let length = usize::from(u16::from_le_bytes([*l0, *l1]));
            let Some((own, after)) = after.split_at_checked(length) else { break };
            name.truncate(usize::from(u16::from_le_bytes([*s0, *s1])));
            name.extend_from_slice(own);
            tell(at, &String::from_utf8_lossy(&name));
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_come_back_as_they_went_in(names in prop::collection::vec("[aäb/]{0,12}", 0..20)) {
            let mut kept = Names::default();
            for name in &names {
                kept.push(name);
            }
            let mut back = Vec::new();
            kept.each(|at, name| back.push((at, name.to_owned())));
            prop_assert_eq!(back, names.into_iter().enumerate().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_name_ends_like_its_key_wherever_it_was_copied_to() {
        let key = short_hash("p/AWSLogs/1/f.json.gz");
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
}
