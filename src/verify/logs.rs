//! The second pass: every log file, held against what the digests list.

use std::{collections::BTreeMap, sync::atomic::AtomicBool};

use super::{
    Evidence, FileCounts, Kind, Options, Row, Verdict, VerifyError, Watch,
    descent::Reader,
    seals::Sealed,
    sweep::{Read, sweep},
};
use crate::{
    cloudtrail::{DigestName, FileName},
    source::{Limits, Listing, LocalSource},
};

/// What the second pass came to.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// Files that are not plainly valid.
    pub(super) rows: Vec<Row>,
    pub(super) counts: FileCounts,
}

/// What is kept of one file.
enum Told {
    /// It is valid; whether it lies elsewhere.
    Valid { relocated: bool },
    /// Anything else, and whether it lies elsewhere.
    Row(Box<Row>, bool),
}

/// Judges all log files among the inputs.
pub(super) fn judge(
    options: &Options,
    evidence: &Evidence,
    watch: &dyn Watch,
    interrupt: &AtomicBool,
) -> Result<Logs, VerifyError> {
    let source = LocalSource::new(options.access).until(interrupt);
    let limits = Limits { max_inflated: options.max_inflated };
    let wants = |name: &FileName| is_wanted(name, evidence);
    let reader = Reader {
        source: &source,
        limits,
        watch,
        exclude: &options.listing.exclude,
        interrupt,
        wants: &wants,
        opens: &wants,
    };
    let swept = sweep(
        Listing::new(options.inputs.clone(), options.listing.clone()),
        &evidence.pool,
        interrupt,
        watch,
        |file| wants(&file.name),
        |file, hands, tell| {
            reader.read(file, hands, &mut |name, read| {
                tell(match read {
                    Ok(read) => judged(evidence, name, &read),
                    Err(unread) if unread.is_archive => Some(archive(name, unread.reason)),
                    Err(unread) => Some(unreadable(evidence, name, unread.reason)),
                });
            });
        },
        |file| Some(unreadable(evidence, &file.name, "internal error".to_owned())),
    )?;
    let mut logs = Logs::default();
    let mut rows = Vec::new();
    for (seq, told) in swept.told {
        let (verdict, relocated) = match &told {
            None => continue,
            Some(Told::Valid { relocated }) => (Verdict::Valid, *relocated),
            Some(Told::Row(row, relocated)) => (row.verdict, *relocated),
        };
        logs.counts.files += 1;
        logs.counts.add(verdict);
        logs.counts.relocated += u64::from(relocated);
        if let Some(Told::Row(row, _)) = told {
            rows.push((seq, *row));
        }
    }
    for (seq, name, reason) in swept.failed {
        logs.counts.files += 1;
        logs.counts.add(Verdict::Damaged);
        rows.push((seq, Row::new(Kind::Log, &name, Verdict::Damaged, reason)));
    }
    rows.sort_by_key(|(seq, _)| *seq);
    logs.rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(logs)
}

/// Digests were looked at in the first pass, those that are not asked for too.
fn is_wanted(name: &FileName, evidence: &Evidence) -> bool {
    DigestName::parse(&name.display).is_none()
        && !evidence.is_digest(name)
        && evidence.scope.reads_log(&name.display)
}

/// What is kept of a file that was read; `None` if it is of a trail that is not asked for.
fn judged(evidence: &Evidence, name: &FileName, read: &Read<'_>) -> Option<Told> {
    let stored = read.stored.ok_or("it is larger than --max-inflated inside an archive");
    if let Some(row) = evidence.lake.judge(name, stored) {
        return Some(result(row));
    }
    let damaged = !read.damage.is_empty();
    let sealed = evidence.seal(name, &read.hash, damaged);
    let Sealed { verdict, digest, relocated } = sealed;
    let node = digest.and_then(|at| evidence.nodes.get(at));
    if node.is_some_and(|node| !evidence.tells(node)) {
        return None;
    }
    let by = node.map(|node| node.shown().to_owned()).unwrap_or_default();
    let proved = node.is_some_and(|node| node.proved);
    let reason = match verdict {
        Verdict::Valid => return Some(Told::Valid { relocated }),
        Verdict::Damaged => {
            let fits = evidence.verdict(name, &read.hash, false);
            let fits = match fits {
                Verdict::Modified => "its text is not the one listed",
                _ => "its text is the one listed",
            };
            format!("{}; {fits}", read.damage.join("; "))
        }
        Verdict::Modified if proved => "its hash is not the one listed".to_owned(),
        Verdict::Modified => {
            "its hash is not the one listed, and the digest itself is not proved".to_owned()
        }
        Verdict::Unproved if proved => "the digest that lists it gives no usable hash".to_owned(),
        Verdict::Unproved if node.is_some_and(|node| node.verdict.is_tampering()) => {
            "the digest that lists it is not what AWS delivered".to_owned()
        }
        Verdict::Unproved => "the digest that lists it is not proved".to_owned(),
        _ => "no digest here lists it".to_owned(),
    };
    let mut row = Row::new(Kind::Log, name, verdict, reason);
    row.digest = (!by.is_empty()).then_some(by);
    Some(Told::Row(Box::new(row), relocated))
}

/// A result of a query.
fn result(row: Row) -> Told {
    match row.verdict {
        Verdict::Valid => Told::Valid { relocated: false },
        _ => Told::Row(Box::new(row), false),
    }
}

/// An archive that could not be gone through to its end.
fn archive(name: &FileName, reason: String) -> Told {
    Told::Row(Box::new(Row::new(Kind::Log, name, Verdict::Damaged, reason)), false)
}

/// A file without a hash. If no digest lists it, it is unlisted like any other.
fn unreadable(evidence: &Evidence, name: &FileName, reason: String) -> Told {
    if let Some(row) = evidence.lake.judge(name, Err(&reason)) {
        return result(row);
    }
    let Sealed { verdict, digest, relocated } = evidence.seal(name, &[0; 32], true);
    let reason = match verdict {
        Verdict::Unlisted => format!("no digest here lists it; {reason}"),
        _ => reason,
    };
    let mut row = Row::new(Kind::Log, name, verdict, reason);
    row.digest = digest.and_then(|at| evidence.nodes.get(at)).map(|node| node.shown().to_owned());
    Told::Row(Box::new(row), relocated)
}

/// Log files by what became of them, for one chain each.
pub(super) fn by_chain<K: Ord>(
    evidence: &Evidence,
    chain: impl Fn(usize) -> K,
    mut missing: impl FnMut(usize, &str),
) -> BTreeMap<K, super::LogCounts> {
    let mut counts: BTreeMap<K, super::LogCounts> = BTreeMap::new();
    evidence.seals.each(|seen| {
        let Some(node) = evidence.nodes.get(seen.digest) else { return };
        if !evidence.tells(node) || !evidence.scope.reads_log(seen.object) {
            return;
        }
        let of_chain = counts.entry(chain(seen.digest)).or_default();
        of_chain.listed += 1;
        match seen.verdict {
            Some(Verdict::Valid) => of_chain.valid += 1,
            Some(Verdict::Modified) => of_chain.modified += 1,
            Some(Verdict::Damaged) => of_chain.damaged += 1,
            Some(_) => of_chain.unproved += 1,
            None => {
                of_chain.missing += 1;
                missing(seen.digest, seen.object);
            }
        }
    });
    counts
}
