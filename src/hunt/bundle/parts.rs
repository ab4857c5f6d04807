//! The parts of a run bundle: their names, and what they hold.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    coverage::Tool,
    hunt::spec::{HuntSpec, PathText},
    platform,
    sigma::Placeholders,
    text::hex,
};

/// All findings, as NDJSON.
pub(super) const FINDINGS: &str = "findings.ndjson";
/// The coverage report, with every file.
pub(super) const COVERAGE: &str = "coverage.json";
/// The list of the rules.
pub(super) const RULES: &str = "rules.json";
/// The hunt.
pub(super) const OPTIONS: &str = "options.json";
/// Hash and size of all the others.
pub(super) const MANIFEST: &str = "manifest.json";

/// The format of a bundle.
pub(super) const VERSION: u32 = 2;

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
pub(super) struct OptionsPart {
    pub(super) tool: Tool,
    pub(super) started: String,
    pub(super) finished: String,
    pub(super) hunt: BundledHunt,
    /// Parts that hold public keys.
    pub(super) keys: Vec<String>,
}

/// One line of `rules.json`, in the order in which rules were loaded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RulePart {
    /// The part that holds the text.
    pub(super) part: String,
    /// The name of the rule file.
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) origin: RuleOrigin,
}

/// `manifest.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The format of the bundle; the first one had no number.
    #[serde(default)]
    pub(super) version: u32,
    pub(super) tool: Tool,
    pub(super) parts: Vec<PartSealed>,
}

/// A part by its hash and size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartSealed {
    pub(super) part: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

impl PartSealed {
    /// The part as it is now. Only a regular file in the folder is read.
    pub(super) fn of(folder: &Path, part: &str) -> io::Result<Self> {
        Self::of_open(&platform::open_below(folder, Path::new(part))?, part)
    }

    /// The same, after it was synced to the disk.
    pub(super) fn of_synced(folder: &Path, part: &str) -> io::Result<Self> {
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

/// Where a rule file of a bundle came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleOrigin {
    /// It was built into the program.
    Builtin,
    /// It was a file.
    File,
}

impl RuleOrigin {
    /// The origin of the rule file of that name.
    pub(super) fn of(name: &str) -> Self {
        if name.starts_with("builtin:") { Self::Builtin } else { Self::File }
    }
}
