//! One file through the whole river: fetch, inflate, scan, render.
//!
//! Each worker owns its buffers and reuses them from file to file. Whatever a file holds, it ends
//! in exactly one report: damage is told in it, and a panic is caught and told as a failure.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    str::FromStr,
};

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    Detail, Options, Progress, Signal, Sort,
    drive::Work,
    outcome, seal,
    spool::{Mark, Spool},
};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    engine::{Costs, Stopwatch},
    finding::{Finding, Integrity},
    scan::{self, Origin, Scanned, Scanner},
    sink::Format,
    source::{Damage, Inflated, Limits, LogFile, Packed, Source, TextBuffer, TextStream, inflate},
};

/// A file to hunt through, and its place in the listing.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) seq: u64,
    pub(super) file: LogFile,
}

/// All that is left of a file once it was hunted through.
#[derive(Debug)]
pub(super) struct Report {
    /// Its place in the listing.
    pub(super) seq: u64,
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
            name: FileName::default(),
            outcome: Outcome::Read,
            scanned: Scanned { exact: true, ..Scanned::default() },
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
        Self { seq, name, outcome: Outcome::Failed(reason), ..Self::default() }
    }
}

/// What all workers share.
pub(super) struct Shop<'h> {
    pub(super) options: &'h Options,
    pub(super) source: &'h dyn Source,
    pub(super) scanner: &'h Scanner<'h>,
    pub(super) format: &'h dyn Format,
    pub(super) progress: &'h dyn Progress,
    pub(super) work: Work,
}

/// However low the cap, a record of this many bytes is found in a streamed file: AWS writes records
/// of 256 KB, and a smaller window would lose them.
const LEAST_WINDOW: usize = 1 << 20;

/// Stored bytes of a streamed file that stay mapped behind where it is read.
const RELEASED_AT_ONCE: u64 = 8 << 20;

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

    /// Hands over what there is; `false` if nobody takes it any more.
    fn hand_over(&mut self, reports: &Sender<Vec<Report>>) -> bool {
        self.weight = 0;
        self.reports.is_empty() || reports.send(std::mem::take(&mut self.reports)).is_ok()
    }
}

/// One worker and its buffers.
pub(super) struct Worker<'h> {
    shop: &'h Shop<'h>,
    scratch: Scratch,
}

struct Scratch {
    packed: Vec<u8>,
    text: TextBuffer,
    scan: scan::Scratch,
    /// Pieces of a stream that nobody looks at.
    held: Vec<u8>,
}

impl Scratch {
    fn new(scanner: &Scanner<'_>, costs: Option<Box<Costs>>) -> Self {
        let mut scan = scanner.scratch();
        *scan.costs() = costs;
        Self { packed: Vec::new(), text: TextBuffer::default(), scan, held: Vec::new() }
    }
}

impl<'h> Worker<'h> {
    pub(super) fn new(shop: &'h Shop<'h>) -> Self {
        let costs = (shop.work == Work::Profile).then(|| Box::new(shop.scanner.costs()));
        Self { shop, scratch: Scratch::new(shop.scanner, costs) }
    }

    /// Works until there are no more jobs or the hunt stops. A job that was taken is ended. Gives
    /// what the rules cost, if that was counted.
    ///
    /// Reports are handed over a batch at a time: waking the collector for each of a million small
    /// files would cost more than inflating them.
    pub(super) fn run(
        mut self,
        jobs: &Receiver<Job>,
        reports: &Sender<Vec<Report>>,
        signal: &Signal<'_>,
    ) -> Option<Box<Costs>> {
        let mut batch = Batch::default();
        loop {
            // Nothing is held back while there is nothing to do: the listing may wait for it.
            let job = match jobs.try_recv() {
                Ok(job) => job,
                Err(_) if !batch.hand_over(reports) => break,
                Err(_) => match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => break,
                },
            };
            if signal.stopped() {
                batch.hand_over(reports);
                break;
            }
            batch.add(self.work(job));
            if batch.is_full() && !batch.hand_over(reports) {
                break;
            }
        }
        self.scratch.scan.costs().take()
    }

    /// Hunts through one file. Never panics: what panics below has failed, and is told.
    pub(super) fn work(&mut self, job: Job) -> Report {
        let Job { seq, file } = job;
        let worked = catch_unwind(AssertUnwindSafe(|| self.hunt(&file)));
        let report = worked.unwrap_or_else(|panic| {
            // The buffers may have been left in any state.
            let costs = self.scratch.scan.costs().take();
            self.scratch = Scratch::new(self.shop.scanner, costs);
            let what = panic.downcast_ref::<&str>().copied();
            let what = what
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            Report {
                outcome: Outcome::Failed(format!("internal error: {what}")),
                ..Report::default()
            }
        });
        self.shop.progress.file_done(report.packed, report.inflated);
        Report { seq, name: file.name, ..report }
    }

    /// The river.
    fn hunt(&mut self, file: &LogFile) -> Report {
        let Shop { options, source, .. } = *self.shop;
        let Scratch { packed, text, scan, held } = &mut self.scratch;
        let expected = file.named || outcome::named_like_data(&file.name.display);
        let failed =
            |reason: String| Report { outcome: Outcome::Failed(reason), ..Report::default() };

        let packed = match source.fetch(file, packed) {
            Ok(packed) => packed,
            Err(error) => return failed(error.to_string()),
        };
        let size = packed.bytes().len() as u64;
        if size == 0 {
            return Report { outcome: outcome::empty(expected), ..Report::default() };
        }
        let limits = Limits { max_inflated: options.max_inflated };
        let mut pass = Pass {
            shop: self.shop,
            file,
            scan,
            held,
            integrity: None,
            spool: Spool::default(),
            broken: None,
        };
        let mut done = match inflate(packed.bytes(), limits, text) {
            Ok(Inflated::Whole { text, damage }) => pass.whole(text, &damage),
            Ok(Inflated::Stream(stream)) => {
                pass.integrity = seal::expected(options, &file.name);
                pass.stream(stream, &packed)
            }
            Err(error) => return Report { packed: size, ..failed(error.to_string()) },
        };
        if let Some(integrity) = done.late {
            pass.integrity = Some(integrity);
            if !pass.spool.is_empty() {
                done = pass.again(&packed, limits, text).unwrap_or(done);
            }
        }
        let outcome = outcome::judge(expected, done.damage, done.inflated, &mut done.scanned);
        Report {
            outcome,
            scanned: done.scanned,
            packed: size,
            inflated: done.inflated,
            sha256: done.sha256,
            integrity: pass.integrity,
            findings: pass.spool,
            broken: pass.broken,
            ..Report::default()
        }
    }
}

/// One pass of the scanner over one file.
struct Pass<'p, 'h> {
    shop: &'h Shop<'h>,
    file: &'p LogFile,
    scan: &'p mut scan::Scratch,
    held: &'p mut Vec<u8>,
    integrity: Option<Integrity>,
    spool: Spool,
    broken: Option<io::Error>,
}

/// What one pass told.
struct Done {
    scanned: Scanned,
    inflated: u64,
    damage: Vec<String>,
    sha256: Option<String>,
    /// The integrity of a stream, if findings had been rendered with another one before its end.
    late: Option<Integrity>,
}

impl Pass<'_, '_> {
    fn whole(&mut self, text: &[u8], damage: &[Damage]) -> Done {
        let hash = self.is_hashed().then(|| Sha256::digest(text).into());
        self.integrity = self.judged(hash.as_ref(), damage);
        let scanned = if self.shop.work == Work::Floor {
            touch(text);
            Scanned::default()
        } else {
            self.scanned(|scanner, origin, scan, found| scanner.scan(origin, text, scan, found))
        };
        Done {
            scanned,
            inflated: text.len() as u64,
            damage: told(damage),
            sha256: self.shown(hash.as_ref()),
            late: None,
        }
    }

    fn stream(&mut self, mut stream: TextStream<'_>, packed: &Packed<'_>) -> Done {
        let window = self.shop.options.max_inflated.max(LEAST_WINDOW);
        let mut hash = self.is_hashed().then(Sha256::new);
        let mut inflated = 0;
        let mut reading = self.stopwatch();
        let mut released = 0;
        let mut read = |out: &mut Vec<u8>, want: usize| {
            let start = out.len();
            let count = reading.time(|| stream.read(out, want));
            // What has been inflated of a mapped file need not stay in memory.
            let consumed = stream.packed_consumed();
            if consumed >= released + RELEASED_AT_ONCE {
                packed.release(consumed);
                released = consumed;
            }
            inflated += count as u64;
            if let Some(hash) = &mut hash {
                hash.update(&out[start..]);
            }
            count
        };
        let scanned = if self.shop.work == Work::Floor {
            self.held.clear();
            while read(self.held, LEAST_WINDOW) > 0 {
                touch(self.held);
                self.held.clear();
            }
            Scanned::default()
        } else {
            self.scanned(|scanner, origin, scan, found| {
                scanner.scan_stream(origin, &mut read, window, scan, found)
            })
        };
        self.timed(Stopwatch::default(), reading);
        let damage = stream.damage();
        let hash = hash.map(|hash| hash.finalize().into());
        let integrity = self.judged(hash.as_ref(), damage);
        Done {
            scanned,
            inflated,
            damage: told(damage),
            sha256: self.shown(hash.as_ref()),
            late: integrity.filter(|_| integrity != self.integrity),
        }
    }

    /// A stream tells only at its end that its checksum fails, or that its digest lists another text.
    /// What was found until then is thrown away and found again, so that every finding says so.
    fn again(
        &mut self,
        packed: &Packed<'_>,
        limits: Limits,
        text: &mut TextBuffer,
    ) -> Option<Done> {
        self.spool = Spool::default();
        match inflate(packed.bytes(), limits, text).ok()? {
            Inflated::Whole { text, damage } => Some(self.whole(text, &damage)),
            Inflated::Stream(stream) => Some(self.stream(stream, packed)),
        }
    }

    fn is_hashed(&self) -> bool {
        self.shop.options.evidence.is_some() || self.shop.options.detail == Detail::All
    }

    fn judged(&self, hash: Option<&[u8; 32]>, damage: &[Damage]) -> Option<Integrity> {
        seal::judged(self.shop.options, &self.file.name, hash, damage)
    }

    /// The hash for the coverage record.
    fn shown(&self, hash: Option<&[u8; 32]>) -> Option<String> {
        hash.filter(|_| self.shop.options.detail == Detail::All).map(|hash| hex(hash))
    }

    /// Runs `scan` and spools what it finds.
    fn scanned(
        &mut self,
        scan: impl FnOnce(
            &Scanner<'_>,
            Origin<'_>,
            &mut scan::Scratch,
            &mut dyn FnMut(usize, &Finding<'_>),
        ) -> Scanned,
    ) -> Scanned {
        let mut scanning = self.stopwatch();
        let by_time = self.shop.options.sort == Sort::Time;
        let format = self.shop.format;
        let (spool, broken) = (&mut self.spool, &mut self.broken);
        let mut found = |rule: usize, finding: &Finding<'_>| {
            if broken.is_some() {
                return;
            }
            let event_id = finding.event_id.as_deref().filter(|_| by_time).unwrap_or_default();
            let mark = mark(rule, finding, by_time);
            *broken =
                spool.push(&mark, event_id.as_bytes(), |out| format.render(finding, out)).err();
        };
        let origin = Origin { name: &self.file.name, integrity: self.integrity };
        let scanned = scanning.time(|| scan(self.shop.scanner, origin, self.scan, &mut found));
        self.timed(scanning, Stopwatch::default());
        scanned
    }

    /// A stopwatch that runs for a profile only.
    fn stopwatch(&self) -> Stopwatch {
        Stopwatch::new(self.shop.work == Work::Profile)
    }

    /// Tells a profile what time was spent.
    fn timed(&mut self, scanning: Stopwatch, reading: Stopwatch) {
        if let Some(costs) = self.scan.costs() {
            costs.scanned(scanning, reading);
        }
    }
}

/// Looks at a byte of every page: plain text that is mapped is not read before that.
fn touch(text: &[u8]) {
    std::hint::black_box(text.iter().step_by(4096).fold(0_u8, |all, byte| all ^ byte));
}

/// Damage as reasons.
fn told(damage: &[Damage]) -> Vec<String> {
    damage.iter().map(ToString::to_string).collect()
}

/// What the collector must know of a finding.
///
/// A copy is known by rule and event id, or by rule and record where there is no event id. The
/// hash is SHA-256 cut to 128 bits: an archive cannot be written so that one finding hides another.
fn mark(rule: usize, finding: &Finding<'_>, by_time: bool) -> Mark {
    let content = Sha256::digest(finding.event.as_bytes());
    let mut unit = Sha256::new();
    unit.update((rule as u64).to_le_bytes());
    if let Some(id) = finding.event_id.as_deref().filter(|id| !id.is_empty()) {
        unit.update(b"i");
        unit.update(id.as_bytes());
    } else {
        unit.update(b"r");
        unit.update(content);
    }
    let time =
        finding.time.as_deref().filter(|_| by_time).and_then(|time| Timestamp::from_str(time).ok());
    Mark {
        rule: u32::try_from(rule).unwrap_or(u32::MAX),
        unit: first(&unit.finalize()),
        content: first(&content),
        time: time.map_or(i128::MAX, Timestamp::as_nanosecond),
    }
}

/// The first `N` bytes of a hash.
fn first<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(hash) {
        *to = *from;
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests;
