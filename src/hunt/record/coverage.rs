//! Two coverage records of one hunt: which files are not what they were.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    io,
};

use serde::{Deserialize, Serialize};

use super::{Record, RecordError};
use crate::coverage::{Coverage, FileCovered};

/// What is read of a recorded coverage.
#[derive(Debug, Deserialize)]
pub(super) struct CoverageRead {
    files: Vec<FileRead>,
    pruned: PrunedRead,
    rules: RulesRead,
    correlations: CorrelationsRead,
}

#[derive(Debug, Deserialize)]
struct FileRead {
    name: String,
    name_raw: Option<String>,
    #[serde(flatten)]
    seen: FileSeen,
}

#[derive(Debug, Deserialize)]
struct PrunedRead {
    files: u64,
}

#[derive(Debug, Deserialize)]
struct RulesRead {
    loaded: u64,
    refused: u64,
}

#[derive(Debug, Deserialize)]
struct CorrelationsRead {
    loaded: u64,
}

/// What became of a file in one of the hunts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSeen {
    /// Its outcome.
    pub outcome: String,
    /// Why it was not plainly read.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// What digests, or its checksum, said of it.
    #[serde(default)]
    pub integrity: Option<String>,
    /// SHA-256 of its text, if there was any.
    #[serde(default)]
    pub sha256: Option<String>,
}

impl FileSeen {
    fn of(file: &FileCovered) -> Self {
        Self {
            outcome: file.outcome.to_owned(),
            reasons: file.reasons.clone(),
            integrity: file.integrity.map(str::to_owned),
            sha256: file.sha256.clone(),
        }
    }

    fn is(&self, file: &FileCovered) -> bool {
        self.outcome == file.outcome
            && self.reasons == file.reasons
            && self.integrity.as_deref() == file.integrity
            && self.sha256 == file.sha256
    }
}

/// A file that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChanged {
    /// Its name.
    pub name: String,
    /// What became of it in the recorded hunt.
    pub recorded: FileSeen,
    /// What became of it now.
    pub now: FileSeen,
}

/// How two coverage records differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CoverageCompared {
    /// Files of the recorded hunt.
    pub recorded: u64,
    /// Files of this one.
    pub now: u64,
    /// Files that are no longer there.
    pub missing: Vec<String>,
    /// Files that were not there.
    pub new: Vec<String>,
    /// Files with another text or outcome.
    pub changed: Vec<FileChanged>,
    /// Files that were not opened because of their names, recorded and now.
    pub pruned: (u64, u64),
    /// Rules that ran, recorded and now.
    pub rules: (u64, u64),
    /// Documents refused, recorded and now.
    pub refused: (u64, u64),
    /// Correlations that ran, recorded and now.
    pub correlations: (u64, u64),
}

impl CoverageCompared {
    /// Compares the coverage of a second hunt with that of `record`.
    pub fn new(record: &Record, now: &Coverage) -> Result<Self, RecordError> {
        Self::of(record.coverage()?, now).map_err(RecordError::Spill)
    }

    fn of(recorded: CoverageRead, now: &Coverage) -> io::Result<Self> {
        let CoverageRead { files, pruned, rules, correlations } = recorded;
        let mut compared = Self {
            recorded: files.len() as u64,
            now: now.files.len(),
            pruned: (pruned.files, now.pruned.files),
            rules: (rules.loaded, now.rules.loaded),
            refused: (rules.refused, now.rules.refused),
            correlations: (correlations.loaded, now.correlations.loaded),
            ..Self::default()
        };
        // A name can stand there twice, if it was given twice or a bundle has it twice.
        let mut places: HashMap<(&str, Option<&str>), RefCell<VecDeque<usize>>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            let name = (file.name.as_str(), file.name_raw.as_deref());
            places.entry(name).or_default().get_mut().push_back(at);
        }
        let mut met = vec![false; files.len()];
        for file in &now.files {
            let file = file?;
            let name = (file.name.as_str(), file.name_raw.as_deref());
            let place = places.get(&name).and_then(|places| places.borrow_mut().pop_front());
            let Some(at) = place else {
                compared.new.push(file.name);
                continue;
            };
            met[at] = true;
            if !files[at].seen.is(&file) {
                compared.changed.push(FileChanged {
                    recorded: files[at].seen.clone(),
                    now: FileSeen::of(&file),
                    name: file.name,
                });
            }
        }
        let missing = files.iter().zip(met).filter(|(_, met)| !met);
        compared.missing = missing.map(|(file, _)| file.name.clone()).collect();
        Ok(compared)
    }

    /// Nothing differs.
    pub fn is_same(&self) -> bool {
        let pairs = [self.pruned, self.rules, self.refused, self.correlations];
        self.missing.is_empty()
            && self.new.is_empty()
            && self.changed.is_empty()
            && pairs.iter().all(|(recorded, now)| recorded == now)
    }
}
