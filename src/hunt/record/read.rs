//! Reading a record: the manifest first, then whatever it vouches for.
//!
//! What stands in a record is not trusted further than its form: no part leads out of its folder.

use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    io::{self, BufReader, Read},
    num::NonZeroUsize,
    path::{Component, Path, PathBuf},
    str::FromStr,
};

use globset::GlobSet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    Asked, COVERAGE, Comparing, FINDINGS, MANIFEST, Manifest, OPTIONS, OptionsPart, PartSealed,
    RULES, RecordError, RulePart, ToolNamed, coverage::CoverageRead, hex,
};
use crate::{
    hunt::{Bounds, Memory, Options},
    platform,
    ruleset::{self, Choice, RuleSet, RuleSource},
    source::{Input, ListOptions, OwnFile},
    text::grouped,
    verify::Evidence,
};

/// Bytes of a manifest or of a file of keys at most.
const MOST_BYTES: u64 = 256 << 20;

/// Entries of the folder that are no parts and are named.
pub const MOST_ADDED: usize = 100;

/// Parts that differ from the manifest are named, at most so many.
const MOST_CHANGED: usize = 20;

/// Where a recorded rule file came from.
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

/// A recorded rule file that is no longer the same where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleNow {
    /// Its name.
    pub name: String,
    /// Where it came from.
    pub origin: RuleOrigin,
    /// There is another text now; else there is none that could be read.
    pub there: bool,
}

/// A finished record whose parts are what its manifest says.
#[derive(Debug)]
pub struct Record {
    folder: PathBuf,
    options: OptionsPart,
    rules: Vec<RulePart>,
    manifest_sha256: String,
    added: Vec<String>,
}

impl Record {
    /// Opens a record. Every byte of it is compared with the manifest first.
    pub fn open(folder: &Path) -> Result<Self, RecordError> {
        let bytes = match part_bytes(folder, MANIFEST) {
            Err(RecordError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && folder.is_dir() =>
            {
                return Err(RecordError::Unfinished { folder: folder.to_owned() });
            }
            bytes => bytes?,
        };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| broken(MANIFEST, &error.to_string()))?;
        for part in [FINDINGS, COVERAGE, RULES, OPTIONS] {
            vouched(&manifest, part)?;
        }
        let mut differing = manifest.parts.iter().filter_map(|sealed| changed(folder, sealed));
        let mut told: Vec<_> = differing.by_ref().take(MOST_CHANGED).collect();
        match differing.count() {
            0 if told.is_empty() => {}
            0 => return Err(RecordError::Changed { told }),
            more => {
                told.push(format!("and {more} more"));
                return Err(RecordError::Changed { told });
            }
        }
        let options: OptionsPart = json(folder, OPTIONS)?;
        let rules: Vec<RulePart> = json(folder, RULES)?;
        for part in rules.iter().map(|rule| &rule.part).chain(&options.keys) {
            vouched(&manifest, part)?;
        }
        let added = added(folder, &manifest)
            .map_err(|source| RecordError::Read { path: folder.to_owned(), source })?;
        let manifest_sha256 = hex(&Sha256::digest(&bytes));
        Ok(Self { folder: folder.to_owned(), options, rules, manifest_sha256, added })
    }

    /// SHA-256 of the manifest, which vouches for all parts.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// Files, links and other entries in the folder that are no parts, by their paths below it, at most
    /// [`MOST_ADDED`] of them. None of them is read.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        &self.options.asked
    }

    /// The program that wrote it.
    pub fn tool(&self) -> &ToolNamed {
        &self.options.tool
    }

    /// When the recorded hunt began, RFC 3339.
    pub fn started(&self) -> &str {
        &self.options.started
    }

    /// The recorded rules, chosen as they were.
    pub fn rules(&self) -> Result<RuleSet, RecordError> {
        let sources: Vec<_> = self
            .rules
            .iter()
            .map(|rule| RuleSource::Copy {
                path: self.folder.join(&rule.part),
                name: rule.name.clone(),
            })
            .collect();
        let Asked { rule, exclude_rule, level, placeholders, .. } = self.asked();
        let choice = Choice { rules: rule.clone(), exclude: exclude_rule.clone(), level: *level };
        let rules = RuleSet::load(&sources, &choice, placeholders)?;
        let same = rules
            .files
            .iter()
            .map(|file| &file.sha256)
            .eq(self.rules.iter().map(|rule| &rule.sha256));
        if same { Ok(rules) } else { Err(broken(RULES, "the rules are not those it lists")) }
    }

    /// Public keys, as they were given.
    pub fn keys(&self) -> Result<Vec<Vec<u8>>, RecordError> {
        self.options.keys.iter().map(|part| part_bytes(&self.folder, part)).collect()
    }

    /// The rule files that are not the same any more where they came from.
    pub fn rules_now(&self) -> Vec<RuleNow> {
        let base = self.asked().folder.path();
        let now = |rule: &RulePart| {
            let now = ruleset::sha256_now(&rule.name, &base);
            (now.as_ref() != Some(&rule.sha256)).then(|| RuleNow {
                name: rule.name.clone(),
                origin: rule.origin,
                there: now.is_some(),
            })
        };
        self.rules.iter().filter_map(now).collect()
    }

    /// The inputs where they are now, under the names they had: at `moved`, one place for each, or
    /// where they were. None if `moved` are not as many as the inputs.
    pub fn inputs(&self, moved: &[PathBuf]) -> Option<Vec<Input>> {
        let base = self.asked().folder.path();
        let names = self.asked().inputs.iter().map(super::PathText::path);
        if moved.is_empty() {
            let place = |name: PathBuf| Input::Moved { place: base.join(&name), name };
            return Some(names.map(place).collect());
        }
        (moved.len() == self.asked().inputs.len()).then(|| {
            let places = moved.iter().cloned();
            names.zip(places).map(|(name, place)| Input::Moved { name, place }).collect()
        })
    }

    /// How to list the inputs. `exclude` are the recorded globs, `own_files` what this process writes.
    pub fn listing(&self, exclude: GlobSet, own_files: Vec<OwnFile>) -> ListOptions {
        ListOptions { follow: self.asked().follow, exclude, own_files }
    }

    /// The options of the recorded hunt, for these inputs.
    pub fn options(
        &self,
        inputs: Vec<Input>,
        listing: ListOptions,
        evidence: Option<Evidence>,
        threads: NonZeroUsize,
    ) -> Result<Options, RecordError> {
        let asked = self.asked();
        let time = |text: &Option<String>| {
            let parsed = text.as_deref().map(Timestamp::from_str).transpose();
            parsed.map_err(|error| broken(OPTIONS, &error.to_string()))
        };
        Ok(Options {
            inputs,
            listing,
            bounds: Bounds {
                from: time(&asked.from)?,
                to: time(&asked.to)?,
                late_days: asked.late_days,
                accounts: asked.accounts.clone(),
                regions: asked.regions.clone(),
            },
            sample: None,
            threads,
            access: asked.access,
            max_inflated: asked.max_inflated,
            no_prefilter: asked.no_prefilter,
            detail: asked.detail,
            hash_files: true,
            duplicates: asked.duplicates,
            sort: asked.sort,
            evidence,
            limit: asked.limit,
            memory: Memory::default(),
            journal: None,
            command: self.options.command.clone(),
        })
    }

    /// Begins to compare findings.
    pub fn comparing(&self) -> Result<Comparing, RecordError> {
        Ok(Comparing::new(open(&self.folder, FINDINGS)?))
    }

    /// The recorded coverage.
    pub(super) fn coverage(&self) -> Result<CoverageRead, RecordError> {
        json(&self.folder, COVERAGE)
    }
}

fn broken(part: &str, why: &str) -> RecordError {
    RecordError::Broken { part: part.to_owned(), why: why.to_owned() }
}

/// Whether the manifest has that part, and it is one.
fn vouched(manifest: &Manifest, part: &str) -> Result<(), RecordError> {
    if manifest.parts.iter().any(|sealed| sealed.part == part) {
        Ok(())
    } else {
        Err(broken(MANIFEST, &format!("it does not have {part}")))
    }
}

/// How a part differs from what the manifest says.
fn changed(folder: &Path, sealed: &PartSealed) -> Option<String> {
    let part = &sealed.part;
    if !Path::new(part).components().all(|step| matches!(step, Component::Normal(_))) {
        return Some(format!("{part:?} is no name of a part"));
    }
    // A file can be as long as it likes: only one of the right length is read.
    let length = platform::open_below(folder, Path::new(part)).and_then(|file| file.metadata());
    match length.and_then(|is| match is.len() {
        length if length == sealed.bytes => PartSealed::of(folder, part),
        length => Ok(PartSealed { bytes: length, ..sealed.clone() }),
    }) {
        Ok(is) if is == *sealed => None,
        Ok(is) if is.bytes != sealed.bytes => {
            Some(format!("{part} has {} bytes, not {}", grouped(is.bytes), grouped(sealed.bytes)))
        }
        Ok(_) => Some(format!("{part} has other bytes")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(format!("{part} is missing")),
        Err(error) => Some(format!("{part} cannot be read: {error}")),
    }
}

/// Opens a part. It is a regular file in the folder, or an error.
fn open(folder: &Path, part: &str) -> Result<File, RecordError> {
    platform::open_below(folder, Path::new(part))
        .map_err(|source| RecordError::Read { path: folder.join(part), source })
}

fn json<T: DeserializeOwned>(folder: &Path, part: &str) -> Result<T, RecordError> {
    let file = BufReader::new(open(folder, part)?);
    serde_json::from_reader(file).map_err(|error| broken(part, &error.to_string()))
}

/// The bytes of a small part.
fn part_bytes(folder: &Path, part: &str) -> Result<Vec<u8>, RecordError> {
    let mut bytes = Vec::new();
    let read = open(folder, part)?.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| RecordError::Read { path: folder.join(part), source })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(broken(part, "it is too large"));
    }
    Ok(bytes)
}

/// What is in the folder and is no part.
#[expect(clippy::disallowed_methods, reason = "the folder of the record is listed")]
fn added(folder: &Path, manifest: &Manifest) -> io::Result<Vec<String>> {
    let parts: HashSet<&Path> =
        manifest.parts.iter().map(|sealed| Path::new(&sealed.part)).collect();
    let folders: HashSet<&Path> = parts.iter().filter_map(|part| part.parent()).collect();
    let mut added = BTreeSet::new();
    for below in folders {
        for entry in fs::read_dir(folder.join(below))? {
            let name = below.join(entry?.file_name());
            let is_known = parts.contains(name.as_path())
                || name == Path::new(MANIFEST)
                || parts.iter().any(|part| part.parent().is_some_and(|it| it.starts_with(&name)));
            if !is_known {
                added.insert(name.display().to_string());
                if added.len() > MOST_ADDED {
                    added.pop_last();
                }
            }
        }
    }
    Ok(added.into_iter().collect())
}
