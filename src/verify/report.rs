//! What verifying showed: chains, what is not valid, and one conclusion.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use serde::Serialize;

use super::{
    Evidence, Gap, KeyRequest, Keys, Kind, NotCompared, Row, Rows, Span, Verdict, Why,
    load::{ChainName, Checks, NameHash, Node, key_hash},
    logs::{self, Logs},
    spans::{self, Before, Piece, State},
};
use crate::cloudtrail::{DigestName, FileName};

/// What was verified.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What is proved, in one word.
    pub conclusion: Conclusion,
    /// It was interrupted: the report covers the files until then.
    pub interrupted: bool,
    /// Keys that were given.
    pub keys: u64,
    /// Side files with signatures that were found.
    pub side_files: u64,
    /// Files that operating systems and people leave beside evidence.
    pub bystanders: u64,
    /// Links to folders that were met and not entered.
    pub links_not_followed: u64,
    /// The files that are here, except digests, side files and bystanders.
    pub files: FileCounts,
    /// Chains, sorted.
    pub chains: Vec<Chain>,
    /// Saved Lake queries.
    pub queries: Vec<Query>,
    /// Digests that are not proved and list too many log files to compare.
    pub not_compared: NotCompared,
    /// Everything that is not valid: digests first, then log files, then what is not here.
    pub not_valid: Rows,
    /// What is odd and changes no verdict, and what explains verdicts.
    pub notes: Vec<String>,
    /// What to ask AWS for to have the keys that signed the digests.
    #[serde(skip)]
    pub key_requests: Vec<KeyRequest>,
}

/// What was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Every file is what AWS delivered and none that is listed is missing.
    Proved,
    /// Not everything could be proved or read.
    Unproved,
    /// Something is not what AWS delivered, or was taken away.
    Tampered,
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
    pub named_unproved: u64,
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
    pub named_unproved: u64,
}

/// Files that are here, except digests, side files and bystanders.
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
    /// Of the unproved ones, those whose hash is not the one in an unproved digest.
    pub differ_unproved: u64,
    /// Of all these, files that are not where AWS put them.
    pub relocated: u64,
}

impl FileCounts {
    /// Counts one file.
    pub(super) fn add(&mut self, verdict: Verdict, relocated: bool) {
        let count = match verdict {
            Verdict::Valid => &mut self.valid,
            Verdict::Unlisted => &mut self.unlisted,
            Verdict::Damaged => &mut self.damaged,
            Verdict::Modified => &mut self.modified,
            Verdict::Unproved
            | Verdict::NamedUnproved
            | Verdict::Missing
            | Verdict::BadSignature => &mut self.unproved,
        };
        *count += 1;
        self.files += 1;
        self.relocated += u64::from(relocated);
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
    /// Digests that are not where AWS put them.
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

/// Notes of one kind, at most.
const MOST_NOTES: usize = 1000;

/// Puts everything together. An error is one of a temporary file.
pub(super) fn report(
    evidence: &Evidence,
    logs: Logs,
    keys: &Keys,
    interrupt: &AtomicBool,
) -> io::Result<Report> {
    let interrupted = interrupt.load(Ordering::Relaxed);
    let mut not_valid = Rows::default();
    let mut push = |row: &Row| {
        // After an interrupt nobody knows what would still have been found.
        let unknown =
            matches!(row.verdict, Verdict::Missing | Verdict::Unlisted | Verdict::NamedUnproved);
        if interrupted && unknown { Ok(()) } else { not_valid.push(row) }
    };
    let (by_name, chain_of) = chains_of(evidence);
    let mut chains = Vec::new();
    for (name, (_, nodes)) in &by_name {
        chains.push(chain(evidence, name, nodes, &mut push)?);
    }
    evidence.strange.iter().try_for_each(&mut push)?;
    logs.rows.finish(&mut |_, row| push(&serde_json::from_slice(row)?).map(|()| true))?;
    let mut counts = logs::by_chain(evidence, &chain_of, &mut |row| push(&row))?;
    for (chain, (number, _)) in chains.iter_mut().zip(by_name.values()) {
        chain.logs = counts.remove(number).unwrap_or_default();
    }
    let mut notes = notes(evidence);
    let mut queries = evidence.lake.report(&mut |row| push(&row), &mut notes)?;
    if interrupted {
        for chain in &mut chains {
            (chain.logs.missing, chain.digests.missing) = (0, 0);
            (chain.logs.named_unproved, chain.digests.named_unproved) = (0, 0);
            chain.gaps.retain(|gap| gap.why != Why::Missing);
        }
        for query in &mut queries {
            (query.results.missing, query.results.named_unproved) = (0, 0);
        }
    }
    let nothing = chains.is_empty() && queries.is_empty();
    let conclusion = match () {
        () if not_valid.any(Verdict::is_tampering) => Conclusion::Tampered,
        () if !not_valid.is_empty() || interrupted || nothing => Conclusion::Unproved,
        () => Conclusion::Proved,
    };
    Ok(Report {
        conclusion,
        interrupted,
        keys: keys.count() as u64,
        side_files: evidence.sides,
        bystanders: evidence.bystanders + logs.bystanders,
        links_not_followed: evidence.links_not_followed,
        files: logs.counts,
        chains,
        queries,
        not_compared: evidence.not_compared,
        not_valid,
        notes,
        key_requests: evidence.key_requests(),
    })
}

/// Digests in scope by chain, each chain with a number; and the number of each digest's chain.
type Chains<'e> = (BTreeMap<ChainName, (u32, Vec<&'e Node>)>, Vec<u32>);

fn chains_of(evidence: &Evidence) -> Chains<'_> {
    let mut chains: BTreeMap<_, (u32, Vec<&Node>)> = BTreeMap::new();
    let mut numbers = vec![u32::MAX; evidence.nodes.len()];
    for (node, number) in evidence.nodes.iter().zip(&mut numbers) {
        if evidence.is_in_scope(node) {
            let next = u32::try_from(chains.len()).unwrap_or(u32::MAX);
            let chain = chains.entry(node.chain()).or_insert_with(|| (next, Vec::new()));
            chain.1.push(node);
            *number = chain.0;
        }
    }
    (chains, numbers)
}

fn chain(
    evidence: &Evidence,
    name: &ChainName,
    nodes: &[&Node],
    push: &mut impl FnMut(&Row) -> io::Result<()>,
) -> io::Result<Chain> {
    let mut digests = DigestCounts::default();
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
            push(&Row::new(Kind::Digest, &node.name, node.verdict, node.reason.clone()))?;
        }
    }
    // What proved digests name comes first: others name it as well, and that counts for nothing.
    let mut met = HashSet::new();
    for proved in [true, false] {
        for node in nodes.iter().filter(|node| node.proved == proved) {
            if let Some(row) = absent_digest(evidence, node, &mut met) {
                *if proved { &mut digests.missing } else { &mut digests.named_unproved } += 1;
                push(&row)?;
            }
        }
    }
    let pieces = nodes.iter().filter(|node| !node.copy).map(|node| Piece {
        span: Span { from: node.start, to: node.end },
        proved: node.proved,
        empty: node.files == 0,
        previous: node.previous.as_ref().map(|previous| Before {
            object: &previous.object,
            state: evidence.here.get(&previous.key).copied().unwrap_or(State::Missing),
        }),
    });
    let mut covered = spans::covered(pieces.collect());
    if name.backfill {
        // These come when something was missed, not every hour: only what is named is missing.
        covered.gaps.retain(|gap| matches!(gap.why, Why::Missing | Why::Damaged));
        for gap in &mut covered.gaps {
            gap.about = gap.about.map(|_| 1);
        }
    }
    // What is before the time in scope is not missed.
    covered.gaps.retain(|gap| {
        gap.from.map_or_else(
            || {
                let hour_before = gap.to.checked_sub(jiff::Span::new().hours(1));
                gap.missing.iter().all(|object| is_asked_for(evidence, object))
                    && evidence.scope.tells(hour_before.unwrap_or(gap.to), gap.to)
            },
            |from| evidence.scope.tells(from, gap.to),
        )
    });
    Ok(Chain {
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
    })
}

#[expect(clippy::cast_precision_loss, reason = "hours are shown with one decimal")]
fn hours(spans: &[Span]) -> f64 {
    spans::seconds(spans) as f64 / 3600.0
}

/// The digest before this one, if it should be here and is not. `met`: those that were reported.
fn absent_digest(evidence: &Evidence, node: &Node, met: &mut HashSet<NameHash>) -> Option<Row> {
    let previous = node.previous.as_ref()?;
    let is_here = evidence.here.contains_key(&previous.key);
    if is_here
        || !is_asked_for(evidence, &previous.object)
        || !met.insert(key_hash(&previous.object))
    {
        return None;
    }
    let name = FileName { display: previous.object.to_string(), raw_hex: None };
    let (verdict, reason) = if node.proved {
        (Verdict::Missing, format!("named by {}", node.shown()))
    } else {
        (Verdict::NamedUnproved, format!("named by an unproved digest, {}", node.shown()))
    };
    let mut row = Row::new(Kind::Digest, &name, verdict, reason);
    row.digest = Some(node.shown().to_owned());
    Some(row)
}

/// Whether a digest of that name is in the time in scope. A digest covers an hour up to the time in
/// its name.
fn is_asked_for(evidence: &Evidence, object: &str) -> bool {
    DigestName::parse(object).and_then(|name| name.end()).is_none_or(|end| {
        let start = end.checked_sub(jiff::Span::new().hours(1)).unwrap_or(end);
        evidence.scope.tells(start, end)
    })
}

/// What is odd with digests, and keys under which nothing fits.
fn notes(evidence: &Evidence) -> Vec<String> {
    let in_scope = || evidence.nodes.iter().filter(|node| evidence.is_in_scope(node));
    let mut notes: Vec<_> = in_scope()
        .flat_map(|node| {
            node.problems.iter().map(|problem| format!("{}: {problem}", node.name.display))
        })
        .take(MOST_NOTES)
        .collect();
    notes.extend(evidence.signed_outside().into_iter().take(MOST_NOTES));
    let mut by_key: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for node in in_scope() {
        let (good, bad) = by_key.entry(&node.fingerprint).or_default();
        *good += u64::from(node.checks == Checks::Good);
        *bad += u64::from(node.checks == Checks::Bad);
    }
    for (fingerprint, (good, bad)) in by_key.into_iter().take(MOST_NOTES) {
        if good == 0 && bad > 0 {
            notes.push(format!(
                "no signature fits key {fingerprint}: either all of these digests were forged, or the key file \
                 is not the one of their region and time"
            ));
        }
    }
    if evidence.not_compared.digests > 0 {
        notes.push(evidence.not_compared.to_string());
    }
    notes
}
