//! Which digests are what AWS delivered: by a signature, or by the hash in a newer one that is.
//!
//! A signature proves its digest alone. It is in a side file, or in the next newer digest, which
//! does not have to be proved for that. A proved digest proves the one before it by its hash,
//! without any key. No link is followed from digest to digest: each is looked up in a sorted list of
//! what is there, so neither cycles nor forged names cost anything.
//!
//! Anyone can add files, so what is not proved never accuses: a digest is modified only if a proved
//! one says so, and has a bad signature only if all signatures beside it were tried. Those in newer
//! digests that are not proved can prove, not accuse.

use std::collections::{HashMap, HashSet};

use rayon::{ThreadPool, prelude::*};

use super::{
    Keys, Verdict,
    load::{Checks, MOST_SIGNATURES, NameHash, Node, Sides, Strange, key_hash},
    signature::{self, Checked, Signature},
};

/// Signatures that may be of several digests of one name are tried so often with each, at least.
const LEAST_TRIED: usize = 16;

/// Digests sorted by key and hash, and by those that they name as the one before.
struct Order {
    /// By key, then hash, then place.
    by_content: Vec<u32>,
    /// Those with a signature of the one before: by its key, then hash, then place.
    by_previous: Vec<u32>,
}

/// Digests of one key and one text.
struct Group {
    /// Its part of [`Order::by_content`].
    members: std::ops::Range<usize>,
    /// Groups that have the same key.
    rivals: usize,
}

/// What the signatures of a digest show.
struct Judged {
    proved: bool,
    checks: Checks,
    verdict: Verdict,
    reason: String,
    outside: Option<String>,
}

/// Judges all digests, and what has the name of one.
pub(super) fn judge(
    nodes: &mut [Node],
    strange: &mut [Strange],
    sides: &Sides,
    keys: &Keys,
    pool: &ThreadPool,
) {
    let order = Order::of(nodes);
    let groups = order.groups(nodes);
    let shared: &[Node] = nodes;
    let judged: Vec<_> = pool.install(|| {
        groups.par_iter().map(|group| check(shared, &order, group, sides, keys)).collect()
    });
    for (group, judged) in groups.iter().zip(judged) {
        for (at, &member) in order.by_content[group.members.clone()].iter().enumerate() {
            let node = &mut nodes[member as usize];
            (node.proved, node.checks) = (judged.proved, judged.checks);
            (node.verdict, node.reason) = (judged.verdict, judged.reason.clone());
            node.outside.clone_from(&judged.outside);
            node.copy = at > 0;
        }
    }
    follow_links(nodes, &order);
    find_contradictions(nodes, &order);
    let named = named_by_proved(nodes);
    for file in strange {
        let (Some(hash), key) = (file.hash, key_hash(&file.name.display)) else { continue };
        if let Some((_, newer)) = named.get(&key).filter(|(listed, _)| *listed != hash) {
            file.verdict = Verdict::Modified;
            file.reason =
                format!("{newer}, which is proved, has another hash for it; {}", file.reason);
        }
    }
    let proved: HashSet<NameHash> =
        nodes.iter().filter(|node| node.proved).map(|node| node.key).collect();
    for node in nodes {
        if !node.has_own_name() {
            // What it holds counts all the same, for the digest that it is.
            let key = key_hash(&node.name.display);
            let accuses = node.proved || proved.contains(&key) || named.contains_key(&key);
            let in_place_of_another =
                node.has_digest_name() && (accuses || sides.any_beside(&node.name.display));
            // "Copy of X" and "X.bak" pretend to be nothing else.
            node.verdict = if in_place_of_another { Verdict::Modified } else { Verdict::Unproved };
            node.reason = format!("it holds another digest, {}", node.shown());
        }
        if !node.damage.is_empty() && node.verdict != Verdict::Modified {
            node.reason = format!("{}; {}", node.damage.join("; "), node.reason);
            node.verdict = Verdict::Damaged;
        }
    }
}

impl Order {
    fn of(nodes: &[Node]) -> Self {
        let places = 0..u32::try_from(nodes.len()).unwrap_or(u32::MAX);
        let mut by_content: Vec<u32> = places.clone().collect();
        by_content.sort_unstable_by_key(|&at| {
            let node = &nodes[at as usize];
            (node.key, node.hash, at)
        });
        let named = |at: u32| {
            let previous = nodes[at as usize].previous.as_ref();
            previous.map(|previous| (previous.key, previous.hash))
        };
        let mut by_previous: Vec<u32> = places
            .filter(|&at| named(at).is_some() && nodes[at as usize].previous_signature.is_some())
            .collect();
        by_previous.sort_unstable_by_key(|&at| (named(at), at));
        Self { by_content, by_previous }
    }

    /// Digests by key and text.
    fn groups(&self, nodes: &[Node]) -> Vec<Group> {
        let content = |at: usize| {
            let node = &nodes[self.by_content[at] as usize];
            (node.key, node.hash)
        };
        let mut groups: Vec<Group> = Vec::new();
        for at in 0..self.by_content.len() {
            match groups.last_mut() {
                Some(last) if content(last.members.start) == content(at) => {
                    last.members.end = at + 1;
                }
                _ => groups.push(Group { members: at..at + 1, rivals: 0 }),
            }
        }
        for same_key in
            groups.chunk_by_mut(|a, b| content(a.members.start).0 == content(b.members.start).0)
        {
            let rivals = same_key.len();
            for group in same_key {
                group.rivals = rivals;
            }
        }
        groups
    }

    /// Digests that have that key.
    fn of_key(&self, nodes: &[Node], key: &NameHash) -> &[u32] {
        let order = &self.by_content;
        let start = order.partition_point(|&at| nodes[at as usize].key < *key);
        let length = order[start..].partition_point(|&at| nodes[at as usize].key == *key);
        &order[start..start + length]
    }

    /// Whether a digest has that key and text.
    fn holds(&self, nodes: &[Node], key: &NameHash, hash: &[u8; 32]) -> bool {
        let content = |&at: &u32| {
            let node = &nodes[at as usize];
            (&node.key, &node.hash)
        };
        self.by_content.binary_search_by(|at| content(at).cmp(&(key, hash))).is_ok()
    }

    /// Digests that name such a one as the one before them, with its signature.
    fn newer(&self, nodes: &[Node], key: &NameHash, hash: Option<[u8; 32]>) -> &[u32] {
        let wanted = (*key, hash);
        let named = |at: u32| {
            let previous = nodes[at as usize].previous.as_ref();
            previous.map_or(wanted, |previous| (previous.key, previous.hash))
        };
        let order = &self.by_previous;
        let start = order.partition_point(|&at| named(at) < wanted);
        let length = order[start..].partition_point(|&at| named(at) == wanted);
        &order[start..start + length]
    }
}

/// What the signatures of one digest show.
fn check(nodes: &[Node], order: &Order, group: &Group, sides: &Sides, keys: &Keys) -> Judged {
    let members = &order.by_content[group.members.clone()];
    let node = &nodes[members[0] as usize];
    let origin = |at: &u32| {
        let newer = &nodes[*at as usize];
        newer.previous_signature.as_ref().map(|signature| (signature, Some(newer)))
    };
    // Signatures in digests that name this text are of no other: trying each takes a time that
    // grows like the number of files. The rest may be of each text with this key.
    let own = order.newer(nodes, &node.key, Some(node.hash)).iter().filter_map(origin);
    let beside = members.iter().flat_map(|&at| sides.of(&nodes[at as usize]));
    let beside = beside.map(|signature| (signature, None));
    let any = order.newer(nodes, &node.key, None).iter().filter_map(origin);
    let shared = (MOST_SIGNATURES / group.rivals.max(1)).max(LEAST_TRIED);
    let mut trying = Trying { node, keys, tried: HashSet::new(), said: Said::default() };
    let proved = trying
        .each(own, MOST_SIGNATURES)
        .or_else(|| trying.each(beside, shared))
        .or_else(|| trying.each(any, shared));
    proved.unwrap_or_else(|| trying.said.judged(&node.fingerprint))
}

/// The signatures of one digest, one after the other.
struct Trying<'n> {
    node: &'n Node,
    keys: &'n Keys,
    tried: HashSet<&'n Signature>,
    said: Said<'n>,
}

/// What signatures say that prove nothing.
#[derive(Default)]
struct Said<'n> {
    /// There are more than are tried.
    too_many: Option<usize>,
    /// One in a side file is not that of the key.
    bad_beside: bool,
    /// One in a newer digest is not that of the key.
    bad_in: Option<&'n Node>,
    unknown_key: bool,
    not_hex: bool,
}

impl<'n> Trying<'n> {
    fn each(
        &mut self,
        signatures: impl Iterator<Item = (&'n Signature, Option<&'n Node>)>,
        most: usize,
    ) -> Option<Judged> {
        let node = self.node;
        let signed = node.signed();
        let mut tried = 0;
        for (signature, newer) in signatures {
            if !self.tried.insert(signature) {
                continue;
            }
            if tried == most {
                self.said.too_many = Some(self.tried.len() - 1);
                break;
            }
            tried += 1;
            let checked = signature::check(
                self.keys,
                &node.fingerprint,
                signature,
                &node.signed_hash,
                Some(&signed),
            );
            match (checked, newer) {
                (Checked::Good { outside }, _) => {
                    return Some(Judged {
                        proved: true,
                        checks: Checks::Good,
                        verdict: Verdict::Valid,
                        reason: String::new(),
                        outside,
                    });
                }
                (Checked::Bad, None) => self.said.bad_beside = true,
                (Checked::Bad, Some(newer)) => self.said.bad_in = Some(newer),
                (Checked::UnknownKey, _) => {
                    self.said.unknown_key = true;
                    break;
                }
                (Checked::NotHex, _) => self.said.not_hex = true,
            }
        }
        None
    }
}

impl Said<'_> {
    fn judged(&self, fingerprint: &str) -> Judged {
        let bad = self.bad_beside || self.bad_in.is_some();
        let (verdict, reason) = match self {
            Self { too_many: Some(tried), .. } => (
                Verdict::Unproved,
                format!(
                    "there are too many signatures: none of the first {tried} is that of key \
                     {fingerprint} for this digest"
                ),
            ),
            Self { bad_beside: true, .. } => (
                Verdict::BadSignature,
                format!(
                    "the signature from its side file is not that of key {fingerprint} for this digest"
                ),
            ),
            Self { bad_in: Some(newer), .. } => (
                Verdict::Unproved,
                format!(
                    "the signature in {} is not that of key {fingerprint} for this digest",
                    newer.shown()
                ),
            ),
            Self { unknown_key: true, .. } => {
                (Verdict::Unproved, format!("--keys has no key {fingerprint}, which it names"))
            }
            Self { not_hex: true, .. } => {
                (Verdict::Unproved, "its signature is not hex".to_owned())
            }
            _ => (Verdict::Unproved, "no signature of it is here".to_owned()),
        };
        let checks = if bad { Checks::Bad } else { Checks::None };
        Judged { proved: false, checks, verdict, reason, outside: None }
    }
}

/// Proves digests by the hashes in proved ones; those with another hash were modified.
fn follow_links(nodes: &mut [Node], order: &Order) {
    let mut proved: Vec<usize> =
        (0..nodes.len()).filter(|&at| nodes[at].proved && !nodes[at].copy).collect();
    while let Some(at) = proved.pop() {
        let Some((key, hash)) = link(&nodes[at]) else { continue };
        let newer = nodes[at].shown().to_owned();
        for &target in order.of_key(nodes, &key) {
            let older = &mut nodes[target as usize];
            if older.proved {
                continue;
            }
            if older.hash == hash {
                older.proved = true;
                older.verdict = Verdict::Valid;
                older.reason = String::new();
                if !older.copy {
                    proved.push(target as usize);
                }
            } else {
                older.verdict = Verdict::Modified;
                older.reason = format!("{newer}, which is proved, has another hash for it");
            }
        }
    }
}

/// What proved digests say of the ones before them: the hash, and which digest says so.
fn named_by_proved(nodes: &[Node]) -> HashMap<NameHash, ([u8; 32], String)> {
    let proved = nodes.iter().filter(|node| node.proved && !node.copy);
    let named = proved
        .filter_map(|node| link(node).map(|(key, hash)| (key, (hash, node.shown().to_owned()))));
    named.collect()
}

/// Reports digests whose hash for the one before them fits no file here.
fn find_contradictions(nodes: &mut [Node], order: &Order) {
    let proved: HashSet<NameHash> =
        nodes.iter().filter(|node| node.proved).map(|node| node.key).collect();
    let mut noted = HashSet::new();
    for at in 0..nodes.len() {
        if nodes[at].proved {
            continue;
        }
        let Some((key, hash)) = link(&nodes[at]) else { continue };
        let Some(&other) = order.of_key(nodes, &key).first() else { continue };
        // Several copies of the older one may be there: one that fits is enough.
        if order.holds(nodes, &key, &hash) {
            continue;
        }
        let other = other as usize;
        if proved.contains(&key) {
            // AWS signed another text for that key, so AWS did not write this digest.
            let older = nodes[other].shown();
            let reason = format!("it has another hash for {older}, which is proved");
            note(&mut nodes[at], Verdict::Modified, &reason);
        } else if noted.insert(key) {
            let newer = nodes[at].shown();
            let reason = format!("{newer} has another hash for it; neither is proved");
            note(&mut nodes[other], Verdict::Unproved, &reason);
        }
    }
}

/// What does not fit is kept, beside a graver reason.
fn note(node: &mut Node, verdict: Verdict, reason: &str) {
    if node.verdict == Verdict::Unproved {
        node.verdict = verdict;
        node.reason = format!("{reason}; {}", node.reason);
    }
}

/// The key and the hash that a digest has for the one before it.
fn link(node: &Node) -> Option<(NameHash, [u8; 32])> {
    let previous = node.previous.as_ref()?;
    Some((previous.key, previous.hash?))
}
