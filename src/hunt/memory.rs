//! What a hunt may hold in memory, and which part of it each holder gets.
//!
//! Texts, and buffers for one record or one finding, are apart from it: `--max-inflated` bounds those.

use serde::{Deserialize, Serialize};

/// Bytes of memory that a hunt may use beside texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory(pub usize);

impl Default for Memory {
    /// 1 GiB.
    fn default() -> Self {
        Self(1 << 30)
    }
}

impl Memory {
    /// The smallest value accepted: less does not hold the buffers for temporary files.
    pub const LEAST: usize = 16 << 20;

    /// Hashes of findings, to recognize copies; more of them are looked up on disk.
    pub(super) fn of_copies(self) -> usize {
        self.0 / 4
    }

    /// Findings in several accounts, sorted.
    pub(super) fn of_shared(self) -> usize {
        self.0 / 64
    }

    /// Findings sorted by time.
    pub(super) fn of_sorting(self) -> usize {
        self.0 / 16
    }

    /// Rendered findings of files that were read before their turn.
    pub(super) fn of_waiting(self) -> usize {
        self.0 / 16
    }

    /// Rows of events for correlations, all levels together.
    pub(super) fn of_rows(self) -> usize {
        self.0 / 16
    }

    /// The window of the correlation that is running.
    pub(super) fn of_window(self) -> usize {
        self.0 / 8
    }

    /// What correlations found, sorted.
    pub(super) fn of_correlated(self) -> usize {
        self.0 / 16
    }

    /// The files of the coverage report.
    pub(super) fn of_files(self) -> usize {
        self.0 / 64 * 3
    }
}
