//! The second pass: every log file, compared with what the digests list.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Mutex, PoisonError, atomic::AtomicBool},
};

use super::{
    Evidence, FileCounts, Kind, LogCounts, Options, Row, Verdict, VerifyError, Watch,
    entries::Sealed,
    load::Node,
    sweep::sweep,
    visitor::{Read, Reader},
};
use crate::{
    archive::{ENTRY_COST, Listing, LocalStore},
    cloudtrail::{self, DigestName, FileName, Key, Signs},
    sort::Sorter,
    text,
};

/// Bytes of rows that are sorted in memory.
const SORTED: usize = 8 << 20;

/// Log files that one digest which is not proved names and that are not here: so many are listed,
/// the others are counted.
const MOST_NAMED: u64 = 1000;

/// Bytes of the largest text that is searched for signs of `CloudTrail`.
const LARGEST_NOTE: usize = 1 << 20;

/// What the second pass found.
pub(super) struct Logs {
    /// Files that are not plainly valid, by their place in the listing.
    pub(super) rows: Sorter,
    pub(super) counts: FileCounts,
    pub(super) bystanders: u64,
}

impl Logs {
    fn add(&mut self, seq: u64, found: Found) -> io::Result<()> {
        match found {
            Found::Nothing => Ok(()),
            Found::Bystander => {
                self.bystanders += 1;
                Ok(())
            }
            Found::Valid { relocated } => {
                self.counts.add(Verdict::Valid, relocated);
                Ok(())
            }
            Found::Row { row, relocated, differs } => {
                self.counts.add(row.verdict, relocated);
                self.counts.differ_unproved +=
                    u64::from(differs && row.verdict == Verdict::Unproved);
                self.rows.push(&seq.to_be_bytes(), &serde_json::to_vec(&row)?)
            }
        }
    }
}

/// What was found out about one file.
enum Found {
    /// Its trail or time is not in scope, or the first pass reported it.
    Nothing,
    /// It is nothing that a digest would list.
    Bystander,
    /// It is valid.
    Valid { relocated: bool },
    /// Anything else.
    Row { row: Box<Row>, relocated: bool, differs: bool },
}

impl Found {
    fn row(row: Row) -> Self {
        Self::Row { row: Box::new(row), relocated: false, differs: false }
    }
}

/// Judges all log files among the inputs.
pub(super) fn judge(
    options: &Options,
    evidence: &Evidence,
    watch: &dyn Watch,
    interrupt: &AtomicBool,
) -> Result<Logs, VerifyError> {
    let store = LocalStore::new(options.access).until(interrupt);
    let wants = |name: &FileName| is_wanted(name, evidence);
    let reader = Reader {
        walk: options.walk(&store),
        watch,
        interrupt,
        wants: &wants,
        opens: &wants,
        cost: ENTRY_COST,
    };
    let logs = Logs { rows: Sorter::new(SORTED), counts: FileCounts::default(), bystanders: 0 };
    let logs = Mutex::new((logs, Ok(())));
    let take = |seq: u64, found: Found| {
        let mut logs = logs.lock().unwrap_or_else(PoisonError::into_inner);
        let (logs, outcome) = &mut *logs;
        let added = logs.add(seq, found);
        if outcome.is_ok() {
            *outcome = added;
        }
    };
    let reported: HashSet<&FileName> = evidence.archives.iter().map(|(_, name, _)| name).collect();
    for (seq, name, reason) in &evidence.archives {
        take(*seq, Found::row(Row::new(Kind::Log, name, Verdict::Damaged, reason.clone())));
    }
    let swept = sweep(
        Listing::new(options.inputs.clone(), options.listing.clone()),
        &evidence.pool,
        interrupt,
        watch,
        |file| wants(&file.name),
        |file, buffers, find| {
            reader.read(file, buffers, &mut |name, read| {
                find(match read {
                    Ok(read) => judged(evidence, name, &read),
                    Err(unread) if unread.is_container && reported.contains(name) => Found::Nothing,
                    Err(unread) if unread.is_container => {
                        // An archive that could not be read to its end.
                        Found::row(Row::new(Kind::Log, name, Verdict::Damaged, unread.reason))
                    }
                    Err(unread) => unreadable(evidence, name, unread.reason),
                });
            });
        },
        take,
    )?;
    for (seq, name, reason) in swept.failed {
        take(seq, Found::row(Row::new(Kind::Log, &name, Verdict::Damaged, reason)));
    }
    let (logs, outcome) = logs.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcome.map_err(VerifyError::Spill)?;
    Ok(logs)
}

/// Digests were read in the first pass, those that are not in scope too.
fn is_wanted(name: &FileName, evidence: &Evidence) -> bool {
    DigestName::parse(&name.display).is_none()
        && !evidence.is_digest(name)
        && evidence.scope.reads_log(&name.display)
}

/// What a file that was read is.
fn judged(evidence: &Evidence, name: &FileName, read: &Read<'_>) -> Found {
    let stored = read.stored.ok_or("it is larger than --max-inflated inside an archive");
    if let Some(row) = evidence.lake.judge(name, stored) {
        return result(row);
    }
    let damaged = !read.damage.is_empty();
    let sealed = evidence.seal(name, &read.hash, damaged);
    let Sealed { verdict, digest, relocated, differs } = sealed;
    let node = digest.and_then(|at| evidence.nodes.get(at));
    if node.is_some_and(|node| !evidence.is_in_scope(node)) {
        return Found::Nothing;
    }
    let by = node.map(|node| node.shown().to_owned()).unwrap_or_default();
    let proved = node.is_some_and(|node| node.proved);
    let reason = match verdict {
        Verdict::Valid => return Found::Valid { relocated },
        Verdict::Damaged => {
            let fits = evidence.seal_quietly(name, &read.hash);
            let fits = match fits {
                Sealed { differs: true, .. } => "its text is not the one listed",
                _ => "its text is the one listed",
            };
            format!("{}; {fits}", read.damage.join("; "))
        }
        Verdict::Unlisted => {
            if read.text.is_some_and(|text| is_bystander(name, text, damaged)) {
                return Found::Bystander;
            }
            let reasons = [&[unlisted(evidence).to_owned()], &read.damage[..]].concat();
            reasons.join("; ")
        }
        Verdict::Modified => "its hash is not the one listed".to_owned(),
        _ if node.is_none() => "the table of listed log files cannot be read".to_owned(),
        _ if proved => "the digest that lists it has no usable hash".to_owned(),
        _ if differs => {
            "its hash is not the one in the digest that lists it, which is not proved".to_owned()
        }
        _ if node.is_some_and(|node| node.verdict.is_tampering()) => {
            "the digest that lists it is not what AWS delivered".to_owned()
        }
        _ => "the digest that lists it is not proved".to_owned(),
    };
    let mut row = Row::new(Kind::Log, name, verdict, reason);
    row.digest = (!by.is_empty()).then_some(by);
    Found::Row { row: Box::new(row), relocated, differs }
}

/// Whether a file that no digest lists can hold no log. One without the name of a log file is so too
/// if it is a text without any sign of `CloudTrail`, as in a hunt.
fn is_bystander(name: &FileName, text: &[u8], damaged: bool) -> bool {
    if text.is_empty() || !damaged {
        if cloudtrail::bystander(&name.display, text).is_some() {
            return true;
        }
        if Key::names_a_file(&name.display) {
            return false;
        }
    }
    !damaged
        && text.len() <= LARGEST_NOTE
        && text::decode(text).is_ok_and(|text| {
            let mut signs = Signs::default();
            signs.look(text.as_bytes());
            !signs.met()
        })
}

/// Why a file is unlisted.
fn unlisted(evidence: &Evidence) -> &'static str {
    if evidence.not_compared.digests == 0 {
        "no digest here lists it"
    } else {
        "no digest that was compared lists it"
    }
}

/// A result of a query.
fn result(row: Row) -> Found {
    match row.verdict {
        Verdict::Valid => Found::Valid { relocated: false },
        _ => Found::row(row),
    }
}

/// A file without a hash. If no digest lists it, it is unlisted like any other.
fn unreadable(evidence: &Evidence, name: &FileName, reason: String) -> Found {
    if let Some(row) = evidence.lake.judge(name, Err(&reason)) {
        return result(row);
    }
    let Sealed { verdict, digest, relocated, .. } = evidence.seal(name, &[0; 32], true);
    let reason = match verdict {
        Verdict::Unlisted => format!("{}; {reason}", unlisted(evidence)),
        _ => reason,
    };
    let mut row = Row::new(Kind::Log, name, verdict, reason);
    row.digest = digest.and_then(|at| evidence.nodes.get(at)).map(|node| node.shown().to_owned());
    Found::Row { row: Box::new(row), relocated, differs: false }
}

/// Log files by what became of them, for each chain; `absent` gets the rows of those that are not
/// here, in the order of their digests. `chain_of`: the chain of each digest.
pub(super) fn by_chain(
    evidence: &Evidence,
    chain_of: &[u32],
    absent: &mut dyn FnMut(Row) -> io::Result<()>,
) -> io::Result<HashMap<u32, LogCounts>> {
    let mut counts: HashMap<u32, LogCounts> = HashMap::new();
    let mut rows = Sorter::new(SORTED);
    let (mut last, mut named) = (u32::MAX, 0);
    evidence.entries.each(|seen| {
        let digest = seen.digest;
        let Some(node) = evidence.nodes.get(digest as usize) else { return Ok(()) };
        if !evidence.is_in_scope(node) || !evidence.scope.reads_log(seen.object) {
            return Ok(());
        }
        if last != digest {
            (last, named) = (digest, 0);
        }
        let of_chain = chain_of.get(digest as usize).copied().unwrap_or(u32::MAX);
        let of_chain = counts.entry(of_chain).or_default();
        of_chain.listed += 1;
        match seen.verdict {
            Some(Verdict::Valid) => of_chain.valid += 1,
            Some(Verdict::Modified) => of_chain.modified += 1,
            Some(Verdict::Damaged) => of_chain.damaged += 1,
            Some(_) => of_chain.unproved += 1,
            None if node.proved => {
                of_chain.missing += 1;
                let reason = format!("listed by {}", node.shown());
                let row = absent_row(node, seen.object, Verdict::Missing, reason);
                rows.push(&digest.to_be_bytes(), &serde_json::to_vec(&row)?)?;
            }
            None => {
                of_chain.named_unproved += 1;
                named += 1;
                if named <= MOST_NAMED {
                    let reason = format!("named by an unproved digest, {}", node.shown());
                    let row = absent_row(node, seen.object, Verdict::NamedUnproved, reason);
                    rows.push(&digest.to_be_bytes(), &serde_json::to_vec(&row)?)?;
                }
            }
        }
        Ok(())
    })?;
    rows.finish(&mut |_, row| absent(serde_json::from_slice(row)?).map(|()| true))?;
    Ok(counts)
}

fn absent_row(node: &Node, object: &str, verdict: Verdict, reason: String) -> Row {
    let name = FileName { display: object.to_owned(), raw_hex: None };
    let mut row = Row::new(Kind::Log, &name, verdict, reason);
    row.digest = Some(node.shown().to_owned());
    row
}
