//! How a hunt reports its progress, and how it is stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{cloudtrail::FileName, coverage::Outcome};

/// Receives the progress of a hunt. Called from several threads.
pub trait Progress: Sync {
    /// So many more files were listed.
    fn listed(&self, files: u64);
    /// No more files will be listed.
    fn listing_done(&self);
    /// A file is done: its bytes as stored and after decompression.
    fn file_done(&self, packed: u64, inflated: u64);
    /// So many more findings were written.
    fn findings(&self, written: u64);
    /// The outcome of a file that is not plainly read; in the order of the listing.
    fn told(&self, name: &FileName, outcome: &Outcome);
}

/// Tells all threads of a hunt to end.
#[derive(Debug)]
pub(super) struct Signal<'h> {
    pub(super) interrupt: &'h AtomicBool,
    pub(super) halt: AtomicBool,
}

impl Signal<'_> {
    pub(super) fn stopped(&self) -> bool {
        self.interrupted() || self.halt.load(Ordering::Relaxed)
    }

    pub(super) fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    pub(super) fn halt(&self) {
        self.halt.store(true, Ordering::Relaxed);
    }
}
