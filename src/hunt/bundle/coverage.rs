//! Compares two coverage reports of one hunt: which files differ.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    io,
};

use serde::Serialize;

use super::{error::BundleError, read::Bundle};
use crate::coverage::{Coverage, FileCovered, Word};

/// What became of a file in one of the hunts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSeen {
    /// Its outcome.
    pub outcome: Word,
    /// Why it was not plainly read.
    pub reasons: Vec<String>,
    /// What digests, or its checksum, said of it.
    pub integrity: Option<Word>,
    /// SHA-256 of its text, if there was any.
    pub sha256: Option<String>,
}

impl From<FileCovered> for FileSeen {
    fn from(file: FileCovered) -> Self {
        let FileCovered { outcome, reasons, integrity, sha256, .. } = file;
        Self { outcome, reasons, integrity, sha256 }
    }
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileChanged {
    /// Its name.
    pub name: String,
    /// What became of it in the first hunt.
    pub before: FileSeen,
    /// What became of it in the second hunt.
    pub now: FileSeen,
}

/// How two coverage reports differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CoverageCompared {
    /// Files of the first hunt.
    pub before: u64,
    /// Files of the second hunt.
    pub now: u64,
    /// Files of the first hunt only.
    pub missing: Vec<String>,
    /// Files of the second hunt only.
    pub new: Vec<String>,
    /// Files with another text or outcome.
    pub changed: Vec<FileChanged>,
    /// Files that were not opened because of their names, in the first and the second hunt.
    pub pruned: (u64, u64),
    /// Rules that ran, in the first and the second hunt.
    pub rules: (u64, u64),
    /// Documents refused, in the first and the second hunt.
    pub refused: (u64, u64),
    /// Correlations that ran, in the first and the second hunt.
    pub correlations: (u64, u64),
}

impl CoverageCompared {
    /// Compares the coverage of a second hunt with that of `bundle`.
    pub fn new(bundle: &Bundle, now: &Coverage) -> Result<Self, BundleError> {
        Self::of(&bundle.coverage()?, now).map_err(BundleError::Spill)
    }

    fn of(before: &Coverage, now: &Coverage) -> io::Result<Self> {
        let mut compared = Self {
            before: before.files.len(),
            now: now.files.len(),
            pruned: (before.pruned.files, now.pruned.files),
            rules: (before.rules.loaded, now.rules.loaded),
            refused: (before.rules.refused, now.rules.refused),
            correlations: (before.correlations.loaded, now.correlations.loaded),
            ..Self::default()
        };
        let files = before.files.iter().collect::<io::Result<Vec<_>>>()?;
        // A name may occur twice: it was given twice, or a container has it twice.
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
            let (before, name) = (FileSeen::from(files[at].clone()), file.name.clone());
            let now = FileSeen::from(file);
            if before != now {
                compared.changed.push(FileChanged { name, before, now });
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
            && pairs.iter().all(|(before, now)| before == now)
    }
}
