//! Digest chains: which files are exactly what AWS delivered.
//!
//! Everything works on files alone: digests, public keys saved before, and signatures from side
//! files or from the digest after. First all digests are read and judged ([`Evidence`]), then each
//! log file is held against the hash that they list. What is not proved is said and why; a digest
//! that is forged cannot make the work loop or grow, as nothing follows what it names: names are
//! looked up among the files that are there.
//!
//! Whether a chain goes on after its newest digest, no digest can say.

mod chain;
mod descent;
mod evidence;
mod keys;
mod lake;
mod load;
mod logs;
mod report;
mod scope;
mod seals;
mod signature;
mod spans;
mod sweep;

use std::{num::NonZeroUsize, sync::atomic::AtomicBool};

pub use evidence::Evidence;
pub use keys::{Keys, KeysError};
pub use report::{
    Chain, Conclusion, DigestCounts, FileCounts, Kind, LogCounts, Query, Report, Row,
};
pub use scope::Scope;
pub use spans::{Gap, Span, Why};

use crate::source::{Access, Input, ListOptions};

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

/// What is known of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// It is what AWS delivered.
    Valid = 1,
    /// It may be, and that cannot be proved.
    Unproved,
    /// No digest names it.
    Unlisted,
    /// It cannot be read whole, or other data stands behind it.
    Damaged,
    /// It is named and not there.
    Missing,
    /// A digest whose signature is none of the key it names.
    BadSignature,
    /// It is not what a digest says.
    Modified,
}

impl Verdict {
    /// The word shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unproved => "unproved",
            Self::Unlisted => "unlisted",
            Self::Damaged => "damaged",
            Self::Missing => "missing",
            Self::BadSignature => "bad_signature",
            Self::Modified => "modified",
        }
    }

    /// It proves that something was changed or taken away.
    pub fn is_tampering(self) -> bool {
        matches!(self, Self::Missing | Self::BadSignature | Self::Modified)
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
/// report says so.
pub fn run(
    options: &Options,
    keys: &Keys,
    watch: &dyn Watch,
    interrupt: &AtomicBool,
) -> Result<Report, VerifyError> {
    let evidence = Evidence::gather(options, keys, watch, interrupt)?;
    let logs = logs::judge(options, &evidence, watch, interrupt)?;
    Ok(report::report(&evidence, logs, keys, interrupt))
}
