//! Digest chains: which files are exactly what AWS delivered.
//!
//! Everything works on files alone: digests, public keys saved before, and signatures from side
//! files or from the digest after. First all digests are read and judged, then those that are proved
//! are read again for what they list ([`Evidence`]), then each log file is compared with that.
//!
//! Anyone can add files. So only what is proved accuses: a log file is missing or modified if a
//! proved digest says so, and gaps are between proved digests. What others say is reported apart.
//! Nothing follows from digest to digest and no list is held in memory, so a forged digest cannot
//! make the work loop, and costs no more than other files of its size.
//!
//! Whether a chain continues after its newest digest, no digest can say.

mod chain;
mod doubts;
mod entries;
mod evidence;
mod keys;
mod lake;
mod load;
mod logs;
mod names;
mod report;
mod rows;
mod scope;
mod signature;
mod spans;
mod spill;
mod sweep;
mod table;
mod verdict;
mod visitor;

use std::{
    io,
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, Ordering},
};

pub use doubts::KeyRequest;
pub use entries::NotCompared;
pub use evidence::Evidence;
pub use keys::{Keys, KeysError};
pub use report::{Chain, Conclusion, DigestCounts, FileCounts, LogCounts, Query, Report};
pub use rows::{Kind, Row, Rows};
pub use scope::Scope;
pub use spans::{Gap, Span, Why};
pub use verdict::Verdict;

use crate::archive::{Access, Input, Limits, ListOptions, Store, Walk};

/// What is verified, and how. The edge resolves it; nothing is looked up later.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where digests and log files are, in this order.
    pub inputs: Vec<Input>,
    /// How folders are walked, and what is left out of them.
    pub listing: ListOptions,
    /// What is asked for.
    pub scope: Scope,
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// How files are opened.
    pub access: Access,
    /// Bytes of inflated text that one worker holds; a larger log file is streamed.
    pub max_inflated: usize,
}

impl Options {
    /// How each object is walked.
    fn walk<'w>(&'w self, store: &'w dyn Store) -> Walk<'w> {
        let limits = Limits { max_inflated: self.max_inflated };
        Walk { store, limits, exclude: &self.listing.exclude }
    }
}

/// Watches the work. Called from several threads.
pub trait Watch: Sync {
    /// One more file will be read.
    fn listed(&self);
    /// No more files will be listed in this pass; there are two.
    fn listing_done(&self);
    /// A file was read: its bytes as stored and after inflating.
    fn read(&self, packed: u64, inflated: u64);
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is nothing to verify with.
    #[error("no digest files found")]
    NoDigests {
        /// Files that were listed.
        files: u64,
        /// A few accounts and regions that have digests and are not in scope.
        out_of_scope: Vec<String>,
    },
    /// What does not fit in memory cannot be kept in a temporary file.
    #[error("cannot use a temporary file")]
    Spill(#[source] io::Error),
    /// The workers cannot be started.
    #[error("cannot start the worker threads; try fewer with -j")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Another thread cannot be started.
    #[error("cannot start a thread; try fewer with -j")]
    Thread(#[source] std::io::Error),
    /// The thread that lists the files died.
    #[error("the listing broke off: an internal error")]
    Listing,
}

/// Verifies everything that `options` name. Once `interrupt` is true no new file is begun, and the
/// report says so. Without any digest or signed query there is nothing to verify, which is an error.
pub fn run(
    options: &Options,
    keys: &Keys,
    watch: &dyn Watch,
    interrupt: &AtomicBool,
) -> Result<Report, VerifyError> {
    let evidence = Evidence::gather_with(options, keys, watch, interrupt, true)?;
    if evidence.is_empty() && !interrupt.load(Ordering::Relaxed) {
        return Err(evidence.nothing_to_verify());
    }
    let logs = logs::judge(options, &evidence, watch, interrupt)?;
    report::report(&evidence, logs, keys, interrupt).map_err(VerifyError::Spill)
}
