//! What can be wrong with a run bundle.

use std::{io, path::PathBuf};

use super::parts::MANIFEST;
use crate::{ruleset::RuleSetError, sink::SinkError};

/// Why a bundle cannot be written or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It would overwrite something else.
    #[error("{folder} is not empty: a run bundle needs a new or empty folder")]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A part cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The part.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A part cannot be completed.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// A part cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The part.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no manifest.
    #[error(
        "{folder} is not a complete run bundle: it has no {MANIFEST}, which is written when a hunt completes"
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
    },
    /// Another version of the program wrote it, in another format.
    #[error(
        "{folder} is a run bundle of another version of backtrail ({version}), in a format that this version does not \
         read; repeat it with that version"
    )]
    OtherVersion {
        /// The folder.
        folder: PathBuf,
        /// The version of the program.
        version: String,
    },
    /// There is a link, a pipe or a device where a part or a folder should be.
    #[error("{path} is not a regular file or folder, so the run bundle cannot be written")]
    NotPlain {
        /// The entry.
        path: PathBuf,
    },
    /// Parts are not what the manifest says.
    #[error("the run bundle was changed after it was written: {}", differences.join("; "))]
    Changed {
        /// What differs, part by part.
        differences: Vec<String>,
    },
    /// A part is not what it should be, although the manifest says so.
    #[error("{part} of the run bundle is invalid: {why}")]
    Broken {
        /// The part.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its rules cannot be loaded.
    #[error("cannot load the rules of the run bundle")]
    Rules(#[from] RuleSetError),
    /// Findings or files of the second hunt cannot be stored for the comparison.
    #[error("cannot store findings or the list of files in a temporary file")]
    Spill(#[source] io::Error),
}
