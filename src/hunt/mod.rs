//! Who drives: a lister, workers, and a collector that puts everything back in order.
//!
//! The same archive and options give the same findings for any number of threads. A hunt stops
//! early for three reasons only: it cannot be planned, its output cannot be written, or the user
//! interrupts it; what was found until then is whole, and the coverage record says so.

mod collect;
mod grid;
mod hunted;
mod options;
mod outcome;
mod plan;
mod sort;
mod spool;
mod tally;
mod window;
mod worker;

use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossbeam_channel::{bounded, unbounded};
use jiff::Timestamp;

pub use hunted::{HuntError, Hunted};
pub use options::{Bounds, Detail, Duplicates, Options, Sort};

use self::{
    collect::Collector,
    plan::{Ended, Gate, Outlets, Pruner},
    worker::{Shop, Worker},
};
use crate::{
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Engine,
    ruleset::RuleSet,
    scan::Scanner,
    sink::{Format, Sink},
    source::{Listing, LocalSource},
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
    mut options: Options,
    rules: &RuleSet,
    engine: &Engine,
    format: &dyn Format,
    sink: Box<dyn Sink>,
    progress: &dyn Progress,
    interrupt: &AtomicBool,
) -> Result<Hunted, HuntError> {
    let started = now();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.get())
        .build()
        .map_err(HuntError::Threads)?;
    let signal = Signal { interrupt, halt: AtomicBool::new(false) };
    let gate = Gate::default();
    // A long list of names is not kept twice.
    let listing = Listing::new(mem::take(&mut options.inputs), mem::take(&mut options.listing));
    let options = &options;
    let pruner = Pruner::new(&options.bounds);
    let source = LocalSource::new(options.access);
    let scanner = Scanner::new(engine, options.scan()).map_err(HuntError::Rules)?;
    let shop = Shop { options, source: &source, scanner: &scanner, format, progress };
    let mut collector = Collector::new(options, rules, format, sink, progress);

    let (jobs_in, jobs) = unbounded();
    let (reports_in, reports) = bounded(options.threads.get() * 2);
    let ended = thread::scope(|scope| {
        let outlets = Outlets {
            jobs: jobs_in,
            reports: reports_in.clone(),
            gate: &gate,
            signal: &signal,
            progress,
        };
        let lister = scope.spawn(|| {
            let outlets = outlets;
            plan::list(listing, &pruner, &outlets)
        });
        let (shop, signal) = (&shop, &signal);
        scope.spawn(move || pool.broadcast(|_| Worker::new(shop).run(&jobs, &reports_in, signal)));
        collector.collect(&reports, &gate, signal);
        lister.join().map_err(|_| HuntError::Listing)
    });
    let (end, failure) =
        ended.map_or_else(|error| (Ended::default(), Some(error)), |end| (end, None));
    let mut hunted =
        collector.finish(pruner.pruned(end.pruned), started, signal.interrupted(), failure, now);
    hunted.links_not_followed = end.links_not_followed;
    Ok(hunted)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the coverage record says when; nothing else asks the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
