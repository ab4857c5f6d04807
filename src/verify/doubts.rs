//! What is said about digests before log files are compared with them: which are in doubt, and which
//! keys are needed.

use std::{collections::BTreeMap, fmt};

use super::{Evidence, NotCompared, Verdict, load::Node};
use crate::text::grouped;

/// Regions whose keys are asked for: AWS has about twice as many, and most trails fewer.
const MOST_REGIONS: usize = 16;

/// What to ask AWS for, to have the keys of one region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The region.
    pub region: String,
    /// From then on.
    pub start: jiff::Timestamp,
    /// Until then.
    pub end: jiff::Timestamp,
}

impl fmt::Display for NotCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digests, list) =
            if self.digests == 1 { ("digest", "lists") } else { ("digests", "list") };
        write!(
            f,
            "{} unproved {digests} {list} {} log files, too many to compare",
            grouped(self.digests),
            grouped(self.log_files)
        )
    }
}

impl Evidence {
    /// For `aws cloudtrail list-public-keys`: each region with the start of its first digest and the
    /// end of its last one, two hours later.
    pub fn key_requests(&self) -> Vec<KeyRequest> {
        let mut by_region: BTreeMap<String, KeyRequest> = BTreeMap::new();
        // These become part of a command that people copy, and a digest may be forged.
        let is_region = |region: &str| {
            !region.is_empty()
                && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        for node in self.nodes.iter().filter(|node| self.is_in_scope(node)) {
            let chain = node.chain();
            if !is_region(&chain.region) || chain.region.starts_with('-') {
                continue;
            }
            let end = node.end.checked_add(jiff::Span::new().hours(2)).unwrap_or(node.end);
            if by_region.len() == MOST_REGIONS && !by_region.contains_key(&chain.region) {
                continue;
            }
            let request = by_region.entry(chain.region.clone()).or_insert_with(|| KeyRequest {
                region: chain.region,
                start: node.start,
                end,
            });
            request.start = request.start.min(node.start);
            request.end = request.end.max(end);
        }
        by_region.into_values().collect()
    }

    /// How many digests are in doubt, and why the first of each kind is: a few lines.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        for verdict in
            [Verdict::Modified, Verdict::BadSignature, Verdict::Damaged, Verdict::Unproved]
        {
            let of = self.nodes.iter().map(|node| (node.verdict, &node.name.display, &node.reason));
            let strange = self.strange.iter().map(|row| (row.verdict, &row.name, &row.reason));
            let mut of = of.chain(strange).filter(|(of, _, _)| *of == verdict);
            if let Some((_, name, reason)) = of.next() {
                let word = verdict.as_str();
                let more = match of.count() {
                    0 => String::new(),
                    more => format!(" (and {} more)", grouped(more as u64)),
                };
                doubts.push(format!("digest {word}: {name}: {reason}{more}"));
            }
        }
        if self.not_compared.digests > 0 {
            doubts.push(self.not_compared.to_string());
        }
        doubts.extend(self.signed_outside());
        doubts
    }

    /// Which keys were not valid when digests were signed with them, and the first of these digests.
    pub(super) fn signed_outside(&self) -> Vec<String> {
        let mut by_key: BTreeMap<(&str, &str), (u64, &Node)> = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| self.is_in_scope(node)) {
            if let Some(outside) = &node.outside {
                let key = (&*node.fingerprint, outside.as_str());
                by_key.entry(key).or_insert((0, node)).0 += 1;
            }
        }
        let lines = by_key.into_iter().map(|((key, outside), (count, first))| {
            let digests = if count == 1 { "digest was" } else { "digests were" };
            let first = first.shown();
            let count = grouped(count);
            format!("{count} {digests} signed with key {key} {outside}; the first of them: {first}")
        });
        lines.collect()
    }
}
