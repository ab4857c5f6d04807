//! Workers: each takes jobs, hunts through one file after another, and hands over reports.
//!
//! Each worker owns its buffers and reuses them from file to file. Whatever a file holds, it ends
//! in exactly one report, or in one for each file inside it: damage is told in it, and a panic is
//! caught and told as a failure.

use std::io;

use crossbeam_channel::{Receiver, Sender};
use globset::GlobSet;

use super::{
    Options, Progress, Signal,
    drive::Work,
    plan::{Gate, Pruner},
    spool::Spool,
    visitor::{self, Entered, Scratch},
};
use crate::{
    archive::{ObjectRef, Store},
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Costs,
    finding::Integrity,
    scan::{Scanned, Scanner},
    sink::Format,
};

/// A file to hunt through, and its place in the listing.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) seq: u64,
    pub(super) file: ObjectRef,
    /// A sample leaves it out: only files inside it are of interest, if it has any.
    pub(super) only_inner: bool,
    /// Where to go on in it, if it is a bundle of which a part is done.
    pub(super) entered: Option<Entered>,
}

/// All that is left of a file once it was hunted through.
#[derive(Debug)]
pub(super) struct Report {
    /// Its place in the listing: that of the bundle, if it is inside one.
    pub(super) seq: u64,
    /// Its place in the bundle.
    pub(super) part: u64,
    /// No other part follows.
    pub(super) last: bool,
    /// It is a listed file. What is left of a bundle that was gone through to its end is none.
    pub(super) listed: bool,
    /// It is what is left of a bundle that was not gone through, as the hunt stopped.
    pub(super) cut: bool,
    /// Where its bundle was when this part was begun.
    pub(super) entered: Entered,
    /// Files inside it that were not opened because of their names.
    pub(super) pruned: u64,
    /// Files inside it that a sample left out; or itself.
    pub(super) left_out: u64,
    /// Its name.
    pub(super) name: FileName,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// What the scan told, but for content and damage, which are in the outcome.
    pub(super) scanned: Scanned,
    /// Its bytes as stored.
    pub(super) packed: u64,
    /// Its bytes after inflating.
    pub(super) inflated: u64,
    /// SHA-256 of the inflated bytes, with full detail.
    pub(super) sha256: Option<String>,
    /// What is known of its integrity.
    pub(super) integrity: Option<Integrity>,
    /// What was found, rendered.
    pub(super) findings: Spool,
    /// Findings could not be kept: the hunt cannot go on.
    pub(super) broken: Option<io::Error>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            seq: 0,
            part: 0,
            last: true,
            listed: true,
            cut: false,
            entered: Entered::default(),
            pruned: 0,
            left_out: 0,
            name: FileName::default(),
            outcome: Outcome::Read,
            scanned: Scanned::default(),
            packed: 0,
            inflated: 0,
            sha256: None,
            integrity: None,
            findings: Spool::default(),
            broken: None,
        }
    }
}

impl Report {
    /// The report of something that should have been a file and could not be listed.
    pub(super) fn unlisted(seq: u64, name: FileName, reason: String) -> Self {
        Self { seq, name, ..Self::failed(reason) }
    }

    /// What it counts towards the reports of files inside bundles that may wait: one, and more if its
    /// name is longer than names are.
    pub(super) fn inner_weight(&self) -> u64 {
        let name = self.name.display.len() + self.name.raw_hex.as_ref().map_or(0, String::len);
        if self.last { 0 } else { 1 + name as u64 / 512 }
    }

    /// The report of a file that was not searched.
    pub(super) fn failed(reason: String) -> Self {
        Self { outcome: Outcome::Failed(reason), ..Self::default() }
    }
}

/// What all workers share.
pub(super) struct Shop<'h> {
    pub(super) options: &'h Options,
    pub(super) pruner: &'h Pruner<'h>,
    /// Files inside bundles that are left out, by their names.
    pub(super) exclude: &'h GlobSet,
    pub(super) store: &'h dyn Store,
    pub(super) scanner: &'h Scanner<'h>,
    pub(super) format: &'h dyn Format,
    pub(super) progress: &'h dyn Progress,
    pub(super) work: Work,
}

/// Reports that travel together.
#[derive(Default)]
struct Batch {
    reports: Vec<Report>,
    weight: u64,
}

impl Batch {
    /// Reports in a batch at most.
    const MOST: usize = 64;
    /// Bytes of text behind a batch, beyond which it is handed over.
    const HEAVY: u64 = 1 << 20;

    fn add(&mut self, report: Report) {
        self.weight += report.inflated;
        self.reports.push(report);
    }

    fn is_full(&self) -> bool {
        self.reports.len() >= Self::MOST || self.weight >= Self::HEAVY
    }
}

/// Where a worker's reports go.
///
/// Reports are handed over a batch at a time: waking the collector for each of a million small files
/// would cost more than inflating them. Files inside a bundle may be many, and their reports wait
/// for everything listed before the bundle: a worker that is too far ahead waits as well.
pub(super) struct Outlet<'o> {
    pub(super) reports: &'o Sender<Vec<Report>>,
    pub(super) gate: &'o Gate,
    pub(super) signal: &'o Signal<'o>,
    batch: Batch,
}

impl<'o> Outlet<'o> {
    pub(super) fn new(
        reports: &'o Sender<Vec<Report>>,
        gate: &'o Gate,
        signal: &'o Signal<'o>,
    ) -> Self {
        Self { reports, gate, signal, batch: Batch::default() }
    }

    /// Takes a report; `false` if nobody wants more.
    pub(super) fn put(&mut self, report: Report) -> bool {
        let (seq, inner) = (report.seq, !report.last);
        // What waits for its turn in here must not be what everything else waits for.
        let others = self.batch.reports.last().is_some_and(|last| last.seq != seq);
        if inner && others && !self.hand_over() {
            return false;
        }
        self.batch.add(report);
        !self.batch.is_full()
            || ((!inner || self.gate.admits(seq, self.signal)) && self.hand_over())
    }

    /// Hands over what there is; `false` if nobody takes it any more.
    fn hand_over(&mut self) -> bool {
        let reports = std::mem::take(&mut self.batch).reports;
        self.gate.left(reports.iter().map(Report::inner_weight).sum());
        reports.is_empty() || self.reports.send(reports).is_ok()
    }
}

/// One worker and its buffers.
pub(super) struct Worker<'h> {
    shop: &'h Shop<'h>,
    scratch: Scratch,
}

impl<'h> Worker<'h> {
    pub(super) fn new(shop: &'h Shop<'h>) -> Self {
        let costs = (shop.work == Work::Profile).then(|| Box::new(shop.scanner.costs()));
        Self { shop, scratch: Scratch::new(shop.scanner, costs) }
    }

    /// Works until there are no more jobs or the hunt stops. A job that was taken is ended. Gives
    /// what the rules cost, if that was counted.
    pub(super) fn run(
        mut self,
        jobs: &Receiver<Job>,
        mut outlet: Outlet<'_>,
    ) -> Option<Box<Costs>> {
        loop {
            // Nothing is held back while there is nothing to do: the listing may wait for it.
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(_) if !outlet.hand_over() => break,
                Err(_) => match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                },
            };
            if outlet.signal.stopped() {
                outlet.hand_over();
                break;
            }
            if !self.work(job, &mut outlet) {
                break;
            }
        }
        self.scratch.scan.costs().take()
    }

    /// Hunts through one file; `false` if its reports are wanted no more. Never panics: what panics
    /// below has failed, and is told.
    pub(super) fn work(&mut self, job: Job, outlet: &mut Outlet<'_>) -> bool {
        let Job { seq, file, only_inner, entered } = job;
        let mut part = entered.map_or(0, |entered| entered.inner);
        let mut put = |report: Report| {
            let placed = Report { seq, part, last: false, ..report };
            part += 1;
            outlet.put(placed) && !outlet.signal.stopped()
        };
        let (shop, scratch) = (self.shop, &mut self.scratch);
        let report = visitor::hunt(shop, scratch, (seq, &file), only_inner, entered, &mut put);
        shop.progress.file_done(report.packed, report.inflated);
        outlet.put(Report { seq, part, last: true, name: file.name, ..report })
    }
}

#[cfg(test)]
mod tests;
