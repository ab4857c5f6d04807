//! Reports in any order become findings in the order of the listing, each written once.
//!
//! What is a copy of what was found before is dropped here, and counted.

use std::io::{self, Read};

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use super::{
    Duplicates, HuntError, Hunted, Options, Progress, Signal, Sort,
    copies::{Copies, Seen},
    plan::Gate,
    sort::Sorter,
    spool::Frame,
    tally::Tally,
    window::Window,
    worker::Report,
};
use crate::{
    coverage::{Outcome, Pruned},
    ruleset::RuleSet,
    sink::{Format, Sink, SinkError},
};

/// Why no more findings are written.
#[derive(Debug)]
enum Halt {
    /// As many as were asked for have been.
    Limit,
    /// The reader of the output went away.
    Closed,
    /// They cannot be.
    Failed(HuntError),
}

impl From<SinkError> for Halt {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Closed => Self::Closed,
            error => Self::Failed(HuntError::Sink(error)),
        }
    }
}

/// Findings in memory or in temporary files are the only plain I/O of the collector.
impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Failed(HuntError::Spill(error))
    }
}

/// Puts reports in order, tells duplicates, writes.
pub(super) struct Collector<'h> {
    options: &'h Options,
    window: Window,
    sorter: Option<Sorter>,
    ledger: Ledger<'h>,
    halt: Option<Halt>,
}

/// What has been written and counted.
struct Ledger<'h> {
    format: &'h dyn Format,
    sink: Box<dyn Sink>,
    progress: &'h dyn Progress,
    limit: Option<u64>,
    copies: Copies,
    tally: Tally<'h>,
    /// What reports of files inside bundles weighed, since that was last told.
    inner: u64,
}

impl<'h> Collector<'h> {
    pub(super) fn new(
        options: &'h Options,
        rules: &'h RuleSet,
        format: &'h dyn Format,
        sink: Box<dyn Sink>,
        progress: &'h dyn Progress,
    ) -> Self {
        let ids = rules.rules.iter().map(|loaded| loaded.rule.id.as_deref());
        let ledger = Ledger {
            format,
            sink,
            progress,
            limit: options.limit,
            copies: Copies::new(options.duplicates == Duplicates::Drop),
            tally: Tally::new(rules, options.detail),
            inner: 0,
        };
        let sorter = (options.sort == Sort::Time).then(|| Sorter::new(ids));
        Self { options, window: Window::default(), sorter, ledger, halt: None }
    }

    /// Takes reports until there are no more. Once nothing can be written any more the other
    /// threads are told to stop, and what they still send is not counted.
    pub(super) fn collect(
        &mut self,
        reports: &Receiver<Vec<Report>>,
        gate: &Gate,
        signal: &Signal<'_>,
    ) {
        let stop = |this: &mut Self, result: Result<(), Halt>| {
            if let Err(halt) = result {
                this.halt = Some(halt);
                signal.halt();
            }
        };
        let started = self.ledger.header();
        stop(self, started);
        for batch in reports {
            for report in batch {
                if self.halt.is_none() {
                    let taken = self.take(report);
                    stop(self, taken);
                }
            }
            gate.advance(self.window.awaited(), std::mem::take(&mut self.ledger.inner));
        }
        // After an interrupt a file in between may never have been started.
        if self.halt.is_none() {
            let drained = self.drain(Window::first);
            stop(self, drained);
        }
        if self.halt.is_none() {
            let sorted = self.write_sorted();
            stop(self, sorted);
        }
    }

    fn take(&mut self, report: Report) -> Result<(), Halt> {
        self.window.put(report)?;
        self.drain(Window::next)
    }

    fn drain(
        &mut self,
        next: impl for<'w> Fn(&'w mut Window) -> io::Result<Option<(Report, Box<dyn Read + 'w>)>>,
    ) -> Result<(), Halt> {
        while let Some((report, mut findings)) = next(&mut self.window)? {
            let written = self.ledger.file(report, &mut findings, self.sorter.as_mut());
            written?;
        }
        Ok(())
    }

    fn write_sorted(&mut self) -> Result<(), Halt> {
        let Some(sorter) = self.sorter.take() else { return Ok(()) };
        let ledger = &mut self.ledger;
        let mut halt = None;
        sorter.finish(&mut |frame| {
            halt = ledger.write(frame).err();
            Ok(halt.is_none())
        })?;
        halt.map_or(Ok(()), Err)
    }

    /// Files inside bundles that a sample left out.
    pub(super) fn left_out(&self) -> u64 {
        self.ledger.tally.left_out()
    }

    /// Ends the output and gives the coverage record.
    pub(super) fn finish(
        self,
        pruned: Pruned,
        started: Timestamp,
        interrupted: bool,
        failure: Option<HuntError>,
        now: fn() -> Timestamp,
    ) -> Hunted {
        let Ledger { format, mut sink, tally, .. } = self.ledger;
        let highest = tally.highest();
        let mut coverage = tally.coverage(pruned);
        coverage.command.clone_from(&self.options.command);
        coverage.started = started.to_string();
        coverage.finished = now().to_string();
        coverage.interrupted = interrupted;

        let mut failure = failure;
        match self.halt {
            Some(Halt::Closed) => coverage.output_closed = true,
            Some(Halt::Failed(error)) => failure = Some(error),
            // Sorted by time, all was read before the first finding was written.
            Some(Halt::Limit) => coverage.limit_reached = self.options.sort == Sort::File,
            None => {}
        }
        if failure.is_none() && !coverage.output_closed {
            let mut footer = Vec::new();
            format.footer(&coverage, &mut footer);
            match sink.write(&footer) {
                Ok(()) => {}
                Err(SinkError::Closed) => coverage.output_closed = true,
                Err(error) => failure = Some(HuntError::Sink(error)),
            }
        }
        let mut kept = None;
        if failure.is_some() || interrupted || coverage.output_closed {
            kept = sink.abandon();
        } else {
            match sink.finish() {
                Ok(()) => {}
                Err(SinkError::Closed) => coverage.output_closed = true,
                Err(error) => failure = Some(HuntError::Sink(error)),
            }
        }
        Hunted { coverage, highest, failure, kept, links_not_followed: 0 }
    }
}

impl Ledger<'_> {
    fn header(&mut self) -> Result<(), Halt> {
        let mut header = Vec::new();
        self.format.header(&mut header);
        Ok(self.sink.write(&header)?)
    }

    /// One file: its findings are written or go to the sorter, then it is counted. A file whose
    /// findings reach the limit is the last that counts.
    fn file(
        &mut self,
        mut report: Report,
        findings: &mut dyn Read,
        mut sorter: Option<&mut Sorter>,
    ) -> Result<(), Halt> {
        self.inner += report.inner_weight();
        if let Some(error) = report.broken.take() {
            return Err(error.into());
        }
        let mut frame = Frame::default();
        let mut result = Ok(());
        while result.is_ok() && frame.read(findings)? {
            match self.copies.meet(&frame.mark) {
                Seen::New => {}
                copy => {
                    self.tally.duplicate(copy == Seen::Conflict);
                    continue;
                }
            }
            match &mut sorter {
                Some(sorter) => sorter.push(std::mem::take(&mut frame))?,
                None => result = self.write(&frame),
            }
        }
        if report.listed && report.outcome != Outcome::Read {
            self.progress.told(&report.name, &report.outcome);
        }
        self.tally.file(report);
        result
    }

    fn write(&mut self, frame: &Frame) -> Result<(), Halt> {
        self.sink.write(&frame.body)?;
        self.tally.shared(self.copies.sharing(&frame.mark));
        self.tally.finding(usize::try_from(frame.mark.rule).unwrap_or(usize::MAX));
        self.progress.findings(1);
        if self.limit.is_some_and(|limit| self.tally.findings() >= limit) {
            Err(Halt::Limit)
        } else {
            Ok(())
        }
    }
}
