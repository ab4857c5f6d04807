//! Text in, findings out: stages 4 to 7 of the river. No I/O.
//!
//! The prefilter searches the whole text first. In a text written as AWS writes it, counting brackets
//! gives the bounds of its records and proves that it holds nothing else; any other text is split into
//! its records. Rules are evaluated on the records around a hit. Large texts come in pieces.

mod beside;
mod bounds;
mod describe;
mod encoded;
mod families;
mod fingerprints;
mod flaw;
mod hits;
mod key_filter;
mod logging;
#[cfg(test)]
mod made;
mod name_gate;
mod packed;
mod pass;
mod prefilter;
mod resync;
mod scanned;
mod split;
mod survey;
mod traces;
mod transcode;
mod unwrap;
mod walk;

pub use self::{
    families::Families,
    flaw::Flaw,
    logging::{Change, Logging, LoggingChange, Trail},
    pass::Scratch,
    prefilter::ScanError,
    scanned::{Content, Scanned},
};
use self::{flaw::Planted, prefilter::Prefilter};
use crate::{
    cloudtrail::{Event, FileName},
    engine::{Costs, Engine},
    finding::{Finding, Integrity},
};

/// How to scan; the same for every file of a hunt.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScanOptions {
    /// Skip the gates and evaluate every rule on every record: the slow path.
    pub no_prefilter: bool,
    /// Split and parse every file, to count records exactly and to tell all broken ones.
    pub parse_all: bool,
    /// Note the first and last time of the records of each file. Every file is split for it.
    pub event_times: bool,
    /// Only records with a time in `[from, to)`, or without a readable one.
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

/// Is shown each record that is parsed, from several threads.
pub type Observer<'o> = dyn Fn(&Event<'_>) + Sync + 'o;

/// Scans texts with one engine. Shared by all workers.
pub struct Scanner<'e> {
    engine: &'e Engine,
    prefilter: Prefilter,
    options: ScanOptions,
    observer: Option<&'e Observer<'e>>,
    planted: Planted,
    /// Bytes of a stream that are scanned at once.
    piece: usize,
}

impl std::fmt::Debug for Scanner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("options", &self.options).finish_non_exhaustive()
    }
}

impl<'e> Scanner<'e> {
    /// A scanner for `engine`.
    pub fn new(engine: &'e Engine, options: ScanOptions) -> Result<Self, ScanError> {
        Self::build(engine, options, Planted::default())
    }

    /// A scanner that parses every record, whatever the rules, and shows it to `observer`.
    pub fn observed(
        engine: &'e Engine,
        options: ScanOptions,
        observer: &'e Observer<'e>,
    ) -> Result<Self, ScanError> {
        let options = ScanOptions { parse_all: true, ..options };
        Ok(Self { observer: Some(observer), ..Self::new(engine, options)? })
    }

    fn build(
        engine: &'e Engine,
        options: ScanOptions,
        planted: Planted,
    ) -> Result<Self, ScanError> {
        let prefilter = Prefilter::new(engine, planted)?;
        Ok(Self { engine, prefilter, options, observer: None, planted, piece: pass::PIECE })
    }

    /// Whether matches of the rule at `index` are findings, and do not only feed correlations.
    pub fn is_reported(&self, index: usize) -> bool {
        self.engine.is_reported(index)
    }

    /// Counts for a profile of its rules, to be put into a worker's [`Scratch`].
    pub fn costs(&self) -> Costs {
        Costs::new(self.engine)
    }

    /// Buffers for one worker of this scanner.
    pub fn scratch(&self) -> Scratch {
        Scratch::new(self.prefilter.scratch(), self.prefilter.scratch())
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
        transcode::whole(self, origin, text, scratch, found)
    }

    /// Scans a text that is too large to hold. `read` appends up to that many further bytes and
    /// gives their number, 0 at the end; never more than `window` bytes are held, so a record
    /// larger than that is told as damage. Finds the same as [`Scanner::scan`], but for records after a broken
    /// one in a text that is not written as AWS writes it: there the search goes on in the piece that is held,
    /// and may take another object for the next record.
    pub fn scan_stream(
        &self,
        origin: Origin<'_>,
        read: &mut dyn FnMut(&mut Vec<u8>, usize) -> usize,
        window: usize,
        scratch: &mut Scratch,
        found: &mut dyn FnMut(usize, &Finding<'_>),
    ) -> Scanned {
        transcode::stream(self, origin, read, window, scratch, found)
    }
}
