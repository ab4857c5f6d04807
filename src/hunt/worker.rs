//! Workers: each takes jobs, hunts through one file after another, and hands over reports.
//!
//! Each worker owns its buffers and reuses them from file to file. Whatever a file holds, it ends
//! in exactly one report, or in one for each file inside it: damage is told in it, and a panic is
//! caught and told as a failure.

use crossbeam_channel::{Receiver, Sender};

use super::{
    context::WorkerContext,
    job::Job,
    plan::Gate,
    progress::Signal,
    report::FileReport,
    visitor::{self, Scratch},
};
use crate::engine::Costs;

/// Reports that travel together.
#[derive(Default)]
struct Batch {
    reports: Vec<FileReport>,
    weight: u64,
}

impl Batch {
    /// Reports in a batch at most.
    const MOST: usize = 64;
    /// Bytes of text behind a batch, beyond which it is handed over.
    const HEAVY: u64 = 1 << 20;

    fn add(&mut self, report: FileReport) {
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
    pub(super) reports: &'o Sender<Vec<FileReport>>,
    pub(super) gate: &'o Gate,
    pub(super) signal: &'o Signal<'o>,
    batch: Batch,
}

impl<'o> Outlet<'o> {
    pub(super) fn new(
        reports: &'o Sender<Vec<FileReport>>,
        gate: &'o Gate,
        signal: &'o Signal<'o>,
    ) -> Self {
        Self { reports, gate, signal, batch: Batch::default() }
    }

    /// Takes a report; `false` if nobody wants more.
    pub(super) fn put(&mut self, report: FileReport) -> bool {
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
        self.gate.left(reports.iter().map(FileReport::inner_weight).sum());
        reports.is_empty() || self.reports.send(reports).is_ok()
    }
}

/// One worker and its buffers.
pub(super) struct Worker<'h> {
    context: &'h WorkerContext<'h>,
    scratch: Scratch,
}

impl<'h> Worker<'h> {
    pub(super) fn new(context: &'h WorkerContext<'h>) -> Self {
        let costs = context.work.is_profile().then(|| Box::new(context.scanner.costs()));
        Self { context, scratch: Scratch::new(context.scanner, costs) }
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
        let Job { seq, file, only_inner, position } = job;
        let mut part = position.map_or(0, |position| position.inner);
        let mut put = |report: FileReport| {
            let placed = FileReport { seq, part, last: false, ..report };
            part += 1;
            outlet.put(placed) && !outlet.signal.stopped()
        };
        let (context, scratch) = (self.context, &mut self.scratch);
        let report = visitor::hunt(context, scratch, (seq, &file), only_inner, position, &mut put);
        context.progress.file_done(report.packed, report.inflated);
        outlet.put(FileReport { seq, part, last: true, name: file.name, ..report })
    }
}

#[cfg(test)]
mod tests;
