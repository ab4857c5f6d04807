//! The run record: all that is needed to hunt again, and what was found.
//!
//! A record is a folder. Its manifest has the hash and size of every part and is written last, so a
//! record without one is that of a hunt that did not come to its end. The manifest shows what was
//! changed by accident or without care; who changes a part can write another manifest too, so its own
//! hash is told, to be kept elsewhere.

mod compare;
mod coverage;
mod read;
mod twin;
mod write;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::File,
    io::{self, Read as _},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

pub use compare::{Brief, Comparing, FindingsCompared};
pub use coverage::{CoverageCompared, FileChanged, FileSeen};
pub use read::{MOST_ADDED, Record, RuleNow, RuleOrigin};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
pub use write::{Beside, Recorder};

use super::{Detail, Duplicates, Sort};
use crate::{
    archive::Access, platform, rule::Level, ruleset::RuleSetError, sigma::Placeholders,
    sink::SinkError,
};

/// All findings, as NDJSON.
const FINDINGS: &str = "findings.ndjson";
/// The coverage record, with every file.
const COVERAGE: &str = "coverage.json";
/// What stands in the folder of rules.
const RULES: &str = "rules.json";
/// What was asked for.
const OPTIONS: &str = "options.json";
/// Hash and size of all the others.
const MANIFEST: &str = "manifest.json";

/// Why a record cannot be written or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It would be written over something else.
    #[error("{folder} is not empty: a record wants a folder of its own")]
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
        "{folder} is no finished record: it has no {MANIFEST}, which is written when a hunt has come to its end"
    )]
    Unfinished {
        /// The folder.
        folder: PathBuf,
    },
    /// There is a link, a pipe or a device where a part or a folder should be.
    #[error("{path} is not a regular file or folder, and a record is not written through it")]
    NotPlain {
        /// The entry.
        path: PathBuf,
    },
    /// Parts are not what the manifest says.
    #[error("the record was changed after it was written: {}", told.join("; "))]
    Changed {
        /// What differs, part by part.
        told: Vec<String>,
    },
    /// A part is not what it should be, although the manifest says so.
    #[error("{part} of the record cannot be understood: {why}")]
    Broken {
        /// The part.
        part: String,
        /// What is wrong with it.
        why: String,
    },
    /// The recorded rules cannot be loaded.
    #[error("cannot load the recorded rules")]
    Rules(#[from] RuleSetError),
    /// What the second hunt found, or what became of its files, cannot be kept for comparing.
    #[error("cannot keep findings or the list of files in a temporary file")]
    Spill(#[source] io::Error),
}

/// A path in JSON: text, or the bytes of what is no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathText {
    /// It is UTF-8.
    Text(String),
    /// It is not.
    Bytes {
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl From<&Path> for PathText {
    fn from(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes { bytes: path.as_os_str().as_bytes().to_vec() },
        }
    }
}

impl PathText {
    /// The path.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes { bytes } => OsStr::from_bytes(bytes).into(),
        }
    }
}

/// What a hunt was asked for, as far as it says what is found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// The working folder, which relative paths begin at.
    pub folder: PathText,
    /// The inputs by their names, as given.
    pub inputs: Vec<PathText>,
    /// How many of them, the last ones, came from a list. These may be gone.
    pub from_list: usize,
    /// Links to folders were entered.
    pub follow: bool,
    /// Globs of names left out.
    pub exclude: Vec<String>,
    /// Rules chosen.
    pub rule: Vec<String>,
    /// Rules not wanted.
    pub exclude_rule: Vec<String>,
    /// The lowest level wanted.
    pub level: Option<Level>,
    /// Values of placeholders.
    pub placeholders: Placeholders,
    /// Earliest event time, RFC 3339.
    pub from: Option<String>,
    /// First event time not wanted, RFC 3339.
    pub to: Option<String>,
    /// Days that a file may be delivered late.
    pub late_days: u32,
    /// Accounts wanted.
    pub accounts: Vec<String>,
    /// Regions wanted.
    pub regions: Vec<String>,
    /// Files were held against digests.
    pub verify: bool,
    /// How closely the coverage record looks.
    pub detail: Detail,
    /// What becomes of copies.
    pub duplicates: Duplicates,
    /// The order of findings.
    pub sort: Sort,
    /// Most findings wanted.
    pub limit: Option<u64>,
    /// How files are opened.
    pub access: Access,
    /// The cap for one inflated file.
    pub max_inflated: usize,
    /// Every rule is evaluated on every record.
    pub no_prefilter: bool,
}

/// The program that wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolNamed {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl ToolNamed {
    /// This program.
    pub fn this() -> Self {
        let crate::coverage::Tool { name, version } = crate::coverage::Tool::default();
        Self { name: name.to_owned(), version: version.to_owned() }
    }
}

/// `options.json`.
#[derive(Debug, Serialize, Deserialize)]
struct OptionsPart {
    tool: ToolNamed,
    started: String,
    finished: String,
    /// The options by their names on the command line, for people.
    command: BTreeMap<String, serde_json::Value>,
    /// The same as it is hunted again.
    asked: Asked,
    /// Parts that hold public keys.
    keys: Vec<String>,
}

/// One line of `rules.json`; they stand in the order in which rules were loaded.
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
    tool: ToolNamed,
    parts: Vec<PartSealed>,
}

/// What the manifest says of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PartSealed {
    part: String,
    sha256: String,
    bytes: u64,
}

impl PartSealed {
    /// What is there now. Only a regular file in the folder is read.
    fn of(folder: &Path, part: &str) -> io::Result<Self> {
        Self::of_open(&platform::open_below(folder, Path::new(part))?, part)
    }

    /// The same, and it is on the disk afterwards.
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

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests;
