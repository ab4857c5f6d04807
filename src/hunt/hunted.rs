//! What a hunt came to, and why it could not go on.

use std::{io, path::PathBuf};

use super::checkpoint::CheckpointError;
use crate::{coverage::Coverage, rule::Level, scan::ScanError, sink::SinkError};

/// What a hunt came to, also one that ended early.
#[derive(Debug)]
pub struct Hunted {
    /// What was searched.
    pub coverage: Coverage,
    /// The highest level of a finding that was written.
    pub highest: Option<Level>,
    /// The hunt ended early because the output or the listing failed.
    pub failure: Option<HuntError>,
    /// Where the findings of a hunt that ended early stay.
    pub kept: Option<PathBuf>,
    /// Links to folders that were met and not entered.
    pub links_not_followed: u64,
    /// Files that an earlier run of the same hunt had gone through.
    pub before: u64,
    /// Messages about requested accounts and regions that no file has.
    pub without_files: Vec<String>,
}

/// Why a hunt could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HuntError {
    /// The workers cannot be started.
    #[error("cannot start the worker threads; try fewer with -j")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Another thread cannot be started.
    #[error("cannot start a thread; try fewer with -j")]
    Thread(#[source] io::Error),
    /// The rules cannot be put before the gates.
    #[error("cannot prepare the rules")]
    Rules(#[source] ScanError),
    /// No `CloudTrail` log was in scope, so nothing was searched.
    #[error("{0}")]
    NothingSearched(String),
    /// No rule runs, so nothing can be found.
    #[error("{0}; nothing to hunt with")]
    NoRule(String),
    /// The thread that lists the files died.
    #[error("internal error: the listing thread ended early")]
    Listing,
    /// Findings that wait for their turn, or what became of files, cannot be kept in a temporary file.
    #[error("cannot keep findings or the list of files in a temporary file")]
    Spill(#[source] io::Error),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint can no longer be written.
    #[error("cannot write the checkpoint")]
    Log(#[source] io::Error),
    /// Findings cannot be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl HuntError {
    /// Nothing was searched, so what was written says nothing.
    pub fn is_void(&self) -> bool {
        matches!(self, Self::NothingSearched(_) | Self::NoRule(_))
    }
}
