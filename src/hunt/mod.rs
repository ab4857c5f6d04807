//! Who drives: a lister, workers, and a collector that puts everything back in order.
//!
//! The same archive and options give the same findings for any number of threads. A hunt stops
//! early for three reasons only: it cannot be planned, its output cannot be written, or the user
//! interrupts it; what was found until then is whole, and the coverage record says so.

mod blind;
mod collect;
mod copies;
mod correlating;
mod drive;
mod fed;
mod grid;
mod hunted;
pub mod journal;
mod measure;
mod memory;
mod meter;
mod options;
mod outcome;
mod pass;
mod plan;
pub mod record;
mod sample;
mod scope;
mod seal;
mod seen;
mod spool;
mod tally;
mod visitor;
mod window;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};

pub use hunted::{HuntError, Hunted};
pub use journal::Journal;
pub use measure::{Measured, floor, profile};
pub use memory::Memory;
pub use meter::Spent;
pub use options::{Bounds, Detail, Duplicates, Options, Sort};
pub use sample::Sample;

use self::drive::{Task, Work};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Engine,
    ruleset::RuleSet,
    sink::{Format, Sink},
};

/// Watches a hunt. Called from several threads.
pub trait Progress: Sync {
    /// So many more files were listed.
    fn listed(&self, files: u64);
    /// No more files will be listed.
    fn listing_done(&self);
    /// A file was hunted through: its bytes as stored and after inflating.
    fn file_done(&self, packed: u64, inflated: u64);
    /// So many more findings were written.
    fn findings(&self, written: u64);
    /// What became of a file that is not plainly read; in the order of the listing.
    fn told(&self, name: &FileName, outcome: &Outcome);
}

/// Tells all threads of a hunt to end.
#[derive(Debug)]
struct Signal<'h> {
    interrupt: &'h AtomicBool,
    halt: AtomicBool,
}

impl Signal<'_> {
    fn stopped(&self) -> bool {
        self.interrupted() || self.halt.load(Ordering::Relaxed)
    }

    fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    fn halt(&self) {
        self.halt.store(true, Ordering::Relaxed);
    }
}

/// Hunts through everything `options` name, and writes what `engine` finds to `sink`.
///
/// When `interrupt` becomes true no new file is started; those in flight end and are written.
/// An error means that nothing was read; what goes wrong later is in [`Hunted::failure`].
pub fn run(
    options: Options,
    rules: &RuleSet,
    engine: &Engine,
    format: &dyn Format,
    sink: Box<dyn Sink>,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Hunted, HuntError> {
    let task = Task { rules, engine, format, progress, interrupt, work: Work::Hunt };
    Ok(drive::drive(options, task, sink)?.hunted)
}
