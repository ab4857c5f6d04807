//! Writes down what the collector takes in, and gives it once more when the hunt resumes.

use std::io;

use super::{
    blocks::{Kind, Reader, Writer},
    item::{Item, ItemReader, ItemWriter},
};
use crate::hunt::{
    job::Start,
    report::FileReport,
    spool::{Frame, Spool},
};

/// Bytes that wait in memory at most, beyond one finding.
const BLOCK: usize = 256 << 10;

/// Writes what the collector takes in.
#[derive(Debug)]
pub(in crate::hunt) struct LogWriter {
    writer: Writer,
    out: ItemWriter,
}

impl LogWriter {
    /// Gives everything that was written, in order, to `take`, until that answers `false`. Returns the
    /// writer of what follows, and where in the listing that begins.
    pub(super) fn replay(
        mut reader: Reader,
        writer: impl FnOnce(&Reader) -> io::Result<Writer>,
        take: &mut dyn FnMut(FileReport, Spool) -> bool,
    ) -> io::Result<Option<(Self, Start)>> {
        let mut start = Start::default();
        let mut findings = Spool::default();
        while let Some(kind) = reader.next()? {
            if kind != Kind::Items {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut items = ItemReader::new(&reader.content);
            while let Some(item) = items.next()? {
                match item {
                    Item::Finding(Frame { mark, event_id, fed, body }) => {
                        findings.push(&mark, event_id, fed, |out| out.extend_from_slice(body))?;
                    }
                    Item::Again => findings.clear(),
                    Item::File(report) => {
                        start = behind(&report)?;
                        if !take(*report, findings.take()) {
                            return Ok(None);
                        }
                    }
                }
            }
        }
        let mut log = Self { writer: writer(&reader)?, out: ItemWriter::default() };
        if !findings.is_empty() {
            log.out.again()?;
        }
        Ok(Some((log, start)))
    }

    /// Writes a finding of the file that is reported next.
    pub(in crate::hunt) fn finding(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.out.finding(frame)?;
        self.flush_if_full()
    }

    /// Writes the report of a file: it and its findings are done.
    pub(in crate::hunt) fn file(&mut self, report: &FileReport) -> io::Result<()> {
        self.out.file(report)?;
        self.flush_if_full()
    }

    fn flush_if_full(&mut self) -> io::Result<()> {
        if self.out.bytes.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    /// Writes what waits in memory.
    pub(in crate::hunt) fn flush(&mut self) -> io::Result<()> {
        if self.out.bytes.is_empty() {
            return Ok(());
        }
        self.writer.append(Kind::Items, &self.out.bytes)?;
        self.out.clear();
        Ok(())
    }
}

/// What comes after a report.
fn behind(report: &FileReport) -> io::Result<Start> {
    let next = |number: u64| number.checked_add(1).ok_or(io::ErrorKind::InvalidData);
    Ok(if report.last {
        Start { place: (next(report.seq)?, 0), position: None }
    } else {
        Start { place: (report.seq, next(report.part)?), position: Some(report.position) }
    })
}
