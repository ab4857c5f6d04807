//! Reads a run bundle: the manifest first, then the parts that it lists.
//!
//! A bundle may be hostile: no part leads out of its folder, and only regular files are read.

use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::{
    compare::Comparing,
    error::BundleError,
    parts::{
        BundledHunt, COVERAGE, FINDINGS, MANIFEST, Manifest, OPTIONS, OptionsPart, PartSealed,
        RULES, RuleOrigin, RulePart, VERSION,
    },
};
use crate::{
    archive::Input,
    coverage::{Coverage, Tool},
    hunt::spec::RuleSpec,
    platform,
    ruleset::{self, Choice, RuleSet, RuleSource},
    text::{grouped, hex},
};

/// Bytes of a manifest or of a file of keys at most.
const MOST_BYTES: u64 = 256 << 20;

/// Added entries of the folder that are named, at most.
pub const MOST_ADDED: usize = 100;

/// Parts that differ from the manifest are named, at most so many.
const MOST_CHANGED: usize = 20;

/// A rule file that is no longer the same where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleNow {
    /// Its name.
    pub name: String,
    /// Where it came from.
    pub origin: RuleOrigin,
    /// There is another text now; otherwise there is none that can be read.
    pub there: bool,
}

/// A complete run bundle whose parts match its manifest.
#[derive(Debug)]
pub struct Bundle {
    folder: PathBuf,
    options: OptionsPart,
    rules: Vec<RulePart>,
    manifest_sha256: String,
    added: Vec<String>,
}

impl Bundle {
    /// Opens a bundle. Every byte of it is compared with the manifest first.
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let bytes = match part_bytes(folder, MANIFEST) {
            Err(BundleError::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && folder.is_dir() =>
            {
                return Err(BundleError::Unfinished { folder: folder.to_owned() });
            }
            bytes => bytes?,
        };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| broken(MANIFEST, &error.to_string()))?;
        if manifest.version != VERSION {
            let version = manifest.tool.version.into_owned();
            return Err(BundleError::OtherVersion { folder: folder.to_owned(), version });
        }
        for part in [FINDINGS, COVERAGE, RULES, OPTIONS] {
            ensure_listed(&manifest, part)?;
        }
        let mut changed = manifest.parts.iter().filter_map(|sealed| changed(folder, sealed));
        let mut differences: Vec<_> = changed.by_ref().take(MOST_CHANGED).collect();
        if !differences.is_empty() {
            match changed.count() {
                0 => {}
                more => differences.push(format!("and {more} more")),
            }
            return Err(BundleError::Changed { differences });
        }
        let options: OptionsPart = json(folder, OPTIONS)?;
        let rules: Vec<RulePart> = json(folder, RULES)?;
        for part in rules.iter().map(|rule| &rule.part).chain(&options.keys) {
            ensure_listed(&manifest, part)?;
        }
        let added = added(folder, &manifest)
            .map_err(|source| BundleError::Read { path: folder.to_owned(), source })?;
        let manifest_sha256 = hex(&Sha256::digest(&bytes));
        Ok(Self { folder: folder.to_owned(), options, rules, manifest_sha256, added })
    }

    /// SHA-256 of the manifest, which has the hashes of all parts.
    pub fn manifest_sha256(&self) -> &str {
        &self.manifest_sha256
    }

    /// Files, links and other entries in the folder that are not parts, by their paths below it, at
    /// most [`MOST_ADDED`] of them. None of them is read.
    pub fn added(&self) -> &[String] {
        &self.added
    }

    /// The hunt.
    pub fn hunt(&self) -> &BundledHunt {
        &self.options.hunt
    }

    /// The program that wrote it.
    pub fn tool(&self) -> &Tool {
        &self.options.tool
    }

    /// When the hunt began, RFC 3339.
    pub fn started(&self) -> &str {
        &self.options.started
    }

    /// The rules of the bundle, selected as they were.
    pub fn rules(&self) -> Result<RuleSet, BundleError> {
        let sources: Vec<_> = self
            .rules
            .iter()
            .map(|rule| RuleSource::Copy {
                path: self.folder.join(&rule.part),
                name: rule.name.clone(),
            })
            .collect();
        let RuleSpec { rule, exclude_rule, level, .. } = &self.hunt().spec.rules;
        let choice = Choice { rules: rule.clone(), exclude: exclude_rule.clone(), level: *level };
        let rules = RuleSet::load(&sources, &choice, &self.hunt().placeholders)?;
        let same = rules
            .files
            .iter()
            .map(|file| &file.sha256)
            .eq(self.rules.iter().map(|rule| &rule.sha256));
        if same { Ok(rules) } else { Err(broken(RULES, "the rules are not those it lists")) }
    }

    /// Public keys, as they were given.
    pub fn keys(&self) -> Result<Vec<Vec<u8>>, BundleError> {
        self.options.keys.iter().map(|part| part_bytes(&self.folder, part)).collect()
    }

    /// The rule files that are no longer the same where they came from.
    pub fn rules_now(&self) -> Vec<RuleNow> {
        let now = |rule: &RulePart| {
            let now = ruleset::sha256_now(&rule.name, &self.hunt().folder);
            (now.as_ref() != Some(&rule.sha256)).then(|| RuleNow {
                name: rule.name.clone(),
                origin: rule.origin,
                there: now.is_some(),
            })
        };
        self.rules.iter().filter_map(now).collect()
    }

    /// The inputs where they are now, under the names they had: at `moved`, one place for each, or
    /// where they were. `None` if there are not as many places as inputs.
    pub fn inputs(&self, moved: &[PathBuf]) -> Option<Vec<Input>> {
        let base = &self.hunt().folder;
        let names = self.hunt().inputs().map(|name| name.to_path_buf());
        if moved.is_empty() {
            let place = |name: PathBuf| Input::Moved { place: base.join(&name), name };
            return Some(names.map(place).collect());
        }
        (moved.len() == self.hunt().inputs().count()).then(|| {
            let places = moved.iter().cloned();
            names.zip(places).map(|(name, place)| Input::Moved { name, place }).collect()
        })
    }

    /// Begins to compare findings.
    pub fn comparing(&self) -> Result<Comparing, BundleError> {
        Ok(Comparing::new(open(&self.folder, FINDINGS)?))
    }

    /// Its coverage report.
    pub(super) fn coverage(&self) -> Result<Coverage, BundleError> {
        json(&self.folder, COVERAGE)
    }
}

fn broken(part: &str, why: &str) -> BundleError {
    BundleError::Broken { part: part.to_owned(), why: why.to_owned() }
}

/// Refuses a part that the manifest does not list.
fn ensure_listed(manifest: &Manifest, part: &str) -> Result<(), BundleError> {
    if manifest.parts.iter().any(|sealed| sealed.part == part) {
        Ok(())
    } else {
        Err(broken(MANIFEST, &format!("it does not list {part}")))
    }
}

/// How a part differs from what the manifest says.
fn changed(folder: &Path, sealed: &PartSealed) -> Option<String> {
    let part = &sealed.part;
    if !Path::new(part).components().all(|step| matches!(step, Component::Normal(_))) {
        return Some(format!("{part:?} is not a valid name of a part"));
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
        Ok(_) => Some(format!("{part} has other content")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(format!("{part} is missing")),
        Err(error) => Some(format!("{part} cannot be read: {error}")),
    }
}

/// Opens a part. It is a regular file in the folder, or an error.
fn open(folder: &Path, part: &str) -> Result<File, BundleError> {
    platform::open_below(folder, Path::new(part))
        .map_err(|source| BundleError::Read { path: folder.join(part), source })
}

fn json<T: DeserializeOwned>(folder: &Path, part: &str) -> Result<T, BundleError> {
    let file = BufReader::new(open(folder, part)?);
    serde_json::from_reader(file).map_err(|error| broken(part, &error.to_string()))
}

/// The bytes of a small part.
fn part_bytes(folder: &Path, part: &str) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    let read = open(folder, part)?.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| BundleError::Read { path: folder.join(part), source })?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(broken(part, "it is too large"));
    }
    Ok(bytes)
}

/// What is in the folder and is not a part.
#[expect(clippy::disallowed_methods, reason = "the folder of the bundle is listed")]
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
