//! Reports in any order become findings in the order of the listing, each written once.
//!
//! Correlations come last: they need all that was found, each event once.
//!
//! What is a copy of what was found before is dropped here, and counted.

use std::io;

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use super::{
    checkpoint::{Checkpoint, CheckpointError, LogWriter},
    copies::{Copies, Seen},
    correlating::Correlating,
    hunted::{HuntError, Hunted},
    job::Start,
    options::Options,
    plan::Gate,
    progress::{Progress, Signal},
    report::FileReport,
    scope::Scope,
    spec::{Duplicates, Sort},
    spool::{Frame, Frames},
    tally::Tally,
    window::Window,
};
use crate::{
    correlate,
    coverage::{Outcome, Pruned},
    ruleset::RuleSet,
    sink::{Format, Sink, SinkError},
    sort::Sorter,
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

impl From<CheckpointError> for Halt {
    fn from(error: CheckpointError) -> Self {
        Self::Failed(error.into())
    }
}

/// What is kept in memory or in temporary files is the only plain I/O of the collector.
impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Failed(HuntError::Spill(error))
    }
}

/// How a hunt ended, beside what the collector knows of it.
pub(super) struct Ended {
    /// When it began.
    pub(super) started: String,
    pub(super) interrupted: bool,
    /// Why it broke off.
    pub(super) failure: Option<HuntError>,
}

/// Puts reports in order, tells duplicates, writes.
pub(super) struct Collector<'h> {
    options: &'h Options,
    window: Window,
    sorter: Option<ByTime>,
    correlating: Option<Correlating<'h>>,
    ledger: Ledger<'h>,
    halt: Option<Halt>,
    /// Files that an earlier run processed.
    before: u64,
}

/// Findings on their way into the order of time, event id and rule id.
struct ByTime {
    sorter: Sorter,
    /// Position of each rule in the order of rule ids.
    ranks: Vec<u64>,
}

impl ByTime {
    fn new(rules: &RuleSet, memory: usize) -> Self {
        let ids: Vec<_> = rules.rules.iter().map(|loaded| loaded.rule.head.id.as_deref()).collect();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&rule| ids[rule]);
        let mut ranks = vec![0; ids.len()];
        for (rank, rule) in (0..).zip(order) {
            ranks[rule] = rank;
        }
        Self { sorter: Sorter::new(memory), ranks }
    }

    fn push(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let rule = usize::try_from(frame.mark.rule).unwrap_or(usize::MAX);
        let mut key = correlate::sortable(frame.mark.time).to_vec();
        // Ids are texts, as they come from findings; others would sort as none.
        correlate::push_text(std::str::from_utf8(frame.event_id).ok(), &mut key);
        key.extend_from_slice(&self.ranks.get(rule).copied().unwrap_or(u64::MAX).to_be_bytes());
        let mut payload = frame.mark.rule.to_le_bytes().to_vec();
        payload.extend_from_slice(frame.body);
        self.sorter.push(&key, &payload)
    }
}

/// What has been written and counted.
struct Ledger<'h> {
    format: &'h dyn Format,
    sink: Box<dyn Sink>,
    progress: &'h dyn Progress,
    limit: Option<u64>,
    copies: Copies,
    tally: Tally<'h>,
    /// Keeps what is taken in, as long as nothing before it is missing.
    log: Option<LogWriter>,
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
        let mut tally = Tally::new(rules, options.names_every_file(), options.spec.memory);
        if options.evidence.is_some() {
            tally = tally.with_integrity();
        }
        let ledger = Ledger {
            format,
            sink,
            progress,
            limit: options.spec.output.limit,
            copies: Copies::new(
                options.spec.output.duplicates == Duplicates::Drop,
                options.spec.memory,
            ),
            tally,
            log: None,
            inner: 0,
        };
        let sorter = (options.spec.output.sort == Sort::Time)
            .then(|| ByTime::new(rules, options.spec.memory.of_sorting()));
        let correlating = Correlating::new(rules, format, options.spec.memory);
        Self {
            options,
            window: Window::from((0, 0), options.spec.memory.of_waiting()),
            sorter,
            correlating,
            ledger,
            halt: None,
            before: 0,
        }
    }

    /// Begins the output, and takes what an earlier run of the hunt took; gives where that ends.
    pub(super) fn begin(
        &mut self,
        checkpoint: Option<&Checkpoint>,
        gate: &Gate,
        signal: &Signal<'_>,
    ) -> Start {
        let started = self.ledger.header().and_then(|()| self.replay(checkpoint, signal));
        let start = started.unwrap_or_else(|halt| {
            self.stop(halt, signal);
            Start::default()
        });
        gate.advance(start.place.0, 0);
        start
    }

    fn replay(
        &mut self,
        checkpoint: Option<&Checkpoint>,
        signal: &Signal<'_>,
    ) -> Result<Start, Halt> {
        let Some(checkpoint) = checkpoint else { return Ok(Start::default()) };
        let mut taken = Ok(());
        let replayed = checkpoint.replay(&mut |report, findings| {
            self.before += u64::from(report.listed);
            self.ledger.progress.file_done(report.packed, report.inflated);
            taken = findings.into_frames().map_err(Halt::from).and_then(|mut findings| {
                let onward =
                    Onward { sorter: self.sorter.as_mut(), correlating: self.correlating.as_mut() };
                self.ledger.file(report, &mut findings, onward)
            });
            taken.is_ok() && !signal.stopped()
        })?;
        taken?;
        let Some((log, start)) = replayed else { return Ok(Start::default()) };
        self.ledger.log = Some(log);
        self.window = Window::from(start.place, self.options.spec.memory.of_waiting());
        Ok(start)
    }

    fn stop(&mut self, halt: Halt, signal: &Signal<'_>) {
        self.halt = Some(halt);
        signal.halt();
    }

    /// Takes reports until there are no more. Once nothing can be written any more the other
    /// threads are told to stop, and what they still send is not counted.
    pub(super) fn collect(
        &mut self,
        reports: &Receiver<Vec<FileReport>>,
        gate: &Gate,
        signal: &Signal<'_>,
    ) {
        let stop = |this: &mut Self, result: Result<(), Halt>| {
            if let Err(halt) = result {
                this.stop(halt, signal);
            }
        };
        for batch in reports {
            for report in batch {
                if self.halt.is_none() {
                    let taken = self.take(report);
                    stop(self, taken);
                }
            }
            if self.halt.is_none() {
                let kept = self.ledger.keep(LogWriter::flush);
                stop(self, kept);
            }
            gate.advance(self.window.awaited(), std::mem::take(&mut self.ledger.inner));
        }
        // After an interrupt a file in between may never have been started.
        if self.halt.is_none() {
            self.ledger.log = None;
            let drained = self.drain(Window::first);
            stop(self, drained);
        }
        if self.halt.is_none() {
            let sorted = self.write_sorted();
            stop(self, sorted);
        }
        // Correlations over a part of the archive would say what is not so of the whole.
        if self.halt.is_none() && !signal.stopped() {
            let correlated = self.correlate(signal);
            stop(self, correlated);
        }
    }

    fn take(&mut self, report: FileReport) -> Result<(), Halt> {
        if self.window.has_passed(&report) {
            self.ledger.inner += report.inner_weight();
            return Ok(());
        }
        self.window.put(report)?;
        self.drain(Window::next)
    }

    fn drain(
        &mut self,
        next: impl for<'w> Fn(&'w mut Window) -> io::Result<Option<(FileReport, Frames<'w>)>>,
    ) -> Result<(), Halt> {
        while let Some((report, mut findings)) = next(&mut self.window)? {
            let onward =
                Onward { sorter: self.sorter.as_mut(), correlating: self.correlating.as_mut() };
            self.ledger.file(report, &mut findings, onward)?;
        }
        Ok(())
    }

    fn write_sorted(&mut self) -> Result<(), Halt> {
        let Some(ByTime { sorter, .. }) = self.sorter.take() else { return Ok(()) };
        let ledger = &mut self.ledger;
        let mut halt = None;
        sorter.finish(&mut |_, payload| {
            let Some((rule, body)) = payload.split_first_chunk() else { return Ok(true) };
            halt = ledger.write(u32::from_le_bytes(*rule), body).err();
            Ok(halt.is_none())
        })?;
        halt.map_or(Ok(()), Err)
    }

    /// Files inside bundles that a sample left out.
    pub(super) fn left_out(&self) -> u64 {
        self.ledger.tally.left_out()
    }

    fn correlate(&mut self, signal: &Signal<'_>) -> Result<(), Halt> {
        let Some(correlating) = self.correlating.take() else { return Ok(()) };
        let ledger = &mut self.ledger;
        ledger.tally.fed(correlating.matches, correlating.without_time);
        let mut halt = None;
        let inexact = correlating.finish(signal, &mut |correlation, body| {
            halt = ledger.write_correlation(correlation, body).err();
            halt.is_none() && !signal.stopped()
        })?;
        if halt.is_none() && !signal.stopped() {
            ledger.tally.correlated(inexact);
        }
        halt.map_or(Ok(()), Err)
    }

    /// Ends the output and gives the coverage report.
    pub(super) fn finish(
        self,
        pruned: Pruned,
        scope: &Scope<'_>,
        ended: Ended,
        now: fn() -> Timestamp,
    ) -> Hunted {
        let Ended { started, interrupted, mut failure } = ended;
        let Ledger { format, mut sink, mut tally, copies, .. } = self.ledger;
        match copies.shared() {
            Ok(findings) => tally.shared(findings),
            Err(error) => failure = failure.or(Some(HuntError::Spill(error))),
        }
        let highest = tally.highest();
        let mut coverage = tally.coverage(pruned);
        coverage.command.clone_from(&self.options.command);
        coverage.started = started;
        coverage.finished = now().to_string();
        coverage.interrupted = interrupted;

        match self.halt {
            Some(Halt::Closed) => coverage.output_closed = true,
            Some(Halt::Failed(error)) => failure = Some(error),
            // Sorted by time, all was read before the first finding was written; and so it was if
            // correlations were running.
            Some(Halt::Limit) => {
                coverage.limit_reached = self.options.spec.output.sort == Sort::File
                    && coverage.correlations.findings == 0;
            }
            None => {}
        }
        let without_files = scope.without_files(&coverage);
        if failure.is_none() && !interrupted && !coverage.output_closed {
            failure = scope.failure(&coverage);
        }
        let is_void = failure.as_ref().is_some_and(HuntError::is_void);
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
        if is_void {
            sink.discard();
        } else if failure.is_some() || interrupted || coverage.output_closed {
            kept = sink.abandon();
        } else {
            match sink.finish() {
                Ok(()) => {}
                Err(SinkError::Closed) => coverage.output_closed = true,
                Err(error) => failure = Some(HuntError::Sink(error)),
            }
        }
        Hunted {
            coverage,
            highest,
            failure,
            kept,
            links_not_followed: 0,
            before: self.before,
            without_files,
        }
    }
}

/// Where findings go that are not written at once.
struct Onward<'c, 'h> {
    sorter: Option<&'c mut ByTime>,
    correlating: Option<&'c mut Correlating<'h>>,
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
        mut report: FileReport,
        findings: &mut Frames<'_>,
        mut onward: Onward<'_, '_>,
    ) -> Result<(), Halt> {
        self.inner += report.inner_weight();
        if let Some(error) = report.broken.take() {
            return Err(error.into());
        }
        let mut result = Ok(());
        while result.is_ok()
            && let Some(frame) = findings.next()?
        {
            self.keep(|log| log.finding(&frame))?;
            match self.copies.meet(&frame.mark)? {
                Seen::New => {}
                // A match that only feeds correlations is no finding, and its copy is none that was dropped.
                _ if frame.body.is_empty() => continue,
                copy => {
                    self.tally.duplicate(copy == Seen::Conflict);
                    continue;
                }
            }
            if let Some(correlating) = onward.correlating.as_mut().filter(|_| !frame.fed.is_empty())
            {
                correlating.take(&frame)?;
            }
            if !frame.body.is_empty() {
                self.copies.share(&frame.mark)?;
            }
            match &mut onward.sorter {
                _ if frame.body.is_empty() => {}
                Some(sorter) => sorter.push(&frame)?,
                None => result = self.write(frame.mark.rule, frame.body),
            }
        }
        if report.listed && report.outcome != Outcome::Read {
            self.progress.told(&report.name, &report.outcome);
        }
        if report.cut {
            // What comes after it would stand in its place.
            self.keep(LogWriter::flush)?;
            self.log = None;
        }
        self.keep(|log| log.file(&report))?;
        self.tally.file(report)?;
        result
    }

    /// Keeps something of what was taken in, if that is to be kept.
    fn keep(&mut self, keep: impl FnOnce(&mut LogWriter) -> io::Result<()>) -> Result<(), Halt> {
        let Some(log) = &mut self.log else { return Ok(()) };
        keep(log).map_err(|error| Halt::Failed(HuntError::Log(error)))
    }

    fn write(&mut self, rule: u32, body: &[u8]) -> Result<(), Halt> {
        self.sink.write(body)?;
        self.tally.finding(usize::try_from(rule).unwrap_or(usize::MAX));
        self.written()
    }

    fn write_correlation(&mut self, correlation: usize, body: &[u8]) -> Result<(), Halt> {
        self.sink.write(body)?;
        self.tally.correlation_finding(correlation);
        self.written()
    }

    fn written(&mut self) -> Result<(), Halt> {
        self.progress.findings(1);
        if self.limit.is_some_and(|limit| self.tally.findings() >= limit) {
            Err(Halt::Limit)
        } else {
            Ok(())
        }
    }
}
