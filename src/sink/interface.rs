//! What a format and a sink do, and why findings cannot be written.

use std::io;

use crate::{
    coverage::Coverage,
    finding::{CorrelationFinding, Finding},
};

/// Renders findings. Called by the workers and by the collector, so it is shared and has no state.
pub trait Format: Sync {
    /// What stands before the first finding.
    fn header(&self, out: &mut Vec<u8>);
    /// One finding, whole.
    fn render(&self, finding: &Finding<'_>, out: &mut Vec<u8>);
    /// What a correlation found, whole. These come after all other findings.
    fn render_correlation(&self, finding: &CorrelationFinding<'_>, out: &mut Vec<u8>);
    /// What stands after the last finding.
    fn footer(&self, coverage: &Coverage, out: &mut Vec<u8>);
}

/// Takes rendered findings, in order. Called by the collector alone.
pub trait Sink {
    /// Takes bytes; they need not reach their end before `finish`.
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError>;
    /// The hunt is over and whole: everything is flushed and gets its final name.
    fn finish(self: Box<Self>) -> Result<(), SinkError>;
    /// The hunt ended early: what there is is flushed and stays where it is. Gives the place to
    /// name to the user, if the findings stay in a file.
    fn abandon(self: Box<Self>) -> Option<std::path::PathBuf>;
    /// What was written says nothing, because nothing was searched: no file of it stays.
    fn discard(self: Box<Self>) {
        let _ = self.abandon();
    }
}

/// Why findings could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The reader of a pipe went away. The hunt ends quietly.
    #[error("the reader of the output went away")]
    Closed,
    /// The output cannot be created.
    #[error("cannot create {path}")]
    Create {
        /// The path.
        path: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something is there already.
    #[error("{path} exists and is not empty; --force replaces it")]
    Exists {
        /// The path.
        path: std::path::PathBuf,
    },
    /// Everything is written, and the file cannot be completed or cannot get its name.
    #[error("cannot complete the output; what there is stays in {partial}")]
    Finish {
        /// Where the findings are.
        partial: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write findings")]
    Write(#[source] io::Error),
}
