//! What became of one file, as a worker reports it to the collector.

use std::io;

use serde::{Deserialize, Serialize};

use super::{job::Position, spool::Spool};
use crate::{cloudtrail::FileName, coverage::Outcome, finding::Integrity, scan::Scanned};

/// What became of a file, or of a file in a container. A checkpoint stores it; what it skips is stored
/// beside it or is of no use later.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileReport {
    /// Its place in the listing: that of the container, if it is inside one.
    pub(super) seq: u64,
    /// Its place in the container.
    pub(super) part: u64,
    /// No other part follows.
    pub(super) last: bool,
    /// It counts as a listed file. A container that was read to its end does not.
    pub(super) listed: bool,
    /// It is a container that was not read to its end, as the hunt stopped.
    #[serde(skip)]
    pub(super) cut: bool,
    /// Where its container was when this part began.
    pub(super) position: Position,
    /// Files inside it that were not opened because of their names.
    pub(super) pruned: u64,
    /// Files inside it that a sample left out; or itself.
    pub(super) left_out: u64,
    /// Its name.
    #[serde(skip)]
    pub(super) name: FileName,
    /// Its outcome.
    pub(super) outcome: Outcome,
    /// The result of the scan, without content and damage, which are in the outcome.
    #[serde(with = "stored_scan")]
    pub(super) scanned: Scanned,
    /// Its bytes as stored.
    pub(super) packed: u64,
    /// Its bytes after decompression.
    pub(super) inflated: u64,
    /// SHA-256 of the decompressed bytes, if files are hashed.
    pub(super) sha256: Option<String>,
    /// What is known of its integrity.
    pub(super) integrity: Option<Integrity>,
    /// Its findings, rendered.
    #[serde(skip)]
    pub(super) findings: Spool,
    /// Its findings could not be stored: the hunt cannot continue.
    #[serde(skip)]
    pub(super) broken: Option<io::Error>,
}

impl Default for FileReport {
    fn default() -> Self {
        Self {
            seq: 0,
            part: 0,
            last: true,
            listed: true,
            cut: false,
            position: Position::default(),
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

impl FileReport {
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

/// How a checkpoint stores the result of a scan.
mod stored_scan {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::scan::{Change, Families, Logging, LoggingChange, Scanned, Trail};

    #[derive(Serialize, Deserialize)]
    struct Stored {
        records: u64,
        event_times: Option<(Timestamp, Timestamp)>,
        omitted_parameters: u64,
        foreign_events: u64,
        rebuilt_records: u64,
        records_without_time: u64,
        families: u8,
        logging: Vec<StoredChange>,
        more_logging: u64,
    }

    #[derive(Serialize, Deserialize)]
    struct StoredChange {
        time: Timestamp,
        account: String,
        region: String,
        trail: String,
        /// The call; none if logging started.
        call: Option<String>,
        /// In which ways it logs less; none if it stopped.
        narrowed: Option<Vec<String>>,
    }

    pub(super) fn serialize<S: Serializer>(scanned: &Scanned, to: S) -> Result<S::Ok, S::Error> {
        Stored {
            records: scanned.records,
            event_times: scanned.event_times,
            omitted_parameters: scanned.omitted_parameters,
            foreign_events: scanned.foreign_events,
            rebuilt_records: scanned.rebuilt_records,
            records_without_time: scanned.records_without_time,
            families: scanned.families.bits(),
            logging: scanned.logging.changes.iter().map(stored).collect(),
            more_logging: scanned.logging.more,
        }
        .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Scanned, D::Error> {
        let stored = Stored::deserialize(from)?;
        let changes = stored.logging.into_iter().map(change).collect::<Option<_>>();
        let changes = changes.ok_or_else(|| D::Error::custom("no such call"))?;
        Ok(Scanned {
            records: stored.records,
            event_times: stored.event_times,
            omitted_parameters: stored.omitted_parameters,
            foreign_events: stored.foreign_events,
            rebuilt_records: stored.rebuilt_records,
            records_without_time: stored.records_without_time,
            families: Families::from_bits(stored.families),
            logging: Logging { changes, more: stored.more_logging },
            ..Scanned::default()
        })
    }

    fn stored(LoggingChange { time, trail, change }: &LoggingChange) -> StoredChange {
        let (call, narrowed) = match change {
            Change::Started => (None, None),
            Change::Stopped(call) => (Some(*call), None),
            Change::Narrowed(call, ways) => (Some(*call), Some(ways.clone())),
        };
        StoredChange {
            time: *time,
            account: trail.account.clone(),
            region: trail.region.clone(),
            trail: trail.name.clone(),
            call: call.map(str::to_owned),
            narrowed,
        }
    }

    /// The change again; `None` if there is no such call.
    fn change(stored: StoredChange) -> Option<LoggingChange> {
        let StoredChange { time, account, region, trail, call, narrowed } = stored;
        let change = match (call, narrowed) {
            (None, None) => Change::Started,
            (Some(call), None) => Change::Stopped(Change::call(&call)?),
            (Some(call), Some(ways)) => Change::Narrowed(Change::call(&call)?, ways),
            (None, Some(_)) => return None,
        };
        Some(LoggingChange { time, trail: Trail { account, region, name: trail }, change })
    }
}
