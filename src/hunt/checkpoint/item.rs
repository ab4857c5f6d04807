//! What the collector takes in, as blocks hold it: the findings of a file, then its report.

use std::io;

use serde::{Deserialize, Serialize};

use super::names::{Bytes, CutName, LastName};
use crate::hunt::{
    report::FileReport,
    spool::{Frame, Mark},
};

/// One thing that the collector took in. A report is written from a reference and read whole.
#[derive(Debug, Serialize, Deserialize)]
enum Stored<'b, R> {
    /// A finding of the file whose report follows.
    Finding {
        mark: Mark,
        #[serde(borrow)]
        event_id: Bytes<'b>,
        fed: Bytes<'b>,
        body: Bytes<'b>,
    },
    /// The report of a file.
    File { name: CutName<'b>, raw_hex: Option<&'b str>, report: R },
    /// The hunt was interrupted in a file and begins it again: its findings so far do not count.
    Again,
}

/// An item without a report.
type Plain<'b> = Stored<'b, ()>;

/// The same as it is read.
#[derive(Debug)]
pub(super) enum Item<'b> {
    Finding(Frame<'b>),
    File(Box<FileReport>),
    Again,
}

/// Collects items for a block.
#[derive(Debug, Default)]
pub(super) struct ItemWriter {
    pub(super) bytes: Vec<u8>,
    last: LastName,
}

impl ItemWriter {
    pub(super) fn finding(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let [event_id, fed, body] = [frame.event_id, frame.fed, frame.body].map(Bytes);
        self.put(&Plain::Finding { mark: frame.mark, event_id, fed, body })
    }

    pub(super) fn file(&mut self, report: &FileReport) -> io::Result<()> {
        let name = self.last.cut(&report.name.display);
        self.put(&Stored::File { name, raw_hex: report.name.raw_hex.as_deref(), report })
    }

    pub(super) fn again(&mut self) -> io::Result<()> {
        self.put(&Plain::Again)
    }

    /// Begins another block.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.last.clear();
    }

    fn put(&mut self, item: &Stored<'_, impl Serialize>) -> io::Result<()> {
        postcard::to_io(item, &mut self.bytes).map(drop).map_err(io::Error::other)
    }
}

/// Reads the items of a block.
#[derive(Debug)]
pub(super) struct ItemReader<'b> {
    bytes: &'b [u8],
    last: LastName,
}

impl<'b> ItemReader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, last: LastName::default() }
    }

    /// The next item; `None` at the end. A corrupt item is an error.
    pub(super) fn next(&mut self) -> io::Result<Option<Item<'b>>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (item, rest) = postcard::take_from_bytes::<Stored<'b, FileReport>>(self.bytes)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.bytes = rest;
        Ok(Some(match item {
            Stored::Finding { mark, event_id, fed, body } => {
                Item::Finding(Frame { mark, event_id: event_id.0, fed: fed.0, body: body.0 })
            }
            Stored::File { name, raw_hex, mut report } => {
                report.name.display = self.last.join(name).ok_or(io::ErrorKind::InvalidData)?;
                report.name.raw_hex = raw_hex.map(str::to_owned);
                Item::File(Box::new(report))
            }
            Stored::Again => Item::Again,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cloudtrail::FileName,
        coverage::Outcome,
        finding::Integrity,
        hunt::{job::Position, spool::SharedAction},
        scan::{Change, Families, Logging, LoggingChange, Scanned, Trail},
    };

    fn reports() -> Vec<FileReport> {
        let trail = Trail { account: "1".to_owned(), region: String::new(), name: "é".to_owned() };
        let change = |change| LoggingChange {
            time: "2026-01-01T00:00:00.5Z".parse().expect("a time"),
            trail: trail.clone(),
            change,
        };
        let logging = Logging {
            changes: vec![
                change(Change::Started),
                change(Change::Stopped("StopLogging")),
                change(Change::Narrowed("UpdateTrail", vec!["one".to_owned(), "two".to_owned()])),
            ],
            more: 7,
        };
        let scanned = Scanned {
            records: 9,
            event_times: Some((jiff::Timestamp::MIN, jiff::Timestamp::MAX)),
            omitted_parameters: 3,
            rebuilt_records: 8,
            foreign_events: 6,
            families: Families::from_bits(5),
            logging,
            records_without_time: 2,
            ..Scanned::default()
        };
        vec![
            FileReport { seq: u64::MAX, name: FileName::of(b"a\xFFb"), ..FileReport::default() },
            FileReport {
                part: 3,
                last: false,
                listed: false,
                outcome: Outcome::Salvaged(vec!["x".to_owned(), "y".to_owned()]),
                scanned,
                position: Position { entry: 1, allowed: 2, inner: 3, pruned: 4, left_out: 5 },
                sha256: Some("00".to_owned()),
                integrity: Some(Integrity::Modified),
                packed: 1 << 40,
                ..FileReport::default()
            },
            FileReport { outcome: Outcome::Skipped("s".to_owned()), ..FileReport::default() },
            FileReport { outcome: Outcome::Failed("f".to_owned()), ..FileReport::default() },
        ]
    }

    fn bytes() -> io::Result<Vec<u8>> {
        let mut out = ItemWriter::default();
        let mark = Mark {
            rule: 4,
            shared: Some(SharedAction { id: [1; 8], recipient: [2; 8] }),
            time: -1,
            ..Mark::default()
        };
        out.finding(&Frame { mark, body: b"body", ..Frame::default() })?;
        out.again()?;
        for report in reports() {
            out.file(&report)?;
        }
        Ok(out.bytes)
    }

    #[test]
    fn items_come_back_as_they_were_written() -> io::Result<()> {
        let bytes = bytes()?;
        let mut from = ItemReader::new(&bytes);
        let Some(Item::Finding(frame)) = from.next()? else { panic!("the finding comes first") };
        assert_eq!((frame.mark.rule, frame.mark.time, frame.body), (4, -1, &b"body"[..]));
        assert!(matches!(from.next()?, Some(Item::Again)));
        for report in reports() {
            let Some(Item::File(back)) = from.next()? else { panic!("a report") };
            assert_eq!(format!("{back:?}"), format!("{report:?}"));
        }
        assert!(from.next()?.is_none());
        Ok(())
    }

    /// Reads to the first error or the end; how many items there are.
    fn count(bytes: &[u8]) -> usize {
        let mut from = ItemReader::new(bytes);
        std::iter::from_fn(|| from.next().ok().flatten()).count()
    }

    #[test]
    fn a_cut_block_has_fewer_items() -> io::Result<()> {
        let bytes = bytes()?;
        assert_eq!(count(&bytes), 2 + reports().len());
        for cut in 0..bytes.len() {
            assert!(count(&bytes[..cut]) < 2 + reports().len(), "cut at {cut}");
        }
        Ok(())
    }

    /// Lengths that a block claims must not decide how much memory is allocated.
    #[test]
    fn a_changed_byte_is_an_error_or_another_item_and_never_a_panic() -> io::Result<()> {
        let bytes = bytes()?;
        for at in 0..bytes.len() {
            for value in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] = value;
                assert!(count(&changed) <= changed.len(), "{value} at {at}");
            }
        }
        Ok(())
    }
}
