//! Which digests are what AWS delivered: by a signature, or by the hash in a newer one that is.
//!
//! A signature proves its digest alone. It stands in a side file, or in the next newer digest, which
//! need not be proved itself for that. A proved digest proves the one before it by its hash, without
//! any key. No link is walked: each is looked up once in a table of what is there, so neither
//! cycles nor forged names cost anything.

use std::collections::HashMap;

use rayon::{ThreadPool, prelude::*};

use super::{
    Keys, Verdict,
    load::{Node, Signature, file_key},
    signature::{self, Checked},
};

/// Digests by the name they are found by.
pub(super) type ByKey = HashMap<String, Vec<usize>>;

/// Judges all digests.
pub(super) fn judge(nodes: &mut [Node], keys: &Keys, pool: &ThreadPool) -> ByKey {
    let mut by_key = ByKey::new();
    for (index, node) in nodes.iter().enumerate() {
        by_key.entry(node.key.clone()).or_default().push(index);
    }
    let newer = newer(nodes, &by_key);
    let shared: &[Node] = nodes;
    let checked: Vec<_> = pool.install(|| {
        (0..shared.len())
            .into_par_iter()
            .map(|at| check(shared, at, &by_key, &newer, keys))
            .collect()
    });
    for (node, (proved, verdict, reason, outside)) in nodes.iter_mut().zip(checked) {
        (node.proved, node.verdict, node.reason) = (proved, verdict, reason);
        node.outside = outside;
        node.signature = match verdict {
            _ if proved => Signature::Good,
            Verdict::BadSignature => Signature::Bad,
            _ => Signature::None,
        };
    }
    follow_links(nodes, &by_key);
    for node in nodes {
        if file_key(&node.name.display) != node.key {
            // What it holds counts all the same, for the digest that it is.
            node.verdict = Verdict::Modified;
            node.reason = format!("it holds another digest, {}", node.shown());
        }
        if !node.damage.is_empty() && node.verdict != Verdict::Modified {
            node.reason = format!("{}; {}", node.damage.join("; "), node.reason);
            node.verdict = Verdict::Damaged;
        }
    }
    by_key
}

/// For each digest those that name it as the one before them.
fn newer(nodes: &[Node], by_key: &ByKey) -> Vec<Vec<usize>> {
    let mut newer = vec![Vec::new(); nodes.len()];
    // Of many copies of a digest the first alone is told of its successors; the others share it.
    for (at, node) in nodes.iter().enumerate() {
        let previous = node.digest.previous.as_ref();
        let first = previous.and_then(|previous| by_key.get(file_key(&previous.object))?.first());
        if let Some(&first) = first
            && let Some(list) = newer.get_mut(first)
        {
            list.push(at);
        }
    }
    newer
}

/// What the signatures of one digest say: whether they prove it, the verdict so far and why, and when
/// the key was valid if it was not when it signed.
fn check(
    nodes: &[Node],
    at: usize,
    by_key: &ByKey,
    newer: &[Vec<usize>],
    keys: &Keys,
) -> (bool, Verdict, String, Option<String>) {
    let Some(node) = nodes.get(at) else {
        return (false, Verdict::Unproved, String::new(), None);
    };
    let same = by_key.get(&node.key).map_or(&[][..], Vec::as_slice);
    let sides = same.iter().take(MOST_LOOKED_AT).filter_map(|&other| {
        let other = nodes.get(other).filter(|other| other.hash == node.hash)?;
        Some((other.side.as_deref()?, "its side file"))
    });
    let named = same.first().and_then(|&first| newer.get(first)).into_iter().flatten();
    let named = named.filter_map(|&newer| {
        let newer = nodes.get(newer)?;
        Some((newer.digest.previous_signature.as_deref()?, newer.shown()))
    });
    let text = node.digest.signed_text(&hex(&node.hash));
    let fingerprint = &node.digest.fingerprint;
    let signed = node.signed();
    let mut tried: Vec<&str> = Vec::new();
    let mut worst = (Verdict::Unproved, "no signature of it is here".to_owned());
    for (signature, origin) in sides.chain(named).take(MOST_LOOKED_AT) {
        // Most digests have one; a few copies of it are not worth checking again.
        if tried.iter().any(|known| known.eq_ignore_ascii_case(signature)) {
            continue;
        }
        if tried.len() == MOST_TRIED {
            worst.1 = format!("{}; further signatures were not tried", worst.1);
            break;
        }
        tried.push(signature);
        worst = match signature::check(keys, fingerprint, signature, &text, Some(&signed)) {
            Checked::Good { outside } => {
                let reason = format!("signed with key {fingerprint}");
                return (true, Verdict::Valid, reason, outside);
            }
            Checked::Bad => (
                Verdict::BadSignature,
                format!(
                    "the signature from {origin} is not that of key {fingerprint} for this digest"
                ),
            ),
            _ if worst.0 == Verdict::BadSignature => worst,
            Checked::UnknownKey => {
                (Verdict::Unproved, format!("key {fingerprint}, which it names, was not given"))
            }
            Checked::NotHex => {
                (Verdict::Unproved, format!("the signature from {origin} is not hex"))
            }
        };
    }
    (false, worst.0, worst.1, None)
}

/// Different signatures for one digest, at most: forged successors could bring any number.
const MOST_TRIED: usize = 64;

/// Files of one name that are compared with each other, at most.
const MOST_LOOKED_AT: usize = 256;

/// Proves digests by the hashes in proved ones, and tells what does not fit.
fn follow_links(nodes: &mut [Node], by_key: &ByKey) {
    let mut proved: Vec<usize> =
        (0..nodes.len()).filter(|&at| nodes[at].proved && !nodes[at].copy).collect();
    while let Some(at) = proved.pop() {
        let Some((hash, targets)) = link(nodes, at, by_key) else { continue };
        let newer = nodes[at].shown().to_owned();
        for &target in targets {
            let older = &mut nodes[target];
            if older.proved {
                continue;
            }
            if older.hash == hash {
                older.proved = true;
                older.verdict = Verdict::Valid;
                older.reason = format!("its hash stands in {newer}, which is proved");
                if !older.copy {
                    proved.push(target);
                }
            } else {
                older.verdict = Verdict::Modified;
                older.reason = format!("{newer}, which is proved, gives another hash for it");
            }
        }
    }
    for at in 0..nodes.len() {
        if nodes[at].proved {
            continue;
        }
        let Some((hash, targets)) = link(nodes, at, by_key) else { continue };
        let targets = &targets[..targets.len().min(MOST_LOOKED_AT)];
        let named = targets.iter().filter(|&&target| nodes[target].hash != hash);
        let Some(&other) =
            named.clone().find(|&&target| nodes[target].proved).or(named.clone().next())
        else {
            continue;
        };
        // Several copies of the older one may be there: one that fits is enough.
        if targets.iter().any(|&target| nodes[target].hash == hash) {
            continue;
        }
        if nodes[other].proved {
            let reason =
                format!("it gives another hash for {}, which is proved", nodes[other].shown());
            note(&mut nodes[at], &reason);
        } else {
            let reason =
                format!("{} gives another hash for it; neither is proved", nodes[at].shown());
            note(&mut nodes[other], &reason);
        }
    }
}

/// What does not fit is kept, beside a graver reason.
fn note(node: &mut Node, reason: &str) {
    if node.verdict == Verdict::Unproved {
        node.verdict = Verdict::Modified;
        node.reason = format!("{reason}; {}", node.reason);
    }
}

/// The hash a digest gives for the one before it, and the files that have that one's name.
fn link<'k>(nodes: &[Node], at: usize, by_key: &'k ByKey) -> Option<([u8; 32], &'k [usize])> {
    let node = nodes.get(at)?;
    let previous = node.digest.previous.as_ref()?;
    let targets = by_key.get(file_key(&previous.object))?;
    Some((previous.hash?, targets))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
