//! Text in, findings out: stages 4 to 7 of the river on one page. No I/O.

use crate::{
    cloudtrail::FileName,
    engine::Engine,
    finding::{Finding, Integrity},
};

/// How to scan; the same for every file of a hunt.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScanOptions {
    /// Skip the gates and evaluate every rule on every record: the slow path.
    pub no_prefilter: bool,
    /// Split and parse every file, so that records are counted exactly and broken ones are told
    /// wherever they stand.
    pub parse_all: bool,
    /// Note the first and last eventTime of each file.
    pub event_times: bool,
    /// Only records whose eventTime is in `[from, to)`, in seconds since the Unix epoch; records
    /// without a readable eventTime are kept and counted.
    pub from: Option<jiff::Timestamp>,
    /// See `from`.
    pub to: Option<jiff::Timestamp>,
}

/// The file a text comes from, as far as findings show it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'f> {
    /// Its name.
    pub name: &'f FileName,
    /// What is known of its integrity.
    pub integrity: Option<Integrity>,
}

/// What a scan tells of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// What the text was.
    pub content: Content,
    /// Records in it.
    pub records: u64,
    /// `records` was counted by splitting the text, not by gate anchors.
    pub exact: bool,
    /// What was wrong with it, as fragments fit for reasons; empty if nothing was.
    pub damage: Vec<String>,
    /// Earliest and latest eventTime, if asked for.
    pub event_times: Option<(String, String)>,
    /// Records whose parameters AWS left out because of their size.
    pub omitted_parameters: u64,
    /// Records kept although their eventTime could not be read while a range was asked for.
    pub records_without_time: u64,
}

/// What a text turned out to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Content {
    /// `CloudTrail` records, or a well-formed container without any.
    #[default]
    Trail,
    /// A known stranger, such as a digest: not events and not meant to be. The word says which.
    Stranger(&'static str),
    /// Not understood; the text says what was seen instead.
    Unknown(String),
}

/// Buffers that a worker reuses from file to file.
#[derive(Debug, Default)]
pub struct Scratch {}

/// Scans texts with one engine. Shared by all workers.
#[derive(Debug)]
pub struct Scanner<'e> {
    engine: &'e Engine,
    options: ScanOptions,
}

impl<'e> Scanner<'e> {
    /// A scanner for `engine`.
    pub fn new(engine: &'e Engine, options: ScanOptions) -> Self {
        Self { engine, options }
    }

    /// Scans one whole text. `found` gets the index of the rule and the finding, in the order of
    /// (record, rule).
    pub fn scan(
        &self,
        origin: Origin<'_>,
        text: &[u8],
        scratch: &mut Scratch,
        found: &mut dyn FnMut(usize, &Finding<'_>),
    ) -> Scanned {
        let _ = (origin, text, scratch, found, self.engine, self.options);
        Scanned::default()
    }

    /// Scans a text that is too large to hold. `read` appends up to that many further bytes and
    /// gives their number, 0 at the end; never more than `window` bytes are held, so a record
    /// larger than that is told as damage. Finds the same as [`Scanner::scan`].
    pub fn scan_stream(
        &self,
        origin: Origin<'_>,
        read: &mut dyn FnMut(&mut Vec<u8>, usize) -> usize,
        window: usize,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(usize, &Finding<'_>),
    ) -> Scanned {
        let _ = (origin, read, window, scratch, found);
        Scanned::default()
    }
}
