//! What a worker gets to do: one listed file, and where to begin in it.

use serde::{Deserialize, Serialize};

use crate::archive::ObjectRef;

/// A file to search, and its place in the listing.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) seq: u64,
    pub(super) file: ObjectRef,
    /// A sample leaves it out: only files inside it are searched, if it is a container.
    pub(super) only_inner: bool,
    /// Where to resume in it, if it is a container of which a part is done.
    pub(super) position: Option<Position>,
}

/// The state of a walk through a container at the beginning of one of its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Entries of the outermost container before it.
    pub(super) entry: u64,
    /// Bytes that may still be decompressed.
    pub(super) allowed: u64,
    /// Files reported before.
    pub(super) inner: u64,
    /// Files not opened because of their names.
    pub(super) pruned: u64,
    /// Files left out by a sample.
    pub(super) left_out: u64,
}

/// Where a hunt begins: at the first listed file, or behind what an earlier run completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// The place in the listing, and in the container at that place.
    pub(super) place: (u64, u64),
    /// The position in that container, if a part of it is done.
    pub(super) position: Option<Position>,
}
