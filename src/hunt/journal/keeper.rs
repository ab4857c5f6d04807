//! What the collector took in, kept as it comes, and given once more when the hunt goes on.

use std::io;

use super::{
    blocks::{Kind, Reader, Writer},
    code::{Decoder, Encoder},
    report::{Item, item, put_again, put_finding, put_report},
};
use crate::hunt::{
    spool::{Frame, Spool},
    visitor::Entered,
    worker::Report,
};

/// Bytes that wait in memory at most, beyond one finding.
const BLOCK: usize = 256 << 10;

/// Keeps what the collector takes in.
#[derive(Debug)]
pub(in crate::hunt) struct Keeper {
    writer: Writer,
    out: Encoder,
}

/// Where a hunt goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::hunt) struct Start {
    /// The place in the listing, and in the bundle that stands there.
    pub(in crate::hunt) place: (u64, u64),
    /// Where in that bundle, if a part of it is done.
    pub(in crate::hunt) entered: Option<Entered>,
}

impl Keeper {
    /// Gives everything that was kept, in order, to `take`, until that answers `false`. Goes on behind
    /// it, and tells where in the listing that is.
    pub(super) fn replay(
        mut reader: Reader,
        writer: impl FnOnce(&Reader) -> io::Result<Writer>,
        take: &mut dyn FnMut(Report, Spool) -> bool,
    ) -> io::Result<Option<(Self, Start)>> {
        let mut start = Start::default();
        let mut findings = Spool::default();
        while let Some(kind) = reader.next()? {
            if kind != Kind::Taken {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut from = Decoder::new(&reader.content);
            while !from.bytes.is_empty() {
                match item(&mut from).ok_or(io::ErrorKind::InvalidData)? {
                    Item::Finding(Frame { mark, event_id, fed, body }) => {
                        findings.push(&mark, event_id, fed, |out| out.extend_from_slice(body))?;
                    }
                    Item::Again => findings.clear(),
                    Item::File(report) => {
                        start = behind(&report);
                        if !take(*report, findings.take()) {
                            return Ok(None);
                        }
                    }
                }
            }
        }
        let mut keeper = Self { writer: writer(&reader)?, out: Encoder::default() };
        if !findings.is_empty() {
            put_again(&mut keeper.out);
        }
        Ok(Some((keeper, start)))
    }

    /// Keeps a finding of the file that is reported next.
    pub(in crate::hunt) fn finding(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        put_finding(frame, &mut self.out);
        if self.out.bytes.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    /// Keeps what became of a file: it and its findings are done.
    pub(in crate::hunt) fn file(&mut self, report: &Report) -> io::Result<()> {
        put_report(report, &mut self.out);
        if self.out.bytes.len() < BLOCK { Ok(()) } else { self.flush() }
    }

    /// Writes what waits.
    pub(in crate::hunt) fn flush(&mut self) -> io::Result<()> {
        if self.out.bytes.is_empty() {
            return Ok(());
        }
        self.writer.append(Kind::Taken, &self.out.bytes)?;
        self.out.clear();
        Ok(())
    }
}

/// What comes after a report.
fn behind(report: &Report) -> Start {
    if report.last {
        Start { place: (report.seq + 1, 0), entered: None }
    } else {
        Start { place: (report.seq, report.part + 1), entered: Some(report.entered) }
    }
}
