//! What verifying came to: chains, what is not valid, and one conclusion.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
};

use serde::Serialize;

use super::{
    Evidence, Gap, Keys, Span, Verdict, Why,
    load::{ChainName, Node, Signature, file_key},
    logs::{self, Logs},
    spans::{self, Piece},
};
use crate::cloudtrail::{DigestName, FileName};

/// What was verified.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// What is proved, in one word.
    pub conclusion: Conclusion,
    /// It was interrupted: what is told is of the files until then.
    pub interrupted: bool,
    /// Keys that were given.
    pub keys: u64,
    /// Side files with signatures that were found.
    pub side_files: u64,
    /// Links to folders that were met and not entered.
    pub links_not_followed: u64,
    /// The files that are here, but for digests.
    pub files: FileCounts,
    /// Chains, sorted.
    pub chains: Vec<Chain>,
    /// Saved queries of Lake.
    pub queries: Vec<Query>,
    /// Everything that is not valid: digests first, then log files, then what is missing.
    pub not_valid: Vec<Row>,
    /// What is odd and changes no verdict, and what explains verdicts.
    pub notes: Vec<String>,
}

/// What was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Every file is what AWS delivered and none that is listed is missing.
    Proved,
    /// Not everything could be proved or read.
    Unproved,
    /// Something was changed, or taken away.
    Tampered,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A digest, or what lies among them.
    Digest,
    /// A log file, or anything else.
    Log,
    /// The signature of a query of Lake.
    Query,
    /// A result of such a query.
    Result,
}

/// One file that is not valid.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// Its name; of a missing one, the key AWS gave it.
    pub name: String,
    /// Its raw name in hex, if that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_raw: Option<String>,
    /// What is known of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The digest that names it.
    pub digest: Option<String>,
}

impl Row {
    pub(super) fn new(kind: Kind, name: &FileName, verdict: Verdict, reason: String) -> Self {
        let FileName { display, raw_hex } = name.clone();
        Self { kind, name: display, name_raw: raw_hex, verdict, reason, digest: None }
    }
}

/// Digests of a chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the verdicts")]
pub struct DigestCounts {
    pub valid: u64,
    pub unproved: u64,
    pub damaged: u64,
    pub bad_signature: u64,
    pub modified: u64,
    pub missing: u64,
}

/// Log files that a chain lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the verdicts")]
pub struct LogCounts {
    pub listed: u64,
    pub valid: u64,
    pub unproved: u64,
    pub damaged: u64,
    pub modified: u64,
    pub missing: u64,
}

/// Files that are here, but for digests and side files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are those of the verdicts")]
pub struct FileCounts {
    /// All of them.
    pub files: u64,
    pub valid: u64,
    pub unproved: u64,
    pub unlisted: u64,
    pub damaged: u64,
    pub modified: u64,
    /// Of all these, files that do not lie where AWS put them.
    pub relocated: u64,
}

impl FileCounts {
    /// Counts one file.
    pub fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Valid => &mut self.valid,
            Verdict::Unlisted => &mut self.unlisted,
            Verdict::Damaged => &mut self.damaged,
            Verdict::Modified => &mut self.modified,
            Verdict::Unproved | Verdict::Missing | Verdict::BadSignature => &mut self.unproved,
        };
        *count += 1;
    }
}

/// One chain of digests.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// The account whose logs it lists.
    pub account: String,
    /// The region that delivered them.
    pub region: String,
    /// The trail.
    pub trail: String,
    /// The region the trail was made in.
    pub home_region: String,
    /// It lists what the hourly digests missed.
    pub backfill: bool,
    /// Its digests.
    pub digests: DigestCounts,
    /// Digests that do not lie where AWS put them.
    pub digests_relocated: u64,
    /// The log files it lists.
    pub logs: LogCounts,
    /// The times that proved digests cover.
    pub covered: Vec<Span>,
    /// Hours covered so, with a fraction.
    pub covered_hours: f64,
    /// The times of digests that are not proved.
    pub unproved: Vec<Span>,
    /// The times in which AWS delivered nothing, proved by empty digests.
    pub silent: Vec<Span>,
    /// Hours of them.
    pub silent_hours: f64,
    /// The times between.
    pub gaps: Vec<Gap>,
}

/// A saved query of Lake.
#[derive(Debug, Clone, Serialize)]
pub struct Query {
    /// The name of the file with its signature.
    pub name: String,
    /// The region it ran in.
    pub region: String,
    /// When it ended, as written.
    pub completed: Option<String>,
    /// What is known of the signature.
    pub verdict: Verdict,
    /// Its results.
    pub results: LogCounts,
}

/// Puts everything together.
pub(super) fn report(
    evidence: &Evidence,
    logs: Logs,
    keys: &Keys,
    interrupt: &AtomicBool,
) -> Report {
    let interrupted = interrupt.load(Ordering::Relaxed);
    let mut digest_rows = Vec::new();
    let mut chains = BTreeMap::new();
    for (name, nodes) in chains_of(evidence) {
        let chain = chain(evidence, name, &nodes, &mut digest_rows);
        chains.insert(name, chain);
    }
    digest_rows.extend(evidence.strange.iter().cloned());
    let mut missing = Vec::new();
    let counts = logs::by_chain(
        evidence,
        |at| &evidence.nodes[at].chain,
        |at, object| missing.push(missing_log(&evidence.nodes[at], object)),
    );
    for (name, counts) in counts {
        if let Some(chain) = chains.get_mut(name) {
            chain.logs = counts;
        }
    }
    if interrupted {
        for chain in chains.values_mut() {
            (chain.logs.missing, chain.digests.missing) = (0, 0);
            chain.gaps.retain(|gap| gap.why != Why::Missing);
        }
    }
    let mut not_valid = digest_rows;
    not_valid.extend(logs.rows);
    not_valid.extend(missing);
    let mut notes = notes(evidence);
    let mut queries = evidence.lake.told(&mut not_valid, &mut notes);
    if interrupted {
        for query in &mut queries {
            query.results.missing = 0;
        }
    }
    // After an interrupt nobody knows what would still have been found.
    not_valid
        .retain(|row| !interrupted || !matches!(row.verdict, Verdict::Missing | Verdict::Unlisted));
    let tampered = not_valid.iter().any(|row| row.verdict.is_tampering());
    let nothing = chains.is_empty() && queries.is_empty();
    let conclusion = match () {
        () if tampered => Conclusion::Tampered,
        () if !not_valid.is_empty() || interrupted || nothing => Conclusion::Unproved,
        () => Conclusion::Proved,
    };
    Report {
        conclusion,
        interrupted,
        keys: keys.count() as u64,
        side_files: evidence.sides,
        links_not_followed: evidence.links_not_followed,
        files: logs.counts,
        chains: chains.into_values().collect(),
        queries,
        not_valid,
        notes,
    }
}

/// The digests that are told, without copies, by chain.
fn chains_of(evidence: &Evidence) -> BTreeMap<&ChainName, Vec<&Node>> {
    let mut chains: BTreeMap<_, Vec<&Node>> = BTreeMap::new();
    for node in evidence.nodes.iter().filter(|node| evidence.tells(node)) {
        chains.entry(&node.chain).or_default().push(node);
    }
    chains
}

fn chain(evidence: &Evidence, name: &ChainName, nodes: &[&Node], rows: &mut Vec<Row>) -> Chain {
    let mut digests = DigestCounts::default();
    let mut met = BTreeSet::new();
    let mut lost = Vec::new();
    for node in nodes {
        let count = match node.verdict {
            Verdict::Valid => &mut digests.valid,
            Verdict::Damaged => &mut digests.damaged,
            Verdict::BadSignature => &mut digests.bad_signature,
            Verdict::Modified => &mut digests.modified,
            _ => &mut digests.unproved,
        };
        *count += 1;
        if node.verdict != Verdict::Valid {
            rows.push(Row::new(Kind::Digest, &node.name, node.verdict, node.reason.clone()));
        }
        if let Some(row) = missing_digest(evidence, node, &mut met) {
            digests.missing += 1;
            lost.push(row);
        }
    }
    rows.append(&mut lost);
    let pieces = nodes.iter().filter(|node| !node.copy).map(|node| Piece {
        span: Span { from: node.digest.start, to: node.digest.end },
        proved: node.proved,
        empty: node.listed == 0,
        previous: node.digest.previous.as_ref().map(|previous| &*previous.object),
    });
    let state = |key: &str| evidence.here.get(key).copied();
    let mut covered = spans::covered(pieces.collect(), state);
    if name.backfill {
        // These come when something was missed, not every hour: only what is named is missing.
        covered.gaps.retain(|gap| matches!(gap.why, Why::Missing | Why::Damaged));
        for gap in &mut covered.gaps {
            gap.about = gap.about.map(|_| 1);
        }
    }
    // What lies before the time asked for is not missed.
    covered.gaps.retain(|gap| {
        gap.from.map_or_else(
            || gap.missing.iter().any(|object| is_asked_for(evidence, object)),
            |from| evidence.scope.tells(from, gap.to),
        )
    });
    Chain {
        account: name.account.clone(),
        region: name.region.clone(),
        trail: name.trail.clone(),
        home_region: name.home_region.clone(),
        backfill: name.backfill,
        digests,
        digests_relocated: nodes.iter().filter(|node| node.relocated).count() as u64,
        logs: LogCounts::default(),
        covered_hours: hours(&covered.proved),
        covered: covered.proved,
        unproved: covered.unproved,
        silent_hours: hours(&covered.silent),
        silent: covered.silent,
        gaps: covered.gaps,
    }
}

#[expect(clippy::cast_precision_loss, reason = "hours are shown with one decimal")]
fn hours(spans: &[Span]) -> f64 {
    spans::seconds(spans) as f64 / 3600.0
}

/// The digest before this one, if it should be here and is not.
fn missing_digest(evidence: &Evidence, node: &Node, met: &mut BTreeSet<String>) -> Option<Row> {
    let object = &node.digest.previous.as_ref()?.object;
    let is_here = evidence.here.contains_key(file_key(object));
    if is_here || !is_asked_for(evidence, object) {
        return None;
    }
    let object = spans::unmet(met, object)?;
    let name = FileName { display: object.to_owned(), raw_hex: None };
    let proved = if node.proved { "" } else { ", which is not proved" };
    let reason = format!("named by {}{proved}", node.shown());
    let mut row = Row::new(Kind::Digest, &name, Verdict::Missing, reason);
    row.digest = Some(node.shown().to_owned());
    Some(row)
}

/// Whether a digest of that name lies in the time asked for. A digest covers an hour up to the time
/// in its name.
fn is_asked_for(evidence: &Evidence, object: &str) -> bool {
    DigestName::parse(object).and_then(|name| name.end()).is_none_or(|end| {
        let start = end.checked_sub(jiff::Span::new().hours(1)).unwrap_or(end);
        evidence.scope.tells(start, end)
    })
}

fn missing_log(node: &Node, object: &str) -> Row {
    let name = FileName { display: object.to_owned(), raw_hex: None };
    let proved = if node.proved { "" } else { ", which is not proved" };
    let reason = format!("listed by {}{proved}", node.shown());
    let mut row = Row::new(Kind::Log, &name, Verdict::Missing, reason);
    row.digest = Some(node.shown().to_owned());
    row
}

/// What is odd with digests, and keys under which nothing fits.
fn notes(evidence: &Evidence) -> Vec<String> {
    let told = || evidence.nodes.iter().filter(|node| evidence.tells(node));
    let mut notes: Vec<_> = told()
        .flat_map(|node| {
            node.digest.problems.iter().map(|problem| format!("{}: {problem}", node.name.display))
        })
        .collect();
    notes.extend(evidence.signed_outside());
    let mut by_key: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for node in told() {
        let (good, bad) = by_key.entry(&node.digest.fingerprint).or_default();
        *good += u64::from(node.signature == Signature::Good);
        *bad += u64::from(node.signature == Signature::Bad);
    }
    for (fingerprint, (good, bad)) in by_key {
        if good == 0 && bad > 0 {
            notes.push(format!(
                "no signature fits key {fingerprint}: either all of these digests were forged, or the key file \
                 is not the one of their region and time"
            ));
        }
    }
    notes
}
