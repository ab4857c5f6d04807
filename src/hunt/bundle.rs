//! Run bundles: everything that is needed to repeat a hunt, and what it found.
//!
//! A bundle is a folder. Its manifest has the hash and size of every part and is written last, so a
//! bundle without one belongs to a hunt that did not complete. The manifest shows accidental changes.
//! Someone who changes a part on purpose can write a new manifest too, so its own hash is printed, to
//! be kept elsewhere.

mod compare;
mod coverage;
mod read;
mod tee;
mod write;

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

pub use compare::{Brief, Comparing, FindingsCompared};
pub use coverage::{CoverageCompared, FileChanged, FileSeen};
pub use read::{Bundle, MOST_ADDED, RuleNow, RuleOrigin};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
pub use write::{BundleOutput, BundleWriter};

use super::spec::{HuntSpec, PathText};
use crate::{
    coverage::Tool, platform, ruleset::RuleSetError, sigma::Placeholders, sink::SinkError,
    text::hex,
};

/// All findings, as NDJSON.
const FINDINGS: &str = "findings.ndjson";
/// The coverage report, with every file.
const COVERAGE: &str = "coverage.json";
/// The list of the rules.
const RULES: &str = "rules.json";
/// The hunt.
const OPTIONS: &str = "options.json";
/// Hash and size of all the others.
const MANIFEST: &str = "manifest.json";

/// The format of a bundle.
const VERSION: u32 = 2;

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

/// A hunt as a bundle stores it: the specification, and what the files that it names held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundledHunt {
    /// The working folder, at which relative paths begin.
    pub folder: PathText,
    /// The specification.
    pub spec: HuntSpec,
    /// The paths that the file of `files_from` held. They may be gone.
    pub listed: Vec<PathText>,
    /// The values of placeholders.
    pub placeholders: Placeholders,
}

impl BundledHunt {
    /// The inputs by their names: those named, then those listed.
    pub fn inputs(&self) -> impl Iterator<Item = &PathText> {
        self.spec.input.paths.iter().chain(&self.listed)
    }
}

/// `options.json`.
#[derive(Debug, Serialize, Deserialize)]
struct OptionsPart {
    tool: Tool,
    started: String,
    finished: String,
    hunt: BundledHunt,
    /// Parts that hold public keys.
    keys: Vec<String>,
}

/// One line of `rules.json`, in the order in which rules were loaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RulePart {
    /// The part that holds the text.
    part: String,
    /// The name of the rule file.
    name: String,
    sha256: String,
    origin: RuleOrigin,
}

/// `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// The format of the bundle; the first one had no number.
    #[serde(default)]
    version: u32,
    tool: Tool,
    parts: Vec<PartSealed>,
}

/// A part by its hash and size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PartSealed {
    part: String,
    sha256: String,
    bytes: u64,
}

impl PartSealed {
    /// The part as it is now. Only a regular file in the folder is read.
    fn of(folder: &Path, part: &str) -> io::Result<Self> {
        Self::of_open(&platform::open_below(folder, Path::new(part))?, part)
    }

    /// The same, after it was synced to the disk.
    fn of_synced(folder: &Path, part: &str) -> io::Result<Self> {
        let file = platform::open_below(folder, Path::new(part))?;
        file.sync_all()?;
        Self::of_open(&file, part)
    }

    fn of_open(mut file: &File, part: &str) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&buffer[..count]);
                    bytes += count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { part: part.to_owned(), sha256: hex(&hash.finalize()), bytes })
    }
}

#[cfg(test)]
mod tests;
