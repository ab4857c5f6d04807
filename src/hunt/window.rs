//! Reports that arrived before their turn.
//!
//! Workers finish in any order; the window gives their reports out in the order of the listing.
//! The findings it holds take a bounded number of bytes; what is beyond goes to one temporary
//! file. The report that is next is never put aside.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use super::{
    report::FileReport,
    spool::{Frames, Spool},
};

/// The reports that wait for an earlier one.
#[derive(Debug)]
pub(super) struct Window {
    /// Bytes of findings that may wait in memory.
    memory: usize,
    /// Place in the listing, and in the bundle that stands there.
    next: (u64, u64),
    held: BTreeMap<(u64, u64), (FileReport, Findings)>,
    bytes: usize,
    spill: Spill,
}

/// Where the findings of a report are.
#[derive(Debug)]
enum Findings {
    Here(Spool),
    Spilled { offset: u64, length: u64 },
}

/// One temporary file for all that memory does not hold.
#[derive(Debug, Default)]
struct Spill {
    file: Option<File>,
    end: u64,
    live: usize,
}

impl Window {
    /// A window over what comes from `next` on, as reports of places before are known.
    pub(super) fn from(next: (u64, u64), memory: usize) -> Self {
        Self { memory, next, held: BTreeMap::new(), bytes: 0, spill: Spill::default() }
    }

    /// Whether the report is of a place before.
    pub(super) fn has_passed(&self, report: &FileReport) -> bool {
        (report.seq, report.part) < self.next
    }

    /// Takes a report; it may be the next one.
    pub(super) fn put(&mut self, mut report: FileReport) -> io::Result<()> {
        let spool = std::mem::take(&mut report.findings);
        let place = (report.seq, report.part);
        let is_next = place == self.next;
        let over = spool.is_filed() || self.bytes + spool.held() > self.memory;
        let findings = if over && !is_next && !spool.is_empty() {
            self.spill.put(spool)?
        } else {
            self.bytes += spool.held();
            Findings::Here(spool)
        };
        self.held.insert(place, (report, findings));
        Ok(())
    }

    /// The next report and its findings, if it has arrived.
    pub(super) fn next(&mut self) -> io::Result<Option<(FileReport, Frames<'_>)>> {
        let Some((report, findings)) = self.held.remove(&self.next) else { return Ok(None) };
        self.next = behind(&report);
        self.open(report, findings).map(Some)
    }

    /// The first report held, whether or not an earlier one is missing: for the end of a hunt that
    /// was stopped, when what is missing will not come.
    pub(super) fn first(&mut self) -> io::Result<Option<(FileReport, Frames<'_>)>> {
        let Some((_, (report, findings))) = self.held.pop_first() else { return Ok(None) };
        self.next = behind(&report);
        self.open(report, findings).map(Some)
    }

    /// The place in the listing that everything waits for.
    pub(super) fn awaited(&self) -> u64 {
        self.next.0
    }

    fn open(
        &mut self,
        report: FileReport,
        findings: Findings,
    ) -> io::Result<(FileReport, Frames<'_>)> {
        Ok(match findings {
            Findings::Here(spool) => {
                self.bytes -= spool.held();
                (report, spool.into_frames()?)
            }
            Findings::Spilled { offset, length } => (report, self.spill.open(offset, length)?),
        })
    }
}

/// The place behind that of a report.
fn behind(report: &FileReport) -> (u64, u64) {
    if report.last { (report.seq + 1, 0) } else { (report.seq, report.part + 1) }
}

impl Spill {
    fn put(&mut self, spool: Spool) -> io::Result<Findings> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        if self.live == 0 {
            self.end = 0;
        }
        let offset = self.end;
        file.seek(SeekFrom::Start(offset))?;
        let length = spool.copy(file)?;
        self.end += length;
        self.live += 1;
        Ok(Findings::Spilled { offset, length })
    }

    fn open(&mut self, offset: u64, length: u64) -> io::Result<Frames<'_>> {
        self.live -= 1;
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        file.seek(SeekFrom::Start(offset))?;
        Ok(Frames::filed(file.take(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::spool::Mark, *};

    fn report(seq: u64, body: usize) -> io::Result<FileReport> {
        let mut report = FileReport { seq, ..FileReport::default() };
        let mark = Mark { rule: u32::try_from(seq).unwrap_or(u32::MAX), ..Mark::default() };
        report.findings.push(&mark, b"", b"", |out| out.resize(out.len() + body, b'x'))?;
        Ok(report)
    }

    fn drain(window: &mut Window) -> io::Result<Vec<(u64, u32)>> {
        let mut out = Vec::new();
        while let Some((report, mut findings)) = window.next()? {
            let rule = findings.next()?.map(|frame| frame.mark.rule);
            out.push((report.seq, rule.expect("the finding is there")));
            assert_eq!(findings.next()?, None, "and it is the only one");
        }
        Ok(out)
    }

    #[test]
    fn reports_leave_in_order_of_the_listing() -> io::Result<()> {
        let mut window = Window::from((0, 0), 8 << 20);
        for seq in [2, 1, 3] {
            window.put(report(seq, 10)?)?;
        }
        assert_eq!(drain(&mut window)?, []);
        window.put(report(0, 10)?)?;
        assert_eq!(drain(&mut window)?, [(0, 0), (1, 1), (2, 2), (3, 3)]);
        assert_eq!(window.awaited(), 4);
        Ok(())
    }

    #[test]
    fn parts_of_a_bundle_leave_in_their_order_and_before_what_follows_it() -> io::Result<()> {
        let part = |seq, part, last| -> io::Result<FileReport> {
            Ok(FileReport { part, last, ..report(seq, 10)? })
        };
        let mut window = Window::from((0, 0), 8 << 20);
        for (seq, at, last) in [(1, 1, false), (2, 0, true), (1, 0, false)] {
            window.put(part(seq, at, last)?)?;
        }
        assert_eq!(drain(&mut window)?, []);
        window.put(part(0, 0, true)?)?;
        assert_eq!(drain(&mut window)?.len(), 3, "as far as they have come");
        assert_eq!(window.awaited(), 1);
        window.put(part(1, 2, true)?)?;
        assert_eq!(drain(&mut window)?, [(1, 1), (2, 2)]);
        assert_eq!(window.awaited(), 3);
        Ok(())
    }

    #[test]
    fn findings_over_the_bound_wait_on_disk_and_come_back_whole() -> io::Result<()> {
        let mut window = Window::from((0, 0), 8 << 20);
        for seq in 1..80 {
            window.put(report(seq, 1 << 20)?)?;
        }
        assert!(window.bytes <= 8 << 20);
        assert!(window.spill.live > 0, "some went to disk");
        window.put(report(0, 1)?)?;
        assert_eq!(drain(&mut window)?.len(), 80);
        assert_eq!((window.bytes, window.spill.live), (0, 0));
        Ok(())
    }

    #[test]
    fn what_will_not_come_is_passed_over_at_the_end() -> io::Result<()> {
        let mut window = Window::from((0, 0), 8 << 20);
        window.put(report(5, 1)?)?;
        window.put(report(3, 1)?)?;
        assert_eq!(window.first()?.map(|(report, _)| report.seq), Some(3));
        assert_eq!(window.first()?.map(|(report, _)| report.seq), Some(5));
        assert!(window.first()?.is_none());
        Ok(())
    }
}
